package exit

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

func packet4(proto byte, to netip.Addr, l4 ...byte) []byte {
	p := make([]byte, 20, 20+len(l4))
	p[0], p[3], p[8], p[9] = 0x45, byte(20+len(l4)), 64, proto
	copy(p[12:], clientV4.AsSlice())
	copy(p[16:], to.AsSlice())
	return append(p, l4...)
}

func packet6(proto byte, to netip.Addr, l4 ...byte) []byte {
	p := make([]byte, 40, 40+len(l4))
	p[0], p[5], p[6], p[7] = 0x60, byte(len(l4)), proto, 64
	copy(p[8:], clientV6.AsSlice())
	copy(p[24:], to.AsSlice())
	return append(p, l4...)
}

func TestFilterLetsInTCPUDPAndOwnEchoOnly(t *testing.T) {
	r := &running{own: map[netip.Addr]bool{exitV4: true, exitV6: true}}
	far4, far6 := netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("2001:db8::1")
	fragment := func(next byte, offset byte, l4 ...byte) []byte {
		return append([]byte{next, 0, 0, offset, 0, 0, 0, 1}, l4...)
	}
	later4 := packet4(1, exitV4, 0, 0, 0, 0, 0, 0, 0, 0)
	later4[7] = 10
	for _, c := range []struct {
		name string
		p    []byte
		want bool
	}{
		{"tcp4", packet4(6, far4), true},
		{"udp4", packet4(17, far4), true},
		{"tcp6", packet6(6, far6), true},
		{"udp6", packet6(17, far6), true},
		{"echo4 to us", packet4(1, exitV4, 8, 0, 0, 0, 0, 0, 0, 0), true},
		{"echo4 to others", packet4(1, far4, 8, 0, 0, 0, 0, 0, 0, 0), false},
		{"echo4 answer", packet4(1, exitV4, 0, 0, 0, 0, 0, 0, 0, 0), false},
		{"unreachable4", packet4(1, exitV4, 3, 1, 0, 0, 0, 0, 0, 0), false},
		{"redirect4", packet4(1, exitV4, 5, 1, 0, 0, 0, 0, 0, 0), false},
		{"cut off icmp4", packet4(1, exitV4, 8), false},
		{"later fragment of echo4", later4, true},
		{"echo6 to us", packet6(58, exitV6, 128, 0, 0, 0, 0, 0, 0, 0), true},
		{"echo6 to others", packet6(58, far6, 128, 0, 0, 0, 0, 0, 0, 0), false},
		{"router advertisement", packet6(58, exitV6, 134, 0, 0, 0, 0, 0, 0, 0), false},
		{"neighbour solicitation", packet6(58, exitV6, 135, 0, 0, 0, 0, 0, 0, 0), false},
		{"fragment of udp6", packet6(44, far6, fragment(17, 0, 1, 2, 3)...), true},
		{"fragment of echo6 to us", packet6(44, exitV6, fragment(58, 0, 128, 0, 0, 0, 0, 0, 0, 0)...), true},
		{"fragment of echo6 to others", packet6(44, far6, fragment(58, 0, 128, 0, 0, 0, 0, 0, 0, 0)...), false},
		{"later fragment of echo6 to us", packet6(44, exitV6, fragment(58, 16, 1, 2, 3)...), true},
		{"cut off fragment", packet6(44, far6, 17, 0, 0), false},
		{"hop-by-hop", packet6(0, far6, 17, 0, 0, 0, 0, 0, 0, 0), false},
		{"sctp", packet4(132, far4), false},
		{"gre", packet4(47, far4), false},
		{"esp6", packet6(50, far6), false},
		{"version 5", []byte{0x50}, false},
	} {
		require.Equal(t, c.want, r.pass(c.p), c.name)
	}
}

func FuzzFilter(f *testing.F) {
	f.Add(packet4(1, exitV4, 8, 0, 0, 0, 0, 0, 0, 0))
	f.Add(packet4(17, exitV4))
	f.Add(packet6(58, exitV6, 128, 0, 0, 0, 0, 0, 0, 0))
	f.Add(packet6(44, exitV6, 58, 0, 0, 0, 0, 0, 0, 1, 128, 0, 0, 0))
	r := &running{own: map[netip.Addr]bool{exitV4: true, exitV6: true}}
	f.Fuzz(func(t *testing.T, p []byte) {
		// The tunnel lets nothing come this far that has no valid IP header.
		if len(p) == 0 || p[0]>>4 == 4 && !header.IPv4(p).IsValid(len(p)) || p[0]>>4 == 6 && !header.IPv6(p).IsValid(len(p)) {
			return
		}
		r.pass(p)
	})
}
