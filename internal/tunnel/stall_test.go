package tunnel

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// step is one input of the rule and what has to come of it.
type step struct {
	at   time.Duration
	in   string // tick, open (a tick while there are connections), answered, missed
	sent uint64
	recv uint64
	want string // "", probe, stall, alive
}

func TestStallRule(t *testing.T) {
	const s = time.Second
	for name, steps := range map[string][]step{
		"an idle tunnel is left alone": {
			{0, "tick", 1, 100, ""}, {4 * s, "tick", 1, 100, ""}, {8 * s, "tick", 1, 100, ""}, {60 * s, "tick", 1, 100, ""},
		},
		"while a program waits for more, the exit is asked now and then": {
			{0, "open", 1, 100, ""},
			{0, "answered", 1, 164, ""},
			{s, "open", 1, 500, ""},
			{4 * s, "open", 1, 500, ""},
			{8 * s, "open", 1, 500, ""},
			{11 * s, "open", 1, 500, "probe"},
			{12 * s, "answered", 2, 564, ""},
			{12 * s, "open", 2, 564, ""},
			{16 * s, "open", 2, 564, ""},
			{20 * s, "open", 2, 564, ""},
			{22 * s, "open", 2, 564, "probe"},
			{23 * s, "missed", 3, 564, "probe"},
			{24 * s, "missed", 4, 564, "probe"},
			{25 * s, "missed", 5, 564, "stall"},
		},
		"an exit that answers probes and nothing else may get nothing large": {
			{0, "tick", 1, 100, ""},
			{0, "answered", 1, 180, ""},
			{s, "tick", 1, 180, ""},
			{s, "tick", 2, 180, "probe"},
			{s, "answered", 3, 260, ""},
			{2 * s, "tick", 3, 260, ""},
			{2 * s, "tick", 4, 260, "probe"},
			{2 * s, "answered", 5, 340, ""},
			{4 * s, "tick", 5, 340, ""},
			{4 * s, "tick", 6, 340, "probe"},
			{4 * s, "answered", 7, 420, "thin"},
			{5 * s, "tick", 7, 420, ""},
			{5 * s, "tick", 8, 420, "probe"},
			{5 * s, "answered", 9, 500, ""},
		},
		"one that says more does not": {
			{0, "tick", 1, 100, ""},
			{0, "answered", 1, 180, ""},
			{s, "tick", 1, 180, ""},
			{s, "tick", 2, 180, "probe"},
			{s, "answered", 3, 260, ""},
			{2 * s, "tick", 3, 260, ""},
			{2 * s, "tick", 4, 260, "probe"},
			{2 * s, "answered", 5, 340, ""},
			{3 * s, "tick", 5, 3000, ""},
			{3 * s, "tick", 6, 3000, "probe"},
			{3 * s, "answered", 7, 3080, ""},
			{4 * s, "tick", 7, 3080, ""},
		},
		"while no program waits, it is not": {
			{0, "tick", 1, 100, ""},
			{0, "answered", 1, 164, ""},
			{s, "tick", 1, 500, ""},
			{5 * s, "tick", 1, 500, ""},
			{10 * s, "tick", 1, 500, ""},
			{15 * s, "tick", 1, 500, ""},
			{20 * s, "tick", 1, 500, ""},
		},
		"an exit that answers none is not asked for that": {
			{0, "open", 1, 100, ""},
			{0, "missed", 1, 100, ""},
			{4 * s, "open", 1, 100, ""},
			{8 * s, "open", 1, 100, ""},
			{12 * s, "open", 1, 100, ""},
			{16 * s, "open", 1, 100, ""},
			{20 * s, "open", 1, 100, ""},
		},
		"an exit that never spoke has not stalled": {
			{0, "tick", 1, 0, ""},
			{1 * s, "tick", 5, 0, ""},
			{4 * s, "tick", 9, 0, ""},
			{8 * s, "tick", 9, 0, ""},
			{12 * s, "tick", 9, 0, ""},
			{16 * s, "tick", 9, 0, ""},
			{20 * s, "tick", 9, 0, ""},
		},
		"three misses of an exit that answers": {
			{0, "tick", 1, 100, ""},
			{0, "answered", 1, 100, ""},
			{s / 2, "tick", 2, 100, "probe"},
			{s, "tick", 3, 100, ""},
			{3 * s / 2, "missed", 3, 100, "probe"},
			{2 * s, "tick", 4, 100, ""},
			{5 * s / 2, "missed", 4, 100, "probe"},
			{7 * s / 2, "missed", 5, 100, "stall"},
			{4 * s, "tick", 6, 100, "probe"},
			{5 * s, "missed", 6, 100, "probe"},
			{6 * s, "tick", 6, 132, "alive"},
		},
		"a probe that is answered clears a stall": {
			{0, "tick", 1, 100, ""},
			{0, "answered", 1, 100, ""},
			{s, "tick", 2, 100, "probe"},
			{2 * s, "missed", 2, 100, "probe"},
			{3 * s, "missed", 2, 100, "probe"},
			{4 * s, "missed", 2, 100, "stall"},
			{4 * s, "tick", 2, 100, "probe"},
			{5 * s, "answered", 2, 100, "alive"},
			{5 * s, "tick", 2, 200, ""},
		},
		"any byte between two misses clears": {
			{0, "tick", 1, 100, ""},
			{0, "answered", 1, 100, ""},
			{s, "tick", 2, 100, "probe"},
			{2 * s, "missed", 2, 100, "probe"},
			{3 * s, "missed", 2, 101, ""},
			{3 * s, "tick", 3, 101, "probe"},
			{4 * s, "missed", 3, 101, "probe"},
			{5 * s, "missed", 3, 101, "probe"},
			{6 * s, "missed", 3, 101, "stall"},
		},
		"misses of an exit that answers none count for nothing": {
			{0, "tick", 1, 100, ""},
			{0, "missed", 1, 100, ""},
			{s, "tick", 2, 100, "probe"},
			{2 * s, "missed", 2, 100, ""},
			{3 * s, "tick", 3, 100, ""},
			{6 * s, "tick", 3, 100, ""},
			{10 * s, "tick", 4, 132, ""},
			{12 * s, "tick", 5, 132, "probe"},
			{13 * s, "missed", 5, 132, ""},
			{16 * s, "tick", 6, 132, ""},
			{20 * s, "tick", 7, 132, ""},
			{24 * s, "tick", 7, 132, ""},
			{26 * s, "tick", 7, 132, ""},
			{27 * s, "tick", 8, 132, "stall"},
			{28 * s, "tick", 9, 132, ""},
			{29 * s, "tick", 9, 133, "alive"},
		},
		"a late answer makes an exit known": {
			{0, "tick", 1, 100, ""},
			{0, "missed", 1, 100, ""},
			{s, "tick", 2, 100, "probe"},
			{3 * s / 2, "answered", 2, 164, ""},
			{2 * s, "tick", 2, 164, ""},
			{3 * s, "tick", 3, 164, "probe"},
			{4 * s, "missed", 3, 164, "probe"},
			{5 * s, "missed", 3, 164, "probe"},
			{6 * s, "missed", 3, 164, "stall"},
		},
		"what went before a sleep of the computer is forgotten": {
			{0, "tick", 1, 100, ""},
			{0, "missed", 1, 100, ""},
			{s, "tick", 2, 100, "probe"},
			{2 * s, "missed", 2, 100, ""},
			{60 * s, "tick", 2, 100, ""},
			{61 * s, "tick", 3, 100, ""},
			{75 * s, "tick", 3, 100, ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var r stall
			start := time.Now()
			for i, st := range steps {
				c := counters{sent: st.sent, received: st.recv, open: st.in == "open"}
				var v verdict
				switch st.in {
				case "tick", "open":
					v = r.tick(start.Add(st.at), c)
				case "answered":
					v = r.answered(c)
				case "missed":
					v = r.missed(start.Add(st.at), c)
				}
				got := ""
				switch {
				case v.probe:
					got = "probe"
				case v.stall != nil:
					got = "stall"
				case v.alive:
					got = "alive"
				case v.thin:
					got = "thin"
				}
				require.Equal(t, st.want, got, "step %d at %s", i, st.at)
			}
		})
	}
}

