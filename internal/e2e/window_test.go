//go:build unix

package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func upIn(country string) func(status) bool {
	return func(s status) bool { return s.Phase == "up" && s.Exit != nil && s.Exit.Country == country }
}

func inPhase(p string) func(status) bool {
	return func(s status) bool { return s.Phase == p }
}

// TestWindow drives the window as a person does: search, connect, see it connected, disconnect, start it twice, quit.
func TestWindow(t *testing.T) {
	s := newScreen(t, "1400x900")
	app := s.open()
	s.await(30*time.Second, func(s status) bool { return s.Node.State == "running" && s.Phase == "down" })
	s.shoot("down")

	s.key("ctrl+f")
	s.typed("neth")
	s.shoot("search")
	s.key("Return")
	up := s.await(30*time.Second, upIn("NL"))
	assert.NotEmpty(t, up.Proxy.SOCKS5)
	s.shoot("up")

	out, code := s.ctl("connect", "germany")
	require.Zero(t, code, out)
	s.await(30*time.Second, upIn("DE"))

	s.key("ctrl+Return")
	s.await(15*time.Second, inPhase("down"))

	// A second start brings the first one's window forward and ends well.
	again := s.command(nil, s.bin, "--home", s.home)
	again.Env = s.env
	said, err := again.CombinedOutput()
	require.NoError(t, err, string(said))
	assert.Equal(t, 1, s.visible())

	// Without a tray host the cross ends the program: hidden, it could not be found again. The first time it says so.
	last := s.status()
	s.closeWindow()
	s.keeps("places.json", "NoTray", true)
	assert.Equal(t, 1, s.visible())
	s.closeWindow()
	s.gone(app, last)
}

// TestWindowWithoutABus: a bare X session has no message bus and so no tray; the window opens, and ends well.
func TestWindowWithoutABus(t *testing.T) {
	s := newScreen(t, "1280x800")
	s.env = append(s.env, "DBUS_SESSION_BUS_ADDRESS=unix:path="+t.TempDir()+"/none")
	app := s.open()
	out, code := s.ctl("quit")
	require.Zero(t, code, out)
	select {
	case <-app.done:
	case <-time.After(20 * time.Second):
		require.Fail(t, "the program did not end")
	}
	assert.Zero(t, app.ProcessState.ExitCode())
}

// TestCommandsSayNothingOfFyne: the program with a window prints on its command line what the one without does.
func TestCommandsSayNothingOfFyne(t *testing.T) {
	bin := os.Getenv("MYSTERIUMVPN_WINDOW")
	if bin == "" {
		cannot(t, "MYSTERIUMVPN_WINDOW does not name a program with a window; make test sets it")
	}
	for _, lang := range []string{"C.UTF-8", "C", "", "de_DE.UTF-8"} {
		cmd := exec.Command(bin, "--version")
		cmd.Env = append(os.Environ(), "LC_ALL=", "LANG="+lang)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		require.NoError(t, cmd.Run())
		assert.Empty(t, errs.String(), "LANG=%s", lang)
	}
}
