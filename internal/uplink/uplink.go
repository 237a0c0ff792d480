// Package uplink tells by which way datagrams leave this computer (To), and when that may have changed (Watch): links that
// come and go, addresses, routes, and the end of a sleep. It asks the system and changes nothing, and needs no privileges.
//
// internal/tunnel uses it, to stay connected when the computer's network changes under it.
//
// To may be called from any goroutine. Watch runs on its caller's until its context ends, and calls back from there, one
// change at a time.
package uplink

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"
)

// ErrNone says that no way leads there: no network is up, or none that has a route.
var ErrNone = errors.New("no network leads there")

// Way is how datagrams to an address leave this computer. Two that are equal are the same way.
type Way struct {
	Link    int        // index of the interface
	Name    string     // of the interface
	Source  netip.Addr // our address on it
	Gateway netip.Addr // invalid = the address is on the link itself, or the system does not tell
	MTU     int        // in bytes, of packets with their IP header: the path's as far as the system knows it, else the link's
}

// Change is something that has happened to the computer's network since the last one.
type Change struct {
	Slept time.Duration // the computer slept for so long; 0 = it did not
	Links []int         // indexes of the interfaces that it is about, in no order
	Any   bool          // it may be about any interface
}

// Touches reports whether the change may be about the interface with this index.
func (c Change) Touches(link int) bool { return c.Any || c.Slept > 0 || slices.Contains(c.Links, link) }

func (c *Change) add(more Change) {
	c.Slept += more.Slept
	c.Any = c.Any || more.Any
	for _, l := range more.Links {
		if !slices.Contains(c.Links, l) {
			c.Links = append(c.Links, l)
		}
	}
}

const (
	quiet  = 100 * time.Millisecond // without news for so long, a change is over
	atMost = time.Second            // a change that goes on is told after so long
	look   = time.Second            // how often the clocks are compared
)

// Watch tells of changes until ctx ends, and returns its cause, or why the system cannot be watched. own is the name of an
// interface of ours that does not count; "" = there is none. What comes in one burst is one change.
func Watch(ctx context.Context, own string, tell func(Change)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	news := make(chan Change)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		cancel(listen(ctx, own, news))
	}()
	gather(ctx, news, clocks(), tell)
	<-ended
	return context.Cause(ctx)
}

// gather makes changes of news, and adds those that the clocks tell of. slept is how long the computer has slept since it
// was asked last.
func gather(ctx context.Context, news <-chan Change, slept func() time.Duration, tell func(Change)) {
	var (
		gathered Change
		latest   time.Time // when what is gathered must be told; zero = there is nothing
	)
	done := time.NewTimer(time.Hour)
	done.Stop()
	defer done.Stop()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case c := <-news:
			if latest.IsZero() {
				latest = time.Now().Add(atMost)
			}
			gathered.add(c)
			done.Reset(min(quiet, time.Until(latest)))
		case <-done.C:
			tell(gathered)
			gathered, latest = Change{}, time.Time{}
		case <-tick.C:
			if d := slept(); d > 0 { // what the network does meanwhile is told after it
				tell(Change{Slept: d})
			}
		}
	}
}

// sleepLeast is a difference between two clocks that is a sleep, and not one of reading them one after the other.
const sleepLeast = 500 * time.Millisecond

// sleepBy compares a clock that stands still in sleep with one that does not. step is the least difference that counts.
func sleepBy(awake, always func() time.Duration, step time.Duration) func() time.Duration {
	last := always() - awake()
	return func() time.Duration {
		now := always() - awake()
		d := now - last
		last = now
		if d < step {
			return 0
		}
		return d
	}
}
