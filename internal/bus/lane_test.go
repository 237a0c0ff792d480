package bus_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/bus/bustest"
)

// loop stands for a window's event loop: what run is given waits there until the test turns it.
type loop struct{ calls []func() }

func (l *loop) run(f func()) { l.calls = append(l.calls, f) }

func (l *loop) turn() {
	f := l.calls[0]
	l.calls = l.calls[1:]
	f()
}

func TestLaneAsksForOneTurnPerBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // where a busy computer takes no time: after its slice a lane asks again
		b := bus.New(bus.Options{})
		defer b.Close()
		var gui loop
		lane := b.Lane("ui", gui.run)
		n := 0
		for range 100 {
			lane.Post(func() { n++ })
		}
		require.Len(t, gui.calls, 1)
		gui.turn()
		assert.Equal(t, 100, n)
		assert.Empty(t, gui.calls)
		lane.Post(func() { n++ })
		require.Len(t, gui.calls, 1)
		gui.turn()
		assert.Equal(t, 101, n)
	})
}

func TestLaneYieldsAfterItsSlice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := bus.New(bus.Options{})
		defer b.Close()
		var gui loop
		lane := b.Lane("ui", gui.run)
		n := 0
		for range 10 {
			lane.Post(func() { n++; pass(time.Millisecond) })
		}
		var after []int
		for len(gui.calls) > 0 {
			gui.turn() // a frame is drawn after each
			after = append(after, n)
		}
		assert.Equal(t, []int{4, 8, 10}, after)
	})
}

// Nested turns would grow the stack for as long as the flood lasts.
func TestOnTheSpotRunnerIsNotNestedByYielding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := bus.New(bus.Options{})
		defer b.Close()
		nesting, deepest, n := 0, 0, 0
		lane := b.Lane("ui", func(f func()) {
			nesting++
			deepest = max(deepest, nesting)
			f()
			nesting--
		})
		var again func()
		again = func() {
			pass(time.Millisecond)
			if n++; n < 1000 {
				lane.Post(again)
				lane.Post(func() {})
			}
		}
		lane.Post(again)
		assert.Equal(t, 1000, n)
		assert.Equal(t, 2, deepest)
		assert.Zero(t, nesting)
	})
}

// A runner with several goroutines may start the next turn before the present one has ended.
func TestRunnerThatIsFasterThanTheYield(t *testing.T) {
	b := bus.New(bus.Options{})
	defer b.Close()
	lane := b.Lane("pool", func(f func()) { go f() })
	done, running, n := make(chan struct{}), false, 0
	for range 200_000 {
		lane.Post(func() {
			if running {
				panic("two at a time") // -race would see it too
			}
			running = true
			n++
			running = false
		})
	}
	lane.Post(func() { close(done) })
	<-done
	assert.Equal(t, 200_000, n)
}

func TestStepIsForHandLanes(t *testing.T) {
	b := bustest.Bus(t)
	assert.Panics(t, func() { b.Home().Step() })
	hand := b.Hand("hand")
	hand.Post(func() { assert.Panics(t, func() { hand.Step() }) })
	assert.True(t, hand.Step())
	assert.False(t, hand.Step())
}

func TestPostFromItsOwnLaneComesLast(t *testing.T) {
	b := bustest.Bus(t)
	lane := bustest.Lane(t, b)
	var got []int
	lane.Post(func() {
		lane.Post(func() { got = append(got, 3) })
		got = append(got, 1)
	})
	lane.Post(func() { got = append(got, 2) })
	assert.Equal(t, 3, lane.Run())
	assert.Equal(t, []int{1, 2, 3}, got)
}

func TestViaRefusesALaneOfAnotherBus(t *testing.T) {
	one, other := bustest.Bus(t), bustest.Bus(t)
	state, events := bus.NewState(one, "state", 0), bus.NewEvents[int](one, "events")
	assert.Panics(t, func() { state.Via(other.Home()) })
	assert.Panics(t, func() { events.Via(other.Home()) })
}

func TestHomeIsOneLane(t *testing.T) {
	b := bustest.Bus(t)
	assert.Same(t, b.Home(), b.Home())
	assert.Equal(t, "home", b.Home().Name())
}

func TestScope(t *testing.T) {
	var s bus.Scope
	var got []int
	s.Add(func() { got = append(got, 1) })
	s.Add(func() {
		got = append(got, 2)
		s.Add(func() { got = append(got, 3) }) // too late: at once
	})
	s.Close()
	s.Close()
	s.Add(func() { got = append(got, 4) })
	assert.Equal(t, []int{2, 3, 1, 4}, got)
}
