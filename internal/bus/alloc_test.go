package bus_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/mysteriumvpn/desktop/internal/bus"
)

// status is as large as what the program really sends.
type status struct {
	n int
	_ [16]string
}

// Promise 10.
func TestSendAndDeliveryDoNotAllocate(t *testing.T) {
	for _, receivers := range []int{0, 1, 8} {
		b := bus.New(bus.Options{Slow: func(bus.Report) {}})
		lane := b.Hand("hand")
		state, events := bus.NewState(b, "state", status{}), bus.NewEvents[status](b, "events")
		goState, got := bus.NewState(b, "state on a goroutine", 0), make(chan int, 1)
		cancels := []func(){goState.On(func(v int) { got <- v })}
		<-got
		for range receivers {
			cancels = append(cancels, state.Via(lane).On(func(status) {}), events.Via(lane).On(func(status) {}))
		}
		n := 0
		round := func() {
			n++
			state.Send(status{n: n})
			state.Send(status{n: -n})
			events.Send(status{n: n})
			for lane.Step() {
			}
			goState.Send(n)
			<-got
		}
		round() // rings grow to what they need
		assert.Zero(t, testing.AllocsPerRun(200, round), "%d receivers", receivers)
		for _, c := range cancels {
			c()
		}
		b.Close()
	}
}

func BenchmarkSendNobody(b *testing.B) {
	hub := bus.New(bus.Options{})
	defer hub.Close()
	events := bus.NewEvents[status](hub, "events")
	b.ReportAllocs()
	for i := range b.N {
		events.Send(status{n: i})
	}
}

// BenchmarkStateMerged is a Send whose value takes the place of one that waits.
func BenchmarkStateMerged(b *testing.B) {
	for _, n := range []int{1, 8} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			hub := bus.New(bus.Options{})
			defer hub.Close()
			state := bus.NewState(hub, "state", 0)
			for range n {
				defer state.Via(hub.Hand("hand")).On(func(int) {})()
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				state.Send(i + 1)
			}
		})
	}
}

// BenchmarkState is Send, the switch to a lane's goroutine, delivery to n receivers and the switch back.
func BenchmarkState(b *testing.B) {
	for _, n := range []int{1, 8} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			hub := bus.New(bus.Options{Slow: func(bus.Report) {}})
			defer hub.Close()
			state := bus.NewState(hub, "state", 0)
			for range n - 1 {
				defer state.On(func(int) {})()
			}
			done := make(chan struct{})
			defer state.On(func(int) { done <- struct{}{} })()
			<-done
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				state.Send(i + 1)
				<-done
			}
		})
	}
}

// BenchmarkEvents is Send and delivery to n receivers on one lane, which takes its turn after every 64 Sends, as a
// window's does.
func BenchmarkEvents(b *testing.B) {
	for _, n := range []int{1, 8} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			hub := bus.New(bus.Options{Slow: func(bus.Report) {}})
			defer hub.Close()
			events := bus.NewEvents[int](hub, "events")
			var turn func()
			lane := hub.Lane("lane", func(f func()) { turn = f })
			for range n {
				defer events.Via(lane).On(func(int) {})()
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				events.Send(i)
				if i%64 == 63 {
					turn()
				}
			}
		})
	}
}

// BenchmarkTurn is what one turn of a window's lane costs, however little is done in it.
func BenchmarkTurn(b *testing.B) {
	hub := bus.New(bus.Options{Slow: func(bus.Report) {}})
	defer hub.Close()
	lane := hub.Lane("lane", func(f func()) { f() })
	b.ReportAllocs()
	for b.Loop() {
		lane.Post(func() {})
	}
}

// BenchmarkEventsGo is BenchmarkEvents with a goroutine lane for each receiver.
func BenchmarkEventsGo(b *testing.B) {
	for _, n := range []int{1, 8} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			hub := bus.New(bus.Options{Slow: func(bus.Report) {}})
			defer hub.Close()
			events := bus.NewEvents[int](hub, "events")
			done := make(chan struct{}, n)
			for i := range n {
				defer events.Via(hub.Go(fmt.Sprint("lane ", i))).On(func(v int) {
					if v%64 == 63 {
						done <- struct{}{}
					}
				})()
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				events.Send(i)
				if i%64 == 63 {
					for range n {
						<-done
					}
				}
			}
		})
	}
}
