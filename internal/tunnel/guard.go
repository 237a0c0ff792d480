package tunnel

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"

	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

// Guard owns this computer's network in whole-device mode. It has the privileges that this program has not. What it
// blocks stays blocked until somebody tells it the user's word; a Tunnel never does.
type Guard interface {
	// Hold has nothing leave this computer but WireGuard's datagrams to these addresses. It may be called again.
	Hold(ctx context.Context, to []netip.AddrPort) error
	// Interface makes the tunnel's interface and sends everything into it. Its file is the caller's; one from before is
	// replaced.
	Interface(ctx context.Context, addresses []netip.Addr, mtu int, resolvers []netip.Addr) (*os.File, error)
	// MTU changes that of the interface, in bytes.
	MTU(ctx context.Context, mtu int) error
	// Socket gives a UDP socket that may reach what is held open, on this port of ours; 0 is any. It is the caller's.
	Socket(port uint16) (*net.UDPConn, error)
}

// GuardError says that a Guard did not give what a tunnel needs: no exit is to blame.
type GuardError struct{ Err error }

func (e *GuardError) Error() string { return e.Err.Error() }

// Unwrap gives Err.
func (e *GuardError) Unwrap() error { return e.Err }

// Guarded has Up carry the whole device from now on, through an interface and behind a firewall of g; nil = only what
// the proxy is asked for, in this process. What is up stays as it is.
func (t *Tunnel) Guarded(g Guard) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.guard = g
}

// Observe has see called with each IP packet that programs send into the tunnel while it carries the whole device,
// until stop, which tells whether that tunnel was the one all the time. ok is false if there is none. See
// wgnet.Device.Observe for what see may do.
func (t *Tunnel) Observe(see func(packet []byte)) (stop func() (same bool), ok bool) {
	d := t.device()
	if d == nil || d.guard == nil || d.dev == nil {
		return func() bool { return false }, false
	}
	unsee, ok := d.dev.Observe(see)
	return func() bool {
		unsee()
		return t.device() == d
	}, ok
}

// newWhole checks cfg for a device that carries everything. Start it.
func newWhole(cfg wgnet.Config, g Guard) (*device, error) {
	r, _ := reachOf(cfg)
	for _, p := range cfg.Peers {
		if !p.Endpoint.IsValid() {
			return nil, errors.New("the exit has no address that the firewall could let through")
		}
	}
	return &device{cfg: cfg, guard: g, link: newLink(hostCarrier{}, r, cfg.DNS), probe: probeTarget(cfg, r)}, nil
}

// startWhole puts the firewall in place first. What fails after that leaves everything blocked.
func (d *device) startWhole(ctx context.Context, o Options) error {
	var to []netip.AddrPort
	for _, p := range d.cfg.Peers {
		to = append(to, p.Endpoint)
	}
	if err := d.guard.Hold(ctx, to); err != nil {
		return &GuardError{err}
	}
	_, addrs := reachOf(d.cfg)
	if c, err := d.socket(0); err == nil { // only to see which way such sockets go
		_ = c.Close()
	}
	file, err := d.guard.Interface(ctx, addrs, d.firstMTU(), d.cfg.DNS)
	if err != nil {
		return &GuardError{err}
	}
	if d.dev, err = wgnet.NewInterfaceDevice(file, wgnet.NewBind(wgnet.GivenSockets(d.socket)), &d.cfg, o.Log); err != nil {
		return fmt.Errorf("start WireGuard on the interface: %w", err)
	}
	d.run(d.dev.Interface(), o)
	return nil
}

// socket is one of the guard's. By its mark the kernel tells which way it goes.
func (d *device) socket(port uint16) (*net.UDPConn, error) {
	c, err := d.guard.Socket(port)
	if err == nil {
		d.mark.Store(markOf(c))
	}
	return c, err
}

func mtuOf(cfg wgnet.Config) int {
	if cfg.MTU > 0 {
		return cfg.MTU
	}
	return wgnet.DefaultMTU
}

// reachOf tells which addresses a device with cfg carries, and which are its own.
func reachOf(cfg wgnet.Config) (r reach, own []netip.Addr) {
	for _, p := range cfg.Addresses {
		a := p.Addr().Unmap()
		own = append(own, a)
		r.v4, r.v6 = r.v4 || a.Is4(), r.v6 || a.Is6()
	}
	for _, p := range cfg.Peers {
		r.allowed = append(r.allowed, p.AllowedIPs...)
	}
	return r, own
}

// hostCarrier dials as every program does: in whole-device mode that leads into the tunnel or nowhere.
type hostCarrier struct{}

func (hostCarrier) DialTCP(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", to.String())
}

func (hostCarrier) DialUDP(local, remote netip.AddrPort) (net.Conn, error) {
	var d net.Dialer
	if local.IsValid() {
		d.LocalAddr = net.UDPAddrFromAddrPort(local)
	}
	return d.Dial("udp", remote.String())
}

func (hostCarrier) ListenUDP(local netip.AddrPort) (net.PacketConn, error) {
	return net.ListenUDP("udp", net.UDPAddrFromAddrPort(local))
}
