// Package nodeproc runs one Mysterium node as a child process: it starts the node, tells by its healthcheck when it is
// ready, starts it again when it crashes or hangs, explains why when it will not run, and stops it. A node that already
// answers on the port is taken as it is instead, if it belongs to this user or to root.
//
// core makes one Proc and calls Serve; it learns everything from Options.OnState.
//
// Serve runs on the caller's goroutine and calls OnState there, in order. Retry and State may be called from any
// goroutine, OnState included.
package nodeproc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

// Spec is what to run.
type Spec struct {
	Path string   // the program; without a slash it is looked for in PATH
	Args []string // its arguments, without the program itself
	Env  []string // its whole environment; nil = ours
	Dir  string   // its working directory; "" = ours
	API  string   // host:port at which it serves its API; Args must tell it the same

	// Owner is a user, by number, whose node is taken as ours, too: one that somebody runs for us. Linux only. 0 = nobody.
	Owner int

	// Accept is asked about a node that already answers on API, before it is adopted: is it a build we can work with? Its
	// error ends up in PortTakenError. nil = any.
	Accept func(Health) error

	// Cause reads what a node that left had to say, its newest line last. ErrNoNetwork, ErrDataLocked and ErrPortTaken are
	// not the node's failures, so they are waited out however often they come. nil = its words mean nothing to us.
	Cause func(lines []string) error

	// Isolate adds to how the system starts the child, for example namespaces of its own. nil = nothing.
	Isolate func(*syscall.SysProcAttr)
}

// Options are what New takes. Only Spec or Find must be given.
type Options struct {
	Spec Spec
	// Find gives the Spec in place of the field, anew before each start: a program may have been installed, moved or
	// replaced meanwhile. last is what kept the node from running before, nil at first. An error is the state Failed, but
	// for a node that has run already: its program may be on its way to a newer version, so that is looked at again.
	Find func(ctx context.Context, last error) (Spec, error)
	// Stdout and Stderr get what the child prints. They may be slow: what they cannot take in time is dropped, and they
	// are told how much. nil = nowhere.
	Stdout, Stderr io.Writer
	// OnState is told each change. It must return soon, for the child is not watched meanwhile. nil = nobody.
	OnState func(State)
	// StopAdopted makes Serve stop a node that it has adopted, too.
	StopAdopted bool
	Timing      Timing
}

// Timing holds the intervals. The zero value of each field stands for the default.
type Timing struct {
	ProbeTimeout  time.Duration // for one healthcheck; 2 s. A node that boots accepts connections and answers nothing
	StartInterval time.Duration // between healthchecks until the first answer; 200 ms
	RunInterval   time.Duration // between healthchecks afterwards; 5 s. Three misses in a row = it hangs
	StartLimit    time.Duration // how long until the first answer; 60 s
	Grace         time.Duration // for each step of stopping: POST /stop, SIGTERM, SIGKILL; 3 s
	FirstPause    time.Duration // before the first restart; doubles with each further quick failure; 1 s
	LastPause     time.Duration // the longest pause; 30 s
	Settled       time.Duration // a node that ran for longer than this is restarted after ShortPause; 10 s
	ShortPause    time.Duration // 100 ms
	HalfLife      time.Duration // the failures that count halve in so much running time; 30 s
}

func (t *Timing) fill() {
	for _, f := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&t.ProbeTimeout, 2 * time.Second},
		{&t.StartInterval, 200 * time.Millisecond},
		{&t.RunInterval, 5 * time.Second},
		{&t.StartLimit, time.Minute},
		{&t.Grace, 3 * time.Second},
		{&t.FirstPause, time.Second},
		{&t.LastPause, 30 * time.Second},
		{&t.Settled, 10 * time.Second},
		{&t.ShortPause, 100 * time.Millisecond},
		{&t.HalfLife, 30 * time.Second},
	} {
		if *f.field <= 0 {
			*f.field = f.value
		}
	}
}

// lostLimit is how often the program of a node that has run may be missing in a row: about half a minute.
const lostLimit = 5

// Proc is one node. Make it with New.
type Proc struct {
	o     Options       // Spec changes with Find, on Serve's goroutine
	ran   bool          // a child has answered once; likewise
	retry chan struct{} // holds at most one wish

	mu    sync.Mutex // guards state
	state State
}

// New makes a Proc. Nothing runs before Serve.
func New(o Options) *Proc {
	o.Timing.fill()
	return &Proc{o: o, retry: make(chan struct{}, 1)}
}

// State is the newest state. It is Unknown before Serve.
func (p *Proc) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

// Retry ends a pause at once, and leaves Failed. Elsewhere it does nothing.
func (p *Proc) Retry() {
	select {
	case p.retry <- struct{}{}:
	default:
	}
}

