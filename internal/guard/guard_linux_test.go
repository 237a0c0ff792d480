package guard

import (
	"context"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/netd/wire"
	"github.com/mysteriumvpn/desktop/internal/netdclient"
)

var exit = netip.MustParseAddrPort("203.0.113.2:51820")

// helper answers as a test wants it.
type helper struct {
	t    *testing.T
	path string
	l    *net.UnixListener

	mu     sync.Mutex
	answer func(wire.Verb) (wire.Answer, bool) // false: it says nothing
	heard  []wire.Verb
	conns  []*net.UnixConn
	node   string // where the node's socket is made, which the first wire.Node of a connection gets; empty = nowhere
}

func newHelper(t *testing.T) *helper {
	if os.Getuid() != 0 {
		t.Skip("a client speaks with a helper of root only")
	}
	h := &helper{t: t, path: filepath.Join(t.TempDir(), "netd.sock")}
	h.says(wire.Answer{Code: wire.OK, Phase: wire.Open})
	h.listen()
	return h
}

func (h *helper) listen() {
	l, err := net.ListenUnix(wire.Network, &net.UnixAddr{Name: h.path, Net: wire.Network})
	require.NoError(h.t, err)
	h.l = l
	h.t.Cleanup(h.die)
	go func() {
		for {
			c, err := l.AcceptUnix()
			if err != nil {
				return
			}
			h.mu.Lock()
			h.conns = append(h.conns, c)
			h.mu.Unlock()
			go h.serve(c)
		}
	}()
}

func (h *helper) serve(c *net.UnixConn) {
	buf := make([]byte, wire.MaxPacket+1)
	fresh := true
	for {
		packet, err := wire.Receive(c, buf)
		if err != nil {
			return
		}
		r, err := wire.ParseRequest(packet)
		if err != nil {
			return
		}
		h.mu.Lock()
		h.heard = append(h.heard, r.Verb)
		a, say := h.answer(r.Verb)
		var file *os.File
		if r.Verb == wire.Node && fresh && h.node != "" {
			file, fresh = listenFile(h.t, h.node), false
		}
		h.mu.Unlock()
		if say {
			_ = wire.Send(c, a.Append(nil), file)
		}
		_ = file.Close() // nil closes, too
	}
}

// says has every request answered by a.
func (h *helper) says(a wire.Answer) {
	h.does(func(wire.Verb) (wire.Answer, bool) { return a, true })
}

func (h *helper) does(answer func(wire.Verb) (wire.Answer, bool)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answer = answer
}

// hangUp ends every connection.
func (h *helper) hangUp() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.conns {
		_ = c.Close()
	}
	h.conns = nil
}

func (h *helper) die() {
	_ = h.l.Close()
	h.hangUp()
}

func (h *helper) count() (connections int, heard []wire.Verb) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.conns), append([]wire.Verb(nil), h.heard...)
}

// guarded is a Guard of h, and what it tells.
func guarded(h *helper) (*Guard, chan State) {
	told := make(chan State, 100)
	g := NewGuard(h.path, func(s State) { told <- s })
	g.seek = time.Millisecond
	h.t.Cleanup(g.Close)
	return g, told
}

var mine = wire.Answer{Code: wire.OK, Phase: wire.Connecting, Held: true, Yours: true}

// TestNoHelperIsSaid: so that the user is told to install one.
func TestNoHelperIsSaid(t *testing.T) {
	g := NewGuard(filepath.Join(t.TempDir(), "none"), func(State) {})
	_, err := g.Look(t.Context())
	assert.ErrorIs(t, err, ErrNoHelper)
	g.Close()
	_, err = g.Look(t.Context())
	assert.ErrorIs(t, err, net.ErrClosed)
}

// TestAnIdleConnectionThatEndedIsMadeAnew: the helper lets go of those that say nothing for long.
func TestAnIdleConnectionThatEndedIsMadeAnew(t *testing.T) {
	h := newHelper(t)
	g, told := guarded(h)
	_, err := g.Look(t.Context())
	require.NoError(t, err)
	assert.Equal(t, State{}, <-told)
	h.hangUp()
	h.says(mine)
	require.NoError(t, g.Hold(t.Context(), []netip.AddrPort{exit}))
	assert.Equal(t, State{Held: true}, <-told)
}

