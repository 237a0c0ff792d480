package tunnel

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

const (
	dialTimeout = 20 * time.Second
	dialStagger = 250 * time.Millisecond // RFC 8305's pause before the next address is tried beside the first
	dialAtMost  = 6                      // addresses of one name
)

// carrier is what the front needs of a network: the tunnel's netstack, or a fake.
type carrier interface {
	DialTCP(ctx context.Context, to netip.AddrPort) (net.Conn, error)
	DialUDP(local, remote netip.AddrPort) (net.Conn, error)
	ListenUDP(local netip.AddrPort) (net.PacketConn, error)
}

// reach says which addresses the tunnel carries.
type reach struct {
	v4, v6  bool           // the device has an address of that family
	allowed []netip.Prefix // the peers' allowed IPs
}

func (r reach) has(a netip.Addr) bool {
	if a.Is4() && !r.v4 || a.Is6() && !r.v6 {
		return false
	}
	for _, p := range r.allowed {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// link is one device that is up, with all that lives no longer than it: resolver, cache, flows.
type link struct {
	net   carrier
	reach reach
	via   *nodeProxy // what dials in place of net, names as they are; nil = net does
	names *resolver
	pages *http.Transport // for absolute-form HTTP requests

	ctx context.Context // ends with the link, with errNotUp as its cause
	end context.CancelCauseFunc

	open  atomic.Int64 // connections through the tunnel
	slow6 atomic.Int64 // unix seconds until which IPv4 is tried first, because IPv6 lost to it; 0 = never

	mu    sync.Mutex
	ended bool           // no flow may begin any more
	flows sync.WaitGroup // Add under mu while !ended
}

func newLink(c carrier, r reach, dns []netip.Addr) *link {
	l := &link{net: c, reach: r}
	l.ctx, l.end = context.WithCancelCause(context.Background())
	l.names = newResolver(l, dns)
	l.pages = newPages(l)
	return l
}

// enter begins a flow; it reports false if the link has ended. Every enter that gave true needs a leave.
func (l *link) enter() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return false
	}
	l.flows.Add(1)
	return true
}

func (l *link) leave() { l.flows.Done() }

// close ends every flow, waits until they have gone, and reports whether there were any connections.
func (l *link) close() bool {
	l.mu.Lock()
	l.ended = true
	l.mu.Unlock()
	open := l.open.Load() > 0
	l.end(errNotUp)
	l.flows.Wait()
	l.pages.CloseIdleConnections()
	return open
}

// until gives a context that ends with ctx, with the link, and after d.
func (l *link) until(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, d)
	stop := context.AfterFunc(l.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}

// dial connects to t through the tunnel. The connection closes by itself when the link ends. The error is a *refusal.
func (l *link) dial(ctx context.Context, t target) (net.Conn, error) {
	ctx, cancel := l.until(ctx, dialTimeout)
	defer cancel()
	var c net.Conn
	var addrs []netip.Addr
	var err error
	if l.via != nil {
		c, err = l.via.dial(ctx, t)
	} else if addrs, err = l.addresses(ctx, t); err == nil {
		c, err = l.race(ctx, addrs, t.port)
	}
	if err == nil {
		return newLinked(l, c), nil
	}
	if l.ctx.Err() != nil {
		return nil, errNotUp
	}
	// What was refused here stays so, even for a program that has given up: that it did says nothing of the cause.
	if own := (*refusal)(nil); ctx.Err() != nil && !errors.As(err, &own) {
		err = ctx.Err() // gVisor may tell of the same thing in other words
	}
	return nil, explain(t, err)
}

// addresses are those of t that the tunnel carries, in the order in which to try them.
func (l *link) addresses(ctx context.Context, t target) ([]netip.Addr, error) {
	if t.name == "" {
		if err := checkAddr(t.addr); err != nil {
			return nil, err
		}
		if !l.reach.has(t.addr) {
			return nil, refuse(noNetwork, "the tunnel does not lead to %s", t.addr)
		}
		return []netip.Addr{t.addr}, nil
	}
	found, err := l.names.lookup(ctx, t.name)
	if err != nil {
		return nil, err
	}
	var v4, v6 []netip.Addr
	for _, a := range found {
		switch {
		// A public name for a local address is an ad blocker or an attack, never a place at the far end.
		case checkAddr(a) != nil || !l.reach.has(a):
		case a.Is4():
			v4 = append(v4, a)
		default:
			v6 = append(v6, a)
		}
	}
	if len(v4)+len(v6) == 0 {
		return nil, refuse(noHost, "%s has no address that the tunnel leads to", t.name)
	}
	first, second := v6, v4
	if time.Now().Unix() < l.slow6.Load() {
		first, second = v4, v6
	}
	var out []netip.Addr
	for i := 0; i < max(len(first), len(second)) && len(out) < dialAtMost; i++ {
		if i < len(first) {
			out = append(out, first[i])
		}
		if i < len(second) {
			out = append(out, second[i])
		}
	}
	return out, nil
}

// race tries the addresses in turn, each beside the ones before it after a pause, and returns the first that connects.
func (l *link) race(ctx context.Context, addrs []netip.Addr, port uint16) (net.Conn, error) {
	if len(addrs) == 1 {
		return l.net.DialTCP(ctx, netip.AddrPortFrom(addrs[0], port))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		conn net.Conn
		addr netip.Addr
		err  error
	}
	results := make(chan result, len(addrs))
	var (
		next, open int
		won        net.Conn
		firstErr   error
		pause      = time.NewTimer(0)
	)
	defer pause.Stop()
	for won == nil && (next < len(addrs) || open > 0) {
		var again <-chan time.Time
		if next < len(addrs) {
			again = pause.C
		}
		select {
		case <-again:
			a := addrs[next]
			go func() {
				c, err := l.net.DialTCP(ctx, netip.AddrPortFrom(a, port))
				results <- result{c, a, err}
			}()
			next++
			open++
			pause.Reset(dialStagger)
		case r := <-results:
			open--
			if r.err == nil {
				won = r.conn
				if r.addr.Is4() && addrs[0].Is6() {
					l.slow6.Store(time.Now().Add(10 * time.Minute).Unix())
				}
				break
			}
			if firstErr == nil {
				firstErr = r.err
			}
			pause.Reset(0) // no need to be polite to one that has failed
		}
		if ctx.Err() != nil {
			next = len(addrs)
		}
	}
	cancel()
	for ; open > 0; open-- { // the losers end at once: their context has
		if r := <-results; r.err == nil {
			_ = r.conn.Close()
		}
	}
	if won != nil {
		return won, nil
	}
	if firstErr == nil {
		firstErr = ctx.Err()
	}
	return nil, firstErr
}

// onEnd runs what when the link ends, unless the function it gives is called before.
func (l *link) onEnd(what func()) func() bool { return context.AfterFunc(l.ctx, what) }

// linked is a connection through the tunnel that ends when its link does.
type linked struct {
	net.Conn
	link *link
	stop func() bool
	once sync.Once
}

func newLinked(l *link, c net.Conn) *linked {
	l.open.Add(1)
	return &linked{Conn: c, link: l, stop: l.onEnd(func() {
		_ = c.SetDeadline(time.Unix(1, 0)) // wakes readers and writers, which Close alone is not sure to do
		_ = c.Close()
	})}
}

// Close closes the connection.
func (c *linked) Close() error {
	c.once.Do(func() { c.link.open.Add(-1) })
	c.stop()
	return c.Conn.Close()
}

// CloseWrite sends FIN and leaves the other way open.
func (c *linked) CloseWrite() error {
	if h, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return h.CloseWrite()
	}
	return nil
}
