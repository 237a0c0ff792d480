package supervisor

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/unixsock"
	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

// tunnel is a Handler. It panics when Up and Down overlap.
type tunnel struct {
	mu    sync.Mutex // guards all below
	busy  bool
	up    map[string]Config
	calls int

	upErr func(Config) error
	gate  chan struct{} // if not nil, Up waits for it or for its context
}

func (h *tunnel) enter() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.busy {
		panic("two of Up and Down at a time")
	}
	h.busy = true
	h.calls++
}

func (h *tunnel) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.busy = false
}

func (h *tunnel) Up(ctx context.Context, c Config) (string, error) {
	h.enter()
	defer h.leave()
	if h.gate != nil {
		select {
		case <-h.gate:
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
	if h.upErr != nil {
		return "", h.upErr(c)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.up == nil {
		h.up = map[string]Config{}
	}
	h.up[c.Iface] = c
	return c.Iface, nil
}

func (h *tunnel) Down(iface string) error {
	h.enter()
	defer h.leave()
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.up[iface]; !ok {
		return fmt.Errorf("interface %s not found", iface)
	}
	delete(h.up, iface)
	return nil
}

func (h *tunnel) Stats(iface string) (Stats, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.up[iface]; !ok {
		return Stats{}, fmt.Errorf("interface %s not found", iface)
	}
	return Stats{BytesSent: 1, BytesReceived: 1 << 60, LastHandshake: time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)}, nil
}

// served starts s on a socket of its own and gives the socket's path. It is stopped when the test ends.
func served(t *testing.T, s *Server) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run", "s.sock")
	l, err := unixsock.Listen(path)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		assert.ErrorIs(t, <-done, context.Canceled)
	})
	return path
}

// talk sends text and gives all that is answered until the server closes or, after we have sent all, has no more.
func talk(t *testing.T, path, text string) []string {
	t.Helper()
	c, err := net.Dial("unix", path)
	require.NoError(t, err)
	defer func() { assert.NoError(t, c.Close()) }()
	require.NoError(t, c.SetDeadline(time.Now().Add(10*time.Second)))
	go func() { // beside the reading, for a server that closes early
		_, _ = io.WriteString(c, text)
		_ = c.(*net.UnixConn).CloseWrite()
	}()
	var out []string
	for in := bufio.NewScanner(c); in.Scan(); {
		out = append(out, in.Text())
	}
	return out
}

func goodConfig(t testing.TB) Config {
	t.Helper()
	peer, err := wgnet.NewPrivateKey().PublicKey()
	require.NoError(t, err)
	return Config{
		Iface: "myst0", Subnet: netip.MustParsePrefix("10.182.0.2/24"), PrivateKey: wgnet.NewPrivateKey(), ListenPort: 40001,
		DNS: []netip.Addr{netip.MustParseAddr("10.182.0.1")}, DNSScriptDir: "/opt/node/config", ReplacePeers: true,
		Peer: Peer{
			PublicKey: peer, Endpoint: netip.MustParseAddrPort("203.0.113.9:51820"), Keepalive: 18,
			AllowedIPs: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")},
		},
	}
}

func encoded(t testing.TB, c Config) string {
	t.Helper()
	s, err := c.Encode()
	require.NoError(t, err)
	return s
}

