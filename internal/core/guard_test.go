package core

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/guard"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

var (
	held    = guardChanged{guard: vpn.Guard{Held: true}}
	blocked = guardChanged{guard: vpn.Guard{Held: true, Blocked: true}}
	open    = guardChanged{}
)

// whole is a story in whole-device mode that is up.
func whole(t *testing.T) *story {
	y := &story{t: t}
	y.in(modeWanted{vpn.DeviceMode}, open, running, listed{}).connect(vpn.Target{Country: "DE"}).pick(berlin).unlock()
	require.Equal(t, vpn.DeviceMode, y.s.Mode)
	return y.in(held).dialOK().phase(vpn.Up)
}

// TestOnlyTheUsersWordOpensTheDevice: a disconnect lets the network go, once the line is closed; nothing else does.
func TestOnlyTheUsersWordOpensTheDevice(t *testing.T) {
	y := whole(t)
	y.in(stalled{}).phase(vpn.Reconnecting).closed()
	y.in(crashed).phase(vpn.Reconnecting)
	y.in(running, listed{}).unlock().dialOK().phase(vpn.Up)
	assert.Zero(t, count[release](y), "not for a reconnection, nor for a node that dies")
	y.disconnect().phase(vpn.Closing)
	assert.Zero(t, count[release](y), "not before the line is closed")
	y.closed()
	assert.Equal(t, 1, count[release](y))
	y.in(open, released{}).phase(vpn.Down)
	assert.Equal(t, 1, count[release](y))
}

// TestAWishThatCannotBeMetLeavesTheDeviceBlocked until the user disconnects or connects again.
func TestAWishThatCannotBeMetLeavesTheDeviceBlocked(t *testing.T) {
	y := whole(t).in(stalled{}).closed()
	y.in(dialed{order: last[dial](y).order, why: vpn.Reason{Code: vpn.NoBalance}}).phase(vpn.Blocked)
	assert.Equal(t, vpn.NoBalance, y.s.Reason.Code)
	assert.Zero(t, count[release](y))
	again := *y
	again.connect(vpn.Target{Country: "NL"}).phase(vpn.Finding)
	assert.Zero(t, count[release](&again), "the firewall stays through a new try")
	y.disconnect()
	assert.Equal(t, 1, count[release](y))
	y.in(open, released{}).phase(vpn.Down)
}

// TestWhatACrashLeftBlockedStaysSo: the first word of the helper is that a run before has left it held.
func TestWhatACrashLeftBlockedStaysSo(t *testing.T) {
	y := &story{t: t}
	y.in(blocked).phase(vpn.Blocked)
	assert.Equal(t, vpn.LeftBlocked, y.s.Reason.Code)
	y.in(running, listed{}).phase(vpn.Blocked)
	y.disconnect()
	assert.Equal(t, 1, count[release](y))
	y.in(open, released{}).phase(vpn.Down)
	y.in(held).phase(vpn.Closing)
	assert.Equal(t, 2, count[release](y), "what comes late, after the user has said that they want out, is let go")
	y.in(open, released{}).phase(vpn.Down)
}

// TestAModeThatIsChosenMeanwhileWaitsForTheNextWish: a reconnection is none.
func TestAModeThatIsChosenMeanwhileWaitsForTheNextWish(t *testing.T) {
	y := whole(t).in(modeWanted{vpn.ProxyMode}, stalled{}).closed().dialOK().phase(vpn.Up)
	assert.Equal(t, vpn.DeviceMode, y.s.Mode)
	assert.Zero(t, count[release](y))
}

// TestADeviceThatSomebodyElseOpensIsNotUp: by unblock or reset, as root.
func TestADeviceThatSomebodyElseOpensIsNotUp(t *testing.T) {
	y := whole(t).in(open)
	assert.Equal(t, vpn.GuardOpened, y.s.Reason.Code)
	last[hangUp](y)
	y.closed().phase(vpn.Failed)
	z := whole(t).in(guardChanged{guard: vpn.Guard{Held: true, Blocked: true}, notice: "nft is gone"}).closed().phase(vpn.Blocked)
	assert.Equal(t, vpn.Reason{Code: vpn.HelperRefused, A: "nft is gone"}, z.s.Reason)
}

// TestTheUsersWordIsNotLostWithTheNode: it fails for good while the line is being closed.
func TestTheUsersWordIsNotLostWithTheNode(t *testing.T) {
	y := whole(t).disconnect()
	y.in(nodeChanged{node: vpn.Node{State: vpn.NodeFailed}, why: vpn.Reason{Code: vpn.NodeGaveUp, A: "x"}}, tunnelChanged{})
	assert.Equal(t, 1, count[release](y))
	y.in(open, released{}).phase(vpn.Down)
}

// TestWhatTheHelperRefusesIsNoExitsFault, though the node says that its dial has failed.
func TestWhatTheHelperRefusesIsNoExitsFault(t *testing.T) {
	y := &story{t: t}
	y.in(modeWanted{vpn.DeviceMode}, open, running, listed{}).connect(vpn.Target{Country: "DE"}).pick(berlin).unlock()
	y.in(guardRefused{vpn.Reason{Code: vpn.HelperRefused, A: "user 7 holds it"}}).dialFails(broken).phase(vpn.Failed)
	assert.Equal(t, vpn.HelperRefused, y.s.Reason.Code)
	assert.Zero(t, count[avoid](y))
}

