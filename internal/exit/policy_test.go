package exit

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// testPolicy knows a host with fixed addresses.
func testPolicy(allow ...string) *Policy {
	var prefixes []netip.Prefix
	for _, a := range allow {
		prefixes = append(prefixes, netip.MustParsePrefix(a))
	}
	p := NewPolicy(prefixes)
	hosts := map[netip.Addr]bool{
		netip.MustParseAddr("203.0.113.5"):     true,
		netip.MustParseAddr("192.168.1.20"):    true,
		netip.MustParseAddr("2001:db8:aa::5"):  true,
		netip.MustParseAddr("fe80::1234:5678"): true,
	}
	p.hosts = func() (map[netip.Addr]bool, error) { return hosts, nil }
	return p
}

func TestPolicyRefusesWhatIsNotTheInternet(t *testing.T) {
	p := testPolicy()
	refused := []string{
		// this network and unspecified
		"0.0.0.0", "0.0.0.1", "0.255.255.255", "::",
		// loopback
		"127.0.0.1", "127.0.0.2", "127.255.255.255", "::1",
		// private
		"10.0.0.0", "10.0.0.1", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255",
		// carrier-grade NAT
		"100.64.0.0", "100.100.1.1", "100.127.255.255",
		// link-local, with the metadata service of clouds
		"169.254.0.0", "169.254.169.254", "169.254.255.255", "fe80::", "fe80::1", "fe80::1%eth0", "febf::1", "fec0::1", "feff::1",
		// protocol assignments
		"192.0.0.0", "192.0.0.170", "192.0.0.255",
		// multicast
		"224.0.0.0", "224.0.0.251", "239.255.255.250", "ff00::", "ff02::1", "ff02::fb", "ff05::2", "ff0e::1", "ffff::1",
		// reserved and broadcast
		"240.0.0.0", "250.1.2.3", "255.255.255.254", "255.255.255.255",
		// unique local
		"fc00::", "fc00::1", "fd00::1", "fd12:3456:789a::1", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		// IPv4-mapped
		"::ffff:0.0.0.0", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:192.168.1.1", "::ffff:169.254.169.254",
		"::ffff:100.64.0.1", "::ffff:224.0.0.1", "::ffff:255.255.255.255", "::ffff:203.0.113.5",
		// IPv4-compatible
		"::10.0.0.1", "::127.0.0.1", "::203.0.113.5", "::2",
		// NAT64
		"::8.8.8.8", "64:ff9b::10.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b::203.0.113.5", "64:ff9b:1::1", "64:ff9b:1:ffff::8.8.8.8",
		// 6to4
		"2002:a00:1::1", "2002:7f00:1::1", "2002:c0a8:101::", "2002:cb00:7105::1",
		// Teredo: the server, and the client's address inverted
		"2001:0:a00:1::1", "2001:0:808:808::f5ff:fffe", "2001:0:808:808::80ff:fffe", "2001:0:808:808::34ff:8efa",
		// not handed out as internet addresses: overlay networks, segment routing, translators use them locally
		"::ffff:0:10.0.0.1", "::ffff:0:8.8.8.8", "100::1", "200::1", "201:db8::1", "3ff::1", "1fff::1", "4000::1", "5f00::1", "fbff::1",
		// the host
		"203.0.113.5", "192.168.1.20", "2001:db8:aa::5", "fe80::1234:5678",
	}
	for _, s := range refused {
		a := netip.MustParseAddr(s)
		require.ErrorIs(t, p.Allowed(a), ErrRefused, s)
	}
	require.ErrorIs(t, p.Allowed(netip.Addr{}), ErrRefused)
}

func TestPolicyAllowsTheInternet(t *testing.T) {
	p := testPolicy()
	for _, s := range []string{
		"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
		"169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.167.255.255",
		"192.169.0.0", "223.255.255.255", "198.18.0.1",
		// documentation
		"192.0.2.1", "198.51.100.1", "203.0.113.4", "203.0.113.6", "2001:db8::1", "3fff::1",
		"2606:4700:4700::1111", "2000::", "2a00::1", "3ffe::1",
		"::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1", "2001:0:808:808::f7f7:f7f7", "2001:1::1",
	} {
		require.NoError(t, p.Allowed(netip.MustParseAddr(s)), s)
	}
}

