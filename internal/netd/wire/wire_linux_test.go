package wire

import (
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	here = netip.MustParseAddr("10.88.0.2")
	six  = netip.MustParseAddr("fd88::2")
	site = netip.MustParseAddrPort("203.0.113.2:51820")
)

func TestRequestsArriveAsTheyWereSent(t *testing.T) {
	for _, r := range []Request{
		{Verb: Status},
		{Verb: Begin, Endpoints: []netip.AddrPort{site, netip.MustParseAddrPort("[2001:db8::1]:1")}},
		{Verb: Tunnel, Addresses: []netip.Addr{here, six}, Resolvers: []netip.Addr{here}, MTU: 1420},
		{Verb: Socket, Port: 51820},
		{Verb: MTU, MTU: 1280},
		{Verb: Rules},
		{Verb: Node},
		{Verb: Endpoints, Endpoints: []netip.AddrPort{site}},
		{Verb: Resolvers, Resolvers: []netip.Addr{six}},
		{Verb: Disconnect},
		{Verb: Lockdown, On: true},
		{Verb: LAN},
		{Verb: Reset},
	} {
		got, err := ParseRequest(r.Append(nil))
		require.NoError(t, err, r.Verb)
		assert.Equal(t, r, got)
	}
	a := Answer{Code: Failed, Text: "no", Phase: Blocked, Held: true, Yours: true, Owner: 1 << 31, Node: 990, Ownerless: true, Exposed: true, Notice: strings.Repeat("n", 2000), Rules: strings.Repeat("r", maxRules)}
	got, err := ParseAnswer(a.Append(nil))
	require.NoError(t, err)
	a.Notice = a.Notice[:maxText]
	assert.Equal(t, a, got)
}

func TestMalformedPacketsAreRefused(t *testing.T) {
	full := (&Request{Verb: Tunnel, Addresses: []netip.Addr{here, six}, Resolvers: []netip.Addr{here}, MTU: 1420}).Append(nil)
	for n := range full {
		_, err := ParseRequest(full[:n])
		require.ErrorIs(t, err, ErrMalformed, "cut to %d bytes", n)
	}
	many := make([]netip.Addr, 200)
	for i := range many {
		many[i] = here
	}
	for name, b := range map[string][]byte{
		"more behind":     append(full, 0),
		"another version": {0, 1, byte(Status)},
		"no verb":         {0, Version, 0},
		"unknown verb":    {0, Version, 99},
		"half a switch":   {0, Version, byte(Lockdown), 2},
		"odd address":     {0, Version, byte(Resolvers), 1, 5, 1, 2, 3, 4, 5},
		"1000 resolvers":  (&Request{Verb: Resolvers, Resolvers: many}).Append(nil),
	} {
		_, err := ParseRequest(b)
		assert.ErrorIs(t, err, ErrMalformed, name)
	}
}

