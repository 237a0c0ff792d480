package tunnel

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// target is where a program wants to go: an address or a name, never both, and a port.
type target struct {
	name string     // not an address literal
	addr netip.Addr // valid if name is empty; never an IPv4-mapped one and never with a zone
	port uint16
}

// newTarget reads a host as programs write it: an address, one in brackets, or a name.
func newTarget(host string, port uint16) (target, error) {
	if port == 0 {
		return target{}, refuse(badAddressKind, "port 0 cannot be connected to")
	}
	bare := host
	if len(host) > 2 && host[0] == '[' && host[len(host)-1] == ']' {
		bare = host[1 : len(host)-1]
	}
	if a, err := netip.ParseAddr(bare); err == nil {
		return target{addr: a.Unmap().WithZone(""), port: port}, nil
	}
	if err := checkName(host); err != nil {
		return target{}, err
	}
	return target{name: host, port: port}, nil
}

// parseTarget reads "host:port"; the port must be a number.
func parseTarget(s string) (target, error) {
	host, p, err := net.SplitHostPort(s)
	if err != nil {
		return target{}, &refusal{cause: badAddressKind, text: "the address has to be host:port", err: err}
	}
	port, err := strconv.ParseUint(p, 10, 16)
	if err != nil {
		return target{}, refuse(badAddressKind, "the port has to be a number from 1 to 65535")
	}
	return newTarget(host, uint16(port))
}

func (t target) String() string {
	h := t.name
	if h == "" {
		h = t.addr.String()
	}
	return net.JoinHostPort(h, strconv.Itoa(int(t.port)))
}

// checkAddr refuses addresses that mean another machine, or none, at the far end than they do here.
func checkAddr(a netip.Addr) error {
	switch {
	case !a.IsValid():
		return refuse(badAddressKind, "the address is not valid")
	case a.IsUnspecified(), a.IsLoopback():
		return refuse(notAllowed, "%s is this computer, which is not reached through the VPN; leave it out of the proxy settings", a)
	case a.IsMulticast(), a.IsLinkLocalUnicast(), a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return refuse(notAllowed, "%s belongs to the local network, which is not reached through the VPN", a)
	}
	return nil
}

// checkName refuses what cannot be a host name in DNS, and the names that RFC 6761, 6762 and 7686 keep out of it.
// Nothing of a refused name leaves the computer.
func checkName(name string) error {
	s := strings.TrimSuffix(name, ".")
	if s == "" || len(s) > 253 {
		return refuse(noHost, "that is not a host name")
	}
	last := ""
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 {
			return refuse(noHost, "%q is not a host name", name)
		}
		for _, c := range []byte(label) {
			switch {
			case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
			default:
				return refuse(noHost, "%q is not a host name", name)
			}
		}
		last = label
	}
	switch strings.ToLower(last) {
	case "localhost":
		return refuse(notAllowed, "%s is this computer, which is not reached through the VPN; leave it out of the proxy settings", name)
	case "local":
		return refuse(noHost, "%s is a name of the local network, which is not reached through the VPN", name)
	case "onion":
		return refuse(noHost, "%s can only be reached with Tor", name)
	}
	// No top-level domain is a number: this is an address in some old notation, and DNS would only leak it.
	if _, err := strconv.ParseUint(last, 0, 64); err == nil {
		return refuse(noHost, "%s is neither a host name nor an address", name)
	}
	return nil
}
