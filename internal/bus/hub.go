package bus

import (
	"slices"
	"sync"
	"time"
)

// hub is what State and Events share: the list of receivers and the way to them. Locks are taken in the order hub.mu,
// Lane.mu; no code of others runs under either, except a State's same.
type hub[T any] struct {
	bus   *Bus
	name  string
	merge bool // a newer value replaces the one that waits

	mu        sync.Mutex // guards what follows
	receivers []*receiver[T]
	sent      uint64
	vanished  uint64 // equal to the current value
	late      uint64 // after Bus.Close
}

// receiver is one On call.
type receiver[T any] struct {
	seat
	fn      func(T)
	waiting ring[T] // guarded by lane.mu
}

// seat is the part of a receiver that its lane knows. Guarded by lane.mu, but for what never changes.
type seat struct {
	topic   string // never changes, like the next three
	where   string // of the On call
	lane    *Lane
	deliver func() // bound once, so that queueing it allocates nothing

	max    int // the deepest the queue has been
	warnAt int // report when the queue is deeper than this
	seen   uint64
	merged uint64
	late   uint64        // refused because the lane is closed
	busy   time.Duration // in fn, all calls together
}

// via is a Receiver on a lane of the caller's choice.
type via[T any] struct {
	lane *Lane
	on   func(*Lane, func(T)) func()
}

func (v via[T]) On(fn func(T)) (cancel func()) { return v.on(v.lane, fn) }

func (h *hub[T]) mustShareBus(l *Lane) {
	if l.bus != h.bus {
		panic("bus: topic " + h.name + " and lane " + l.name + " belong to different buses")
	}
}

func (h *hub[T]) newReceiver(l *Lane, fn func(T)) *receiver[T] {
	r := &receiver[T]{fn: fn, seat: seat{topic: h.name, where: callSite(), lane: l, warnAt: h.bus.opt.DepthWarn}}
	r.deliver = r.call
	return r
}

// joinLocked puts r in the list. Where the bus is closed nothing will ever be sent, so it does not.
func (h *hub[T]) joinLocked(r *receiver[T]) bool {
	if h.bus.closed.Load() {
		return false
	}
	h.receivers = append(h.receivers, r)
	return true
}

// leave takes r out of the list, so that nothing is put any more, and empties its queue, so that the jobs which are
// already on the lane find nothing to do.
func (h *hub[T]) leave(r *receiver[T]) {
	h.mu.Lock()
	if i := slices.Index(h.receivers, r); i >= 0 {
		h.receivers = slices.Delete(h.receivers, i, i+1)
	}
	h.mu.Unlock()
	r.lane.mu.Lock()
	r.waiting = ring[T]{}
	r.lane.mu.Unlock()
}

// refuseLocked counts a Send and tells whether it comes too late.
func (h *hub[T]) refuseLocked() bool {
	if h.bus.closed.Load() {
		h.late++
		return true
	}
	h.sent++
	return false
}

// sendAndUnlock queues v for all receivers, then unlocks, and only then wakes the lanes: a lane's runner may run what
// it is given on the spot, and that must not find the topic locked.
func (h *hub[T]) sendAndUnlock(v T) {
	var (
		lanes [8]*Lane // on the stack; more than eight idle lanes cost an allocation
		wake  = lanes[:0]
		deep  []Report
	)
	for _, r := range h.receivers {
		idle, depth := r.put(v, h.merge)
		if idle {
			wake = append(wake, r.lane)
		}
		if depth > 0 && h.bus.opt.Slow != nil {
			deep = append(deep, Report{Kind: DeepQueue, Lane: r.lane.name, Topic: h.name, Where: r.where, Depth: depth})
		}
	}
	if h.bus.taps.on() {
		h.bus.taps.record(Record{Topic: h.name, Receivers: len(h.receivers)}, v)
	}
	h.mu.Unlock()
	for _, l := range wake {
		l.wake()
	}
	for _, d := range deep {
		h.bus.report(d)
	}
}

// put stores v for r and queues its delivery. idle tells that the caller must wake the lane once it holds no lock;
// depth is not 0 when the queue has just outgrown what is normal.
func (r *receiver[T]) put(v T, merge bool) (idle bool, depth int) {
	l := r.lane
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		r.late++
		return false, 0
	case merge && r.waiting.n > 0: // the earlier place, the newer value
		r.waiting.replace(v)
		r.merged++
		return false, 0
	}
	r.waiting.push(v)
	r.max = max(r.max, r.waiting.n)
	if r.waiting.n > r.warnAt {
		depth = r.waiting.n
		r.warnAt *= 2
	}
	return l.pushLocked(job{r.deliver, &r.seat}), depth
}

// call runs on the lane: it takes the oldest value that waits and hands it to fn.
func (r *receiver[T]) call() {
	r.lane.mu.Lock()
	if r.waiting.n == 0 { // cancelled
		r.lane.mu.Unlock()
		return
	}
	v := r.waiting.pop()
	r.seen++
	if r.waiting.n == 0 {
		r.warnAt = r.lane.bus.opt.DepthWarn // the next flood is news again
	}
	r.lane.mu.Unlock()
	r.fn(v)
}
