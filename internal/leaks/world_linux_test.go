package leaks

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/mysteriumvpn/desktop/internal/netd/wire"
	"github.com/mysteriumvpn/desktop/internal/netdclient"
)

// Who is where. The internet's addresses are of the ranges for documentation.
var (
	macClient = net.HardwareAddr{2, 0, 0, 0, 0x77, 2}
	macRouter = net.HardwareAddr{2, 0, 0, 0, 0x77, 1}

	client4, client6 = netip.MustParseAddr("192.168.77.2"), netip.MustParseAddr("2001:db8:77::2")
	site4, site6     = netip.MustParseAddr("203.0.113.9"), netip.MustParseAddr("2001:db8:113::9")
	behind4          = netip.MustParseAddr("198.51.100.9") // a site that no route leads to: only an exit reaches it
	entryA           = netip.MustParseAddrPort("203.0.113.2:51820")
	entryB           = netip.MustParseAddrPort("203.0.113.3:51821")
	entryC           = netip.MustParseAddrPort("[2001:db8:113::2]:51822")
	nobody           = netip.MustParseAddrPort("203.0.113.200:51820") // nobody is there

	inner4, inner6 = netip.MustParseAddr("10.88.0.2"), netip.MustParseAddr("fd88::2")
	resolver       = netip.MustParseAddr("10.88.0.1") // of the exits
)

const appUser = 4242 // who runs the app: nobody in particular

// world is a client behind a router, with another computer beside it and the internet beyond.
type world struct {
	client, router, lan, inet *space

	folder     string
	resolv     string
	netd       *child
	exits      *child
	seen       *capture
	wire       int // socket for frames of the client that no firewall looks at
	clientPort int
	barriers   uint64
}

func needRoot(t testing.TB) {
	if os.Getenv("LEAKS") == "" {
		t.Skip("make test-leaks runs it")
	}
	if os.Geteuid() != 0 {
		t.Skip("needs root, for network namespaces")
	}
}

// newWorld builds it, without a helper.
func newWorld(t testing.TB) *world {
	needRoot(t)
	w := &world{client: newSpace(t), router: newSpace(t), lan: newSpace(t), inet: newSpace(t)}
	var err error
	w.folder, err = os.MkdirTemp("", "leaks") //nolint:usetesting // others than root look into it
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(w.folder)) })
	require.NoError(t, os.Chmod(w.folder, 0o755))
	w.resolv = filepath.Join(w.folder, "etc", "resolv.conf")
	require.NoError(t, os.Mkdir(filepath.Dir(w.resolv), 0o755))
	require.NoError(t, os.WriteFile(w.resolv, []byte("nameserver 192.168.77.9\nsearch lan\n"), 0o644))

	for _, s := range []*space{w.client, w.router, w.lan, w.inet} {
		s.ip(t, "link set lo up")
	}
	w.router.ip(t,
		"link add name br0 address 02:00:00:00:77:01 type bridge",
		"link add name rc type veth peer name cl0 address 02:00:00:00:77:02 netns "+itoa(w.client.tid),
		"link add name rl type veth peer name ln0 address 02:00:00:00:77:09 netns "+itoa(w.lan.tid),
		"link add name ri address 02:00:00:00:13:01 type veth peer name in0 address 02:00:00:00:13:02 netns "+itoa(w.inet.tid),
		"link set rc master br0 up", "link set rl master br0 up", "link set br0 up", "link set ri up",
		"addr add 192.168.77.1/24 dev br0", "addr add 2001:db8:77::1/64 dev br0 nodad",
		"addr add 203.0.113.1/24 dev ri", "addr add 2001:db8:113::1/64 dev ri nodad")
	w.router.sysctl(t, "net/ipv4/ip_forward", "1")
	w.router.sysctl(t, "net/ipv6/conf/all/forwarding", "1")
	w.client.sysctl(t, "net/ipv6/conf/cl0/addr_gen_mode", "1") // none by itself, or one appears in the middle of a test
	// Nobody has to ask for a neighbour, so that what was sent is on the wire at once.
	w.client.ip(t, "addr add 192.168.77.2/24 dev cl0")
	w.uplink(t)
	w.lan.ip(t, "link set ln0 up", "addr add 192.168.77.9/24 dev ln0", "addr add 2001:db8:77::9/64 dev ln0 nodad",
		"route add default via 192.168.77.1", "route add default via 2001:db8:77::1")
	w.inet.ip(t, "link set in0 up", "addr add 203.0.113.2/24 dev in0", "addr add 203.0.113.3/24 dev in0", "addr add 203.0.113.9/24 dev in0",
		"addr add 198.51.100.9/32 dev in0",
		"addr add 2001:db8:113::2/64 dev in0 nodad", "addr add 2001:db8:113::9/64 dev in0 nodad",
		"route add default via 203.0.113.1", "route add default via 2001:db8:113::1")

	for _, s := range []struct {
		at          *space
		dev, lladdr string
		who         []string
	}{
		{w.router, "br0", "02:00:00:00:77:02", []string{"192.168.77.2", "192.168.77.33", "2001:db8:77::2"}},
		{w.router, "br0", "02:00:00:00:77:09", []string{"192.168.77.9", "2001:db8:77::9"}},
		{w.router, "ri", "02:00:00:00:13:02", []string{"203.0.113.2", "203.0.113.3", "203.0.113.9", "2001:db8:113::2", "2001:db8:113::9"}},
		{w.inet, "in0", "02:00:00:00:13:01", []string{"203.0.113.1", "2001:db8:113::1"}},
	} {
		for _, who := range s.who {
			s.at.ip(t, "neigh add "+who+" lladdr "+s.lladdr+" dev "+s.dev)
		}
	}
	w.clientPort = indexOf(t, w.client, "cl0")
	w.client.in(func() { w.wire, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0) })
	require.NoError(t, err)
	t.Cleanup(func() { _ = unix.Close(w.wire) })
	w.seen = listen(t, w.router, "rc")
	w.exits = w.inet.start(t, 0, []string{roleKey + "=exits"}, os.Args[0])
	w.exits.wait(t, "ready")
	return w
}

