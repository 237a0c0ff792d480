package tunnel

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"

	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

// fakeCarrier dials by a function and has no UDP.
type fakeCarrier func(ctx context.Context, to netip.AddrPort) (net.Conn, error)

func (f fakeCarrier) DialTCP(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	return f(ctx, to)
}

func (fakeCarrier) DialUDP(_, _ netip.AddrPort) (net.Conn, error) {
	return nil, errors.New("no UDP here")
}

func (fakeCarrier) ListenUDP(netip.AddrPort) (net.PacketConn, error) {
	return nil, errors.New("no UDP here")
}

var everywhere = reach{v4: true, v6: true, allowed: []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0"),
}}

func noLog(wgnet.Level, string) {}

// newFakeFront is a front over c on a free port; both end with the test.
func newFakeFront(t testing.TB, c carrier, r reach, limit int) (*front, Proxy) {
	t.Helper()
	l := newLink(c, r, nil)
	f, err := listen("127.0.0.1:0", false, limit, noLog, func() *link { return l })
	require.NoError(t, err)
	t.Cleanup(func() { l.close(); f.close() })
	return f, Proxy{SOCKS5: f.addr(), HTTP: f.addr()}
}

// gonetError is how gonet tells of a failed dial.
func gonetError(e tcpip.Error) error {
	return &net.OpError{Op: "connect", Net: "tcp", Err: errors.New(e.String())}
}

func TestEveryFailureHasItsCode(t *testing.T) {
	const to = "192.0.2.1:443"
	for name, c := range map[string]struct {
		err    error
		reply  string // of x/net/proxy
		status int
		text   string
	}{
		"refused":             {gonetError(&tcpip.ErrConnectionRefused{}), "connection refused", 502, "192.0.2.1:443 refused the connection"},
		"refused, errno":      {syscall.ECONNREFUSED, "connection refused", 502, "192.0.2.1:443 refused the connection"},
		"network unreachable": {gonetError(&tcpip.ErrNetworkUnreachable{}), "network unreachable", 502, "the tunnel does not lead to 192.0.2.1:443"},
		"host unreachable":    {gonetError(&tcpip.ErrHostUnreachable{}), "host unreachable", 502, "192.0.2.1:443 cannot be reached from the exit"},
		"timed out":           {gonetError(&tcpip.ErrTimeout{}), "TTL expired", 504, "192.0.2.1:443 did not answer in time"},
		"deadline":            {context.DeadlineExceeded, "TTL expired", 504, "192.0.2.1:443 did not answer in time"},
		"aborted":             {gonetError(&tcpip.ErrConnectionAborted{}), "general SOCKS server failure", 503, "the VPN is not connected"},
		"anything else":       {errors.New("moon phase"), "general SOCKS server failure", 502, "connecting to 192.0.2.1:443 through the tunnel went wrong: moon phase"},
	} {
		t.Run(name, func(t *testing.T) {
			_, p := newFakeFront(t, fakeCarrier(func(context.Context, netip.AddrPort) (net.Conn, error) { return nil, c.err }), everywhere, 0)
			_, err := dialSocks(t, p, to)
			require.ErrorContains(t, err, c.reply)
			_, r := dialConnect(t, p, to)
			require.NotNil(t, r)
			body, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			assert.Equal(t, c.status, r.StatusCode)
			assert.Contains(t, strings.ToLower(string(body)), strings.ToLower(c.text))
		})
	}
}

func TestWhatTheTunnelDoesNotCarryIsRefusedAtOnce(t *testing.T) {
	never := fakeCarrier(func(context.Context, netip.AddrPort) (net.Conn, error) {
		panic("dialed what the tunnel does not carry")
	})
	_, p := newFakeFront(t, never, reach{v4: true, allowed: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}, 0)
	_, err := dialSocks(t, p, "192.0.2.1:80")
	require.ErrorContains(t, err, "network unreachable")
	_, err = dialSocks(t, p, "[2001:db8::1]:80")
	require.ErrorContains(t, err, "network unreachable")
	_, err = dialSocks(t, p, "127.0.0.1:80")
	require.ErrorContains(t, err, "connection not allowed by ruleset")
}

