package leaks

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// barrierType marks the frames that say "all that went before has been seen". It is of the range for experiments.
const barrierType = 0x88b5

// frame is what the client has put on the wire, taken apart as far as the tests look.
type frame struct {
	data     []byte
	at       time.Time // by the kernel's word
	kind     uint16    // Ethernet's
	proto    byte      // of IP
	src, dst netip.Addr
	sport    uint16
	dport    uint16 // for ICMP its type
	payload  []byte
}

// capture has every frame that the client sends, in order.
type capture struct {
	file  *os.File
	fd    int
	end   func()
	ended bool

	mu     sync.Mutex
	frames []frame
	turned chan struct{} // closed and replaced with each barrier
	passed map[uint64]int
}

// listen captures what comes in at a port of the router.
func listen(t testing.TB, s *space, port string) *capture {
	c := &capture{turned: make(chan struct{}), passed: map[uint64]int{}}
	index := indexOf(t, s, port)
	var err error
	s.in(func() {
		all := unix.ETH_P_ALL<<8&0xff00 | unix.ETH_P_ALL>>8
		if c.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, all); err != nil {
			return
		}
		_ = unix.SetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 128<<20)
		if err = unix.SetsockoptInt(c.fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1); err != nil {
			return
		}
		if err = unix.SetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err != nil {
			return
		}
		err = unix.Bind(c.fd, &unix.SockaddrLinklayer{Protocol: uint16(all), Ifindex: index})
	})
	require.NoError(t, err)
	c.file = os.NewFile(uintptr(c.fd), "capture")
	done := make(chan struct{})
	go func() {
		defer close(done)
		raw, err := c.file.SyscallConn()
		if err != nil {
			return
		}
		buf, beside := make([]byte, 128<<10), make([]byte, 256)
		for {
			var n, m int
			var no error
			if err := raw.Read(func(fd uintptr) bool {
				n, m, _, _, no = unix.Recvmsg(int(fd), buf, beside, 0)
				return !errors.Is(no, unix.EAGAIN)
			}); err != nil || no != nil {
				return
			}
			f := parseFrame(slices.Clone(buf[:n]))
			f.at = stamp(beside[:m])
			c.add(f)
		}
	}()
	c.end = func() { _ = c.file.Close(); <-done }
	t.Cleanup(func() {
		if c.ended {
			return
		}
		stats, err := unix.GetsockoptTpacketStats(c.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
		assert.NoError(t, err)
		assert.Zero(t, stats.Drops, "frames were missed, so nothing is shown")
		c.end()
	})
	return c
}

// stamp is when the kernel took a frame; zero = it did not say so.
func stamp(beside []byte) time.Time {
	all, err := unix.ParseSocketControlMessage(beside)
	if err != nil {
		return time.Time{}
	}
	for _, m := range all {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SO_TIMESTAMPNS && len(m.Data) >= 16 {
			return time.Unix(int64(binary.NativeEndian.Uint64(m.Data)), int64(binary.NativeEndian.Uint64(m.Data[8:])))
		}
	}
	return time.Time{}
}

func (c *capture) add(f frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.kind == barrierType {
		c.passed[binary.BigEndian.Uint64(f.data[14:])]++
		close(c.turned)
		c.turned = make(chan struct{})
		return
	}
	c.frames = append(c.frames, f)
}

// stop ends it early, for who wants to know how fast things are and not what they are.
func (c *capture) stop() {
	c.ended = true
	c.end()
}

// since gives the frames from number n on.
func (c *capture) since(n int) []frame {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.frames[n:])
}

func (c *capture) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.frames)
}

