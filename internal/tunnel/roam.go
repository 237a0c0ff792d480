package tunnel

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mysteriumvpn/desktop/internal/uplink"
	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

const (
	reopenFirst = 250 * time.Millisecond // until sockets that could not be had are tried again; twice as long each time
	reopenLast  = 8 * time.Second
)

// patience is how long the exit may take to be heard on a new network before it is asked again, each time. After that
// WireGuard's own timers go on, and the stall rule.
var patience = [...]time.Duration{400 * time.Millisecond, 600 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 4 * time.Second, 4 * time.Second}

// mover is what a roam needs of a device.
type mover interface {
	Rebind() error
	Announce()
	Renew() error
	Stats() wgnet.Stats
}

// roam keeps one device connected while the computer's network changes under it: a new socket on the new network, and a
// word to the exit at once, so that it learns where we are. The device, its session and the flows inside stay. While no
// way leads to the exit it waits, and the exit's silence counts for nothing.
type roam struct {
	dev   mover
	way   func() (uplink.Way, error)
	moved func() // after each move, when the exit has been heard
	log   wgnet.LogFunc

	away  atomic.Bool   // no way leads to the exit
	moves atomic.Uint64 // so far

	cancel context.CancelFunc
	work   sync.WaitGroup

	// Of the goroutine.
	last    uplink.Way    // where we are; zero = nowhere
	closed  bool          // sockets could not be opened yet
	pause   time.Duration // before sockets are tried again
	timer   *time.Timer   // for that, or for an answer
	begun   time.Time     // the move that no answer has come to yet; zero = there is none
	renewed time.Time     // when the session was given up since, for a new one; zero = it was not
	heard   uint64        // bytes received when it began
	asked   int
	unknown bool      // the way could not be found out last time
	slept   bool      // the computer has, since it moved last
	before  time.Time // when the session began that was given up
}

// startRoam begins to watch. own is the name of the interface that d runs on, or "".
func startRoam(dev mover, own string, way func() (uplink.Way, error), moved func(), o Options) *roam {
	ctx, cancel := context.WithCancel(context.Background())
	r := newRoam(dev, way, moved, o.Log)
	r.cancel = cancel
	changes := make(chan uplink.Change)
	r.work.Go(func() {
		err := o.watch(ctx, own, func(c uplink.Change) {
			select {
			case changes <- c:
			case <-ctx.Done():
			}
		})
		if ctx.Err() == nil {
			o.Log(wgnet.LevelError, fmt.Sprintf("changes of the network are not noticed: %v", err))
		}
	})
	r.work.Go(func() { r.run(ctx, changes) })
	return r
}

func newRoam(dev mover, way func() (uplink.Way, error), moved func(), log wgnet.LogFunc) *roam {
	r := &roam{dev: dev, way: way, moved: moved, log: log, timer: time.NewTimer(time.Hour)}
	r.timer.Stop()
	return r
}

// stop returns when the roam has ended; the device is not touched after.
func (r *roam) stop() {
	r.cancel()
	r.work.Wait()
}

func (r *roam) run(ctx context.Context, changes <-chan uplink.Change) {
	defer r.timer.Stop()
	r.last, r.unknown = r.look()
	for {
		select {
		case <-ctx.Done():
			return
		case c := <-changes:
			r.take(c)
		case <-r.timer.C:
			r.again()
		}
	}
}

// look finds out by which way datagrams reach the exit now, and notes whether there is one. A way that cannot be found out
// is one: what it is like is unknown.
func (r *roam) look() (w uplink.Way, unknown bool) {
	w, err := r.way()
	none := errors.Is(err, uplink.ErrNone)
	r.away.Store(none)
	return w, err != nil && !none
}

func (r *roam) take(c uplink.Change) {
	was := r.away.Load()
	r.slept = r.slept || c.Slept > 0
	now, unknown := r.look()
	if r.away.Load() {
		if !was {
			r.log(wgnet.LevelInfo, "no network leads to the exit any more: the tunnel waits for one")
		}
		r.last, r.begun = uplink.Way{}, time.Time{}
		r.timer.Stop()
		return
	}
	same := !was && now == r.last && unknown == r.unknown
	r.last, r.unknown = now, unknown
	if same && !r.closed && !c.Touches(now.Link) {
		return
	}
	what := "the network has changed"
	if c.Slept > 0 {
		what = fmt.Sprintf("the computer has slept for %s", c.Slept.Round(time.Second))
	}
	if now.Name != "" {
		what += ": out by " + now.Name
	}
	r.log(wgnet.LevelInfo, what)
	r.pause = reopenFirst
	r.move(r.slept)
	r.slept = false
}

// move opens new sockets and has the exit hear of us by them. After a sleep the exit may have forgotten the session, while
// our clock has stood still.
func (r *roam) move(slept bool) {
	r.moves.Add(1)
	r.closed = false
	if err := r.dev.Rebind(); err != nil {
		r.log(wgnet.LevelError, fmt.Sprintf("%v; tried again in %s", err, r.pause))
		r.closed, r.begun = true, time.Time{}
		r.timer.Reset(r.pause)
		r.pause = min(2*r.pause, reopenLast)
		return
	}
	// A session that was given up before, and has no successor yet, is no good here either.
	slept = slept || !r.begun.IsZero() && !r.renewed.IsZero() && !r.answered()
	r.begun, r.heard, r.asked, r.renewed = time.Now(), r.dev.Stats().BytesReceived, 0, time.Time{}
	if slept {
		r.renew()
	} else {
		r.dev.Announce()
	}
	r.timer.Reset(patience[0])
}

// again tries again what has not come to its end.
func (r *roam) again() {
	switch {
	case r.away.Load():
	case r.closed:
		r.move(true) // nothing has left for a while
	case r.begun.IsZero():
	case r.answered():
		r.log(wgnet.LevelInfo, "the exit is heard again")
		r.begun = time.Time{}
		r.moved()
	case r.asked < len(patience)-1:
		if r.asked++; r.asked == 1 && r.renewed.IsZero() {
			r.dev.Announce() // the first word may be lost while neighbours are looked for, and the session is a good one
		} else {
			r.renew()
		}
		r.timer.Reset(patience[r.asked])
	default:
		r.log(wgnet.LevelInfo, fmt.Sprintf("the exit was not heard for %s on this network", time.Since(r.begun).Round(time.Second)))
		r.begun = time.Time{}
	}
}

// answered reports whether the exit was heard since the move: under the session that there was, or by a new one.
func (r *roam) answered() bool {
	s := r.dev.Stats()
	if r.renewed.IsZero() {
		return s.BytesReceived > r.heard
	}
	return !s.LastHandshake.Equal(r.before) // not by what comes later: clocks go back, too
}

func (r *roam) renew() {
	r.renewed, r.before = time.Now(), r.dev.Stats().LastHandshake
	if err := r.dev.Renew(); err != nil {
		r.log(wgnet.LevelError, err.Error())
	}
}
