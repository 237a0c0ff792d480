package control

import (
	"context"
	"sync"
	"time"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// trafficEvery is how often a watcher is told of traffic alone.
const trafficEvery = time.Second

// moment is what is true at one time.
type moment struct {
	status  vpn.Status
	traffic vpn.Traffic
}

// present is the newest moment. Receivers write it on their lane, requests read it and wait for the next.
type present struct {
	mu      sync.Mutex // guards what follows
	now     moment
	heard   [2]bool       // Status and Traffic have come once
	changed chan struct{} // closed and replaced with every change
}

func newPresent() *present { return &present{changed: make(chan struct{})} }

func (p *present) setStatus(s vpn.Status) {
	p.set(0, func(m *moment) { m.status = s })
}

func (p *present) setTraffic(t vpn.Traffic) {
	p.set(1, func(m *moment) { m.traffic = t })
}

func (p *present) set(which int, change func(*moment)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.now)
	p.heard[which] = true
	close(p.changed)
	p.changed = make(chan struct{})
}

// load gives the newest moment, and a channel that is closed when there is a newer one. ready is false until both topics
// have delivered their first value.
func (p *present) load() (now moment, ready bool, changed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now, p.heard == [2]bool{true, true}, p.changed
}

// wait gives the newest moment as soon as there is one.
func (p *present) wait(ctx context.Context) (moment, error) {
	for {
		now, ready, changed := p.load()
		if ready {
			return now, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return moment{}, context.Cause(ctx)
		}
	}
}

// watch calls tell with the present moment, then with every one in which the status is another, and about once a second
// while only the traffic is. A slow tell misses moments between, never the last. It ends with ctx, or when tell gives an
// error or says that it is done.
func (p *present) watch(ctx context.Context, tell func(moment) (done bool, err error)) error {
	var told moment
	var at time.Time
	timer := time.NewTimer(0)
	defer timer.Stop()
	first := true
	for {
		now, ready, changed := p.load()
		var due <-chan time.Time
		switch {
		case !ready:
		case first || now.status != told.status || passed(told, now) && time.Since(at) >= trafficEvery:
			done, err := tell(now)
			if done || err != nil {
				return err
			}
			first, told, at = false, now, time.Now()
			continue // it may have changed meanwhile
		case passed(told, now):
			timer.Reset(trafficEvery - time.Since(at))
			due = timer.C
		}
		select {
		case <-changed:
		case <-due:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// passed reports whether traffic is another than it was; when it was read is nothing to tell.
func passed(was, now moment) bool {
	was.traffic.At = now.traffic.At
	return was.traffic != now.traffic
}
