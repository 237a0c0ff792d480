package history

import (
	"time"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// tracker makes entries of statuses and counters. It is pure: no clock, no io.
type tracker struct {
	on      bool  // a connection is being followed
	entry   Entry // that one
	phase   vpn.Phase
	since   time.Time   // of phase
	closing bool        // it is being taken down; entry.End stands
	cause   vpn.Reason  // why it broke last
	quit    bool        // the program is about to end
	last    vpn.Traffic // what was counted last
}

// status takes a status. ended is the connection that is over with it. opened says that a new one has begun.
func (t *tracker) status(s vpn.Status, now time.Time) (ended *Entry, opened bool) {
	if t.on {
		ended = t.left(s, now)
	}
	if !t.on && s.Phase == vpn.Up && s.Exit.ProviderID != "" {
		t.open(s, now)
		opened = true
	}
	t.phase, t.since = s.Phase, s.Since
	return ended, opened
}

func (t *tracker) open(s vpn.Status, now time.Time) {
	at := moment(s, now)
	t.on, t.closing = true, false
	t.entry = Entry{
		Start: at, End: at, Open: true, Network: s.Network,
		Country: s.Exit.Country, City: s.Exit.City, ProviderID: s.Exit.ProviderID,
	}
	// Counters read since it came up are this tunnel's; older ones are another's.
	if t.last.At.Before(s.Since) {
		t.last = vpn.Traffic{}
	}
	t.entry.BytesSent, t.entry.BytesReceived = t.last.BytesSent, t.last.BytesReceived
}

// left takes a status while a connection is followed, and gives it if it is over.
func (t *tracker) left(s vpn.Status, now time.Time) *Entry {
	at := moment(s, now)
	switch s.Phase {
	case vpn.Up:
		switch {
		case t.closing:
			return t.end(at, Disconnected, vpn.Reason{})
		case s.Exit.ProviderID != t.entry.ProviderID:
			return t.end(at, Switched, vpn.Reason{})
		case t.phase == vpn.Reconnecting, t.phase == vpn.Up && !s.Since.Equal(t.since):
			t.entry.Reconnects++ // the second case: states merge on their way
		}
	case vpn.Finding, vpn.Dialing:
		if t.closing {
			return t.end(at, Disconnected, vpn.Reason{})
		}
		return t.end(at, Switched, vpn.Reason{})
	case vpn.Closing:
		// The user has asked, or it was given up: which, the next phase says.
		t.seen(at)
		t.closing = true
		return nil
	case vpn.Failed:
		why := Failed
		switch s.Reason.Code {
		case vpn.NodeGaveUp, vpn.NodeWentAway, vpn.NodeNotFound, vpn.NodePortTaken:
			why = NodeDied
		default:
		}
		return t.end(at, why, s.Reason)
	case vpn.Down, vpn.Unknown:
		return t.end(at, Disconnected, vpn.Reason{})
	case vpn.Reconnecting, vpn.Blocked: // it may come back
		if s.Exit.ProviderID != t.entry.ProviderID { // through another one it is another connection; this one ended when it broke
			return t.end(at, Failed, t.cause)
		}
		if t.phase == vpn.Up {
			t.cause = s.Reason
		}
	}
	t.seen(now)
	return nil
}

// traffic takes counters. They begin anew with each tunnel.
func (t *tracker) traffic(c vpn.Traffic, now time.Time) {
	was := t.last
	t.last = c
	if !t.on || c.At.IsZero() {
		return
	}
	if c.BytesSent < was.BytesSent || c.BytesReceived < was.BytesReceived {
		was = vpn.Traffic{}
	}
	t.entry.BytesSent += c.BytesSent - was.BytesSent
	t.entry.BytesReceived += c.BytesReceived - was.BytesReceived
	t.seen(now)
}

func (t *tracker) seen(at time.Time) {
	if !t.closing && at.After(t.entry.Start) {
		t.entry.End = at
	}
}

func (t *tracker) end(at time.Time, why Why, reason vpn.Reason) *Entry {
	t.seen(at)
	if why == Disconnected && t.quit {
		why = Quit
	}
	t.entry.Open, t.entry.Why = false, why
	t.entry.Code, t.entry.A, t.entry.B = reason.Code, reason.A, reason.B
	t.on = false
	e := t.entry
	return &e
}

// moment is when a status's phase was entered, by the clock on the wall: the other one stands still while a computer
// sleeps.
func moment(s vpn.Status, now time.Time) time.Time {
	if s.Since.IsZero() {
		return now
	}
	return s.Since.UTC().Round(0)
}
