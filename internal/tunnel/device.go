package tunnel

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mysteriumvpn/desktop/internal/uplink"
	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

// device is a WireGuard device that is up, what programs do through it, and the watch over it.
type device struct {
	cfg   wgnet.Config
	guard Guard      // whose interface it runs on; nil = it runs on net
	net   *wgnet.Net // nil with guard
	dev   *wgnet.Device
	link  *link
	probe netip.Addr    // the exit's own address in the tunnel; may be invalid
	mark  atomic.Uint32 // of the sockets that reach the exit
	roam  *roam
	watch *watch

	sizing     sync.WaitGroup
	stopSizing func()
	sizes      *sizing
	thinAt     time.Time // when it was, because only probes came back; the watch's
}

// newDevice checks cfg by making all that needs no socket. Start it, or discard it.
func newDevice(cfg wgnet.Config, g Guard) (*device, error) {
	if g != nil {
		return newWhole(cfg, g)
	}
	d := &device{cfg: cfg}
	r, addrs := reachOf(cfg)
	n, err := wgnet.NewNet(wgnet.NetOptions{Addresses: addrs, MTU: d.firstMTU()})
	if err != nil {
		return nil, err
	}
	d.net, d.link, d.probe = n, newLink(netCarrier{n}, r, cfg.DNS), probeTarget(cfg, r)
	return d, nil
}

func (d *device) discard() {
	if d.net != nil {
		_ = d.net.Close()
	}
}

// start makes WireGuard run. If it fails, everything is closed.
func (d *device) start(ctx context.Context, o Options) error {
	if d.guard != nil {
		return d.startWhole(ctx, o)
	}
	dev, err := wgnet.NewDevice(d.net, wgnet.NewBind(), &d.cfg, o.Log)
	if err != nil {
		return err
	}
	d.dev = dev
	d.run("", o)
	return nil
}

// run begins all that goes on beside a device. own is the name of the interface that it runs on, or "".
func (d *device) run(own string, o Options) {
	ctx, cancel := context.WithCancel(context.Background())
	d.stopSizing = cancel
	z := d.newSizing(o.Log)
	d.sizes = z
	if !o.unsized { // also with nobody to ask: what the route says counts, and who may cut must be said
		d.sizing.Go(func() { z.run(ctx) })
	}
	d.roam = startRoam(d.dev, own, d.way, z.again, o)
	d.watch = startWatch(d, d.probe.IsValid(), o.OnStall, o.OnAlive)
	d.dev.SendHandshake()
}

func (d *device) newSizing(log wgnet.LogFunc) *sizing {
	s := &sizing{
		way:  d.firstMTU,
		set:  d.setMTU,
		cut:  d.dev.Cut,
		log:  log,
		mtu:  d.dev.Stats().MTU,
		wake: make(chan struct{}, 1),
	}
	r, _ := reachOf(d.cfg)
	if to := sizeTarget(d.cfg, r); to.IsValid() {
		from := d.ownAddress(to.Is4())
		s.echo = func(ctx context.Context, size int) error { return d.dev.Echo(ctx, from, to, size) }
	}
	return s
}

// ownAddress is ours in the tunnel, of one family.
func (d *device) ownAddress(four bool) netip.Addr {
	for _, p := range d.cfg.Addresses {
		if a := p.Addr().Unmap(); a.Is4() == four {
			return a
		}
	}
	return netip.Addr{}
}

func (d *device) setMTU(ctx context.Context, mtu int) error {
	if d.guard != nil {
		if err := d.guard.MTU(ctx, mtu); err != nil {
			return err
		}
	}
	d.dev.SetMTU(mtu)
	return nil
}

// way is how datagrams leave for the exit. Of several exits the first counts.
func (d *device) way() (uplink.Way, error) {
	for _, p := range d.cfg.Peers {
		if p.Endpoint.IsValid() {
			w, err := uplink.To(p.Endpoint.Addr(), d.mark.Load())
			if errors.Is(err, uplink.ErrNone) && d.online() {
				err = errors.New("this network does not lead to the exit") // others may be reached, so its silence counts
			}
			return w, err
		}
	}
	return uplink.Way{}, errors.New("no exit has an address")
}

// online tells whether there is a network that leads anywhere, by addresses that nobody has.
func (d *device) online() bool {
	for _, a := range []string{"192.0.2.1", "2001:db8::1"} {
		if _, err := uplink.To(netip.MustParseAddr(a), d.mark.Load()); err == nil {
			return true
		}
	}
	return false
}

func (d *device) stalled() bool { return d.watch.stalled.Load() }

// farewell is what the last packets of flows get to leave in: then the far end knows that they are over, instead of
// waiting for more.
const farewell = 20 * time.Millisecond

func (d *device) endFlows() {
	d.watch.stop()
	d.roam.stop()
	d.stopSizing()
	d.sizing.Wait()
	if d.link.close() {
		<-time.After(farewell)
	}
}

// netCarrier is a carrier made of a Net.
type netCarrier struct{ *wgnet.Net }

// DialUDP turns a nil pointer into a nil interface.
func (n netCarrier) DialUDP(local, remote netip.AddrPort) (net.Conn, error) {
	c, err := n.Net.DialUDP(local, remote)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// ListenUDP turns a nil pointer into a nil interface.
func (n netCarrier) ListenUDP(local netip.AddrPort) (net.PacketConn, error) {
	c, err := n.Net.ListenUDP(local)
	if err != nil {
		return nil, err
	}
	return c, nil
}
