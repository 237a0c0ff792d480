package probes

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/mysteriumvpn/desktop/internal/proof"
)

// router is what stands at the far end of the computer's card. It answers the first packet of every connection that
// comes there, and every IPv6 echo, as routers and providers on the way to an address that nobody has do.
type router struct {
	fd     int
	answer atomic.Pointer[func(packet []byte) []byte] // to an IP packet; nil = silence
	ended  chan struct{}
}

// newRouter listens at the card's far end until the test ends. It is silent until it says something.
func newRouter(t *testing.T) *router {
	t.Helper()
	card, err := net.InterfaceByName("router")
	require.NoError(t, err)
	all := int(binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, unix.ETH_P_ALL)))
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, all)
	require.NoError(t, err)
	require.NoError(t, unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: uint16(all), Ifindex: card.Index})) //nolint:gosec // a number of 16 bits
	wake := unix.NsecToTimeval((20 * time.Millisecond).Nanoseconds())
	require.NoError(t, unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wake))
	r := &router{fd: fd, ended: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	go r.serve(ctx)
	t.Cleanup(func() { cancel(); <-r.ended; _ = unix.Close(fd) })
	return r
}

func (r *router) says(answer func(packet []byte) []byte) { r.answer.Store(&answer) }

func (r *router) serve(ctx context.Context) {
	defer close(r.ended)
	buf := make([]byte, 2000)
	for ctx.Err() == nil {
		n, from, err := unix.Recvfrom(r.fd, buf, 0)
		l, ok := from.(*unix.SockaddrLinklayer)
		if err != nil || !ok || l.Pkttype == unix.PACKET_OUTGOING || n < 14 {
			continue
		}
		_, proto, body := opened(buf[14:n])
		begins := proto == protoTCP && len(body) >= minTCP && body[13] == 2
		asks := proto == unix.IPPROTO_ICMPV6 && len(body) > 0 && body[0] == 128
		answer := r.answer.Load()
		if !begins && !asks || answer == nil {
			continue
		}
		if packet := (*answer)(buf[14:n]); packet != nil {
			frame := append(append(append([]byte{}, buf[6:12]...), buf[0:6]...), buf[12:14]...)
			_, _ = unix.Write(r.fd, append(frame, packet...))
		}
	}
}

// reset is what a computer says that has no such port.
func reset(packet []byte) []byte {
	_, _, tcp := opened(packet)
	b := make([]byte, minTCP)
	copy(b, tcp[2:4])
	copy(b[2:], tcp[0:2])
	binary.BigEndian.PutUint32(b[8:], binary.BigEndian.Uint32(tcp[4:])+1)
	b[12], b[13] = 5<<4, 0x14
	return back(packet, protoTCP, 16, b)
}

// unreachable is a router's word of these types and codes, by family; four alone where six is nil.
func unreachable(four, six []byte) func([]byte) []byte {
	return func(packet []byte) []byte {
		if packet[0]>>4 == 4 {
			return back(packet, unix.IPPROTO_ICMP, 2, append([]byte{four[0], four[1], 0, 0, 0, 0, 0, 0}, packet...))
		}
		if six == nil {
			return nil
		}
		return back(packet, unix.IPPROTO_ICMPV6, 2, append([]byte{six[0], six[1], 0, 0, 0, 0, 0, 0}, packet...))
	}
}

// back is a packet from whom another was sent to, with body in it, whose checksum stands at sum.
func back(packet []byte, proto byte, sum int, body []byte) []byte {
	length := binary.BigEndian.AppendUint16(nil, uint16(len(body))) //nolint:gosec // short
	if packet[0]>>4 == 4 {
		head := make([]byte, 20)
		head[0], head[8], head[9] = 0x45, 64, proto
		binary.BigEndian.PutUint16(head[2:], uint16(20+len(body))) //nolint:gosec // short
		copy(head[12:], packet[16:20])
		copy(head[16:], packet[12:16])
		binary.BigEndian.PutUint16(head[10:], checksum(head))
		var pseudo []byte
		if proto == protoTCP {
			pseudo = append(append(append(pseudo, head[12:20]...), 0, proto), length...)
		}
		binary.BigEndian.PutUint16(body[sum:], checksum(append(pseudo, body...)))
		return append(head, body...)
	}
	head := make([]byte, 40)
	head[0], head[6], head[7] = 0x60, proto, 64
	copy(head[4:], length)
	copy(head[8:], packet[24:40])
	copy(head[24:], packet[8:24])
	pseudo := append(append(append(append([]byte{}, head[8:40]...), 0, 0), length...), 0, 0, 0, proto)
	binary.BigEndian.PutUint16(body[sum:], checksum(append(pseudo, body...)))
	return append(head, body...)
}

