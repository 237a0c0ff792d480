package wgnet

import (
	"encoding/binary"
	"net"

	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"
	"golang.zx2c4.com/wireguard/conn"
)

// receiver takes runs of packets from a socket and hands them out one by one. What does not fit into one call waits
// for the next; it has one caller, so it needs no lock.
type receiver struct {
	sock   *udpSocket
	blocks []ipv6.Message
	have   int       // blocks that hold something; those before next are done
	next   int       // block being handed out
	rest   []byte    // of block next, not handed out
	size   int       // of each packet in rest but the last
	from   *endpoint // of block next; kept for the following ones while the address stays the same
}

func newReceiver(s *udpSocket, join bool) *receiver {
	r := &receiver{sock: s, blocks: make([]ipv6.Message, receiveBlocks)}
	if !join {
		r.blocks = make([]ipv6.Message, conn.IdealBatchSize)
	}
	size := blockSize
	if !join {
		size = 4 << 10 // nothing larger than one packet comes, and no link on the internet carries more
	}
	for i := range r.blocks {
		r.blocks[i].Buffers = [][]byte{make([]byte, size)}
		r.blocks[i].OOB = make([]byte, controlSize)
	}
	return r
}

func (r *receiver) receive(bufs [][]byte, sizes []int, eps []conn.Endpoint) (int, error) {
	n := 0
	for n == 0 { // a call with nothing but empty or cut-off datagrams goes round again
		if r.next == r.have && len(r.rest) == 0 {
			if err := r.fill(len(bufs)); err != nil {
				return 0, err
			}
		}
		for n < len(bufs) && r.load() {
			p := r.rest[:min(r.size, len(r.rest))]
			r.rest = r.rest[len(p):]
			sizes[n] = copy(bufs[n], p)
			eps[n] = r.from
			n++
		}
	}
	return n, nil
}

// fill waits for datagrams. It takes no more blocks than may be handed out soon, but at least one.
func (r *receiver) fill(room int) error {
	r.next, r.have = 0, 0
	blocks := r.blocks
	if len(blocks) == receiveBlocks {
		blocks = blocks[:max(1, min(receiveBlocks, room/32))]
	}
	for i := range blocks {
		blocks[i].OOB = blocks[i].OOB[:cap(blocks[i].OOB)]
	}
	n, err := r.sock.packets.ReadBatch(blocks, 0)
	if err != nil {
		return err
	}
	r.have = n
	return nil
}

// load makes rest non-empty, or reports that all blocks are handed out.
func (r *receiver) load() bool {
	for len(r.rest) == 0 {
		if r.next == r.have {
			return false
		}
		m := &r.blocks[r.next]
		r.next++
		from, ok := m.Addr.(*net.UDPAddr)
		if !ok || m.Flags&unix.MSG_TRUNC != 0 {
			continue
		}
		r.rest = m.Buffers[0][:m.N]
		r.size = runSize(m.OOB[:m.NN])
		if r.size <= 0 {
			r.size = len(r.rest)
		}
		if a := unmap(from.AddrPort()); r.from == nil || r.from.AddrPort != a {
			r.from = &endpoint{a}
		}
	}
	return true
}

// runSize finds the packet size that the kernel tells with a joined run; 0 = a single packet.
func runSize(oob []byte) int {
	for len(oob) >= unix.SizeofCmsghdr {
		h, data, rest, err := unix.ParseOneSocketControlMessage(oob)
		if err != nil {
			return 0
		}
		if h.Level == unix.SOL_UDP && h.Type == unix.UDP_GRO && len(data) >= 2 {
			if len(data) >= 4 {
				return int(binary.NativeEndian.Uint32(data)) // an int, by udp(7) …
			}
			return int(binary.NativeEndian.Uint16(data)) // … which some kernels took for two bytes
		}
		oob = rest
	}
	return 0
}
