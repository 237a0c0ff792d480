package tunnel

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/uplink"
	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

// ground is a computer's network and a device on it, as a test wants them. Every call is written down, with its second.
type ground struct {
	*roam
	changes chan uplink.Change
	start   time.Time

	mu       sync.Mutex
	to       uplink.Way
	none     bool
	broken   bool // no socket can be had
	deaf     bool // the exit does not hear
	received uint64
	shook    time.Time
	calls    []string
}

var (
	wifi  = uplink.Way{Link: 2, Name: "wlan0", MTU: 1500}
	cable = uplink.Way{Link: 3, Name: "eth0", MTU: 1500}
)

func newGround(t *testing.T) *ground {
	g := &ground{changes: make(chan uplink.Change), start: time.Now(), to: wifi}
	g.roam = newRoam(g, func() (uplink.Way, error) {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.none {
			return uplink.Way{}, uplink.ErrNone
		}
		return g.to, nil
	}, func() { g.note("moved") }, noLog)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	g.cancel = cancel
	g.work.Go(func() { g.run(ctx, g.changes) })
	t.Cleanup(g.stop)
	synctest.Wait()
	return g
}

func (g *ground) set(change func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change()
}

func (g *ground) note(what string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls = append(g.calls, time.Since(g.start).String()+" "+what)
}

func (g *ground) said() string {
	synctest.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	all := strings.Join(g.calls, ", ")
	g.calls = nil
	return all
}

func (g *ground) Rebind() error {
	g.note("rebind")
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.broken {
		return errors.New("no socket")
	}
	return nil
}

func (g *ground) hear(session bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.deaf {
		return
	}
	g.received += 92
	if session {
		g.shook = time.Now().Add(time.Millisecond)
	}
}

func (g *ground) Announce()    { g.note("announce"); g.hear(false) }
func (g *ground) Renew() error { g.note("renew"); g.hear(true); return nil }

func (g *ground) Stats() wgnet.Stats {
	g.mu.Lock()
	defer g.mu.Unlock()
	return wgnet.Stats{BytesReceived: g.received, LastHandshake: g.shook}
}

// TestAChangeIsOneRebindAndAWordToTheExit, and what does not concern the way to the exit is none.
func TestAChangeIsOneRebindAndAWordToTheExit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGround(t)
		g.changes <- uplink.Change{Links: []int{7}} // a bridge of containers
		assert.Empty(t, g.said())
		g.changes <- uplink.Change{Links: []int{2}} // another access point of the same network
		assert.Equal(t, "0s rebind, 0s announce", g.said())
		g.set(func() { g.to = cable })
		g.changes <- uplink.Change{Links: []int{7}}
		assert.Equal(t, "0s rebind, 0s announce", g.said())
		time.Sleep(time.Minute)
		assert.Equal(t, "400ms moved", g.said(), "once it is heard there is no more to do")
		assert.Equal(t, uint64(2), g.moves.Load())
	})
}

// TestWhoWakesRenewsTheSession: the exit may have forgotten it while our clock stood still.
func TestWhoWakesRenewsTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGround(t)
		g.changes <- uplink.Change{Slept: time.Hour}
		assert.Equal(t, "0s rebind, 0s renew", g.said())
	})
}

// TestAnExitThatDoesNotHearIsAskedAgain: soon, then less often, then no more.
func TestAnExitThatDoesNotHearIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGround(t)
		g.deaf = true
		g.changes <- uplink.Change{Any: true}
		time.Sleep(time.Hour)
		assert.Equal(t, "0s rebind, 0s announce, 400ms announce, 1s renew, 2s renew, 4s renew, 8s renew, 12s renew", g.said())
	})
}

// TestASessionThatIsGivenUpNeedsANewOne: what arrives under the old one is no answer then, for we send nothing under it.
func TestASessionThatIsGivenUpNeedsANewOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGround(t)
		g.deaf = true
		g.changes <- uplink.Change{Slept: time.Hour}
		g.set(func() { g.received += 1000 })
		time.Sleep(200 * time.Millisecond)
		g.changes <- uplink.Change{Any: true}
		assert.Equal(t, "0s rebind, 0s renew, 200ms rebind, 200ms renew", g.said(), "another change does not bring it back")
		g.set(func() { g.deaf = false })
		time.Sleep(time.Hour)
		assert.Equal(t, "600ms renew, 1.2s moved", g.said())
	})
}

// TestWithoutAWayNothingIsTried until there is one.
func TestWithoutAWayNothingIsTried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGround(t)
		g.set(func() { g.none, g.deaf = true, true })
		g.changes <- uplink.Change{Links: []int{2}}
		synctest.Wait()
		assert.True(t, g.away.Load())
		time.Sleep(time.Hour)
		g.changes <- uplink.Change{Slept: time.Hour}
		assert.Empty(t, g.said())
		g.set(func() { g.none, g.deaf = false, false })
		g.changes <- uplink.Change{Links: []int{7}}
		assert.Equal(t, "1h0m0s rebind, 1h0m0s renew", g.said(), "the same network as before, and all the same; and it has slept")
		assert.False(t, g.away.Load())
	})
}

// TestSocketsThatCannotBeHadAreTriedAgain: by a back-off, and at once when the network changes.
func TestSocketsThatCannotBeHadAreTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGround(t)
		g.broken = true
		g.changes <- uplink.Change{Any: true}
		time.Sleep(2 * time.Second)
		assert.Equal(t, "0s rebind, 250ms rebind, 750ms rebind, 1.75s rebind", g.said())
		g.changes <- uplink.Change{Links: []int{7}}
		assert.Equal(t, "2s rebind", g.said())
		time.Sleep(time.Hour)
		assert.Less(t, strings.Count(g.said(), "rebind"), 460, "every 8 s")
		g.set(func() { g.broken = false })
		time.Sleep(time.Hour)
		all := g.said()
		assert.Contains(t, all, "renew")
		assert.Contains(t, all, "moved")
	})
}

// TestNoStallWhileThereIsNoNetwork: neither while there is none nor for what was silent before it changed.
func TestNoStallWhileThereIsNoNetwork(t *testing.T) {
	at := func(d time.Duration) time.Time { return time.Unix(1000, 0).Add(d) }
	var s stall
	s.answers = true
	require.Zero(t, s.tick(at(0), counters{sent: 1, received: 100}))
	v := s.tick(at(time.Second), counters{sent: 2, received: 100})
	require.True(t, v.probe)
	for n := range 100 {
		now := at(time.Duration(n+2) * time.Second)
		v = s.tick(now, counters{sent: uint64(3 + n), received: 100, away: true})
		require.Nil(t, v.stall)
		v = s.missed(now, counters{sent: uint64(3 + n), received: 100, away: true})
		require.Nil(t, v.stall)
	}
	// Back, and still silent: now it is the exit's.
	v = s.tick(at(103*time.Second), counters{sent: 200, received: 100, moves: 1})
	require.Nil(t, v.stall)
	v = s.tick(at(104*time.Second), counters{sent: 201, received: 100, moves: 1})
	require.Nil(t, v.stall)
	for n := range 3 {
		require.Nil(t, v.stall)
		v = s.missed(at(time.Duration(105+n)*time.Second), counters{sent: 201, received: 100, moves: 1})
	}
	require.NotNil(t, v.stall)
}