// fakeExit is a device whose exit answers until it is cut off.
type fakeExit struct {
	mu      sync.Mutex
	c       counters
	answers bool
	cut     bool
	pings   int
}

func (f *fakeExit) counters() counters {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.c
}

func (f *fakeExit) thin() {}

func (f *fakeExit) ping(ctx context.Context) error {
	f.mu.Lock()
	f.pings++
	f.c.sent++
	ok := f.answers && !f.cut
	if ok {
		f.c.received += 64
	}
	f.mu.Unlock()
	if ok {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

// send is a packet of a program; the far end answers it unless it is cut off.
func (f *fakeExit) send() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.c.sent++
	if !f.cut {
		f.c.received += 100
	}
}

func (f *fakeExit) set(change func(f *fakeExit)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

func TestStallIsNoticedWithinFourSeconds(t *testing.T) {
	for _, c := range []struct {
		name     string
		answers  bool
		min, max time.Duration
		misses   int
	}{
		{"the exit answers probes", true, 2 * time.Second, 4 * time.Second, 3},
		{"the exit answers none", false, 14 * time.Second, 16 * time.Second, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &fakeExit{answers: c.answers, c: counters{received: 148}}
				stalls, alive := make(chan StallInfo, 4), make(chan struct{}, 4)
				w := startWatch(d, true, func(i StallInfo) { stalls <- i }, func() { alive <- struct{}{} })
				defer w.stop()
				for range 300 { // a busy half minute, then a quiet hour
					d.send()
					time.Sleep(100 * time.Millisecond)
				}
				time.Sleep(time.Hour)
				d.set(func(f *fakeExit) {
					assert.LessOrEqual(t, f.pings, 2, "a living tunnel is not probed")
					f.cut = true
				})
				require.Empty(t, stalls)
				start := time.Now()
				d.send()
				i := <-stalls
				assert.Equal(t, c.misses, i.Misses)
				assert.GreaterOrEqual(t, time.Since(start), c.min)
				assert.LessOrEqual(t, time.Since(start), c.max)
				assert.True(t, w.stalled.Load())
				time.Sleep(time.Minute)
				require.Empty(t, stalls, "said once")
				require.Empty(t, alive)
				d.set(func(f *fakeExit) { f.cut = false })
				d.send()
				<-alive
				assert.False(t, w.stalled.Load())
			})
		})
	}
}

func TestProbeThatCannotBeSentIsNoBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &fakeExit{c: counters{received: 148}}
		stalls := make(chan StallInfo, 4)
		broken := pingError{d}
		w := startWatch(broken, true, func(i StallInfo) { stalls <- i }, func() {})
		defer w.stop()
		d.set(func(f *fakeExit) { f.cut = true })
		d.send()
		time.Sleep(10 * time.Second)
		require.Empty(t, stalls)
		d.mu.Lock()
		defer d.mu.Unlock()
		assert.LessOrEqual(t, d.pings, 3)
	})
}

type pingError struct{ *fakeExit }

func (p pingError) ping(context.Context) error {
	p.set(func(f *fakeExit) { f.pings++ })
	return errors.New("no route to host")
}

// TestANetworkThatChangesAllTheTimeDoesNotHideADeadExit: each change excuses what was silent before it, but not for ever.
func TestANetworkThatChangesAllTheTimeDoesNotHideADeadExit(t *testing.T) {
	var s stall
	now := time.Unix(1_800_000_000, 0)
	c := counters{sent: 100, received: 100}
	s.tick(now, c)
	began := now
	for now.Sub(began) < time.Minute {
		now = now.Add(stallTick)
		c.sent++
		if now.Sub(began)%time.Second == 0 {
			c.moves++
		}
		if v := s.tick(now, c); v.stall != nil {
			assert.GreaterOrEqual(t, now.Sub(began), moveLimit)
			return
		}
	}
	assert.Fail(t, "the exit is dead, and nobody says so")
}
