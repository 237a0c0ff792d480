// Package core is the machine that connects: it takes Commands from the bus and facts from the node, the supervisor
// and the tunnel, decides the Phase, and orders the other parts. Decisions are made by next, a pure function; here is
// the edge that carries its orders out and brings their answers back.
//
// cmd makes one Core, hands it its parts and calls Serve.
//
// All state belongs to one lane. Orders run on goroutines of their own, which Serve waits for; each posts its answer
// back onto the lane. The exported methods may be called from any goroutine.
package core

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/supervisor"
	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/internal/wgnet"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// Node is the process that we run or have adopted. It reports its states to Core.NodeState.
type Node interface {
	// Serve runs the node until ctx ends, and returns when it is gone.
	Serve(ctx context.Context) error
	// Retry starts it again after it was given up.
	Retry()
}

// Tunnel is our WireGuard device behind its proxy.
type Tunnel interface {
	Up(ctx context.Context, c wgnet.Config) error
	Via(ctx context.Context, proxy netip.AddrPort) error
	Down()
	Stats() (wgnet.Stats, bool)
}

// Parts are what a Core drives. All are needed.
type Parts struct {
	Log  *zap.Logger
	Lane *bus.Lane // core's own

	Status    bus.Sender[vpn.Status]
	Moves     bus.Sender[vpn.Status] // as Status, when the phase or the exit has changed; before it; nil = nobody counts them
	Traffic   bus.Sender[vpn.Traffic]
	Settings  *bus.State[vpn.Settings]
	Proposals bus.Sender[uint64]
	Notices   bus.Sender[vpn.Notice]
	Commands  bus.Receiver[vpn.Command] // on Lane

	Node       Node
	API        func(address string) (*tequilapi.Client, error) // the client of the node at host:port
	Tunnel     Tunnel
	Book       *proposals.Book
	Supervisor net.Listener // the node asks here for the tunnel; closed by Serve
	Network    vpn.Network
	Proxy      vpn.Proxy
	Carrying   Carrying // zero = the node asks Supervisor for its tunnel

	// Guard owns the network of the whole device; nil = this system has none. Carry says before each dial whether that
	// is what the connection is for; nil with it.
	Guard Guard
	Carry func(whole bool)

	// PassingNode says that the node may pass beside the tunnel: then nothing else does from the moment at which the
	// whole device is to be connected. Only our own servers can do without such a node.
	PassingNode bool

	// Who tells which identity connects, "" = the one that the node remembers, and the passphrase that unlocks it. It
	// may take a moment. nil = the one that the node remembers, without a passphrase.
	Who func() (id, passphrase string)

	// Live hears which connection is wished for or being closed, "" = none, so that what others say meanwhile can be put
	// down to it. It is called on Lane. nil = nobody listens.
	Live func(connection string)

	// Keep keeps the records of providers for the next start. It must not wait. nil = nobody does.
	Keep func(map[string]proposals.Record)
}

// Carrying is a node that keeps the tunnel to itself and lets us in by a proxy.
type Carrying struct {
	At   netip.AddrPort         // where its proxy shall be, on loopback; zero = the tunnel is ours
	Ours func(addr string) bool // whether who listens there is this user or root: another could have been faster
	Lack vpn.Reason             // what cannot be had then
}

// line is how the node tells its connections apart: by the port of their proxies.
func (c Carrying) line() int { return int(c.At.Port()) }

// Core is the running machine.
type Core struct {
	Parts
	ctx      context.Context // ends when Serve is about to return
	end      context.CancelFunc
	nodeCtx  context.Context // ends when the node is to stop
	stopNode context.CancelFunc
	work     sync.WaitGroup // what Serve waits for
	finished chan struct{}  // closed by the finish effect
	forget   func()         // stops taking commands
	order    atomic.Uint64  // state.order, for those off the lane
	idle     atomic.Bool    // nothing is connected, and nothing is wished for
	serves   atomic.Value   // string: live, for those off the lane
	fastest  atomic.Uint64  // bytes in the fastest second of the connection that is up

	// On the lane.
	state    state
	api      *tequilapi.Client
	watching context.CancelFunc // the watch of the node that runs now; nil = none
	cancel   context.CancelFunc // the dial under way
	dialing  chan struct{}      // closed when the dial under way has returned
	consumer string             // the identity that is unlocked
	pending  bool               // its registration is under way
	paid     price              // what the provider asked when it was dialed last
	avoided  map[string]time.Time
	filter   nodeFilter // of the settings, as last seen

	stories stories

	tunnelMu  sync.Mutex    // one Up or Down at a time; never taken on the lane
	tunnelGen atomic.Uint64 // rises with each wg-up, so that a late drop cannot hit a newer tunnel
}

