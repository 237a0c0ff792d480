//go:build unix

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheWindowOfAService: with the service installed, a window joins it, and starts it first where it does not run. A
// stand-in for systemctl starts the real program by the unit that the real program has written.
func TestTheWindowOfAService(t *testing.T) {
	s := newScreen(t, "1400x900")
	bin, err := filepath.Abs("../desktop/testdata/bin-systemd")
	require.NoError(t, err)
	memory := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(memory, "really"), nil, 0o600))
	s.env = append(s.env, "PATH="+bin+":"+os.Getenv("PATH"), "STANDIN="+memory, "STANDIN_HOME="+s.home)
	service := func(words ...string) string {
		t.Helper()
		cmd := s.command(nil, s.bin, append([]string{"--home", s.home, "service"}, words...)...)
		cmd.Env = s.env
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
		return string(out)
	}
	removed := false
	t.Cleanup(func() {
		if !removed {
			service("remove")
		}
	})

	assert.Contains(t, service("install"), "It runs, and starts at each login.")
	s.await(30*time.Second, func(s status) bool { return s.Node.State == "running" })
	app := s.open()
	out, code := s.ctl("connect", "netherlands")
	require.Zero(t, code, out)
	s.lastKey("ctrl+q")
	app.endsWell(t, "the window did not close")
	assert.Equal(t, "up", s.status().Phase, "the service stays")

	out, code = s.ctl("quit")
	require.Zero(t, code, out)
	waitFor(t, "systemd sees its end", 20*time.Second, func() bool { return strings.Contains(service("status"), "Does not run") })
	app = s.open()
	assert.Contains(t, service("status"), "Runs, process")
	s.await(30*time.Second, func(s status) bool { return s.Node.State == "running" })

	service("remove")
	removed = true
	s.tool(20*time.Second, "xdotool", "search", "--sync", "--onlyvisible", "--name", "^MysteriumVPN has ended$")
	s.lastKey("ctrl+q")
	app.endsWell(t, "the window whose core is gone did not close")
	out, code = s.ctl("status")
	assert.Equal(t, 1, code, out)
	said, err := os.ReadFile(filepath.Join(memory, "said"))
	require.NoError(t, err)
	assert.Contains(t, string(said), "SOCKS5 and HTTP proxy at")
}
