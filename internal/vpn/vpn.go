// Package vpn holds the words that every part of the program shares: Status, Phase, Reason, Exit, Command, Notice,
// Settings, and the Topics they travel on. It is plain data: no io, no clock, no goroutine.
//
// core writes Status and Notice and reads Command; the window, the tray and the command line do the reverse. Nobody
// else decides anything with these types.
//
// All values are frozen once sent: a struct is copied, and none of them holds a slice, map or pointer. They may
// therefore be read from any goroutine.
package vpn

import "time"

// Status is the snapshot of everything the user needs to know about the connection. A zero Status claims nothing.
// It is comparable, so that a bus.State can drop repeats.
type Status struct {
	Phase   Phase     // how far we have got
	Exit    Exit      // where traffic leaves, or where it is meant to; zero = none chosen
	Since   time.Time // when the present phase was entered; for Up: since when traffic passes
	Proxy   Proxy     // where programs reach the tunnel; the same from start to quit
	Node    Node      // the node we run
	Network Network   // where proposals come from
	Mode    Mode      // how traffic reaches the tunnel
	Guard   Guard     // what the root helper lets out; zero = nothing was heard of one
	Reason  Reason    // why the phase is what it is; zero = nothing to explain
	Attempt int       // while Finding, Dialing or Reconnecting: which try this is, from 1
	Command uint64    // ID of the newest Command that core has taken into account
	Refused Reason    // why that command changed nothing: what was connected still is

	Connection string // id of the connection that was asked for last, in the log and in its Story; "" = none yet
}

// Proxy is the pair of loopback addresses, host:port, at which programs reach the tunnel. Both are the same listener
// today; they are two fields because users set them in two places.
type Proxy struct {
	SOCKS5 string
	HTTP   string
}

// Node is what is known of the node process.
type Node struct {
	State   NodeState
	Version string // as the node tells it; "" before the first healthcheck
	PID     int    // 0 = no process
	API     string // host:port of its TequilAPI
	Adopted bool   // it ran before us; we do not stop it
	Lack    Reason // what cannot be had with this node here, though it works; zero = nothing is lacking
}

// Guard is how things stand with the network of the whole device, as the root helper says.
type Guard struct {
	Held     bool // it was taken over, and the user has not said that they want out
	Blocked  bool // nothing passes
	Lost     bool // the helper does not answer any more; what it held is blocked
	Lockdown bool // everything is blocked while nobody is connected
	LAN      bool // the local network can be reached
	Exposed  bool // the rules could not be applied: traffic may NOT be protected

	Notice string // what went wrong last, in the helper's words; "" = nothing
}

// Traffic is what has passed through the tunnel since the connection came up. It is sent about once a second.
type Traffic struct {
	BytesSent         uint64    // payload and WireGuard's own framing, as the device counts it
	BytesReceived     uint64    // likewise
	SentPerSecond     uint64    // bytes in the last second
	ReceivedPerSecond uint64    // likewise
	LastHandshake     time.Time // zero = none yet
	MTU               int       // of packets inside the tunnel, in bytes; 0 = not known
	At                time.Time // when these were read
}

// Exit is a proposal as the user sees it: a place to come out, and who runs it.
type Exit struct {
	ProviderID  string  // 0x…; "" = not chosen yet
	ServiceType string  // as the node names it, for example "wireguard"
	Country     string  // ISO 3166-1 alpha-2, upper case
	City        string  // "" = unknown
	IPType      string  // "residential", "hosting", …; "" = unknown
	Quality     float64 // the node's score, 0 to 3
	Latency     float64 // milliseconds, 0 = unknown
	Bandwidth   float64 // Mbit/s, 0 = unknown
}

// Network says where proposals come from and which node is run for them.
type Network string

// The networks. Zero is "not told yet".
const (
	Sandbox   Network = "sandbox"   // our node; exits on this very computer, for trying the program out
	Mysterium Network = "mysterium" // the real node and the Mysterium Network
	Own       Network = "own"       // our node; servers that the user has the WireGuard configuration of
)

// Mode says how programs reach the tunnel.
type Mode string

// The modes. Zero is "not told yet".
const (
	ProxyMode  Mode = "proxy"  // a SOCKS5 and HTTP listener; nothing else on the computer is touched
	DeviceMode Mode = "device" // every packet of this computer goes through the tunnel or nowhere; Linux, with a root helper
)
