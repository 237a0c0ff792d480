package tunnel

import (
	"context"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"
	wgconn "golang.zx2c4.com/wireguard/conn"
	wg "golang.zx2c4.com/wireguard/device"
	"golang.zx2c4.com/wireguard/tun/netstack"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"

	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

var (
	exitV4 = netip.MustParseAddr("10.99.0.1")
	exitV6 = netip.MustParseAddr("fd99::1")
	ourV4  = netip.MustParseAddr("10.99.0.2")
	ourV6  = netip.MustParseAddr("fd99::2")
)

// farEnd is an exit made of upstream's parts only, so that every test here is one of getting on with others, too.
type farEnd struct {
	t      testing.TB
	net    *netstack.Net
	dev    *wg.Device
	client wgnet.Key
	public wgnet.Key
	port   uint16

	serving sync.WaitGroup
	closers []io.Closer

	mu    sync.Mutex
	conns []net.Conn
	names map[string][]netip.Addr // "name" without the last dot
	asked []string
	long  bool // answers over UDP are truncated
	mute  bool // no answers over UDP
}

// newFarEnd starts an exit on loopback with an echo server on TCP and UDP port 7 and DNS on port 53, IPv4 and IPv6.
func newFarEnd(t testing.TB) *farEnd {
	t.Helper()
	key, client := wgnet.NewPrivateKey(), wgnet.NewPrivateKey()
	public, err := key.PublicKey()
	require.NoError(t, err)
	clientPublic, err := client.PublicKey()
	require.NoError(t, err)
	tunDev, n, err := netstack.CreateNetTUN([]netip.Addr{exitV4, exitV6}, nil, 1420)
	require.NoError(t, err)
	f := &farEnd{t: t, net: n, client: client, public: public, names: map[string][]netip.Addr{}}
	f.dev = wg.NewDevice(tunDev, wgconn.NewDefaultBind(), wg.NewLogger(wg.LogLevelSilent, ""))
	cfg := wgnet.Config{PrivateKey: key, Peers: []wgnet.Peer{{
		PublicKey:  clientPublic,
		AllowedIPs: []netip.Prefix{netip.PrefixFrom(ourV4, 32), netip.PrefixFrom(ourV6, 128)},
	}}}
	require.NoError(t, f.dev.IpcSet(cfg.UAPI()))
	require.NoError(t, f.dev.Up())
	state, err := f.dev.IpcGet()
	require.NoError(t, err)
	for line := range strings.Lines(state) {
		if p, ok := strings.CutPrefix(strings.TrimSpace(line), "listen_port="); ok {
			f.port = netip.MustParseAddrPort("0.0.0.0:" + p).Port()
		}
	}
	t.Cleanup(f.close)
	for _, a := range []netip.Addr{exitV4, exitV6} {
		echo, err := n.ListenTCPAddrPort(netip.AddrPortFrom(a, 7))
		require.NoError(t, err)
		dnsTCP, err := n.ListenTCPAddrPort(netip.AddrPortFrom(a, 53))
		require.NoError(t, err)
		echoUDP, err := n.ListenUDPAddrPort(netip.AddrPortFrom(a, 7))
		require.NoError(t, err)
		dnsUDP, err := n.ListenUDPAddrPort(netip.AddrPortFrom(a, 53))
		require.NoError(t, err)
		f.closers = append(f.closers, echo, dnsTCP, echoUDP, dnsUDP)
		f.serving.Go(func() { f.serveTCP(echo, echoStream) })
		f.serving.Go(func() { f.serveTCP(dnsTCP, f.dnsStream) })
		f.serving.Go(func() { echoDatagrams(echoUDP) })
		f.serving.Go(func() { f.dnsDatagrams(dnsUDP) })
	}
	return f
}

// config is what brings a client up to f.
func (f *farEnd) config() wgnet.Config {
	return wgnet.Config{
		PrivateKey: f.client,
		Addresses:  []netip.Prefix{netip.PrefixFrom(ourV4, 24), netip.PrefixFrom(ourV6, 64)},
		DNS:        []netip.Addr{exitV4},
		Peers: []wgnet.Peer{{
			PublicKey:  f.public,
			Endpoint:   netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), f.port),
			AllowedIPs: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")},
		}},
	}
}

