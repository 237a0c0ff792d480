//go:build unix

package e2e

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestReport: a report of a program that runs, of one that has crashed, and of the next run; none tells who or where.
func TestReport(t *testing.T) {
	w := newWorld(t)
	w.startSite()
	app := w.startApp()
	out, code := w.ctl("connect", "germany")
	require.Zero(t, code, out)
	s := w.status()
	out, err := w.client("socks5", s.Proxy.SOCKS5, "http://"+w.site+":8080/ip")
	require.NoError(t, err, out)

	path := filepath.Join(w.home, "report.zip")
	out, code = w.ctl("report", "--out", path, "--without", "bus.txt")
	require.Zero(t, code, out)
	assert.Contains(t, out, "Nothing was sent")
	fi, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), fi.Mode())
	z, err := zip.OpenReader(path)
	require.NoError(t, err)
	defer func() { _ = z.Close() }()
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
		in, err := f.Open()
		require.NoError(t, err)
		text, err := io.ReadAll(in)
		require.NoError(t, err)
		assert.NotEmpty(t, text, f.Name)
		for _, personal := range []string{s.Exit.ProviderID, s.Exit.City, "country=DE", w.site + ":8080"} {
			assert.NotContains(t, string(text), personal, f.Name)
		}
	}
	assert.Equal(t, []string{"about.txt", "state.txt", "timeline.txt", "settings.json", "log.txt"}, names)
	out, code = w.ctl("report", "--out", path)
	assert.Equal(t, 1, code, "it is not written over another file")
	assert.Contains(t, out, "is there already")
	out, code = w.ctl("report", "--without", "everything")
	assert.Equal(t, 2, code)
	assert.Contains(t, out, "no part")

	require.NoError(t, app.Process.Signal(syscall.SIGQUIT)) // the Go runtime writes all goroutines down and ends
	select {
	case <-app.done:
	case <-time.After(20 * time.Second):
		require.Fail(t, "it did not end")
	}
	out, code = w.ctl("report", "--show")
	require.Zero(t, code, "no program runs: %s", out)
	assert.Contains(t, out, "==> crash.txt")
	assert.Contains(t, out, "SIGQUIT")
	assert.Contains(t, out, "internal/core.(*Core).Serve", "the trace keeps its use")
	assert.Contains(t, out, "==> log.txt")
	assert.NotContains(t, out, s.Exit.ProviderID)

	w.startApp()
	w.await(20*time.Second, func(s status) bool { return s.Node.State == "running" })
	out, code = w.ctl("logs", "--source", "app")
	require.Zero(t, code, out)
	assert.Contains(t, out, "the last run ended by a crash")
	out, code = w.ctl("report", "--show")
	require.Zero(t, code, out)
	assert.Contains(t, out, "SIGQUIT", "it is not forgotten")
	left, err := filepath.Glob(filepath.Join(w.home, "crash*"))
	require.NoError(t, err)
	for _, f := range left {
		fi, err := os.Stat(f)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), fi.Mode(), f)
	}
	assert.NotEmpty(t, left)
	assert.Positive(t, strings.Count(out, "goroutine"))
}
