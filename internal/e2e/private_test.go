//go:build unix

package e2e

import (
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// private fails unless every folder from home on is 0700 and every file and socket in them 0600.
func private(t *testing.T, home string) {
	t.Helper()
	files := 0
	require.NoError(t, filepath.WalkDir(home, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		} else {
			files++
		}
		assert.Equal(t, want, info.Mode().Perm(), path)
		return nil
	}))
	assert.Greater(t, files, 3, "the program has kept something there")
}

// TestAllThatIsKeptIsPrivate: whatever the umask lets it, a run of the program leaves no file that anybody else can read.
func TestAllThatIsKeptIsPrivate(t *testing.T) {
	w := &world{t: t, bin: program(t), home: filepath.Join(t.TempDir(), "made", "home"), app: looseUmask}
	w.runArgs = []string{"run", "--network", "sandbox"}
	app := w.startApp()
	w.await(30*time.Second, func(s status) bool { return s.Node.State == "running" })
	for _, args := range [][]string{{"usage", "on"}, {"connect", "germany"}, {"disconnect"}} {
		out, code := w.ctl(args...)
		require.Zero(t, code, out)
	}
	private(t, w.home) // sockets too
	out, code := w.ctl("quit")
	require.Zero(t, code, out)
	app.endsWell(t, "it does not quit")
	private(t, w.home)
	assert.FileExists(t, filepath.Join(w.home, "usage.json"))
	assert.FileExists(t, filepath.Join(w.home, "history.jsonl"))
}
