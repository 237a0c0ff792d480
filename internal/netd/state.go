package netd

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/mysteriumvpn/desktop/internal/netd/wire"
)

// State is all that the helper knows, and the only thing that its rules are made from. It is a value: next returns a
// new one. The invariant: the firewall is open exactly if nobody holds it and Lockdown is off.
type State struct {
	Lockdown bool
	LAN      bool

	Held  bool   // begun and not disconnected
	Owner uint32 // user who has begun
	Conn  uint64 // connection that owns it; 0 = it has gone without a goodbye

	Endpoints []netip.AddrPort // sorted; empty unless Conn
	Tunnel    *Tunnel          // nil = none

	Node     uint32 // user that the node runs as, which alone passes beside the tunnel; 0 = it does not run
	NodeConn uint64 // connection that has it run

	Failing bool // what Tunnel or Endpoints ask for could not be applied, so only blocking is left
	Exposed bool // not even that could be applied, and what stood before is not seen to stand
	Notice  string
}

// Tunnel is the interface and what goes with it. It is not changed once it is in a State.
type Tunnel struct {
	Addresses []netip.Addr
	Resolvers []netip.Addr
	MTU       uint16
	Serial    uint64 // another one for each that is made: the same settings ask for a new interface, too
}

// Phase is what the state amounts to.
func (s State) Phase() wire.Phase {
	switch {
	case !s.Held && !s.Lockdown:
		return wire.Open
	case !s.Held, s.Conn == 0, s.Failing:
		return wire.Blocked
	case s.Tunnel == nil:
		return wire.Connecting
	default:
		return wire.Connected
	}
}

// caller is who asks, by the kernel's word.
type caller struct {
	Conn uint64
	UID  uint32
}

func (c caller) root() bool { return c.UID == 0 }

// refusal is an answer that is not OK; the state stays.
type refusal struct {
	Code wire.Code
	Text string
}

func (r *refusal) Error() string { return r.Text }

func refuse(code wire.Code, format string, args ...any) error {
	return &refusal{code, fmt.Sprintf(format, args...)}
}

// code finds the Code of an error; what is no refusal has failed.
func code(err error) wire.Code {
	var r *refusal
	switch {
	case err == nil:
		return wire.OK
	case errors.As(err, &r):
		return r.Code
	default:
		return wire.Failed
	}
}

// next is the state after r, asked by c. It has no clock and touches nothing.
func next(s State, c caller, r wire.Request) (State, error) {
	if err := r.Check(); err != nil {
		return s, refuse(wire.Invalid, "%s", err)
	}
	if err := allowed(&s, c, r.Verb); err != nil {
		return s, err
	}
	switch r.Verb {
	case wire.Begin:
		s.Held, s.Owner, s.Conn = true, c.UID, c.Conn
		s.Endpoints, s.Tunnel = sorted(r.Endpoints), nil
		s.Failing, s.Notice = false, ""
	case wire.Endpoints:
		s.Endpoints, s.Failing = sorted(r.Endpoints), false
	case wire.Tunnel:
		serial := uint64(1)
		if s.Tunnel != nil {
			serial = s.Tunnel.Serial + 1
		}
		s.Tunnel = &Tunnel{Addresses: r.Addresses, Resolvers: r.Resolvers, MTU: r.MTU, Serial: serial}
		s.Failing = false
	case wire.Resolvers:
		if s.Tunnel == nil {
			return s, refuse(wire.Invalid, "there is no tunnel yet to reach resolvers through")
		}
		t := *s.Tunnel
		t.Resolvers = r.Resolvers
		s.Tunnel = &t
	case wire.MTU:
		if s.Tunnel == nil || addressOf(s.Tunnel.Addresses, false).IsValid() && r.MTU < wire.MinMTU6 {
			return s, refuse(wire.Invalid, "there is no tunnel of which %d bytes could be the MTU", r.MTU)
		}
		t := *s.Tunnel
		t.MTU = r.MTU
		s.Tunnel = &t
	case wire.Disconnect:
		s = State{Lockdown: s.Lockdown, LAN: s.LAN, Node: s.Node, NodeConn: s.NodeConn}
	case wire.Lockdown:
		s.Lockdown = r.On
	case wire.LAN:
		s.LAN = r.On
	case wire.Reset:
		s = State{}
	case wire.Node:
		s.NodeConn = c.Conn
	case wire.Status, wire.Socket, wire.Rules, wire.Unknown:
	}
	return s, nil
}

// allowed says why c may not ask for v now. That c may talk to us at all was decided when it connected.
func allowed(s *State, c caller, v wire.Verb) error {
	theirs := s.Held && c.UID != s.Owner && !c.root()
	switch v {
	case wire.Begin:
		if theirs {
			return refuse(wire.Busy, "user %d holds the connection; it ends when that user disconnects, or by `mysteriumvpn-netd unblock` as root", s.Owner)
		}
		if s.Held && s.Conn != 0 && s.Conn != c.Conn {
			return refuse(wire.Busy, "another program of user %d is connected; disconnect there first", s.Owner)
		}
	case wire.Tunnel, wire.Socket, wire.Endpoints, wire.Resolvers, wire.MTU:
		if !s.Held || s.Conn != c.Conn {
			return refuse(wire.Denied, "%s is for the program that has begun; begin first", v)
		}
	case wire.Disconnect, wire.Lockdown, wire.LAN:
		if theirs {
			return refuse(wire.Denied, "user %d holds the connection; only that user and root may %s", s.Owner, v)
		}
	case wire.Node:
		if theirs || s.NodeConn != 0 && s.NodeConn != c.Conn {
			return refuse(wire.Busy, "the node runs for another program; end that one first")
		}
	case wire.Reset:
		if !c.root() {
			return refuse(wire.Denied, "reset is for root")
		}
	case wire.Status, wire.Rules, wire.Unknown:
	}
	return nil
}

// gone is the state after a connection has ended, or its heartbeat has stopped. Whose it was may begin again.
func gone(s State, conn uint64) State {
	if s.NodeConn == conn {
		s.Node, s.NodeConn = 0, 0
	}
	if !s.Held || s.Conn != conn {
		return s
	}
	s.Conn, s.Endpoints, s.Tunnel, s.Failing = 0, nil, nil, false
	s.Notice = "the program that was connected has gone without a goodbye; everything is blocked until it connects again or the user disconnects"
	return s
}

// failed is the state after its effects were refused by the system: blocked, but still held.
func failed(s State, err error) State {
	s.Failing, s.Tunnel, s.Endpoints = true, nil, nil
	s.Notice = err.Error()
	return s
}

func sorted(list []netip.AddrPort) []netip.AddrPort {
	return slices.Compact(slices.SortedFunc(slices.Values(list), netip.AddrPort.Compare))
}

// answer describes s to c.
func (s State) answer(c caller, err error) wire.Answer {
	a := wire.Answer{
		Code: code(err), Phase: s.Phase(), Lockdown: s.Lockdown, LAN: s.LAN, Held: s.Held, Owner: s.Owner, Node: s.Node,
		Yours: s.Held && s.Conn == c.Conn && c.Conn != 0, Ownerless: s.Held && s.Conn == 0, Exposed: s.Exposed, Notice: s.Notice,
	}
	if err != nil {
		a.Text = err.Error()
	}
	return a
}
