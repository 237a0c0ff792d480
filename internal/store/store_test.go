package store_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mysteriumvpn/desktop/internal/store"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(scribbleKey); path != "" {
		scribble(path)
	}
	goleak.VerifyTestMain(m)
}

type settings struct {
	Name  string
	Count int
	List  []string
}

func TestJSONRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b", "settings.json")
	want := settings{"ü", 7, []string{"x"}}
	require.NoError(t, store.WriteJSON(path, want))
	var got settings
	require.NoError(t, store.ReadJSON(path, &got))
	assert.Equal(t, want, got)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.True(t, strings.HasSuffix(string(text), "}\n"))
	require.Error(t, store.WriteJSON(path, func() {}), "nothing that JSON can hold")
	require.NoError(t, store.ReadJSON(path, &got), "and the file is as it was")
}

func TestFilesArePrivate(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "made")
	path := filepath.Join(folder, "key")
	for range 2 {
		require.NoError(t, store.WriteFile(path, []byte("secret")))
		fi, err := os.Stat(path)
		require.NoError(t, err)
		if perm := fi.Mode().Perm(); os.PathSeparator == '/' {
			assert.Equal(t, fs.FileMode(0o600), perm)
		}
		require.NoError(t, os.Chmod(path, 0o644)) // the next write makes it private again
	}
	if fi, err := os.Stat(folder); assert.NoError(t, err) && os.PathSeparator == '/' {
		assert.Equal(t, fs.FileMode(0o700), fi.Mode().Perm())
	}
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, entries, 1, "nothing else is left")
}

func TestMissingFileIsErrNotExist(t *testing.T) {
	v := settings{Name: "default"}
	require.ErrorIs(t, store.ReadJSON(filepath.Join(t.TempDir(), "none"), &v), fs.ErrNotExist)
	assert.Equal(t, settings{Name: "default"}, v)
}

func TestFieldsThatTheFileDoesNotNameKeepTheirDefaults(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	require.NoError(t, store.WriteFile(path, []byte(`{"Count": 3, "from": "a newer version"}`)))
	v := settings{Name: "default"}
	require.NoError(t, store.ReadJSON(path, &v))
	assert.Equal(t, settings{Name: "default", Count: 3}, v)
}

func TestDamagedFileIsKeptAside(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "cut off": `{"Name": "x", "Cou`, "wrong type": `{"Name": "x", "Count": "many"}`,
		"more after it": `{} {}`, "binary": "\x00\xff",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "settings.json")
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
			v := settings{Name: "default"}
			var bad *store.BadFileError
			require.ErrorAs(t, store.ReadJSON(path, &v), &bad)
			assert.Equal(t, settings{Name: "default"}, v)
			assert.Equal(t, path, bad.Path)
			assert.True(t, strings.HasPrefix(bad.Kept, path+".bad-"))
			assert.ErrorContains(t, bad, "kept as "+bad.Kept)
			kept, err := os.ReadFile(bad.Kept)
			require.NoError(t, err)
			assert.Equal(t, text, string(kept))
			require.ErrorIs(t, store.ReadJSON(path, &v), fs.ErrNotExist, "the next start begins anew")
		})
	}
}

func TestFolderInPlaceOfTheFileIsAnError(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "s")
	require.NoError(t, os.MkdirAll(filepath.Join(path, "full"), 0o700))
	require.Error(t, store.WriteFile(path, []byte("x")))
	var v settings
	err := store.ReadJSON(path, &v)
	var bad *store.BadFileError
	require.Error(t, err)
	require.NotErrorAs(t, err, &bad, "a folder is not moved aside")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 1, "no half-written file is left")
}

func TestWhatCrashesLeaveIsSweptAway(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "s")
	old := time.Now().Add(-2 * time.Hour)
	for _, name := range []string{".s.new-1", ".s.new-2", ".other.new-1", "s2"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
		if name != ".s.new-2" { // that one may be in the making
			require.NoError(t, os.Chtimes(filepath.Join(dir, name), old, old))
		}
	}
	require.NoError(t, store.WriteFile(path, []byte("x")))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	assert.Equal(t, []string{".other.new-1", ".s.new-2", "s", "s2"}, names)
}

const scribbleKey = "STORE_TEST_SCRIBBLE"

// page is a content that shows whether it is whole.
func page(n int) []byte { return bytes.Repeat(fmt.Appendf(nil, "%07d\n", n), 64<<10) }

// scribble writes one page after the other until it is killed.
func scribble(path string) {
	for n := 0; ; n++ {
		if err := store.WriteFile(path, page(n)); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(n)
	}
}

// A real process, killed in the middle of its work.
func TestKilledWriterLeavesAWholeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	for round := range 8 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), scribbleKey+"="+path)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		done := -1
		for lines := bufio.NewScanner(out); lines.Scan(); {
			_, err := fmt.Sscan(lines.Text(), &done)
			require.NoError(t, err, lines.Text())
			if done == round {
				require.NoError(t, cmd.Process.Kill())
			}
		}
		require.Error(t, cmd.Wait())
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		n, err := strconv.Atoi(string(got[:min(7, len(got))])) // Sscan would take it for octal
		require.NoError(t, err)
		assert.GreaterOrEqual(t, n, done, "what it was told is written stays written")
		assert.True(t, bytes.Equal(page(n), got), "half of something")
	}
}
