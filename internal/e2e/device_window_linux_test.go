package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTheWholeDeviceInAWindow: a window whose core is in another process switches the helper's lockdown and the local
// network, and has the leak self-test run where the tunnel is.
func TestTheWholeDeviceInAWindow(t *testing.T) {
	themes := []string{"dark"}
	if os.Getenv("SCREENSHOTS") != "" {
		themes = append(themes, "light")
	}
	for _, theme := range themes {
		t.Run(theme, func(t *testing.T) {
			w := newWorld(t)
			if !w.split {
				t.Skip("needs root, for network namespaces")
			}
			w.startSite()
			s := newScreen(t, "1400x900")
			s.app, s.far, s.site = w.app, w.far, w.site
			require.NoError(t, os.WriteFile(filepath.Join(s.home, "settings.json"), []byte(`{"theme":"`+theme+`"}`), 0o600))
			h := newHelper(w, w.app)
			h.serve()
			const public = "203.0.113.2"
			for _, c := range []*exec.Cmd{
				w.command(w.far, "ip", "addr", "add", public+"/32", "dev", "lo"), w.command(w.app, "ip", "route", "add", public, "via", farEnd),
				w.command(w.app, "sh", "-c", "echo 0 2147483647 > /proc/sys/net/ipv4/ping_group_range"),
			} {
				said, err := c.CombinedOutput()
				require.NoError(t, err, string(said))
			}
			exit := w.start("exit", w.command(w.far, w.bin, "exit", "--quiet", "--listen", public+":51820", "--out", filepath.Join(h.folder, "exit"),
				"--exit.allow", w.site+"/32", "--exit.dns", w.site+":5353"))
			exit.line(t, "The exit listens at ", 10*time.Second)
			out, code := s.ctl("own", "add", filepath.Join(h.folder, "exit", "own-exit.conf"), "--name", "home")
			require.Zero(t, code, out)

			cmd := s.command(s.app, s.bin, "--home", s.home, "run", "--network", "own", "--mode", "device", "--netd", h.socket)
			cmd.Env = s.env
			core := s.start("core", cmd)
			core.line(t, "SOCKS5", 20*time.Second)
			s.await(30*time.Second, func(s status) bool { return s.Node.State == "running" })
			out, code = s.ctl("connect")
			require.Zero(t, code, out)
			cmd = s.command(s.app, s.bin, "--home", s.home)
			cmd.Env = s.env
			window := s.start("window", cmd)
			s.find()

			switches := func() (now struct{ Lockdown, LAN bool }) {
				out, code := s.ctl("status", "--json")
				require.Zero(t, code, out)
				require.NoError(t, json.Unmarshal([]byte(out), &now), out)
				return now
			}
			s.key("ctrl+comma")
			s.tabs(6) // lockdown comes after three switches, the network and what goes through the tunnel
			s.key("space")
			waitFor(t, "lockdown is on", 10*time.Second, func() bool { return switches().Lockdown })
			s.tabs(1)
			s.key("space")
			waitFor(t, "the local network can be reached", 10*time.Second, func() bool { return switches().LAN })
			s.shoot("device-" + theme)
			s.key("ctrl+k")
			s.shoot("proof-" + theme)
			s.tabs(2)
			s.key("Return")
			waitFor(t, "the leak self-test", 10*time.Second, func() bool {
				out, code := s.ctl("logs", "--source", "app")
				return code == 0 && strings.Contains(out, "the leak self-test has found no leak")
			})
			s.shoot("proof-tested-" + theme)

			s.lastKey("ctrl+q")
			window.endsWell(t, "the window did not close")
			for _, words := range [][]string{{"lockdown", "off"}, {"quit"}} {
				out, code = s.ctl(words...)
				require.Zero(t, code, out)
			}
			core.endsWell(t, "the core did not end")
		})
	}
}
