package tequilapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"time"
)

// Event is one message of the node's stream: the whole state each time, not a difference.
type Event struct {
	Type  string `json:"type"` // "state-change" is the only one known; State is set for it alone
	State State  `json:"payload"`
}

// StateChange is the type of the events that carry a State.
const StateChange = "state-change"

// UnmarshalJSON reads the node's spelling. The payload of a type that is not known is not looked at.
func (e *Event) UnmarshalJSON(b []byte) error {
	var w struct {
		Type    string          `json:"type"`
		Payload json.RawMessage `json:"payload"`
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	if w.Type == "" {
		return errors.New("event without a type")
	}
	*e = Event{Type: w.Type}
	if w.Type != StateChange {
		return nil
	}
	return json.Unmarshal(w.Payload, &e.State)
}

// State is the whole state of the node as its stream tells it.
type State struct {
	ServiceInfo   []json.RawMessage `json:"service_info"` // what the node provides; not read here
	Sessions      []Session         `json:"sessions"`     // provided sessions only: empty for a consumer
	SessionsStats SessionsStats     `json:"sessions_stats"`
	Consumer      Consumer          `json:"consumer"`
	Identities    []Identity        `json:"identities"`
	Channels      []json.RawMessage `json:"channels"` // payment channels; not read here
}

// Consumer is the part of the state that concerns our own connection.
type Consumer struct {
	Connection LiveConnection `json:"connection"`
}

// LiveConnection is a connection with its counters.
type LiveConnection struct {
	Connection
	Statistics *Statistics `json:"statistics,omitempty"` // nil while there is nothing to count
}

const (
	backoffMin = 250 * time.Millisecond
	backoffMax = 8 * time.Second
)

// Events watches the node. It yields the whole state at once and then with each change, about once a second while
// connected. When the stream breaks it yields the error and connects again, after a wait that doubles from a quarter
// of a second to eight seconds and is shortened at random by up to a half, so that many programs do not all come at
// once. The wait starts anew after an event. It ends with ctx, without an error, or when the loop is left.
//
// Slow loops miss states: the node drops them. It sends nothing while nothing changes, so silence does not show that
// it lives: use Healthcheck for that. Short states, such as Disconnecting, are often not seen at all.
func (c *Client) Events(ctx context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		wait := backoffMin
		for ctx.Err() == nil {
			heard, more, err := c.stream(ctx, yield)
			if !more || ctx.Err() != nil {
				return
			}
			if _, ok := errors.AsType[*Error](err); !ok { // that one names the path itself
				err = fmt.Errorf("GET %s: %w", eventsPath, err)
			}
			if !yield(Event{}, err) {
				return
			}
			if heard {
				wait = backoffMin
			}
			t := time.NewTimer(wait/2 + time.Duration(c.jitter()*float64(wait/2)))
			wait = min(2*wait, backoffMax)
			select {
			case <-t.C:
			case <-ctx.Done():
				t.Stop()
				return
			}
		}
	}
}

const eventsPath = "/events/state"

// stream yields the events of one connection until it breaks. heard: an event came; more: the loop wants to go on.
func (c *Client) stream(ctx context.Context, yield func(Event, error) bool) (heard, more bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	// The head of the answer must come in time; after that the stream may be silent for as long as it likes.
	limit := time.AfterFunc(c.timeout, func() { cancel(fmt.Errorf("%w within %s", ErrNoAnswer, c.timeout)) })
	res, err := c.send(ctx, call{method: http.MethodGet, path: eventsPath}, "text/event-stream")
	if !limit.Stop() && err == nil {
		err = context.Cause(ctx)
		_ = res.Body.Close()
	}
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return false, true, err
	}
	defer func() { _ = res.Body.Close() }()
	if err := wantType(res, "text/event-stream"); err != nil {
		return false, true, err
	}
	frames := newFrameReader(res.Body, c.maxBody)
	for {
		f, err := frames.next()
		if errors.Is(err, io.EOF) {
			err = errors.New("the node closed the stream")
		}
		if err != nil {
			return heard, true, err
		}
		var e Event
		if err := json.Unmarshal(f.data, &e); err != nil {
			return heard, true, fmt.Errorf("%w: event: %w", ErrBadAnswer, err)
		}
		heard = true
		if !yield(e, nil) {
			return heard, false, nil
		}
	}
}