func TestARefusalOutlivesTheProgramThatGaveUp(t *testing.T) {
	never := fakeCarrier(func(context.Context, netip.AddrPort) (net.Conn, error) { panic("dialed") })
	l := newLink(never, everywhere, nil)
	defer l.close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := l.dial(ctx, target{addr: netip.IPv6Loopback(), port: 443})
	var no *refusal
	require.ErrorAs(t, err, &no)
	assert.Equal(t, notAllowed, no.cause)
}

// talk sends raw bytes to the front and gives all that it says.
func talk(t testing.TB, p Proxy, parts ...string) string {
	t.Helper()
	c, err := net.Dial("tcp", p.SOCKS5.String())
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	require.NoError(t, c.SetDeadline(time.Now().Add(time.Minute)))
	for _, s := range parts {
		_, _ = io.WriteString(c, s) // the front may have seen enough and closed
	}
	_ = c.(*net.TCPConn).CloseWrite()
	b, _ := io.ReadAll(c) // a reset after the answer is fine
	return string(b)
}

func TestRawRequests(t *testing.T) {
	refused := fakeCarrier(func(context.Context, netip.AddrPort) (net.Conn, error) { return nil, syscall.ECONNREFUSED })
	_, p := newFakeFront(t, refused, everywhere, 0)
	const none = "\x00\x01\x00\x00\x00\x00\x00\x00"
	for name, c := range map[string]struct{ in, out string }{
		"SOCKS5 that wants a password":   {"\x05\x01\x02", "\x05\xff"},
		"SOCKS5 without methods":         {"\x05\x00", "\x05\xff"},
		"SOCKS5 BIND":                    {"\x05\x02\x02\x00\x05\x02\x00\x01\x08\x08\x08\x08\x00\x50", "\x05\x00\x05\x07" + none},
		"SOCKS5 unknown command":         {"\x05\x01\x00\x05\x09\x00\x01\x08\x08\x08\x08\x00\x50", "\x05\x00\x05\x07" + none},
		"SOCKS5 unknown kind of address": {"\x05\x01\x00\x05\x01\x00\x02\x08\x08\x08\x08\x00\x50", "\x05\x00\x05\x08" + none},
		"SOCKS5 port 0":                  {"\x05\x01\x00\x05\x01\x00\x01\x08\x08\x08\x08\x00\x00", "\x05\x00\x05\x08" + none},
		"SOCKS5 refused":                 {"\x05\x01\x00\x05\x01\x00\x01\x08\x08\x08\x08\x00\x50", "\x05\x00\x05\x05" + none},
		"SOCKS5 empty name":              {"\x05\x01\x00\x05\x01\x00\x03\x00\x00\x50", "\x05\x00\x05\x04" + none},
		"SOCKS5 cut short":               {"\x05\x01\x00\x05\x01\x00\x01\x08", "\x05\x00"},
		"SOCKS5 wrong version inside":    {"\x05\x01\x00\x04\x01\x00\x01\x08\x08\x08\x08\x00\x50", "\x05\x00"},
		"SOCKS4":                         {"\x04\x01\x00\x50\x08\x08\x08\x08\x00", "\x00\x5b\x00\x00\x00\x00\x00\x00"},
		"TLS":                            {"\x16\x03\x01\x00\x05hello", ""},
		"nothing":                        {"", ""},
	} {
		assert.Equal(t, c.out, talk(t, p, c.in), name)
	}
	for name, c := range map[string]struct {
		in     string
		status string
	}{
		"CONNECT without a port":    {"CONNECT example.com HTTP/1.1\r\nHost: example.com\r\n\r\n", "400 "},
		"CONNECT to port 0":         {"CONNECT 8.8.8.8:0 HTTP/1.1\r\nHost: x\r\n\r\n", "400 "},
		"CONNECT refused":           {"CONNECT 8.8.8.8:443 HTTP/1.1\r\nHost: x\r\n\r\n", "502 "},
		"CONNECT to loopback":       {"CONNECT [::1]:443 HTTP/1.1\r\nHost: x\r\n\r\n", "403 "},
		"https without CONNECT":     {"GET https://8.8.8.8/ HTTP/1.1\r\nHost: 8.8.8.8\r\n\r\n", "400 "},
		"http refused":              {"GET http://8.8.8.8/ HTTP/1.1\r\nHost: 8.8.8.8\r\n\r\n", "502 "},
		"origin form":               {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "400 "},
		"OPTIONS *":                 {"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", "400 "},
		"noise":                     {"hello\r\n\r\n", "400 "},
		"a header that is too long": {"GET http://8.8.8.8/ HTTP/1.1\r\nX: " + strings.Repeat("x", 2*headerLimit) + "\r\n\r\n", "431 "},
	} {
		got := talk(t, p, c.in)
		assert.True(t, strings.HasPrefix(got, "HTTP/1.1 "+c.status) || strings.HasPrefix(got, "HTTP/1.0 "+c.status), "%s: %.80q", name, got)
	}
}

