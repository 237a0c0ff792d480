package probes

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mysteriumvpn/desktop/internal/proof"
)

// patience is how long a probe that nobody has refused may take to be seen in the tunnel. It is there within a
// millisecond; a computer that is busy gets more.
const patience = 2 * time.Second

// lookEvery is how often the kernel is asked what became of connections that have begun.
const lookEvery = 5 * time.Millisecond

var running atomic.Bool

// Run tests once. It takes some milliseconds where all is well, and two seconds more where something leaves. The error
// says why there is no result; a leak is a result.
func Run(ctx context.Context, o Options) (Result, error) {
	if !running.CompareAndSwap(false, true) {
		return Result{}, ErrBusy
	}
	defer running.Store(false)
	before, err := o.rules(ctx)
	if err != nil {
		return Result{}, err
	}
	if before.Phase == proof.Open {
		return Result{}, ErrOpen
	}
	var eye eye
	stop, sees := o.Observe(eye.see)
	defer stop()
	if before.Phase == proof.Connected && !sees {
		return Result{}, ErrElsewise
	}

	r := Result{At: time.Now(), Phase: before.Phase.String()}
	shots, leftOut, err := eye.load(o.Interfaces)
	if err != nil {
		return Result{}, err
	}
	r.LeftOut = leftOut
	for _, s := range shots {
		s.fire()
	}
	eye.wait(ctx, shots)
	for _, s := range shots {
		s.close()
	}
	if err := context.Cause(ctx); err != nil {
		return Result{}, err
	}
	after, err := o.rules(ctx)
	if err != nil {
		return Result{}, err
	}
	if same := stop(); sees && !same || after.Phase != before.Phase {
		return Result{}, ErrChanged
	}
	judge(shots)
	for _, s := range shots {
		r.Probes = append(r.Probes, s.Probe)
	}
	was, _ := before.Blocked()
	now, _ := after.Blocked()
	r.Counted, r.Took = now-min(was, now), time.Since(r.At)
	return r, nil
}

func (o *Options) rules(ctx context.Context) (proof.Listing, error) {
	l, err := o.Rules(ctx)
	if err != nil {
		return proof.Listing{}, fmt.Errorf("%w: %w", errNoRules, err)
	}
	return l, nil
}

// judge says what became of each probe.
func judge(shots []*shot) {
	for _, s := range shots {
		switch {
		case s.Outcome != "": // could not be sent
		case s.seen.Load():
			s.Outcome, s.Said = Tunnel, ""
		case s.refused && !s.left:
			s.Outcome = Blocked
		default:
			s.Outcome = Left
		}
	}
}

// shot is a probe on its way.
type shot struct {
	Probe
	mark    mark
	seen    atomic.Bool // in the tunnel
	refused bool        // this kernel said no
	left    bool        // somebody out there has answered
	fire    func()
	look    func() // what the kernel says meanwhile
	close   func()
}

func (s *shot) settled() bool { return s.Outcome != "" || s.left || s.refused || s.seen.Load() }

// eye sees what enters the tunnel.
type eye struct {
	mu    sync.Mutex // guards shots
	shots []*shot
	news  chan struct{} // something was seen
}

// see runs on the goroutine that reads the tunnel's interface.
func (e *eye) see(packet []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.shots {
		if !s.seen.Load() && s.mark.in(packet) {
			s.seen.Store(true)
			select {
			case e.news <- struct{}{}:
			default:
			}
			return
		}
	}
}

// load makes all probes ready, so that what is fired is recognised.
func (e *eye) load(interfaces []string) ([]*shot, int, error) {
	shots, left, err := loadAll(interfaces)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.shots, e.news = shots, make(chan struct{}, 1)
	return shots, left, err
}

// wait returns when it is known of each probe where it went, or will not be any more.
func (e *eye) wait(ctx context.Context, shots []*shot) {
	late, often := time.NewTimer(patience), time.NewTicker(lookEvery)
	defer late.Stop()
	defer often.Stop()
	for {
		open := 0
		for _, s := range shots {
			if !s.settled() {
				s.look()
			}
			if !s.settled() {
				open++
			}
		}
		if open == 0 {
			return
		}
		select {
		case <-e.news:
		case <-often.C:
		case <-late.C:
			return
		case <-ctx.Done():
			return
		}
	}
}