// TestTheProxyLetsTheDeviceGoFirst: behind the firewall of the other mode it could not reach its exit.
func TestTheProxyLetsTheDeviceGoFirst(t *testing.T) {
	y := whole(t).in(stalled{}).closed()
	y.in(dialed{order: last[dial](y).order, why: vpn.Reason{Code: vpn.NoBalance}}).phase(vpn.Blocked)
	y.in(modeWanted{vpn.ProxyMode})
	dials := count[dial](y)
	y.connect(vpn.Target{Country: "DE"}).pick(berlin)
	assert.Equal(t, 1, count[release](y))
	assert.Equal(t, dials, count[dial](y))
	y.in(open, released{})
	assert.Equal(t, dials+1, count[dial](y))
	assert.Equal(t, vpn.ProxyMode, y.s.Mode)
}

func TestAHelperThatIsLostIsSaid(t *testing.T) {
	y := whole(t).in(guardChanged{guard: vpn.Guard{Held: true, Blocked: true, Lost: true}}).closed().phase(vpn.Blocked)
	assert.Equal(t, vpn.HelperLost, y.s.Reason.Code)
	assert.Zero(t, count[release](y), "the user has not said that they want out")
	y.disconnect()
	assert.Equal(t, 1, count[release](y), "who says so is heard: the helper is looked for once more")
	y.in(released{vpn.Reason{Code: vpn.NotOpened, A: "nobody listens"}}).phase(vpn.Blocked)
	assert.Equal(t, vpn.NotOpened, y.s.Reason.Code)
	assert.Equal(t, 1, count[release](y), "once for each time that it is said")
	y.in(held).phase(vpn.Blocked).disconnect()
	y.in(open, released{}).phase(vpn.Down)
	assert.Equal(t, 2, count[release](y))
	z := whole(t).in(guardChanged{guard: vpn.Guard{Held: true, Exposed: true}, notice: "nft is not there"})
	assert.Equal(t, vpn.NotGuarded, last[notify](z).notice.Reason.Code)
}

// fakeGuard is a helper that says what the test wants.
type fakeGuard struct {
	state guard.State
	err   error
	let   int
	holds []int // to how many addresses
}

func (f *fakeGuard) Hold(_ context.Context, to []netip.AddrPort) error {
	f.holds = append(f.holds, len(to))
	return f.err
}
func (f *fakeGuard) Look(context.Context) (guard.State, error) { return f.state, f.err }
func (f *fakeGuard) Release(context.Context) error             { f.let++; return f.err }

// TestAMissingHelperIsNoExitsFault: it is found out before anything is dialed.
func TestAMissingHelperIsNoExitsFault(t *testing.T) {
	helper := &fakeGuard{err: errors.New("nobody listens")}
	var carried []bool
	inRigWith(t, func(p *Parts) {
		p.Network, p.Guard = vpn.Own, helper
		p.Carry = func(w bool) { carried = append(carried, w) }
	}, func(r *rig) {
		s := r.topics.Settings.Load()
		s.Network, s.Mode = vpn.Own, vpn.DeviceMode
		r.topics.Settings.Send(s)
		r.running()
		r.connect(vpn.Target{Country: "DE"})
		now := r.topics.Status.Load()
		assert.Equal(t, vpn.Failed, now.Phase)
		assert.Equal(t, vpn.HelperMissing, now.Reason.Code)
		assert.Empty(t, carried, "nothing was dialed")

		helper.err, helper.state = nil, guard.State{}
		r.connect(vpn.Target{Country: "DE"})
		assert.Equal(t, vpn.Up, r.topics.Status.Load().Phase)
		assert.Equal(t, []bool{true}, carried)
		assert.Equal(t, vpn.DeviceMode, r.topics.Status.Load().Mode)

		s.Mode = vpn.ProxyMode
		r.topics.Settings.Send(s)
		r.pass(time.Second)
		assert.Equal(t, vpn.DeviceMode, r.topics.Status.Load().Mode, "it counts for the next connection")
		helper.state = guard.State{Lockdown: true}
		r.wish(vpn.Disconnect)
		r.connect(vpn.Target{Country: "DE"})
		assert.Equal(t, vpn.LockdownOn, r.topics.Status.Load().Reason.Code)
	})
}

// TestTheDeviceIsBlockedWhileTheNodeLooksForItsExit: a real node takes a quarter of a minute to reach its provider. What it
// needs meanwhile passes by another way; nothing else does.
func TestTheDeviceIsBlockedWhileTheNodeLooksForItsExit(t *testing.T) {
	for _, passing := range []bool{true, false} {
		helper := &fakeGuard{}
		inRigWith(t, func(p *Parts) {
			p.Network, p.Guard, p.PassingNode = vpn.Mysterium, helper, passing
		}, func(r *rig) {
			s := r.topics.Settings.Load()
			s.Network, s.Mode = vpn.Mysterium, vpn.DeviceMode
			r.topics.Settings.Send(s)
			r.running()
			r.connect(vpn.Target{Country: "DE"})
			assert.Equal(t, vpn.Up, r.topics.Status.Load().Phase)
			if !passing {
				assert.Equal(t, vpn.ProxyMode, r.topics.Status.Load().Mode, "a node of ours could reach nobody")
				assert.Empty(t, helper.holds)
				return
			}
			assert.Equal(t, vpn.DeviceMode, r.topics.Status.Load().Mode)
			assert.Equal(t, []int{0}, helper.holds, "before it was dialed, to nobody yet")
			helper.state = guard.State{Held: true}
			r.connect(vpn.Target{Country: "NL"})
			assert.Equal(t, []int{0}, helper.holds, "what is up is not taken down for the next one")
		})
	}
}
