package bustest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"

	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/bus/bustest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// witness is a testing.TB that writes down what it is told.
type witness struct {
	testing.TB
	errors   []string
	cleanups []func()
}

func (w *witness) Name() string     { return "witness" }
func (w *witness) Helper()          {}
func (w *witness) Cleanup(f func()) { w.cleanups = append(w.cleanups, f) }
func (w *witness) Errorf(format string, a ...any) {
	w.errors = append(w.errors, fmt.Sprintf(format, a...))
}

func (w *witness) Fatalf(format string, a ...any) { w.Errorf(format, a...) }

func (w *witness) end() {
	for i := len(w.cleanups) - 1; i >= 0; i-- {
		w.cleanups[i]()
	}
}

func TestBusFailsTheTestOnDepth(t *testing.T) {
	w := &witness{}
	b := bustest.Bus(w)
	lane := bustest.Lane(w, b)
	events := bus.NewEvents[int](b, "events")
	rec := bustest.Record(w, events.Via(lane.Lane))
	for i := range 256 {
		events.Send(i)
	}
	assert.Equal(t, 256, lane.Run())
	for i := range 257 {
		events.Send(i)
	}
	w.end() // waits for the report
	assert.Len(t, rec.All(), 256)
	assert.Len(t, w.errors, 1)
	assert.Contains(t, w.errors[0], "lane witness: 257 values of events wait for the receiver at bustest/bustest_test.go:")
}

func TestRunEndsALoopThatDoesNot(t *testing.T) {
	w := &witness{}
	lane := bustest.Lane(w, bustest.Bus(w))
	defer w.end()
	var again func()
	again = func() { lane.Post(again) }
	lane.Post(again)
	lane.Run()
	assert.Equal(t, []string{"lane witness: after 100000 functions there is still more"}, w.errors)
}

func TestWantTakesAndTellsTheDifference(t *testing.T) {
	var sent bustest.Sent[string]
	w := &witness{}
	bustest.Want(w, &sent)
	for _, v := range []string{"a", "b", "c", "d"} {
		sent.Send(v)
	}
	assert.Equal(t, "d", sent.Last())
	bustest.Want(w, &sent, "a", "b", "c", "d")
	bustest.Want(w, &sent)
	assert.Empty(t, w.errors)
	assert.Equal(t, []string{"a", "b", "c", "d"}, sent.All())

	for _, v := range []string{"a", "x", "d"} {
		sent.Send(v)
	}
	bustest.Want(w, &sent, "a", "b", "c", "d")
	assert.Equal(t, []string{"values differ (- wanted, + got):\n  a\n- b\n- c\n+ x\n  d\n"}, w.errors)
	assert.Empty(t, sent.Take())
}

func TestLastOfNothingIsZero(t *testing.T) {
	var sent bustest.Sent[int]
	assert.Zero(t, sent.Last())
	var s bus.Sender[int] = &sent
	s.Send(3)
	assert.Equal(t, []int{3}, sent.Take())
}
