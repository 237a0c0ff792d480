package nodeproc

import (
	"context"
	"errors"
	"net/http"
	"time"
)

var (
	errHung    = errors.New("it stopped answering")
	errForeign = errors.New("another node answers on the port")
)

// process is a node that can be brought to its end: our child, or one that we have adopted.
type process interface {
	gone() <-chan struct{} // closed when the process has ended
	terminate()            // asks it to end, as far as the system has a way to ask
	kill()
}

// run starts a child and stays with it until it is gone. It gives how long it had been Running, and why it is to be
// counted as a failure: nil if ctx ended, or if another node was faster on the port.
func (p *Proc) run(ctx context.Context, out *output) (ran time.Duration, failure error) {
	c, err := startChild(&p.o.Spec, out)
	if err != nil {
		return 0, err
	}
	p.set(State{Phase: Starting, PID: c.pid})
	alive, cancel := until(ctx, c.gone())
	defer cancel()

	h, err := p.awaitReady(alive, c)
	ready := err == nil
	var since time.Time
	if ready {
		since, p.ran = time.Now(), true
		p.set(State{Phase: Running, PID: c.pid, Version: h.Version})
		err = p.watch(alive, false)
		ran = time.Since(since)
		if errors.Is(err, errHung) {
			wait(alive, lastWord) // its port closes before word of its end comes, and that says more
		}
	}

	// Asked first: a child that goes because we ask it to, whatever its exit code, has not failed.
	if ctx.Err() != nil {
		p.set(State{Phase: Stopping, PID: c.pid, Version: h.Version})
		p.putDown(c, ready)
		return ran, nil
	}
	how := ""
	select {
	case <-c.gone():
	default:
		how = err.Error()
		p.putDown(c, false) // no POST /stop: it does not answer
	}
	<-c.gone()
	if errors.Is(err, errForeign) {
		return ran, nil
	}
	if how == "" {
		how = c.how
	}
	gone := &WentAwayError{How: how, LastLines: c.tail.last()}
	if p.o.Spec.Cause != nil {
		gone.Cause = p.o.Spec.Cause(gone.LastLines)
	}
	failure = gone
	p.set(State{Phase: Waiting, Err: failure})
	return ran, failure
}

// lastWord is how long word of a child's end may take after its port has closed, on a computer that is busy.
const lastWord = 500 * time.Millisecond

// until is a context that ends with ctx or when gone is closed.
func until(ctx context.Context, gone <-chan struct{}) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-gone:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(); <-done }
}

// awaitReady asks until the child answers. It fails when alive ends, when that takes too long, or if another node
// answers.
func (p *Proc) awaitReady(alive context.Context, c *child) (Health, error) {
	limit := time.Now().Add(p.o.Timing.StartLimit)
	for {
		h, err := p.probe(alive)
		switch {
		case alive.Err() != nil:
			return Health{}, alive.Err()
		case err == nil && p.ours(h, c):
			return h, nil
		case err == nil:
			return Health{}, errForeign
		case time.Now().After(limit):
			return Health{}, errors.New("no answer within " + p.o.Timing.StartLimit.String())
		}
		if !wait(alive, p.o.Timing.StartInterval) {
			return Health{}, alive.Err()
		}
	}
}

// ours reports whether the one who answers is the child, or a process that the child has started: a program may be
// wrapped in a script. Another user's socket is not, whatever process it claims to be.
func (p *Proc) ours(h Health, c *child) bool {
	if uid := socketOwner(p.o.Spec.API); uid.known && !uid.trusted {
		return false
	}
	return h.PID == c.pid || c.holds(h.PID)
}

// watch returns errHung after three misses in a row, or alive's error when that ends. With adopted, nobody listening any
// more is the end as well: then it returns that error.
func (p *Proc) watch(alive context.Context, adopted bool) error {
	for miss := 0; ; {
		if !wait(alive, p.o.Timing.RunInterval) {
			return alive.Err()
		}
		_, err := p.probe(alive)
		switch {
		case alive.Err() != nil:
			return alive.Err()
		case err == nil:
			miss = 0
		case adopted && isNobody(err):
			return err
		default:
			if miss++; miss == misses {
				return errHung
			}
		}
	}
}

// follow stays with a node that we have adopted until it goes away, hangs, or ctx ends.
func (p *Proc) follow(ctx context.Context, n *found) {
	a := adopt(n.pid)
	defer a.release()
	alive, cancel := until(ctx, a.gone())
	defer cancel()
	s := State{Phase: Running, PID: n.pid, Version: n.health.Version, Adopted: true}
	p.set(s)
	err := p.watch(alive, true)
	switch {
	case ctx.Err() != nil && p.o.StopAdopted:
		s.Phase = Stopping
		p.set(s)
		p.putDown(a, true)
	case ctx.Err() != nil: // it stays
	case errors.Is(err, errHung):
		p.set(State{Phase: Waiting, Err: p.taken(owner{pid: n.pid}, err)})
	default:
		how := "it had been started by somebody else, and was ended"
		if p.o.Spec.Owner != 0 {
			how = "the system's node ended"
		}
		p.set(State{Phase: Waiting, Err: &WentAwayError{How: how}})
	}
}

// putDown brings a process to its end: POST /stop if ask, then SIGTERM, then SIGKILL, with the grace for each. It
// returns when the process is gone; if that is not our child, then at the latest a grace after SIGKILL.
func (p *Proc) putDown(proc process, ask bool) {
	if ask {
		ctx, cancel := context.WithTimeout(context.Background(), p.o.Timing.Grace)
		defer cancel()
		alive, cancelAlive := until(ctx, proc.gone())
		defer cancelAlive()
		if a, err := p.request(alive, http.MethodPost, "/stop"); err == nil && a.status/100 == 2 {
			<-alive.Done()
		}
	}
	for _, step := range []func(){proc.terminate, proc.kill} {
		select {
		case <-proc.gone():
			return
		default:
		}
		step()
		select {
		case <-proc.gone():
			return
		case <-time.After(p.o.Timing.Grace):
		}
	}
	if c, ok := proc.(*child); ok {
		<-c.gone() // it is dead; the system may take its time to say so
	}
}
