package wgnet

import (
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// maxHeaders bounds IP and TCP headers of a packet that is to be cut: IPv4 with options, or IPv6 without extensions
// (the stack adds none to TCP), and TCP with options.
const maxHeaders = 60 + 60

// segmenter cuts one packet of the stack into packets that fit the MTU. A TCP packet with GSO becomes as many as its
// MSS asks, every other packet is copied as it is. The work may stop anywhere and go on with the next call, so a
// packet of more segments than a batch holds is no special case.
type segmenter struct {
	pkt  *stack.PacketBuffer // nil = idle
	view *buffer.View        // where the unread bytes start …
	at   int                 // … and how many bytes of it are read
	left int                 // bytes of payload not handed out yet

	whole  bool // one packet, as it is
	v4     bool
	l3     int    // length of the IP header
	hlen   int    // length of both headers
	mss    int    // payload of each segment but the last
	seq    uint32 // of the next segment
	id     uint16 // IPv4 identification of the next segment
	flags  header.TCPFlags
	pseudo uint16 // checksum of the pseudo header without the length
	head   [maxHeaders]byte
}

func (s *segmenter) busy() bool { return s.pkt != nil }

// start takes over the caller's reference to p.
func (s *segmenter) start(p *stack.PacketBuffer) {
	views, skip := p.AsViewList()
	s.pkt, s.view, s.at = p, views.Front(), 0
	s.skip(skip)
	s.left, s.whole = p.Size(), true
	gso := &p.GSOOptions
	if gso.Type != stack.GSOTCPv4 && gso.Type != stack.GSOTCPv6 || gso.MSS == 0 {
		return
	}
	l3 := int(gso.L3HdrLen)
	mark, at := s.view, s.at
	n := s.read(s.head[:min(s.left, maxHeaders)])
	if n < l3+header.TCPMinimumSize {
		s.view, s.at = mark, at
		return
	}
	tcp := header.TCP(s.head[l3:n])
	hlen := l3 + int(tcp.DataOffset())
	if hlen > n || s.left-hlen <= int(gso.MSS) && !gso.NeedsCsum {
		s.view, s.at = mark, at
		return
	}
	s.view, s.at = mark, at
	s.skip(hlen)
	s.whole, s.l3, s.hlen, s.mss, s.left = false, l3, hlen, int(gso.MSS), s.left-hlen
	s.seq, s.flags = tcp.SequenceNumber(), tcp.Flags()
	s.v4 = gso.Type == stack.GSOTCPv4
	// Not through an interface: that would allocate.
	if s.v4 {
		ip := header.IPv4(s.head[:l3])
		s.id = ip.ID()
		s.pseudo = header.PseudoHeaderChecksum(header.TCPProtocolNumber, ip.SourceAddress(), ip.DestinationAddress(), 0)
	} else {
		ip := header.IPv6(s.head[:l3])
		s.pseudo = header.PseudoHeaderChecksum(header.TCPProtocolNumber, ip.SourceAddress(), ip.DestinationAddress(), 0)
	}
}

// next writes the next packet to b and returns its size; 0 means that it did not fit and is dropped. After the last
// one the segmenter lets the packet go and is idle.
func (s *segmenter) next(b []byte) int {
	if s.whole {
		size := s.left
		if size > len(b) {
			size = 0
		}
		s.read(b[:size])
		s.release()
		return size
	}
	data := min(s.left, s.mss)
	size := s.hlen + data
	if size > len(b) {
		s.release()
		return 0
	}
	b = b[:size]
	copy(b, s.head[:s.hlen])
	s.read(b[s.hlen:])
	s.left -= data

	tcp := header.TCP(b[s.l3:])
	tcp.SetSequenceNumber(s.seq)
	s.seq += uint32(data)
	if s.left > 0 {
		tcp.SetFlags(uint8(s.flags &^ (header.TCPFlagFin | header.TCPFlagPsh))) // they belong to the last byte
	}
	tcp.SetChecksum(0)
	l4 := uint16(size - s.l3)
	tcp.SetChecksum(^checksum.Checksum(tcp, checksum.Combine(s.pseudo, l4)))
	if s.v4 {
		ip := header.IPv4(b)
		ip.SetTotalLength(uint16(size))
		ip.SetID(s.id)
		s.id++
		ip.SetChecksum(0)
		ip.SetChecksum(^ip.CalculateChecksum())
	} else {
		header.IPv6(b).SetPayloadLength(l4)
	}
	if s.left == 0 {
		s.release()
	}
	return size
}

// read copies the next bytes of the packet to b and returns how many there were.
func (s *segmenter) read(b []byte) int {
	n := 0
	for n < len(b) && s.view != nil {
		c := copy(b[n:], s.view.AsSlice()[s.at:])
		n += c
		s.skip(c)
	}
	return n
}

func (s *segmenter) skip(n int) {
	s.at += n
	for s.view != nil && s.at >= s.view.Size() {
		s.at -= s.view.Size()
		s.view = s.view.Next()
	}
}

func (s *segmenter) release() {
	s.pkt.DecRef()
	s.pkt, s.view = nil, nil
}
