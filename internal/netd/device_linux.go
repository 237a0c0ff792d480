package netd

import (
	"errors"
	"os"
	"slices"

	"github.com/mysteriumvpn/desktop/internal/netd/wire"
)

// device makes the computer be what a State says. It belongs to one goroutine.
type device struct {
	paths    Paths
	log      LogFunc
	firewall firewall
	resolv   *resolvConf
	vmark    vmark
	memory   memory
	state    State  // as the computer is
	index    uint32 // of our interface
}

func newDevice(p Paths, log LogFunc) *device {
	if log == nil {
		log = discard
	}
	return &device{paths: p, log: log, firewall: firewall{nft: p.Nft}, resolv: newResolvConf(p), vmark: newVMark(p), memory: newMemory(p)}
}

// start takes up what an earlier helper has left: its switches and its hold, but not its tunnel.
func (d *device) start() error {
	s := d.memory.load()
	if s.Phase() == wire.Open {
		return errors.Join(d.undo(), d.firewall.apply(ruleset(&s)))
	}
	d.state = s
	err := d.firewall.apply(ruleset(&s))
	if err != nil {
		d.block(s, err)
	}
	return errors.Join(err, d.undo())
}

// do moves to state s. If the system refuses it blocks, which is why the state is read from d afterwards; the error
// is what was refused. The file is that of a new tunnel, and the caller's.
func (d *device) do(s State) (*os.File, error) {
	from := d.state.Phase()
	f, err := d.change(s)
	if err == nil {
		s.Exposed = false
		d.state = s
	} else {
		d.log("%v", err)
		d.block(s, err)
	}
	if to := d.state.Phase(); to != from {
		d.log("%s, was %s", to, from)
	}
	return f, err
}

// block is what remains when s could not be had.
func (d *device) block(s State, why error) {
	if s.Phase() == wire.Open { // it was to open and could not: what stood may still stand
		s = d.state
	}
	s = failed(s, why)
	if _, err := d.change(s); err != nil {
		d.log("block everything: %v", err)
		s.Exposed = !d.firewall.stands()
		s.Notice = "the rules that block everything could not be set: " + err.Error()
		if s.Exposed {
			s.Notice = "IT IS NOT CERTAIN THAT ANYTHING IS BLOCKED. " + s.Notice
		}
	}
	d.state = s
}

// change makes the computer what s says, in the order that leaves no gap: rules before what they guard, and opening
// last of all.
func (d *device) change(s State) (*os.File, error) {
	if s.Lockdown != d.state.Lockdown || s.LAN != d.state.LAN {
		if err := d.memory.storeSwitches(&s); err != nil {
			return nil, step("keep the switches", err)
		}
	}
	if s.Held {
		if err := d.memory.storeHeld(&s); err != nil {
			return nil, step("keep who is connected", err)
		}
	}
	if s.Phase() == wire.Open {
		if err := d.undo(); err != nil {
			return nil, err
		}
	}
	if err := d.firewall.apply(ruleset(&s)); err != nil {
		return nil, err
	}
	if !s.Held {
		if err := d.memory.storeHeld(&s); err != nil {
			return nil, step("forget who was connected", err)
		}
	}
	if s.Phase() != wire.Connected {
		return nil, d.undo()
	}
	return d.tunnel(s)
}

// tunnel makes what a tunnel needs and what differs from the one that is there.
func (d *device) tunnel(s State) (f *os.File, err error) {
	old, now := d.state.Tunnel, s.Tunnel
	fresh := old == nil || old.Serial != now.Serial
	if fresh {
		if f, d.index, err = makeTUN(d.paths.TunNode, now); err != nil {
			return nil, err
		}
		if err := d.vmark.set(); err != nil { // only a strict reverse path filter needs it
			d.log("set src_valid_mark: %v", err)
		}
	}
	renamed := fresh || !slices.Equal(old.Resolvers, now.Resolvers)
	if renamed || s.LAN != d.state.LAN {
		err = routeAll(d.index, now, s.LAN)
	}
	if err == nil && renamed {
		err = d.resolv.set(now.Resolvers)
	}
	if err != nil && f != nil {
		f.Close()
		f = nil
	}
	return f, err
}

// undo takes away all that belongs to a tunnel. It goes on after an error.
func (d *device) undo() error {
	return errors.Join(d.resolv.restore(), unroute(), removeTUN(), d.vmark.restore())
}

// check puts the rules back if somebody else has changed them.
func (d *device) check() {
	if d.state.Phase() == wire.Open || !d.firewall.changed() {
		return
	}
	d.log("another program has changed our firewall rules; they are set again")
	s := d.state
	if err := d.firewall.apply(ruleset(&s)); err != nil {
		d.log("%v", err)
		d.block(s, err)
		return
	}
	d.state.Notice = "another program has changed the firewall rules; they were set again"
}

// hold puts our DNS back if somebody else has changed it.
func (d *device) hold() {
	if err := d.resolv.hold(); err != nil {
		d.log("hold DNS: %v", err)
		d.state.Notice = err.Error()
	}
}
