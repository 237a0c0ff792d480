package localnode

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mysteriumvpn/desktop/internal/supervisor"
	"github.com/mysteriumvpn/desktop/internal/wgnet"
	"github.com/mysteriumvpn/desktop/tequilapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lines keeps a log.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.WriteString(line + "\n")
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// serve runs a node until the test ends and gives its client.
func serve(t *testing.T, o Options) (c *tequilapi.Client, at netip.AddrPort, ended <-chan error) {
	t.Helper()
	ready := make(chan netip.AddrPort, 1)
	o.OnListen = func(a netip.AddrPort) { ready <- a }
	n, err := New(o)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done, result := make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(done)
		result <- n.Serve(ctx)
	}()
	t.Cleanup(func() { cancel(); <-done })
	select {
	case at = <-ready:
	case err := <-result:
		require.NoError(t, err, "Serve returned")
	}
	c, err = tequilapi.New(at.String())
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c, at, result
}

// app is a supervisor with a real tunnel, as the app is.
type app struct {
	mu  sync.Mutex
	net *wgnet.Net
	dev *wgnet.Device
}

func (a *app) Up(_ context.Context, c supervisor.Config) (string, error) {
	conf, err := c.WireGuard()
	if err != nil {
		return "", err
	}
	var addrs []netip.Addr
	for _, p := range conf.Addresses {
		addrs = append(addrs, p.Addr())
	}
	tun, err := wgnet.NewNet(wgnet.NetOptions{Addresses: addrs})
	if err != nil {
		return "", err
	}
	dev, err := wgnet.NewDevice(tun, wgnet.NewBind(), &conf, nil)
	if err != nil {
		return "", err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.net, a.dev = tun, dev
	return supervisor.DefaultIface, nil
}

func (a *app) Down(iface string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.dev == nil {
		return fmt.Errorf("interface %s not found", iface)
	}
	a.dev.Close()
	a.dev, a.net = nil, nil
	return nil
}

func (a *app) Stats(iface string) (supervisor.Stats, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.dev == nil {
		return supervisor.Stats{}, fmt.Errorf("interface %s not found", iface)
	}
	s := a.dev.Stats()
	return supervisor.Stats{BytesSent: s.BytesSent, BytesReceived: s.BytesReceived, LastHandshake: s.LastHandshake}, nil
}

func (a *app) tunnel() *wgnet.Net {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.net
}

func supervise(t *testing.T) (socket string, a *app) {
	t.Helper()
	socket, a = filepath.Join(t.TempDir(), "s.sock"), &app{}
	l, err := net.Listen("unix", socket)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = supervisor.Serve(ctx, l, a)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		_ = a.Down("")
	})
	return socket, a
}

// The whole of it: TequilAPI over TCP, the supervisor's socket, WireGuard, an exit, and a site behind it.
func TestTrafficLeavesThroughARealTunnel(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(bytes.Repeat([]byte("x"), 1<<20))
	}))
	defer site.Close()
	socket, a := supervise(t)
	var log lines
	dir := t.TempDir()
	c, _, ended := serve(t, Options{Home: dir, SupervisorSocket: socket, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Log: log.add})
	ctx := t.Context()
	h, err := c.Healthcheck(ctx)
	require.NoError(t, err)
	assert.Equal(t, defaultVersion+"sandbox", h.Version)
	id, err := c.CurrentIdentity(ctx, "", "")
	require.NoError(t, err)

	seen := map[netip.Addr]bool{}
	for _, country := range []string{"DE", "NL"} {
		offers, err := c.Proposals(ctx, tequilapi.ProposalQuery{LocationCountry: country})
		require.NoError(t, err)
		begin := time.Now()
		k, err := c.Connect(ctx, tequilapi.ConnectRequest{ConsumerID: id, ProviderID: offers[0].ProviderID, ServiceType: "wireguard", DNS: "provider"})
		require.NoError(t, err)
		t.Logf("connected to %s in %s", country, time.Since(begin))
		assert.Equal(t, tequilapi.Connected, k.Status)

		tr := &http.Transport{DialContext: func(ctx context.Context, _, addr string) (net.Conn, error) {
			return a.tunnel().DialTCP(ctx, netip.MustParseAddrPort(addr))
		}}
		res, err := (&http.Client{Transport: tr}).Get(site.URL)
		require.NoError(t, err)
		n, err := io.Copy(io.Discard, res.Body)
		require.NoError(t, res.Body.Close())
		require.NoError(t, err)
		assert.Equal(t, int64(1<<20), n)
		tr.CloseIdleConnections()

		var counted tequilapi.Statistics
		for e, err := range c.Events(ctx) { // until the counters say so
			require.NoError(t, err)
			if s := e.State.Consumer.Connection.Statistics; s != nil && s.BytesReceived > 1<<20 {
				counted = *s
				break
			}
		}
		assert.Less(t, counted.BytesReceived, uint64(3<<19), "TCP says some of it twice when the computer is busy")
		require.NoError(t, c.Disconnect(ctx, 0))
		assert.Nil(t, a.tunnel(), "taken down")
		seen[netip.MustParseAddr("127.0.0.1")] = true
	}
	k, err := c.Connect(ctx, tequilapi.ConnectRequest{ConsumerID: id, Filter: tequilapi.ConnectFilter{CountryCode: "SE"}})
	require.NoError(t, err)
	require.NoError(t, a.Down("")) // the app loses its tunnel
	for e, err := range c.Events(ctx) {
		require.NoError(t, err)
		if e.State.Consumer.Connection.Status == tequilapi.NotConnected {
			break
		}
	}
	page, err := c.Sessions(ctx, tequilapi.SessionQuery{})
	require.NoError(t, err)
	require.Len(t, page.Items, 3)
	assert.Equal(t, k.SessionID, page.Items[0].ID, "newest first")
	require.NoError(t, c.Stop(ctx))
	require.NoError(t, <-ended)
	assertNoKeys(t, dir, log.String())
}

