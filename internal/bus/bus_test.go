package bus_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/bus/bustest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pass lets time go by; under synctest it takes none.
func pass(d time.Duration) { <-time.After(d) }

// Promise 1.

func TestSendNeverBlocks(t *testing.T) {
	b := bus.New(bus.Options{})
	defer b.Close()
	state, events := bus.NewState(b, "state", 0), bus.NewEvents[int](b, "events")
	stuck, free := make(chan struct{}), make(chan struct{})
	lane := b.Go("stuck")
	lane.Post(func() { close(stuck); <-free })
	stateSeen, eventsSeen := bustest.Record(t, state.Via(lane)), bustest.Record(t, events.Via(lane))
	<-stuck
	for i := range 5000 {
		state.Send(i + 1)
		events.Send(i)
	}
	assert.Empty(t, stateSeen.All())
	done := make(chan struct{})
	lane.Post(func() { close(done) })
	close(free)
	<-done
	assert.Equal(t, []int{5000}, stateSeen.All())
	assert.Len(t, eventsSeen.All(), 5000)
}

func TestSendNeverRunsAReceiver(t *testing.T) {
	b := bustest.Bus(t)
	lane := bustest.Lane(t, b)
	state, events := bus.NewState(b, "state", 0), bus.NewEvents[int](b, "events")
	inSend := true
	fail := func(int) { assert.False(t, inSend) }
	defer state.Via(lane.Lane).On(fail)()
	defer events.Via(lane.Lane).On(fail)()
	state.Send(1)
	events.Send(1)
	inSend = false
	assert.Equal(t, 2, lane.Run())
}

func TestSendUnderALockThatTheReceiverTakes(t *testing.T) {
	b := bus.New(bus.Options{})
	defer b.Close()
	events := bus.NewEvents[int](b, "events")
	var mu sync.Mutex
	got := make(chan int, 100)
	defer events.On(func(v int) {
		mu.Lock()
		defer mu.Unlock()
		got <- v
	})()
	for i := range 100 {
		mu.Lock()
		events.Send(i)
		mu.Unlock()
	}
	for i := range 100 {
		require.Equal(t, i, <-got)
	}
}

func TestSendFromInsideAReceiverIsQueuedNotNested(t *testing.T) {
	runners := map[string]func(*bus.Bus) *bus.Lane{
		"goroutine":   func(b *bus.Bus) *bus.Lane { return b.Go("lane") },
		"on the spot": func(b *bus.Bus) *bus.Lane { return b.Lane("lane", func(f func()) { f() }) },
	}
	for name, lane := range runners {
		t.Run(name, func(t *testing.T) {
			b := bus.New(bus.Options{})
			defer b.Close()
			events := bus.NewEvents[int](b, "events")
			depth, done := 0, make(chan struct{})
			defer events.Via(lane(b)).On(func(v int) {
				depth++
				assert.Equal(t, 1, depth)
				if v < 1000 {
					events.Send(v + 1)
				} else {
					close(done)
				}
				depth--
			})()
			events.Send(0)
			<-done
		})
	}
}

// A runner that works on the spot runs receivers inside Send, but finds no lock of the bus held.
func TestOnTheSpotRunnerFindsNoLockHeld(t *testing.T) {
	b := bus.New(bus.Options{})
	defer b.Close()
	state, events := bus.NewState(b, "state", 0), bus.NewEvents[int](b, "events")
	lane := b.Lane("ui", func(f func()) { f() })
	calls := 0
	touch := func(int) {
		calls++
		_ = state.Load()
		_ = b.Inspect()
		b.Home()
		events.Via(lane).On(func(int) {})()
		state.Via(lane).On(func(int) {})()
	}
	defer state.Via(lane).On(touch)()
	defer events.Via(lane).On(touch)()
	state.Send(1)
	events.Send(1)
	assert.Equal(t, 3, calls)
}

// Promise 2.

