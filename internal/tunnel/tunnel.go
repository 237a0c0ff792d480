// Package tunnel brings one WireGuard device up and down in this process, without privileges, and lets programs use
// it through a proxy: one listener that speaks SOCKS5 (CONNECT and UDP ASSOCIATE) and HTTP (CONNECT and plain http://
// requests), open from Listen to Close at an address that never changes. While no device is up the proxy refuses
// (SOCKS5 reply 1, HTTP 503). It never dials by the host and never asks the host's resolver: names are looked up
// through the tunnel, at the DNS servers that came with it.
//
// core calls it, when the node asks for a device (wg-up) and when it wants one gone. A Tunnel lives as long as the
// program.
//
// Every method may be called from any goroutine. Up, Down and Close take turns and return when the work is done. The
// callbacks in Options come from the Tunnel's own goroutine, one at a time; they must not wait for Up, Down or Close.
package tunnel

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"runtime"
	"sync"
	"time"

	"github.com/mysteriumvpn/desktop/internal/uplink"
	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

// teardownTimeout is what a device gets to close. It takes milliseconds; more means that something is stuck.
const teardownTimeout = 10 * time.Second

// ErrClosed is returned by Listen and Up after Close.
var ErrClosed = errors.New("the tunnel is closed")

// Options are what a Tunnel is made with. The zero value works.
type Options struct {
	Log     wgnet.LogFunc   // wireguard-go's lines and a few of ours; nil = none. Never has a key or a destination in it
	OnStall func(StallInfo) // the device that is up stopped hearing from the exit
	OnAlive func()          // it hears from it again; only after OnStall, and only for the same device
	Conns   int             // proxy connections at a time; 0 = 1024

	watch   func(ctx context.Context, own string, tell func(uplink.Change)) error // nil = uplink.Watch; else for tests
	unsized bool                                                                  // for tests: the MTU stays as it is
}

// Proxy is where programs reach the tunnel. Both are the same listener.
type Proxy struct {
	SOCKS5 netip.AddrPort
	HTTP   netip.AddrPort
}

// Tunnel is one WireGuard device, up or not, and the proxy in front of it. Use New.
type Tunnel struct {
	opts Options
	turn chan struct{} // holds one token; who has it may change what is up

	patience time.Duration // teardownTimeout, but for tests

	last speaker // owned by who has the turn

	mu     sync.Mutex
	front  *front
	guard  Guard   // nil = devices run in this process alone
	up     *device // nil = not up
	via    *link   // in its place: another's tunnel, behind a proxy; nil = none
	closed bool
}

// New makes a Tunnel that is not up and does not listen.
func New(o Options) *Tunnel {
	if o.Log == nil {
		o.Log = func(wgnet.Level, string) {}
	}
	if o.OnStall == nil {
		o.OnStall = func(StallInfo) {}
	}
	if o.OnAlive == nil {
		o.OnAlive = func() {}
	}
	if o.watch == nil {
		o.watch = uplink.Watch
	}
	t := &Tunnel{opts: o, turn: make(chan struct{}, 1), patience: teardownTimeout}
	t.turn <- struct{}{}
	return t
}

// Listen opens the proxy at addr (host:port; the host an IP address or "localhost", port 0 = any free one) until
// Close. It can succeed only once; after an error it may be tried again. An address that another program has gives a
// *TakenError, one that is not loopback while expose is false an *ExposedError.
func (t *Tunnel) Listen(addr string, expose bool) (Proxy, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return Proxy{}, ErrClosed
	}
	if t.front != nil {
		return Proxy{}, fmt.Errorf("the proxy already listens on %s", t.front.addr())
	}
	f, err := listen(addr, expose, t.opts.Conns, t.opts.Log, t.link)
	if err != nil {
		return Proxy{}, err
	}
	t.front = f
	return Proxy{SOCKS5: f.addr(), HTTP: f.addr()}, nil
}

