package tunnel

import (
	"context"
	"errors"
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
func (p *path) look(t *testing.T, knows, floor int) (mtu int, took time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		s := &sizing{
			echo: p.echo, way: func() int { return knows },
			set: func(_ context.Context, mtu int) error { p.set = append(p.set, mtu); return p.fail },
			cut: func(by wgnet.Cutter) { p.cuts = append(p.cuts, by) },
			log: noLog, mtu: 1420, floor: floor, wake: make(chan struct{}, 1),
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
	mtu, took := p.look(t, 1420, leastV6)
	assert.Equal(t, 1420, mtu)
	assert.Equal(t, 3*near, took)
	assert.Equal(t, 3, p.asked)
	assert.Empty(t, p.set)
	assert.Equal(t, []wgnet.Cutter{wgnet.NobodyCuts, wgnet.SystemCuts}, p.cuts, "what is asked must not be cut, or it would seem to fit")
}

// TestTheLargestSizeThatFitsIsUsed, also where it is far away and packets are lost now and then.
func TestTheLargestSizeThatFitsIsUsed(t *testing.T) {
	for _, c := range []struct {
		path        *path
		knows, want int
	}{
		{&path{width: 1412, far: near}, 1420, 1408},
		{&path{width: 1340, far: near}, 1420, 1328},
		{&path{width: 1340, far: 900 * time.Millisecond}, 1420, 1328},
		{&path{width: 1280, far: near}, 1420, 1280},
		{&path{width: 1340, far: near, lose: 5}, 1420, 1328},
		{&path{width: 1420, far: near, lose: 3}, 1420, 1420},
		{&path{width: 1420, far: near}, 1360, 1360}, // it passes in pieces, and the system has been told
	} {
		mtu, took := c.path.look(t, c.knows, leastV6)
		assert.Equal(t, c.want, mtu, "%d bytes wide, %s away", c.path.width, c.path.far)
		assert.LessOrEqual(t, took, 6*time.Second)
	}
	four := &path{width: 600, far: near}
	mtu, _ := four.look(t, 1420, leastMTU)
	assert.Equal(t, 576, mtu)
}

// TestAnExitThatDoesNotAnswerTeachesNothing: the MTU stays, and routers may cut what is too large for them. So it is where
// the path takes less than what IPv6 needs.
func TestAnExitThatDoesNotAnswerTeachesNothing(t *testing.T) {
	for _, p := range []*path{{mute: true}, {width: 1200, far: near}} {
		mtu, _ := p.look(t, 1420, leastV6)
		assert.Equal(t, 1420, mtu)
		assert.Empty(t, p.set)
		assert.Equal(t, wgnet.RoutersCut, p.cuts[len(p.cuts)-1])
	}
	told := &path{mute: true}
	mtu, _ := told.look(t, 1344, leastV6)
	assert.Equal(t, 1344, mtu, "what the system was told counts all the same")
}

func TestAnMTUThatCannotBeSetIsNotInUse(t *testing.T) {
	p := &path{width: 1340, far: near, fail: errors.New("no helper")}
	mtu, _ := p.look(t, 1420, leastV6)
	assert.Equal(t, 1420, mtu)
	assert.Equal(t, []int{1328}, p.set)
}
