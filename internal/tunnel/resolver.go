package tunnel

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

const (
	cacheNames = 1024
	cacheMost  = 5 * time.Minute  // however long the answer says: a resolver may hand out addresses in turn
	cacheNone  = 30 * time.Second // that a name has no address of one family
	secondWait = 50 * time.Millisecond
)

// tries are how long to wait for an answer, one try after the other, servers taken in turn.
var tries = []time.Duration{1500 * time.Millisecond, 3 * time.Second, 5 * time.Second}

// resolver asks the tunnel's DNS servers, through the tunnel. It is a stub: it believes what those servers say. Search
// domains of the host are never applied and its hosts file is never read. It lives as long as its link, so a new
// tunnel starts with an empty cache.
type resolver struct {
	link    *link
	servers []netip.Addr

	mu    sync.Mutex
	known map[question]answer
	calls map[question]*call
}

type question struct {
	name string // lower case, without the last dot
	kind dnsmessage.Type
}

type answer struct {
	addrs []netip.Addr
	until time.Time
}

// call is one question that is being asked, shared by all who want to know.
type call struct {
	done  chan struct{}
	addrs []netip.Addr
	err   error
}

func newResolver(l *link, servers []netip.Addr) *resolver {
	r := &resolver{link: l, known: map[question]answer{}, calls: map[question]*call{}}
	for _, s := range servers {
		if s = s.Unmap(); l.reach.has(s) {
			r.servers = append(r.servers, s)
		}
	}
	return r
}

// kinds are the questions worth asking: an address of a family that the tunnel does not carry is of no use.
func (r *resolver) kinds() []dnsmessage.Type {
	var k []dnsmessage.Type
	if r.link.reach.v6 {
		k = append(k, dnsmessage.TypeAAAA)
	}
	if r.link.reach.v4 {
		k = append(k, dnsmessage.TypeA)
	}
	return k
}