// New makes a Core, which takes commands from now on; nothing runs before Serve, which must follow.
func New(p Parts) *Core {
	c := &Core{Parts: p, finished: make(chan struct{}), avoided: map[string]time.Time{}}
	c.ctx, c.end = context.WithCancel(context.Background())
	c.nodeCtx, c.stopNode = context.WithCancel(c.ctx)
	c.state.Network, c.state.Proxy, c.state.Mode = p.Network, p.Proxy, p.modeOf(p.Settings.Load())
	c.state.nextMode = c.state.Mode
	c.Lane.Post(func() { c.Status.Send(c.state.Status) })
	c.filter = nodeFilterOf(c.Settings.Load())
	commands := c.Commands.On(func(v vpn.Command) {
		if v.Verb == vpn.Connect && v.Connection == "" {
			v.Connection = newConnection()
		}
		if v.Verb == vpn.Relist {
			c.relist()
		}
		c.take(command(v))
	})
	settings := c.Settings.Via(c.Lane).On(func(s vpn.Settings) {
		c.filterChanged(s)
		c.take(modeWanted{c.modeOf(s)})
	})
	c.forget = func() { commands(); settings() }
	return c
}

// Serve runs until ctx ends or a Quit was carried out: by then the connection is closed, the tunnel down, the node
// gone and no goroutine left. It may be called once.
func (c *Core) Serve(ctx context.Context) error {
	defer c.end()
	defer c.forget()
	c.work.Go(func() {
		if err := supervisor.Serve(c.ctx, c.Supervisor, &lineman{c}); err != nil && c.ctx.Err() == nil {
			c.Log.Error("the supervisor socket broke", zap.Error(err))
		}
	})
	c.work.Go(func() {
		err := c.Node.Serve(c.nodeCtx)
		if c.nodeCtx.Err() == nil {
			c.Log.Error("the node's keeper stopped", zap.Error(err))
		}
		c.Lane.Post(func() { c.run(finish{}) })
	})
	c.work.Go(c.meter)
	c.Lane.Post(c.lookForLeftovers)

	select {
	case <-ctx.Done():
		c.post(command{Verb: vpn.Quit})
		<-c.finished
	case <-c.finished:
	}
	c.end()
	c.work.Wait()
	c.Tunnel.Down()
	return nil
}

// Stalled tells that the tunnel's exit does not answer any more.
func (c *Core) Stalled() { c.post(stalled{}) }

// live is the id of the connection that is wished for, or is being closed. It is on the lane.
func (c *Core) live() string {
	if c.state.want || c.state.line != noLine {
		return c.state.Connection
	}
	return ""
}

// logNow is the log for what is done beside the lane for the connection that is live.
func (c *Core) logNow() *zap.Logger {
	id, _ := c.serves.Load().(string)
	return c.logOf(id)
}

// logOf is the log for what is done for a connection.
func (c *Core) logOf(connection string) *zap.Logger {
	if connection == "" {
		return c.Log
	}
	return c.Log.With(zap.String("connection", connection))
}

func (c *Core) post(in input) { c.Lane.Post(func() { c.take(in) }) }

// take is where everything comes in, on the lane.
func (c *Core) take(in input) {
	old := c.state
	s, effects := next(old, in)
	now := time.Now()
	if s.Phase != old.Phase {
		s.Since = now
		c.logOf(s.Connection).Info("phase", zap.Stringer("from", old.Phase), zap.Stringer("to", s.Phase),
			zap.String("provider", s.Exit.ProviderID), zap.String("country", s.Exit.Country), zap.String("reason", s.Reason.Text()))
	}
	c.state = s
	c.order.Store(s.order)
	c.idle.Store(!s.want && s.line == noLine)
	if id := c.live(); id != c.serves.Load() {
		c.serves.Store(id)
		if c.Live != nil {
			c.Live(id)
		}
	}
	c.follow(old.Node, s.Node)
	if s.Status != old.Status {
		c.stories.tell(s.target, s.Status, now)
		c.note(proposals.Noted(old.Status, s.Status))
		if s.Phase == vpn.Up && old.Phase != vpn.Up {
			c.Traffic.Send(c.read(vpn.Traffic{})) // whoever hears of Up finds its counters too
		}
		if c.Moves != nil && (s.Phase != old.Phase || s.Exit != old.Exit) {
			c.Moves.Send(s.Status)
		}
		c.Status.Send(s.Status)
	}
	for _, e := range effects {
		c.run(e)
	}
}

// follow keeps the client and the watch in step with the node process.
func (c *Core) follow(old, now vpn.Node) {
	up := now.State == vpn.NodeRunning
	if up && old.State == vpn.NodeRunning && old.PID == now.PID && old.API == now.API {
		return
	}
	if c.watching != nil {
		c.watching()
		c.watching = nil
	}
	if !up {
		return
	}
	api, err := c.API(now.API)
	if err != nil {
		c.Log.Error("node address", zap.String("address", now.API), zap.Error(err))
		return
	}
	c.api = api
	ctx, stop := context.WithCancel(c.ctx)
	c.watching = stop
	c.work.Go(func() { c.watch(ctx, api) })
}

// async runs fn beside the lane and posts the input that it returns.
func (c *Core) async(limit time.Duration, fn func(ctx context.Context) input) {
	connection := c.live()
	c.work.Go(func() {
		ctx, stop := context.WithTimeout(of(c.ctx, connection), limit)
		defer stop()
		if in := fn(ctx); in != nil {
			c.post(in)
		}
	})
}
