package wgnet

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// echoes are echo requests of our own, which go in where what programs send to an interface of the system is read, and
// whose answers are taken out again. A socket for that would need a right that a program may not have. The zero value works.
type echoes struct {
	asking atomic.Int32 // under way; 0 = packets that come in are not looked at

	mu      sync.Mutex
	out     [][]byte // requests to be read
	seq     uint16
	waiting map[uint16]chan<- int // the size of the answer, by number of the request
}

// echoID tells our echoes from others'.
var echoID = uint16(os.Getpid()) //nolint:gosec // any number will do

// take puts requests into bufs, and gives their number.
func (e *echoes) take(bufs [][]byte, sizes []int, offset int) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := min(len(e.out), len(bufs))
	for i, p := range e.out[:n] {
		sizes[i] = copy(bufs[i][offset:], p)
	}
	e.out = e.out[n:]
	return n
}

// sift gives those of bufs that are not answers to us. bufs stays as it is.
func (e *echoes) sift(bufs [][]byte, offset int) [][]byte {
	if e.asking.Load() == 0 {
		return bufs
	}
	rest := make([][]byte, 0, len(bufs))
	for _, b := range bufs {
		if !e.answered(b[offset:]) {
			rest = append(rest, b)
		}
	}
	return rest
}

// answered reports whether p is an answer to a request of ours, which is told then.
func (e *echoes) answered(p []byte) bool {
	id, seq, ok := echoReply(p)
	if !ok || id != echoID {
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	to, ok := e.waiting[seq]
	if !ok {
		return false
	}
	delete(e.waiting, seq)
	to <- len(p)
	return true
}

// ask puts a request of size bytes in. end must follow.
func (e *echoes) ask(from, to netip.Addr, size int) (answer <-chan int, end func()) {
	e.asking.Add(1)
	c := make(chan int, 1)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.waiting == nil {
		e.waiting = map[uint16]chan<- int{}
	}
	e.seq++
	seq := e.seq
	e.waiting[seq] = c
	e.out = append(e.out, echoRequest(from, to, echoID, seq, size))
	return c, func() {
		e.mu.Lock()
		delete(e.waiting, seq)
		e.mu.Unlock()
		e.asking.Add(-1)
	}
}

// echo sends a request of size bytes and waits for an answer of as many.
func (h *hostInterface) echo(ctx context.Context, from, to netip.Addr, size int) error {
	if from.Is4() != to.Is4() {
		return fmt.Errorf("ask %s: there is no address of that kind in the tunnel", to)
	}
	answer, end := h.echoes.ask(from, to, size)
	defer end()
	_ = h.File().SetReadDeadline(time.Unix(1, 0)) // wakes the reader
	select {
	case n := <-answer:
		if n < size {
			return fmt.Errorf("ask %s: %d bytes of %d came back", to, n, size)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("ask %s: %w", to, context.Cause(ctx))
	}
}

// echoRequest is a whole packet of size bytes, or of as few as there can be.
func echoRequest(from, to netip.Addr, id, seq uint16, size int) []byte {
	src, dst := tcpip.AddrFromSlice(from.AsSlice()), tcpip.AddrFromSlice(to.AsSlice())
	if to.Is4() {
		p := make([]byte, max(size, header.IPv4MinimumSize+header.ICMPv4MinimumSize))
		ip := header.IPv4(p)
		ip.Encode(&header.IPv4Fields{
			TotalLength: uint16(len(p)), ID: seq, Flags: header.IPv4FlagDontFragment, TTL: 64, //nolint:gosec // no MTU is larger
			Protocol: uint8(header.ICMPv4ProtocolNumber), SrcAddr: src, DstAddr: dst,
		})
		ip.SetChecksum(^ip.CalculateChecksum())
		m := header.ICMPv4(p[header.IPv4MinimumSize:])
		m.SetType(header.ICMPv4Echo)
		m.SetIdent(id)
		m.SetSequence(seq)
		m.SetChecksum(^checksum.Checksum(m, 0))
		return p
	}
	p := make([]byte, max(size, header.IPv6MinimumSize+header.ICMPv6EchoMinimumSize))
	header.IPv6(p).Encode(&header.IPv6Fields{
		PayloadLength: uint16(len(p) - header.IPv6MinimumSize), TransportProtocol: header.ICMPv6ProtocolNumber, //nolint:gosec // as above
		HopLimit: 64, SrcAddr: src, DstAddr: dst,
	})
	m := header.ICMPv6(p[header.IPv6MinimumSize:])
	m.SetType(header.ICMPv6EchoRequest)
	m.SetIdent(id)
	m.SetSequence(seq)
	m.SetChecksum(header.ICMPv6Checksum(header.ICMPv6ChecksumParams{Header: m, Src: src, Dst: dst}))
	return p
}

// echoReply reads the numbers of an answer.
func echoReply(p []byte) (id, seq uint16, ok bool) {
	const least = 8
	switch {
	case len(p) >= header.IPv4MinimumSize && p[0]>>4 == 4:
		ip := header.IPv4(p)
		size := int(ip.HeaderLength())
		if !ip.IsValid(len(p)) || ip.TransportProtocol() != header.ICMPv4ProtocolNumber || ip.More() || ip.FragmentOffset() != 0 || len(p) < size+least || p[size] != byte(header.ICMPv4EchoReply) {
			return 0, 0, false
		}
		p = p[size:]
	case len(p) >= header.IPv6MinimumSize+least && p[0]>>4 == 6:
		if header.IPv6(p).NextHeader() != uint8(header.ICMPv6ProtocolNumber) || p[header.IPv6MinimumSize] != byte(header.ICMPv6EchoReply) {
			return 0, 0, false
		}
		p = p[header.IPv6MinimumSize:]
	default:
		return 0, 0, false
	}
	return binary.BigEndian.Uint16(p[4:]), binary.BigEndian.Uint16(p[6:]), true
}