// barrier waits until everything that was sent before it has been seen: a frame that no firewall looks at is sent from
// every processor, since each has a queue of its own.
func (w *world) barrier(t testing.TB) {
	t.Helper()
	w.barriers++
	id := w.barriers
	f := append(append(append([]byte{}, macRouter...), macClient...), barrierType>>8, barrierType&0xff)
	f = binary.BigEndian.AppendUint64(f, id)
	f = append(f, make([]byte, 46)...)
	var err error
	w.client.in(func() {
		var before unix.CPUSet
		_ = unix.SchedGetaffinity(0, &before)
		for cpu := range runtime.NumCPU() {
			var one unix.CPUSet
			one.Set(cpu)
			if err = unix.SchedSetaffinity(0, &one); err != nil {
				return
			}
			if err = unix.Sendto(w.wire, f, 0, &unix.SockaddrLinklayer{Ifindex: w.clientPort, Halen: 6}); err != nil {
				return
			}
		}
		err = unix.SchedSetaffinity(0, &before)
	})
	require.NoError(t, err)
	for {
		w.seen.mu.Lock()
		n, turned := w.seen.passed[id], w.seen.turned
		w.seen.mu.Unlock()
		if n == runtime.NumCPU() {
			return
		}
		select {
		case <-turned:
		case <-t.Context().Done():
			require.Fail(t, "the barrier was not seen")
		}
	}
}

func parseFrame(b []byte) frame {
	f := frame{data: b}
	if len(b) < 14 {
		return f
	}
	f.kind = binary.BigEndian.Uint16(b[12:])
	p := b[14:]
	switch {
	case f.kind == unix.ETH_P_IP && len(p) >= 20:
		f.proto = p[9]
		f.src, _ = netip.AddrFromSlice(p[12:16])
		f.dst, _ = netip.AddrFromSlice(p[16:20])
		p = p[min(len(p), int(p[0]&15)*4):]
	case f.kind == unix.ETH_P_IPV6 && len(p) >= 40:
		f.proto = p[6]
		f.src, _ = netip.AddrFromSlice(p[8:24])
		f.dst, _ = netip.AddrFromSlice(p[24:40])
		p = p[40:]
	default:
		return f
	}
	switch {
	case (f.proto == unix.IPPROTO_UDP || f.proto == unix.IPPROTO_TCP) && len(p) >= 8:
		f.sport, f.dport, f.payload = binary.BigEndian.Uint16(p), binary.BigEndian.Uint16(p[2:]), p[8:]
	case len(p) > 0:
		f.dport, f.payload = uint16(p[0]), p[1:]
	}
	return f
}

// innocent tells that f is of the kind that may leave a blocked device: address resolution, DHCP, the narrow part of
// neighbour discovery. It is written from the documents, not from our rules.
func (f frame) innocent() bool {
	local := netip.MustParsePrefix("fe80::/10")
	switch {
	case f.kind == unix.ETH_P_ARP:
		return true
	case f.kind == unix.ETH_P_IP:
		return f.proto == unix.IPPROTO_UDP && f.sport == 68 && f.dport == 67 && f.dst == netip.MustParseAddr("255.255.255.255")
	case f.kind == unix.ETH_P_IPV6 && f.proto == unix.IPPROTO_UDP:
		return local.Contains(f.src) && f.sport == 546 && f.dport == 547 && f.dst == netip.MustParseAddr("ff02::1:2")
	case f.kind == unix.ETH_P_IPV6 && f.proto == unix.IPPROTO_ICMPV6:
		switch f.dport {
		case 133:
			return f.dst == netip.MustParseAddr("ff02::2")
		case 135:
			return netip.MustParsePrefix("ff02::1:ff00:0/104").Contains(f.dst) || local.Contains(f.dst)
		case 136:
			return local.Contains(f.dst)
		}
	}
	return false
}

// toEntry tells that f is a WireGuard message to an exit: kind 1 to 4, three zero bytes.
func (f frame) toEntry(entries ...netip.AddrPort) bool {
	return f.proto == unix.IPPROTO_UDP && slices.Contains(entries, netip.AddrPortFrom(f.dst, f.dport)) &&
		len(f.payload) >= 32 && f.payload[0] >= 1 && f.payload[0] <= 4 && f.payload[1]|f.payload[2]|f.payload[3] == 0
}

func (f frame) String() string {
	return fmt.Sprintf("type %04x proto %d %s:%d > %s:%d\n%s", f.kind, f.proto, f.src, f.sport, f.dst, f.dport, hex.Dump(f.data[:min(len(f.data), 128)]))
}