func checksum(b []byte) uint16 {
	var n uint32
	for i := 0; i < len(b); i++ {
		if i%2 == 0 {
			n += uint32(b[i]) << 8
		} else {
			n += uint32(b[i])
		}
	}
	for n > 0xffff {
		n = n>>16 + n&0xffff
	}
	return ^uint16(n) //nolint:gosec // folded above
}

// holed has DNS over TLS leave by the card beside the rules, and what a router says of it come in.
func (c *computer) holed(in bool) {
	run(c.t, "nft", "insert", "rule", "inet", "mysteriumvpn", "out", "oifname", "eth0", "tcp", "dport", "853", "accept")
	if in {
		run(c.t, "nft", "insert", "rule", "inet", "mysteriumvpn", "in", "iifname", "eth0", "accept")
	}
}

// leakedDoT says whether so many connections of DNS over TLS, and nothing else, have left.
func leakedDoT(t *testing.T, r Result, many int, why string) {
	t.Helper()
	logProbes(t, r)
	assert.Len(t, r.Leaks(), many, why)
	for _, p := range r.Leaks() {
		assert.Equal(t, DoT, p.Kind, why)
	}
}

// TestWhateverARouterAnswersTheProbeHasLeft: a router that says that it knows no way, or that it lets nothing pass, has
// seen the packet. The program's own system says the same words of what it has not sent.
func TestWhateverARouterAnswersTheProbeHasLeft(t *testing.T) {
	if !alone(t) {
		return
	}
	c := newComputer(t)
	c.carry()
	r := newRouter(t)
	for _, x := range []struct {
		name string
		say  func([]byte) []byte
		in   bool // only a hole in the other direction lets that come in, too
	}{
		{"no way to the network", unreachable([]byte{3, 0}, nil), false},
		{"no way to the computer", unreachable([]byte{3, 1}, nil), false},
		{"prohibited", unreachable([]byte{3, 13}, nil), false},
		{"no way, by both families", unreachable([]byte{3, 1}, []byte{1, 0}), true},
		{"prohibited, by both families", unreachable([]byte{3, 13}, []byte{1, 1}), true},
		{"no such port", unreachable([]byte{3, 3}, []byte{1, 4}), true},
		{"reset", reset, true},
	} {
		c.rules("connected")
		c.holed(x.in)
		r.says(x.say)
		result, err := Run(t.Context(), c.options())
		require.NoError(t, err)
		leakedDoT(t, result, 2, x.name)
	}
}

// TestAnEchoThatARouterForbidsHasLeft: the firewall's own refusal comes in the same words, from this computer.
func TestAnEchoThatARouterForbidsHasLeft(t *testing.T) {
	if !alone(t) {
		return
	}
	c := newComputer(t)
	router := newRouter(t)
	for code := range byte(2) { // no way there, prohibited
		router.says(unreachable([]byte{3, 13}, []byte{1, code}))
		c.rules("blocked")
		run(t, "nft", "insert", "rule", "inet", "mysteriumvpn", "out", "oifname", "eth0", "icmpv6", "type", "echo-request", "accept")
		run(t, "nft", "insert", "rule", "inet", "mysteriumvpn", "in", "iifname", "eth0", "accept")
		r, err := Run(t.Context(), Options{Rules: listed, Observe: blind})
		require.NoError(t, err)
		logProbes(t, r)
		assert.Less(t, r.Took, patience, "an answer is waited for no longer")
		leaks := r.Leaks()
		require.Len(t, leaks, 2, "as programs send, and by the card")
		for _, p := range leaks {
			assert.Equal(t, Ping, p.Kind)
			assert.True(t, p.IPv6)
			assert.NotEmpty(t, p.Said)
		}
	}
}

// TestSomebodyElsesResetIsALeak, however many connections of other programs the rules refuse meanwhile: the counters are
// everybody's.
func TestSomebodyElsesResetIsALeak(t *testing.T) {
	if !alone(t) {
		return
	}
	c := newComputer(t)
	newRouter(t).says(reset)
	for _, others := range []int{0, 4, 50} {
		c.rules("blocked")
		c.holed(true)
		asked := 0
		r, err := Run(t.Context(), Options{Observe: blind, Rules: func(ctx context.Context) (proof.Listing, error) {
			if asked++; asked == 2 { // the test has sent, and has not judged yet
				for range others {
					_, err := net.Dial("tcp", "192.0.2.77:80")
					assert.ErrorIs(t, err, unix.ECONNREFUSED)
				}
			}
			return listed(ctx)
		}})
		require.NoError(t, err)
		assert.GreaterOrEqual(t, r.Counted, uint64(others)) //nolint:gosec // small
		leakedDoT(t, r, 4, fmt.Sprintf("%d others", others))
	}
}