// TestAbsurdValuesAreRefused: what root would have to act on is checked value by value.
func TestAbsurdValuesAreRefused(t *testing.T) {
	ports := func(s ...string) []netip.AddrPort {
		var list []netip.AddrPort
		for _, p := range s {
			list = append(list, netip.MustParseAddrPort(p))
		}
		return list
	}
	for _, bad := range []string{
		"203.0.113.2:0", "127.0.0.1:1", "10.0.0.1:1", "192.168.1.1:1", "172.16.0.1:1", "100.64.0.1:1", "169.254.1.1:1", "0.0.0.0:1",
		"0.1.2.3:1", "224.0.0.1:1", "255.255.255.255:1", "[::1]:1", "[fe80::1]:1", "[fd00::1]:1", "[ff02::1]:1", "[::]:1",
	} {
		require.Error(t, (&Request{Verb: Begin, Endpoints: ports(bad)}).Check(), bad)
	}
	require.Error(t, (&Request{Verb: Endpoints}).Check(), "no endpoint")
	require.NoError(t, (&Request{Verb: Begin}).Check(), "the node has yet to find one")
	require.NoError(t, (&Request{Verb: Begin, Endpoints: ports("203.0.113.2:51820", "[2001:db8::1]:65535")}).Check())
	tunnel := func(mtu uint16, a ...netip.Addr) error {
		return (&Request{Verb: Tunnel, Addresses: a, MTU: mtu}).Check()
	}
	require.NoError(t, tunnel(1420, here, six))
	require.NoError(t, tunnel(576, here))
	for _, err := range []error{
		(&Request{Verb: Socket, Port: 68}).Check(), (&Request{Verb: Socket, Port: 1023}).Check(),
		(&Request{Verb: MTU, MTU: 575}).Check(), (&Request{Verb: MTU, MTU: 9001}).Check(),
		tunnel(0, here), tunnel(65535, here), tunnel(1279, here, six), tunnel(1420), tunnel(1420, here, here),
		tunnel(1420, netip.MustParseAddr("127.0.0.1")), tunnel(1420, netip.MustParseAddr("fe80::1")), tunnel(1420, netip.Addr{}),
		(&Request{Verb: Resolvers, Resolvers: []netip.Addr{netip.MustParseAddr("224.0.0.1")}}).Check(),
		(&Request{Verb: Tunnel, Addresses: []netip.Addr{here}, MTU: 1420, Resolvers: []netip.Addr{netip.MustParseAddr("127.0.0.53")}}).Check(),
	} {
		require.Error(t, err)
	}
}

func FuzzRequest(f *testing.F) {
	for _, r := range []Request{
		{Verb: Begin, Endpoints: []netip.AddrPort{site}}, {Verb: Tunnel, Addresses: []netip.Addr{here, six}, MTU: 1420}, {Verb: Lockdown, On: true},
	} {
		f.Add(r.Append(nil))
	}
	f.Fuzz(func(t *testing.T, packet []byte) {
		r, err := ParseRequest(packet)
		if err != nil {
			assert.Equal(t, Request{}, r)
			return
		}
		_ = r.Check()
		again, err := ParseRequest(r.Append(nil))
		require.NoError(t, err)
		assert.Equal(t, r, again, "there is one way to say a thing")
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add((&Answer{Code: OK, Phase: Open, Text: "a", Notice: "b"}).Append(nil))
	f.Add((&Answer{Code: OK, Phase: Blocked, Held: true, Ownerless: true}).Append(nil))
	f.Fuzz(func(t *testing.T, packet []byte) {
		a, err := ParseAnswer(packet)
		if err != nil {
			return
		}
		again, err := ParseAnswer(a.Append(nil))
		require.NoError(t, err)
		assert.Equal(t, a, again)
	})
}

// TestPacketsAreBounded: what is too long is not read in part, and files that nobody asked for are not kept.
func TestPacketsAreBounded(t *testing.T) {
	c, s := socketPair(t)
	buf := make([]byte, MaxPacket+1)
	_, err := c.Write(make([]byte, MaxPacket+100))
	require.NoError(t, err)
	_, err = Receive(s, buf)
	require.ErrorIs(t, err, ErrMalformed)
	require.Error(t, Send(c, make([]byte, MaxPacket+1)))

	open := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		require.NoError(t, err)
		return len(entries)
	}
	f, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	before := open()
	for range 100 {
		require.NoError(t, Send(c, []byte("z"), f, f, f))
		p, err := Receive(s, buf)
		require.NoError(t, err)
		assert.Equal(t, "z", string(p))
	}
	assert.Equal(t, before, open(), "the helper takes none")
	require.NoError(t, c.Close())
	_, err = Receive(s, buf)
	require.ErrorIs(t, err, io.EOF)
}

func socketPair(t *testing.T) (c, s *net.UnixConn) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.ListenUnix(Network, &net.UnixAddr{Name: path, Net: Network})
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	c, err = net.DialUnix(Network, nil, &net.UnixAddr{Name: path, Net: Network})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	s, err = l.AcceptUnix()
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return c, s
}