func TestOneTopicHasOneOrder(t *testing.T) {
	b := bus.New(bus.Options{})
	events := bus.NewEvents[int](b, "events")
	const senders, each = 8, 500
	var left sync.WaitGroup
	seen := make([][]int, 4)
	for i := range seen {
		left.Add(senders * each)
		events.Via(b.Go(fmt.Sprint("lane ", i))).On(func(v int) {
			seen[i] = append(seen[i], v)
			left.Done()
		})
	}
	for s := range senders {
		go func() {
			for i := range each {
				events.Send(s*each + i)
			}
		}()
	}
	left.Wait()
	b.Close()
	for _, other := range seen[1:] {
		assert.Equal(t, seen[0], other)
	}
	slices.Sort(seen[0])
	for i, v := range seen[0] {
		require.Equal(t, i, v)
	}
}

func TestOneLaneKeepsTheOrderOfSendAcrossTopics(t *testing.T) {
	b := bustest.Bus(t)
	lane := bustest.Lane(t, b)
	var got, want []string
	var topics []*bus.Events[int]
	for i := range 5 {
		e := bus.NewEvents[int](b, fmt.Sprint(i))
		e.Via(lane.Lane).On(func(v int) { got = append(got, fmt.Sprint(i, v)) })
		topics = append(topics, e)
	}
	for v := range 200 {
		i := rand.IntN(len(topics))
		topics[i].Send(v)
		want = append(want, fmt.Sprint(i, v))
	}
	lane.Post(func() { got = append(got, "posted") })
	lane.Run()
	assert.Equal(t, append(want, "posted"), got)
}

// Promise 3.

func TestStateReceiverSeesASubsequenceThatEndsWithTheLast(t *testing.T) {
	b := bus.New(bus.Options{})
	defer b.Close()
	state := bus.NewState(b, "state", 0)
	const last = 20_000
	var all sync.WaitGroup
	for i := range 4 {
		all.Add(1)
		before := -1
		defer state.Via(b.Go(fmt.Sprint("lane ", i))).On(func(v int) {
			assert.Greater(t, v, before)
			before = v
			if v == last {
				all.Done()
			}
		})()
	}
	for v := range last {
		state.Send(v + 1)
	}
	all.Wait()
	assert.Equal(t, last, state.Load())
}

func TestMergingKeepsTheEarlierPlaceAndTheNewerValue(t *testing.T) {
	b := bustest.Bus(t)
	lane := bustest.Lane(t, b)
	state, events := bus.NewState(b, "state", "s0"), bus.NewEvents[string](b, "events")
	var got []string
	note := func(v string) { got = append(got, v) }
	defer state.Via(lane.Lane).On(note)()
	defer events.Via(lane.Lane).On(note)()
	lane.Run()

	events.Send("e1")
	state.Send("s1")
	events.Send("e2")
	state.Send("s2") // takes the place of s1, ahead of e2
	lane.Run()
	assert.Equal(t, []string{"s0", "e1", "s2", "e2"}, got)
}

func TestSendEqualToTheCurrentValueVanishes(t *testing.T) {
	b := bustest.Bus(t)
	lane := bustest.Lane(t, b)
	state := bus.NewState(b, "state", 7)
	rec := bustest.Record(t, state.Via(lane.Lane))
	lane.Run()
	bustest.Want(t, rec, 7)
	state.Send(7)
	assert.Zero(t, lane.Run())
	state.Send(8)
	state.Send(8)
	lane.Run()
	bustest.Want(t, rec, 8)

	folded := bus.NewStateFunc(b, "folded", []int{1}, slices.Equal[[]int])
	rec2 := bustest.Record(t, folded.Via(lane.Lane))
	folded.Send([]int{1})
	folded.Send([]int{1, 2})
	lane.Run()
	bustest.Want(t, rec2, []int{1, 2})

	never := bus.NewStateFunc(b, "never the same", 1, nil)
	rec3 := bustest.Record(t, never.Via(lane.Lane))
	lane.Run()
	never.Send(1)
	lane.Run()
	bustest.Want(t, rec3, 1, 1)
}

// Promise 4.

func TestOnGivesTheCurrentValueFirstWithoutGapOrDuplicate(t *testing.T) {
	b := bus.New(bus.Options{})
	defer b.Close()
	state := bus.NewState(b, "state", 0)
	const last = 5000
	var all sync.WaitGroup
	all.Add(1)
	go func() {
		defer all.Done()
		for v := range last {
			state.Send(v + 1)
		}
	}()
	lane := b.Go("lane")
	for range 200 {
		all.Add(1)
		atLeast := state.Load()
		before := -1
		defer state.Via(lane).On(func(v int) {
			if before == -1 {
				assert.GreaterOrEqual(t, v, atLeast, "older than what Load gave before")
			}
			assert.Greater(t, v, before, "a duplicate, or older after newer")
			before = v
			if v == last {
				all.Done() // and so there was no gap: the last one came
			}
		})()
	}
	all.Wait()
}

