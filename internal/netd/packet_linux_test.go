package netd

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Packets of the tests, made by hand: what is sent must not depend on what the system would send.

func sum(parts ...[]byte) uint16 {
	var s uint32
	for _, b := range parts {
		for i := 0; i+1 < len(b); i += 2 {
			s += uint32(binary.BigEndian.Uint16(b[i:]))
		}
		if len(b)%2 == 1 {
			s += uint32(b[len(b)-1]) << 8
		}
	}
	for s > 0xffff {
		s = s&0xffff + s>>16
	}
	return ^uint16(s)
}

// ip wraps a payload, and puts the sum in at offset at, -1 = none.
func ip(src, dst string, proto byte, payload []byte, at int) []byte {
	return ipHops(src, dst, proto, payload, at, 64)
}

func ipHops(src, dst string, proto byte, payload []byte, at int, hops byte) []byte {
	s, d := netip.MustParseAddr(src), netip.MustParseAddr(dst)
	pseudo := append(append(append([]byte{}, s.AsSlice()...), d.AsSlice()...), 0, proto)
	pseudo = binary.BigEndian.AppendUint16(pseudo, uint16(len(payload)))
	if at >= 0 {
		if proto == unix.IPPROTO_ICMP {
			pseudo = nil
		}
		binary.BigEndian.PutUint16(payload[at:], sum(pseudo, payload))
	}
	var h []byte
	if s.Is4() {
		h = []byte{0x45, 0, 0, 0, 0, 1, 0, 0, hops, proto, 0, 0}
		binary.BigEndian.PutUint16(h[2:], uint16(20+len(payload)))
		h = append(append(h, s.AsSlice()...), d.AsSlice()...)
		binary.BigEndian.PutUint16(h[10:], sum(h))
	} else {
		h = []byte{0x60, 0, 0, 0, 0, 0, proto, hops}
		binary.BigEndian.PutUint16(h[4:], uint16(len(payload)))
		h = append(append(h, s.AsSlice()...), d.AsSlice()...)
	}
	return append(h, payload...)
}

func udp(src string, sport int, dst string, dport int) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(sport))
	b = binary.BigEndian.AppendUint16(b, uint16(dport))
	b = append(b, 0, 16, 0, 0)
	return ip(src, dst, unix.IPPROTO_UDP, append(b, "a packet"...), 6)
}

const (
	syn    = 0x02
	synAck = 0x12
)

func tcp(src string, sport int, dst string, dport int, flags byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(sport))
	b = binary.BigEndian.AppendUint16(b, uint16(dport))
	b = append(b, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, flags, 0x20, 0, 0, 0, 0, 0)
	return ip(src, dst, unix.IPPROTO_TCP, b, 16)
}

func ping(src, dst string) []byte {
	if netip.MustParseAddr(src).Is4() {
		return ip(src, dst, unix.IPPROTO_ICMP, []byte{8, 0, 0, 0, 0, 9, 0, 1}, 2)
	}
	return ip(src, dst, unix.IPPROTO_ICMPV6, []byte{128, 0, 0, 0, 0, 9, 0, 1}, 2)
}

// icmp6 is a message of neighbour discovery; target is what it is about, "" = none.
func icmp6(src, dst string, kind, hops byte, target string) []byte {
	b := []byte{kind, 0, 0, 0, 0, 0, 0, 0}
	switch kind {
	case 134: // advertisement of a router that is none
		b = append(b, make([]byte, 8)...)
	case 137:
		b = append(b, netip.MustParseAddr(target).AsSlice()...)
	}
	if target != "" {
		b = append(b, netip.MustParseAddr(target).AsSlice()...)
	}
	return ipHops(src, dst, unix.IPPROTO_ICMPV6, b, 2, hops)
}

// tooBig is a router's complaint about a packet of ours.
func tooBig(src, dst string, about []byte) []byte {
	if netip.MustParseAddr(src).Is4() {
		return ip(src, dst, unix.IPPROTO_ICMP, append([]byte{3, 4, 0, 0, 0, 0, 5, 0}, about[:28]...), 2)
	}
	return ip(src, dst, unix.IPPROTO_ICMPV6, append([]byte{2, 0, 0, 0, 0, 0, 5, 0}, about...), 2)
}

// arpRequest asks who has an address.
func arpRequest(from, about string) []byte {
	b := []byte{0, 1, 8, 0, 6, 4, 0, 1}
	b = append(append(b, farMAC...), netip.MustParseAddr(from).AsSlice()...)
	return append(append(b, 0, 0, 0, 0, 0, 0), netip.MustParseAddr(about).AsSlice()...)
}
