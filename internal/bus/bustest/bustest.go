// Package bustest helps to test code that sends and receives on a bus: a bus that fails the test when a queue grows
// deep, a lane that the test cranks by hand, a recorder of what a topic delivers, and a Sender that remembers.
//
// Tests call it. For code with real lanes, run the test under testing/synctest and call synctest.Wait before Want.
//
// All of it may be used from any goroutine, but only the test's own may call Step, Run and Want.
package bustest

import (
	"testing"

	"github.com/mysteriumvpn/desktop/internal/bus"
)

// Bus is a bus that is closed when the test ends. An Events queue deeper than bus.Options.DepthWarn fails the test;
// slow lanes do not, since a busy machine makes them.
func Bus(t testing.TB) *bus.Bus {
	b := bus.New(bus.Options{Slow: func(r bus.Report) {
		if r.Kind == bus.DeepQueue {
			t.Errorf("%v", r)
		}
	}})
	t.Cleanup(b.Close)
	return b
}

// HandLane is a lane that does only what the test makes it do.
type HandLane struct {
	*bus.Lane
	t testing.TB
}

// Lane makes a HandLane on b. It is closed when the test ends.
func Lane(t testing.TB, b *bus.Bus) *HandLane {
	l := &HandLane{Lane: b.Hand(t.Name()), t: t}
	t.Cleanup(l.Close)
	return l
}

// endless is how many functions in one Run are taken for a loop.
const endless = 100_000

// Run runs what is queued, and what that queues in turn, until nothing is left. It returns how many functions that
// were. A loop that never ends fails the test.
func (l *HandLane) Run() int {
	l.t.Helper()
	for n := range endless {
		if !l.Step() {
			return n
		}
	}
	l.t.Fatalf("lane %s: after %d functions there is still more", l.Name(), endless)
	return endless
}
