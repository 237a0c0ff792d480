//go:build !windows

package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// What the window may cost, in all or beyond a bare Fyne window of the same size.
const (
	mostMemory    = 60.0 // MB of resident memory beyond the bare window's
	mostIdle      = 0.3  // % of a core beyond the bare window's while one can see it
	mostHidden    = 0.1  // likewise in the tray
	mostConnected = 12.0 // % of a core while the graph of a connection runs
	mostLate      = 0.7  // s until one can see it, beyond the bare window's
)

// TestWindowCost prints what the window costs beside a bare Fyne window, in rounds that take turns, under software
// rendering. It runs only when asked for: `make bench-ui`. The node's process is not counted.
func TestWindowCost(t *testing.T) {
	rounds, _ := strconv.Atoi(os.Getenv("BENCH_UI"))
	if rounds < 1 {
		t.Skip("BENCH_UI says no number of rounds; make bench-ui does")
	}
	bare := filepath.Join(t.TempDir(), "barewindow")
	out, err := exec.Command("go", "build", "-tags", "migrated_fynedo", "-ldflags", "-s -w", "-o", bare, "./testdata/barewindow").CombinedOutput()
	require.NoError(t, err, string(out))

	our, its := costs{}, costs{}
	for n := range rounds {
		t.Run(fmt.Sprint("round ", n+1), func(t *testing.T) {
			s := newScreen(t, "1400x900")
			its.measureBare(s, bare)
			our.measureOurs(s)
		})
	}
	rows := []struct {
		what, unit    string
		beyond        bool // the limit is on the difference
		limit         float64
		key, besideOf string
	}{
		{"until one can see it", "s", true, mostLate, "start", "start"},
		{"memory shown, RSS", "MB", true, mostMemory, "shown rss", "shown rss"},
		{"memory shown, PSS", "MB", true, 0, "shown pss", "shown pss"},
		{"memory connected, RSS", "MB", true, mostMemory, "connected rss", "shown rss"},
		{"memory connected, PSS", "MB", true, 0, "connected pss", "shown pss"},
		{"memory in the tray, RSS", "MB", true, mostMemory, "hidden rss", "hidden rss"},
		{"CPU shown, idle", "%", true, mostIdle, "shown cpu", "shown cpu"},
		{"CPU in the tray", "%", true, mostHidden, "hidden cpu", "hidden cpu"},
		{"CPU connected, graph running", "%", false, mostConnected, "connected cpu", ""},
		{"CPU connected, in the tray", "%", false, 0, "away cpu", ""},
	}
	fmt.Printf("%-30s %9s %9s %9s %9s   medians of %d rounds\n", "", "ours", "bare", "beyond", "at most", rounds)
	for _, r := range rows {
		ours := our.median(r.key)
		bare, beyond, limit, verdict := "", "", "", ""
		judged := ours
		if r.beyond {
			judged = ours - its.median(r.besideOf)
			bare, beyond = fmt.Sprintf("%.2f", its.median(r.besideOf)), fmt.Sprintf("%+.2f", judged)
		}
		if r.limit > 0 {
			limit, verdict = fmt.Sprintf("%.1f", r.limit), "holds"
			if judged > r.limit {
				verdict = "DOES NOT HOLD"
			}
		}
		fmt.Printf("%-30s %9.2f %9s %9s %9s %-3s %s\n", r.what, ours, bare, beyond, limit, r.unit, verdict)
	}
}

// costs are the measurements of one program by name.
type costs map[string][]float64

func (c costs) add(key string, v float64) { c[key] = append(c[key], v) }

