package tunnel

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

const load = 2 << 20 // bytes, far more than fits into any buffer on the way of a few packets

// narrows is a path with a link of 1400 bytes between two routers, and an exit at its end. silent: they say nothing of what
// they drop.
func narrows(t *testing.T, silent bool) (s *shore, first, second *land) {
	first, second = newLand(t), newLand(t)
	behind := newLand(t)
	ip(t, fmt.Sprintf("link add wlan type veth peer name ap netns %d", first.tid), "link set wlan up", "addr add 192.0.2.7/24 dev wlan", "route add default via 192.0.2.1")
	first.ip(t, fmt.Sprintf("link add middle type veth peer name other netns %d", second.tid), "link set ap up", "link set middle up mtu 1400",
		"addr add 192.0.2.1/24 dev ap", "addr add 198.51.100.1/24 dev middle", "route add default via 198.51.100.2")
	second.ip(t, fmt.Sprintf("link add out type veth peer name eth netns %d", behind.tid), "link set other up mtu 1400", "link set out up",
		"addr add 198.51.100.2/24 dev other", "addr add 203.0.113.1/24 dev out", "route add default via 198.51.100.1")
	behind.ip(t, "link set lo up", "link set eth up", "addr add 203.0.113.2/24 dev eth", "route add default via 203.0.113.1")
	for _, l := range []*land{first, second} {
		l.in(func() {
			run(t, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
			if silent {
				run(t, "nft", "add table inet f; add chain inet f out { type filter hook output priority 0; }; add rule inet f out icmp type destination-unreachable drop")
			}
		})
	}
	s = newShore(t, behind)
	s.listen(t, 10, func(c net.Conn) { // takes it all, and says so
		n, _ := io.Copy(io.Discard, c)
		_, _ = fmt.Fprintf(c, "%d", n)
	})
	s.listen(t, 11, func(c net.Conn) { _, _ = c.Write(make([]byte, load)) })
	return s, first, second
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	assert.NoError(t, err, "%s %v: %s", name, args, out)
}

// upload and download carry the load through the proxy.
func upload(t *testing.T, p Proxy, limit time.Duration) error {
	c, err := dialSocks(t, p, at(exitV4, 10))
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	require.NoError(t, c.SetDeadline(time.Now().Add(limit)))
	if _, err := c.Write(make([]byte, load)); err != nil {
		return err
	}
	if err := c.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		return err
	}
	said, err := io.ReadAll(c)
	if err == nil && string(said) != fmt.Sprint(load) {
		err = fmt.Errorf("%s of %d bytes arrived", said, load)
	}
	return err
}

func download(t *testing.T, p Proxy, limit time.Duration) error {
	c, err := dialSocks(t, p, at(exitV4, 11))
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	require.NoError(t, c.SetDeadline(time.Now().Add(limit)))
	n, err := io.Copy(io.Discard, c)
	if err == nil && n != load {
		err = fmt.Errorf("%d of %d bytes arrived", n, load)
	}
	return err
}

// crossing brings a tunnel up over the narrows and measures what passes. Where routers tell, the link takes 1300 bytes, and the
// exit answers no echo: nothing but what the system was told can lower the MTU.
func crossing(t *testing.T, silent bool) (up, down error, mtu int) {
	s, first, second := narrows(t, silent)
	if !silent {
		first.ip(t, "link set middle mtu 1300")
		second.ip(t, "link set other mtu 1300")
		s.deaf.Store(true)
	}
	tu, p := newTunnel(t, Options{Log: func(_ wgnet.Level, text string) { t.Log(time.Now().Format("05.000"), text) }})
	require.NoError(t, tu.Up(t.Context(), s.config()))
	require.NoError(t, tryEcho(within(t, 20*time.Second), p, at(exitV4, 7)))
	const limit = 20 * time.Second
	if !silent {
		require.Error(t, tu.device().dev.Echo(within(t, time.Second), ourV4, exitV4, wgnet.DefaultMTU), "it is only to be too large")
	}
	await(t, "the MTU is lowered", func() bool { n, _ := tu.Stats(); return n.MTU < wgnet.DefaultMTU })
	start := time.Now()
	up = upload(t, p, limit)
	middle := time.Now()
	down = download(t, p, limit)
	now, _ := tu.Stats()
	t.Logf("routers silent: %v: %d bytes inside; 2 MB up %s (%v), down %s (%v)", silent, now.MTU,
		middle.Sub(start).Round(time.Millisecond), up, time.Since(middle).Round(time.Millisecond), down)
	return up, down, now.MTU
}

