package bus

import (
	"fmt"
	"time"
)

// Report tells of a receiver that holds up its lane or cannot keep up with its topic.
type Report struct {
	Kind  ReportKind
	Lane  string        // its name
	Topic string        // whose value is being delivered; "" for a function that was posted
	Where string        // file:line of the On call, or of the function that was posted
	Busy  time.Duration // SlowLane: how long the function has been running
	Depth int           // DeepQueue: how many values wait
}

// ReportKind says what a Report is about.
type ReportKind uint8

// The kinds of reports.
const (
	UnknownReport ReportKind = iota
	SlowLane                 // one function has kept the lane busy for too long, and still does
	DeepQueue                // an Events receiver has too many values waiting
)

// String is a sentence for the log.
func (r Report) String() string {
	switch r.Kind {
	case SlowLane:
		what := "a posted function"
		if r.Topic != "" {
			what = "the receiver of " + r.Topic
		}
		return fmt.Sprintf("lane %s: %s at %s has been running for %v", r.Lane, what, r.Where, r.Busy)
	case DeepQueue:
		return fmt.Sprintf("lane %s: %d values of %s wait for the receiver at %s", r.Lane, r.Depth, r.Topic, r.Where)
	default:
		return "nothing to report"
	}
}

// report hands r to Options.Slow, on a lane that nothing else uses: Send may be called under a lock that Slow takes.
func (b *Bus) report(r Report) {
	b.mu.Lock()
	if b.reports == nil && !b.silent {
		b.reports = b.newLane("reports", owedLane, nil)
		b.reports.start()
	}
	l := b.reports
	b.mu.Unlock()
	if l != nil {
		l.Post(func() { b.opt.Slow(r) })
	}
}

// watchdog is the timer that looks at a lane while it is busy. It is set once per Options.SlowAfter at most, not once
// per function. Guarded by Lane.mu.
type watchdog struct {
	timer *time.Timer
	set   bool
	next  time.Duration // report the current function when it has been running for so long
}

// watchLocked makes sure that the function which begins is looked at in time.
func (l *Lane) watchLocked() {
	if l.bus.opt.Slow == nil || l.kind == owedLane {
		return
	}
	l.slow.next = l.watch
	if l.slow.set {
		return
	}
	l.slow.set = true
	if l.slow.timer == nil {
		l.slow.timer = time.AfterFunc(l.watch, l.look)
	} else {
		l.slow.timer.Reset(l.watch)
	}
}

// look runs on the timer's goroutine.
func (l *Lane) look() {
	l.mu.Lock()
	if !l.running {
		l.slow.set = false
		l.mu.Unlock()
		return
	}
	r := Report{Kind: SlowLane, Lane: l.name, Busy: time.Since(l.epoch) - l.began}
	tell := r.Busy >= l.slow.next
	if tell {
		r.Topic, r.Where = l.current.name()
		for l.slow.next <= r.Busy {
			l.slow.next *= 2
		}
	}
	// The next look must not come later than watch from now: another function may begin right after this one.
	l.slow.timer.Reset(min(l.slow.next-r.Busy, l.watch))
	l.mu.Unlock()
	if tell {
		l.bus.report(r)
	}
}

// name tells whose function j is.
func (j job) name() (topic, where string) {
	if j.seat != nil {
		return j.seat.topic, j.seat.where
	}
	return "", funcSite(j.fn)
}
