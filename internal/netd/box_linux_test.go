package netd

import (
	"encoding/binary"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

var (
	farMAC = []byte{2, 0, 0, 0, 0, 9} // of whoever is out there
	ethMAC = []byte{2, 0, 0, 0, 0, 1} // eth0's
	conMAC = []byte{2, 0, 0, 0, 0, 2} // con0's
)

// box is a computer of three interfaces whose far ends the test holds: a wire, a bridge of containers, and the tunnel.
// What it is given it handles before the call returns, so what has not come out then never will.
type box struct {
	t      testing.TB
	wire   int // of TAP eth0
	inner  int // of TAP con0
	tunnel int
	local  map[string]int // raw sockets that hear what gets in
	fw     firewall
	index  uint32
}

func run(t testing.TB, stdin, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s %v: %s", name, args, out)
	return string(out)
}

func sysctl(t testing.TB, name, value string) {
	t.Helper()
	require.NoError(t, os.WriteFile("/proc/sys/net/"+name, []byte(value), 0o600))
}

func newBox(t testing.TB) *box {
	b := &box{t: t, fw: firewall{nft: SystemPaths().Nft}, local: map[string]int{}}
	for _, name := range []string{"default", "all"} {
		sysctl(t, "ipv6/conf/"+name+"/accept_ra", "0")
		sysctl(t, "ipv6/conf/"+name+"/addr_gen_mode", "1")
		sysctl(t, "ipv6/conf/"+name+"/router_solicitations", "0")
	}
	run(t, "", "ip", "link", "set", "lo", "up")
	b.wire, b.inner = tap(t, "eth0"), tap(t, "con0")
	f, index, err := makeTUN(SystemPaths(), &Tunnel{Addresses: []netip.Addr{testInner4, testInner6}, MTU: 1420})
	require.NoError(t, err)
	b.index, b.tunnel = index, int(f.Fd())
	require.NoError(t, unix.SetNonblock(b.tunnel, true))
	t.Cleanup(func() { f.Close() })
	run(t, strings.Join([]string{
		"link set eth0 address 02:00:00:00:00:01 up", "link set con0 address 02:00:00:00:00:02 up",
		"addr add 192.168.77.2/24 dev eth0", "addr add 2001:db8:77::2/64 dev eth0 nodad", "addr add fe80::2/64 dev eth0 nodad",
		"addr add 172.17.0.1/16 dev con0", "addr add fd00:17::1/64 dev con0 nodad",
		"neigh add 192.168.77.1 lladdr 02:00:00:00:00:09 dev eth0", "neigh add 192.168.77.9 lladdr 02:00:00:00:00:09 dev eth0",
		"neigh add 2001:db8:77::1 lladdr 02:00:00:00:00:09 dev eth0", "neigh add fe80::9 lladdr 02:00:00:00:00:09 dev eth0",
		"neigh add 2001:db8:77::9 lladdr 02:00:00:00:00:09 dev eth0",
		"neigh add 172.17.0.5 lladdr 02:00:00:00:00:09 dev con0", "neigh add fd00:17::5 lladdr 02:00:00:00:00:09 dev con0",
		"route add default via 192.168.77.1", "route add default via 2001:db8:77::1",
		"route add default dev mysterium0 metric 5000", "route add ::/0 dev mysterium0 metric 5000",
	}, "\n"), "ip", "-batch", "-")
	sysctl(t, "ipv4/ip_forward", "1")
	sysctl(t, "ipv4/icmp_ratemask", "0") // every refusal is to be seen
	sysctl(t, "ipv6/icmp/ratemask", "")
	sysctl(t, "ipv6/icmp/ratelimit", "0")
	sysctl(t, "ipv6/conf/all/forwarding", "1")
	// The strictest filter of the way back that systems come with, for both families.
	sysctl(t, "ipv4/conf/eth0/rp_filter", "1")
	sysctl(t, "ipv4/conf/mysterium0/rp_filter", "1")
	sysctl(t, "ipv4/conf/all/src_valid_mark", "1")
	run(t, `table inet others {
	chain before {
		type filter hook prerouting priority raw + 10; policy accept;
		iifname "eth0" meta nfproto ipv6 udp sport 51820 fib saddr . mark . iif oif missing drop
	}
}
`, SystemPaths().Nft, "-f", "-")
	group, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = unix.Close(group) })
	mreq := &unix.IPMreq{Multiaddr: [4]byte{239, 1, 2, 3}, Interface: [4]byte{192, 168, 77, 2}}
	require.NoError(t, unix.SetsockoptIPMreq(group, unix.IPPROTO_IP, unix.IP_ADD_MEMBERSHIP, mreq))
	for name, kind := range map[string][2]int{
		"udp4": {unix.AF_INET, unix.IPPROTO_UDP}, "tcp4": {unix.AF_INET, unix.IPPROTO_TCP}, "icmp4": {unix.AF_INET, unix.IPPROTO_ICMP},
		"udp6": {unix.AF_INET6, unix.IPPROTO_UDP}, "tcp6": {unix.AF_INET6, unix.IPPROTO_TCP}, "icmp6": {unix.AF_INET6, unix.IPPROTO_ICMPV6},
	} {
		s, err := unix.Socket(kind[0], unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, kind[1])
		require.NoError(t, err)
		b.local[name] = s
		t.Cleanup(func() { _ = unix.Close(s) })
	}
	return b
}

