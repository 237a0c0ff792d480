package core

import (
	"context"
	"errors"
	"net/netip"
	"strings"

	"github.com/mysteriumvpn/desktop/internal/guard"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// Guard is the root helper that owns the network of the whole device.
type Guard interface {
	// Look asks how things stand; what it finds comes by Core.GuardState, too.
	Look(ctx context.Context) (guard.State, error)
	// Hold has nothing leave this computer but WireGuard's datagrams to these addresses, of which there may be none.
	Hold(ctx context.Context, to []netip.AddrPort) error
	// Release is the user's word that they want out.
	Release(ctx context.Context) error
}

// GuardState takes how things stand with the device's network. It is guard.NewGuard's changed.
func (c *Core) GuardState(s guard.State) {
	notice := strings.TrimRight(s.Notice, ". ")
	c.post(guardChanged{
		guard:  vpn.Guard{Held: s.Held, Blocked: s.Blocked, Lost: s.Lost, Lockdown: s.Lockdown, LAN: s.LAN, Exposed: s.Exposed, Notice: notice},
		notice: notice,
	})
}

// guarded makes sure that a connection of this mode can be made, before anything is dialed: an exit is not to blame for
// a helper that is not there.
func (c *Core) guarded(ctx context.Context, mode vpn.Mode) vpn.Reason {
	if c.Guard == nil {
		if mode == vpn.DeviceMode {
			return vpn.Reason{Code: vpn.HelperMissing, A: tidy(guard.ErrNoHelper)}
		}
		return vpn.Reason{}
	}
	s, err := c.Guard.Look(ctx)
	switch {
	case mode == vpn.DeviceMode:
		if err == nil && c.PassingNode && !s.Held {
			err = c.Guard.Hold(ctx, nil)
		}
		return helperReason(err)
	case err == nil && s.Lockdown:
		return vpn.Reason{Code: vpn.LockdownOn}
	default: // without a helper there is nothing in the proxy's way
		return vpn.Reason{}
	}
}

// helperReason is why the helper did not do what it was asked.
func helperReason(err error) vpn.Reason {
	switch {
	case err == nil:
		return vpn.Reason{}
	case errors.Is(err, context.Canceled):
		return vpn.Reason{Code: vpn.HelperLost}
	}
	return vpn.Reason{Code: vpn.HelperMissing, A: tidy(err)}
}

// lookForLeftovers finds what a run that ended without a goodbye has left blocked. There need not be a helper.
func (c *Core) lookForLeftovers() {
	if c.Guard == nil {
		return
	}
	c.async(askLimit, func(ctx context.Context) input {
		_, _ = c.Guard.Look(ctx) // what it finds comes by GuardState
		return nil
	})
}

// modeOf is what the next connection carries, on the network that runs. Mysterium's node has to reach services of its own
// beside the tunnel, so there it must be one that may.
func (p *Parts) modeOf(s vpn.Settings) vpn.Mode {
	if p.Network == vpn.Mysterium && !p.PassingNode {
		return vpn.ProxyMode
	}
	return vpn.ModeOn(p.Network, s)
}
