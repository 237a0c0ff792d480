//go:build unix

package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// world is where the program runs: as root two network namespaces, one for the app and one for the node and the
// site, so that only the tunnel reaches the site; else this host.
type world struct {
	t       *testing.T
	bin     string
	home    string
	app     []string // prefix of commands in the app's namespace
	far     []string // prefix of commands beside the node
	site    string   // address of the far site
	site6   string   // its IPv6 address; "" = none
	split   bool
	runArgs []string
	self    string   // this test binary; "" = where it is
	env     []string // of all commands; nil = ours
}

const (
	siteAddr  = "203.0.113.10" // documentation addresses: nobody has them
	siteAddr6 = "2001:db8:f00d::10"
	farEnd    = "10.213.7.2"
	nearEnd   = "10.213.7.1"
)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, bin: program(t), home: t.TempDir(), site: siteAddr}
	w.showLog()
	if os.Getuid() == 0 && runtime.GOOS == "linux" && w.namespaces() == nil {
		w.split, w.site6 = true, siteAddr6
	} else {
		t.Log("not root, or no namespaces here: everything runs on one host")
		w.app, w.far, w.site = nil, nil, ownAddress(t)
	}
	w.runArgs = []string{"run", "--network", "sandbox", "--exit.allow", w.site + "/32", "--exit.dns", w.site + ":5353"}
	if w.split {
		w.runArgs = append(w.runArgs, "--exit.allow", w.site6+"/128")
		node := filepath.Join(t.TempDir(), "node")
		script := fmt.Sprintf("#!/bin/sh\nexec %s %s \"$@\"\n", strings.Join(w.far, " "), w.bin)
		require.NoError(t, os.WriteFile(node, []byte(script), 0o700))
		w.runArgs = append(w.runArgs, "--node.program", node, "--tequilapi.address", farEnd, "--tequilapi.port", "4050")
	}
	return w
}

// showLog shows the end of the program's log once everything has ended, if the test failed.
func (w *world) showLog() {
	w.t.Cleanup(func() {
		if !w.t.Failed() {
			return
		}
		b, err := os.ReadFile(filepath.Join(w.home, "logs", "mysteriumvpn.log"))
		w.t.Logf("its log (%v):\n%s", err, b[max(0, len(b)-10_000):])
	})
}

// namespaces makes two namespaces joined by a cable; they go with the test.
func (w *world) namespaces() error {
	id := strconv.Itoa(os.Getpid())
	near, far := "mvpn-app-"+id, "mvpn-far-"+id
	w.app, w.far = []string{"ip", "netns", "exec", near}, []string{"ip", "netns", "exec", far}
	for _, line := range []string{
		"netns add " + near,
		"netns add " + far,
		"-n " + near + " link add near type veth peer name far netns " + far,
		"-n " + near + " addr add " + nearEnd + "/24 dev near",
		"-n " + far + " addr add " + farEnd + "/24 dev far",
		"-n " + near + " link set near up",
		"-n " + far + " link set far up",
		"-n " + near + " link set lo up",
		"-n " + far + " link set lo up",
		"-n " + far + " addr add " + siteAddr + "/32 dev lo",
		"-n " + far + " addr add " + siteAddr6 + "/128 dev lo nodad",
	} {
		args := strings.Fields(line)
		if args[0] == "netns" {
			name := args[2]
			w.t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", name).Run() })
		}
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s: %w: %s", line, err, out)
		}
	}
	return nil
}

// ownAddress is an address of this host that is not loopback.
func ownAddress(t *testing.T) string {
	t.Helper()
	all, err := net.InterfaceAddrs()
	require.NoError(t, err)
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && !n.IP.IsLoopback() && !n.IP.IsLinkLocalUnicast() {
			return n.IP.String()
		}
	}
	cannot(t, "this host has no IPv4 address but loopback")
	return ""
}

// command prepares a command in the namespace of the app or beside the node.
func (w *world) command(in []string, name string, args ...string) *exec.Cmd {
	all := append(append(append([]string{}, in...), name), args...)
	ctx, stop := context.WithTimeout(w.t.Context(), 6*time.Minute)
	w.t.Cleanup(stop)
	cmd := exec.CommandContext(ctx, all[0], all[1:]...)
	cmd.WaitDelay = 5 * time.Second
	cmd.Env = w.env
	return cmd
}

// role starts this test binary in another role.
func (w *world) role(in []string, role string, args ...string) *exec.Cmd {
	binary, env := w.self, w.env
	if binary == "" {
		binary = self(w.t)
	}
	if env == nil {
		env = os.Environ()
	}
	cmd := w.command(in, binary, args...)
	cmd.Env = append(append([]string{}, env...), "E2E_ROLE="+role)
	return cmd
}