// Up makes a device with cfg and sends what programs do next through it. A device that is up already is replaced: its
// flows break, as their far end saw another address. The same cfg again, while the device hears from its exit, changes
// nothing. Up does not wait for a handshake (see Stats), but the device asks for one at once.
//
// A cfg that cannot be right leaves what was up. With a key or a fixed port of its own the new device is made before
// the old one goes; with those of the old one it can only come after, and for that moment nothing is up.
func (t *Tunnel) Up(ctx context.Context, cfg wgnet.Config) error {
	if err := t.take(ctx); err != nil {
		return fmt.Errorf("bring the tunnel up: %w", err)
	}
	defer t.give()
	t.mu.Lock()
	old, closed, guard := t.up, t.closed, t.guard
	t.mu.Unlock()
	switch {
	case closed:
		return ErrClosed
	case ctx.Err() != nil:
		return fmt.Errorf("bring the tunnel up: %w", context.Cause(ctx))
	case old != nil && !old.stalled() && old.guard == guard && reflect.DeepEqual(old.cfg, cfg):
		return nil
	}
	d, err := newDevice(cfg, guard)
	if err != nil {
		return fmt.Errorf("bring the tunnel up: %w", err)
	}
	// There is one interface of the system: the old one has to go first. Its firewall stays.
	if old != nil && (guard != nil || old.guard != nil || cfg.PrivateKey == old.cfg.PrivateKey || cfg.ListenPort != 0 && cfg.ListenPort == old.dev.ListenPort()) {
		t.down()
		old = nil
	}
	if err := t.last.wait(ctx, cfg.PrivateKey); err != nil {
		d.discard()
		return fmt.Errorf("bring the tunnel up: %w", err)
	}
	if err := d.start(ctx, t.opts); err != nil {
		return fmt.Errorf("bring the tunnel up: %w", err)
	}
	t.set(d)
	t.leave()
	if old != nil {
		t.tearDown(old)
	}
	return nil
}

// Down closes the device; flows through it break, and the proxy refuses from then on. Not up is fine.
func (t *Tunnel) Down() {
	_ = t.take(context.Background())
	defer t.give()
	t.down()
}

// Close closes the proxy and the device, for good.
func (t *Tunnel) Close() {
	_ = t.take(context.Background())
	defer t.give()
	t.mu.Lock()
	t.closed = true
	f := t.front
	t.mu.Unlock()
	t.down() // first, so that flows end as flows of a tunnel that went down
	if f != nil {
		t.within("the proxy", f.close)
	}
}

// Stats are the counters of the device that is up; false if none is.
func (t *Tunnel) Stats() (wgnet.Stats, bool) {
	if d := t.device(); d != nil {
		return d.dev.Stats(), true
	}
	return wgnet.Stats{}, false
}

// Rebind opens a new UDP socket for the device and keeps its session, and flows live on. When the computer's network
// changes that is done unasked. Not up is fine.
func (t *Tunnel) Rebind() error {
	if d := t.device(); d != nil {
		return d.dev.Rebind()
	}
	return nil
}

func (t *Tunnel) take(ctx context.Context) error {
	select {
	case <-t.turn:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (t *Tunnel) give() { t.turn <- struct{}{} }

func (t *Tunnel) device() *device {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.up
}

func (t *Tunnel) link() *link {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.up != nil {
		return t.up.link
	}
	return t.via
}

func (t *Tunnel) set(d *device) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.up = d
}

// down needs the turn.
func (t *Tunnel) down() {
	t.leave()
	if d := t.device(); d != nil {
		t.set(nil)
		t.tearDown(d)
	}
}

// leave ends Via, if anything is there to end. It needs the turn.
func (t *Tunnel) leave() {
	t.mu.Lock()
	l := t.via
	t.via = nil
	t.mu.Unlock()
	if l != nil {
		t.within("a flow through the proxy of a node", func() { l.close() })
	}
}

// tearDown closes the device even when a flow does not end: what is left behind must not be a way out.
func (t *Tunnel) tearDown(d *device) {
	t.within("a flow through the tunnel", d.endFlows)
	t.within("the WireGuard device", d.dev.Close)
	t.last = speaker{d.cfg.PrivateKey, time.Now()}
}

// speaker is the key of a device that is gone, and since when.
type speaker struct {
	key  wgnet.Key
	gone time.Time
}

// keyPause is how long a key is silent between two devices. What the old one sent last may still be on its way, and
// the exit would answer the new one's handshake to where that came from. Also, WireGuard refuses handshakes of one key
// that are less than 17 to 20 ms apart. Either way the handshake is repeated only after 5 s, so waiting is faster.
const keyPause = 50 * time.Millisecond

// wait returns when a device with key may speak.
func (h speaker) wait(ctx context.Context, key wgnet.Key) error {
	if key != h.key {
		return nil
	}
	pause := time.NewTimer(time.Until(h.gone.Add(keyPause)))
	defer pause.Stop()
	select {
	case <-pause.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// within does what, and goes on without it if it takes too long: the caller has other things to close. The stacks of
// all goroutines go to the log then, for they say what is stuck.
func (t *Tunnel) within(name string, what func()) {
	done := make(chan struct{})
	go func() { defer close(done); what() }()
	late := time.NewTimer(t.patience)
	defer late.Stop()
	select {
	case <-done:
	case <-late.C:
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		t.opts.Log(wgnet.LevelError, fmt.Sprintf("%s did not close within %s; it is left behind\n%s", name, t.patience, stacks))
	}
}
