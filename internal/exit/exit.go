// Package exit is a WireGuard exit in userspace: it takes TCP and UDP out of a tunnel, opens ordinary sockets of the
// host for them, answers ping and DNS on its own tunnel addresses, and needs no privileges. Where clients may go is
// decided by Policy.
//
// The node of the sandbox runs one Exit for each place it offers, and `mysteriumvpn exit` one on a machine of the user's.
// An Exit costs nothing until its
// first peer is added, and closes itself when nobody uses it.
//
// All methods may be called from any goroutine. Each flow has goroutines of its own, which end with the flow, with
// its peer, or with the Exit; Close waits for them.
package exit

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

// DefaultIdle is how long an exit stays open without a handshake. A client that sends anything makes one in 2 minutes.
const DefaultIdle = 5 * time.Minute

// Options of an Exit. PrivateKey and TunnelAddrs are needed.
type Options struct {
	PrivateKey  wgnet.Key
	Address     netip.AddrPort // UDP address for WireGuard; zero = loopback. Port 0 = any, kept after the first start
	TunnelAddrs []netip.Addr   // of the exit inside the tunnel: it answers ping and DNS there
	MTU         int            // 0 = wgnet.DefaultMTU

	Allow []netip.Prefix // destinations that Policy would refuse otherwise
	DNS   string         // host:port that gets the DNS queries; "" = what the host uses
	Idle  time.Duration  // 0 = DefaultIdle, negative = never close by itself
	Log   wgnet.LogFunc  // may be nil

	// OnIdle, if set, is called after the exit has closed itself, with no lock held. Its peers are forgotten then.
	OnIdle func()
}

// Exit is one WireGuard exit. Make it with New.
type Exit struct {
	opts     Options
	patience time.Duration // dialTimeout, but for tests, which set it before the first peer

	watchers sync.WaitGroup

	mu     sync.Mutex
	closed bool
	port   uint16 // learned at the first start, so that clients find a restarted exit where it was
	run    *running
}

// running is an Exit between its first peer and its end.
type running struct {
	net      *wgnet.Net
	dev      *wgnet.Device
	policy   *Policy
	dns      *resolver
	flows    *flows
	own      map[netip.Addr]bool
	patience time.Duration                // of the Exit
	peers    map[wgnet.Key][]netip.Prefix // guarded by Exit.mu
	used     time.Time                    // last AddPeer, guarded by Exit.mu
	done     chan struct{}                // closed when the run is over
}

// New makes an exit that does nothing yet. Wrong options show at the first AddPeer.
func New(o Options) *Exit {
	if o.Idle == 0 {
		o.Idle = DefaultIdle
	}
	if !o.Address.Addr().IsValid() {
		o.Address = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), o.Address.Port())
	}
	return &Exit{opts: o, patience: dialTimeout, port: o.Address.Port()}
}

// AddPeer lets the holder of the private half of public in, with the given addresses inside the tunnel, and starts the
// exit if it is not running. Adding a peer again replaces its addresses; flows from those that it
// loses are cut.
func (e *Exit) AddPeer(public wgnet.Key, addrs []netip.Prefix) error {
	return e.AddPeerShared(public, wgnet.Key{}, addrs)
}

// AddPeerShared is AddPeer with a preshared key, which the peer must have too.
func (e *Exit) AddPeerShared(public, preshared wgnet.Key, addrs []netip.Prefix) error {
	if len(addrs) == 0 {
		return errors.New("a peer needs an address in the tunnel")
	}
	for _, p := range addrs {
		for _, own := range e.opts.TunnelAddrs {
			if !p.IsValid() || p.Contains(own) {
				return fmt.Errorf("peer address %s is not valid or takes the exit's own %s", p, own)
			}
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return net.ErrClosed
	}
	fresh := e.run == nil
	if fresh {
		r, err := e.startLocked()
		if err != nil {
			return fmt.Errorf("start exit: %w", err)
		}
		e.run = r
		e.watchers.Go(func() { e.watch(r) })
	}
	r := e.run
	if err := r.dev.AddPeer(wgnet.Peer{PublicKey: public, PresharedKey: preshared, AllowedIPs: addrs}); err != nil {
		if fresh {
			e.stopLocked()
		}
		return err
	}
	r.flows.cut(r.peers[public], addrs)
	r.peers[public] = append([]netip.Prefix(nil), addrs...)
	r.used = time.Now()
	return nil
}

// RemovePeer shuts a peer out and cuts its flows. The exit closes with its last peer. Unknown is fine.
func (e *Exit) RemovePeer(public wgnet.Key) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.run == nil {
		return
	}
	addrs, known := e.run.peers[public]
	if !known {
		return
	}
	delete(e.run.peers, public)
	if len(e.run.peers) == 0 {
		e.stopLocked()
		return
	}
	_ = e.run.dev.RemovePeer(public) // fails only on a closed device
	e.run.flows.cut(addrs, nil)
}

