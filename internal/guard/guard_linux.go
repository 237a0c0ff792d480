package guard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/mysteriumvpn/desktop/internal/netd/wire"
	"github.com/mysteriumvpn/desktop/internal/netdclient"
)

// ErrNoHelper means that nobody listens there: the helper is not installed, or was not started.
var ErrNoHelper = netdclient.ErrNoHelper

// Stranger tells that the helper is there, and does not let this user in.
func Stranger(err error) bool {
	r, ok := errors.AsType[*netdclient.Refusal](err)
	return ok && r.Code == wire.Denied
}

// seek is how often a helper that was lost is looked for.
const seek = 2 * time.Second

// Guard is the helper as a program uses it that carries the whole device: it connects when it is needed, keeps the
// heartbeat, and tells how things stand. Make one with NewGuard.
type Guard struct {
	path    string
	changed func(State)
	seek    time.Duration

	mu     sync.Mutex // guards what follows; held while the helper is asked
	c      *netdclient.Client
	beat   func()             // ends the heartbeat, or the search for a helper that was lost; nil = neither is under way
	beats  *netdclient.Client // whose heartbeat it is; nil = it is the search
	told   State
	any    bool // told was told
	doubt  bool // the helper was told to take over, and did not answer
	closed bool
}

// NewGuard makes a Guard for the helper at path. It connects to nobody yet. changed is told each change of how things
// stand, one at a time, and must not call the Guard.
func NewGuard(path string, changed func(State)) *Guard {
	return &Guard{path: path, changed: changed, seek: seek}
}

// Look asks how things stand, without taking anything over, and tells it as a change. ErrNoHelper says that there is no
// helper.
func (g *Guard) Look(ctx context.Context) (State, error) {
	return g.ask(ctx, (*netdclient.Client).Status)
}

// Hold has nothing leave this computer but WireGuard's datagrams to these addresses.
func (g *Guard) Hold(ctx context.Context, to []netip.AddrPort) error {
	return g.with(ctx, false, false, func(c *netdclient.Client) error {
		a, err := c.Begin(to...)
		switch _, refused := errors.AsType[*netdclient.Refusal](err); {
		case err == nil:
			g.keep(c)
			g.tell(a)
		case refused: // it may have blocked all the same
			g.tell(a)
		default: // nobody knows what it has done: it blocks first
			g.doubt = true
		}
		return err
	})
}

// Interface makes the tunnel's interface and sends everything into it.
func (g *Guard) Interface(ctx context.Context, addresses []netip.Addr, mtu int, resolvers []netip.Addr) (f *os.File, err error) {
	err = g.with(ctx, false, false, func(c *netdclient.Client) error {
		f, err = c.Tunnel(addresses, uint16(mtu), resolvers...) //nolint:gosec // wire checks it
		return err
	})
	return f, err
}

// Socket gives a UDP socket that may reach what is held open, on this port; 0 is any.
func (g *Guard) Socket(port uint16) (u *net.UDPConn, err error) {
	err = g.with(context.Background(), false, false, func(c *netdclient.Client) error { u, err = c.Socket(port); return err })
	return u, err
}

// MTU changes that of the tunnel's interface, in bytes.
func (g *Guard) MTU(ctx context.Context, mtu int) error {
	return g.with(ctx, false, false, func(c *netdclient.Client) error {
		_, err := c.MTU(uint16(mtu)) //nolint:gosec // wire checks it
		return err
	})
}

// Rules are those of the firewall as the kernel has them, in the words of nft(8), with counters of what was refused.
// Empty: there are none, and the device is open. node is the user that the helper runs the node as, 0 = none.
func (g *Guard) Rules(ctx context.Context) (rules string, node uint32, err error) {
	ask := func(c *netdclient.Client) error { rules, node, err = c.Rules(); return err }
	if g.holding() != nil {
		err = g.aside(ctx, ask)
	} else {
		err = g.with(ctx, true, false, ask)
	}
	return rules, node, err
}

// Release is the user's word that the tunnel is not wanted any more: the firewall opens, unless lockdown holds it. The
// word reaches a helper that was started again since it was heard last, too. The connection ends with it, so that what
// another program holds afterwards is not taken for ours.
func (g *Guard) Release(ctx context.Context) error {
	return g.with(ctx, true, true, func(c *netdclient.Client) error {
		a, err := c.Disconnect()
		if err == nil {
			g.tell(a)
			g.drop()
		}
		return err
	})
}

// Lockdown switches whether everything is blocked while nobody is connected.
func (g *Guard) Lockdown(ctx context.Context, on bool) error {
	_, err := g.ask(ctx, func(c *netdclient.Client) (wire.Answer, error) { return c.Lockdown(on) })
	return err
}

// LAN switches whether the local network can be reached.
func (g *Guard) LAN(ctx context.Context, on bool) error {
	_, err := g.ask(ctx, func(c *netdclient.Client) (wire.Answer, error) { return c.LAN(on) })
	return err
}