func (c costs) median(key string) float64 {
	v := slices.Sorted(slices.Values(c[key]))
	if len(v) == 0 {
		return 0
	}
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// settled is how long a program is left alone before it is measured, and watched how long then.
const (
	settled = 6 * time.Second
	watched = 12 * time.Second
)

func (c costs) measureBare(s *screen, bin string) {
	p := c.begin(s, s.command(nil, bin))
	c.watch(s, p, "shown")
	s.closeWindow()
	c.watch(s, p, "hidden")
	p.end(s.t)
}

func (c costs) measureOurs(s *screen) {
	host := newPanel(s.t, s.bus)
	s.site = ownAddress(s.t)
	cmd := s.command(nil, s.bin, "--home", s.home, "--exit.allow", s.site+"/32")
	p := c.begin(s, cmd)
	host.found()
	s.await(30*time.Second, func(s status) bool { return s.Node.State == "running" && s.Phase == "down" })
	c.watch(s, p, "shown")
	s.closeWindow()
	c.watch(s, p, "hidden")
	host.press("Show window")
	out, code := s.ctl("connect", "CH")
	require.Zero(s.t, code, out)
	s.trickle()
	c.watch(s, p, "connected")
	s.closeWindow()
	c.watch(s, p, "away")
	p.end(s.t)
}

// begin starts a program and notes how long it took until its window was mapped.
func (c costs) begin(s *screen, cmd *exec.Cmd) *process {
	s.t.Helper()
	maps := s.command(nil, "xev", "-root", "-event", "substructure")
	maps.Env = s.env
	seen := s.start("xev", maps)
	s.tool(5*time.Second, "xdotool", "getmouselocation")
	cmd.Env = s.env
	from := time.Now()
	p := s.start("window", cmd)
	seen.line(s.t, "MapNotify", 20*time.Second)
	c.add("start", time.Since(from).Seconds())
	_ = seen.Process.Kill()
	s.window = lastLine(s.tool(30*time.Second, "xdotool", "search", "--sync", "--onlyvisible", "--name", "^MysteriumVPN$"))
	s.xdo("windowactivate", "--sync", s.window)
	return p
}

// watch notes what a program needs while nobody touches it.
func (c costs) watch(s *screen, p *process, when string) {
	<-time.After(settled)
	from, cpu := time.Now(), cpuTime(s.t, p.Process.Pid)
	<-time.After(watched)
	used := cpuTime(s.t, p.Process.Pid) - cpu
	c.add(when+" cpu", 100*used.Seconds()/time.Since(from).Seconds())
	c.add(when+" rss", memory(s.t, p.Process.Pid, "Rss"))
	c.add(when+" pss", memory(s.t, p.Process.Pid, "Pss"))
	s.t.Logf("%-10s cpu %.2f %%, rss %.1f MB", when, c[when+" cpu"][len(c[when+" cpu"])-1], c[when+" rss"][len(c[when+" rss"])-1])
}

// cpuTime is what all threads of a process have used.
func cpuTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	var at unix.Timespec
	require.NoError(t, unix.ClockGettime(int32(^pid<<3|2), &at)) // the CPU clock of a process, as clock_getcpuclockid(3) makes it
	return time.Duration(at.Nano())
}

// memory reads a line of a process's smaps_rollup, in MB.
func memory(t *testing.T, pid int, name string) float64 {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	require.NoError(t, err)
	m := regexp.MustCompile(`(?m)^` + name + `: +(\d+) kB$`).FindSubmatch(b)
	require.NotNil(t, m, string(b))
	kb, err := strconv.ParseFloat(string(m[1]), 64)
	require.NoError(t, err)
	return kb / 1024
}

// trickle lets something pass the tunnel, so that the graph has something to draw: little, because what is to be
// measured is the window.
func (s *screen) trickle() {
	l, err := net.Listen("tcp", net.JoinHostPort(s.site, "0"))
	require.NoError(s.t, err)
	site := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for n := 0; ; n = (n + 1) % 40 {
			if _, err := w.Write(make([]byte, 1<<10*(1+n))); err != nil {
				return
			}
			_ = http.NewResponseController(w).Flush()
			select {
			case <-r.Context().Done():
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	})}
	go func() { _ = site.Serve(l) }()
	s.t.Cleanup(func() { _ = site.Close() })
	c := http.Client{Transport: &http.Transport{Dial: dialSOCKS5(s.status().Proxy.SOCKS5)}} //nolint:staticcheck // as the client's
	res, err := c.Get("http://" + l.Addr().String() + "/")
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = res.Body.Close() })
	go func() { _, _ = io.Copy(io.Discard, res.Body) }()
}

// end ends a program and waits for it.
func (p *process) end(t *testing.T) {
	t.Helper()
	_ = p.Process.Signal(unix.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		require.Fail(t, "it does not end")
	}
}