func tap(t testing.TB, name string) int {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	require.NoError(t, err)
	req, err := unix.NewIfreq(name)
	require.NoError(t, err)
	req.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
	require.NoError(t, unix.IoctlIfreq(fd, unix.TUNSETIFF, req))
	t.Cleanup(func() { _ = unix.Close(fd) })
	return fd
}

// set puts the firewall and the routes of s in place, with the rules in text.
func (b *box) set(s State, text string) error {
	if s.Tunnel != nil {
		require.NoError(b.t, unroute("/sbin/ip"))
		require.NoError(b.t, route("/sbin/ip", &s, map[string]string{}))
	} else {
		require.NoError(b.t, unroute("/sbin/ip"))
	}
	_, err := output(b.fw.nft, text, "-f", "-")
	return err
}

// Where a packet starts.
const (
	atSelf      = "self"
	atWire      = "wire"
	atContainer = "container"
	atTunnel    = "tunnel"
)

// packet is one of a case.
type packet struct {
	from string
	dev  string // of self: the interface that it is bound to
	mark int    // of self
	uid  int    // of self: who sends; 0 = root
	data []byte // from IP on, or of ARP
}

// pass gives one packet to the box and tells what came of it: where it came out, with which source if that is not its
// own, and what the box answered. Empty: nothing.
func (b *box) pass(p packet) string {
	b.drain()
	switch p.from {
	case atSelf:
		b.send(p)
	case atWire:
		b.inject(b.wire, ethMAC, p.data)
	case atContainer:
		b.inject(b.inner, conMAC, p.data)
	case atTunnel:
		_, err := unix.Write(b.tunnel, append(make([]byte, 10), p.data...)) // an empty virtio header before it
		require.NoError(b.t, err)
	}
	var came []string
	for _, where := range []struct {
		name string
		fd   int
		skip int
	}{{atWire, b.wire, 14}, {atContainer, b.inner, 14}, {atTunnel, b.tunnel, 10}} {
		for _, d := range read(where.fd) {
			if where.skip <= len(d) {
				came = append(came, b.word(where.name, p.data, d[where.skip:]))
			}
		}
	}
	for name, fd := range b.local {
		for _, d := range read(fd) {
			if p.from != atSelf || p.dev == "lo" || destination(p.data) == testInner6 {
				came = append(came, atSelf)
			} else if no := tellsNo(name, d); no != "" {
				came = append(came, no)
			}
		}
	}
	if slices.Contains(came, atSelf) { // and that it says nobody listens there is no matter
		came = []string{atSelf}
	}
	came = slices.DeleteFunc(came, func(s string) bool { return s == "" || p.from == atSelf && strings.HasSuffix(s, " answer") })
	slices.Sort(came)
	return strings.Join(slices.Compact(came), " ")
}

// Where IGMPv3 and MLDv2 send their reports (RFC 3376, RFC 3810).
var reports4, reports6 = netip.MustParseAddr("224.0.0.22"), netip.MustParseAddr("ff02::16")

// tellsNo is how d, heard by a raw socket, says no: an answer of the firewall. Those of IPv4 come with IP's header.
func tellsNo(socket string, d []byte) string {
	switch {
	case socket == "icmp4" && len(d) > 20 && d[20] == 3, socket == "icmp6" && d[0] == 1:
		return "refused"
	case socket == "tcp4" && len(d) > 33 && d[33]&4 != 0, socket == "tcp6" && len(d) > 13 && d[13]&4 != 0:
		return "reset"
	}
	return ""
}

