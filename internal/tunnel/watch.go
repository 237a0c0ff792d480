package tunnel

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

// watched is what the watch needs of a device.
type watched interface {
	counters() counters
	ping(ctx context.Context) error
	thin() // larger packets than the ping's may be lost
}

// watch applies the stall rule to one device until it is stopped.
type watch struct {
	stalled atomic.Bool
	cancel  context.CancelFunc
	work    sync.WaitGroup
}

// startWatch begins with one probe: it makes WireGuard shake hands, and its answer tells whether this exit answers.
func startWatch(d watched, canProbe bool, onStall func(StallInfo), onAlive func()) *watch {
	ctx, cancel := context.WithCancel(context.Background())
	w := &watch{cancel: cancel}
	w.work.Go(func() { w.run(ctx, d, canProbe, onStall, onAlive) })
	return w
}

// stop returns when the watch has ended; no callback comes after.
func (w *watch) stop() {
	w.cancel()
	w.work.Wait()
}

func (w *watch) run(ctx context.Context, d watched, canProbe bool, onStall func(StallInfo), onAlive func()) {
	answers := make(chan bool, 1) // of the one probe on its way
	probe := func(patience time.Duration) {
		w.work.Go(func() {
			if !canProbe {
				answers <- false
				return
			}
			patient, cancel := context.WithTimeout(ctx, patience)
			defer cancel()
			err := d.ping(patient)
			if err != nil {
				<-patient.Done() // an error that comes at once would make three misses in no time
			}
			answers <- err == nil
		})
	}
	var s stall
	tick := time.NewTicker(stallTick)
	defer tick.Stop()
	s.probing = true
	probe(firstProbeTimeout)
	for {
		var v verdict
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			v = s.tick(time.Now(), d.counters())
		case ok := <-answers:
			if ok {
				v = s.answered(d.counters())
			} else {
				v = s.missed(time.Now(), d.counters())
			}
		}
		w.stalled.Store(s.stalled)
		if v.probe {
			probe(probeTimeout)
		}
		if v.thin {
			d.thin()
		}
		if v.stall != nil {
			onStall(*v.stall)
		}
		if v.alive {
			onAlive()
		}
	}
}

// firstProbeTimeout leaves time for the handshake that the first probe has to wait for.
const firstProbeTimeout = 5 * time.Second

// counters reads both sides' counters.
func (d *device) counters() counters {
	c := counters{received: d.dev.Stats().BytesReceived, away: d.roam.away.Load(), moves: d.roam.moves.Load()}
	if d.net == nil { // a program may have a connection that we know nothing of
		c.sent = d.dev.Packets()
	} else {
		c.sent, c.open = d.net.Stack().Stats().IP.PacketsSent.Value(), d.link.open.Load() > 0
	}
	return c
}

// thinPause is between two looks that programs' silence gives cause for: some want no answers.
const thinPause = time.Minute

// thin is called by the watch alone.
func (d *device) thin() {
	if now := time.Now(); now.Sub(d.thinAt) >= thinPause {
		d.thinAt = now
		d.sizes.again()
	}
}

func (d *device) ping(ctx context.Context) error {
	return d.dev.Echo(ctx, d.ownAddress(d.probe.Is4()), d.probe, 0)
}

// probeTarget is the exit's own address in the tunnel, as far as the configuration tells: its first DNS server, or
// else the first address of the network that we have an address in. Invalid = not known, and nothing is probed.
func probeTarget(cfg wgnet.Config, r reach) netip.Addr {
	for _, s := range cfg.DNS {
		if s = s.Unmap(); r.has(s) {
			return s
		}
	}
	for _, p := range cfg.Addresses {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits())
		if !p.IsValid() || p.IsSingleIP() {
			continue
		}
		if g := p.Masked().Addr().Next(); g != p.Addr() && r.has(g) {
			return g
		}
	}
	return netip.Addr{}
}
