package bus

import (
	"sync"
	"time"
)

// slice is how long a lane made by Lane may work in one go. Then it lets its runner do something else, so that a
// window still draws its frames while a flood is worked off.
const slice = 4 * time.Millisecond

// Lane is a place where functions run one at a time, in the order they were posted: the window's goroutine, the core's,
// or a test's own. A receiver belongs to a lane.
type Lane struct {
	bus   *Bus
	name  string
	kind  laneKind
	run   func(func()) // has the function called, soon and once, where the lane lives
	turn  func()       // drain, bound once
	epoch time.Time    // times below are since then
	watch time.Duration
	done  chan struct{} // closed when the goroutine of a goLane has ended

	mu      sync.Mutex // guards what follows
	idle    sync.Cond  // somebody waits in Close for running to become false
	queue   ring[job]
	max     int
	asked   bool // a turn has been asked for or is under way
	handing bool // drain is inside run, to have itself called again
	closed  bool
	dropped uint64 // jobs that were waiting when the lane closed

	running bool
	current job
	began   time.Duration // when current did
	owner   uint64        // the goroutine of the turn under way, or of the last one
	slow    watchdog
	idBuf   [64]byte
}

// laneKind says who runs a lane.
type laneKind uint8

const (
	unknownLane laneKind = iota
	runLane              // the function that Lane was given
	goLane               // a goroutine of its own
	owedLane             // likewise, and Close lets it finish what is queued
	handLane             // whoever calls Step
)

// job is one function to run on a lane.
type job struct {
	fn   func()
	seat *seat // whose delivery it is; nil = posted
}

// Lane makes a lane that lives wherever run has functions called: run = fyne.Do gives the window's. run is called by
// whoever sends, once per change from idle to busy, and must have its argument called soon, once, and not at the same
// time as an earlier one. It may do so on the spot. A turn ends after about 4 ms and asks for the next.
func (b *Bus) Lane(name string, run func(func())) *Lane {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.addLocked(b.newLane(name, runLane, run))
}

// Go makes a lane with its own goroutine, which lives until Close.
func (b *Bus) Go(name string) *Lane {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.goLocked(name)
}

// Hand makes a lane that runs only when somebody calls Step. It is for tests and for loops that want to choose their
// moment.
func (b *Bus) Hand(name string) *Lane {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.addLocked(b.newLane(name, handLane, func(func()) {}))
}

func (b *Bus) goLocked(name string) *Lane {
	l := b.newLane(name, goLane, nil)
	l.start()
	return b.addLocked(l)
}

func (b *Bus) addLocked(l *Lane) *Lane {
	if b.closed.Load() {
		l.shut()
	}
	b.lanes = append(b.lanes, l)
	return l
}

func (b *Bus) newLane(name string, kind laneKind, run func(func())) *Lane {
	l := &Lane{bus: b, name: name, kind: kind, run: run, epoch: time.Now(), watch: b.opt.SlowAfter}
	if l.watch <= 0 {
		l.watch = time.Second
		if kind == runLane {
			l.watch = 100 * time.Millisecond
		}
	}
	l.turn = l.drain
	l.idle.L = &l.mu
	return l
}

// start gives the lane its goroutine.
func (l *Lane) start() {
	poke := make(chan struct{}, 1)
	l.run = func(func()) {
		select {
		case poke <- struct{}{}:
		default: // A poke is waiting already and will do.
		}
	}
	l.done = make(chan struct{})
	go func() {
		defer close(l.done)
		l.owner = goroutineID(l.idBuf[:]) // nobody reads it before running is set
		for !l.finished() {
			<-poke
			l.drain()
		}
	}()
}

// finished tells the lane's goroutine to end.
func (l *Lane) finished() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed && l.queue.n == 0
}

// Name is what the lane was called.
func (l *Lane) Name() string { return l.name }

// Post has fn run on the lane, after all that is queued there. It is how results of io and timers come back. It
// returns at once; false means that the lane is closed and fn will not run.
func (l *Lane) Post(fn func()) bool { return l.post(job{fn: fn}) }

func (l *Lane) post(j job) bool {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return false
	}
	idle := l.pushLocked(j)
	l.mu.Unlock()
	if idle {
		l.wake()
	}
	return true
}

// pushLocked queues j. true means that the caller must wake the lane once it holds no lock.
func (l *Lane) pushLocked(j job) (idle bool) {
	l.queue.push(j)
	l.max = max(l.max, l.queue.n)
	idle, l.asked = !l.asked, true
	return idle
}

// wake asks for a turn. No lock may be held: the turn may be taken right here.
func (l *Lane) wake() { l.run(l.turn) }

// Close refuses new work, discards what is queued and returns when the running function has. Called on the lane itself
// it returns at once, and the function that called it is the lane's last. Closing twice is fine.
func (l *Lane) Close() {
	l.shut()
	l.mu.Lock()
	if l.running && l.owner == goroutineID(make([]byte, 64)) {
		l.mu.Unlock()
		return
	}
	if l.done == nil {
		for l.running {
			l.idle.Wait()
		}
	}
	l.mu.Unlock()
	if l.done != nil {
		<-l.done
	}
}

// shut is the part of Close that does not wait.
func (l *Lane) shut() {
	l.mu.Lock()
	l.closed = true
	if l.kind != owedLane {
		l.dropped += uint64(l.queue.n)
		l.queue = ring[job]{}
	}
	l.mu.Unlock()
	if l.done != nil {
		l.wake()
	}
}