func TestEveryCommandIsAnswered(t *testing.T) {
	up := encoded(t, goodConfig(t))
	path := served(t, &Server{
		Handler: &tunnel{}, Version: "1.2.3",
		Gateway: func() (netip.Addr, bool) { return netip.MustParseAddr("10.99.9.1"), true },
	})
	for _, c := range []struct{ send, want string }{
		{"version", "ok: 1.2.3"},
		{"ping", "ok: pong"},
		{"  ping\t\r", "ok: pong"},
		{"ta-set-port 44050", "ok"},
		{"discover-gateway", "ok: 10.99.9.1"},
		{"exclude-route -ip 203.0.113.9 -gw 10.99.9.1", "ok"},
		{"exclude-route -gw=10.99.9.1 -ip=203.0.113.0/24", "ok"},
		{"delete-route --gw 10.99.9.1 --ip=2001:db8::1", "ok"},
		{"wg-stats -iface myst0", "error: wg-stats: interface myst0 not found"},
		{"wg-up -uid 1000 -config " + up, "ok: myst0"},
		{"wg-up -config=" + up + " -uid=S-1-5-21-1-2-3-1001", "ok: myst0"},
		{"wg-up -config " + up, "ok: myst0"},
		{"wg-stats -iface myst0", `ok: {"bytes_sent":1,"bytes_received":1152921504606846976,"last_handshake":"2026-05-04T03:02:01Z"}`},
		{"wg-down -iface=myst0", "ok"},
		{"wg-down -iface myst0", "error: wg-down: interface myst0 not found"},
		{"kill", "error: kill: this supervisor ends no processes; the program that started the node stops it"},
		{"bye", "ok: bye"},
	} {
		assert.Equal(t, []string{c.want}, talk(t, path, c.send+"\n"), c.send)
	}
}

func TestWrongInputIsAnsweredWithError(t *testing.T) {
	h := &tunnel{}
	path := served(t, &Server{Handler: h})
	for _, c := range []struct{ send, want string }{
		{"", "empty line"},
		{"bogus", "unknown command"},
		{"WG-UP", "unknown command"},
		{"\x00\xff", "unknown command"},
		{"ping now", "ping takes 0 words beside its flags, not 1"},
		{"ping -now", "ping: unknown flag"},
		{"ta-set-port", "ta-set-port takes 1 words beside its flags, not 0"},
		{"ta-set-port 0", "ta-set-port: not a port between 1 and 65535"},
		{"ta-set-port 65536", "ta-set-port: not a port between 1 and 65535"},
		{"ta-set-port -1", "ta-set-port: unknown flag"},
		{"wg-up", "wg-up: -config is missing"},
		{"wg-up -config", "wg-up: -config has no value"},
		{"wg-up -config=", "wg-up: -config is empty"},
		{"wg-up -config a -config b", "wg-up: -config is given twice"},
		{"wg-up -config !", "wg-up: config is not base64"},
		{"wg-up -config e30=", "wg-up: config: subnet is not an address with a prefix length"},
		{"wg-up -uid root -config e30=", "wg-up: -uid is neither a number nor a Windows SID"},
		{"wg-down", "wg-down: -iface is missing"},
		{"wg-down -iface ../../etc", "wg-down: an interface's name consists of letters, digits, '_', '.' and '-'"},
		{"wg-stats -iface sixteenletters00", "wg-stats: an interface's name has 1 to 15 characters"},
		{"exclude-route -ip 1.2.3.4", "exclude-route: -gw is missing"},
		{"exclude-route -ip here -gw 1.2.3.4", "exclude-route: -ip is neither an address nor a prefix"},
		{"delete-route -ip 1.2.3.4 -gw there", "delete-route: -gw is not an address"},
	} {
		assert.Equal(t, []string{"error: " + c.want}, talk(t, path, c.send+"\n"), c.send)
	}
	assert.Zero(t, h.calls, "nothing wrong reaches the handler")
}

func TestOneConnectionMayCarrySeveralCommands(t *testing.T) {
	path := served(t, &Server{Handler: &tunnel{}})
	assert.Equal(t, []string{"ok: pong", "error: unknown command", "ok: dev", "ok: bye"},
		talk(t, path, "ping\nwhat\r\nversion\nbye\nping\n"), "after bye nothing is answered")
	assert.Equal(t, []string{"ok: pong"}, talk(t, path, "ping"), "a last line needs no line feed")
}

func TestLineOver64KiBEndsTheConnection(t *testing.T) {
	path := served(t, &Server{Handler: &tunnel{}})
	fits := "ping" + strings.Repeat(" ", MaxLine-4)
	assert.Equal(t, []string{"ok: pong"}, talk(t, path, fits+"\n"))
	assert.Equal(t, []string{"error: the line is longer than 65536 bytes"}, talk(t, path, fits+" \nping\n")[:1])
}

