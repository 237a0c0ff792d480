//go:build unix

package e2e

import (
	"encoding/json"
	"fmt"
	"image"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSettings changes the proxy's port in the window and restarts from there, and carries settings to a file and back.
func TestSettings(t *testing.T) {
	s := newScreen(t, "1400x900")
	folder := t.TempDir()
	s.env = append(s.env, "HOME="+folder) // where Fyne's question for a file begins
	require.NoError(t, os.WriteFile(filepath.Join(s.home, "settings.json"), []byte(`{"theme":"dark"}`), 0o600))
	app := s.open()
	before := s.await(30*time.Second, func(s status) bool { return s.Node.State == "running" && s.Phase == "down" })

	// The port is the twelfth control after the button that leads back. It counts at the next start, which is beside it.
	s.openSettings()
	s.tabs(12)
	port := freePort(t)
	s.key("ctrl+a")
	s.typed(port)
	s.key("Return")
	wanted := net.JoinHostPort("127.0.0.1", port)
	s.keeps("settings.json", "proxy", wanted)
	assert.Equal(t, before.Proxy.SOCKS5, s.status().Proxy.SOCKS5, "not yet")
	s.key("Tab")
	s.lastKey("Return")
	waitFor(t, "the program comes back with the new address", 30*time.Second, func() bool {
		out, code := s.ctl("status", "--json")
		var now status
		return code == 0 && json.Unmarshal([]byte(out), &now) == nil && now.Proxy.SOCKS5 == wanted
	})
	assert.True(t, listening(wanted))
	assert.False(t, listening(before.Proxy.SOCKS5))
	s.find()

	// To a file. Fyne asks where, with the answer in a corner.
	file := filepath.Join(folder, "mysteriumvpn-settings.json")
	s.openSettings()
	s.tabs(22)
	s.key("Return")
	s.answers("the question where to save")
	waitFor(t, "the file", 10*time.Second, func() bool { return s.isJSON(file) })

	// And back, with another theme.
	var carried map[string]any
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &carried))
	assert.Equal(t, wanted, carried["proxy"])
	carried["theme"] = "light"
	b, err = json.Marshal(carried)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, b, 0o600))
	s.key("ctrl+comma")
	s.key("ctrl+comma")
	s.tabs(23)
	s.key("Return")
	s.sees("the question what to open", func() bool { return s.pixel(answerX, answerY) != darkGround })
	s.click(530, 235) // the file, after the folder above
	s.answers("the file chosen")
	s.sees("the question whether to import", func() bool { return s.within(image.Rect(420, 250, 760, 620), darkPrimary) })
	s.tabs(1)
	s.key("space")
	s.keeps("settings.json", "theme", "light")
	s.shows("the light look", -8, -8, lightGround)

	last := s.status()
	s.lastKey("ctrl+q")
	s.gone(app, last)
}

const answerX, answerY = 910, 619 // in the button that answers Fyne's question for a file

// answers waits until Fyne's question for a file can be answered, and does.
func (s *screen) answers(what string) {
	s.t.Helper()
	s.shows(what, answerX, answerY, darkPrimary)
	s.click(answerX, answerY)
}

func (s *screen) click(x, y int) {
	s.xdo("mousemove", "--window", s.window, strconv.Itoa(x), strconv.Itoa(y), "click", "1")
}

// openSettings opens them on the sandbox, and waits until the button is there that sets the helper up: one more control,
// which comes a moment later, when nobody has answered.
func (s *screen) openSettings() {
	s.t.Helper()
	s.key("ctrl+comma")
	s.shows("the button that sets the helper up", 400, 581, darkRaised)
}

func (s *screen) tabs(n int) {
	for range n {
		s.key("Tab")
	}
}

func (s *screen) isJSON(file string) bool {
	b, err := os.ReadFile(file)
	return err == nil && json.Valid(b)
}

func freePort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}
