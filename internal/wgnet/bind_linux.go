package wgnet

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"
	"golang.zx2c4.com/wireguard/conn"
)

const (
	socketBuffer  = 7 << 20 // what wireguard-go asks for
	receiveBlocks = 4       // datagrams, or runs of them, taken from the kernel in one call
	blockSize     = 65535
	controlSize   = 64
	maxSegments   = 64    // UDP_MAX_SEGMENTS of every kernel; newer ones take 128
	maxRun        = 65000 // payload of one run, under the limit of either family
	badRuns       = 3     // refusals in a row after which a socket sends no more runs
)

// udpBind is a conn.Bind over one UDP socket of both families. Packets of one size leave as one run that the kernel
// cuts up (UDP_SEGMENT), straight from WireGuard's buffers; runs that the kernel has joined (UDP_GRO) are received
// into a few large blocks of our own and copied out packet by packet. wireguard-go's own bind does both inside its
// 64 KiB message buffers, touches all of each and keeps them in memory.
type udpBind struct {
	opts  bindOptions
	plans sync.Pool // of *[]ipv6.Message

	mu   sync.Mutex
	sock *udpSocket // nil = closed
}

// udpSocket lives from one Open to the next Close.
type udpSocket struct {
	conn    *net.UDPConn
	packets *ipv6.PacketConn // batches; the family does not matter to it
	runs    atomic.Bool      // send runs
	refused atomic.Int32     // runs refused in a row
}

var _ conn.Bind = (*udpBind)(nil)

func newBind(o bindOptions) conn.Bind {
	b := &udpBind{opts: o}
	b.plans.New = func() any {
		m := make([]ipv6.Message, conn.IdealBatchSize)
		for i := range m {
			m[i].Buffers = make([][]byte, 0, maxSegments)
			m[i].OOB = make([]byte, 0, controlSize)
		}
		return &m
	}
	return b
}

// Open is part of conn.Bind. The receive function must have one caller at a time.
func (b *udpBind) Open(port uint16) ([]conn.ReceiveFunc, uint16, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sock != nil {
		return nil, 0, conn.ErrBindAlreadyOpen
	}
	s := new(udpSocket)
	join := false
	control := func(_, _ string, rc syscall.RawConn) error {
		return rc.Control(func(fd uintptr) {
			join = setOptions(int(fd), b.opts.plain, &s.runs)
			setCutter(int(fd), b.opts.cut)
		})
	}
	var err error
	if s.conn, err = b.listen(port, control); err != nil {
		return nil, 0, err
	}
	s.packets = ipv6.NewPacketConn(s.conn)
	b.sock = s
	return []conn.ReceiveFunc{newReceiver(s, join).receive}, s.conn.LocalAddr().(*net.UDPAddr).AddrPort().Port(), nil
}

// listen opens a socket, or takes the one that is given.
func (b *udpBind) listen(port uint16, control func(_, _ string, rc syscall.RawConn) error) (*net.UDPConn, error) {
	if b.opts.given != nil {
		c, err := b.opts.given(port)
		if err != nil {
			return nil, err
		}
		rc, err := c.SyscallConn()
		if err == nil {
			err = control("", "", rc)
		}
		if err != nil {
			_ = c.Close()
			return nil, err
		}
		return c, nil
	}
	at := (&net.UDPAddr{Port: int(port)}).String() // both families where the system has both
	if b.opts.at.IsValid() {
		at = netip.AddrPortFrom(b.opts.at, port).String()
	}
	lc := net.ListenConfig{Control: control}
	c, err := lc.ListenPacket(context.Background(), "udp", at)
	if err != nil {
		return nil, err
	}
	return c.(*net.UDPConn), nil
}

// setOptions tries what makes the socket faster and accepts what the kernel refuses. It reports whether the kernel
// joins what we receive, and sets runs to whether it takes runs.
func setOptions(fd int, plain bool, runs *atomic.Bool) (join bool) {
	// The forced forms pass the system's limits and need CAP_NET_ADMIN.
	enlarge(fd, unix.SO_RCVBUF, unix.SO_RCVBUFFORCE)
	enlarge(fd, unix.SO_SNDBUF, unix.SO_SNDBUFFORCE)
	if plain {
		return false
	}
	_, err := unix.GetsockoptInt(fd, unix.IPPROTO_UDP, unix.UDP_SEGMENT)
	runs.Store(err == nil)
	return unix.SetsockoptInt(fd, unix.IPPROTO_UDP, unix.UDP_GRO, 1) == nil
}

// cut holds for the socket that is open and for those that follow.
func (b *udpBind) cut(by Cutter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.opts.cut = by
	if b.sock == nil {
		return
	}
	if rc, err := b.sock.conn.SyscallConn(); err == nil {
		_ = rc.Control(func(fd uintptr) { setCutter(int(fd), by) })
	}
}

// setCutter tries; a socket of one family refuses what is for the other. By itself Linux marks datagrams "do not cut", but
// not runs, and is told nothing of what is lost where routers are silent.
func setCutter(fd int, by Cutter) {
	v4, v6 := unix.IP_PMTUDISC_WANT, unix.IPV6_PMTUDISC_WANT
	switch by {
	case SystemCuts:
	case NobodyCuts:
		v4, v6 = unix.IP_PMTUDISC_PROBE, unix.IPV6_PMTUDISC_PROBE
	case RoutersCut:
		v4 = unix.IP_PMTUDISC_DONT
	}
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, v4)
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MTU_DISCOVER, v6)
}

