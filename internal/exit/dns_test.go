package exit

import (
	"context"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"
)

// query makes a question. names end with a dot.
func query(t testing.TB, id uint16, name string, kind dnsmessage.Type) []byte {
	t.Helper()
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: id, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(name), Type: kind, Class: dnsmessage.ClassINET}},
	}
	b, err := m.Pack()
	require.NoError(t, err)
	return b
}

// zone answers like a DNS server with few names: site.test. has both families, only4.test. one, big.test. a long text
// that only fits TCP.
func zone(udp bool, q []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(q) != nil || len(m.Questions) != 1 {
		return nil
	}
	m.Response, m.RecursionAvailable = true, true
	m.Additionals = nil
	ask := m.Questions[0]
	head := dnsmessage.ResourceHeader{Name: ask.Name, Type: ask.Type, Class: ask.Class, TTL: 30}
	add := func(b dnsmessage.ResourceBody) {
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: b})
	}
	switch name := strings.ToLower(ask.Name.String()); {
	case name == "mute.test.":
		return nil
	case name != "site.test." && name != "only4.test." && name != "big.test.":
		m.RCode = dnsmessage.RCodeNameError
	case ask.Type == dnsmessage.TypeA:
		add(&dnsmessage.AResource{A: [4]byte{198, 51, 100, 7}})
	case ask.Type == dnsmessage.TypeAAAA && name == "site.test.":
		add(&dnsmessage.AAAAResource{AAAA: netip.MustParseAddr("2001:db8::7").As16()})
	case ask.Type == dnsmessage.TypeTXT && udp:
		m.Truncated = true
	case ask.Type == dnsmessage.TypeTXT:
		for range 20 {
			add(&dnsmessage.TXTResource{TXT: []string{strings.Repeat("x", 200)}})
		}
	}
	b, err := m.Pack()
	if err != nil {
		return nil
	}
	return b
}

// serveDNS runs zone on UDP and TCP of one port.
func serveDNS(t testing.TB) string {
	t.Helper()
	at := serveTCP(t, loopV4, func(c *net.TCPConn) {
		for {
			q, err := readFramed(c)
			if err != nil || writeFramed(c, zone(false, q)) != nil {
				return
			}
		}
	})
	u, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	require.NoError(t, err)
	done := make(chan struct{})
	t.Cleanup(func() { _ = u.Close(); <-done })
	go func() {
		defer close(done)
		buf := make([]byte, 4096)
		for {
			n, from, err := u.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			if a := zone(true, buf[:n]); a != nil {
				_, _ = u.WriteToUDPAddrPort(a, from)
			}
		}
	}()
	return at.String()
}

func unpack(t testing.TB, b []byte) dnsmessage.Message {
	t.Helper()
	var m dnsmessage.Message
	require.NoError(t, m.Unpack(b))
	require.True(t, m.Response)
	return m
}

func TestExitAnswersDNSOnItsOwnAddresses(t *testing.T) {
	c := newClient(t, newExit(t, func(o *Options) { o.DNS = serveDNS(t) }))
	for _, fam := range families {
		t.Run(fam.name, func(t *testing.T) {
			at := netip.AddrPortFrom(fam.exit, 53)
			u, err := c.DialUDP(netip.AddrPort{}, at)
			require.NoError(t, err)
			defer func() { _ = u.Close() }()
			require.NoError(t, u.SetDeadline(time.Now().Add(20*time.Second)))
			buf := make([]byte, 4096)
			for i, kind := range []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypeAAAA, dnsmessage.TypeTXT} {
				_, err = u.Write(query(t, uint16(i+7), "site.test.", kind)) // one port asks several times
				require.NoError(t, err)
				n, err := u.Read(buf)
				require.NoError(t, err)
				m := unpack(t, buf[:n])
				require.Equal(t, uint16(i+7), m.ID)
				require.Equal(t, kind == dnsmessage.TypeTXT, m.Truncated)
				require.Equal(t, kind != dnsmessage.TypeTXT, len(m.Answers) == 1)
			}

			s := c.dial(t, at)
			for i := range 3 {
				require.NoError(t, writeFramed(s, query(t, uint16(i), "big.test.", dnsmessage.TypeTXT)))
				b, err := readFramed(s)
				require.NoError(t, err)
				require.Len(t, unpack(t, b).Answers, 20)
			}
		})
	}
}