// hostPair is a connection on the host to carry, and its other end.
func hostPair(t testing.TB) (near, far *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	n, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	f, err := l.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { _ = n.Close(); _ = f.Close() })
	require.NoError(t, f.SetDeadline(time.Now().Add(time.Minute)))
	return n.(*net.TCPConn), f.(*net.TCPConn)
}

func TestEarlyDataAndHalfClosePass(t *testing.T) {
	for _, hello := range []string{
		"\x05\x01\x00\x05\x01\x00\x01\x08\x08\x08\x08\x00\x50early",
		"CONNECT 8.8.8.8:80 HTTP/1.1\r\nHost: x\r\n\r\nearly",
	} {
		near, far := hostPair(t)
		_, p := newFakeFront(t, fakeCarrier(func(context.Context, netip.AddrPort) (net.Conn, error) { return near, nil }), everywhere, 0)
		c, err := net.Dial("tcp", p.SOCKS5.String())
		require.NoError(t, err)
		defer func() { _ = c.Close() }()
		require.NoError(t, c.SetDeadline(time.Now().Add(time.Minute)))
		_, err = io.WriteString(c, hello)
		require.NoError(t, err)
		require.NoError(t, c.(*net.TCPConn).CloseWrite())
		got, err := io.ReadAll(far)
		require.NoError(t, err)
		assert.Equal(t, "early", string(got), "all that was said, and that it was all")
		_, err = io.WriteString(far, "late")
		require.NoError(t, err)
		require.NoError(t, far.Close())
		got, err = io.ReadAll(c)
		require.NoError(t, err)
		assert.True(t, bytes.HasSuffix(got, []byte("late")))
	}
}

func TestAFlowThatBreaksIsReset(t *testing.T) {
	near, far := hostPair(t)
	_, p := newFakeFront(t, fakeCarrier(func(context.Context, netip.AddrPort) (net.Conn, error) { return near, nil }), everywhere, 0)
	c, err := dialSocks(t, p, "8.8.8.8:80")
	require.NoError(t, err)
	_, err = io.WriteString(far, "half a page")
	require.NoError(t, err)
	b := make([]byte, 11)
	_, err = io.ReadFull(c, b)
	require.NoError(t, err)
	require.NoError(t, far.SetLinger(0))
	require.NoError(t, far.Close())
	_, err = c.Read(b)
	require.ErrorIs(t, err, syscall.ECONNRESET, "a broken flow must not look like a finished one")
}

