package bus_test

import (
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/bus/bustest"
)

// here is the file:line of its caller, moved by lines.
func here(lines int) string {
	_, _, line, _ := runtime.Caller(1)
	return "bus/slow_test.go:" + strconv.Itoa(line+lines)
}

// Promise 7.

func TestSlowLaneIsReportedOncePerDoubling(t *testing.T) {
	kinds := map[string]struct {
		lane  func(*bus.Bus) *bus.Lane
		after time.Duration
		limit time.Duration
	}{
		"core":   {func(b *bus.Bus) *bus.Lane { return b.Go("lane") }, 0, time.Second},
		"ui":     {func(b *bus.Bus) *bus.Lane { return b.Lane("lane", func(f func()) { go f() }) }, 0, 100 * time.Millisecond},
		"chosen": {func(b *bus.Bus) *bus.Lane { return b.Go("lane") }, time.Minute, time.Minute},
	}
	for name, k := range kinds {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got bustest.Sent[bus.Report]
				b := bus.New(bus.Options{Slow: got.Send, SlowAfter: k.after})
				defer b.Close()
				lane := k.lane(b)
				events := bus.NewEvents[time.Duration](b, "naps")
				where := here(1)
				defer events.Via(lane).On(pass)()
				report := func(d time.Duration) bus.Report {
					return bus.Report{Kind: bus.SlowLane, Lane: "lane", Topic: "naps", Where: where, Busy: d}
				}

				events.Send(k.limit / 2)
				events.Send(k.limit - 1) // two calls that are fast enough are not one slow one
				pass(5 * k.limit)
				synctest.Wait()
				assert.Empty(t, got.Take())

				events.Send(5 * k.limit)
				pass(k.limit + 1)
				synctest.Wait()
				bustest.Want(t, &got, report(k.limit)) // told while it still runs
				pass(5 * k.limit)
				synctest.Wait()
				bustest.Want(t, &got, report(2*k.limit), report(4*k.limit))

				events.Send(k.limit / 2)
				events.Send(k.limit + 1) // begins while the watch of the one before runs
				pass(3 * k.limit)
				synctest.Wait()
				bustest.Want(t, &got, report(k.limit))

				where = here(1)
				lane.Post(func() { pass(k.limit + 1) })
				pass(3 * k.limit)
				synctest.Wait()
				posted := report(k.limit)
				posted.Topic = ""
				bustest.Want(t, &got, posted)
			})
		})
	}
}

func TestSlowReceiverIsReportedWhileTheBusCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got bustest.Sent[bus.Report]
		b := bus.New(bus.Options{Slow: got.Send})
		b.Home().Post(func() { pass(3 * time.Second) })
		synctest.Wait()
		b.Close()
		assert.Len(t, got.All(), 2)
	})
}

func TestDeepQueueIsReportedOncePerDoublingAndNothingIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got bustest.Sent[bus.Report]
		b := bus.New(bus.Options{Slow: got.Send})
		defer b.Close()
		lane := bustest.Lane(t, b)
		events := bus.NewEvents[int](b, "events")
		state := bus.NewState(b, "state", 0)
		where := here(1)
		rec := bustest.Record(t, events.Via(lane.Lane))
		report := func(depth int) bus.Report {
			return bus.Report{Kind: bus.DeepQueue, Lane: lane.Name(), Topic: "events", Where: where, Depth: depth}
		}
		for range 2 { // once worked off, the next flood is news again
			for i := range 1500 {
				events.Send(i)
				state.Send(i)
			}
			synctest.Wait()
			bustest.Want(t, &got, report(257), report(513), report(1025))
			lane.Run()
			assert.Len(t, rec.Take(), 1500)
		}
	})
}

// A logger's lock may be held by who sends. The report must not need it before Send has returned.
func TestReportsAreNotMadeInsideSend(t *testing.T) {
	var mu sync.Mutex
	told := make(chan bus.Report, 1)
	b := bus.New(bus.Options{DepthWarn: 1, Slow: func(r bus.Report) {
		mu.Lock()
		defer mu.Unlock()
		told <- r
	}})
	defer b.Close()
	events := bus.NewEvents[int](b, "events")
	events.Via(b.Hand("hand")).On(func(int) {})
	mu.Lock()
	events.Send(1)
	events.Send(2)
	mu.Unlock()
	assert.Equal(t, 2, (<-told).Depth)
}

func TestReportIsASentence(t *testing.T) {
	r := bus.Report{Kind: bus.SlowLane, Lane: "ui", Topic: "status", Where: "ui/home.go:31", Busy: time.Second}
	assert.Equal(t, "lane ui: the receiver of status at ui/home.go:31 has been running for 1s", r.String())
	r.Topic = ""
	assert.Equal(t, "lane ui: a posted function at ui/home.go:31 has been running for 1s", r.String())
	r = bus.Report{Kind: bus.DeepQueue, Lane: "ui", Topic: "notices", Where: "ui/home.go:31", Depth: 257}
	assert.Equal(t, "lane ui: 257 values of notices wait for the receiver at ui/home.go:31", r.String())
	assert.Equal(t, "nothing to report", bus.Report{}.String())
}

