package house

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	root   = "../.."
	module = "github.com/mysteriumvpn/desktop/"
	tags   = "migrated_fynedo"
)

// pkg is what `go list` tells of a package.
type pkg struct {
	ImportPath, Dir, Name, Doc   string
	Imports, GoFiles, CgoFiles   []string
	IgnoredGoFiles, TestGoFiles  []string
	XTestGoFiles, IgnoredOtherFs []string
}

func (p pkg) room() string { return strings.TrimPrefix(p.ImportPath, module) }

// packages lists ours, as built with the window.
func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-tags", tags, "-json=ImportPath,Dir,Name,Doc,Imports,GoFiles,IgnoredGoFiles", "./...")
	cmd.Dir, cmd.Stderr = root, os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err)
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		all = append(all, p)
	}
}

// rule is a row of the table in docs/architecture.md.
type rule struct{ ours, theirs []string }

// rules reads the table: | layer | `package` | one line | may import (ours) | theirs |
func rules(t *testing.T) map[string]rule {
	t.Helper()
	doc, err := os.ReadFile(root + "/docs/architecture.md")
	require.NoError(t, err)
	row := regexp.MustCompile("(?m)^\\| \\d \\| `([^`]+)` \\| [^|]+ \\| ([^|]+) \\| ([^|]+) \\|$")
	out := map[string]rule{}
	for _, m := range row.FindAllStringSubmatch(string(doc), -1) {
		out[m[1]] = rule{ours: names(m[2]), theirs: names(m[3])}
	}
	require.NotEmpty(t, out)
	return out
}

func names(cell string) []string {
	var out []string
	for n := range strings.SplitSeq(cell, ",") {
		if n = strings.Trim(strings.TrimSpace(n), "`"); n != "" && n != "–" {
			out = append(out, n)
		}
	}
	return out
}

// TestLayers: every package stands in the table of docs/architecture.md, and imports only what its row names. What
// only tests import is exempt.
func TestLayers(t *testing.T) {
	table := rules(t)
	seen := map[string]bool{}
	for _, p := range packages(t) {
		room := p.room()
		if room == "internal/house" || room == "internal/e2e" {
			continue // tests only
		}
		r, ok := table[room]
		if !assert.True(t, ok, "%s is not in the table of docs/architecture.md", room) {
			continue
		}
		seen[room] = true
		for _, i := range p.Imports {
			first, _, _ := strings.Cut(i, "/")
			switch {
			case strings.HasPrefix(i, module):
				assert.True(t, slices.Contains(r.ours, "all") || slices.Contains(r.ours, strings.TrimPrefix(i, module)),
					"%s must not import %s", room, i)
			case strings.Contains(first, "."):
				assert.True(t, slices.ContainsFunc(r.theirs, func(own string) bool { return strings.HasPrefix(i, own) }),
					"%s must not import %s", room, i)
			}
		}
	}
	for room := range table {
		assert.True(t, seen[room], "%s stands in docs/architecture.md but is not there", room)
	}
}

// TestOnlyCmdOpensTheDisplay: no package but cmd reaches Fyne's drivers, so all others build and test without C.
func TestOnlyCmdOpensTheDisplay(t *testing.T) {
	for _, p := range packages(t) {
		if strings.HasPrefix(p.room(), "cmd/") {
			continue
		}
		assert.NotContains(t, p.Imports, "fyne.io/fyne/v2/app", p.room())
	}
}

// TestPackageDocs: each package says what it is, who calls it and which concurrency rule holds, in the file named
// like it.
func TestPackageDocs(t *testing.T) {
	for _, p := range packages(t) {
		if p.Name == "main" {
			assert.NotEmpty(t, p.Doc, p.room())
			continue
		}
		b, err := os.ReadFile(p.Dir + "/" + p.Name + ".go")
		if !assert.NoError(t, err, "%s: the package doc belongs in the file named like the package", p.room()) {
			continue
		}
		assert.Contains(t, string(b), "// Package "+p.Name+" ", p.room())
	}
}