// listen serves TCP at the exit.
func (f *farEnd) listen(at netip.AddrPort, serve func(net.Conn)) {
	f.t.Helper()
	l, err := f.net.ListenTCPAddrPort(at)
	require.NoError(f.t, err)
	f.closers = append(f.closers, l)
	f.serving.Go(func() { f.serveTCP(l, serve) })
}

func (f *farEnd) serveTCP(l *gonet.TCPListener, serve func(net.Conn)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		f.mu.Lock()
		f.conns = append(f.conns, c)
		f.mu.Unlock()
		f.serving.Go(func() { defer func() { _ = c.Close() }(); serve(c) })
	}
}

// close ends everything; streams that still wait are woken, which closing the stack does not do. The device goes last,
// and goes down before it closes: upstream's stack closes the channel that whoever still writes would send on, and that
// is also who answers a packet which comes in at that moment.
func (f *farEnd) close() {
	for _, c := range f.closers {
		_ = c.Close()
	}
	f.mu.Lock()
	for _, c := range f.conns {
		_ = c.SetDeadline(time.Unix(1, 0))
	}
	f.mu.Unlock()
	f.serving.Wait()
	_ = f.dev.Down()
	f.dev.Close()
}

func echoStream(c net.Conn) {
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	_, _ = io.Copy(c, c)
	_ = c.(*gonet.TCPConn).CloseWrite()
}

func echoDatagrams(c *gonet.UDPConn) {
	b := make([]byte, 64<<10)
	for {
		n, a, err := c.ReadFrom(b)
		if err != nil {
			return
		}
		_, _ = c.WriteTo(b[:n], a)
	}
}

func (f *farEnd) dnsDatagrams(c *gonet.UDPConn) {
	b := make([]byte, 4096)
	for {
		n, a, err := c.ReadFrom(b)
		if err != nil {
			return
		}
		f.mu.Lock()
		long, mute := f.long, f.mute
		f.mu.Unlock()
		if mute {
			continue
		}
		_, _ = c.WriteTo(f.answer(b[:n], long), a)
	}
}

func (f *farEnd) dnsStream(c net.Conn) {
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	var size [2]byte
	if _, err := io.ReadFull(c, size[:]); err != nil {
		return
	}
	b := make([]byte, int(size[0])<<8|int(size[1]))
	if _, err := io.ReadFull(c, b); err != nil {
		return
	}
	out := f.answer(b, false)
	_, _ = c.Write(append([]byte{byte(len(out) >> 8), byte(len(out))}, out...))
}

// answer is what a resolver says; everything not in names does not exist.
func (f *farEnd) answer(msg []byte, truncate bool) []byte {
	var m dnsmessage.Message
	if m.Unpack(msg) != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	name := plainName(q.Name.String())
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, name)
	m.Response = true
	addrs, ok := f.names[name]
	switch {
	case truncate:
		m.Truncated = true
	case !ok:
		m.RCode = dnsmessage.RCodeNameError
	}
	for _, a := range addrs {
		h := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 60}
		switch {
		case m.Truncated:
		case a.Is4() && q.Type == dnsmessage.TypeA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: a.As4()}})
		case a.Is6() && q.Type == dnsmessage.TypeAAAA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
		}
	}
	out, err := m.Pack()
	if err != nil {
		return nil
	}
	return out
}

func (f *farEnd) name(name string, addrs ...netip.Addr) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.names[name] = addrs
}

// questions are the names asked for so far.
func (f *farEnd) questions() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.asked...)
}

// newTunnel is a Tunnel that listens on a free port and closes with the test.
func newTunnel(t testing.TB, o Options) (*Tunnel, Proxy) {
	t.Helper()
	tu := New(o)
	t.Cleanup(tu.Close)
	p, err := tu.Listen("127.0.0.1:0", false)
	require.NoError(t, err)
	return tu, p
}

func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