// ask tells what is answered as a change.
func (g *Guard) ask(ctx context.Context, what func(*netdclient.Client) (wire.Answer, error)) (s State, err error) {
	if owner := g.holding(); owner != nil {
		var a wire.Answer
		err := g.aside(ctx, func(c *netdclient.Client) error { a, err = what(c); return err })
		if err != nil {
			return State{}, err
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.c != owner { // it ended meanwhile, and who ended it has told how things stand
			return g.told, nil
		}
		a.Yours = a.Held && !a.Ownerless && int(a.Owner) == os.Getuid()
		return g.tell(a), nil
	}
	err = g.with(ctx, true, false, func(c *netdclient.Client) error {
		a, err := what(c)
		if err == nil {
			s = g.tell(a)
		}
		return err
	})
	return s, err
}

// holding is our connection while a tunnel hangs on it; else nil.
func (g *Guard) holding() *netdclient.Client {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.c == nil || g.beats != g.c || !g.told.Held {
		return nil
	}
	return g.c
}

// aside asks by a connection of its own: who gives up waiting must not end the tunnel.
func (g *Guard) aside(ctx context.Context, ask func(*netdclient.Client) error) error {
	c, err := netdclient.Dial(ctx, g.path)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	return bound(ctx, true, c, ask)
}

// Close ends the connection. What is held stays blocked.
func (g *Guard) Close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	g.drop()
}

// with asks the helper, and connects first where there is no connection. One that broke while it held nothing, as the
// helper lets go of those that say nothing for long, is made anew once. anew: so is one that held everything, for what
// any helper may be asked. bounded: ctx ends the asking, too, at the price of the connection.
func (g *Guard) with(ctx context.Context, bounded, anew bool, ask func(*netdclient.Client) error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return net.ErrClosed
	}
	for {
		fresh := g.c == nil
		if fresh {
			c, err := netdclient.Dial(ctx, g.path)
			if err != nil {
				if g.doubt {
					g.lose()
				}
				return err
			}
			g.c = c
		}
		err := bound(ctx, bounded, g.c, ask)
		r, refused := errors.AsType[*netdclient.Refusal](err)
		switch {
		case err == nil:
			return nil
		case refused:
			if r.Code == wire.Denied && fresh { // a stranger's connection ends with the refusal
				g.drop()
			}
			return err
		case fresh || g.told.Held && !anew || ctx.Err() != nil:
			g.lose()
			return err
		}
		g.doubt = g.doubt || g.told.Held // if no other helper is there it is lost
		g.drop()
	}
}

func bound(ctx context.Context, bounded bool, c *netdclient.Client, ask func(*netdclient.Client) error) error {
	if !bounded {
		return ask(c)
	}
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	err := ask(c)
	if !stop() && err != nil && context.Cause(ctx) != nil {
		return fmt.Errorf("mysteriumvpn-netd does not answer: %w", context.Cause(ctx))
	}
	return err
}

// keep begins the heartbeat of a connection.
func (g *Guard) keep(c *netdclient.Client) {
	if g.beats == c {
		return
	}
	if g.beat != nil {
		g.beat()
	}
	ctx, cancel := context.WithCancel(context.Background())
	g.beat, g.beats = cancel, c
	go func() {
		err := c.Keep(ctx, func(a wire.Answer) {
			g.mu.Lock()
			defer g.mu.Unlock()
			if g.c == c {
				g.tell(a)
			}
		})
		g.mu.Lock()
		defer g.mu.Unlock()
		if err != nil && ctx.Err() == nil && g.c == c {
			g.lose()
		}
	}()
}

// lose drops a connection that broke. What it held is blocked from then on, and the helper is looked for until it says
// how things stand.
func (g *Guard) lose() {
	held := g.told.Held || g.doubt
	g.doubt = false
	g.drop()
	if !held {
		return
	}
	g.say(State{Held: true, Blocked: true, Lost: true, Lockdown: g.told.Lockdown, LAN: g.told.LAN})
	ctx, cancel := context.WithCancel(context.Background())
	g.beat, g.beats = cancel, nil
	go func() {
		for t := time.NewTicker(g.seek); ; {
			select {
			case <-ctx.Done():
				t.Stop()
				return
			case <-t.C:
			}
			limit, done := context.WithTimeout(ctx, max(g.seek, time.Second))
			_, err := g.Look(limit)
			done()
			if err == nil {
				t.Stop()
				return
			}
		}
	}()
}

func (g *Guard) drop() {
	if g.beat != nil {
		g.beat()
		g.beat, g.beats = nil, nil
	}
	if g.c != nil {
		_ = g.c.Close()
		g.c = nil
	}
}

// tell tells what an answer says, if it is another thing than before.
func (g *Guard) tell(a wire.Answer) State {
	s := State{
		Held: a.Held && (a.Yours || a.Ownerless && int(a.Owner) == os.Getuid()), Blocked: a.Phase == wire.Blocked,
		Lockdown: a.Lockdown, LAN: a.LAN, Exposed: a.Exposed, Notice: a.Notice,
	}
	g.doubt = false
	g.say(s)
	return s
}

func (g *Guard) say(s State) {
	if g.any && s == g.told {
		return
	}
	g.told, g.any = s, true
	g.changed(s)
}
