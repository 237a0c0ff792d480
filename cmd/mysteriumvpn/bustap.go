package main

import (
	"fmt"
	"sync"

	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/logs"
)

// busTap puts what travels on the bus into the log, for as long as anybody wants to see it.
type busTap struct {
	bus  *bus.Bus
	ring *logs.Ring

	mu    sync.Mutex // guards what follows
	users int
	untap func()
}

// on begins; the function that it gives ends it, for this user, and may be called twice.
func (t *busTap) on() (off func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.users++; t.users == 1 {
		t.untap = t.bus.Tap(t.line)
	}
	return sync.OnceFunc(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.users--; t.users == 0 {
			t.untap()
		}
	})
}

// logsTopic tells of new lines: one about it would make another.
const logsTopic = "logs"

func (t *busTap) line(r bus.Record) {
	if r.Topic == logsTopic {
		return
	}
	fields := fmt.Sprintf("receivers=%d", r.Receivers)
	if r.Same {
		fields += " same=true"
	}
	t.ring.Append(logs.Line{At: r.At, Source: logs.Bus, Text: r.Topic + ": " + r.Value, Fields: fields})
}
