package logs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheFileHasEveryLineAndNobodyElseReadsIt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "logs")
	path := filepath.Join(dir, "app.log")
	r := NewRing(1000)
	r.Append(Line{Source: App, Text: "before the file"})
	f := OpenFile(r, path, FileOptions{})
	r.Append(Line{Source: Node, Text: "while it is open"})
	require.NoError(t, f.Close())
	require.NoError(t, f.Close())
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, 2, strings.Count(string(b), "\n"))
	assert.Contains(t, string(b), "before the file\n")
	assert.Contains(t, string(b), "while it is open\n")
	if runtime.GOOS != "windows" {
		assertMode(t, dir, 0o700)
		assertMode(t, path, 0o600)
		require.NoError(t, os.Chmod(dir, 0o755))
		require.NoError(t, os.Chmod(path, 0o644))
		f = OpenFile(r, path, FileOptions{})
		require.NoError(t, f.Close())
		assertMode(t, dir, 0o700)
		assertMode(t, path, 0o600)
	}
}

func assertMode(t *testing.T, path string, want os.FileMode) {
	t.Helper()
	i, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, want, i.Mode().Perm(), path)
}

func TestAFullFileMakesRoomForANewOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	r := NewRing(100_000)
	f := OpenFile(r, path, FileOptions{MaxMB: 1, MaxOld: 1})
	long := strings.Repeat("x", 1000)
	for range 2500 {
		r.Append(Line{Source: Node, Text: long})
	}
	require.NoError(t, f.Close())
	old, err := filepath.Glob(filepath.Join(filepath.Dir(path), "app-*.log"))
	require.NoError(t, err)
	assert.NotEmpty(t, old)
	for _, p := range append(old, path) {
		i, err := os.Stat(p)
		require.NoError(t, err)
		assert.LessOrEqual(t, i.Size(), int64(1<<20))
		if runtime.GOOS != "windows" {
			assertMode(t, p, 0o600)
		}
	}
}

func TestAFileThatCannotBeWrittenIsSaidOnce(t *testing.T) {
	base := t.TempDir()
	block := filepath.Join(base, "logs")
	require.NoError(t, os.WriteFile(block, nil, 0o600)) // a file where the folder should be
	r := NewRing(1000)
	f := OpenFile(r, filepath.Join(block, "app.log"), FileOptions{})
	heard := make(chan struct{}, 1)
	defer r.OnAppend(func(uint64) {
		select {
		case heard <- struct{}{}:
		default:
		}
	})()
	warnings := func() (n int) {
		lines, _, _ := r.Read(0, 1<<20)
		for _, l := range lines {
			if strings.Contains(l.Text, "the log file cannot be written") {
				assert.Equal(t, Warn, l.Level)
				assert.Contains(t, l.Text, "not a directory")
				n++
			}
		}
		return n
	}
	for warnings() == 0 {
		r.Append(Line{Source: App, Text: "the program goes on"})
		<-heard
	}
	for range 5 {
		r.Append(Line{Source: App, Text: "and on"})
		<-heard
	}
	assert.Equal(t, 1, warnings())
	require.NoError(t, os.Remove(block))
	r.Append(Line{Source: App, Text: "there is room again"})
	require.NoError(t, f.Close())
	b, err := os.ReadFile(filepath.Join(block, "app.log"))
	require.NoError(t, err)
	assert.Contains(t, string(b), "there is room again")
	lines, _, _ := r.Read(r.Tail(1), 1)
	assert.Regexp(t, "^the log file is written again; lines that are not in it: [1-9]", lines[0].Text)
}

// disk is a writer that can be full, and that can hang.
type disk struct {
	mu   sync.Mutex
	full bool
	got  strings.Builder
	hang chan struct{}
}

func (d *disk) Write(p []byte) (int, error) {
	if d.hang != nil {
		<-d.hang
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full {
		return 0, errors.New("no space left on device")
	}
	return d.got.Write(p)
}

func TestASlowDiskHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRing(300)
		d := &disk{hang: make(chan struct{})}
		f := Follow(r, 0, d, nil)
		r.Append(Line{Source: App, Text: "first"})
		time.Sleep(time.Second)
		for range 100_000 { // would never end if it waited for the disk
			r.Append(Line{Source: App, Text: "more"})
		}
		close(d.hang)
		require.NoError(t, f.Close())
		assert.Contains(t, d.got.String(), "first\n")
		assert.Contains(t, d.got.String(), "99900 lines of app came too fast to be written\n")
	})
}

func TestFailuresAreToldOncePerRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRing(300)
		d := &disk{full: true}
		var told []string
		f := Follow(r, 0, d, func(err error, lost int) {
			if err == nil {
				told = append(told, fmt.Sprint("well, lost ", lost))
			} else {
				told = append(told, err.Error())
			}
		})
		for range 3 {
			r.Append(Line{Source: App, Text: "x"})
			time.Sleep(time.Second)
		}
		synctest.Wait()
		d.mu.Lock()
		d.full = false
		d.mu.Unlock()
		r.Append(Line{Source: App, Text: "y"})
		require.NoError(t, f.Close())
		assert.Equal(t, []string{"no space left on device", "well, lost 3"}, told)
	})
}