// Serve keeps the node running until ctx ends. Then it stops the child, and returns ctx's cause once the child is gone.
// A failure does not end it: that is the state Failed, which Retry leaves.
func (p *Proc) Serve(ctx context.Context) error {
	if p.o.Find == nil {
		if err := p.o.Spec.check(); err != nil {
			return err
		}
	}
	out := newOutput(p.o.Stdout, p.o.Stderr)
	defer out.close(2 * p.o.Timing.Grace)
	fails := rate{halfLife: p.o.Timing.HalfLife}
	var (
		conflicts int           // how often in a row the port was taken
		left      error         // why the last child left; nil once that has been paid for with a pause
		ran       time.Duration // how long that child had been running
		last      error         // what kept the node from running before
		lost      int           // how often in a row the program was not to be found
		waits     int           // how often in a row it left for what passes by itself
	)
	for ctx.Err() == nil {
		switch err := p.find(ctx, last); {
		case ctx.Err() != nil:
			continue
		case err == nil:
			lost = 0
		case p.ran && lost < lostLimit:
			last = err
			p.pause(ctx, err, backoff(lost, p.o.Timing.FirstPause, p.o.Timing.LastPause))
			lost++
			continue
		default:
			last, lost = err, 0
			p.fail(ctx, err)
			continue
		}
		// Looked at before each start, and before a failure counts: a child that left because its port was taken has not
		// failed.
		seen := p.look(ctx)
		switch {
		case ctx.Err() != nil:
		case seen.taken != nil:
			left, last = nil, seen.taken
			p.pause(ctx, seen.taken, backoff(conflicts, p.o.Timing.FirstPause, p.o.Timing.LastPause))
			conflicts++
		case seen.node != nil:
			left, conflicts = nil, 0
			p.follow(ctx, seen.node)
		case left != nil && passes(left):
			p.pause(ctx, left, backoff(waits, p.o.Timing.FirstPause, p.o.Timing.LastPause))
			waits++
			left = nil
		case left != nil:
			fails.add(ran)
			if fails.tooMany() {
				p.giveUp(ctx, left)
				fails = rate{halfLife: p.o.Timing.HalfLife}
			} else {
				p.pause(ctx, left, p.restartPause(&fails, ran))
			}
			left = nil
		default:
			conflicts = 0
			ran, left = p.run(ctx, out)
			if last = left; !passes(left) {
				waits = 0
			}
			if unrunnable, ok := errors.AsType[*NotFoundError](left); ok {
				p.fail(ctx, unrunnable)
				left = nil
			}
		}
	}
	end := State{Phase: Stopped}
	if last := p.State(); last.Adopted && last.Phase == Running { // it stays
		end.PID, end.Version, end.Adopted = last.PID, last.Version, true
	}
	p.set(end)
	return context.Cause(ctx)
}

// find asks for the Spec, if there is somebody to ask.
func (p *Proc) find(ctx context.Context, last error) error {
	if p.o.Find == nil {
		return nil
	}
	spec, err := p.o.Find(ctx, last)
	if err != nil {
		return err
	}
	p.o.Spec = spec
	return spec.check()
}

func (s *Spec) check() error {
	if _, _, err := net.SplitHostPort(s.API); err != nil {
		return fmt.Errorf("the node's API address: %w", err)
	}
	return nil
}

// passes reports that a node left for a reason that is not its own and passes by itself.
func passes(left error) bool {
	return errors.Is(left, ErrNoNetwork) || errors.Is(left, ErrDataLocked) || errors.Is(left, ErrPortTaken)
}

// restartPause is how long to wait before the next child: hardly at all for one that had been running well, as
// somebody's connection waits for it.
func (p *Proc) restartPause(fails *rate, ran time.Duration) time.Duration {
	if ran > p.o.Timing.Settled {
		return p.o.Timing.ShortPause
	}
	return backoff(fails.quick-1, p.o.Timing.FirstPause, p.o.Timing.LastPause)
}

// pause says why there is no node, and waits for d, Retry or ctx.
func (p *Proc) pause(ctx context.Context, why error, d time.Duration) {
	p.forgetRetry()
	p.set(State{Phase: Waiting, Err: why, Until: time.Now().Add(d)})
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-p.retry:
	case <-timer.C:
	}
}

func (p *Proc) giveUp(ctx context.Context, why error) {
	e := &GaveUpError{Err: why}
	if left, ok := errors.AsType[*WentAwayError](why); ok {
		e.LastLines = left.LastLines
	}
	p.fail(ctx, e)
}

// fail waits in Failed for Retry or ctx.
func (p *Proc) fail(ctx context.Context, why error) {
	p.forgetRetry()
	p.set(State{Phase: Failed, Err: why})
	select {
	case <-ctx.Done():
	case <-p.retry:
	}
}

// forgetRetry drops a wish from before the state was shown that it could have been about.
func (p *Proc) forgetRetry() {
	select {
	case <-p.retry:
	default:
	}
}

// set is called by Serve's goroutine only, so OnState is called in order and never twice at a time.
func (p *Proc) set(s State) {
	s.API = p.o.Spec.API
	p.mu.Lock()
	p.state = s
	p.mu.Unlock()
	if p.o.OnState != nil {
		p.o.OnState(s)
	}
}