type exit struct{ ip string }

type secret struct{ ip string }

func (s secret) Redacted() string { return "exit x" }

func TestTapSeesEverySendAndShowsOnlyWhatIsRedacted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := bus.New(bus.Options{})
		plain, events := bus.NewState(b, "plain", exit{}), bus.NewEvents[secret](b, "secret")
		plain.Send(exit{"192.0.2.1"}) // before the tap
		var got bustest.Sent[bus.Record]
		cancel := b.Tap(got.Send)
		events.On(func(secret) {})
		at := time.Now()
		plain.Send(exit{"192.0.2.2"})
		events.Send(secret{"192.0.2.3"})
		plain.Send(exit{"192.0.2.2"})
		synctest.Wait()
		bustest.Want(t, &got,
			bus.Record{Seq: 1, At: at, Topic: "plain", Value: "<bus_test.exit>"},
			bus.Record{Seq: 2, At: at, Topic: "secret", Value: "exit x", Receivers: 1},
			bus.Record{Seq: 3, At: at, Topic: "plain", Value: "<bus_test.exit>", Same: true},
		)
		cancel()
		cancel()
		plain.Send(exit{})
		synctest.Wait()
		bustest.Want(t, &got)

		var rest bustest.Sent[bus.Record]
		b.Tap(rest.Send)
		events.Send(secret{})
		b.Close() // what the tap is owed, it gets
		assert.Len(t, rest.All(), 1)
		events.Send(secret{})
		b.Tap(rest.Send)()
		assert.Len(t, rest.All(), 1)
	})
}

func TestTapMayCancelItself(t *testing.T) {
	b := bus.New(bus.Options{})
	events := bus.NewEvents[int](b, "events")
	var cancel func()
	seen, more := 0, make(chan struct{})
	cancel = b.Tap(func(bus.Record) {
		<-more
		seen++
		cancel()
	})
	for i := range 3 {
		events.Send(i)
	}
	close(more)
	b.Close()
	assert.Equal(t, 1, seen)
}

func TestTapSeesSeqRise(t *testing.T) {
	b := bus.New(bus.Options{})
	var seqs []uint64
	b.Tap(func(r bus.Record) { seqs = append(seqs, r.Seq) })
	var all sync.WaitGroup
	for range 4 {
		e := bus.NewEvents[int](b, "events")
		all.Go(func() {
			for i := range 500 {
				e.Send(i)
			}
		})
	}
	all.Wait()
	b.Close()
	require.Len(t, seqs, 2000)
	for i, s := range seqs {
		require.EqualValues(t, i+1, s)
	}
}

func TestInspectCountsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := bus.New(bus.Options{})
		defer b.Close()
		lane := b.Hand("hand")
		state, events := bus.NewState(b, "state", 0), bus.NewEvents[int](b, "events")
		where := here(1)
		cancel := state.Via(lane).On(func(int) { pass(time.Second) })
		events.Via(lane).On(func(v int) {
			pass(time.Second)
			if v == 2 {
				assert.Equal(t, time.Second, b.Inspect()[1].Receivers[0].Running)
			}
		})
		for _, v := range []int{1, 2, 2} {
			state.Send(v)
			events.Send(v)
		}
		want := []bus.TopicInfo{
			{Name: "state", State: true, Sent: 3, Same: 1, Receivers: []bus.ReceiverInfo{
				{Where: where, Lane: "hand", Depth: 1, Max: 1, Merged: 2},
			}},
			{Name: "events", Sent: 3, Receivers: []bus.ReceiverInfo{
				{Where: b.Inspect()[1].Receivers[0].Where, Lane: "hand", Depth: 3, Max: 3},
			}},
		}
		assert.Equal(t, want, b.Inspect())
		for lane.Step() {
		}
		cancel()
		got := b.Inspect()
		assert.Empty(t, got[0].Receivers)
		assert.Equal(t, bus.ReceiverInfo{
			Where: got[1].Receivers[0].Where, Lane: "hand", Max: 3, Seen: 3, Busy: 3 * time.Second,
		}, got[1].Receivers[0])
	})
}

func TestWhereNamesTheCallOfOn(t *testing.T) {
	b := bustest.Bus(t)
	state := bus.NewState(b, "state", 0)
	var half bus.Receiver[int] = state
	want := []string{here(1), here(2), here(3)}
	defer state.On(func(int) {})()
	defer half.On(func(int) {})()
	defer state.Via(b.Home()).On(func(int) {})()
	for i, r := range b.Inspect()[0].Receivers {
		assert.Equal(t, want[i], r.Where)
	}
}
