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

// run starts the core without a window, as a terminal or the service does.
func (s *screen) run() *process {
	s.t.Helper()
	cmd := s.command(nil, s.bin, "--home", s.home, "run")
	cmd.Env = s.env
	p := s.start("core", cmd)
	p.line(s.t, "SOCKS5", 20*time.Second)
	return p
}

// endsWell waits for the end.
func (p *process) endsWell(t *testing.T, what string) {
	t.Helper()
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		require.Fail(t, what)
	}
	assert.Zero(t, p.ProcessState.ExitCode(), what)
}

// TestAWindowJoinsTheCoreThatRuns: what the user does in a window whose core runs in another process is done there; the
// core stays when that window goes; and when the core ends, the window says so and starts one of its own.
func TestAWindowJoinsTheCoreThatRuns(t *testing.T) {
	s := newScreen(t, "1400x900")
	core := s.run()
	s.await(30*time.Second, func(s status) bool { return s.Node.State == "running" && s.Phase == "down" })
	out, code := s.ctl("connect", "germany")
	require.Zero(t, code, out)

	app := s.open("--proxy", "127.0.0.1:1")
	app.line(t, "this window joins it", 10*time.Second)
	s.shoot("attached")
	s.key("ctrl+f")
	s.typed("neth")
	s.key("Return")
	up := s.await(30*time.Second, upIn("NL"))
	s.shoot("attached-up")

	s.key("ctrl+comma")
	s.shows("the settings", 800, 117, darkCard)
	s.click(1095, 117) // connect on start
	s.keeps("settings.json", "connect_on_start", true)
	s.click(1095, 176) // start at login, which is the window's own matter
	entry := filepath.Join(s.config, "autostart", "network.mysterium.vpn.desktop.desktop")
	waitFor(t, "the entry that starts the window at login", 10*time.Second, func() bool {
		b, _ := os.ReadFile(entry)
		return strings.Contains(string(b), "--hidden")
	})
	s.shoot("attached-settings")

	again := s.command(nil, s.bin, "--home", s.home)
	again.Env = s.env
	said, err := again.CombinedOutput()
	require.NoError(t, err, string(said))
	assert.Equal(t, 1, s.visible(), "a second start brings the first window forward")

	s.lastKey("ctrl+q")
	app.endsWell(t, "the window did not close")
	now := s.status()
	assert.Equal(t, "up", now.Phase, "the core is somebody else's, and stays as it is")
	assert.Equal(t, up.Since.Unix(), now.Since.Unix())

	app = s.open()
	out, code = s.ctl("quit")
	require.Zero(t, code, out)
	core.endsWell(t, "the core did not end")
	s.tool(20*time.Second, "xdotool", "search", "--sync", "--onlyvisible", "--name", "^MysteriumVPN has ended$")
	s.xdo("windowactivate", "--sync", s.window)
	s.shoot("gone")
	s.lastKey("Return") // the button that starts it here
	waitFor(t, "a core of the window's own", 30*time.Second, func() bool {
		_, code = s.ctl("status")
		return code == 0
	})
	s.await(30*time.Second, func(s status) bool { return s.Phase == "up" }) // as the settings have it
	s.window = lastLine(s.tool(30*time.Second, "xdotool", "search", "--sync", "--onlyvisible", "--name", "^MysteriumVPN$"))
	s.shoot("started-here")
	s.lastKey("ctrl+q")
	app.endsWell(t, "the window with its own core did not end")
	out, code = s.ctl("status")
	assert.Equal(t, 1, code, out)
}