// One Send races with one On, over and over: whichever is first, the receiver ends with what was sent.
func TestOnNeverMissesASendThatRacesWithIt(t *testing.T) {
	b := bustest.Bus(t)
	lane := b.Hand("hand")
	state := bus.NewState(b, "state", 0)
	var turn, sent atomic.Int64
	const rounds = 20_000
	var all sync.WaitGroup
	all.Go(func() {
		for i := int64(1); i <= rounds; i++ {
			for turn.Load() < i { // spins, to be as close as can be
				runtime.Gosched()
			}
			state.Send(int(i))
			sent.Store(i)
		}
	})
	for i := int64(1); i <= rounds; i++ {
		last := -1
		turn.Store(i)
		cancel := state.Via(lane).On(func(v int) {
			assert.Greater(t, v, last)
			last = v
		})
		for sent.Load() < i {
			runtime.Gosched()
		}
		for lane.Step() {
		}
		require.EqualValues(t, i, last)
		cancel()
	}
	all.Wait()
}

func TestEventsHaveNoPast(t *testing.T) {
	b := bustest.Bus(t)
	lane := bustest.Lane(t, b)
	events := bus.NewEvents[int](b, "events")
	events.Send(1)
	rec := bustest.Record(t, events.Via(lane.Lane))
	events.Send(2)
	lane.Run()
	bustest.Want(t, rec, 2)
}

// Promise 5.

func TestCancelOnTheLaneEndsAllCalls(t *testing.T) {
	b := bustest.Bus(t)
	lane := bustest.Lane(t, b)
	state, events := bus.NewState(b, "state", 0), bus.NewEvents[int](b, "events")
	stateSeen, eventsSeen := 0, 0
	cancelState := state.Via(lane.Lane).On(func(int) { stateSeen++ })
	var cancelEvents func()
	cancelEvents = events.Via(lane.Lane).On(func(int) {
		eventsSeen++
		cancelEvents() // inside itself, with more waiting
		cancelEvents()
		cancelState() // of one that waits too
	})
	lane.Step()
	for v := range 10 {
		events.Send(v)
		state.Send(v + 1)
	}
	lane.Run()
	assert.Equal(t, 1, eventsSeen)
	assert.Equal(t, 1, stateSeen)
	for _, topic := range b.Inspect() {
		assert.Empty(t, topic.Receivers, topic.Name)
	}
}

func TestCancelFromElsewhereDoesNotWaitForTheRunningCall(t *testing.T) {
	b := bus.New(bus.Options{})
	defer b.Close()
	events := bus.NewEvents[int](b, "events")
	entered, leave := make(chan struct{}), make(chan struct{})
	var calls atomic.Int32
	cancel := events.On(func(int) {
		calls.Add(1)
		entered <- struct{}{}
		<-leave
	})
	events.Send(1)
	events.Send(2)
	<-entered
	cancel() // would hang here if it waited
	close(leave)
	done := make(chan struct{})
	b.Home().Post(func() { close(done) })
	<-done
	assert.EqualValues(t, 1, calls.Load())
}

// Promise 6. The bus hands on the very slice that was sent and, as -race shows, does not write to it.
func TestValuesAreFrozenOnceSent(t *testing.T) {
	b := bus.New(bus.Options{})
	defer b.Close()
	events := bus.NewEvents[[]int](b, "events")
	sent := []int{1, 2, 3}
	var all sync.WaitGroup
	for i := range 4 {
		all.Add(1)
		defer events.Via(b.Go(fmt.Sprint("lane ", i))).On(func(v []int) {
			defer all.Done()
			assert.Same(t, &sent[0], &v[0])
			assert.Equal(t, []int{1, 2, 3}, v)
		})()
	}
	events.Send(sent)
	assert.Equal(t, []int{1, 2, 3}, sent)
	all.Wait()
}

// Promise 8.

