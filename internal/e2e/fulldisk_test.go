//go:build unix

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fill writes a file until the disk is full, to the last byte.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	require.NoError(t, err)
	for b := make([]byte, 4096); len(b) > 0; {
		if _, err = f.Write(b); err != nil {
			b = b[:len(b)/2]
		}
	}
	require.ErrorIs(t, err, syscall.ENOSPC)
	if err := f.Close(); !errors.Is(err, syscall.ENOSPC) {
		require.NoError(t, err)
	}
}

// TestAFullDiskLosesLogLinesNeverSettings: while the disk is full the settings on it are the old ones, whole, the user
// is told so in a sentence, and log lines are lost, which is said too. With room again all goes on by itself.
func TestAFullDiskLosesLogLinesNeverSettings(t *testing.T) {
	if os.Getuid() != 0 || runtime.GOOS != "linux" {
		cannot(t, "needs root and Linux, for a small disk of its own")
	}
	disk := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=2m", "mysteriumvpn-e2e", disk).CombinedOutput(); err != nil {
		cannot(t, "no small disk here: %s", out)
	}
	t.Cleanup(func() { require.NoError(t, exec.Command("umount", "-l", disk).Run()) })
	w := &world{t: t, bin: program(t), home: filepath.Join(disk, "home")}
	w.runArgs = []string{"run", "--network", "sandbox"}
	settings, logFile, filler := filepath.Join(w.home, "settings.json"), filepath.Join(w.home, "logs", "mysteriumvpn.log"), filepath.Join(disk, "filler")
	counting := func() (on bool) {
		b, err := os.ReadFile(settings)
		require.NoError(t, err)
		var s struct {
			Count bool   `json:"count_usage"`
			Proxy string `json:"proxy"`
		}
		require.NoError(t, json.Unmarshal(b, &s), "half of the settings: %q", b)
		require.NotEmpty(t, s.Proxy)
		return s.Count
	}
	ctl := func(args ...string) {
		t.Helper()
		out, code := w.ctl(args...)
		require.Zero(t, code, "%v: %s", args, out)
	}
	app := w.startApp()
	w.await(30*time.Second, func(s status) bool { return s.Node.State == "running" })
	ctl("usage", "on")
	waitFor(t, "the settings are kept", 10*time.Second, counting)
	was, err := os.ReadFile(settings)
	require.NoError(t, err)

	fill(t, filler)
	ctl("usage", "off")
	said := app.line(t, "could not be kept", 20*time.Second)
	assert.Contains(t, said, "no space left on device")
	now, err := os.ReadFile(settings)
	require.NoError(t, err)
	assert.Equal(t, string(was), string(now), "the old settings, to the last byte")
	for tries := 0; ; tries++ {
		ctl("connect", "germany") // it works all the same, and has something to say
		ctl("disconnect")
		if out, _ := w.ctl("logs"); strings.Contains(out, "the log file cannot be written") {
			assert.Contains(t, out, "no space left on device")
			break
		}
		require.Less(t, tries, 100, "the log is never said to be lost")
	}
	assert.True(t, counting(), "still the old ones")

	require.NoError(t, os.Remove(filler))
	ctl("usage", "on")
	ctl("usage", "off")
	waitFor(t, "the new settings are kept", 10*time.Second, func() bool { return !counting() })
	waitFor(t, "the log says what is not in it", 10*time.Second, func() bool {
		b, err := os.ReadFile(logFile)
		require.NoError(t, err)
		return regexp.MustCompile(`the log file is written again; lines that are not in it: [1-9]`).Match(b)
	})
	ctl("quit")
	app.endsWell(t, "it does not quit")
	b, err := os.ReadFile(logFile)
	require.NoError(t, err)
	stamp := regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`)
	for line := range bytes.Lines(b) {
		at := stamp.FindAllIndex(line, -1)
		if assert.Len(t, at, 1, "a line that was torn ends before the next: %s", line) {
			assert.Zero(t, at[0][0], "%s", line)
		}
	}
	private(t, w.home)
}