// assertNoKeys looks for the keys of a home in a log, in every spelling that WireGuard has.
func assertNoKeys(t *testing.T, dir, text string) {
	t.Helper()
	h, err := openHome(dir)
	require.NoError(t, err)
	defer h.close()
	offers, err := sandbox(h)
	require.NoError(t, err)
	require.Regexp(t, "INF connected to 0x[0-9a-f]{40}, country=DE, ", text)
	assert.NotRegexp(t, `[A-Za-z0-9+/]{43}=`, text)
	for _, secret := range append([][]byte{h.seed}, keysOf(offers)...) {
		assert.NotContains(t, text, base64.StdEncoding.EncodeToString(secret)[:20])
		assert.NotContains(t, text, fmt.Sprintf("%x", secret)[:20])
	}
}

func keysOf(offers []*offer) (out [][]byte) {
	for _, o := range offers {
		out = append(out, o.key[:])
	}
	return out
}

func TestWithoutASupervisorConnectingFailsAndSaysSo(t *testing.T) {
	c, _, _ := serve(t, Options{Home: t.TempDir(), SupervisorSocket: filepath.Join(t.TempDir(), "nobody")})
	id, err := c.CurrentIdentity(t.Context(), "", "")
	require.NoError(t, err)
	_, err = c.Connect(t.Context(), tequilapi.ConnectRequest{ConsumerID: id})
	require.ErrorIs(t, err, tequilapi.ErrConnect)
	require.ErrorContains(t, err, "reach the supervisor at ")
}

func TestATakenPortIsSaidInTheRealNodesWords(t *testing.T) {
	_, at, _ := serve(t, Options{Home: t.TempDir()})
	second, err := New(Options{Home: t.TempDir(), Port: int(at.Port())})
	require.NoError(t, err)
	err = second.Serve(t.Context())
	var taken *PortTakenError
	require.ErrorAs(t, err, &taken)
	require.ErrorContains(t, err, "the port "+strconv.Itoa(int(at.Port()))+" seems to be taken")
}

func TestASecondNodeWithTheSameHomeEnds(t *testing.T) {
	dir := t.TempDir()
	c, _, _ := serve(t, Options{Home: dir})
	second, err := New(Options{Home: dir})
	require.NoError(t, err)
	require.ErrorIs(t, second.Serve(t.Context()), ErrHomeInUse)
	_, err = c.Healthcheck(t.Context())
	require.NoError(t, err, "the first goes on")
}

func TestStopEndsStreamsAndServe(t *testing.T) {
	c, at, ended := serve(t, Options{Home: t.TempDir(), Address: "localhost", Version: "1.2.3"})
	assert.True(t, at.Addr().IsLoopback())
	res, err := http.Get("http://" + at.String() + "/events/state")
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	defer http.DefaultClient.CloseIdleConnections()
	line, err := bufio.NewReader(res.Body).ReadString('\n')
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(line, "data: {"), line)
	require.NoError(t, c.Stop(t.Context()))
	require.NoError(t, <-ended)
	_, err = c.Healthcheck(t.Context())
	require.Error(t, err)
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []Options{
		{},
		{Home: "x", Address: "0.0.0.0"},
		{Home: "x", Address: "::"},
		{Home: "x", Address: "example.com"},
		{Home: "x", Address: "fe80::1%eth0"},
		{Home: "x", Port: 65536},
		{Home: "x", Port: -1},
	} {
		_, err := New(o)
		require.Error(t, err, "%+v", o)
	}
}

// storyOfFrames watches the stream while a connection comes and goes.
func storyOfFrames(t *testing.T) (frames [][]byte) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n, f := open(t, t.TempDir())
		_, put := unlocked(t, n)
		ctx, cancel := context.WithCancel(t.Context())
		w := &frameWriter{header: http.Header{}}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			n.handler().ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "http://127.0.0.1/events/state", nil))
		}()
		synctest.Wait()
		f.set(func() { f.silent = true })
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			call(t, n, "PUT", "/connection", put)
		}()
		<-time.After(time.Second)
		f.set(func() { f.stats.LastHandshake = time.Now() })
		<-answered
		<-time.After(3 * time.Second)
		synctest.Wait()
		before := len(w.frames())
		ask(t, n, "DELETE", "/connection", "", nil)
		<-time.After(time.Hour)
		synctest.Wait()
		assert.Len(t, w.frames(), before+1, "silence while nothing changes")
		cancel()
		<-ended
		frames = w.frames()
	})
	return frames
}

// frameWriter keeps what is streamed, and can be read while it is written.
type frameWriter struct {
	mu     sync.Mutex
	header http.Header
	b      bytes.Buffer
}

func (w *frameWriter) Header() http.Header { return w.header }
func (w *frameWriter) WriteHeader(int)     {}
func (w *frameWriter) Flush()              {}

func (w *frameWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(b)
}

func (w *frameWriter) frames() (out [][]byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for f := range strings.SplitSeq(w.b.String(), "\n\n") {
		if line, ok := strings.CutPrefix(f, "data: "); ok {
			out = append(out, []byte(line))
		}
	}
	return out
}
