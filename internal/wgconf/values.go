package wgconf

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

// What reads the value of each key that is used.

func (p *parser) key(name, value string) {
	k, err := wgnet.ParseKey(value)
	if err != nil || k.Zero() && name != "PresharedKey" {
		p.say(BadKey, name, "")
		return
	}
	switch name {
	case "PrivateKey":
		p.config.PrivateKey = k
	case "PublicKey":
		p.config.Peer.PublicKey = k
	case "PresharedKey":
		p.config.Peer.PresharedKey = k
	}
}

// parts are the words of a list.
func parts(value string) []string {
	return strings.FieldsFunc(value, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
}

func prefix(s string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), a.Zone() == "" && !a.Is4In6()
	}
	n, err := netip.ParsePrefix(s)
	return n, err == nil && !n.Addr().Is4In6()
}

// unicast is an address that one host can have in a tunnel. The root helper acts on no other, so who is told here is
// not told at the first connection.
func unicast(a netip.Addr) bool {
	return a.IsValid() && a.Zone() == "" && !a.IsUnspecified() && !a.IsLoopback() && !a.IsMulticast() && !a.IsLinkLocalUnicast() &&
		!thisNetwork.Contains(a) && !reserved.Contains(a)
}

var (
	thisNetwork = netip.MustParsePrefix("0.0.0.0/8")
	reserved    = netip.MustParsePrefix("240.0.0.0/4")
)

func (p *parser) addresses(key, value string) {
	for _, s := range parts(value) {
		n, ok := prefix(s)
		a := n.Addr()
		switch have := p.config.Addresses; {
		case !ok || n.Bits() == 0 || !unicast(a):
			p.say(BadAddress, key, s)
		case slices.ContainsFunc(have, func(h netip.Prefix) bool { return h.Addr().Is4() == a.Is4() }):
			p.say(MoreAddresses, key, s)
		default:
			p.config.Addresses = append(have, n)
		}
	}
}

func (p *parser) dns(key, value string) {
	for _, s := range parts(value) {
		a, err := netip.ParseAddr(s)
		a = a.Unmap()
		switch {
		case err != nil:
			p.say(SearchDomain, key, s)
		case !unicast(a):
			p.say(BadDNS, key, s)
		case slices.Contains(p.config.DNS, a):
		case len(p.config.DNS) == maxDNS:
			p.say(TooMany, key, "")
			return
		default:
			p.config.DNS = append(p.config.DNS, a)
		}
	}
}

func (p *parser) mtu(key, value string) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 576 || n > 9000 {
		p.say(BadMTU, key, "")
		return
	}
	p.config.MTU = n
}

func (p *parser) keepalive(key, value string) {
	if strings.EqualFold(value, "off") {
		return
	}
	n, err := strconv.ParseUint(value, 10, 16)
	if err != nil {
		p.say(BadKeepalive, key, "")
		return
	}
	p.config.Peer.Keepalive = int(n)
}

func (p *parser) endpoint(key, value string) {
	e, err := ParseEndpoint(value)
	if err != nil {
		p.say(BadEndpoint, key, value)
		return
	}
	p.config.Peer.Endpoint = e
}

// ParseEndpoint reads host:port, the host being an IP address, in brackets if it is IPv6, or a name.
func ParseEndpoint(s string) (Endpoint, error) {
	bad := errors.New("this is no host and port, for example 192.0.2.1:51820")
	host, port, err := net.SplitHostPort(s)
	n, numErr := strconv.ParseUint(port, 10, 16)
	if err != nil || numErr != nil || n == 0 {
		return Endpoint{}, bad
	}
	if a, err := netip.ParseAddr(host); err == nil {
		a = a.Unmap()
		if a.Zone() != "" || a.IsUnspecified() || a.IsMulticast() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
			return Endpoint{}, bad
		}
		return Endpoint{Host: a.String(), Port: uint16(n)}, nil
	}
	if !hostName(host) || strings.HasPrefix(s, "[") {
		return Endpoint{}, bad
	}
	return Endpoint{Host: strings.ToLower(host), Port: uint16(n)}, nil
}

// hostName reports whether s can be a name in the DNS. One whose last label is a number would be an address.
func hostName(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	last := ""
	for label := range strings.SplitSeq(strings.TrimSuffix(s, "."), ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, r := range label {
			if r != '-' && r != '_' && (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r)) {
				return false
			}
		}
		last = label
	}
	return strings.Trim(last, "0123456789") != ""
}

func (p *parser) allowed(key, value string) {
	for _, s := range parts(value) {
		n, ok := prefix(s)
		switch all := p.config.Peer.AllowedIPs; {
		case !ok:
			p.say(BadPrefix, key, s)
		case slices.Contains(all, n.Masked()):
		case len(all) == maxAllowedIPs:
			p.say(TooMany, key, "")
			return
		default:
			p.config.Peer.AllowedIPs = append(all, n.Masked())
		}
	}
}
