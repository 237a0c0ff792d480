//go:build unix

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// looseUmask lets a program give away all that it does not keep back itself.
var looseUmask = []string{"sh", "-c", `umask 0; exec "$@"`, "sh"}

// newStill is a world in one network namespace: the site is on its loopback, and its default routes, IPv4's and IPv6's,
// end in a capture. The name server of the namespace is behind them, so a look-up would be seen too.
func newStill(t *testing.T) *world {
	t.Helper()
	if os.Getuid() != 0 || runtime.GOOS != "linux" {
		cannot(t, "needs root and network namespaces, to capture every packet that leaves")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		cannot(t, "the program ip is missing")
	}
	name := "mvpn-still-" + strconv.Itoa(os.Getpid())
	w := &world{t: t, bin: program(t), home: filepath.Join(t.TempDir(), "home"), site: siteAddr, site6: siteAddr6}
	in := []string{"ip", "netns", "exec", name}
	w.far = in
	w.app = append(append([]string{}, in...), looseUmask...)
	w.runArgs = []string{"run", "--network", "sandbox", "--exit.allow", siteAddr + "/32", "--exit.allow", siteAddr6 + "/128"}
	folder := filepath.Join("/etc/netns", name) // whose files ip lays over those in /etc
	require.NoError(t, os.MkdirAll(folder, 0o755))
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	require.NoError(t, os.WriteFile(filepath.Join(folder, "resolv.conf"), []byte("nameserver "+nameServer+"\noptions timeout:1 attempts:1\n"), 0o644))
	if out, err := exec.Command("ip", "netns", "add", name).CombinedOutput(); err != nil {
		cannot(t, "no network namespaces here: %s", out)
	}
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", name).Run() })
	for _, line := range []string{"link set lo up", "addr add " + siteAddr + "/32 dev lo", "addr add " + siteAddr6 + "/128 dev lo nodad"} {
		out, err := exec.Command("ip", append([]string{"-n", name}, strings.Fields(line)...)...).CombinedOutput()
		require.NoError(t, err, "ip %s: %s", line, out)
	}
	return w
}

const nameServer = "198.51.100.53"

// browse fetches the site through the proxy, as a user's program does.
func (w *world) browse() {
	w.t.Helper()
	s := w.status()
	for _, way := range [][2]string{{"socks5", s.Proxy.SOCKS5}, {"connect", s.Proxy.HTTP}} {
		for _, host := range []string{siteAddr, "[" + siteAddr6 + "]"} {
			out, err := w.client(way[0], way[1], "http://"+host+":8080/ip")
			require.NoError(w.t, err, out)
		}
	}
	out, err := w.client("udp", s.Proxy.SOCKS5, siteAddr+":7007", "there and back")
	require.NoError(w.t, err, out)
}

// crash kills the app as nothing it could prepare for, and waits until its node is gone too.
func (w *world) crash(app *process) {
	w.t.Helper()
	node := w.status().Node.PID
	require.NoError(w.t, app.Process.Kill())
	<-app.done
	require.NoError(w.t, w.command(nil, "tail", "--pid", fmt.Sprint(node), "-f", os.DevNull).Run())
}

// report shows a problem report and makes its file, which nobody else may read.
func (w *world) report() {
	w.t.Helper()
	out, code := w.ctl("report", "--show")
	require.Zero(w.t, code, out)
	file := filepath.Join(w.t.TempDir(), "report.zip")
	out, code = w.ctl("report", "--out", file)
	require.Zero(w.t, code, out)
	info, err := os.Stat(file)
	require.NoError(w.t, err)
	assert.Equal(w.t, os.FileMode(0o600), info.Mode().Perm())
}