// TestAHelperThatIsLostIsFoundAgain: what it held is blocked, which the user is told, until it says how things stand.
func TestAHelperThatIsLostIsFoundAgain(t *testing.T) {
	h := newHelper(t)
	g, told := guarded(h)
	h.says(mine)
	require.NoError(t, g.Hold(t.Context(), []netip.AddrPort{exit}))
	assert.Equal(t, State{Held: true}, <-told)
	h.die()
	_, err := g.Look(t.Context())
	require.Error(t, err)
	assert.Equal(t, State{Held: true, Blocked: true, Lost: true}, <-told)
	h.says(wire.Answer{Code: wire.OK, Phase: wire.Blocked, Held: true, Ownerless: true, Owner: uint32(os.Getuid())}) //nolint:gosec // a user
	h.listen()
	assert.Equal(t, State{Held: true, Blocked: true}, <-told)
}

// TestATakeOverThatWasNotAnsweredMayHaveBlocked: the helper blocks first, then answers.
func TestATakeOverThatWasNotAnsweredMayHaveBlocked(t *testing.T) {
	h := newHelper(t)
	g, told := guarded(h)
	h.does(func(wire.Verb) (wire.Answer, bool) {
		_ = h.l.Close()
		for _, c := range h.conns { // the caller holds mu
			_ = c.Close()
		}
		return wire.Answer{}, false
	})
	require.Error(t, g.Hold(t.Context(), []netip.AddrPort{exit}))
	assert.Equal(t, State{Held: true, Blocked: true, Lost: true}, <-told)
}

// TestWhatALiveProgramHoldsIsNotOurs, though it is of the same user; what one left that has ended is.
func TestWhatALiveProgramHoldsIsNotOurs(t *testing.T) {
	h := newHelper(t)
	g, _ := guarded(h)
	a := wire.Answer{Code: wire.OK, Phase: wire.Connected, Held: true, Owner: uint32(os.Getuid())} //nolint:gosec // a user
	h.says(a)
	s, err := g.Look(t.Context())
	require.NoError(t, err)
	assert.False(t, s.Held)
	a.Ownerless, a.Phase = true, wire.Blocked
	h.says(a)
	s, err = g.Look(t.Context())
	require.NoError(t, err)
	assert.Equal(t, State{Held: true, Blocked: true}, s)
	a.Owner++
	h.says(a)
	s, err = g.Look(t.Context())
	require.NoError(t, err)
	assert.False(t, s.Held, "another user's")
}

// TestARefusalLosesNothing: the helper is there, and what it holds is told.
func TestARefusalLosesNothing(t *testing.T) {
	h := newHelper(t)
	g, told := guarded(h)
	h.says(wire.Answer{Code: wire.Busy, Text: "somebody else has begun", Held: true, Phase: wire.Connected, Owner: 7})
	err := g.Hold(t.Context(), []netip.AddrPort{exit})
	var r *netdclient.Refusal
	require.ErrorAs(t, err, &r)
	assert.Equal(t, "somebody else has begun", err.Error())
	assert.Equal(t, State{}, <-told)
	n, _ := h.count()
	assert.Equal(t, 1, n)
}

// TestAStrangerIsTold: the helper is there, and lets in others.
func TestAStrangerIsTold(t *testing.T) {
	h := newHelper(t)
	g, _ := guarded(h)
	h.says(wire.Answer{Code: wire.Denied, Text: "user 7 may not use this"})
	_, err := g.Look(t.Context())
	assert.True(t, Stranger(err))
	assert.False(t, Stranger(ErrNoHelper))
	h.says(wire.Answer{Code: wire.Busy, Text: "somebody else has begun"})
	_, err = g.Look(t.Context())
	assert.False(t, Stranger(err))
}

// TestTheUsersWordEndsTheConnection: what another program holds afterwards is not taken for ours.
func TestTheUsersWordEndsTheConnection(t *testing.T) {
	h := newHelper(t)
	g, told := guarded(h)
	h.says(mine)
	require.NoError(t, g.Hold(t.Context(), []netip.AddrPort{exit}))
	assert.Equal(t, State{Held: true}, <-told)
	h.says(wire.Answer{Code: wire.OK, Phase: wire.Open})
	c := g.c
	require.NoError(t, g.Release(t.Context()))
	assert.Equal(t, State{}, <-told)
	_, err := c.Status()
	assert.ErrorIs(t, err, net.ErrClosed)
	_, heard := h.count()
	assert.Equal(t, []wire.Verb{wire.Begin, wire.Disconnect}, heard)
}