// TestANarrowPathIsFoundByAsking: routers drop what is too large and say nothing. 2 MB pass either way; the largest size of
// ours that fits 1400 bytes less 60 is used.
func TestANarrowPathIsFoundByAsking(t *testing.T) {
	if !alone(t) {
		return
	}
	up, down, mtu := crossing(t, true)
	require.NoError(t, up)
	require.NoError(t, down)
	assert.Equal(t, 1328, mtu)
}

// TestANarrowPathThatIsToldIsTaken: routers tell, the system remembers, and we use it, also below 1280 bytes.
func TestANarrowPathThatIsToldIsTaken(t *testing.T) {
	if !alone(t) {
		return
	}
	up, down, mtu := crossing(t, false)
	require.NoError(t, up)
	require.NoError(t, down)
	assert.Equal(t, 1232, mtu)
}

// TestTheRouteIsHeededWithNobodyToAsk, on the network that follows, too; and routers may cut.
func TestTheRouteIsHeededWithNobodyToAsk(t *testing.T) {
	if !alone(t) {
		return
	}
	s, _, _ := narrows(t, true)
	tu, p := newTunnel(t, Options{})
	cfg := s.config()
	cfg.DNS, cfg.Addresses = nil, []netip.Prefix{netip.PrefixFrom(ourV4, 32)}
	require.NoError(t, tu.Up(t.Context(), cfg))
	d := tu.device()
	await(t, "the first look has ended", func() bool { return d.sizes.looks.Load() == 1 })
	require.NoError(t, d.dev.Echo(within(t, 20*time.Second), ourV4, exitV4, wgnet.DefaultMTU), "routers cut it")
	require.NoError(t, upload(t, p, 20*time.Second))
	ip(t, "link set wlan mtu 1380")
	await(t, "the MTU is lowered", func() bool { n, _ := tu.Stats(); return n.MTU == 1312 })
}

// TestAPathThatBecomesNarrowIsNoticed, far away and without a word: nothing comes back but what is small. What programs begin
// after that passes.
func TestAPathThatBecomesNarrowIsNoticed(t *testing.T) {
	if !alone(t) {
		return
	}
	s, first, second := narrows(t, true)
	first.ip(t, "link set middle mtu 1500")
	second.ip(t, "link set other mtu 1500")
	tu, p := newTunnel(t, Options{})
	require.NoError(t, tu.Up(t.Context(), s.config()))
	require.NoError(t, upload(t, p, 20*time.Second))
	await(t, "the first look has ended", func() bool { return tu.device().sizes.looks.Load() == 1 })
	first.ip(t, "link set middle mtu 1400")
	second.ip(t, "link set other mtu 1400")
	c, err := dialSocks(t, p, at(exitV4, 7)) // a request of one packet, and a large one
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	start := time.Now()
	_, err = c.Write(make([]byte, 1300))
	require.NoError(t, err)
	await(t, "the MTU is lowered", func() bool { n, _ := tu.Stats(); return n.MTU < wgnet.DefaultMTU })
	t.Logf("a path that becomes narrow: lowered after %s", time.Since(start).Round(time.Millisecond))
	require.NoError(t, upload(t, p, 20*time.Second))
	require.NoError(t, download(t, p, 20*time.Second))
}

// TestWithoutAskingANarrowPathIsAHole shows what the asking is for: no large packet gets out by itself. Some pass in runs,
// which Linux lets routers cut, so how a download or an upload fares is a matter of luck.
func TestWithoutAskingANarrowPathIsAHole(t *testing.T) {
	if !alone(t) {
		return
	}
	s, _, _ := narrows(t, true)
	tu, p := newTunnel(t, Options{unsized: true})
	require.NoError(t, tu.Up(t.Context(), s.config()))
	require.NoError(t, tryEcho(within(t, 20*time.Second), p, at(exitV4, 7)))
	d := tu.device()
	require.NoError(t, d.dev.Echo(within(t, 20*time.Second), ourV4, exitV4, 1328))
	require.Error(t, d.dev.Echo(within(t, 2*time.Second), ourV4, exitV4, 1336), "16 bytes at a time")
	start := time.Now()
	t.Logf("routers silent, not looked for: 2 MB up: %v, after %s", upload(t, p, 5*time.Second), time.Since(start).Round(time.Millisecond))
	d.dev.Cut(wgnet.RoutersCut)
	require.NoError(t, d.dev.Echo(within(t, 20*time.Second), ourV4, exitV4, wgnet.DefaultMTU), "routers cut it now")
}