// TestNothingLeavesByItself runs the app where every packet that leaves the computer is captured: a first start, a
// connection, traffic through it, its end, a crash, a report and the end of the program, without a window and with one.
// Not one packet leaves. That one would be seen is shown at the end.
func TestNothingLeavesByItself(t *testing.T) {
	w := newStill(t)
	outlet := w.start("outlet", w.role(w.far, "outlet", "out0"))
	outlet.line(t, "ready", 10*time.Second)
	w.startSite()

	app := w.startApp()
	w.await(30*time.Second, func(s status) bool { return s.Node.State == "running" && s.Phase == "down" })
	for _, args := range [][]string{{"usage", "on"}, {"connect", "germany"}, {"connect", "NL"}} {
		out, code := w.ctl(args...)
		require.Zero(t, code, out)
	}
	w.browse()
	private(t, w.home)
	<-time.After(35 * time.Second) // what is done every half minute, such as looking whether the node is well, is done
	w.report()
	w.crash(app)
	w.report() // of what is left, with nothing running
	app = w.startApp()
	out, code := w.ctl("connect")
	require.Zero(t, code, out)
	w.browse()
	for _, args := range [][]string{{"disconnect"}, {"countries"}, {"proposals"}, {"account"}, {"history"}, {"usage", "show"}, {"logs"}, {"quit"}} {
		out, code := w.ctl(args...)
		require.Zero(t, code, "%v: %s", args, out)
	}
	app.endsWell(t, "it does not quit")
	private(t, w.home)

	t.Run("with the window", func(t *testing.T) {
		s := newScreen(t, "1400x900")
		s.app, s.far, s.home = w.app, w.far, filepath.Join(t.TempDir(), "home")
		s.site, s.site6 = w.site, w.site6
		s.stillDay()
	})

	// The controls come last and in order, so what is seen first shows that nothing went before.
	out, err := w.client("datagram", "198.51.100.99:9", "control")
	require.NoError(t, err, out)
	first := outlet.line(t, "packet", 10*time.Second)
	assert.Regexp(t, `to 198\.51\.100\.99:9, dropped 0$`, first, "the first packet that leaves has to be the control")
	out, err = w.client("datagram", "[2001:db8:99::9]:9", "control")
	require.NoError(t, err, out)
	assert.Contains(t, outlet.line(t, "packet", 10*time.Second), "to [2001:db8:99::9]:9")
	_, err = w.client("lookup", "leak.example")
	require.Error(t, err)
	assert.Contains(t, outlet.line(t, "packet", 10*time.Second), "to "+nameServer+":53")
}

// stillDay is a day with the window: a first start that ends connected, each page, a crash, another start, the end.
func (s *screen) stillDay() {
	open := func() *process {
		cmd := s.command(s.app, s.bin, "--home", s.home, "--exit.allow", siteAddr+"/32", "--exit.allow", siteAddr6+"/128")
		cmd.Env = s.env
		p := s.start("window", cmd)
		s.find()
		return p
	}
	app := open()
	s.sees("the terms", func() bool { at := s.pixel(-40, -60); return at == lightGround || at == darkGround }) // as the desktop has it
	s.key("Return")
	waitFor(s.t, "the terms are kept", 10*time.Second, func() bool { return s.kept("terms.json")["accepted"] != nil })
	s.tabs(1) // from the way on to the box, which is asked once
	s.key("space")
	s.keeps("settings.json", "count_usage", true)
	s.tabs(2)
	s.key("Return")
	s.key("Return")
	s.key("Return")
	s.await(30*time.Second, inPhase("up"))
	s.browse()
	for _, page := range []string{"ctrl+h", "ctrl+m", "ctrl+l", "ctrl+comma"} {
		s.key(page)
		s.key("Escape")
	}
	s.report()
	s.key("ctrl+Return")
	s.await(15*time.Second, inPhase("down"))
	private(s.t, s.home)
	s.crash(app)
	app = open()
	s.await(30*time.Second, func(s status) bool { return s.Node.State == "running" && s.Phase == "down" })
	s.key("ctrl+Return")
	s.await(30*time.Second, inPhase("up"))
	s.lastKey("ctrl+q")
	app.endsWell(s.t, "the window does not quit")
	private(s.t, s.home)
}
