package tunnel

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

func TestTheFirstMTUFitsTheWayOut(t *testing.T) {
	v4 := []netip.Prefix{netip.MustParsePrefix("10.9.0.2/32")}
	both := append(v4, netip.MustParsePrefix("fd99::2/128"))
	over := func(endpoint string) []wgnet.Peer { return []wgnet.Peer{{Endpoint: netip.MustParseAddrPort(endpoint)}} }
	ip4, ip6 := over("203.0.113.2:51820"), over("[2001:db8::2]:51820")
	for _, c := range []struct {
		what           string
		inside         []netip.Prefix
		peers          []wgnet.Peer
		outer, ceiling int
		want           int
	}{
		{"an ordinary network", both, ip4, 1500, 1420, 1420},
		{"over IPv6", both, ip6, 1500, 1420, 1420},
		{"what the configuration says is not exceeded", both, ip4, 9000, 1380, 1380},
		{"PPPoE", both, ip4, 1492, 1420, 1420},
		{"PPPoE over IPv6", both, ip6, 1492, 1420, 1408},
		{"a mobile network", both, ip4, 1400, 1420, 1328},
		{"IPv6 inside needs 1280", both, ip4, 1300, 1420, 1280},
		{"IPv4 needs less", v4, ip4, 1300, 1420, 1232},
		{"and 576 at least", v4, ip4, 300, 1420, 576},
		{"the loopback", both, ip4, 65536, 1420, 1420},
		{"nothing is known", both, ip4, 0, 1420, 1420},
		{"a ceiling under the floor is the user's", both, ip4, 1000, 1200, 1200},
	} {
		assert.Equal(t, c.want, fitting(wgnet.Config{Addresses: c.inside, Peers: c.peers}, c.outer, c.ceiling), c.what)
	}
}

// path is a way to an exit, as wide as a test wants it.
type path struct {
	mu    sync.Mutex
	width int           // what is larger is lost
	far   time.Duration // there and back
	lose  int           // so many echoes more, whatever their size
	drops func(size int) bool
	seen  bool // an earlier look had answers
	mute  bool
	asked int
	cuts  []wgnet.Cutter
	set   []int
	fail  error
}

func (p *path) echo(ctx context.Context, size int) error {
	p.mu.Lock()
	p.asked++
	lost := p.mute || size > p.width
	if !lost && size > 0 && p.lose > 0 {
		p.lose--
		lost = true
	}
	if p.drops != nil && size > 0 && p.drops(size) {
		lost = true
	}
	far := p.far
	p.mu.Unlock()
	if lost {
		far = time.Hour
	}
	select {
	case <-time.After(far):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// look has a sizing look once, and gives the MTU that is in use after it, and how long it took.
func (p *path) look(t *testing.T, knows int) (mtu int, took time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		s := &sizing{
			echo: p.echo, way: func() int { return knows },
			set: func(_ context.Context, mtu int) error { p.set = append(p.set, mtu); return p.fail },
			cut: func(by wgnet.Cutter) { p.cuts = append(p.cuts, by) },
			log: noLog, mtu: 1420, seen: p.seen, wake: make(chan struct{}, 1),
		}
		start := time.Now()
		s.look(t.Context())
		mtu, took = s.mtu, time.Since(start)
	})
	return mtu, took
}

const near = 20 * time.Millisecond

// TestAWideWayIsLeftAsItIs, after three packets.
func TestAWideWayIsLeftAsItIs(t *testing.T) {
	p := &path{width: 1420, far: near}
	mtu, took := p.look(t, 1420)
	assert.Equal(t, 1420, mtu)
	assert.Equal(t, 3*near, took)
	assert.Equal(t, 3, p.asked)
	assert.Empty(t, p.set)
	assert.Equal(t, []wgnet.Cutter{wgnet.NobodyCuts, wgnet.SystemCuts}, p.cuts, "what is asked must not be cut, or it would seem to fit")
}

// TestTheLargestSizeThatFitsIsUsed, also where it is far away and packets are lost now and then. What leaves no doubt in the
// first look takes little more than a second to confirm.
func TestTheLargestSizeThatFitsIsUsed(t *testing.T) {
	for _, c := range []struct {
		path        *path
		knows, want int
		most        time.Duration
	}{
		{&path{width: 1412, far: near}, 1420, 1408, 2500 * time.Millisecond},
		{&path{width: 1340, far: near}, 1420, 1328, 2500 * time.Millisecond},
		{&path{width: 1340, far: near, seen: true}, 1420, 1328, 8 * time.Second},
		{&path{width: 1340, far: 900 * time.Millisecond}, 1420, 1328, 9 * time.Second},
		{&path{width: 1280, far: near}, 1420, 1280, 2500 * time.Millisecond},
		{&path{width: 1340, far: near, lose: 5}, 1420, 1328, 8 * time.Second},
		{&path{width: 1420, far: near, lose: 3}, 1420, 1420, time.Second},
		{&path{width: 1420, far: near}, 1360, 1360, time.Second}, // it passes in pieces, and the system has been told
		{&path{width: 1100, far: near}, 1024, 1024, time.Second}, // less than 1280 only when the system says so
	} {
		mtu, took := c.path.look(t, c.knows)
		assert.Equal(t, c.want, mtu, "%d bytes wide, %s away", c.path.width, c.path.far)
		assert.LessOrEqual(t, took, c.most, "%d bytes wide, %s away", c.path.width, c.path.far)
	}
}

