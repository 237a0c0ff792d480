package probes

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"iter"
	"net"
	"net/netip"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// tunnelInterface is what the helper calls the tunnel's.
const tunnelInterface = "mysterium0"

// maxInterfaces bounds how many are tried: a computer with containers has hundreds.
const maxInterfaces = 16

// outside are the interfaces by which packets may leave beside the tunnel: first those with a default route, which lead
// furthest, then what has an address for more than its link, then the rest. left is how many more there are.
func outside() (names []string, left int, err error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, 0, fmt.Errorf("list the network interfaces: %w", err)
	}
	table, err := syscall.NetlinkRIB(syscall.RTM_GETROUTE, unix.AF_UNSPEC)
	if err != nil {
		return nil, 0, fmt.Errorf("list the routes: %w", err)
	}
	routed := defaults(table)
	rank := map[string]int{}
	for _, i := range all {
		addrs, _ := i.Addrs()
		if i.Name == tunnelInterface || i.Flags&net.FlagUp == 0 || i.Flags&net.FlagRunning == 0 || i.Flags&net.FlagLoopback != 0 || len(addrs) == 0 {
			continue
		}
		four, six := families(i.Name)
		switch {
		case routed[i.Index]:
			rank[i.Name] = 0
		case four || six:
			rank[i.Name] = 1
		default:
			rank[i.Name] = 2
		}
		names = append(names, i.Name)
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(rank[a], rank[b]) })
	if left = len(names) - maxInterfaces; left > 0 {
		return names[:maxInterfaces], left, nil
	}
	return names, 0, nil
}

// defaults are the indices of the interfaces to which a default route of any table leads, from rtnetlink(7)'s answer.
// What is cut short is left out.
func defaults(table []byte) map[int]bool {
	found := map[int]bool{}
	messages, _ := syscall.ParseNetlinkMessage(table)
	for _, m := range messages {
		const length, kind = 1, 7 // in rtmsg: bits of the destination, kind of route
		if m.Header.Type != syscall.RTM_NEWROUTE || len(m.Data) < unix.SizeofRtMsg || m.Data[length] != 0 || m.Data[kind] != unix.RTN_UNICAST {
			continue
		}
		for kind, value := range parts(m.Data[unix.SizeofRtMsg:], unix.SizeofRtAttr) {
			switch {
			case kind == unix.RTA_OIF && len(value) >= 4:
				found[int(binary.NativeEndian.Uint32(value))] = true
			case kind == unix.RTA_MULTIPATH:
				const rest = unix.SizeofRtNexthop - 4 // of a head that begins as an attribute's does
				for _, hop := range parts(value, unix.SizeofRtNexthop) {
					found[int(binary.NativeEndian.Uint32(hop[:rest]))] = true
				}
			}
		}
	}
	return found
}

// parts walks what rtnetlink puts one behind the other: a length of 16 bits, 16 bits more, which are the key, and the
// rest. One that is shorter than its head ends the walk.
func parts(b []byte, head int) iter.Seq2[uint16, []byte] {
	return func(yield func(uint16, []byte) bool) {
		for len(b) >= head {
			n := int(binary.NativeEndian.Uint16(b))
			if n < head || n > len(b) || !yield(binary.NativeEndian.Uint16(b[2:]), b[4:n]) {
				return
			}
			b = b[min((n+3)&^3, len(b)):]
		}
	}
}

// families tell whether an interface has addresses of either; no interface in particular has both.
func families(name string) (four, six bool) {
	if name == "" {
		return true, true
	}
	i, err := net.InterfaceByName(name)
	if err != nil {
		return false, false
	}
	addrs, _ := i.Addrs()
	for _, a := range addrs {
		p, err := netip.ParsePrefix(a.String())
		four = four || err == nil && p.Addr().Is4()
		six = six || err == nil && p.Addr().Is6() && !p.Addr().IsLinkLocalUnicast()
	}
	return four, six
}

// ours reports whether an address is this computer's own.
func ours(a netip.Addr) bool {
	all, _ := net.InterfaceAddrs()
	for _, x := range all {
		if p, err := netip.ParsePrefix(x.String()); err == nil && p.Addr().WithZone("") == a {
			return true
		}
	}
	return false
}