func TestPrivateKeyIsInNoAnswerErrorOrLog(t *testing.T) {
	conf := goodConfig(t)
	b64, hx := conf.PrivateKey.Base64(), hex.EncodeToString(conf.PrivateKey[:])
	bare := strings.TrimRight(b64, "=")
	var seen strings.Builder
	var mu sync.Mutex
	h := &tunnel{upErr: func(c Config) error {
		w, err := c.WireGuard()
		return errors.Join(fmt.Errorf("set %q: %v %+v %#v %d %x: %w", w.UAPI(), c, c, c, c, c, errors.New(c.PrivateKey.Base64())), err)
	}}
	path := served(t, &Server{Handler: h, Log: func(s string) {
		mu.Lock()
		defer mu.Unlock()
		seen.WriteString(s + "\n")
	}})
	good := encoded(t, conf)
	var answers []string
	for _, line := range []string{
		"wg-up -config " + good,
		"wg-up -config " + good + " " + b64,
		"wg-up -config " + good + " -" + b64,
		"wg-up -config " + b64,
		"wg-up -iface " + b64,
		"wg-up -uid " + b64 + " -config " + good,
		"wg-down -iface " + bare,
		"wg-stats -iface " + b64[:15],
		"exclude-route -ip " + b64 + " -gw " + b64,
		"ta-set-port " + b64,
		"ping " + b64,
		b64, b64 + "=" + b64, hx,
	} {
		got := talk(t, path, line+"\n")
		require.Len(t, got, 1)
		assert.True(t, strings.HasPrefix(got[0], "error: "), got[0])
		answers = append(answers, got...)
	}
	// the client's side
	client := Dial(path)
	_, err := client.Up(t.Context(), conf)
	require.Error(t, err)
	answers = append(answers, err.Error())
	conf.Peer.Endpoint = netip.AddrPort{}
	_, err = client.Up(t.Context(), conf)
	require.Error(t, err)
	answers = append(answers, err.Error())
	_, err = Dial(filepath.Join(t.TempDir(), "nobody")).Up(t.Context(), goodConfig(t))
	require.Error(t, err)
	// the codec's errors, for every field that could hold the key
	for _, text := range []string{
		`{"private_key":12345678}`, `{"private_key":["` + b64 + `"]}`, `{"private_key":"` + b64 + `=","subnet":"10.0.0.1/8"}`,
		`{"subnet":"` + b64 + `"}`, `{"listen_port":"` + b64 + `"}`, `{"` + b64 + `":1,"listen_port":"x"}`, `{"x":` + b64 + `}`,
	} {
		_, err := DecodeConfig(b64Of(text))
		require.Error(t, err)
		answers = append(answers, err.Error())
		assert.NotContains(t, err.Error(), "12345678")
	}
	mu.Lock()
	defer mu.Unlock()
	all := seen.String() + strings.Join(answers, "\n") + fmt.Sprintf("%v %+v %#v %d %x %q", conf, conf, &conf, conf, conf, conf)
	require.NotEmpty(t, seen.String())
	for _, secret := range []string{bare, hx, strings.ToUpper(hx), good, b64[:15], fmt.Sprint([32]byte(conf.PrivateKey))} {
		assert.NotContains(t, strings.ReplaceAll(all, "interface "+b64[:15]+" not found", ""), secret)
	}
}

func TestUpAndDownAreNeverCalledTogether(t *testing.T) {
	h := &tunnel{} // panics if so
	path := served(t, &Server{Handler: h})
	client := Dial(path)
	var all sync.WaitGroup
	for range 8 {
		conf := goodConfig(t)
		all.Go(func() {
			for range 20 {
				_, err := client.Up(t.Context(), conf)
				assert.NoError(t, err)
				_, err = client.Stats(t.Context(), "nope")
				var refused *RefusedError
				assert.ErrorAs(t, err, &refused)
				_ = client.Down(t.Context(), "myst0") // somebody else may have been first
			}
		})
	}
	all.Wait()
	assert.Equal(t, 8*20*2, h.calls)
}