// TestLossAloneNeverLowersTheMTU: packets are lost at random, the large ones more often, or because little room is left in a
// queue that is full of others. In a thousand looks of each kind, half of them the first, that never seems a narrow path.
func TestLossAloneNeverLowersTheMTU(t *testing.T) {
	for _, c := range []struct {
		what  string
		drops func(rate, luck float64, size int) bool
		burst bool // what is asked at one moment has the same luck
	}{
		{"at random", func(rate, luck float64, _ int) bool { return luck < rate }, false},
		{"by size", func(rate, luck float64, size int) bool { return luck < rate*math.Pow(float64(size)/1420, 8) }, false},
		{"a full queue", func(rate, luck float64, size int) bool { return rate*float64(size) > 1500*luck }, true},
	} {
		for i := range uint64(1000) {
			asked := map[int]uint64{}
			p := &path{width: 1420, far: near, seen: i%2 == 0}
			p.drops = func(size int) bool {
				asked[size]++
				what := uint64(size)<<32 | asked[size] //nolint:gosec // any number will do
				if c.burst {
					what = uint64(time.Now().UnixNano()) //nolint:gosec // of the test's clock
				}
				luck := rand.New(rand.NewPCG(i, what)).Float64() //nolint:gosec // the same each time
				return c.drops(float64(i%100)/100, luck, size)
			}
			p.look(t, 1420)
			if !assert.Empty(t, p.set, "%s, look %d", c.what, i) {
				break
			}
		}
	}
}

// TestAnExitThatDoesNotAnswerTeachesNothing: the MTU stays, and routers may cut what is too large for them. So it is where
// the path seems to take less than 1280 bytes.
func TestAnExitThatDoesNotAnswerTeachesNothing(t *testing.T) {
	for _, p := range []*path{{mute: true}, {width: 1200, far: near}} {
		mtu, _ := p.look(t, 1420)
		assert.Equal(t, 1420, mtu)
		assert.Empty(t, p.set)
		assert.Equal(t, wgnet.RoutersCut, p.cuts[len(p.cuts)-1])
	}
	told := &path{mute: true}
	mtu, _ := told.look(t, 1344)
	assert.Equal(t, 1344, mtu, "what the system was told counts all the same")
}

// TestSizesAreAskedOfWhoIsNear: a public DNS server is asked for life alone.
func TestSizesAreAskedOfWhoIsNear(t *testing.T) {
	for _, c := range []struct{ own, dns, want string }{
		{"10.9.0.2/32", "10.9.0.1", "10.9.0.1"},
		{"10.9.0.2/24", "1.1.1.1", "10.9.0.1"},
		{"10.9.0.2/32", "1.1.1.1", ""},
		{"10.9.0.2/32", "100.64.0.1", "100.64.0.1"},
		{"fd99::2/128", "fd99::1", "fd99::1"},
		{"fd99::2/128", "2606:4700:4700::1111", ""},
		{"203.0.113.2/24", "203.0.113.53", "203.0.113.53"},
		{"10.9.0.2/32", "", ""},
	} {
		cfg := wgnet.Config{
			Addresses: []netip.Prefix{netip.MustParsePrefix(c.own)},
			Peers:     []wgnet.Peer{{AllowedIPs: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}}},
		}
		if c.dns != "" {
			cfg.DNS = []netip.Addr{netip.MustParseAddr(c.dns)}
		}
		r, _ := reachOf(cfg)
		want, _ := netip.ParseAddr(c.want)
		assert.Equal(t, want, sizeTarget(cfg, r), "%s, DNS %q", c.own, c.dns)
		if c.dns != "" {
			assert.Equal(t, cfg.DNS[0], probeTarget(cfg, r))
		}
	}
}

func TestAnMTUThatCannotBeSetIsNotInUse(t *testing.T) {
	p := &path{width: 1340, far: near, fail: errors.New("no helper")}
	mtu, _ := p.look(t, 1420)
	assert.Equal(t, 1420, mtu)
	assert.Equal(t, []int{1328}, p.set)
}
