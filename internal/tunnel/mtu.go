package tunnel

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

const (
	headers4 = 20 + 8 + 32 // of IPv4, UDP and WireGuard, around each packet
	headers6 = 40 + 8 + 32
	leastMTU = 576  // for IPv4 inside
	leastV6  = 1280 // for IPv6 inside, by its standard

	sizeFirst = 5 * time.Second        // for the first answer, which waits for the handshake, too
	sizeLeast = 250 * time.Millisecond // for an answer of each other; more where the exit is far
	sizeMost  = time.Second
	sizeTurns = 3                // that all sizes are asked for, after the one in use alone
	sizeApart = time.Millisecond // between sizes that are asked for together
	sizePause = time.Second      // before each time that a size found is confirmed: a queue that was full then may not be now
	sizeSure  = 5                // times that it is; once if the first look left no doubt
)

// mtuSteps are the sizes that are tried below the one in use. WireGuard fills packets up to 16 bytes, so others would only
// seem to fit. None is less than 1280: echoes that are lost are no reason for that, only what the system knows of the path.
var mtuSteps = [...]int{1408, 1392, 1376, 1360, 1344, 1328, 1312, 1296, 1280}

// floorOf is the least MTU that a device with these addresses may have.
func floorOf(cfg wgnet.Config) int {
	for _, a := range cfg.Addresses {
		if a.Addr().Unmap().Is6() {
			return leastV6
		}
	}
	return leastMTU
}

// fitting is the largest MTU inside that fits a path of outer bytes, but no more than ceiling and no less than what cfg's
// addresses need. Below the ceiling it is a multiple of 16.
func fitting(cfg wgnet.Config, outer, ceiling int) int {
	inner := outer - headers4
	for _, p := range cfg.Peers {
		if a := p.Endpoint.Addr().Unmap(); a.IsValid() && a.Is6() {
			inner = outer - headers6
		}
	}
	if outer <= 0 || inner >= ceiling {
		return ceiling
	}
	return min(ceiling, max(inner&^15, floorOf(cfg)))
}

// firstMTU is what a device begins with: what the configuration says, or less if the way to the exit is narrower.
func (d *device) firstMTU() int {
	ceiling := mtuOf(d.cfg)
	way, err := d.way()
	if err != nil {
		return ceiling
	}
	return fitting(d.cfg, way.MTU, ceiling)
}

// sharedSpace is used as private addresses are (RFC 6598).
var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")

// sizeTarget is whom sizes are asked of: who is asked for life, if that is near. A public DNS server has habits of its own
// with large echoes, which say nothing of the path to the exit. Invalid = nobody.
func sizeTarget(cfg wgnet.Config, r reach) netip.Addr {
	cfg.DNS = slices.DeleteFunc(slices.Clone(cfg.DNS), func(a netip.Addr) bool { return !isNear(cfg, a.Unmap()) })
	return probeTarget(cfg, r)
}

// isNear tells whether a is in a network of ours in the tunnel, or private.
func isNear(cfg wgnet.Config, a netip.Addr) bool {
	for _, p := range cfg.Addresses {
		if netip.PrefixFrom(p.Addr().Unmap(), p.Bits()).Contains(a) {
			return true
		}
	}
	return a.IsPrivate() || sharedSpace.Contains(a)
}

// sizing finds out how large packets may be, and lowers a device's MTU to that. It never raises it: what is open was made
// for the path as it was.
type sizing struct {
	echo func(ctx context.Context, size int) error // size 0 = as small as can be; nil = there is nobody to ask
	way  func() int                                // what the system knows of the path: the MTU inside that fits it
	set  func(ctx context.Context, mtu int) error  // lowers it
	cut  func(by wgnet.Cutter)
	log  wgnet.LogFunc
	mtu  int // in use

	seen bool          // a look has had answers
	wake chan struct{} // holds one: ask again

	looks atomic.Int32 // that have ended
}

// again asks for another look, soon. It does not wait.
func (s *sizing) again() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *sizing) run(ctx context.Context) {
	for {
		s.look(ctx)
		s.looks.Add(1)
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		}
	}
}

