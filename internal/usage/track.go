package usage

import (
	"time"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// tracker makes counts of statuses and counters. It is pure: no clock, no io. What began before it was told of anything
// is not counted.
type tracker struct {
	trying bool      // somebody waits for a connection
	began  time.Time // the try did

	up             bool      // one is up, or being brought back
	since          time.Time // it came up
	sent, received uint64    // through it

	last    vpn.Traffic // what was read last
	phase   vpn.Phase
	network vpn.Network
}

// status takes a status, and reports whether it counted something.
func (t *tracker) status(c *Counts, s vpn.Status, now time.Time) (counted bool) {
	at := now
	if !s.Since.IsZero() {
		at = s.Since
	}
	was := *c
	t.network = s.Network
	n := c.on(s.Network)
	switch s.Phase {
	case vpn.Finding, vpn.Dialing:
		t.over(n, at) // on the way to another exit
		if !t.trying {
			t.trying, t.began = true, at
		}
	case vpn.Up:
		switch {
		case t.trying:
			n.Tries.add(Connected)
			n.TimeToConnect.add(WaitOf(at.Sub(t.began)))
			t.trying = false
			t.open(at)
		case t.up && t.phase == vpn.Reconnecting:
			n.Reconnects++
		}
	case vpn.Failed:
		why := ReasonOf(s.Reason.Code)
		if t.trying {
			n.Tries.add(Failed)
			n.Failures.add(why)
			t.trying = false
		}
		if t.up {
			n.Losses.add(why)
			t.over(n, at)
		}
	case vpn.Closing, vpn.Down, vpn.Unknown:
		if t.trying {
			n.Tries.add(Cancelled)
			t.trying = false
		}
		t.over(n, at)
	case vpn.Reconnecting, vpn.Blocked: // it may come back
	}
	t.phase = s.Phase
	return *c != was
}

func (t *tracker) open(at time.Time) {
	t.up, t.since = true, at
	if t.last.At.Before(at) { // counters read since it came up are this tunnel's; older ones are another's
		t.last = vpn.Traffic{}
	}
	t.sent, t.received = t.last.BytesSent, t.last.BytesReceived
}

// over counts the connection that was up, if there was one.
func (t *tracker) over(n *Tallies, at time.Time) {
	if !t.up {
		return
	}
	t.up = false
	n.TimeConnected.add(LengthOf(at.Sub(t.since)))
	n.Received.add(SizeOf(t.received))
	n.Sent.add(SizeOf(t.sent))
}

// traffic takes counters. They begin anew with each tunnel.
func (t *tracker) traffic(v vpn.Traffic) {
	was := t.last
	t.last = v
	if !t.up || v.At.IsZero() {
		return
	}
	if v.BytesSent < was.BytesSent || v.BytesReceived < was.BytesReceived {
		was = vpn.Traffic{}
	}
	t.sent += v.BytesSent - was.BytesSent
	t.received += v.BytesReceived - was.BytesReceived
}
