package house

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEveryPromiseHasItsTest: each promise of docs/privacy.md, a heading of the third level, names at least one test, and
// every test that is named there exists in the package beside its name.
func TestEveryPromiseHasItsTest(t *testing.T) {
	doc := read(t, "docs/privacy.md")
	words := regexp.MustCompile(`Test[A-Z]\w+`)
	pair := regexp.MustCompile("`(Test[A-Z]\\w+)`\\s+in\\s+`([\\w/]+)`")
	promises := 0
	for _, section := range regexp.MustCompile(`(?m)^#{1,3} `).Split(doc, -1)[1:] {
		title, body, _ := strings.Cut(section, "\n")
		promised := strings.Contains(doc, "\n### "+title+"\n")
		pairs := pair.FindAllStringSubmatch(body, -1)
		assert.Len(t, words.FindAllString(body, -1), len(pairs), "%s: each test stands as `TestName` in `package`", title)
		if !promised {
			continue
		}
		promises++
		assert.NotEmpty(t, pairs, "the promise %q has no test", title)
		for _, p := range pairs {
			assert.True(t, hasTest(t, p[2], p[1]), "%s: there is no %s in %s", title, p[1], p[2])
		}
	}
	assert.Greater(t, promises, 10)
}

// hasTest looks for a test in the test files of a package, whatever system they are for.
func hasTest(t *testing.T, room, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, room, "*_test.go"))
	require.NoError(t, err)
	return slices.ContainsFunc(files, func(f string) bool {
		b, err := os.ReadFile(f)
		require.NoError(t, err)
		return strings.Contains(string(b), "\nfunc "+name+"(t *testing.T)")
	})
}

// TestNothingSendsTheCounts: the package that counts usage opens no connection, and only the control socket, the window and
// the command line, which show the counts, know of it.
func TestNothingSendsTheCounts(t *testing.T) {
	known := []string{"cmd/mysteriumvpn", "internal/control", "internal/ui"}
	found := false
	for _, p := range packages(t) {
		if p.room() == "internal/usage" {
			found = true
			for _, i := range p.Imports {
				assert.False(t, i == "net" || strings.HasPrefix(i, "net/") || i == "os/exec" || i == "syscall" || strings.HasPrefix(i, "golang.org/"), i)
			}
			continue
		}
		if slices.Contains(p.Imports, module+"internal/usage") {
			assert.Contains(t, known, p.room(), "who may know of the counts")
		}
	}
	assert.True(t, found)
}
