package exit

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

// ErrRefused is what every refusal of a Policy wraps.
var ErrRefused = errors.New("destination not allowed")

// refused are the ranges that are not the internet: a client must not reach the network that the exit stands in.
// Documentation ranges are not among them; nothing is there, and tests need addresses.
var refused = []struct {
	prefix netip.Prefix
	name   string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "this network"},
	{netip.MustParsePrefix("10.0.0.0/8"), "private"},
	{netip.MustParsePrefix("100.64.0.0/10"), "carrier-grade NAT"},
	{netip.MustParsePrefix("127.0.0.0/8"), "loopback"},
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local"},
	{netip.MustParsePrefix("172.16.0.0/12"), "private"},
	{netip.MustParsePrefix("192.0.0.0/24"), "protocol assignments"},
	{netip.MustParsePrefix("192.168.0.0/16"), "private"},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast"},
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved or broadcast"},
	{netip.MustParsePrefix("::/128"), "unspecified"},
	{netip.MustParsePrefix("::1/128"), "loopback"},
	{netip.MustParsePrefix("64:ff9b:1::/48"), "local NAT64"},
	{netip.MustParsePrefix("fc00::/7"), "private"},
	{netip.MustParsePrefix("fe80::/10"), "link-local"},
	{netip.MustParsePrefix("fec0::/10"), "site-local"},
	{netip.MustParsePrefix("ff00::/8"), "multicast"},
}

// globalV6 is all that IANA hands out for the internet. Some of the rest leads to places inside a network: overlay
// networks in 200::/7, segment routing in 5f00::/16, translators.
var globalV6 = netip.MustParsePrefix("2000::/3")

// Policy decides where clients of an exit may go. Refused are the ranges that are not the internet, every address of
// the host itself, and IPv6 addresses that carry a refused IPv4 address. An allowed prefix lifts the first rule; the
// second one only falls to a prefix that is exactly the address.
type Policy struct {
	allow []netip.Prefix
	hosts func() (map[netip.Addr]bool, error) // addresses of the host's interfaces, and their broadcast addresses
}

// NewPolicy makes a policy that knows the addresses of this host and follows their changes.
func NewPolicy(allow []netip.Prefix) *Policy {
	p := &Policy{hosts: new(interfaces).addrs}
	for _, a := range allow {
		p.allow = append(p.allow, unmapPrefix(a).Masked())
	}
	return p
}

// Allowed says whether clients may go to a; the error wraps ErrRefused and says why not. An IPv4-mapped address is
// the IPv4 address.
func (p *Policy) Allowed(a netip.Addr) error {
	if !a.IsValid() {
		return fmt.Errorf("%w: no address", ErrRefused)
	}
	a = a.Unmap().WithZone("")
	exact, broad := p.match(a)
	if exact {
		return nil
	}
	if err := p.notOurs(a); err != nil {
		return err
	}
	for _, in := range embedded(a) {
		check := p.Allowed
		if broad { // the carrying address is allowed, so the range of the carried one does not matter
			check = p.notOurs
			if exact, _ := p.match(in); exact {
				continue
			}
		}
		if err := check(in); err != nil {
			return fmt.Errorf("%s carries %s: %w", a, in, err)
		}
	}
	if broad {
		return nil
	}
	for _, r := range refused {
		if r.prefix.Contains(a) {
			return fmt.Errorf("%w: %s is %s", ErrRefused, a, r.name)
		}
	}
	if a.Is6() && !globalV6.Contains(a) && !nat64.Contains(a) {
		return fmt.Errorf("%w: %s is not in use on the internet", ErrRefused, a)
	}
	return nil
}

// match looks a up in the allowed prefixes.
func (p *Policy) match(a netip.Addr) (exact, broad bool) {
	for _, prefix := range p.allow {
		if prefix.Contains(a) {
			broad = true
			exact = exact || prefix.IsSingleIP()
		}
	}
	return exact, broad
}

// notOurs refuses the host itself. All of loopback is the host, and so is the unspecified address: connecting to it
// connects to loopback.
func (p *Policy) notOurs(a netip.Addr) error {
	if a.IsLoopback() || a.IsUnspecified() {
		return fmt.Errorf("%w: %s is this host", ErrRefused, a)
	}
	hosts, err := p.hosts()
	if err != nil {
		return fmt.Errorf("%w: cannot tell whether %s is this host: %w", ErrRefused, a, err)
	}
	if hosts[a] {
		return fmt.Errorf("%w: %s is this host", ErrRefused, a)
	}
	return nil
}

var (
	v4Compatible = netip.MustParsePrefix("::/96")
	nat64        = netip.MustParsePrefix("64:ff9b::/96")
	sixToFour    = netip.MustParsePrefix("2002::/16")
	teredo       = netip.MustParsePrefix("2001::/32")
)

// embedded lists the IPv4 addresses to which an IPv6 address leads by a translator or a tunnel on the way.
func embedded(a netip.Addr) []netip.Addr {
	if a.Is4() {
		return nil
	}
	b := a.As16()
	at := func(i int) netip.Addr { return netip.AddrFrom4([4]byte(b[i : i+4])) }
	switch {
	case v4Compatible.Contains(a), nat64.Contains(a):
		return []netip.Addr{at(12)}
	case sixToFour.Contains(a):
		return []netip.Addr{at(2)}
	case teredo.Contains(a):
		client := netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]})
		return []netip.Addr{at(4), client} // the relay, and the client behind it
	default:
		return nil
	}
}

func unmapPrefix(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}

// interfacesKept is how long the host's addresses are taken for granted. Race: an address that the host gets may be
// reachable for that long; ourConn catches most of that after dialing.
const interfacesKept = time.Second

// interfaces remembers the addresses of the host for a moment.
type interfaces struct {
	mu    sync.Mutex
	until time.Time
	set   map[netip.Addr]bool // never changed once made
}

func (i *interfaces) addrs() (map[netip.Addr]bool, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := time.Now()
	if now.Before(i.until) {
		return i.set, nil
	}
	list, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	set := make(map[netip.Addr]bool, len(list))
	for _, a := range list {
		if n, ok := a.(*net.IPNet); ok {
			if ip, ok := netip.AddrFromSlice(n.IP); ok {
				set[ip.Unmap()] = true
			}
			if last, ok := broadcastOf(n); ok {
				set[last] = true
			}
		}
	}
	i.set, i.until = set, now.Add(interfacesKept)
	return set, nil
}

// broadcastOf is the address by which a datagram reaches every neighbour in n; Go's sockets may send there.
func broadcastOf(n *net.IPNet) (netip.Addr, bool) {
	ip, mask := n.IP.To4(), n.Mask
	if ones, bits := mask.Size(); ip == nil || bits != 32 || ones > 30 {
		return netip.Addr{}, false
	}
	var b [4]byte
	for i := range b {
		b[i] = ip[i] | ^mask[i]
	}
	return netip.AddrFrom4(b), true
}

// ourConn reports a connection of the host with itself: then both ends have one address.
func ourConn(local, remote net.Addr) bool {
	l, err := netip.ParseAddrPort(local.String())
	if err != nil {
		return true
	}
	r, err := netip.ParseAddrPort(remote.String())
	return err != nil || l.Addr().Unmap() == r.Addr().Unmap()
}
