package core

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// pollEvery is how often the node is asked for its connection. Its event stream drops messages and has no heartbeat,
// so it only makes us ask sooner.
const pollEvery = 2 * time.Second

// idlePolls is how many of these are left out between two that are made while nothing is connected and nothing is wished
// for: then nobody waits, and a computer that runs all day should not be kept busy.
const idlePolls = 4

// watch asks one node process for its connection until ctx ends.
func (c *Core) watch(ctx context.Context, api *tequilapi.Client) {
	defer api.Close()
	sooner := make(chan struct{}, 1)
	c.work.Go(func() {
		var last tequilapi.ConnectionStatus
		for e, err := range api.Events(ctx) {
			if err != nil {
				continue // it reconnects by itself; polling goes on
			}
			if e.Type != tequilapi.StateChange || e.State.Consumer.Connection.Status == last {
				continue
			}
			last = e.State.Consumer.Connection.Status
			select {
			case sooner <- struct{}{}:
			default:
			}
		}
	})
	t := time.NewTicker(pollEvery)
	defer t.Stop()
	unknown := tequilapi.ConnectionStatus("")
	for left := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if left++; left <= idlePolls && c.idle.Load() {
				continue
			}
		case <-sooner:
		}
		left = 0
		order := c.order.Load()
		got, err := api.Connection(ctx, c.Carrying.line())
		if err != nil {
			continue // whether the node is alive is nodeproc's question
		}
		open, held, known := lineOf(got.Status)
		if !known {
			if got.Status != unknown {
				unknown = got.Status
				c.Log.Warn("the node uses a connection status that is not known here", zap.String("status", string(got.Status)))
			}
			continue
		}
		c.post(lineSeen{order: order, open: open, held: held})
	}
}

// lineOf reads the node's word for its connection. Words for moments in between say nothing certain.
func lineOf(s tequilapi.ConnectionStatus) (open, held, known bool) {
	switch s {
	case tequilapi.Connected, tequilapi.Connecting, tequilapi.Reconnecting:
		return true, false, true
	case tequilapi.OnHold:
		return true, true, true
	case tequilapi.NotConnected, tequilapi.Canceled:
		return false, false, true
	case tequilapi.Disconnecting:
		return false, false, false
	default:
		return false, false, false
	}
}

// meter sends the tunnel's counters each second while it is up, and zeros once when it is not.
func (c *Core) meter() {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	var last vpn.Traffic
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-t.C:
			last = c.read(last)
			if last.ReceivedPerSecond > c.fastest.Load() {
				c.fastest.Store(last.ReceivedPerSecond)
			}
			c.Traffic.Send(last)
		}
	}
}

// read takes the tunnel's counters; rates are those since last.
func (c *Core) read(last vpn.Traffic) vpn.Traffic {
	s, up := c.Tunnel.Stats()
	if !up {
		return vpn.Traffic{}
	}
	now := time.Now()
	return vpn.Traffic{
		BytesSent: s.BytesSent, BytesReceived: s.BytesReceived, LastHandshake: s.LastHandshake, MTU: s.MTU, At: now,
		SentPerSecond:     rate(last.BytesSent, s.BytesSent, now.Sub(last.At)),
		ReceivedPerSecond: rate(last.BytesReceived, s.BytesReceived, now.Sub(last.At)),
	}
}

// rate is bytes per second; 0 where a counter began anew, or nothing was read before.
func rate(from, to uint64, d time.Duration) uint64 {
	if to < from || d <= 0 || d > time.Minute {
		return 0
	}
	return uint64(float64(to-from) / d.Seconds())
}
