package netd

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mysteriumvpn/desktop/internal/netd/wire"
)

var (
	alice = caller{Conn: 1, UID: 1000}
	bob   = caller{Conn: 2, UID: 1001}
	root  = caller{Conn: 3}

	begin      = wire.Request{Verb: wire.Begin, Endpoints: []netip.AddrPort{testEntry4}}
	makeTunnel = wire.Request{Verb: wire.Tunnel, Addresses: []netip.Addr{testInner4}, MTU: 1420}
)

// must goes through requests that are granted.
func must(t *testing.T, s State, c caller, list ...wire.Request) State {
	t.Helper()
	for _, r := range list {
		var err error
		s, err = next(s, c, r)
		require.NoError(t, err)
	}
	return s
}

func TestPhases(t *testing.T) {
	var s State
	assert.Equal(t, wire.Open, s.Phase())
	s = must(t, s, alice, begin)
	assert.Equal(t, wire.Connecting, s.Phase())
	s = must(t, s, alice, makeTunnel)
	assert.Equal(t, wire.Connected, s.Phase())
	lost := gone(s, alice.Conn)
	assert.Equal(t, wire.Blocked, lost.Phase(), "gone without a goodbye")
	assert.Equal(t, wire.Connecting, must(t, lost, caller{Conn: 9, UID: 1000}, begin).Phase(), "the same user goes on")
	assert.Equal(t, wire.Open, must(t, lost, root, wire.Request{Verb: wire.Disconnect}).Phase())
	assert.Equal(t, wire.Blocked, failed(s, assert.AnError).Phase())
	s = must(t, s, alice, wire.Request{Verb: wire.Lockdown, On: true})
	assert.Equal(t, wire.Connected, s.Phase(), "lockdown is for when nobody is connected")
	s = must(t, s, alice, wire.Request{Verb: wire.Disconnect})
	assert.Equal(t, wire.Blocked, s.Phase())
	assert.Equal(t, wire.Open, must(t, s, bob, wire.Request{Verb: wire.Lockdown}).Phase())
}

func TestTheFirstToBeginOwnsIt(t *testing.T) {
	s := must(t, State{}, alice, begin)
	for _, c := range []struct {
		who  caller
		ask  wire.Request
		want wire.Code
	}{
		{bob, begin, wire.Busy},
		{bob, makeTunnel, wire.Denied},
		{bob, wire.Request{Verb: wire.Socket}, wire.Denied},
		{bob, wire.Request{Verb: wire.Disconnect}, wire.Denied},
		{bob, wire.Request{Verb: wire.Lockdown, On: true}, wire.Denied},
		{bob, wire.Request{Verb: wire.LAN, On: true}, wire.Denied},
		{bob, wire.Request{Verb: wire.Reset}, wire.Denied},
		{bob, wire.Request{Verb: wire.Status}, wire.OK},
		{caller{Conn: 8, UID: 1000}, begin, wire.Busy}, // a second program of the owner
		{caller{Conn: 8, UID: 1000}, makeTunnel, wire.Denied},
		{caller{Conn: 8, UID: 1000}, wire.Request{Verb: wire.Disconnect}, wire.OK},
		{root, wire.Request{Verb: wire.Disconnect}, wire.OK},
		{alice, wire.Request{Verb: wire.Reset}, wire.Denied},
		{alice, wire.Request{Verb: wire.Resolvers}, wire.Invalid}, // before there is a tunnel
		{alice, wire.Request{Verb: wire.MTU, MTU: 1280}, wire.Invalid},
		{bob, wire.Request{Verb: wire.MTU, MTU: 1280}, wire.Denied},
		{bob, wire.Request{Verb: wire.Rules}, wire.OK},
	} {
		_, err := next(s, c.who, c.ask)
		assert.Equal(t, c.want, code(err), "%v asks for %s: %v", c.who, c.ask.Verb, err)
	}
	_, err := next(gone(s, alice.Conn), bob, begin)
	assert.Equal(t, wire.Busy, code(err), "what is blocked for one user is not opened by another")
}

