package tequilapi_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mysteriumvpn/desktop/tequilapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// row is a line of the README's tables of coverage: a call and the methods that make it.
type row struct {
	call    string
	methods []string
}

func rowsOf(t *testing.T, text string) []row {
	t.Helper()
	var out []row
	for _, m := range regexp.MustCompile("(?m)^\\| `([A-Z]+ /[^`]*)` \\| ([^|]*) \\|([^|]*)\\|$").FindAllStringSubmatch(text, -1) {
		r := row{call: m[1]}
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(m[2], -1) {
			r.methods = append(r.methods, name[1])
		}
		if r.methods == nil {
			assert.Equal(t, "–", m[2], r.call)
			assert.NotEmpty(t, strings.TrimSpace(m[3]), "%s is left out without a reason", r.call)
		}
		out = append(out, r)
	}
	return out
}

// The table of coverage names each call of the node's swagger.json once, and each method of the Client makes the call
// that it stands beside.
func TestREADMECoversTheAPI(t *testing.T) {
	b, err := os.ReadFile("README.md")
	require.NoError(t, err)
	_, tables, ok := strings.Cut(string(b), "\n## Coverage\n")
	require.True(t, ok)
	first, second, ok := strings.Cut(tables, "\nCalls that the node has and")
	require.True(t, ok)
	named, more := rowsOf(t, first), rowsOf(t, second)

	list, err := os.ReadFile("testdata/swagger-paths.txt")
	require.NoError(t, err)
	_, list2, _ := strings.Cut(string(list), "\n") // without its comment
	want := strings.Split(strings.TrimSpace(list2), "\n")
	var have []string
	for _, r := range named {
		have = append(have, r.call)
	}
	assert.ElementsMatch(t, want, have)
	for _, r := range more {
		assert.NotContains(t, want, r.call)
	}

	called := map[string]string{} // by method
	for _, r := range slices.Concat(named, more) {
		for _, m := range r.methods {
			assert.NotContains(t, called, m, "it stands in two rows")
			called[m] = r.call
		}
	}
	for _, m := range askers() {
		call, ok := called[m]
		if assert.True(t, ok, "%s is not in README.md", m) {
			assert.Equal(t, regexp.MustCompile(`\{\w+\}`).ReplaceAllString(call, "x"), requestOf(t, m), m)
		}
		delete(called, m)
	}
	assert.Empty(t, called, "methods that are not there")
}

// requestOf calls a method and returns its first request.
func requestOf(t *testing.T, name string) string {
	t.Helper()
	var got []string
	c := client(t, "127.0.0.1:1", tequilapi.WithTransport(roundTrip(func(r *http.Request) (*http.Response, error) {
		got = append(got, r.Method+" "+r.URL.Path)
		return nil, io.ErrUnexpectedEOF
	})))
	require.Error(t, invoke(t.Context(), c, name), name)
	require.NotEmpty(t, got, "%s asks for nothing", name)
	return got[0]
}

// What is exported is documented: types, functions, methods, groups of constants and variables.
func TestAllThatIsExportedIsDocumented(t *testing.T) {
	for dir, least := range map[string]int{".": 150, "tequilatest": 30} {
		files, err := filepath.Glob(dir + "/*.go")
		require.NoError(t, err)
		set := token.NewFileSet()
		var parsed []*ast.File
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(set, file, nil, parser.ParseComments)
			require.NoError(t, err)
			parsed = append(parsed, f)
		}
		p, err := doc.NewFromFiles(set, parsed, "x")
		require.NoError(t, err)
		seen := 0
		has := func(name, text string) {
			seen++
			assert.NotEmpty(t, strings.TrimSpace(text), "%s has no doc comment", name)
		}
		has("package", p.Doc)
		for _, f := range p.Funcs {
			has(f.Name, f.Doc)
		}
		for _, v := range append(p.Consts, p.Vars...) {
			has(strings.Join(v.Names, ", "), v.Doc)
		}
		for _, k := range p.Types {
			has(k.Name, k.Doc)
			for _, f := range append(k.Funcs, k.Methods...) {
				has(k.Name+"."+f.Name, f.Doc)
			}
			for _, v := range append(k.Consts, k.Vars...) {
				has(strings.Join(v.Names, ", "), v.Doc)
			}
		}
		assert.Greater(t, seen, least, dir)
	}
}