func TestAProgramThatStoppedReadingDoesNotHoldTheTunnelUp(t *testing.T) {
	for name, hello := range map[string]string{
		"SOCKS5":  "\x05\x01\x00\x05\x01\x00\x01\x08\x08\x08\x08\x00\x50",
		"CONNECT": "CONNECT 8.8.8.8:80 HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET":     "GET http://8.8.8.8/ HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			near, far := hostPair(t)
			l := newLink(fakeCarrier(func(context.Context, netip.AddrPort) (net.Conn, error) { return near, nil }), everywhere, nil)
			f, err := listen("127.0.0.1:0", false, 0, noLog, func() *link { return l })
			require.NoError(t, err)
			defer f.close()
			c, err := net.Dial("tcp", f.addr().String())
			require.NoError(t, err)
			defer func() { _ = c.Close() }()
			_, err = io.WriteString(c, hello)
			require.NoError(t, err)
			if name == "GET" { // an answer may not come before its question
				_, err = far.Read(make([]byte, 4096))
				require.NoError(t, err)
			}
			// Fill all buffers on the way until nothing moves any more.
			_, err = io.WriteString(far, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
			require.NoError(t, err)
			block := make([]byte, 1<<20)
			for err == nil {
				require.NoError(t, far.SetWriteDeadline(time.Now().Add(300*time.Millisecond)))
				_, err = far.Write(block)
			}
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
			start := time.Now()
			l.close()
			assert.Less(t, time.Since(start), 5*time.Second)
		})
	}
}

func TestConnectionsAreLimited(t *testing.T) {
	stuck := fakeCarrier(func(ctx context.Context, _ netip.AddrPort) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	f, p := newFakeFront(t, stuck, everywhere, 2)
	var held []net.Conn
	for range 2 {
		c, err := net.Dial("tcp", p.SOCKS5.String())
		require.NoError(t, err)
		held = append(held, c)
		_, err = c.Write([]byte{5, 1, 0})
		require.NoError(t, err)
		_, err = io.ReadFull(c, make([]byte, 2))
		require.NoError(t, err) // now it counts
	}
	assert.Empty(t, talk(t, p), "the third is closed")
	require.NoError(t, held[0].Close())
	f.close() // returns although a dial is under way and one connection says nothing
	require.NoError(t, held[1].Close())
}

func TestRaceTakesTheFirstThatConnects(t *testing.T) {
	near, _ := hostPair(t)
	v6, v4 := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("192.0.2.1")
	var mu sync.Mutex
	var order []netip.Addr
	l := newLink(fakeCarrier(func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
		mu.Lock()
		order = append(order, to.Addr())
		mu.Unlock()
		if to.Addr() == v4 {
			return near, nil
		}
		<-ctx.Done() // IPv6 is a black hole
		return nil, ctx.Err()
	}), everywhere, nil)
	defer l.close()
	c, err := l.race(within(t, 10*time.Second), []netip.Addr{v6, v4}, 80)
	require.NoError(t, err)
	assert.Same(t, near, c)
	assert.Equal(t, []netip.Addr{v6, v4}, order)
	assert.Positive(t, l.slow6.Load(), "IPv4 is tried first for a while")

	l2 := newLink(fakeCarrier(func(context.Context, netip.AddrPort) (net.Conn, error) {
		return nil, syscall.ECONNREFUSED
	}), everywhere, nil)
	defer l2.close()
	_, err = l2.race(within(t, 10*time.Second), []netip.Addr{v6, v4}, 80)
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
}

func TestListenSaysWhatIsWrongWithTheAddress(t *testing.T) {
	tu, p := newTunnel(t, Options{})
	other := New(Options{})
	defer other.Close()
	_, err := other.Listen(p.SOCKS5.String(), false)
	var taken *TakenError
	require.ErrorAs(t, err, &taken)
	assert.Equal(t, p.SOCKS5.String(), taken.Addr)
	assert.Contains(t, err.Error(), p.SOCKS5.String())
	for _, a := range []string{"0.0.0.0:0", "[::]:0", ":0", "192.0.2.7:0"} {
		_, err = other.Listen(a, false)
		var exposed *ExposedError
		require.ErrorAs(t, err, &exposed, a)
		assert.Contains(t, err.Error(), a)
	}
	for _, a := range []string{"", "1080", "proxy.example:1080", "127.0.0.1:http", "127.0.0.1:70000"} {
		_, err = other.Listen(a, true)
		require.Error(t, err, a)
	}
	p, err = other.Listen("localhost:0", false) // after errors it may still succeed
	require.NoError(t, err)
	assert.True(t, p.HTTP.Addr().IsLoopback())
	_, err = tu.Listen("127.0.0.1:0", false)
	require.ErrorContains(t, err, "already listens")
	tu.Close()
	tu.Close()
	_, err = tu.Listen("127.0.0.1:0", false)
	require.ErrorIs(t, err, ErrClosed)
	require.ErrorIs(t, tu.Up(t.Context(), wgnet.Config{}), ErrClosed)
	tu.Down()
	require.NoError(t, tu.Rebind())

	third := New(Options{})
	defer third.Close()
	p, err = third.Listen("0.0.0.0:0", true)
	require.NoError(t, err)
	assert.NotZero(t, p.HTTP.Port())
}