func plainName(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// cached is what is known of name without asking; false if any part of it would have to be asked for.
func (r *resolver) cached(name string) ([]netip.Addr, bool) {
	name = plainName(name)
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []netip.Addr
	for _, k := range r.kinds() {
		a, ok := r.known[question{name, k}]
		if !ok || time.Now().After(a.until) {
			return nil, false
		}
		out = append(out, a.addrs...)
	}
	return out, len(out) > 0
}

// lookup gives the addresses of name, IPv6 first. Both families are asked for at once; once one has answered the other
// gets a moment more (RFC 8305). The error is a *refusal, or that of ctx.
func (r *resolver) lookup(ctx context.Context, name string) ([]netip.Addr, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	if len(r.servers) == 0 {
		return nil, refuse(noHost, "the tunnel came without a DNS server, so %s cannot be looked up; use an IP address", name)
	}
	name = plainName(name)
	kinds := r.kinds()
	type part struct {
		i     int
		addrs []netip.Addr
		err   error
	}
	parts := make(chan part, len(kinds))
	for i, k := range kinds {
		c := r.ask(question{name, k})
		go func() {
			select {
			case <-c.done:
				parts <- part{i, c.addrs, c.err}
			case <-ctx.Done():
				parts <- part{i, nil, ctx.Err()}
			}
		}()
	}
	got := make([][]netip.Addr, len(kinds))
	var bad error
	var enough <-chan time.Time
	for range kinds {
		select {
		case p := <-parts:
			got[p.i] = p.addrs
			if p.err != nil && bad == nil {
				bad = p.err
			}
			if len(p.addrs) > 0 && enough == nil {
				enough = time.After(secondWait)
			}
			continue
		case <-enough:
		}
		break
	}
	var out []netip.Addr
	for _, a := range got {
		out = append(out, a...)
	}
	switch {
	case len(out) > 0:
		return out, nil
	case bad != nil:
		return nil, bad
	default:
		return nil, refuse(noHost, "%s has no address", name)
	}
}

// ask gives the answer that is known, or joins the call for it, or starts one. A call outlives those who started it:
// its answer is of use to the next.
func (r *resolver) ask(q question) *call {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a, ok := r.known[q]; ok {
		if time.Now().Before(a.until) {
			c := &call{done: make(chan struct{}), addrs: a.addrs}
			close(c.done)
			return c
		}
		delete(r.known, q)
	}
	if c, ok := r.calls[q]; ok {
		return c
	}
	c := &call{done: make(chan struct{})}
	if !r.link.enter() {
		c.err = errNotUp
		close(c.done)
		return c
	}
	r.calls[q] = c
	go func() {
		defer r.link.leave()
		addrs, ttl, err := r.query(q)
		r.mu.Lock()
		delete(r.calls, q)
		if err == nil && ttl > 0 {
			if len(r.known) >= cacheNames {
				clear(r.known) // a small cache: starting anew costs less than choosing whom to forget
			}
			r.known[q] = answer{addrs, time.Now().Add(min(ttl, cacheMost))}
		}
		r.mu.Unlock()
		c.addrs, c.err = addrs, err
		close(c.done)
	}()
	return c
}

// query asks the servers in turn until one gives a definite answer. No address at all is an answer, with no error.
func (r *resolver) query(q question) ([]netip.Addr, time.Duration, error) {
	var last error
	for i, wait := range tries {
		server := r.servers[i%len(r.servers)]
		ctx, cancel := r.link.until(r.link.ctx, wait)
		a, err := r.exchange(ctx, server, q)
		cancel()
		switch {
		case r.link.ctx.Err() != nil:
			return nil, 0, errNotUp
		case err != nil:
			last = err
		case a.code == dnsmessage.RCodeSuccess:
			if len(a.addrs) == 0 {
				a.ttl = cacheNone
			}
			return a.addrs, a.ttl, nil
		case a.code == dnsmessage.RCodeNameError:
			return nil, 0, refuse(noHost, "there is no host named %s", q.name)
		default:
			last = refuse(noHost, "the exit's DNS server could not look up %s: %s", q.name, a.code)
		}
	}
	var no *refusal
	if errors.As(last, &no) {
		return nil, 0, no
	}
	c := causeOf(last)
	if c == unknownCause || c == connRefused {
		c = noHost
	}
	return nil, 0, &refusal{cause: c, text: "the exit's DNS server did not answer for " + q.name, err: last}
}

// exchange asks one server once: by UDP, and by TCP if the answer was too long for that.
func (r *resolver) exchange(ctx context.Context, server netip.Addr, q question) (dnsAnswer, error) {
	id := newDNSID()
	msg, err := appendQuestion(make([]byte, 2, 300), id, q) // room for TCP's length
	if err != nil {
		return dnsAnswer{}, refuse(noHost, "%s is not a host name", q.name)
	}
	to := netip.AddrPortFrom(server, 53)
	// A new socket each time: its port, chosen at random, is half of what keeps forged answers out.
	c, err := r.link.net.DialUDP(netip.AddrPort{}, to)
	if err != nil {
		return dnsAnswer{}, err
	}
	a, err := exchangeUDP(ctx, c, msg[2:], id, q)
	_ = c.Close()
	if err != nil || !a.truncated {
		return a, err
	}
	c, err = r.link.net.DialTCP(ctx, to)
	if err != nil {
		return dnsAnswer{}, err
	}
	defer func() { _ = c.Close() }()
	return exchangeTCP(ctx, c, msg, id, q)
}

// bindContext makes reads and writes of c fail when ctx ends.
func bindContext(ctx context.Context, c net.Conn) func() bool {
	return context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
}

func exchangeUDP(ctx context.Context, c net.Conn, msg []byte, id uint16, q question) (dnsAnswer, error) {
	defer bindContext(ctx, c)()
	if _, err := c.Write(msg); err != nil {
		return dnsAnswer{}, err
	}
	buf := make([]byte, 4096)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return dnsAnswer{}, err
		}
		// What is not the answer to this question is somebody's forgery or a late duplicate: go on listening.
		if a, err := parseAnswer(buf[:n], id, q); err == nil {
			return a, nil
		}
	}
}

func exchangeTCP(ctx context.Context, c net.Conn, msg []byte, id uint16, q question) (dnsAnswer, error) {
	defer bindContext(ctx, c)()
	binary.BigEndian.PutUint16(msg, uint16(len(msg)-2))
	if _, err := c.Write(msg); err != nil {
		return dnsAnswer{}, err
	}
	var size [2]byte
	if _, err := io.ReadFull(c, size[:]); err != nil {
		return dnsAnswer{}, err
	}
	buf := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(c, buf); err != nil {
		return dnsAnswer{}, err
	}
	a, err := parseAnswer(buf, id, q)
	if a.truncated {
		a.truncated = false // over TCP there is no more to be had
	}
	return a, err
}
