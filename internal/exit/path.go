package exit

import (
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

// pass is the filter in front of the stack. TCP and UDP come in for every destination. Of ICMP only echo requests to
// our own addresses do: the stack is promiscuous and would answer in the name of others (it does for IPv6), and
// routing messages are not for it. Everything else is dropped.
func (r *running) pass(p []byte) bool {
	switch p[0] >> 4 {
	case 4:
		h := header.IPv4(p)
		proto := h.TransportProtocol()
		if proto != header.ICMPv4ProtocolNumber {
			return proto == header.TCPProtocolNumber || proto == header.UDPProtocolNumber
		}
		if !r.own[addr(h.DestinationAddress())] {
			return false
		}
		if h.FragmentOffset() != 0 {
			return true // the rest of a large ping; without its first part it comes to nothing
		}
		b := p[h.HeaderLength():]
		return len(b) >= header.ICMPv4MinimumSize && header.ICMPv4(b).Type() == header.ICMPv4Echo
	case 6:
		h := header.IPv6(p)
		proto, b := tcpip.TransportProtocolNumber(h.NextHeader()), p[header.IPv6MinimumSize:]
		first := true
		if h.NextHeader() == uint8(header.IPv6FragmentExtHdrIdentifier) {
			if len(b) < header.IPv6FragmentExtHdrLength {
				return false
			}
			f := header.IPv6Fragment(b[:header.IPv6FragmentExtHdrLength])
			proto, first, b = f.TransportProtocol(), f.FragmentOffset() == 0, b[header.IPv6FragmentExtHdrLength:]
		}
		if proto != header.ICMPv6ProtocolNumber {
			return proto == header.TCPProtocolNumber || proto == header.UDPProtocolNumber
		}
		if !r.own[addr(h.DestinationAddress())] {
			return false
		}
		return !first || len(b) >= header.ICMPv6MinimumSize && header.ICMPv6(b).Type() == header.ICMPv6EchoRequest
	default:
		return false
	}
}

// forward makes the stack hand new TCP and UDP flows to us.
func (r *running) forward() {
	s := r.net.Stack()
	s.SetTransportProtocolHandler(tcp.ProtocolNumber, tcp.NewForwarder(s, 0, maxConnecting, r.takeTCP).HandlePacket)
	s.SetTransportProtocolHandler(udp.ProtocolNumber, udp.NewForwarder(s, r.takeUDP).HandlePacket)
}

// ends are the addresses of a flow that a client began.
func ends(id stack.TransportEndpointID) (client, to netip.AddrPort) {
	return netip.AddrPortFrom(addr(id.RemoteAddress), id.RemotePort), netip.AddrPortFrom(addr(id.LocalAddress), id.LocalPort)
}

// addr turns an address of the stack into ours; IPv4-mapped becomes IPv4, so that it is judged and dialed as that.
func addr(a tcpip.Address) netip.Addr {
	n, _ := netip.AddrFromSlice(a.AsSlice())
	return n.Unmap()
}
