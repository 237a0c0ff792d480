package probes

import (
	"bytes"
	"encoding/binary"
	"net/netip"
)

// mark tells a probe from every other packet: by random bytes in it, or by its ports where a packet carries none, as
// the first one of a TCP connection.
type mark struct {
	token []byte         // nil = by the ports
	from  uint16         // source port
	to    netip.AddrPort // destination
}

const (
	protoTCP = 6
	minTCP   = 20 // bytes of a header
)

// in reports whether an IP packet is the probe. It reads hostile packets, too: what is cut short is none.
func (m *mark) in(packet []byte) bool {
	if m.token != nil {
		return bytes.Contains(packet, m.token)
	}
	dst, proto, body := opened(packet)
	if proto != protoTCP || len(body) < minTCP || dst != m.to.Addr() {
		return false
	}
	return binary.BigEndian.Uint16(body) == m.from && binary.BigEndian.Uint16(body[2:]) == m.to.Port()
}

// opened gives an IP packet's destination, protocol and what it carries. IPv6's extension headers are not followed: what
// our own TCP sends has none.
func opened(packet []byte) (dst netip.Addr, proto byte, body []byte) {
	const four, six = 20, 40
	switch {
	case len(packet) >= four && packet[0]>>4 == 4:
		head := int(packet[0]&15) * 4
		if head < four || head > len(packet) {
			return dst, 0, nil
		}
		return netip.AddrFrom4([4]byte(packet[16:20])), packet[9], packet[head:]
	case len(packet) >= six && packet[0]>>4 == 6:
		return netip.AddrFrom16([16]byte(packet[24:40])), packet[6], packet[six:]
	}
	return dst, 0, nil
}
