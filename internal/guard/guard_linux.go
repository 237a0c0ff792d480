package guard

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"

	"github.com/mysteriumvpn/desktop/internal/netd/wire"
	"github.com/mysteriumvpn/desktop/internal/netdclient"
)

// ErrNoHelper means that nobody listens there: the helper is not installed, or was not started.
var ErrNoHelper = netdclient.ErrNoHelper

// Guard is the helper as a program uses it that carries the whole device: it connects when it is needed, keeps the
// heartbeat, and tells how things stand. Make one with NewGuard.
type Guard struct {
	path    string
	changed func(State)

	mu   sync.Mutex // guards what follows; held while the helper is asked
	c    *netdclient.Client
	stop func() // ends the heartbeat
	told State
	any  bool // told was told
}

// NewGuard makes a Guard for the helper at path. It connects to nobody yet. changed is told each change of how things
// stand, one at a time, and must not call the Guard.
func NewGuard(path string, changed func(State)) *Guard { return &Guard{path: path, changed: changed} }

// Look asks how things stand, without taking anything over. ErrNoHelper says that there is no helper.
func (g *Guard) Look(ctx context.Context) (State, error) {
	var a wire.Answer
	err := g.with(ctx, func(c *netdclient.Client) (err error) { a, err = c.Status(); return err })
	return stateOf(a), err
}

// Hold has nothing leave this computer but WireGuard's datagrams to these addresses.
func (g *Guard) Hold(ctx context.Context, to []netip.AddrPort) error {
	return g.with(ctx, func(c *netdclient.Client) error {
		a, err := c.Begin(to...)
		if err == nil {
			g.keep(c)
			g.tell(stateOf(a))
		}
		return err
	})
}

// Interface makes the tunnel's interface and sends everything into it.
func (g *Guard) Interface(ctx context.Context, addresses []netip.Addr, mtu int, resolvers []netip.Addr) (f *os.File, err error) {
	err = g.with(ctx, func(c *netdclient.Client) error {
		f, err = c.Tunnel(addresses, uint16(mtu), resolvers...) //nolint:gosec // wire checks it
		return err
	})
	return f, err
}

// Socket gives a UDP socket that may reach what is held open.
func (g *Guard) Socket() (u *net.UDPConn, err error) {
	err = g.with(context.Background(), func(c *netdclient.Client) error { u, err = c.Socket(); return err })
	return u, err
}

// Release is the user's word that the tunnel is not wanted any more: the firewall opens, unless lockdown holds it.
func (g *Guard) Release(ctx context.Context) error {
	return g.say(ctx, (*netdclient.Client).Disconnect)
}

// Lockdown switches whether everything is blocked while nobody is connected.
func (g *Guard) Lockdown(ctx context.Context, on bool) error {
	return g.say(ctx, func(c *netdclient.Client) (wire.Answer, error) { return c.Lockdown(on) })
}

// LAN switches whether the local network can be reached.
func (g *Guard) LAN(ctx context.Context, on bool) error {
	return g.say(ctx, func(c *netdclient.Client) (wire.Answer, error) { return c.LAN(on) })
}

func (g *Guard) say(ctx context.Context, what func(*netdclient.Client) (wire.Answer, error)) error {
	return g.with(ctx, func(c *netdclient.Client) error {
		a, err := what(c)
		if err == nil {
			g.tell(stateOf(a))
		}
		return err
	})
}

// Close ends the connection. What is held stays blocked.
func (g *Guard) Close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.drop()
}

// with asks the helper, and connects first where there is no connection. One that broke is dropped.
func (g *Guard) with(ctx context.Context, ask func(*netdclient.Client) error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.c == nil {
		c, err := netdclient.Dial(ctx, g.path)
		if err != nil {
			return err
		}
		g.c = c
	}
	err := ask(g.c)
	if _, refused := errors.AsType[*netdclient.Refusal](err); err != nil && !refused {
		g.lose()
	}
	return err
}

// keep begins the heartbeat of a connection.
func (g *Guard) keep(c *netdclient.Client) {
	if g.stop != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	g.stop = cancel
	go func() {
		err := c.Keep(ctx, func(a wire.Answer) {
			g.mu.Lock()
			defer g.mu.Unlock()
			if g.c == c {
				g.tell(stateOf(a))
			}
		})
		if ctx.Err() != nil {
			return
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		if err != nil && g.c == c {
			g.lose()
		}
	}()
}

// lose drops a connection that broke. What it held is blocked from then on.
func (g *Guard) lose() {
	held := g.told.Held
	g.drop()
	if held {
		g.tell(State{Held: true, Blocked: true, Lost: true, Lockdown: g.told.Lockdown, LAN: g.told.LAN})
	}
}

func (g *Guard) drop() {
	if g.stop != nil {
		g.stop()
		g.stop = nil
	}
	if g.c != nil {
		_ = g.c.Close()
		g.c = nil
	}
}

func (g *Guard) tell(s State) {
	if g.any && s == g.told {
		return
	}
	g.told, g.any = s, true
	g.changed(s)
}

func stateOf(a wire.Answer) State {
	return State{
		Held: a.Held && (a.Yours || int(a.Owner) == os.Getuid()), Blocked: a.Phase == wire.Blocked, Lockdown: a.Lockdown, LAN: a.LAN, Exposed: a.Exposed, Notice: a.Notice,
	}
}
