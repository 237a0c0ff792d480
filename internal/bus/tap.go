package bus

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Redactor is a value that knows what may be shown of it. Taps show no value that is not one: a VPN program must not
// trace by accident where its user comes out.
type Redactor interface{ Redacted() string }

// Record is one Send, as a tap sees it.
type Record struct {
	Seq       uint64 // rises by one with each Send that any tap of the bus sees
	At        time.Time
	Topic     string
	Value     string // what its Redacted method says, or only the name of its type, in angle brackets
	Receivers int    // how many there were
	Same      bool   // equal to the State's current value: it vanished
}

// taps are the taps of a bus. Records reach them on a lane of their own, in the order of Seq.
type taps struct {
	bus *Bus
	any atomic.Bool // list is not empty

	mu   sync.Mutex // guards what follows; taken under hub.mu
	list []*tap
	seq  uint64
	lane *Lane
}

type tap struct {
	seat
	fn   func(Record)
	gone atomic.Bool
}

// Tap shows fn every Send from now on, on a goroutine of the bus that serves only taps. It is for debugging: each Send
// then allocates and takes a lock that all topics share. fn must not Send, since it would see that too. cancel behaves
// like that of On.
func (b *Bus) Tap(fn func(Record)) (cancel func()) {
	s := &b.taps
	t := &tap{fn: fn, seat: seat{topic: "tap", where: callSite()}}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lane == nil {
		s.lane = b.newLane("tap", owedLane, nil)
		s.lane.start()
		if b.closed.Load() {
			s.lane.shut()
		}
	}
	t.lane = s.lane
	s.list = append(s.list, t)
	s.any.Store(true)
	return func() {
		t.gone.Store(true)
		s.mu.Lock()
		defer s.mu.Unlock()
		if i := slices.Index(s.list, t); i >= 0 {
			s.list = slices.Delete(s.list, i, i+1)
		}
		s.any.Store(len(s.list) > 0)
	}
}

func (s *taps) on() bool { return s.any.Load() }

// record queues r for all taps. It is called with a topic locked. The value's Redacted method runs later, on the lane.
func (s *taps) record(r Record, v any) {
	r.At = time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq++
	r.Seq = s.seq
	for _, t := range s.list {
		t.lane.post(job{seat: &t.seat, fn: func() {
			if !t.gone.Load() {
				r.Value = shown(v)
				t.fn(r)
			}
		}})
	}
}

func (s *taps) close() {
	s.mu.Lock()
	l := s.lane
	s.mu.Unlock()
	if l != nil {
		l.Close()
	}
}

func shown(v any) string {
	if r, ok := v.(Redactor); ok {
		return r.Redacted()
	}
	return fmt.Sprintf("<%T>", v)
}
