package wire

import (
	"fmt"
	"net/netip"
)

// Bounds of a tunnel's MTU, in bytes. IPv6 needs 1280.
const (
	MinMTU   = 576
	MinMTU6  = 1280
	MaxMTU   = 9000
	anywhere = "an endpoint is a public address and a port"
)

// Check says why r makes no sense, nil if it does. A helper that runs as root acts on nothing that fails it.
func (r *Request) Check() error {
	switch r.Verb {
	case Begin, Endpoints:
		if len(r.Endpoints) == 0 && r.Verb == Endpoints {
			return fmt.Errorf("%s has no endpoint: name at least one", r.Verb)
		}
		for _, e := range r.Endpoints {
			if e.Port() == 0 || !public(e.Addr()) {
				return fmt.Errorf("endpoint %s: %s", e, anywhere)
			}
		}
	case Tunnel:
		return r.checkTunnel()
	case MTU:
		return r.checkMTU(MinMTU)
	case Socket:
		if r.Port > 0 && r.Port < 1024 {
			return fmt.Errorf("port %d belongs to the system", r.Port) // by 68 or 546 more would be let out
		}
	case Resolvers:
		return checkResolvers(r.Resolvers)
	case Unknown, Status, Disconnect, Lockdown, LAN, Reset, Rules, Node:
	}
	return nil
}

func (r *Request) checkTunnel() error {
	var four, six int
	for _, a := range r.Addresses {
		if !unicast(a) {
			return fmt.Errorf("address %s cannot be that of a tunnel: it must be one host's", a)
		}
		if a.Is4() {
			four++
		} else {
			six++
		}
	}
	if four+six == 0 || four > 1 || six > 1 {
		return fmt.Errorf("a tunnel has one address of either family or of both, not %v", r.Addresses)
	}
	least := uint16(MinMTU)
	if six > 0 {
		least = MinMTU6
	}
	if err := r.checkMTU(least); err != nil {
		return err
	}
	return checkResolvers(r.Resolvers)
}

func (r *Request) checkMTU(least uint16) error {
	if r.MTU < least || r.MTU > MaxMTU {
		return fmt.Errorf("MTU %d is not between %d and %d; IPv6 needs %d", r.MTU, least, MaxMTU, MinMTU6)
	}
	return nil
}

func checkResolvers(list []netip.Addr) error {
	for _, a := range list {
		if !unicast(a) {
			return fmt.Errorf("resolver %s must be one host's address, in the tunnel", a)
		}
	}
	return nil
}

// unicast is an address that one host can have, and that is not this very host or bound to a link.
func unicast(a netip.Addr) bool {
	return a.IsValid() && a.Zone() == "" && !a.IsUnspecified() && !a.IsLoopback() && !a.IsMulticast() && !a.IsLinkLocalUnicast() &&
		!reserved.Contains(a) && !thisNetwork.Contains(a)
}

var (
	thisNetwork = netip.MustParsePrefix("0.0.0.0/8")
	reserved    = netip.MustParsePrefix("240.0.0.0/4")
	shared      = netip.MustParsePrefix("100.64.0.0/10")
)

// public leaves out the ranges of private networks, too: an endpoint in one would let a far end that names it have
// datagrams sent to computers beside this one.
func public(a netip.Addr) bool {
	return unicast(a) && !a.IsPrivate() && !shared.Contains(a)
}
