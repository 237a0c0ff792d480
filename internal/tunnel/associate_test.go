package tunnel

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// associated is a program's end of one UDP ASSOCIATE.
type associated struct {
	tcp net.Conn
	udp *net.UDPConn
	at  netip.AddrPort
}

func associate(t *testing.T, p Proxy, hint []byte) associated {
	t.Helper()
	c, err := net.Dial("tcp", p.SOCKS5.String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(time.Minute)))
	_, err = c.Write([]byte{5, 1, 0})
	require.NoError(t, err)
	_, err = c.Write(append([]byte{5, 3, 0}, hint...))
	require.NoError(t, err)
	var b [12]byte
	_, err = io.ReadFull(c, b[:])
	require.NoError(t, err)
	require.Equal(t, []byte{5, 0, 5, 0, 0, 1, 127, 0, 0, 1}, b[:10])
	u, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = u.Close() })
	require.NoError(t, u.SetDeadline(time.Now().Add(time.Minute)))
	return associated{c, u, netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[6:10])), uint16(b[10])<<8|uint16(b[11]))}
}

func (a associated) send(t *testing.T, frag byte, dst []byte, data string) {
	t.Helper()
	_, err := a.udp.WriteToUDPAddrPort(append(append([]byte{0, 0, frag}, dst...), data...), a.at)
	require.NoError(t, err)
}

func (a associated) receive(t *testing.T) (netip.AddrPort, string) {
	t.Helper()
	b := make([]byte, 2048)
	n, _, err := a.udp.ReadFromUDPAddrPort(b)
	require.NoError(t, err)
	host, port, data, err := parseDatagram(b[:n])
	require.NoError(t, err)
	return netip.AddrPortFrom(netip.MustParseAddr(host), port), string(data)
}

func socksAddr(a netip.Addr, port uint16) []byte {
	return appendSocksAddr(nil, netip.AddrPortFrom(a, port))
}

func socksNameAddr(name string, port uint16) []byte {
	return append(append([]byte{socksName, byte(len(name))}, name...), byte(port>>8), byte(port))
}

func TestAssociateCarriesDatagrams(t *testing.T) {
	far := newFarEnd(t)
	far.name("echo.example", exitV4)
	far.name("six.example", exitV6)
	tu, p := newTunnel(t, Options{})
	require.NoError(t, tu.Up(t.Context(), far.config()))
	a := associate(t, p, socksAddr(netip.IPv4Unspecified(), 0))
	for i, c := range []struct {
		dst  []byte
		from netip.Addr
	}{
		{socksAddr(exitV4, 7), exitV4},
		{socksAddr(exitV6, 7), exitV6},
		{socksNameAddr("echo.example", 7), exitV4},
		{socksNameAddr("echo.example", 7), exitV4}, // from the cache
		{socksNameAddr("six.example", 7), exitV6},
		{socksNameAddr("10.99.0.1", 7), exitV4},
	} {
		text := strings.Repeat("x", i*200)
		a.send(t, 0, c.dst, text)
		from, data := a.receive(t)
		assert.Equal(t, netip.AddrPortFrom(c.from, 7), from)
		assert.Equal(t, text, data)
	}
	// None of these may come back: a fragment, noise, loopback, a name that does not exist, and a stranger's datagram.
	a.send(t, 1, socksAddr(exitV4, 7), "fragment")
	a.send(t, 0, []byte{9}, "noise")
	a.send(t, 0, socksAddr(netip.MustParseAddr("127.0.0.1"), 7), "loopback")
	a.send(t, 0, socksNameAddr("nowhere.example", 7), "nowhere")
	stranger := associated{udp: nil, at: a.at}
	var err error
	stranger.udp, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer func() { _ = stranger.udp.Close() }()
	stranger.send(t, 0, socksAddr(exitV4, 7), "stranger")
	a.send(t, 0, socksAddr(exitV4, 7), "last")
	_, data := a.receive(t)
	assert.Equal(t, "last", data)
}

func TestAssociateEndsWithItsTCPConnection(t *testing.T) {
	far := newFarEnd(t)
	tu, p := newTunnel(t, Options{})
	require.NoError(t, tu.Up(t.Context(), far.config()))
	a := associate(t, p, socksAddr(netip.IPv4Unspecified(), 0))
	a.send(t, 0, socksAddr(exitV4, 7), "one")
	a.receive(t)
	require.NoError(t, a.tcp.(*net.TCPConn).CloseWrite())
	_, err := a.tcp.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	// The front has closed both: its UDP port is free again.
	u, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(a.at))
	require.NoError(t, err)
	require.NoError(t, u.Close())
}

func TestAssociateEndsWithTheTunnel(t *testing.T) {
	far := newFarEnd(t)
	tu, p := newTunnel(t, Options{})
	require.NoError(t, tu.Up(t.Context(), far.config()))
	a := associate(t, p, socksAddr(netip.IPv4Unspecified(), 0))
	a.send(t, 0, socksAddr(exitV4, 7), "one")
	a.receive(t)
	tu.Down()
	_, err := a.tcp.Read(make([]byte, 1))
	require.Error(t, err)
}

func TestAssociateKeepsToThePortThatWasNamed(t *testing.T) {
	far := newFarEnd(t)
	tu, p := newTunnel(t, Options{})
	require.NoError(t, tu.Up(t.Context(), far.config()))
	mine, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer func() { _ = mine.Close() }()
	require.NoError(t, mine.SetDeadline(time.Now().Add(time.Minute)))
	a := associate(t, p, socksAddr(netip.IPv4Unspecified(), addrPortOf(mine.LocalAddr()).Port()))
	a.send(t, 0, socksAddr(exitV4, 7), "from another port")
	a.udp = mine
	a.send(t, 0, socksAddr(exitV4, 7), "from the port")
	_, data := a.receive(t)
	assert.Equal(t, "from the port", data)
}

func FuzzParseDatagram(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 1, 2, 3, 4, 0, 53, 'x'})
	f.Add([]byte{0, 0, 1, 1, 1, 2, 3, 4, 0, 53, 'x'})
	f.Add(append([]byte{0, 0, 0, 4}, make([]byte, 18)...))
	f.Add([]byte{0, 0, 0, 3, 1, 'a', 0, 7})
	f.Add([]byte{0, 0, 0, 3, 255, 'a'})
	f.Fuzz(func(t *testing.T, b []byte) {
		host, port, data, err := parseDatagram(b)
		if err != nil {
			return
		}
		require.True(t, bytes.HasSuffix(b, data))
		to, err := newTarget(host, port)
		if err != nil {
			return
		}
		if to.name == "" { // what was read is what would be written
			again := append(appendSocksAddr([]byte{0, 0, 0}, netip.AddrPortFrom(to.addr, to.port)), data...)
			h2, p2, d2, err := parseDatagram(again)
			require.NoError(t, err)
			require.Equal(t, to.addr.String(), h2)
			require.Equal(t, port, p2)
			require.Equal(t, data, d2)
		}
	})
}