// TestALeftoverIsToldFromALiveProgram: a second program of the same user sees whether the first is still there.
func TestALeftoverIsToldFromALiveProgram(t *testing.T) {
	second := caller{Conn: 8, UID: alice.UID}
	assert.False(t, State{}.answer(second, nil).Ownerless, "nobody has begun")
	s := must(t, State{}, alice, begin, makeTunnel)
	assert.False(t, s.answer(second, nil).Ownerless, "it lives")
	assert.False(t, failed(s, assert.AnError).answer(second, nil).Ownerless, "it lives, and is blocked")
	s = gone(s, alice.Conn)
	assert.True(t, s.answer(second, nil).Ownerless, "it has gone")
	assert.False(t, s.answer(second, nil).Yours)
	s = must(t, s, second, begin)
	assert.False(t, s.answer(second, nil).Ownerless, "it is taken over")
	assert.False(t, must(t, s, second, wire.Request{Verb: wire.Disconnect}).answer(second, nil).Ownerless)
}

// TestOpenOnlyWhenDisconnectedAndNotLockedDown: whatever is asked by whomever in any order, and whatever fails, the
// firewall is open exactly if nobody has begun since the last disconnect and lockdown is off; and the rules say so too.
func TestOpenOnlyWhenDisconnectedAndNotLockedDown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s State
		var held, lockdown bool // by a count of our own
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			c := rapid.SampledFrom([]caller{alice, bob, root, {Conn: 4, UID: 1000}}).Draw(t, "caller")
			before := s
			switch rapid.IntRange(0, 9).Draw(t, "kind") {
			case 0:
				s = gone(s, c.Conn)
			case 1:
				if s.Phase() != wire.Open {
					s = failed(s, assert.AnError)
				}
			default:
				r := randomRequest(t)
				to, err := next(s, c, r)
				if err != nil {
					assert.Equal(t, before, to, "a refusal changes nothing")
					continue
				}
				s = to
				switch r.Verb {
				case wire.Begin:
					held = true
				case wire.Disconnect:
					held = false
				case wire.Lockdown:
					lockdown = r.On
				case wire.Reset:
					held, lockdown = false, false
				case wire.Unknown, wire.Status, wire.Tunnel, wire.Socket, wire.Endpoints, wire.Resolvers, wire.LAN, wire.MTU, wire.Rules, wire.Node:
				}
			}
			open := s.Phase() == wire.Open
			assert.Equal(t, !held && !lockdown, open, "%+v", s)
			rules := ruleset(&s)
			assert.Equal(t, open, !strings.Contains(rules, "hook output priority filter; policy drop;"))
			assert.Equal(t, s.Phase() == wire.Connected, strings.Contains(rules, `oifname "mysterium0" accept`))
			if p := s.Phase(); p == wire.Blocked {
				assert.NotContains(t, rules, "@entry", "blocked lets no WireGuard out")
			}
		}
	})
}

func randomRequest(t *rapid.T) wire.Request {
	r := wire.Request{Verb: wire.Verb(rapid.IntRange(0, 14).Draw(t, "verb")), MTU: rapid.SampledFrom([]uint16{0, 1280, 1420}).Draw(t, "mtu")}
	r.On = rapid.Bool().Draw(t, "on")
	r.Endpoints = rapid.SliceOfN(rapid.SampledFrom([]netip.AddrPort{testEntry4, testEntry6, {}}), 0, 3).Draw(t, "endpoints")
	r.Addresses = rapid.SliceOfN(rapid.SampledFrom([]netip.Addr{testInner4, testInner6}), 0, 2).Draw(t, "addresses")
	r.Resolvers = rapid.SliceOfN(rapid.SampledFrom([]netip.Addr{testInner4, testInner6}), 0, 2).Draw(t, "resolvers")
	return r
}