func FuzzSocksRequest(f *testing.F) {
	f.Add([]byte("\x01\x00\x05\x01\x00\x01\x08\x08\x08\x08\x00\x50"))
	f.Add([]byte("\x01\x00\x05\x01\x00\x03\x01a\x00\x50"))
	f.Add([]byte("\x02\x00\x02\x05\x03\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x50"))
	f.Add([]byte("\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		if ok, err := readGreeting(r); err != nil || !ok {
			return
		}
		req, err := readSocksRequest(r)
		if err != nil {
			return
		}
		to, err := newTarget(req.host, req.port)
		if err != nil {
			var no *refusal
			require.ErrorAs(t, err, &no)
			require.NotZero(t, no.cause.reply())
			return
		}
		require.NotEqual(t, to.name == "", !to.addr.IsValid(), "either a name or an address")
		require.NotZero(t, to.port)
	})
}

// FuzzFront gives the front any bytes at all: it answers or closes, in time, and dials nothing but public addresses.
func FuzzFront(f *testing.F) {
	for _, s := range []string{
		"CONNECT 8.8.8.8:80 HTTP/1.1\r\nHost: x\r\n\r\nearly",
		"GET http://8.8.8.8/x HTTP/1.1\r\nHost: 8.8.8.8\r\nConnection: close\r\n\r\n",
		"POST http://8.8.8.8/x HTTP/1.1\r\nHost: 8.8.8.8\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
		"GET http://user:pw@8.8.8.8:81/?q HTTP/1.0\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\n\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"\x05\x01\x00\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x50",
		"\x04\x01\x00\x50\x08\x08\x08\x08\x00",
	} {
		f.Add([]byte(s))
	}
	l := newLink(fakeCarrier(func(_ context.Context, to netip.AddrPort) (net.Conn, error) {
		if checkAddr(to.Addr()) != nil || to.Port() == 0 {
			panic("dialed " + to.String())
		}
		return nil, syscall.ECONNREFUSED
	}), everywhere, nil)
	fr, err := listen("127.0.0.1:0", false, 0, noLog, func() *link { return l })
	require.NoError(f, err)
	f.Cleanup(func() { l.close(); fr.close() })
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := net.Dial("tcp", fr.addr().String())
		require.NoError(t, err)
		defer func() { _ = c.Close() }()
		require.NoError(t, c.SetDeadline(time.Now().Add(10*time.Second)))
		_, _ = c.Write(b)
		_ = c.(*net.TCPConn).CloseWrite()
		answer, err := io.ReadAll(c)
		var ne net.Error
		require.False(t, errors.As(err, &ne) && ne.Timeout(), "no end after %q", b)
		if bytes.HasPrefix(answer, []byte("HTTP/")) {
			res, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(answer)), nil)
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
			require.GreaterOrEqual(t, res.StatusCode, 400)
		}
	})
}

// TestAnIPv4AddressIsListenedOnAlone: 0.0.0.0 does not open the proxy to IPv6 as well.
func TestAnIPv4AddressIsListenedOnAlone(t *testing.T) {
	tu := New(Options{})
	defer tu.Close()
	p, err := tu.Listen("0.0.0.0:0", true)
	require.NoError(t, err)
	assert.Equal(t, "0.0.0.0", p.SOCKS5.Addr().String())
	c, err := net.DialTimeout("tcp6", netip.AddrPortFrom(netip.IPv6Loopback(), p.SOCKS5.Port()).String(), time.Second)
	if err == nil {
		_ = c.Close()
	}
	assert.Error(t, err)
}
