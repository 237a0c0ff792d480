// Package bus carries facts and wishes between the parts of one program: typed topics, and lanes on which their
// receivers run. State is for what is true now (the latest value wins), Events for what must each be seen. Floods of
// data stay off it: a State topic tells that there is more, and a cursor reads it. It carries no questions: the answer
// to a command is the state change it causes.
//
// The program's main makes one Bus, its topics and its lanes, and hands out halves: a Sender to who produces, a
// Receiver to who consumes. The package knows nothing of what is sent.
//
// Everything here may be called from any goroutine. A receiver's function runs on its lane, one function at a time, so
// what is only touched on one lane needs no lock. The package promises:
//
//  1. Send never blocks and never runs a receiver. It may be called under a lock and from inside a receiver.
//  2. All receivers of one topic see one order. On one lane, values of different topics arrive in the order of Send.
//  3. A State receiver sees a subsequence of what was sent, ending with the last. Merging keeps the earlier place and
//     the newer value: state may run ahead of events on a lane, never behind them. A Send equal to the current value
//     vanishes.
//  4. On registers and takes the first value in one step: no gap, no duplicate, nothing older after newer.
//  5. cancel is idempotent, never blocks and may be called from inside the receiver. On the receiver's own lane there
//     is no call after it returns; from elsewhere, at most the call already running.
//  6. Values are frozen once sent: nobody writes to a slice or map in them again. The bus itself copies values and
//     never writes to what they point at.
//  7. Slow is visible: a receiver that runs longer than Options.SlowAfter, and an Events queue deeper than
//     Options.DepthWarn, are reported with the place of their On call, once per doubling. Nothing is dropped.
//  8. After Lane.Close or Bus.Close, Send is a counted no-op. Close returns after the running function; called on its
//     own lane it returns at once.
//  9. Panics of receivers are not caught.
//  10. With no Tap set, neither Send nor delivery allocates.
//
// The one exception to promise 1 is a lane whose run function calls its argument on the spot, as Fyne's does in tests
// and after its loop has ended. Even then no lock of the bus is held, and a Send from inside a receiver is queued, not
// nested.
package bus

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Sender is what a producer holds.
type Sender[T any] interface {
	// Send hands v to every receiver. It returns at once; v must not be written to afterwards.
	Send(v T)
}

// Receiver is what a consumer holds.
type Receiver[T any] interface {
	// On calls fn on the receiver's lane with each value until cancel is called. A State calls it with the current
	// value first. fn is never called from inside On, unless the lane's runner works on the spot.
	On(fn func(T)) (cancel func())
}

// Transport is both halves. Only main and tests hold one.
type Transport[T any] interface {
	Sender[T]
	Receiver[T]
}

// Options tune a Bus. The zero Options works: nothing is reported.
type Options struct {
	// Slow is told of slow lanes and deep queues, on a goroutine of the bus that does nothing else. It may block, at
	// the price of later reports. nil = no reports.
	Slow func(Report)
	// SlowAfter is how long one function may keep a lane busy before it is reported. 0 = 100 ms on lanes made by Lane,
	// which draw, and 1 s on all others.
	SlowAfter time.Duration
	// DepthWarn is how many values an Events receiver may have waiting before it is reported. 0 = 256.
	DepthWarn int
}

// Bus is a set of topics and lanes that end together. Make one with New.
type Bus struct {
	opt    Options
	closed atomic.Bool

	mu      sync.Mutex // guards what follows; taken under no Lane.mu
	lanes   []*Lane    // in the order they were made
	topics  []inspector
	home    *Lane
	reports *Lane // runs Options.Slow; made for the first report
	silent  bool  // no reports any more

	taps taps
}

// New makes a bus. Close it when the last of its topics has fallen silent.
func New(o Options) *Bus {
	if o.DepthWarn <= 0 {
		o.DepthWarn = 256
	}
	b := &Bus{opt: o}
	b.taps.bus = b
	return b
}

// Home is the lane of receivers that name none: a lane with its own goroutine, made on first use.
func (b *Bus) Home() *Lane {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.home == nil {
		b.home = b.goLocked("home")
	}
	return b.home
}

// Close ends the bus: from here on Send is a counted no-op. It closes the lanes that are still open, the newest first,
// and returns when no receiver runs any more; then taps and Options.Slow are told the rest of what they are owed.
// Called on one of its own lanes it does not wait for that one. Closing twice is fine.
//
// Close the lanes whose work matters yourself, in the order that teardown needs, and the bus last: work that is queued
// on a lane when it closes is discarded.
func (b *Bus) Close() {
	b.closed.Store(true)
	b.mu.Lock()
	lanes := slices.Clone(b.lanes)
	b.mu.Unlock()
	for i := len(lanes) - 1; i >= 0; i-- {
		lanes[i].Close()
	}
	b.taps.close()
	b.mu.Lock() // only now: a receiver that held up its lane's Close has been reported, too
	b.silent = true
	reports := b.reports
	b.mu.Unlock()
	if reports != nil {
		reports.Close()
	}
}
