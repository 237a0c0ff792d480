//go:build unix

package e2e

import (
	"encoding/json"
	"image/color"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Colours of the window's palettes, to tell what is shown.
var (
	darkCard    = color.NRGBA{0x13, 0x1A, 0x2A, 255}
	darkPrimary = color.NRGBA{0x4A, 0x63, 0xEE, 255}
	darkRaised  = color.NRGBA{0x20, 0x2B, 0x45, 255}
	darkGround  = color.NRGBA{0x0B, 0x0F, 0x1A, 255}
	lightGround = color.NRGBA{0xF3, 0xF6, 0xFC, 255}
	lightCard   = color.NRGBA{0xFF, 0xFF, 0xFF, 255}
)

// kept reads a file that the program keeps in its folder.
func (s *screen) kept(name string) map[string]any {
	var m map[string]any
	b, err := os.ReadFile(filepath.Join(s.home, name))
	if err != nil {
		return nil
	}
	_ = json.Unmarshal(b, &m)
	return m
}

// keeps waits until the program has kept a value.
func (s *screen) keeps(file, key string, want any) {
	s.t.Helper()
	s.sees(file+" keeps "+key, func() bool { return assert.ObjectsAreEqual(want, s.kept(file)[key]) })
}

// gone waits for the program's end, and looks for what it must not leave behind.
func (s *screen) gone(app *process, last status) {
	s.t.Helper()
	select {
	case <-app.done:
	case <-time.After(20 * time.Second):
		require.Fail(s.t, "the program does not end")
	}
	assert.Zero(s.t, app.ProcessState.ExitCode())
	assert.False(s.t, alive(last.Node.PID), "the node is left")
	assert.False(s.t, listening(last.Proxy.SOCKS5), "the proxy is left")
	for _, name := range []string{"control.sock", "supervisor.sock"} {
		assert.NoFileExists(s.t, filepath.Join(s.home, name))
	}
}

// TestADay is a day with the program: the first start, a search, a favourite and a connection without touching the
// mouse, what each page shows of it, another look, another country from the tray, the window closed, and the end.
func TestADay(t *testing.T) {
	s := newScreen(t, "1400x900")
	require.NoError(t, os.Remove(filepath.Join(s.home, "terms.json")))
	require.NoError(t, os.WriteFile(filepath.Join(s.home, "settings.json"), []byte(`{"theme":"dark"}`), 0o600))
	host := newPanel(t, s.bus)
	app := s.open()
	host.found()

	// The first start: accept, read on twice, look around first.
	s.shows("the terms", -40, -60, darkGround)
	s.key("Return")
	waitFor(t, "the terms are kept", 10*time.Second, func() bool { return s.kept("terms.json")["accepted"] != nil })
	s.key("Return")
	s.key("Return")
	s.key("Tab")
	s.key("Return")
	s.shows("the card on the map", -40, -60, darkCard)
	s.await(30*time.Second, func(s status) bool { return s.Node.State == "running" && s.Phase == "down" })

	// Search, favourite, connect: by keyboard.
	s.key("ctrl+f")
	s.typed("switz")
	s.key("Down")
	s.key("space")
	s.keeps("places.json", "Favourites", []any{"CH"})
	s.key("Return")
	s.await(30*time.Second, upIn("CH"))
	s.keeps("places.json", "Recent", []any{"CH"})

	// Details unfold the card: where the map was, the card is.
	s.key("ctrl+d")
	s.shows("the details", -160, -185, darkCard)
	s.key("ctrl+d")
	s.sees("the details fold up", func() bool { return s.pixel(-160, -185) != darkCard })

	// The history has the connection.
	s.key("ctrl+h")
	s.shows("the history", -8, -8, darkGround)
	out, code := s.ctl("history", "--json")
	require.Zero(t, code, out)
	assert.Contains(t, out, `"country":"CH"`)

	// The settings: the theme comes after three switches, the network, what goes through the tunnel, the
	// helper's two switches with a button to set it up and one to the proof, the name servers and the two fields of the proxy's address.
	s.openSettings()
	s.tabs(13)
	s.key("Left")
	s.keeps("settings.json", "theme", "light")
	s.shows("the light look", -8, -8, lightGround)
	s.key("Escape")
	s.shows("the light card", -40, -60, lightCard)

	// Another country, from the tray.
	waitFor(t, "countries in the menu", 15*time.Second, func() bool { return host.has("Switch to/Japan") })
	host.press("Switch to/Japan")
	last := s.await(30*time.Second, upIn("JP"))
	s.keeps("places.json", "Recent", []any{"JP", "CH"})

	s.closeWindow()
	waitFor(t, "the window hides", 10*time.Second, func() bool { return s.visible() == 0 })
	assert.Equal(t, "up", s.status().Phase)
	host.press("Quit")
	s.gone(app, last)
}
