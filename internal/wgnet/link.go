package wgnet

import (
	"sync"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/stack/gro"
)

// link is the same thing as Net, seen by the stack. It is a type of its own because stack.LinkEndpoint and tun.Device
// both have MTU and Close, with different signatures.
type link struct {
	net *Net
	mtu atomic.Uint32

	mu   sync.RWMutex
	disp stack.NetworkDispatcher

	dropped atomic.Uint64 // packets with wrong checksums, or refused by the filter
}

var (
	_ stack.LinkEndpoint = (*link)(nil)
	_ stack.GSOEndpoint  = (*link)(nil)
)

func (l *link) MTU() uint32                             { return l.mtu.Load() }
func (l *link) SetMTU(uint32)                           {}
func (l *link) MaxHeaderLength() uint16                 { return 0 }
func (l *link) LinkAddress() tcpip.LinkAddress          { return "" }
func (l *link) SetLinkAddress(tcpip.LinkAddress)        {}
func (l *link) Wait()                                   {}
func (l *link) ARPHardwareType() header.ARPHardwareType { return header.ARPHardwareNone }
func (l *link) AddHeader(*stack.PacketBuffer)           {}
func (l *link) ParseHeader(*stack.PacketBuffer) bool    { return true }
func (l *link) Close()                                  {}
func (l *link) SetOnCloseAction(func())                 {}
func (l *link) GSOMaxSize() uint32                      { return 65535 }
func (l *link) SupportedGSO() stack.SupportedGSO        { return stack.HostGSOSupported }

// Capabilities says that the stack need not verify checksums: deliver has done it, once, before packets are joined
// (afterwards the TCP checksum no longer fits).
func (l *link) Capabilities() stack.LinkEndpointCapabilities {
	return stack.CapabilityRXChecksumOffload
}

func (l *link) Attach(d stack.NetworkDispatcher) {
	l.mu.Lock()
	l.disp = d
	l.mu.Unlock()
}

func (l *link) IsAttached() bool { return l.dispatcher() != nil }

func (l *link) dispatcher() stack.NetworkDispatcher {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.disp
}

// WritePackets queues packets for the reader. It waits for room, which is what slows a TCP sender down to the speed
// of the tunnel; the reader depends on nothing that waits here.
func (l *link) WritePackets(pkts stack.PacketBufferList) (int, tcpip.Error) {
	sent := 0
	for _, p := range pkts.AsSlice() {
		p.IncRef()
		select {
		case l.net.queue <- p:
			sent++
		case <-l.net.done:
			p.DecRef()
			return sent, &tcpip.ErrClosedForSend{}
		}
	}
	return sent, nil
}

// deliver hands one packet from the tunnel to the stack, by way of g. WireGuard proves that the peer sent it, not
// that it reached the peer whole, so checksums count.
func (n *Net) deliver(g *gro.GRO, p []byte) {
	if len(p) == 0 {
		return
	}
	if !checksumsFit(p) || n.opts.Filter != nil && !n.opts.Filter(p) {
		n.link.dropped.Add(1)
		return
	}
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(p)})
	pkt.NetworkProtocolNumber = header.IPv4ProtocolNumber
	if p[0]>>4 == 6 {
		pkt.NetworkProtocolNumber = header.IPv6ProtocolNumber
	}
	pkt.RXChecksumValidated = true
	g.Enqueue(pkt)
	pkt.DecRef()
}

// checksumsFit verifies the IPv4 header and the TCP, UDP or ICMP checksum. Fragments, and headers behind IPv6
// extensions, are let through: there WireGuard's own authentication has to do.
func checksumsFit(p []byte) bool {
	switch p[0] >> 4 {
	case 4:
		h := header.IPv4(p)
		if !h.IsValid(len(p)) || !h.IsChecksumValid() {
			return false
		}
		if h.More() || h.FragmentOffset() != 0 {
			return true
		}
		return transportFits(h.TransportProtocol(), h.SourceAddress(), h.DestinationAddress(), p[h.HeaderLength():h.TotalLength()])
	case 6:
		h := header.IPv6(p)
		if !h.IsValid(len(p)) {
			return false
		}
		end := header.IPv6MinimumSize + int(h.PayloadLength())
		return transportFits(tcpip.TransportProtocolNumber(h.NextHeader()), h.SourceAddress(), h.DestinationAddress(), p[header.IPv6MinimumSize:end])
	default:
		return false
	}
}

func transportFits(proto tcpip.TransportProtocolNumber, src, dst tcpip.Address, b []byte) bool {
	var pseudo uint16
	switch proto {
	case header.TCPProtocolNumber:
		if len(b) < header.TCPMinimumSize {
			return false
		}
		pseudo = header.PseudoHeaderChecksum(proto, src, dst, uint16(len(b)))
	case header.UDPProtocolNumber:
		if len(b) < header.UDPMinimumSize {
			return false
		}
		h := header.UDP(b)
		if h.Checksum() == 0 {
			return src.Len() == header.IPv4AddressSize // optional there, required in IPv6
		}
		size := int(h.Length())
		if size < header.UDPMinimumSize || size > len(b) {
			return false
		}
		b = b[:size]
		pseudo = header.PseudoHeaderChecksum(proto, src, dst, uint16(size))
	case header.ICMPv4ProtocolNumber:
	case header.ICMPv6ProtocolNumber:
		pseudo = header.PseudoHeaderChecksum(proto, src, dst, uint16(len(b)))
	default:
		return true
	}
	return checksum.Checksum(b, pseudo) == 0xffff
}
