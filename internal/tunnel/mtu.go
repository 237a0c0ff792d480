package tunnel

import (
	"context"
	"fmt"
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
	sizeTurns = 3 // that one size is asked for, before it counts as too large
)

// mtuSteps are the sizes that are tried below the one in use. WireGuard fills packets up to 16 bytes, so others would only
// seem to fit.
var mtuSteps = [...]int{1408, 1392, 1376, 1360, 1344, 1328, 1312, 1296, 1280, 1248, 1216, 1152, 1024, 896, 768, 576}

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

// sizing finds out how large packets may be, and lowers a device's MTU to that. It never raises it: what is open was made
// for the path as it was.
type sizing struct {
	echo func(ctx context.Context, size int) error // size 0 = as small as can be
	way  func() int                                // what the system knows of the path: the MTU inside that fits it
	set  func(ctx context.Context, mtu int) error  // lowers it
	cut  func(by wgnet.Cutter)
	log  wgnet.LogFunc
	mtu  int // in use

	floor int
	wake  chan struct{} // holds one: ask again
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
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		}
	}
}

// look takes what the system knows, asks the exit, and then the system again: it may have heard from routers meanwhile. An
// exit that answers nothing teaches nothing.
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

// find gives the largest size that comes back from the exit, or 0 if none does. The size in use is tried alone at first:
// mostly it fits, and there is no more to it.
func (s *sizing) find(ctx context.Context, patience time.Duration) int {
	best := s.ask(ctx, patience, []int{s.mtu})
	for turn := 0; turn < sizeTurns && best < s.mtu; turn++ {
		sizes := []int{s.mtu}
		for _, n := range mtuSteps {
			if n < s.mtu && n >= s.floor && n > best {
				sizes = append(sizes, n)
			}
		}
		best = max(best, s.ask(ctx, patience, sizes))
	}
	return best
}

// ask tries sizes, the largest first, all at the same time, and gives the largest that comes back in time.
func (s *sizing) ask(ctx context.Context, patience time.Duration, sizes []int) int {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answers := make(chan int, len(sizes))
	for _, n := range sizes {
		go func() {
			if s.echo(ctx, n) != nil {
				n = 0
			}
			answers <- n
		}()
	}
	best := 0
	for range sizes {
		if best = max(best, <-answers); best == sizes[0] {
			cancel() // the rest end at once, and are waited for
		}
	}
	return best
}
