package localnode

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/mysteriumvpn/desktop/internal/supervisor"
	"github.com/mysteriumvpn/desktop/internal/wgnet"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

const (
	handshakeLimit = 10 * time.Second
	pollEvery      = time.Second
	pollMisses     = 3  // polls in a row without an answer that are forgiven
	keepalive      = 18 // seconds, the real node's
)

// link is one connection from the beginning of the attempt to the end of its undoing. Node.run owns it.
type link struct {
	offer   *offer
	dns     resolvers
	ctx     context.Context // ends when somebody wants the connection ended
	cancel  context.CancelFunc
	settled chan struct{} // closed when connected or failed; result and err are set then
	result  tequilapi.Connection
	err     error
	done    chan struct{} // closed when all is undone
	undo    []func(context.Context) error
	since   time.Time
	last    supervisor.Stats // the poll before
	lastAt  time.Time
}

func newLink(life context.Context, o *offer, dns resolvers) *link {
	l := &link{offer: o, dns: dns, settled: make(chan struct{}), done: make(chan struct{})}
	l.ctx, l.cancel = context.WithCancel(life)
	return l
}

// run is the whole life of a connection.
func (n *Node) run(l *link) {
	defer close(l.done)
	defer l.cancel()
	iface, err := n.dial(l)
	if err != nil || l.ctx.Err() != nil {
		if l.ctx.Err() != nil {
			err = fmt.Errorf("%w: %w", errCancelled, context.Canceled) // how the real node puts it
		}
		n.logf("WRN", "connect to %s: %v", l.offer.ProviderID, err)
		n.hangUp(l)
		n.change(func() {
			n.link, n.view = nil, tequilapi.Connection{Status: tequilapi.NotConnected}
		})
		l.err = err
		close(l.settled)
		return
	}
	n.change(func() {
		n.view.Status, n.view.SessionID = tequilapi.Connected, newSessionID()
		l.result, l.since = n.view, time.Now()
		n.beginSessionLocked(l.since)
	})
	n.logf("INF", "connected to %s, country=%s, session %s", l.offer.ProviderID, l.offer.Location.Country, l.result.SessionID)
	close(l.settled)
	n.saveHistory()

	if err := n.watch(l, iface); err != nil {
		n.logf("WRN", "connection lost: %v", err)
	}
	n.change(func() { n.view.Status = tequilapi.Disconnecting })
	n.hangUp(l)
	n.change(func() {
		n.sessionLocked("Completed")
		if n.stats != nil {
			n.spent = add(n.spent, n.stats.TokensSpent)
		}
		n.link, n.stats, n.view.Status = nil, nil, tequilapi.NotConnected // the proposal and the session stay in the view
	})
	n.saveHistory()
	n.logf("INF", "disconnected, session %s", l.result.SessionID)
}

var errCancelled = errors.New("could not create p2p channel during connect")

// dial asks for the tunnel in the real node's order and returns when WireGuard has shaken hands. What it has done is
// in l.undo, also when it fails.
func (n *Node) dial(l *link) (iface string, err error) {
	conf, err := n.device(l)
	if err != nil {
		return "", err
	}
	endpoint := conf.Peer.Endpoint
	gateway, err := n.tunnels.DiscoverGateway(l.ctx)
	if err != nil {
		return "", fmt.Errorf("could not start new connection: could not discover the gateway: %w", err)
	}
	l.undo = append(l.undo, func(ctx context.Context) error {
		err := n.tunnels.DeleteRoute(ctx, endpoint.Addr(), gateway)
		_, again := n.tunnels.DiscoverGateway(ctx)
		return errors.Join(err, again)
	})
	if err := n.tunnels.ExcludeRoute(l.ctx, endpoint.Addr(), gateway); err != nil {
		return "", fmt.Errorf("could not start new connection: could not exclude route: %w", err)
	}

	down := supervisor.DefaultIface
	l.undo = append(l.undo, func(ctx context.Context) error { return n.tunnels.Down(ctx, down) })
	iface, err = n.tunnels.Up(l.ctx, conf)
	if err != nil {
		if _, refused := errors.AsType[*supervisor.RefusedError](err); refused {
			l.undo = l.undo[:len(l.undo)-1] // without an answer it may be up all the same; after a refusal it is not
		}
		return "", fmt.Errorf("could not start new connection: failed to start connection endpoint: could not configure device: %w", err)
	}
	down = iface
	if err := n.awaitHandshake(l, iface); err != nil {
		return "", fmt.Errorf("could not start new connection: failed while waiting for a peer handshake: %w", err)
	}
	return iface, nil
}

