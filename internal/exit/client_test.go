package exit

import (
	"context"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

var (
	exitV4   = netip.MustParseAddr("10.182.0.1")
	exitV6   = netip.MustParseAddr("fd82::1")
	clientV4 = netip.MustParseAddr("10.182.0.2")
	clientV6 = netip.MustParseAddr("fd82::2")

	loopV4 = netip.MustParseAddr("127.0.0.1")
	loopV6 = netip.MustParseAddr("::1")
)

func whole(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, a.BitLen()) }

// newExit makes an exit that closes with the test. It may reach the host's loopback addresses.
func newExit(t testing.TB, change func(*Options)) *Exit {
	t.Helper()
	o := Options{
		PrivateKey:  wgnet.NewPrivateKey(),
		TunnelAddrs: []netip.Addr{exitV4, exitV6},
		Allow:       []netip.Prefix{whole(loopV4), whole(loopV6)},
	}
	if change != nil {
		change(&o)
	}
	e := New(o)
	t.Cleanup(e.Close)
	return e
}

// client is a peer of an exit.
type client struct {
	*wgnet.Net
	dev    *wgnet.Device
	public wgnet.Key
	seen   atomic.Pointer[func(packet []byte) bool] // sees every packet from the exit, and may drop it
}

// newClient adds a peer to e and connects it. addrs are the client's own, of which the exit is told the first two.
func newClient(t testing.TB, e *Exit, addrs ...netip.Addr) *client {
	t.Helper()
	if len(addrs) == 0 {
		addrs = []netip.Addr{clientV4, clientV6}
	}
	key := wgnet.NewPrivateKey()
	public, err := key.PublicKey()
	require.NoError(t, err)
	var known, own []netip.Prefix
	for i, a := range addrs {
		own = append(own, whole(a))
		if i < 2 {
			known = append(known, whole(a))
		}
	}
	require.NoError(t, e.AddPeer(public, known))
	exitPublic, err := e.opts.PrivateKey.PublicKey()
	require.NoError(t, err)

	c := &client{public: public}
	c.Net, err = wgnet.NewNet(wgnet.NetOptions{Addresses: addrs, Filter: func(p []byte) bool {
		f := c.seen.Load()
		return f == nil || (*f)(p)
	}})
	require.NoError(t, err)
	c.dev, err = wgnet.NewDevice(c.Net, wgnet.NewBind(), &wgnet.Config{
		PrivateKey: key,
		Addresses:  own,
		Peers: []wgnet.Peer{{
			PublicKey:  exitPublic,
			Endpoint:   e.Endpoint(),
			AllowedIPs: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")},
		}},
	}, nil)
	require.NoError(t, err)
	t.Cleanup(c.dev.Close)
	return c
}

func (c *client) dial(t testing.TB, to netip.AddrPort) net.Conn {
	t.Helper()
	conn, err := c.DialTCP(soon(t), to)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	return conn
}

func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// needs skips a test for a family that this machine does not have.
func needs(t testing.TB, host netip.Addr) {
	t.Helper()
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(host, 0)))
	if err != nil {
		t.Skipf("no %s here: %v", host, err)
	}
	_ = l.Close()
}

// serveTCP runs f for every connection to a new listener of the host, until the test ends.
func serveTCP(t testing.TB, at netip.Addr, f func(*net.TCPConn)) netip.AddrPort {
	t.Helper()
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(at, 0)))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	t.Cleanup(func() { cancel(); _ = l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			c, err := l.AcceptTCP()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer func() { _ = c.Close() }()
				defer context.AfterFunc(ctx, func() { _ = c.Close() })()
				f(c)
			})
		}
	})
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// echoTCP sends everything back, and the end when it comes.
func echoTCP(c *net.TCPConn) {
	_, _ = io.Copy(c, c)
	_ = c.CloseWrite()
}

// serveUDP answers every datagram to a new socket of the host with f's result, nil = nothing.
func serveUDP(t testing.TB, at netip.Addr, f func(netip.AddrPort, []byte) []byte) netip.AddrPort {
	t.Helper()
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(at, 0)))
	require.NoError(t, err)
	var wg sync.WaitGroup
	t.Cleanup(func() { _ = c.Close(); wg.Wait() })
	wg.Go(func() {
		buf := make([]byte, 64<<10)
		for {
			n, from, err := c.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			if b := f(from, buf[:n]); b != nil {
				_, _ = c.WriteToUDPAddrPort(b, from)
			}
		}
	})
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

func echoUDP(_ netip.AddrPort, b []byte) []byte { return b }