func TestAllowedPrefixLiftsRangesButNotTheHost(t *testing.T) {
	for _, c := range []struct {
		allow, addr string
		ok          bool
	}{
		{"10.0.0.0/8", "10.1.2.3", true},
		{"10.0.0.0/8", "::ffff:10.1.2.3", true},
		{"10.0.0.0/8", "64:ff9b::10.1.2.3", true},
		{"10.0.0.0/8", "2002:a01:203::1", true},
		{"10.0.0.0/8", "172.16.0.1", false},
		{"::ffff:10.0.0.0/104", "10.1.2.3", true},
		{"10.1.2.3/8", "10.9.9.9", true}, // host bits do not matter
		{"fd00::/8", "fd00::1", true},
		{"fe80::/10", "fe80::1", true},
		{"fe80::/10", "fe80::1234:5678", false},
		{"fe80::1234:5678/128", "fe80::1234:5678", true},
		{"fe80::1234:5678/128", "fe80::1234:5678%eth0", true},
		{"192.168.0.0/16", "192.168.1.21", true},
		{"192.168.0.0/16", "192.168.1.20", false},
		{"192.168.1.20/32", "192.168.1.20", true},
		{"192.168.1.20/32", "::ffff:192.168.1.20", true},
		{"192.168.1.20/31", "192.168.1.20", false},
		{"203.0.113.0/24", "203.0.113.5", false},
		{"203.0.113.5/32", "203.0.113.5", true},
		{"2001:db8:aa::/48", "2001:db8:aa::5", false},
		{"2001:db8:aa::5/128", "2001:db8:aa::5", true},
		// All of loopback, and what leads there, is the host.
		{"127.0.0.0/8", "127.0.0.1", false},
		{"127.0.0.0/8", "127.0.0.9", false},
		{"127.0.0.9/32", "127.0.0.9", true},
		{"127.0.0.9/32", "127.0.0.1", false},
		{"::1/128", "::1", true},
		{"::/0", "::1", false},
		{"0.0.0.0/0", "0.0.0.0", false},
		{"0.0.0.0/0", "127.0.0.1", false},
		{"0.0.0.0/0", "203.0.113.5", false},
		{"0.0.0.0/0", "10.0.0.1", true},
		{"0.0.0.0/0", "fd00::1", false},
		{"::/0", "fd00::1", true},
		{"::/0", "::", false},
		{"::/0", "10.0.0.1", false},
		// A carrying range allowed does not lead to the host either.
		{"64:ff9b::/96", "64:ff9b::10.0.0.1", true},
		{"64:ff9b::/96", "64:ff9b::203.0.113.5", false},
		{"64:ff9b::/96", "64:ff9b::127.0.0.1", false},
		{"64:ff9b::203.0.113.5/128", "64:ff9b::203.0.113.5", true},
		{"2002::/16", "2002:cb00:7105::1", false},
		{"200::/7", "200::1", true},
		{"::/0", "5f00::1", true},
	} {
		err := testPolicy(c.allow).Allowed(netip.MustParseAddr(c.addr))
		require.Equal(t, c.ok, err == nil, "%s under %s: %v", c.addr, c.allow, err)
	}
	both := testPolicy("64:ff9b::/96", "203.0.113.5/32")
	require.NoError(t, both.Allowed(netip.MustParseAddr("64:ff9b::203.0.113.5")))
}