func TestServeEndsCommandsAndConnectionsWithItsContext(t *testing.T) {
	h := &tunnel{gate: make(chan struct{})}
	path := filepath.Join(t.TempDir(), "s.sock")
	l, err := net.Listen("unix", path)
	require.NoError(t, err)
	quit := errors.New("quit")
	ctx, cancel := context.WithCancelCause(context.Background())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, l, h) }()

	idle, err := net.Dial("unix", path)
	require.NoError(t, err)
	defer func() { _ = idle.Close() }()
	_, err = io.WriteString(idle, "ping\n")
	require.NoError(t, err)
	in := bufio.NewReader(idle)
	_, err = in.ReadString('\n')
	require.NoError(t, err)

	busy, err := net.Dial("unix", path)
	require.NoError(t, err)
	defer func() { _ = busy.Close() }()
	_, err = io.WriteString(busy, "wg-up -config "+encoded(t, goodConfig(t))+"\n")
	require.NoError(t, err)

	cancel(quit)
	require.ErrorIs(t, <-done, quit)
	_, err = in.ReadString('\n')
	require.ErrorIs(t, err, io.EOF)
	_, err = net.Dial("unix", path)
	require.Error(t, err, "the listener is closed")
}

func TestIdleConnectionIsClosed(t *testing.T) {
	path := served(t, &Server{Handler: &tunnel{}, Idle: 20 * time.Millisecond})
	c, err := net.Dial("unix", path)
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	_, err = io.WriteString(c, "pi") // a line that is never finished counts as idle
	require.NoError(t, err)
	_, err = c.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
}

func TestConnectionsAreCapped(t *testing.T) {
	path := served(t, &Server{Handler: &tunnel{}, Conns: 2})
	var held []net.Conn
	for range 2 {
		c, err := net.Dial("unix", path)
		require.NoError(t, err)
		_, err = io.WriteString(c, "ping\n")
		require.NoError(t, err)
		_, err = bufio.NewReader(c).ReadString('\n')
		require.NoError(t, err)
		held = append(held, c)
	}
	assert.Equal(t, []string{"error: too many connections"}, talk(t, path, ""))
	for _, c := range held {
		require.NoError(t, c.Close())
	}
}

func TestUpThatHangsIsGivenUp(t *testing.T) {
	path := served(t, &Server{Handler: &tunnel{gate: make(chan struct{})}, Timeout: 20 * time.Millisecond})
	_, err := Dial(path).Up(t.Context(), goodConfig(t))
	var refused *RefusedError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, RefusedError{Command: "wg-up", Text: "wg-up: context deadline exceeded"}, *refused)
}

type killer struct {
	tunnel
	port int
}

func (k *killer) Kill(_ context.Context, port int) error {
	k.port = port
	return nil
}

func TestKillIsAskedOfTheHandlerOnly(t *testing.T) {
	k := &killer{}
	client := Dial(served(t, &Server{Handler: k}))
	require.NoError(t, client.Kill(t.Context()))
	assert.Equal(t, DefaultAPIPort, k.port)
	require.NoError(t, client.SetPort(t.Context(), 44050))
	require.NoError(t, client.Kill(t.Context()))
	assert.Equal(t, 44050, k.port)
}

func TestGatewayIsNeverUnspecified(t *testing.T) {
	for _, find := range []func() (netip.Addr, bool){
		nil,
		func() (netip.Addr, bool) { return netip.Addr{}, false },
		func() (netip.Addr, bool) { return netip.IPv4Unspecified(), true },
	} {
		client := Dial(served(t, &Server{Handler: &tunnel{}, Gateway: find}))
		a, err := client.DiscoverGateway(t.Context())
		require.NoError(t, err)
		assert.False(t, a.IsUnspecified())
	}
}
