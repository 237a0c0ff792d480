// Package wire is what the root helper mysteriumvpn-netd and its clients say to each other: one request, one answer,
// each a packet of a SOCK_SEQPACKET socket of at most MaxPacket bytes, version first. Requests hold values only
// (addresses, numbers, switches): no path, name or script can be said in it. Open files travel beside an answer.
//
// The helper reads requests and the client reads answers with it; both take what the other sent for hostile.
//
// All of it is plain data and pure functions, but for Send and Receive, of which one each may run at a time on a
// connection.
package wire

import (
	"errors"
	"fmt"
	"net/netip"
)

// Version of the protocol. A packet with another one is refused unread.
const Version = 2

// Limits of what can be said.
const (
	MaxPacket    = 64 << 10
	MaxEndpoints = 16
	MaxAddresses = 4
	MaxResolvers = 8
	maxText      = 1 << 10
	maxRules     = 48 << 10
)

// Verb is what a client asks for.
type Verb uint8

// The verbs. Only the owner (the connection that has begun) may say those from Tunnel to Resolvers, and MTU.
const (
	Unknown    Verb = iota
	Status          // how things stand; who asks regularly keeps the lease alive
	Begin           // own the device's traffic: from now on it leaves for Endpoints, of which there may be none, or not at all
	Tunnel          // make the tunnel's interface and send everything through it; its file comes with the answer
	Socket          // a UDP socket that may reach Endpoints comes with the answer
	Endpoints       // replace the endpoints
	Resolvers       // replace the DNS servers
	Disconnect      // the user wants out: end, and open the firewall unless Lockdown holds it
	Lockdown        // switch: block whenever not connected
	LAN             // switch: let the local network be reached
	Reset           // root only: end everything and forget the switches
	MTU             // of the tunnel's interface, from now on
	Rules           // the firewall's rules as the kernel has them come with the answer
	Node            // run the Mysterium node while this connection lasts; where it asks for tunnels comes with the answer, once
)

var verbs = [...]string{"unknown", "status", "begin", "tunnel", "socket", "endpoints", "resolvers", "disconnect", "lockdown", "lan", "reset", "mtu", "rules", "node"}

func (v Verb) String() string { return nameOf(verbs[:], uint8(v)) }

// Request is one verb with its values. Fields that the verb does not use stay zero.
type Request struct {
	Verb      Verb
	Endpoints []netip.AddrPort // Begin, Endpoints: where WireGuard's datagrams may go
	Addresses []netip.Addr     // Tunnel: of this computer inside the tunnel; at most one of each family
	Resolvers []netip.Addr     // Tunnel, Resolvers: DNS servers inside the tunnel
	MTU       uint16           // Tunnel, MTU: of packets inside it, in bytes
	Port      uint16           // Socket: its own; 0 = any
	On        bool             // Lockdown, LAN
}

// Phase says what the firewall lets out.   Open → Connecting → Connected → Open;   any → Blocked
type Phase uint8

// The phases.
const (
	PhaseUnknown Phase = iota // nothing heard
	Open                      // no rule of ours: the device is as if we were not there
	Blocked                   // nothing but address configuration, and the local network if that is wanted
	Connecting                // also WireGuard's datagrams
	Connected                 // also what goes through the tunnel
)

var phases = [...]string{"unknown", "open", "blocked", "connecting", "connected"}

func (p Phase) String() string { return nameOf(phases[:], uint8(p)) }

func nameOf(names []string, i uint8) string {
	if int(i) < len(names) {
		return names[i]
	}
	return fmt.Sprintf("number %d", i)
}

// Code says how a request ended.
type Code uint8

// The codes.
const (
	OK      Code = iota + 1
	Denied       // this user may not
	Busy         // somebody else has begun
	Invalid      // the values make no sense; Text says which
	Failed       // the system refused; Text says what
)

// Answer to a request. Every answer tells how things stand after it.
type Answer struct {
	Code      Code
	Text      string // for people; empty if OK
	Phase     Phase
	Lockdown  bool
	LAN       bool
	Held      bool   // somebody has begun and not said Disconnect
	Yours     bool   // it is this connection
	Ownerless bool   // Held, but who has begun has gone without a goodbye: a leftover, which its user may take over by Begin
	Owner     uint32 // user who has begun; meaningless unless Held
	Node      uint32 // user that the node runs as, which passes beside the tunnel; 0 = none does
	Exposed   bool   // rules could not be applied, and it is not certain that anything is blocked
	Notice    string // what went wrong last; empty = nothing
	Rules     string // Rules alone: of our tables, as nft lists them, with counters; empty = none
}

// ErrMalformed is what every refusal to decode wraps.
var ErrMalformed = errors.New("malformed packet")
