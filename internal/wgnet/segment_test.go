package wgnet

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

const tcpOptions = 12

// gsoPacket is what the stack would queue: headers, and a payload in pieces of odd sizes.
func gsoPacket(v4 bool, payload []byte, mss uint16, flags header.TCPFlags, needsChecksum bool) *stack.PacketBuffer {
	var data buffer.Buffer
	for rest, n := payload, 1; len(rest) > 0; n = n*3 + 1 {
		n = min(n, len(rest))
		_ = data.Append(buffer.NewViewWithData(rest[:n]))
		rest = rest[n:]
	}
	l3, kind := header.IPv6MinimumSize, stack.GSOTCPv6
	if v4 {
		l3, kind = header.IPv4MinimumSize, stack.GSOTCPv4
	}
	l4 := header.TCPMinimumSize + tcpOptions
	p := stack.NewPacketBuffer(stack.PacketBufferOptions{ReserveHeaderBytes: l3 + l4, Payload: data})
	tcp := header.TCP(p.TransportHeader().Push(l4))
	tcp.Encode(&header.TCPFields{
		SrcPort: 1000, DstPort: 443, SeqNum: 0xffffff00, AckNum: 77, // the number wraps on the way
		DataOffset: uint8(l4), Flags: flags, WindowSize: 5000,
	})
	copy(tcp[header.TCPMinimumSize:], []byte{1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8})
	if v4 {
		ip := header.IPv4(p.NetworkHeader().Push(l3))
		ip.Encode(&header.IPv4Fields{
			TotalLength: uint16(l3 + l4 + len(payload)), ID: 0xfffe, TTL: 64, Protocol: uint8(header.TCPProtocolNumber), Flags: header.IPv4FlagDontFragment,
			SrcAddr: tcpip.AddrFromSlice(leftV4.AsSlice()), DstAddr: tcpip.AddrFromSlice(rightV4.AsSlice()),
		})
	} else {
		ip := header.IPv6(p.NetworkHeader().Push(l3))
		ip.Encode(&header.IPv6Fields{
			PayloadLength: uint16(l4 + len(payload)), TransportProtocol: header.TCPProtocolNumber, HopLimit: 64,
			SrcAddr: tcpip.AddrFromSlice(leftV6.AsSlice()), DstAddr: tcpip.AddrFromSlice(rightV6.AsSlice()),
		})
	}
	p.GSOOptions = stack.GSO{Type: kind, NeedsCsum: needsChecksum, MSS: mss, L3HdrLen: uint16(l3), MaxSize: 65535}
	return p
}

func TestSegmentsAreValidAndComeToTheWhole(t *testing.T) {
	const mss = 1360
	for _, v4 := range []bool{true, false} {
		for _, flags := range []header.TCPFlags{
			header.TCPFlagAck,
			header.TCPFlagAck | header.TCPFlagPsh,
			header.TCPFlagAck | header.TCPFlagPsh | header.TCPFlagFin,
		} {
			for _, size := range []int{1, mss - 1, mss, mss + 1, 2 * mss, 2*mss + 1, 10*mss - 1, 45*mss + 17, 65000} {
				t.Run(fmt.Sprintf("v4=%v/flags=%s/size=%d", v4, flags, size), func(t *testing.T) {
					payload := make([]byte, size)
					_, _ = rand.Read(payload)
					checkSegments(t, v4, payload, mss, flags)
				})
			}
		}
	}
	t.Run("more segments than any batch", func(t *testing.T) {
		payload := make([]byte, 60000)
		_, _ = rand.Read(payload)
		checkSegments(t, true, payload, 60, header.TCPFlagAck|header.TCPFlagPsh)
	})
}

func checkSegments(t *testing.T, v4 bool, payload []byte, mss int, flags header.TCPFlags) {
	t.Helper()
	var s segmenter
	s.start(gsoPacket(v4, payload, uint16(mss), flags, true))
	var whole []byte
	want := (len(payload) + mss - 1) / mss
	seq, id := uint32(0xffffff00), uint16(0xfffe)
	buf := make([]byte, 2000)
	for i := range want {
		require.True(t, s.busy())
		n := s.next(buf)
		require.Positive(t, n)
		p := buf[:n]
		require.True(t, checksumsFit(p), "segment %d", i)
		l3 := header.IPv6MinimumSize
		if v4 {
			ip := header.IPv4(p)
			l3 = int(ip.HeaderLength())
			require.True(t, ip.IsValid(n))
			require.Equal(t, id, ip.ID())
			require.Equal(t, n, int(ip.TotalLength()))
			id++
		} else {
			ip := header.IPv6(p)
			require.True(t, ip.IsValid(n))
			require.Equal(t, n-l3, int(ip.PayloadLength()))
		}
		tcp := header.TCP(p[l3:])
		require.Equal(t, seq, tcp.SequenceNumber())
		require.Equal(t, uint32(77), tcp.AckNumber())
		require.Equal(t, []byte{1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8}, []byte(tcp.Options()))
		if i == want-1 {
			require.Equal(t, flags, tcp.Flags())
		} else {
			require.Equal(t, header.TCPFlagAck, tcp.Flags())
			require.Len(t, tcp.Payload(), mss)
		}
		whole = append(whole, tcp.Payload()...)
		seq += uint32(len(tcp.Payload()))
	}
	require.False(t, s.busy())
	require.True(t, bytes.Equal(payload, whole))
}