// client runs a client program to its end and gives what it printed.
func (w *world) client(args ...string) (string, error) {
	cmd := w.role(w.app, "client", args...)
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// ctl runs the program's command line beside the running app.
func (w *world) ctl(args ...string) (out string, code int) {
	w.t.Helper()
	cmd := w.command(w.app, w.bin, append([]string{"--home", w.home}, args...)...)
	b, err := cmd.CombinedOutput()
	if _, failed := err.(*exec.ExitError); err != nil && !failed { //nolint:errorlint // exec gives it bare
		require.NoError(w.t, err)
	}
	return strings.TrimSpace(string(b)), cmd.ProcessState.ExitCode()
}

// status is what `status --json` promises.
type status struct {
	Phase string `json:"phase"`
	Exit  *struct {
		Country    string `json:"country"`
		City       string `json:"city"`
		ProviderID string `json:"provider_id"`
	} `json:"exit"`
	Proxy struct {
		SOCKS5 string `json:"socks5"`
		HTTP   string `json:"http"`
	} `json:"proxy"`
	Since         *time.Time `json:"since"`
	BytesSent     uint64     `json:"bytes_sent"`
	BytesReceived uint64     `json:"bytes_received"`
	Node          struct {
		State   string `json:"state"`
		Version string `json:"version"`
		PID     int    `json:"pid"`
		API     string `json:"api"`
		Adopted bool   `json:"adopted"`
		Lack    *struct {
			Code string `json:"code"`
			Text string `json:"text"`
		} `json:"lack"`
	} `json:"node"`
	Network string `json:"network"`
	Reason  *struct {
		Code string `json:"code"`
		Text string `json:"text"`
	} `json:"reason"`
}

func (w *world) status() status {
	w.t.Helper()
	out, code := w.ctl("status", "--json")
	require.Zero(w.t, code, out)
	var s status
	require.NoError(w.t, json.Unmarshal([]byte(out), &s), out)
	return s
}

// await follows `status --watch --json` until ok, and gives that status.
func (w *world) await(limit time.Duration, ok func(status) bool) status {
	w.t.Helper()
	cmd := w.command(w.app, w.bin, "--home", w.home, "status", "--watch", "--json")
	pipe, err := cmd.StdoutPipe()
	require.NoError(w.t, err)
	require.NoError(w.t, cmd.Start())
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	watchdog := time.AfterFunc(limit, func() { _ = cmd.Process.Kill() })
	defer watchdog.Stop()
	var s status
	for d := json.NewDecoder(pipe); ; {
		s = status{}
		if err := d.Decode(&s); err != nil {
			require.Failf(w.t, "not reached in time", "within %s; last seen: %+v", limit, s)
		}
		if ok(s) {
			return s
		}
	}
}

// process is a child whose output is kept and can be waited for.
type process struct {
	*exec.Cmd
	lines chan string
	done  chan struct{} // closed when it is gone
}

// start runs cmd; its lines can be read from lines, and go to the test's log if it fails.
func (w *world) start(name string, cmd *exec.Cmd) *process {
	w.t.Helper()
	r, wr := io.Pipe()
	cmd.Stdout, cmd.Stderr = wr, wr
	in, err := cmd.StdinPipe() // held open: the site ends when it closes
	require.NoError(w.t, err)
	require.NoError(w.t, cmd.Start())
	p := &process{Cmd: cmd, lines: make(chan string, 10000), done: make(chan struct{})}
	var kept []string
	read := make(chan struct{})
	go func() {
		defer close(read)
		for sc := bufio.NewScanner(r); sc.Scan(); {
			kept = append(kept, sc.Text())
			select {
			case p.lines <- sc.Text():
			default:
			}
		}
		close(p.lines)
	}()
	go func() {
		_ = cmd.Wait()
		_ = wr.Close()
		close(p.done)
	}()
	w.t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-p.done:
		case <-time.After(20 * time.Second):
			_ = cmd.Process.Kill()
			<-p.done
		}
		<-read
		if w.t.Failed() {
			w.t.Logf("%s said:\n%s", name, strings.Join(kept, "\n"))
		}
	})
	return p
}

// line waits for a line that contains text.
func (p *process) line(t *testing.T, text string, limit time.Duration) string {
	t.Helper()
	late := time.After(limit)
	for {
		select {
		case l, ok := <-p.lines:
			if !ok {
				require.Failf(t, "it ended", "before it said %q", text)
			}
			if strings.Contains(l, text) {
				return l
			}
		case <-late:
			require.Failf(t, "not said in time", "%q within %s", text, limit)
		}
	}
}

func (w *world) startSite() {
	w.t.Helper()
	at := []string{w.site}
	if w.site6 != "" {
		at = append(at, w.site6)
	}
	w.start("site", w.role(w.far, "site", at...)).line(w.t, "ready", 10*time.Second)
}

// startApp starts `mysteriumvpn run` and waits until its control socket answers.
func (w *world) startApp() *process {
	w.t.Helper()
	p := w.start("app", w.command(w.app, w.bin, append([]string{"--home", w.home}, w.runArgs...)...))
	p.line(w.t, "SOCKS5", 20*time.Second)
	return p
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func listening(addr string) bool {
	c, err := net.DialTimeout("tcp", addr, time.Second)
	if err == nil {
		_ = c.Close()
	}
	return err == nil
}