func TestPolicyKnowsThisHost(t *testing.T) {
	list, err := net.InterfaceAddrs()
	require.NoError(t, err)
	p := NewPolicy([]netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")})
	for _, a := range list {
		ip, ok := netip.AddrFromSlice(a.(*net.IPNet).IP)
		require.True(t, ok)
		require.ErrorIs(t, p.Allowed(ip), ErrRefused, ip)
	}
}

func TestBroadcastAddressesOfTheHostAreKnown(t *testing.T) {
	for cidr, want := range map[string]string{
		"203.0.113.5/24": "203.0.113.255", "203.0.113.5/30": "203.0.113.7", "203.0.113.5/31": "", "203.0.113.5/32": "",
		"2001:db8::1/64": "",
	} {
		ip, n, err := net.ParseCIDR(cidr)
		require.NoError(t, err)
		got, ok := broadcastOf(&net.IPNet{IP: ip, Mask: n.Mask})
		require.Equal(t, want != "", ok, cidr)
		if ok {
			require.Equal(t, want, got.String())
		}
	}
}

func TestPolicyRefusesWhenTheHostIsNotKnown(t *testing.T) {
	p := testPolicy("10.0.0.0/8", "192.0.2.9/32")
	broken := errors.New("no netlink")
	p.hosts = func() (map[netip.Addr]bool, error) { return nil, broken }
	for _, s := range []string{"8.8.8.8", "10.0.0.1", "2001:db8::1"} {
		err := p.Allowed(netip.MustParseAddr(s))
		require.ErrorIs(t, err, ErrRefused)
		require.ErrorIs(t, err, broken)
	}
	require.NoError(t, p.Allowed(netip.MustParseAddr("192.0.2.9")))
}

func FuzzPolicy(f *testing.F) {
	for _, s := range []string{"8.8.8.8", "127.0.0.1", "::1", "::ffff:10.0.0.1", "2002:7f00:1::", "fe80::1", "64:ff9b::8.8.8.8"} {
		f.Add(netip.MustParseAddr(s).AsSlice())
	}
	p, open := testPolicy(), testPolicy("0.0.0.0/0", "::/0")
	f.Fuzz(func(t *testing.T, b []byte) {
		a, ok := netip.AddrFromSlice(b)
		if !ok {
			return
		}
		err := p.Allowed(a)
		u := a.Unmap()
		if err == nil && (u.IsPrivate() || u.IsLoopback() || u.IsMulticast() || u.IsUnspecified() ||
			u.IsLinkLocalUnicast() || u.IsInterfaceLocalMulticast() || !u.IsGlobalUnicast()) {
			t.Errorf("%s is allowed", a)
		}
		if err != nil && !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", a, err)
		}
		if u.Is4() { // whatever way of writing it, the verdict is the same
			mapped := netip.AddrFrom16(u.As16())
			if (p.Allowed(mapped) == nil) != (p.Allowed(u) == nil) {
				t.Errorf("%s and %s differ", mapped, u)
			}
			v := u.As4()
			n := netip.AddrFrom16([16]byte{0, 0x64, 0xff, 0x9b, 12: v[0], v[1], v[2], v[3]})
			if (p.Allowed(n) == nil) != (p.Allowed(u) == nil) {
				t.Errorf("%s and %s differ", n, u)
			}
		}
		if err == nil && open.Allowed(a) != nil {
			t.Errorf("%s is allowed, and no longer when everything is", a)
		}
		if open.Allowed(a) == nil && (u.IsLoopback() || u.IsUnspecified()) {
			t.Errorf("%s leads to this host", a)
		}
	})
}

func TestDialNoticesThatItCameBackToTheHost(t *testing.T) {
	to := serveTCP(t, loopV4, echoTCP)
	f := newFlows()
	fl, ok := f.begin(flowTCP, clientV4)
	require.True(t, ok)
	defer f.end(fl)
	// As if the address had come up after the policy looked.
	_, err := (&running{policy: testPolicy("127.0.0.0/8")}).dial(fl, "tcp", to)
	require.ErrorIs(t, err, ErrRefused)
	_, err = (&running{policy: testPolicy()}).dial(fl, "udp", to)
	require.ErrorIs(t, err, ErrRefused)
	c, err := (&running{policy: testPolicy("127.0.0.1/32")}).dial(fl, "tcp", to)
	require.NoError(t, err)
	require.NoError(t, c.Close())
}

func TestDatagramsAreNeverBroadcast(t *testing.T) {
	f := newFlows()
	fl, ok := f.begin(flowUDP, clientV4)
	require.True(t, ok)
	defer f.end(fl)
	// The kernel knows all broadcast addresses; we know those that interfaces have by default.
	_, err := (&running{policy: testPolicy("127.0.0.0/8")}).dial(fl, "udp", netip.MustParseAddrPort("127.255.255.255:9"))
	require.ErrorIs(t, err, os.ErrPermission)
}
