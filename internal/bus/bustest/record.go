package bustest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mysteriumvpn/desktop/internal/bus"
)

// memory is an ordered list of values, safe for use by any goroutine.
type memory[T any] struct {
	mu     sync.Mutex // guards what follows
	values []T
	taken  int
}

func (m *memory[T]) add(v T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.values = append(m.values, v)
}

// All is every value so far, the oldest first.
func (m *memory[T]) All() []T {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.values)
}

// Last is the newest value, or the zero T if there is none.
func (m *memory[T]) Last() T {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.values) == 0 {
		var zero T
		return zero
	}
	return m.values[len(m.values)-1]
}

// Take is what has come since the last Take or Want.
func (m *memory[T]) Take() []T {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := slices.Clone(m.values[m.taken:])
	m.taken = len(m.values)
	return out
}

// Recorder remembers what a Receiver delivers.
type Recorder[T any] struct{ memory[T] }

// Record receives from r until the test ends.
func Record[T any](t testing.TB, r bus.Receiver[T]) *Recorder[T] {
	rec := &Recorder[T]{}
	t.Cleanup(r.On(rec.add))
	return rec
}

// Sent is a Sender that remembers what it was given. The zero Sent works.
type Sent[T any] struct{ memory[T] }

// Send remembers v.
func (s *Sent[T]) Send(v T) { s.add(v) }

// Taker is a Recorder or a Sent.
type Taker[T any] interface{ Take() []T }

// Want takes what has come to rec since the last Take or Want, and fails the test unless it is exactly want.
func Want[T any](t testing.TB, rec Taker[T], want ...T) {
	t.Helper()
	got := rec.Take()
	if len(got) == 0 && len(want) == 0 || reflect.DeepEqual(got, want) {
		return
	}
	t.Errorf("values differ (- wanted, + got):\n%s", diff(got, want))
}

// diff is one line per value, marked where the two differ. Runs that agree at both ends are not marked.
func diff[T any](got, want []T) string {
	head := 0
	for head < len(got) && head < len(want) && reflect.DeepEqual(got[head], want[head]) {
		head++
	}
	tail := 0
	for tail < len(got)-head && tail < len(want)-head && reflect.DeepEqual(got[len(got)-1-tail], want[len(want)-1-tail]) {
		tail++
	}
	var b strings.Builder
	lines := func(mark string, values []T) {
		for _, v := range values {
			fmt.Fprintf(&b, "%s %+v\n", mark, v)
		}
	}
	lines(" ", want[:head])
	lines("-", want[head:len(want)-tail])
	lines("+", got[head:len(got)-tail])
	lines(" ", want[len(want)-tail:])
	return b.String()
}
