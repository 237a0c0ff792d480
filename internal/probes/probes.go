// Package probes is the leak self-test: it sends marked packets in every way that a program of the user could, and says
// where each one went. It runs without privileges, in the program whose tunnel carries the device, because only that one
// sees what enters the tunnel. There is a test on Linux only.
//
// The core's process runs it for the window and the command line.
//
// All destinations are addresses that documentation has to itself (RFC 5737, RFC 3849), but for multicast DNS, which has
// one of its own on the link: nobody is bothered even if a probe leaves. While the firewall is open every one would
// leave, which proves nothing, so the test refuses to run then.
//
// One test runs at a time; Run may be called from any goroutine.
package probes

import (
	"context"
	"errors"
	"time"

	"github.com/mysteriumvpn/desktop/internal/proof"
)

// Kind is what a probe looks like.
type Kind string

// The kinds.
const (
	UDP    Kind = "udp"
	TCP    Kind = "tcp"
	QUIC   Kind = "quic"    // UDP to port 443, begun as QUIC is
	DNS    Kind = "dns"     // UDP to port 53
	DNSTCP Kind = "dns_tcp" // TCP to port 53
	DoT    Kind = "dot"     // TCP to port 853
	MDNS   Kind = "mdns"    // multicast to port 5353
	Ping   Kind = "ping"    // ICMP echo
)

// Kinds are all of them, in the order in which they are shown.
func Kinds() []Kind { return []Kind{TCP, UDP, QUIC, DNS, DNSTCP, DoT, MDNS, Ping} }

// Outcome says where a probe went.
type Outcome string

// The outcomes. Zero is none yet.
const (
	Tunnel   Outcome = "tunnel"   // it was seen where the tunnel begins
	Blocked  Outcome = "blocked"  // this computer refused it, and let nothing out
	Left     Outcome = "left"     // neither, or somebody out there has answered
	Untested Outcome = "untested" // it could not be sent; Why says why
)

// Why says why a probe could not be sent.
type Why string

// The reasons.
const (
	NoRoute   Why = "no_route"   // this computer knows no way there
	NoAddress Why = "no_address" // the interface has no address of this kind
	NotYours  Why = "not_yours"  // this system lets no ordinary program do that
	Other     Why = "other"      // Said has what the system said
)

// Probe is one probe, and what became of it.
type Probe struct {
	Kind      Kind    `json:"kind"`
	IPv6      bool    `json:"ipv6"`
	Interface string  `json:"interface"` // that it was bound to; "" = sent as programs do
	To        string  `json:"to"`
	Outcome   Outcome `json:"outcome"`
	Why       Why     `json:"why,omitempty"`  // of one that is untested
	Said      string  `json:"said,omitempty"` // what the system said, if it refused or could not
}

// Result is a test that has run to its end.
type Result struct {
	At      time.Time     `json:"at"`
	Took    time.Duration `json:"took_ns"`
	Phase   string        `json:"phase"` // of the firewall: blocked, connecting or connected
	Probes  []Probe       `json:"probes"`
	Counted uint64        `json:"counted"`  // packets that the rules have refused meanwhile, ours and others'
	LeftOut int           `json:"left_out"` // network interfaces that were not tried: there are too many
}

// Leaks are the probes that left.
func (r Result) Leaks() (out []Probe) {
	for _, p := range r.Probes {
		if p.Outcome == Left {
			out = append(out, p)
		}
	}
	return out
}

// Untested counts the probes that could not be sent.
func (r Result) Untested() (n int) {
	for _, p := range r.Probes {
		if p.Outcome == Untested {
			n++
		}
	}
	return n
}

// Options are what a test needs of the program that it runs in.
type Options struct {
	// Rules lists the firewall's rules, with counters.
	Rules func(ctx context.Context) (proof.Listing, error)
	// Observe has see called with each packet that enters the tunnel, until stop, which tells whether it was one tunnel
	// all the time. ok is false if no tunnel of this program carries the device.
	Observe func(see func(packet []byte)) (stop func() (same bool), ok bool)
	// Interfaces are the names of those that probes are bound to; nil = those that are up and have an address, but for the
	// tunnel's. There may be more than are tried, which Result.LeftOut counts.
	Interfaces []string
}

// Why a test cannot be run. Each is a sentence for the user, whose Code translations are keyed by.
var (
	ErrOpen     = &Refusal{"test_open", "The network is open, so every probe would leave. Connect with the whole device, or switch lockdown on, and test again."}
	ErrElsewise = &Refusal{"test_elsewhere", "Another program carries this device, and only that one sees what enters the tunnel."}
	ErrChanged  = &Refusal{"test_changed", "The connection changed while the test ran, so it says nothing. Test again."}
	ErrSystem   = &Refusal{"test_system", "The leak self-test is for Linux only so far."}
	ErrBusy     = &Refusal{"test_busy", "A leak self-test runs already."}
)

// Refusal says why there is no result.
type Refusal struct{ Code, Text string }

func (r *Refusal) Error() string { return r.Text }

// Refusals are all of them, for translations.
func Refusals() []*Refusal { return []*Refusal{ErrOpen, ErrElsewise, ErrChanged, ErrSystem, ErrBusy} }

// RefusalOf is the refusal of a code; nil = there is none.
func RefusalOf(code string) error {
	for _, r := range Refusals() {
		if r.Code == code {
			return r
		}
	}
	return nil
}

// errNoRules is what a test says that cannot know whether the network is open.
var errNoRules = errors.New("the firewall's rules cannot be read, so nobody knows whether the network is open")
