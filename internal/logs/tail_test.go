package logs

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAFileIsReadAsAPipeIs: the lines of a node that writes a file of its own, which is rotated and cut meanwhile.
func TestAFileIsReadAsAPipeIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "node.log")
	add := func(text string) {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		require.NoError(t, err)
		_, err = f.WriteString(text)
		require.NoError(t, err)
		require.NoError(t, f.Close())
	}
	synctest.Test(t, func(t *testing.T) {
		r := NewRing(3000)
		var cursor uint64
		reads := func(want ...string) {
			t.Helper()
			time.Sleep(2 * tailEvery)
			synctest.Wait()
			lines, next, _ := r.Read(cursor, 1<<20)
			cursor = next
			assert.Equal(t, want, said1(lines))
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); Tail(ctx, r, Node, path) }()
		reads()
		add("2026-01-02T03:04:05.123 INF a.go:1 > first\nsecond, in two ")
		reads("first")
		add("parts\n")
		reads("second, in two parts")
		add("last before rotation\n")
		require.NoError(t, os.Rename(path, path+".1"))
		add("new file\n")
		reads("last before rotation", "new file")
		require.NoError(t, os.Truncate(path, 0))
		time.Sleep(2 * tailEvery)
		add("cut\n")
		reads("cut")
		require.NoError(t, os.Remove(path))
		reads()
		add("again\n")
		reads("again")
		add("unfinished")
		stop()
		<-done
	})
}

func TestOnlyTheEndOfAnOldFileIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "node.log")
	var b strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&b, "2020-01-02T03:04:05.123 INF line %d\n", i)
	}
	require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o600))
	synctest.Test(t, func(t *testing.T) {
		r := NewRing(30_000)
		ctx, stop := context.WithCancel(t.Context())
		go Tail(ctx, r, Node, path)
		synctest.Wait()
		lines, _, _ := r.Read(0, 1<<20)
		require.NotEmpty(t, lines)
		assert.Equal(t, "line 9999", lines[len(lines)-1].Text)
		assert.Regexp(t, `^line \d{4}$`, lines[0].Text, "from the beginning of a line")
		assert.InDelta(t, tailBack/37, len(lines), 30)
		assert.NotZero(t, lines[0].Skew(), "and it is said how old they are")
		stop()
		synctest.Wait()
	})
}

func TestAFileThatCannotBeReadIsSaidOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "node.log")
	require.NoError(t, os.Mkdir(dir, 0o700)) // a folder where the file should be: root may read everything else
	synctest.Test(t, func(t *testing.T) {
		r := NewRing(3000)
		ctx, stop := context.WithCancel(t.Context())
		go Tail(ctx, r, Node, dir)
		time.Sleep(10 * tailEvery)
		synctest.Wait()
		lines, _, _ := r.Read(0, 10)
		require.Len(t, lines, 1)
		assert.Contains(t, lines[0].Text, "its own log file cannot be read: ")
		stop()
		synctest.Wait()
	})
}