// enlarge gives a socket its buffer. One that a helper has made large already would become smaller by the limits of who
// may not force.
func enlarge(fd, plain, force int) {
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, force, socketBuffer) == nil {
		return
	}
	if now, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, plain); err != nil || now < socketBuffer {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, plain, socketBuffer)
	}
}

// Close is part of conn.Bind. A receive function that waits returns net.ErrClosed.
func (b *udpBind) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sock == nil {
		return nil
	}
	err := b.sock.conn.Close()
	b.sock = nil
	return err
}

// SetMark is part of conn.Bind.
func (b *udpBind) SetMark(mark uint32) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sock == nil {
		return nil
	}
	rc, err := b.sock.conn.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	err = rc.Control(func(fd uintptr) { set = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_MARK, int(mark)) })
	return errors.Join(err, set)
}

// BatchSize is part of conn.Bind.
func (b *udpBind) BatchSize() int { return netBatch }

// ParseEndpoint is part of conn.Bind.
func (b *udpBind) ParseEndpoint(s string) (conn.Endpoint, error) { return parseEndpoint(s) }

// Send is part of conn.Bind.
func (b *udpBind) Send(bufs [][]byte, to conn.Endpoint) error {
	e, ok := to.(*endpoint)
	if !ok {
		return conn.ErrWrongEndpointType
	}
	b.mu.Lock()
	s := b.sock
	b.mu.Unlock()
	if s == nil {
		return net.ErrClosed
	}
	plan := b.plans.Get().(*[]ipv6.Message)
	defer b.plans.Put(plan)
	addr := net.UDPAddrFromAddrPort(e.AddrPort)
	for len(bufs) > 0 {
		runs := s.runs.Load()
		n := planRuns(*plan, bufs, runs)
		sent, err := s.write((*plan)[:n], addr)
		if err == nil {
			s.refused.Store(0)
		}
		packets := 0
		for i := range (*plan)[:n] {
			if i < sent {
				packets += len((*plan)[i].Buffers)
			}
			clear((*plan)[i].Buffers) // WireGuard's buffers are not ours to keep
		}
		bufs = bufs[packets:]
		switch {
		case err == nil:
		case runs && refusesRuns(err):
			s.noteRefusal(err)
			var rest int
			if rest, err = s.sendSingly(*plan, bufs, addr); err != nil {
				return err
			}
			bufs = bufs[rest:]
		default:
			return err
		}
	}
	return nil
}

// sendSingly sends up to a plan of packets, each as its own datagram.
func (s *udpSocket) sendSingly(plan []ipv6.Message, bufs [][]byte, to net.Addr) (int, error) {
	n := planRuns(plan, bufs, false)
	defer func() {
		for i := range plan[:n] {
			clear(plan[i].Buffers)
		}
	}()
	return s.write(plan[:n], to)
}

func (s *udpSocket) write(msgs []ipv6.Message, to net.Addr) (int, error) {
	for i := range msgs {
		msgs[i].Addr = to
	}
	sent := 0
	for sent < len(msgs) {
		n, err := s.packets.WriteBatch(msgs[sent:], 0)
		if err != nil {
			return sent, err
		}
		sent += n
	}
	return sent, nil
}

// refusesRuns tells that the kernel, the driver or the path cannot take a run, while single packets may pass. EIO: no
// checksum offload on the way out. EINVAL: old kernels, and segments larger than the path's MTU.
func refusesRuns(err error) bool {
	for _, e := range []error{unix.EIO, unix.EINVAL, unix.ENOPROTOOPT, unix.EOPNOTSUPP, unix.EMSGSIZE} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// noteRefusal gives runs up for the life of the socket: after a rebind another network may take them.
func (s *udpSocket) noteRefusal(err error) {
	if s.refused.Add(1) >= badRuns || errors.Is(err, unix.EIO) || errors.Is(err, unix.ENOPROTOOPT) {
		s.runs.Store(false)
	}
}

// planRuns puts as many of bufs as fit into msgs and returns the number of messages. With runs, neighbours of one
// size share a message, and one shorter packet may end it; the order never changes.
func planRuns(msgs []ipv6.Message, bufs [][]byte, runs bool) int {
	n := 0
	size, total, open := 0, 0, false // of the last message; open: it takes another packet
	for _, p := range bufs {
		if runs && open && len(p) > 0 && len(p) <= size && total+len(p) <= maxRun && len(msgs[n-1].Buffers) < maxSegments {
			m := &msgs[n-1]
			m.Buffers = append(m.Buffers, p)
			total += len(p)
			open = len(p) == size
			continue
		}
		if n == len(msgs) {
			break
		}
		msgs[n].Buffers = append(msgs[n].Buffers[:0], p)
		msgs[n].OOB = msgs[n].OOB[:0]
		size, total, open = len(p), len(p), len(p) > 0
		n++
	}
	for i := range msgs[:n] {
		if m := &msgs[i]; len(m.Buffers) > 1 {
			m.OOB = segmentControl(m.OOB, len(m.Buffers[0]))
		}
	}
	return n
}

// segmentControl is the control message that tells the kernel where to cut.
func segmentControl(oob []byte, size int) []byte {
	oob = oob[:unix.CmsgSpace(2)]
	clear(oob)
	h := (*unix.Cmsghdr)(unsafe.Pointer(&oob[0]))
	h.Level, h.Type = unix.SOL_UDP, unix.UDP_SEGMENT
	h.SetLen(unix.CmsgLen(2))
	binary.NativeEndian.PutUint16(oob[unix.CmsgLen(0):], uint16(size))
	return oob
}