// look takes what the system knows, asks the exit, and then the system again: it may have heard from routers meanwhile. An
// exit that answers nothing teaches nothing, nor does one whose answers do not agree: then routers may cut.
func (s *sizing) look(ctx context.Context) {
	s.lower(ctx, s.way())
	found, patience := 0, s.answers(ctx)
	if patience > 0 {
		s.cut(wgnet.NobodyCuts)
		found = s.find(ctx, patience)
	}
	if ctx.Err() != nil {
		return
	}
	if found > 0 {
		s.cut(wgnet.SystemCuts)
		s.lower(ctx, found)
	} else {
		s.cut(wgnet.RoutersCut)
	}
	s.lower(ctx, s.way())
}

// lower makes it mtu, if that is less.
func (s *sizing) lower(ctx context.Context, mtu int) {
	if mtu >= s.mtu {
		return
	}
	if err := s.set(ctx, mtu); err != nil {
		s.log(wgnet.LevelError, fmt.Sprintf("make packets smaller, from %d to %d bytes: %v", s.mtu, mtu, err))
		return
	}
	s.log(wgnet.LevelInfo, fmt.Sprintf("packets in the tunnel are at most %d bytes now, not %d: the path to the exit takes no more", mtu, s.mtu))
	s.mtu = mtu
}

// answers tells how long to wait for an answer of this exit; 0 = it gives none.
func (s *sizing) answers(ctx context.Context) time.Duration {
	if s.echo == nil {
		return 0
	}
	first, cancel := context.WithTimeout(ctx, sizeFirst)
	defer cancel()
	if s.echo(first, 0) != nil {
		return 0
	}
	start := time.Now()
	second, cancel := context.WithTimeout(ctx, sizeMost)
	defer cancel()
	_ = s.echo(second, 0) // one that is lost took long
	return min(max(sizeLeast, 8*time.Since(start)), sizeMost)
}

// find gives the largest size that comes back from the exit, or 0 if that is none or is not sure. The size in use is tried
// alone at first: mostly it fits, and there is no more to it. A queue that is full on the way drops large packets before
// small ones, too; so a smaller size must be confirmed.
func (s *sizing) find(ctx context.Context, patience time.Duration) int {
	first := !s.seen
	s.seen = true
	if s.ask(ctx, patience, s.mtu)[0] {
		return s.mtu
	}
	sizes := []int{s.mtu}
	for _, n := range mtuSteps {
		if n < s.mtu {
			sizes = append(sizes, n)
		}
	}
	passed := make([]int, len(sizes)) // how often
	for range sizeTurns {
		for i, ok := range s.ask(ctx, patience, sizes...) {
			if ok {
				passed[i]++
			}
		}
		if passed[0] > 0 {
			return s.mtu
		}
	}
	best := slices.IndexFunc(passed, func(n int) bool { return n > 0 })
	if best < 0 {
		return 0
	}
	times, doubt := sizeSure, slices.ContainsFunc(passed[best:], func(n int) bool { return n < sizeTurns })
	if first && !doubt {
		times = 1
	}
	if !s.confirm(ctx, patience, sizes[best], sizes[best-1], times) {
		return 0
	}
	return sizes[best]
}

// confirm asks for a size that fits and for the next larger, twice, in turn. Loss takes both alike, and a narrow path the
// larger alone, each time.
func (s *sizing) confirm(ctx context.Context, patience time.Duration, fits, larger, times int) bool {
	for range times {
		select {
		case <-time.After(sizePause):
		case <-ctx.Done():
			return false
		}
		if !s.ask(ctx, patience, fits)[0] || slices.Contains(s.ask(ctx, patience, larger, larger), true) {
			return false
		}
	}
	return ctx.Err() == nil
}

// ask tries sizes, of which the first is the largest, nearly at the same time, and tells which come back in time. If the first
// does, the others are not waited for. The smallest leaves first: one that follows a larger may become one run with it, and a
// router of Linux drops a run as a whole.
func (s *sizing) ask(ctx context.Context, patience time.Duration, sizes ...int) []bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var asking sync.WaitGroup
	back := make([]bool, len(sizes))
	for i, n := range sizes {
		asking.Go(func() {
			time.Sleep(time.Duration(len(sizes)-1-i) * sizeApart)
			back[i] = s.echo(ctx, n) == nil
			if i == 0 && back[i] {
				cancel()
			}
		})
	}
	asking.Wait()
	return back
}
