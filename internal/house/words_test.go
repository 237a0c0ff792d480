package house

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tracked lists the files of the project that git keeps, with the given ending.
func tracked(t *testing.T, ending string) []string {
	t.Helper()
	cmd := exec.Command("git", "ls-files", "*"+ending)
	cmd.Dir = root
	out, err := cmd.Output()
	require.NoError(t, err)
	return strings.Fields(string(out))
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(root + "/" + file)
	if os.IsNotExist(err) {
		return "" // deleted, not committed yet
	}
	require.NoError(t, err)
	return string(b)
}

// TestFilesAreNouns: a file of more than 400 lines holds more than one subject. Tables of data are exempt.
func TestFilesAreNouns(t *testing.T) {
	for _, f := range tracked(t, ".go") {
		if strings.HasSuffix(f, "_test.go") || strings.HasSuffix(f, "_table.go") {
			continue
		}
		assert.LessOrEqual(t, strings.Count(read(t, f), "\n"), 400, f)
	}
}

// TestNoSleepsInTests: a test that sleeps is slow or flaky. Tests wait for events; in a synctest bubble, where time is
// not real, sleeping is how one waits.
func TestNoSleepsInTests(t *testing.T) {
	for _, f := range tracked(t, "_test.go") {
		if strings.HasPrefix(f, "internal/house/") {
			continue
		}
		if !strings.Contains(read(t, f), `"testing/synctest"`) {
			assert.NotContains(t, read(t, f), "time.Sleep(", f)
		}
		assert.NotRegexp(t, `\.Eventually(f|WithT)?\(`, read(t, f), f)
	}
}

// TestFyneDoStaysInTheLane: pages run on the UI lane already; a fyne.Do anywhere else is a thread that got lost.
func TestFyneDoStaysInTheLane(t *testing.T) {
	for _, f := range tracked(t, ".go") {
		if strings.HasPrefix(f, "cmd/") || strings.HasPrefix(f, "internal/house/") || strings.HasSuffix(f, "_test.go") {
			continue
		}
		for n, line := range strings.Split(read(t, f), "\n") {
			code, _, _ := strings.Cut(line, "//")
			assert.NotContains(t, code, "fyne.Do", "%s:%d", f, n+1)
		}
	}
}

// TestHonestWords: a proxy protects only the programs that use it, so no screen says otherwise.
func TestHonestWords(t *testing.T) {
	claims := regexp.MustCompile(`(?i)"[^"]*\b(protected|unprotected|kill switch|secured?)\b[^"]*"`)
	for _, f := range tracked(t, ".go") {
		if !strings.HasPrefix(f, "internal/ui/") || strings.HasSuffix(f, "_test.go") {
			continue
		}
		assert.Empty(t, claims.FindAllString(read(t, f), -1), f)
	}
}
