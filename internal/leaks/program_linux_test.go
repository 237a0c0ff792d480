package leaks

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

// appProgram is the app without a window as it is shipped, where every user can run it.
var appProgram string

// program is the app itself, in device mode on the network own, run by a user without privileges, with the servers that
// were added to it.
type program struct {
	w       *world
	home    string
	child   *child // nil = it does not run
	servers map[string]string
}

// server is what a configuration file has in it.
type server struct {
	country  string
	key      wgnet.Key // of the client
	exit     string    // public key
	endpoint netip.AddrPort
	address  string // in the tunnel
}

// newProgram makes its home, with a server at each of the exits that are named by country.
func (w *world) newProgram(t testing.TB) *program {
	t.Helper()
	require.NotEmpty(t, appProgram, "the app was not built")
	p := &program{w: w, home: filepath.Join(w.folder, "home"), servers: map[string]string{}}
	require.NoError(t, os.Mkdir(p.home, 0o700))
	require.NoError(t, os.Chown(p.home, appUser, appUser))
	return p
}

// atExit adds a server that is one of the world's exits.
func (p *program) atExit(t testing.TB, country string, exit, endpoint netip.AddrPort) {
	t.Helper()
	s := server{country: country, key: wgnet.NewPrivateKey(), endpoint: endpoint, address: inner4.String() + ", " + inner6.String()}
	public, err := s.key.PublicKey()
	require.NoError(t, err)
	s.exit = p.w.exits.say(t, "peer %s %s", exit, public.Base64())
	p.add(t, &s)
}

// add has the app take a server's file.
func (p *program) add(t testing.TB, s *server) {
	t.Helper()
	file := filepath.Join(p.w.folder, s.country+".conf")
	text := fmt.Sprintf("# country: %s\n[Interface]\nPrivateKey = %s\nAddress = %s\nDNS = %s\n[Peer]\nPublicKey = %s\nEndpoint = %s\nAllowedIPs = 0.0.0.0/0, ::/0\n",
		s.country, s.key.Base64(), s.address, resolver, s.exit, s.endpoint)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644)) //nolint:gosec // keys of a test, for another user to read
	p.must(t, "own", "add", file)
	p.servers[s.country] = s.endpoint.String()
}

// start runs it and waits until its node does.
func (p *program) start(t testing.TB) {
	t.Helper()
	p.child = p.w.client.start(t, appUser, p.env(), appProgram, p.words("run", "--network", "own", "--mode", "device", "--netd", p.w.socket())...)
	p.child.wait(t, "SOCKS5")
	p.until(t, "its node runs", func(s *state) bool { return s.Node.State == "running" })
}

func (p *program) words(words ...string) []string {
	return append([]string{"--home", p.home}, words...)
}

func (p *program) env() []string { return []string{"HOME=" + p.home, "XDG_RUNTIME_DIR="} }

// order begins a command of the command line, beside the app. It has no longer than anything that works needs.
func (p *program) order(t testing.TB, words ...string) *order {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 2*patience)
	o := &order{cmd: exec.CommandContext(ctx, appProgram, p.words(words...)...), ended: make(chan struct{})}
	o.cmd.Env = append(os.Environ(), p.env()...)
	o.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: appUser, Gid: appUser}}
	o.cmd.Stdout, o.cmd.Stderr = &o.out, &o.out
	var err error
	p.w.client.in(func() { o.at = time.Now(); err = o.cmd.Start() })
	require.NoError(t, err)
	go func() { defer stop(); o.err = o.cmd.Wait(); close(o.ended) }()
	return o
}

// order is a command under way.
type order struct {
	cmd   *exec.Cmd
	at    time.Time // just before it was started
	out   strings.Builder
	err   error
	ended chan struct{}
}

// end waits for it and gives what it said.
func (o *order) end() (string, error) {
	<-o.ended
	return o.out.String(), o.err
}

func (p *program) must(t testing.TB, words ...string) string {
	t.Helper()
	out, err := p.order(t, words...).end()
	require.NoError(t, err, "%v: %s", words, out)
	return out
}

// state is what the app says of itself.
type state struct {
	Phase string
	Exit  *struct{ Country string }
	Node  struct {
		State string
		PID   int
	}
}

// until asks the app for its state until ok likes it.
func (p *program) until(t testing.TB, what string, ok func(*state) bool) *state {
	t.Helper()
	var said string
	for late := time.Now().Add(patience); time.Now().Before(late); {
		var err error
		if said, err = p.order(t, "status", "--json").end(); err != nil {
			continue
		}
		var s state
		require.NoError(t, json.Unmarshal([]byte(said), &s), said)
		if ok(&s) {
			return &s
		}
	}
	require.Fail(t, "not in time", "%s: %s", what, said)
	return nil
}

// kill ends it as a crash does. Its node ends with it.
func (p *program) kill() {
	p.child.kill()
	p.child = nil
}
