package netd

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/mysteriumvpn/desktop/internal/netd/wire"
)

// device makes the computer be what a State says. It belongs to one goroutine.
type device struct {
	paths    Paths
	log      LogFunc
	firewall firewall
	names    *names
	node     node
	vmark    vmark
	memory   memory
	state    State  // as the computer is
	index    uint32 // of our interface
	routed   map[string]string
}

func newDevice(p Paths, log LogFunc) *device {
	n := newNames(p)
	return &device{paths: p, log: log, firewall: firewall{nft: p.Nft}, names: n, node: newNode(p, n), vmark: newVMark(p), memory: newMemory(p)}
}

// start takes up what an earlier helper has left: its switches and its hold, but not its tunnel.
func (d *device) start() error {
	d.state = d.memory.load()
	d.note(&d.state, d.node.stop())
	if d.state.Phase() == wire.Open {
		return errors.Join(d.clear(&d.state), d.firewall.apply(ruleset(&d.state)))
	}
	err := d.firewall.apply(ruleset(&d.state))
	if err != nil {
		d.block(d.state, err)
	}
	return errors.Join(err, d.clear(&d.state))
}

// do moves to state s. If the system refuses it blocks, which is why the state is read from d afterwards; the error
// is what was refused. The file is that of a new tunnel, and the caller's.
func (d *device) do(s State) (*os.File, error) {
	from, ran := d.state.Phase(), d.state.Node != 0
	f, err := d.change(&s)
	if err == nil {
		s.Exposed = false
		d.state = s
	} else {
		d.log("%v", err)
		d.block(s, err)
	}
	if d.state.Node != 0 {
		d.node.tell()
	} else if ran { // by now it passes no more
		d.note(&d.state, d.node.stop())
	}
	if to := d.state.Phase(); to != from {
		d.log("%s, was %s", to, from)
	}
	return f, err
}

// block is what remains when s could not be had. Its switches are those that are written down, which are the stricter
// ones wherever the change has stopped.
func (d *device) block(s State, why error) {
	if s.Phase() == wire.Open { // it was to open and could not: what stood may still stand
		s = d.state
	}
	kept := d.memory.load()
	s.Lockdown, s.LAN = kept.Lockdown, kept.LAN
	s = failed(s, why)
	if _, err := d.change(&s); err != nil {
		d.log("block everything: %v", err)
		s.LAN = d.state.LAN // as in the rules that stood before
		s.Exposed = !d.firewall.stands()
		s.Notice = "the rules that block everything could not be set: " + err.Error()
		if s.Exposed {
			s.Notice = "IT IS NOT CERTAIN THAT ANYTHING IS BLOCKED. " + s.Notice
		}
	}
	d.state = s
}

// change makes the computer what s says, in the order that leaves no gap: rules before what they guard, opening last of
// all, and switches written down before the rules if they tighten them, after them if they loosen them. What of DNS and
// of sysctls cannot be put back keeps nobody from opening or blocking; it is in the notice of s.
func (d *device) change(s *State) (*os.File, error) {
	strict := State{Lockdown: s.Lockdown || d.state.Lockdown, LAN: s.LAN && d.state.LAN}
	if err := d.memory.storeSwitches(&strict); err != nil {
		return nil, step("keep the switches", err)
	}
	if s.Held {
		if err := d.memory.storeHeld(s); err != nil {
			return nil, step("keep who is connected", err)
		}
	}
	if s.Phase() == wire.Open {
		if err := d.clear(s); err != nil {
			return nil, err
		}
	}
	if err := d.firewall.apply(ruleset(s)); err != nil {
		return nil, err
	}
	if err := d.memory.storeSwitches(s); err != nil {
		return nil, step("keep the switches", err)
	}
	if !s.Held {
		if err := d.memory.storeHeld(s); err != nil {
			return nil, step("forget who was connected", err)
		}
	}
	if s.Phase() == wire.Connected {
		return d.tunnel(s)
	}
	if s.Phase() == wire.Open {
		return nil, nil
	}
	return nil, d.clear(s)
}

// clear takes away all that belongs to a tunnel, on the way to s.
func (d *device) clear(s *State) error {
	left, err := d.undo()
	d.note(s, left)
	return err
}

// reset is the end of all that is ours, and of the switches. It goes on after an error, so that as much as can be is as
// it was.
func (d *device) reset() error {
	left, err := d.undo()
	var s State
	if no := d.firewall.apply(ruleset(&s)); no != nil {
		err = errors.Join(err, no)
		s = failed(d.state, no)
		s.Exposed = s.Phase() != wire.Open && !d.firewall.stands()
	}
	err = errors.Join(left, err, d.node.stop(), removeIfThere(d.memory.kept), removeIfThere(d.memory.held))
	d.note(&s, err)
	d.state = s
	return err
}

// note logs an error and adds it to the notice of s, once.
func (d *device) note(s *State, err error) {
	if err != nil && !strings.Contains(s.Notice, err.Error()) {
		d.log("%v", err)
		s.Notice = strings.TrimPrefix(s.Notice+"; "+err.Error(), "; ")
	}
}

// tunnel makes what a tunnel needs and what differs from the one that is there.
func (d *device) tunnel(s *State) (f *os.File, err error) {
	old, now := d.state.Tunnel, s.Tunnel
	fresh := old == nil || old.Serial != now.Serial
	if fresh {
		if f, d.index, err = makeTUN(d.paths, now); err != nil {
			return nil, err
		}
		d.routed = map[string]string{}
		if err = unroute(d.paths.IP); err != nil {
			f.Close()
			return nil, err
		}
		if err := d.vmark.set(); err != nil { // only a strict reverse path filter needs it
			d.log("set src_valid_mark: %v", err)
		}
	}
	if !fresh && old.MTU != now.MTU {
		_, err = output(d.paths.IP, "", "link", "set", Interface, "mtu", fmt.Sprint(now.MTU))
	}
	renamed := fresh || !slices.Equal(old.Resolvers, now.Resolvers)
	if err == nil && (renamed || s.LAN != d.state.LAN || s.Node != d.state.Node) {
		err = route(d.paths.IP, s, d.routed)
	}
	if err == nil && renamed {
		var left error
		left, err = d.names.set(d.index, now.Resolvers)
		d.note(s, left)
	}
	if err != nil && f != nil {
		f.Close()
		f = nil
	}
	return f, err
}

// undo takes away all that belongs to a tunnel. It goes on after an error; left is what was not put back as it was.
func (d *device) undo() (left, err error) {
	return errors.Join(d.names.restore(), d.vmark.restore()), errors.Join(unroute(d.paths.IP), removeTUN(d.paths.IP))
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
	d.note(&d.state, step("hold DNS", d.names.hold()))
	if d.state.Node != 0 {
		d.node.tell()
	}
}