func TestSendAfterCloseIsACountedNoOp(t *testing.T) {
	b := bus.New(bus.Options{})
	defer b.Close()
	state, events := bus.NewState(b, "state", 1), bus.NewEvents[int](b, "events")
	closing, open := b.Hand("closing"), b.Hand("open")
	note := func(int) { assert.Fail(t, "a receiver on a closed lane ran") }
	state.Via(closing).On(note)
	events.Via(closing).On(note)
	rec := bustest.Record(t, state.Via(open))
	open.Step()
	closing.Close()
	state.Send(2)
	events.Send(2)
	assert.False(t, closing.Step())
	assert.True(t, open.Step())
	bustest.Want(t, rec, 1, 2)
	assert.False(t, closing.Post(func() {}))
	for _, topic := range b.Inspect() {
		assert.EqualValues(t, 1, topic.Sent)
		assert.EqualValues(t, 1, topic.Receivers[0].Late, topic.Name)
	}

	b.Close()
	state.Send(3)
	events.Send(3)
	assert.Equal(t, 2, state.Load())
	for _, topic := range b.Inspect() {
		assert.EqualValues(t, 1, topic.Sent)
		assert.EqualValues(t, 1, topic.Late)
	}
	state.Via(b.Go("too late")).On(note)()
	assert.False(t, b.Home().Post(func() {}))
}

func TestCloseReturnsAfterTheRunningFunction(t *testing.T) {
	var b *bus.Bus
	lanes := map[string]func() *bus.Lane{
		"goroutine": func() *bus.Lane { return b.Go("lane") },
		"run":       func() *bus.Lane { return b.Lane("lane", func(f func()) { go f() }) },
	}
	for name, lane := range lanes {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b = bus.New(bus.Options{})
				defer b.Close()
				l := lane()
				var ended atomic.Bool
				l.Post(func() { pass(time.Hour); ended.Store(true) })
				l.Post(func() { assert.Fail(t, "what is queued does not run after Close") })
				synctest.Wait()
				start := time.Now()
				l.Close()
				assert.True(t, ended.Load())
				assert.Equal(t, time.Hour, time.Since(start))
				l.Close()
			})
		})
	}
}

func TestCloseOnItsOwnLaneReturnsAtOnce(t *testing.T) {
	for _, whole := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			b := bus.New(bus.Options{})
			lanes := []*bus.Lane{b.Go("goroutine"), b.Lane("run", func(f func()) { go f() }), b.Hand("hand")}
			for _, l := range lanes {
				ran := false
				l.Post(func() {
					if whole {
						b.Close()
					} else {
						l.Close()
					}
					ran = true
				})
				l.Post(func() { assert.Fail(t, "the function that closed the lane is its last") })
				if l == lanes[2] && (!whole || !ran) {
					l.Step()
				}
				synctest.Wait()
				assert.Equal(t, !whole || l == lanes[0], ran)
			}
			b.Close()
		})
	}
}

func TestBusCloseEndsTheNewestLaneFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := bus.New(bus.Options{})
		core, ui := b.Go("core"), b.Go("ui")
		ui.Post(func() {
			pass(time.Second)
			assert.True(t, core.Post(func() {}), "the older lane still takes work")
			assert.False(t, ui.Post(func() {}))
		})
		synctest.Wait()
		b.Close()
		assert.False(t, core.Post(func() {}))
		b.Close()
	})
}

// Promise 9.

func TestPanicsAreNotCaught(t *testing.T) {
	b := bustest.Bus(t)
	lane := bustest.Lane(t, b)
	events := bus.NewEvents[int](b, "events")
	events.Via(lane.Lane).On(func(int) { panic("ouch") })
	events.Send(1)
	assert.PanicsWithValue(t, "ouch", func() { lane.Run() })
	events.Send(2)
	assert.PanicsWithValue(t, "ouch", func() { lane.Step() }, "the lane survives")

	const child = "BUS_TEST_PANIC"
	if os.Getenv(child) != "" {
		events.On(func(int) { panic("on a goroutine lane") })
		events.Send(3)
		select {}
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestPanicsAreNotCaught$")
	cmd.Env = append(os.Environ(), child+"=1")
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(out), "panic: on a goroutine lane")
	assert.Contains(t, string(out), "bus_test.TestPanicsAreNotCaught", "the stack names the receiver")
}