func TestPacketWithoutGSOIsCopied(t *testing.T) {
	for _, v4 := range []bool{true, false} {
		p := gsoPacket(v4, []byte("hello"), 1360, header.TCPFlagAck, false)
		var want []byte
		for _, s := range p.AsSlices() {
			want = append(want, s...)
		}
		var s segmenter
		s.start(p)
		buf := make([]byte, 2000)
		require.Equal(t, want, buf[:s.next(buf)])
		require.False(t, s.busy())
	}
}

func TestPacketThatDoesNotFitIsDropped(t *testing.T) {
	var s segmenter
	s.start(gsoPacket(true, make([]byte, 5000), 1360, header.TCPFlagAck, true))
	require.Zero(t, s.next(make([]byte, 1000)))
	require.False(t, s.busy())
	s.start(gsoPacket(true, make([]byte, 5000), 0, header.TCPFlagAck, false))
	require.Zero(t, s.next(make([]byte, 1000)))
	require.False(t, s.busy())
}

func TestReadGoesOnWhereTheBatchEnded(t *testing.T) {
	n, err := NewNet(NetOptions{Addresses: []netip.Addr{leftV4}})
	require.NoError(t, err)
	defer func() { _ = n.Close() }()
	payload := make([]byte, 60000)
	_, _ = rand.Read(payload)
	p := gsoPacket(true, payload, 100, header.TCPFlagAck, true)
	var list stack.PacketBufferList
	list.PushBack(p)
	sent, terr := n.link.WritePackets(list)
	require.Nil(t, terr)
	require.Equal(t, 1, sent)

	bufs, sizes := make([][]byte, 7), make([]int, 7)
	for i := range bufs {
		bufs[i] = make([]byte, 2000)
	}
	var whole []byte
	for len(whole) < len(payload) {
		got, err := n.Read(bufs, sizes, 16)
		require.NoError(t, err)
		for i := range got {
			b := bufs[i][16 : 16+sizes[i]]
			require.True(t, checksumsFit(b))
			whole = append(whole, header.TCP(b[header.IPv4MinimumSize:]).Payload()...)
		}
	}
	require.True(t, bytes.Equal(payload, whole))
}

func TestWrongChecksumsDoNotPass(t *testing.T) {
	for _, v4 := range []bool{true, false} {
		var s segmenter
		s.start(gsoPacket(v4, make([]byte, 3000), 1360, header.TCPFlagAck, true))
		buf := make([]byte, 2000)
		p := buf[:s.next(buf)]
		require.True(t, checksumsFit(p))
		for i := range p {
			if !v4 && i < 8 && i != 6 { // traffic class, flow label, hop limit: no checksum covers them
				continue
			}
			old := p[i]
			p[i] ^= 0x10
			if v4 || i != 6 { // another protocol is not checked at all
				require.False(t, checksumsFit(p), "v4=%v byte %d", v4, i)
			}
			p[i] = old
		}
	}
}

func FuzzIncomingPacket(f *testing.F) {
	for _, v4 := range []bool{true, false} {
		var s segmenter
		s.start(gsoPacket(v4, []byte("hello, hello"), 5, header.TCPFlagAck, true))
		buf := make([]byte, 200)
		f.Add(append([]byte(nil), buf[:s.next(buf)]...))
	}
	n, err := NewNet(NetOptions{Addresses: []netip.Addr{rightV4, rightV6}, Promiscuous: true})
	require.NoError(f, err)
	f.Cleanup(func() { _ = n.Close() })
	f.Fuzz(func(t *testing.T, p []byte) {
		_, err := n.Write([][]byte{p}, 0)
		require.NoError(t, err)
		for len(n.queue) > 0 {
			(<-n.queue).DecRef()
		}
	})
}

func BenchmarkSegments(b *testing.B) {
	for _, v4 := range []bool{true, false} {
		b.Run(fmt.Sprintf("v4=%v", v4), func(b *testing.B) {
			p := gsoPacket(v4, make([]byte, 64000), 1360, header.TCPFlagAck, true)
			defer p.DecRef()
			var s segmenter
			buf := make([]byte, 2000)
			b.SetBytes(64000)
			b.ReportAllocs()
			for b.Loop() {
				s.start(p.IncRef())
				for s.busy() {
					s.next(buf)
				}
			}
		})
	}
}