// word tells what d is to somebody who has sent p and sees d come out at name.
func (b *box) word(name string, p, d []byte) string {
	switch {
	case len(d) < 20 || d[0]>>4 != p[0]>>4:
		return "" // what the box says of its own accord, as neighbours do
	case d[0] == 0:
		return name + " answer" // of address resolution
	}
	src, dst, size := 12, 16, 4
	if d[0]>>4 == 6 {
		src, dst, size = 8, 24, 16
	}
	to, _ := netip.AddrFromSlice(d[dst : dst+size])
	switch {
	case (to == reports4 || to == reports6) && to != destination(p):
		return "" // the box tells the groups that it is in, now and then, from any of its addresses
	case slices.Equal(d[dst:dst+size], p[dst:dst+size]) && slices.Equal(d[src:src+size], p[src:src+size]):
		return name
	case slices.Equal(d[dst:dst+size], p[dst:dst+size]):
		a, _ := netip.AddrFromSlice(d[src : src+size])
		return name + " from " + a.String()
	case slices.Equal(d[src:src+size], p[src:src+size]):
		return name // an address was translated back
	case d[0]>>4 == 4 && d[9] == unix.IPPROTO_TCP && len(d) > 33 && d[33]&4 != 0 && slices.Equal(d[dst:dst+size], p[src:src+size]):
		return name + " reset"
	case slices.Equal(d[dst:dst+size], p[src:src+size]):
		return name + " answer"
	default:
		return ""
	}
}

func read(fd int) [][]byte {
	var all [][]byte
	buf := make([]byte, 64<<10)
	for {
		n, _, err := unix.Recvfrom(fd, buf, unix.MSG_DONTWAIT)
		if err != nil {
			n, err = unix.Read(fd, buf)
		}
		if err != nil || n <= 0 {
			return all
		}
		all = append(all, slices.Clone(buf[:n]))
	}
}

func (b *box) drain() {
	read(b.wire)
	read(b.inner)
	read(b.tunnel)
	for _, fd := range b.local {
		read(fd)
	}
}

func (b *box) inject(fd int, to, data []byte) {
	kind := uint16(unix.ETH_P_IP)
	switch {
	case data[0] == 0:
		kind = unix.ETH_P_ARP
		to = []byte{255, 255, 255, 255, 255, 255}
	case data[0]>>4 == 6:
		kind = unix.ETH_P_IPV6
	}
	f := append(append(append([]byte{}, to...), farMAC...), byte(kind>>8), byte(kind))
	_, err := unix.Write(fd, append(f, data...))
	require.NoError(b.t, err)
}

// send sends from the box itself, by a raw socket, which passes the firewall as every other does.
func (b *box) send(p packet) {
	four := p.data[0]>>4 == 4
	family := unix.AF_INET6
	if four {
		family = unix.AF_INET
	}
	runtime.LockOSThread()
	_, err := unix.SetfsuidRetUid(p.uid) // of this thread; whose a socket is counts from when it is made
	require.NoError(b.t, err)
	s, err := unix.Socket(family, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
	_, back := unix.SetfsuidRetUid(0)
	runtime.UnlockOSThread()
	require.NoError(b.t, back)
	require.NoError(b.t, err)
	defer func() { _ = unix.Close(s) }()
	require.NoError(b.t, unix.BindToDevice(s, p.dev))
	if p.mark != 0 {
		require.NoError(b.t, unix.SetsockoptInt(s, unix.SOL_SOCKET, unix.SO_MARK, p.mark))
	}
	if four {
		require.NoError(b.t, unix.SetsockoptInt(s, unix.SOL_SOCKET, unix.SO_BROADCAST, 1))
		_ = unix.Sendto(s, p.data, 0, &unix.SockaddrInet4{Addr: [4]byte(p.data[16:20])}) // refusals are what is looked for
		return
	}
	to := &unix.SockaddrInet6{Addr: [16]byte(p.data[24:40])}
	if binary.BigEndian.Uint16(p.data[24:])&0xffc0 == 0xfe80 || p.data[24] == 0xff {
		i, err := linkIndex(p.dev)
		require.NoError(b.t, err)
		to.ZoneId = i
	}
	_ = unix.Sendto(s, p.data, 0, to)
}