// device is the configuration for the offer of l. It opens what the far end needs.
func (n *Node) device(l *link) (supervisor.Config, error) {
	if l.offer.conf != nil {
		return n.ownDevice(l)
	}
	private := wgnet.NewPrivateKey()
	public, err := private.PublicKey()
	if err != nil {
		return supervisor.Config{}, err
	}
	// Any number will do: the exit serves nobody else. It differs from the last one's for the sake of packets of an
	// earlier connection that are still on their way.
	own := l.offer.addresses(byte(2 + rand.IntN(253)))
	peer := []netip.Prefix{netip.PrefixFrom(own[0], 32), netip.PrefixFrom(own[1], 128)}
	endpoint, err := n.exits.Open(l.offer, public, peer)
	if err != nil {
		return supervisor.Config{}, fmt.Errorf("could not create p2p channel during connect: %w", err)
	}
	l.undo = append(l.undo, func(context.Context) error { n.exits.Drop(l.offer, public); return nil })
	conf := supervisor.Config{
		Iface: supervisor.DefaultIface, Subnet: netip.PrefixFrom(own[0], 24), Subnet6: netip.PrefixFrom(own[1], 64), PrivateKey: private, DNS: l.dns.addrs,
		Peer: supervisor.Peer{
			PublicKey: l.offer.public, Endpoint: endpoint, Keepalive: keepalive,
			AllowedIPs: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")},
		},
	}
	if l.dns.exit {
		conf.DNS = l.offer.tunnel[:1]
	}
	return conf, nil
}

// awaitHandshake looks more often at first: on one computer the handshake takes milliseconds.
func (n *Node) awaitHandshake(l *link, iface string) error {
	ctx, cancel := context.WithTimeout(l.ctx, handshakeLimit)
	defer cancel()
	for wait := 25 * time.Millisecond; ; wait = min(2*wait, pollEvery) {
		s, err := n.tunnels.Stats(ctx, iface)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return err
		case !s.LastHandshake.IsZero():
			l.last, l.lastAt = s, time.Now()
			return nil
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		}
	}
}

// watch counts until somebody ends the connection, which is no error, or the tunnel is gone.
func (n *Node) watch(l *link, iface string) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for misses := 0; ; {
		select {
		case <-tick.C:
		case <-l.ctx.Done():
			n.lastCount(l, iface)
			return nil
		}
		ctx, cancel := context.WithTimeout(l.ctx, 2*time.Second)
		s, err := n.tunnels.Stats(ctx, iface)
		slow := ctx.Err() != nil
		cancel()
		switch {
		case l.ctx.Err() != nil: // comes round to the select
		case err == nil:
			misses = 0
			n.count(l, s)
		case slow && misses < pollMisses:
			misses++
		default: // the supervisor says that it is gone, or is itself gone
			return err
		}
	}
}

// lastCount is for the history: what passed since the last poll belongs to the session too.
func (n *Node) lastCount(l *link, iface string) {
	ctx, cancel := context.WithTimeout(context.Background(), pollEvery/2)
	defer cancel()
	if s, err := n.tunnels.Stats(ctx, iface); err == nil {
		n.count(l, s)
	}
}

// count turns the device's counters into statistics.
func (n *Node) count(l *link, s supervisor.Stats) {
	now := time.Now()
	rate := func(now, before uint64, d time.Duration) tequilapi.BitRate {
		if d <= 0 || now < before {
			return 0
		}
		return tequilapi.BitRate(float64(now-before) * 8 / d.Seconds())
	}
	passed := now.Sub(l.lastAt)
	v := tequilapi.Statistics{
		BytesSent: s.BytesSent, BytesReceived: s.BytesReceived,
		ThroughputSent:     rate(s.BytesSent, l.last.BytesSent, passed),
		ThroughputReceived: rate(s.BytesReceived, l.last.BytesReceived, passed),
		Duration:           now.Sub(l.since).Truncate(time.Second),
	}
	v.TokensSpent = cost(l.offer.Price, v.Duration, s.BytesSent+s.BytesReceived)
	l.last, l.lastAt = s, now
	n.change(func() {
		n.stats = &v
		n.sessionLocked("New")
	})
}

// hangUp undoes what dial did, the last first, and goes on where something cannot be undone.
func (n *Node) hangUp(l *link) {
	ctx, cancel := context.WithTimeout(context.Background(), undoLimit)
	defer cancel()
	for _, f := range slices.Backward(l.undo) {
		if err := f(ctx); err != nil {
			n.logf("WRN", "disconnect: %v", err)
		}
	}
	l.undo = nil
}
