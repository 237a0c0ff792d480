package logs

import (
	"sync"
	"sync/atomic"
	"time"
)

// watchers are the functions that want to know of new lines. One timer serves all of them, and runs only while there is
// something to tell, so that a logger pays one atomic load for them.
type watchers struct {
	told atomic.Bool // the timer runs, or nobody watches

	mu    sync.Mutex // guards what follows
	list  []*watcher
	timer *time.Timer
}

type watcher struct {
	fn   func(uint64)
	mu   sync.Mutex // held while fn runs: one call at a time
	seen uint64     // guarded by mu
	gone atomic.Bool
}

func (w *watchers) tell(r *Ring) {
	if w.told.Load() || !w.told.CompareAndSwap(false, true) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case len(w.list) == 0: // told stays set until somebody comes
	case w.timer == nil:
		w.timer = time.AfterFunc(coalesce, func() { w.ring(r) })
	default:
		w.timer.Reset(coalesce)
	}
}

func (w *watchers) ring(r *Ring) {
	w.mu.Lock()
	list := w.list // never written to, only replaced
	w.told.Store(len(list) == 0)
	w.mu.Unlock()
	last := r.Last()
	for _, one := range list {
		one.call(last)
	}
}

func (one *watcher) call(last uint64) {
	one.mu.Lock()
	defer one.mu.Unlock()
	if !one.gone.Load() && last > one.seen {
		one.seen = last
		one.fn(last)
	}
}

func (w *watchers) add(r *Ring, fn func(uint64)) (cancel func()) {
	one := &watcher{fn: fn, seen: r.Last()}
	w.mu.Lock()
	w.list = append(w.list[:len(w.list):len(w.list)], one)
	w.told.Store(false)
	w.mu.Unlock()
	if r.Last() > one.seen { // a line that came between was not told to anybody
		w.tell(r)
	}
	return func() { w.remove(one) }
}

func (w *watchers) remove(one *watcher) {
	w.mu.Lock()
	var rest []*watcher
	for _, o := range w.list {
		if o != one {
			rest = append(rest, o)
		}
	}
	w.list = rest
	if len(rest) == 0 && w.timer != nil {
		w.timer.Stop()
		w.told.Store(true)
	}
	w.mu.Unlock()
	one.gone.Store(true)
}