func TestGoResolverWorksThroughTheTunnel(t *testing.T) {
	c := newClient(t, newExit(t, func(o *Options) { o.DNS = serveDNS(t) }))
	r := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		if strings.HasPrefix(network, "tcp") {
			return c.DialTCP(ctx, netip.AddrPortFrom(exitV4, 53))
		}
		return c.DialUDP(netip.AddrPort{}, netip.AddrPortFrom(exitV4, 53))
	}}
	found, err := r.LookupNetIP(soon(t), "ip", "site.test.")
	require.NoError(t, err)
	require.ElementsMatch(t, []netip.Addr{netip.MustParseAddr("198.51.100.7"), netip.MustParseAddr("2001:db8::7")}, unmapAll(found))
	txt, err := r.LookupTXT(soon(t), "big.test.") // truncated, so asked again over TCP
	require.NoError(t, err)
	require.Len(t, txt, 20)
	_, err = r.LookupHost(soon(t), "nowhere.test.")
	var missing *net.DNSError
	require.ErrorAs(t, err, &missing)
	require.True(t, missing.IsNotFound)
}

func unmapAll(in []netip.Addr) []netip.Addr {
	var out []netip.Addr
	for _, a := range in {
		out = append(out, a.Unmap())
	}
	return out
}

func TestSilentServerGivesWayToTheNext(t *testing.T) {
	dead, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(loopV4, 0)))
	require.NoError(t, err)
	gone := dead.Addr().String()
	require.NoError(t, dead.Close())
	alive := serveDNS(t)
	r := &resolver{servers: func() []string { return []string{gone, alive} }}
	for _, network := range []string{"udp", "tcp"} {
		m := unpack(t, r.answer(soon(t), network, query(t, 1, "site.test.", dnsmessage.TypeA)))
		require.Len(t, m.Answers, 1)
	}
}

func TestNoServerMeansServerFailure(t *testing.T) {
	dead, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopV4, 0)))
	require.NoError(t, err)
	gone := dead.LocalAddr().String()
	require.NoError(t, dead.Close())
	q := query(t, 99, "site.test.", dnsmessage.TypeA)
	m := unpack(t, newResolver(gone).answer(soon(t), "udp", q))
	require.Equal(t, dnsmessage.RCodeServerFailure, m.RCode)
	require.Equal(t, uint16(99), m.ID)
	require.Len(t, m.Questions, 1)
}

func TestAnswersAreNotAnswered(t *testing.T) {
	r := newResolver("127.0.0.1:1")
	q := query(t, 1, "site.test.", dnsmessage.TypeA)
	require.Nil(t, r.answer(t.Context(), "udp", q[:5]))
	q[2] |= 0x80
	require.Nil(t, r.answer(t.Context(), "udp", q))
}

func TestHostResolverAnswersForAddresses(t *testing.T) {
	server := serveDNS(t)
	r := &resolver{
		servers: func() []string { return nil },
		host: &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, server)
		}},
	}
	for _, c := range []struct {
		name string
		kind dnsmessage.Type
		code dnsmessage.RCode
		n    int
	}{
		{"site.test.", dnsmessage.TypeA, dnsmessage.RCodeSuccess, 1},
		{"site.test.", dnsmessage.TypeAAAA, dnsmessage.RCodeSuccess, 1},
		{"only4.test.", dnsmessage.TypeA, dnsmessage.RCodeSuccess, 1},
		{"only4.test.", dnsmessage.TypeAAAA, dnsmessage.RCodeSuccess, 0},
		{"nowhere.test.", dnsmessage.TypeA, dnsmessage.RCodeNameError, 0},
		{"site.test.", dnsmessage.TypeMX, dnsmessage.RCodeNotImplemented, 0},
	} {
		m := unpack(t, r.answer(soon(t), "udp", query(t, 5, c.name, c.kind)))
		require.Equal(t, c.code, m.RCode, "%s %s", c.name, c.kind)
		require.Len(t, m.Answers, c.n, "%s %s", c.name, c.kind)
	}
}

func TestNameserversFollowTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "resolv.conf")
	n := &nameservers{path: path}
	require.Empty(t, n.list())
	require.NoError(t, os.WriteFile(path, []byte("# c\nsearch x\nnameserver 192.0.2.1\nnameserver fe80::1%eth0\noptions edns0\n"), 0o600))
	n.checked = time.Time{}
	require.Equal(t, []string{"192.0.2.1:53", "[fe80::1%eth0]:53"}, n.list())
	require.NoError(t, os.WriteFile(path, []byte("nameserver 1.1.1.1\nnameserver bad\nnameserver 2.2.2.2\nnameserver 3.3.3.3\nnameserver 4.4.4.4"), 0o600))
	require.NoError(t, os.Chtimes(path, time.Now(), time.Now().Add(time.Minute)))
	require.Len(t, n.list(), 2, "not looked at again so soon")
	n.checked = time.Time{}
	require.Equal(t, []string{"1.1.1.1:53", "2.2.2.2:53", "3.3.3.3:53"}, n.list())
}

func FuzzNameservers(f *testing.F) {
	f.Add("nameserver 1.1.1.1\n")
	f.Add("nameserver fe80::1%eth0 # x\nnameserver\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range parseNameservers(text) {
			if _, port, err := net.SplitHostPort(s); err != nil || port != "53" {
				t.Errorf("%q: %v", s, err)
			}
		}
	})
}

func FuzzDNSFailure(f *testing.F) {
	f.Add([]byte{0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'x', 0, 0, 1, 0, 1})
	f.Fuzz(func(t *testing.T, q []byte) {
		a := failure(q, dnsmessage.RCodeServerFailure)
		if a != nil && !answers(a, q) {
			t.Errorf("%x is no answer to %x", a, q)
		}
	})
}

// asked is a DNS server that notes the questions which reach it, and answers when told to.
func asked(t *testing.T) (at string, questions chan []byte) {
	questions = make(chan []byte, 2*dnsAtMost)
	return serveUDP(t, loopV4, func(_ netip.AddrPort, b []byte) []byte {
		questions <- append([]byte(nil), b...)
		return nil
	}).String(), questions
}

func TestOnlyQuestionsOfAnOrdinaryClientReachTheHostsServer(t *testing.T) {
	at, questions := asked(t)
	r := newResolver(at)
	change := func(f func([]byte) []byte) []byte { return f(query(t, 3, "site.test.", dnsmessage.TypeA)) }
	for name, c := range map[string]struct {
		q    []byte
		code dnsmessage.RCode
	}{
		"update":  {change(func(q []byte) []byte { q[2] = q[2]&^0x78 | 5<<3; return q }), dnsmessage.RCodeNotImplemented},
		"notify":  {change(func(q []byte) []byte { q[2] = q[2]&^0x78 | 4<<3; return q }), dnsmessage.RCodeNotImplemented},
		"AXFR":    {query(t, 3, "site.test.", dnsmessage.TypeAXFR), dnsmessage.RCodeRefused},
		"IXFR":    {query(t, 3, "site.test.", 251), dnsmessage.RCodeRefused},
		"chaos":   {change(func(q []byte) []byte { q[len(q)-1] = 3; return q }), dnsmessage.RCodeRefused},
		"none":    {change(func(q []byte) []byte { q[5] = 0; return q[:dnsHeader] }), dnsmessage.RCodeFormatError},
		"two":     {change(func(q []byte) []byte { q[5] = 2; return append(q, q[dnsHeader:]...) }), dnsmessage.RCodeFormatError},
		"cut off": {change(func(q []byte) []byte { return q[:len(q)-3] }), dnsmessage.RCodeFormatError},
	} {
		for _, network := range []string{"udp", "tcp"} {
			m := unpack(t, r.answer(soon(t), network, c.q))
			require.Equal(t, c.code, m.RCode, name)
			require.Equal(t, uint16(3), m.ID)
		}
	}
	require.Empty(t, questions)
}

func TestQuestionsUnderWayAreLimited(t *testing.T) {
	at, questions := asked(t)
	r := newResolver(at)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	for range dnsAtMost {
		wg.Go(func() { r.answer(ctx, "udp", query(t, 1, "mute.test.", dnsmessage.TypeA)) })
	}
	for range dnsAtMost {
		<-questions
	}
	require.Nil(t, r.answer(ctx, "udp", query(t, 1, "mute.test.", dnsmessage.TypeA)))
	require.Empty(t, questions)
}