// TestTheUsersWordReachesAHelperThatWasStartedAgain, before anybody has noticed that the one before it is gone.
func TestTheUsersWordReachesAHelperThatWasStartedAgain(t *testing.T) {
	h := newHelper(t)
	g, told := guarded(h)
	g.seek = time.Hour // or the search for the lost one asks it, too
	h.says(mine)
	require.NoError(t, g.Hold(t.Context(), []netip.AddrPort{exit}))
	assert.Equal(t, State{Held: true}, <-told)
	h.die()
	h.says(wire.Answer{Code: wire.OK, Phase: wire.Open})
	h.listen()
	require.NoError(t, g.Release(t.Context()))
	_, heard := h.count()
	assert.Equal(t, []wire.Verb{wire.Begin, wire.Disconnect}, heard)

	h.says(mine)
	require.NoError(t, g.Hold(t.Context(), []netip.AddrPort{exit}))
	h.die()
	require.ErrorIs(t, g.Release(t.Context()), ErrNoHelper)
	for s := range told { // what comes between depends on who notices first
		if s.Lost {
			break
		}
	}
}

// TestASilentHelperHoldsNobodyUp: who asks for a time is answered in it.
func TestASilentHelperHoldsNobodyUp(t *testing.T) {
	h := newHelper(t)
	g, _ := guarded(h)
	h.does(func(wire.Verb) (wire.Answer, bool) { return wire.Answer{}, false })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := g.Look(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.NotErrorIs(t, err, io.EOF)
	h.says(wire.Answer{Code: wire.OK, Phase: wire.Open, Lockdown: true})
	s, err := g.Look(t.Context())
	require.NoError(t, err)
	assert.Equal(t, State{Lockdown: true}, s)
}

// TestTheRulesComeWithTheNodesUser, whom they let pass, whether a tunnel is held or not.
func TestTheRulesComeWithTheNodesUser(t *testing.T) {
	h := newHelper(t)
	g, _ := guarded(h)
	ask := func() {
		rules, node, err := g.Rules(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "table inet mysteriumvpn {\n}\n", rules)
		assert.Equal(t, uint32(990), node)
	}
	a := mine
	a.Rules, a.Node = "table inet mysteriumvpn {\n}\n", 990
	h.says(a)
	ask()
	require.NoError(t, g.Hold(t.Context(), []netip.AddrPort{exit}))
	ask()
}

// TestWhoGivesUpWaitingDoesNotEndTheTunnel: a page that asks for the rules, or a command that is broken off, while the
// helper takes its time.
func TestWhoGivesUpWaitingDoesNotEndTheTunnel(t *testing.T) {
	h := newHelper(t)
	g, told := guarded(h)
	h.says(mine)
	require.NoError(t, g.Hold(t.Context(), []netip.AddrPort{exit}))
	assert.Equal(t, State{Held: true}, <-told)
	h.does(func(v wire.Verb) (wire.Answer, bool) { return mine, v == wire.MTU })
	for _, ask := range []func(context.Context) error{
		func(ctx context.Context) error { _, err := g.Look(ctx); return err },
		func(ctx context.Context) error { _, _, err := g.Rules(ctx); return err },
		func(ctx context.Context) error { return g.LAN(ctx, true) },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		require.ErrorIs(t, ask(ctx), context.DeadlineExceeded)
		cancel()
	}
	require.NoError(t, g.MTU(t.Context(), 1280), "on the connection that holds it, which still stands")
	select {
	case s := <-told:
		require.Fail(t, "something was told", "%+v", s)
	default:
	}
	h.says(wire.Answer{Code: wire.OK, Phase: wire.Connected, Held: true, Owner: uint32(os.Getuid()), LAN: true}) //nolint:gosec // a user
	s, err := g.Look(t.Context())
	require.NoError(t, err)
	assert.Equal(t, State{Held: true, LAN: true}, s, "it is ours, though another connection has asked")
}