// Endpoint is where WireGuard listens, for the client's configuration. Before the first start its port may be 0.
func (e *Exit) Endpoint() netip.AddrPort {
	e.mu.Lock()
	defer e.mu.Unlock()
	return netip.AddrPortFrom(e.opts.Address.Addr(), e.port)
}

// Running reports whether the exit has a socket open.
func (e *Exit) Running() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.run != nil
}

// Stats are WireGuard's counters since the last start; false when the exit is not running.
func (e *Exit) Stats() (wgnet.Stats, bool) {
	e.mu.Lock()
	r := e.run
	e.mu.Unlock()
	if r == nil {
		return wgnet.Stats{}, false
	}
	return r.dev.Stats(), true
}

// Close cuts everything and ends the exit for good.
func (e *Exit) Close() {
	e.mu.Lock()
	e.closed = true
	e.stopLocked()
	e.mu.Unlock()
	e.watchers.Wait()
}

// startLocked starts on the port of last time. If the caller left the choice to us, another one will do.
func (e *Exit) startLocked() (*running, error) {
	r, err := e.open(e.port)
	if err != nil && e.port != e.opts.Address.Port() {
		r, err = e.open(e.opts.Address.Port())
	}
	if err != nil {
		return nil, err
	}
	e.port = r.dev.ListenPort()
	return r, nil
}

func (e *Exit) open(port uint16) (*running, error) {
	r := &running{
		policy:   NewPolicy(e.opts.Allow),
		dns:      newResolver(e.opts.DNS),
		flows:    newFlows(),
		own:      make(map[netip.Addr]bool),
		patience: e.patience,
		peers:    make(map[wgnet.Key][]netip.Prefix),
		used:     time.Now(),
		done:     make(chan struct{}),
	}
	var addrs []netip.Prefix
	for _, a := range e.opts.TunnelAddrs {
		r.own[a] = true
		addrs = append(addrs, netip.PrefixFrom(a, a.BitLen()))
	}
	n, err := wgnet.NewNet(wgnet.NetOptions{
		Addresses:   e.opts.TunnelAddrs,
		MTU:         e.opts.MTU,
		Promiscuous: true,
		Filter:      r.pass,
	})
	if err != nil {
		return nil, err
	}
	r.net = n
	r.forward()
	r.dev, err = wgnet.NewDevice(n, wgnet.NewBind(wgnet.ListenOn(e.opts.Address.Addr()), wgnet.CutBy(wgnet.RoutersCut)), &wgnet.Config{
		PrivateKey: e.opts.PrivateKey,
		Addresses:  addrs,
		ListenPort: port,
		MTU:        e.opts.MTU,
	}, e.opts.Log)
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (e *Exit) stopLocked() {
	r := e.run
	if r == nil {
		return
	}
	e.run = nil
	close(r.done)
	r.flows.stop()
	r.dev.Close()
	r.flows.wait()
}

// watch closes r when it is idle.
func (e *Exit) watch(r *running) {
	if e.opts.Idle < 0 {
		<-r.done
		return
	}
	timer := time.NewTimer(e.opts.Idle)
	defer timer.Stop()
	for {
		select {
		case <-r.done:
			return
		case <-timer.C:
		}
		left, closed := e.closeIfIdle(r)
		if closed {
			if e.opts.OnIdle != nil {
				e.opts.OnIdle()
			}
			return
		}
		timer.Reset(left)
	}
}

// closeIfIdle closes r if it is idle, or tells how long it may take until it is.
func (e *Exit) closeIfIdle(r *running) (time.Duration, bool) {
	shake := r.dev.Stats().LastHandshake
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.run != r {
		return e.opts.Idle, false // somebody else closed it; done tells
	}
	last := r.used
	if shake.After(last) {
		last = shake
	}
	if left := e.opts.Idle - time.Since(last); left > 0 {
		return left, false
	}
	e.stopLocked()
	return 0, true
}