// uplink brings the client's interface up. IPv4 addresses have stayed if it was down; the rest has not.
func (w *world) uplink(t testing.TB) {
	t.Helper()
	w.client.ip(t, "link set cl0 up",
		"addr replace 2001:db8:77::2/64 dev cl0 nodad", "addr replace fe80::2/64 dev cl0 nodad",
		"neigh replace 192.168.77.1 lladdr 02:00:00:00:77:01 dev cl0", "neigh replace 2001:db8:77::1 lladdr 02:00:00:00:77:01 dev cl0",
		"neigh replace 192.168.77.9 lladdr 02:00:00:00:77:09 dev cl0", "neigh replace 2001:db8:77::9 lladdr 02:00:00:00:77:09 dev cl0",
		"neigh replace fe80::ff:fe00:7709 lladdr 02:00:00:00:77:09 dev cl0",
		"route replace default via 192.168.77.1", "route replace default via 2001:db8:77::1")
}

func indexOf(t testing.TB, s *space, name string) int {
	var i *net.Interface
	var err error
	s.in(func() { i, err = net.InterfaceByName(name) })
	require.NoError(t, err)
	return i.Index
}

func (w *world) socket() string { return filepath.Join(w.folder, "netd.sock") }

func (w *world) options() []string {
	return []string{"--socket", w.socket(), "--state", filepath.Join(w.folder, "state"), "--resolv", w.resolv, "--bus", "unix:path=/nowhere"}
}

// serve starts the helper, the very program that is shipped, with the one capability that its unit leaves it.
func (w *world) serve(t testing.TB, more ...string) {
	t.Helper()
	args := []string{"--bounding-set", "-all,+net_admin", "--no-new-privs", netdProgram, "serve", "--allow", itoa(appUser)}
	w.netd = w.client.start(t, 0, nil, "setpriv", append(append(args, w.options()...), more...)...)
	w.netd.wait(t, "listens")
}

// command runs the helper's program for one of its other commands.
func (w *world) command(t testing.TB, words ...string) string {
	t.Helper()
	return w.client.tool(t, "", netdProgram, append(words, w.options()...)...)
}

// status asks the helper as root.
func (w *world) status(t testing.TB) wire.Answer {
	t.Helper()
	c := w.dial(t)
	defer func() { _ = c.Close() }()
	a, err := c.Status()
	require.NoError(t, err)
	return a
}

func (w *world) dial(t testing.TB) *netdclient.Client {
	t.Helper()
	c, err := netdclient.Dial(t.Context(), w.socket())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// until asks the helper for its status until it is in phase. The helper answers when the kernel has taken a change, so
// asking is the only waiting there is.
func (w *world) until(t testing.TB, phase wire.Phase) wire.Answer {
	t.Helper()
	c := w.dial(t)
	defer func() { _ = c.Close() }()
	for {
		a, err := c.Status()
		require.NoError(t, err)
		if a.Phase == phase {
			return a
		}
		require.NoError(t, t.Context().Err(), "the helper is %s, not %s", a.Phase, phase)
	}
}
