//go:build unix

package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/ui"
)

// screen is a display of our own with a window manager and a message bus: a desktop without a person.
type screen struct {
	*world
	env     []string // what programs on it need to know
	display string   // ":N"
	bus     string   // address of the session bus
	window  string   // X id of the program's window
	config  string   // XDG_CONFIG_HOME
}

// newScreen starts a display of the given size.
func newScreen(t *testing.T, size string) *screen {
	t.Helper()
	if runtime.GOOS != "linux" {
		cannot(t, "a virtual display is only tried on Linux")
	}
	if os.Getenv("MYSTERIUMVPN_WINDOW") == "" {
		cannot(t, "MYSTERIUMVPN_WINDOW does not name a program with a window; make test sets it")
	}
	for _, tool := range []string{"Xvfb", "openbox", "xdotool", "import", "dbus-daemon"} {
		if _, err := exec.LookPath(tool); err != nil {
			cannot(t, "%s is not installed; make test installs it", tool)
		}
	}
	w := &world{t: t, bin: os.Getenv("MYSTERIUMVPN_WINDOW"), home: t.TempDir()}
	w.showLog()
	s := &screen{world: w, config: t.TempDir()}
	s.acceptTerms()
	s.display = ":" + s.startXvfb(size)
	s.bus = s.startBus()
	s.env = append(os.Environ(), "DISPLAY="+s.display, "DBUS_SESSION_BUS_ADDRESS="+s.bus, "LANG=en_US.UTF-8",
		"WAYLAND_DISPLAY=", "XDG_CONFIG_HOME="+s.config, "LIBGL_ALWAYS_SOFTWARE=1")
	wm := s.command(nil, "openbox", "--startup", "echo managing windows") // it maps windows of its own before that
	wm.Env = s.env
	s.start("openbox", wm).line(t, "managing windows", 20*time.Second)
	// With the first key of another keyboard, which xdotool's is, the X server announces a new key map, and openbox takes
	// its hotkeys anew: until it has, it misses them. It has by the time it maps a window.
	s.xdo("key", "shift")
	return s
}

// acceptTerms makes this no first start.
func (s *screen) acceptTerms() {
	require.NoError(s.t, os.WriteFile(filepath.Join(s.home, "terms.json"), []byte(`{"accepted":"`+ui.TermsVersion+`"}`), 0o600))
}

// startXvfb lets Xvfb choose a free display, and gives its number.
func (s *screen) startXvfb(size string) string {
	r, w, err := os.Pipe()
	require.NoError(s.t, err)
	defer r.Close()
	cmd := s.command(nil, "Xvfb", "-displayfd", "3", "-screen", "0", size+"x24", "-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{w}
	s.start("Xvfb", cmd)
	require.NoError(s.t, w.Close())
	require.NoError(s.t, r.SetReadDeadline(time.Now().Add(20*time.Second)))
	line, err := bufio.NewReader(r).ReadString('\n')
	require.NoError(s.t, err, "Xvfb chose no display")
	return strings.TrimSpace(line)
}

// startBus starts a session bus, and gives its address.
func (s *screen) startBus() string {
	cmd := s.command(nil, "dbus-daemon", "--session", "--nofork", "--print-address=1")
	return s.start("dbus-daemon", cmd).line(s.t, "unix:", 10*time.Second)
}

// open starts the program and waits until its window shows.
func (s *screen) open(args ...string) *process {
	s.t.Helper()
	cmd := s.command(nil, s.bin, append([]string{"--home", s.home}, args...)...)
	cmd.Env = s.env
	p := s.start("window", cmd)
	s.find()
	return p
}

// find waits until the program's window shows, and activates it.
func (s *screen) find() {
	s.t.Helper()
	s.window = lastLine(s.tool(30*time.Second, "xdotool", "search", "--sync", "--onlyvisible", "--name", "^MysteriumVPN$"))
	s.xdo("windowactivate", "--sync", s.window)
}

func lastLine(text string) string {
	lines := strings.Fields(text)
	return lines[len(lines)-1]
}

// tool runs a program of the desktop to its end.
func (s *screen) tool(limit time.Duration, name string, args ...string) string {
	s.t.Helper()
	cmd := s.command(nil, name, args...)
	cmd.Env = s.env
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	require.NoError(s.t, cmd.Start())
	watchdog := time.AfterFunc(limit, func() { _ = cmd.Process.Kill() })
	defer watchdog.Stop()
	require.NoError(s.t, cmd.Wait(), "%s %v: %s", name, args, out.String())
	return strings.TrimSpace(out.String())
}

func (s *screen) xdo(args ...string) string { return s.tool(15*time.Second, "xdotool", args...) }

func (s *screen) key(keys string) { s.xdo("key", "--window", s.window, "--delay", "40", keys) }

func (s *screen) typed(text string) { s.xdo("type", "--window", s.window, "--delay", "60", text) }

// shoot takes a picture of the window, if pictures are wanted.
func (s *screen) shoot(name string) {
	s.t.Helper()
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		return
	}
	// A frame after the last change: software rendering takes its time.
	<-time.After(1500 * time.Millisecond)
	s.tool(20*time.Second, "import", "-window", s.window, filepath.Join(dir, name+".png"))
}

// visible lists the windows of that name that one can see.
func (s *screen) visible() int {
	cmd := s.command(nil, "xdotool", "search", "--onlyvisible", "--name", "^MysteriumVPN$")
	cmd.Env = s.env
	out, _ := cmd.Output() // none found is exit code 1
	return len(strings.Fields(string(out)))
}

// closeWindow has the window manager close the window, as its cross does.
func (s *screen) closeWindow() { s.lastKey("alt+F4") }

// lastKey presses keys that may take the window away. They go to the desktop: sent to the window, the second half of them
// would find it gone.
func (s *screen) lastKey(keys string) {
	s.xdo("windowactivate", "--sync", s.window)
	s.xdo("key", keys)
}

func waitFor(t *testing.T, what string, limit time.Duration, ok func() bool) {
	t.Helper()
	late := time.After(limit)
	for !ok() {
		select {
		case <-late:
			require.Fail(t, "not reached in time", fmt.Sprint(what, " within ", limit))
		case <-time.After(50 * time.Millisecond):
		}
	}
}
