package wgnet

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"
	"golang.zx2c4.com/wireguard/conn"
)

// loops are the loopback addresses of the families that this machine has; IPv4 is always first.
var loops = func() []netip.Addr {
	found := []netip.Addr{netip.MustParseAddr("127.0.0.1")}
	six := netip.MustParseAddr("::1")
	if c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(six, 0))); err == nil {
		_ = c.Close()
		found = append(found, six)
	}
	return found
}()

func open(t testing.TB, b conn.Bind) (conn.ReceiveFunc, uint16) {
	t.Helper()
	fns, port, err := b.Open(0)
	require.NoError(t, err)
	require.Len(t, fns, 1)
	t.Cleanup(func() { _ = b.Close() })
	return fns[0], port
}

func dest(t testing.TB, b conn.Bind, to netip.Addr, port uint16) conn.Endpoint {
	t.Helper()
	e, err := b.ParseEndpoint(netip.AddrPortFrom(to, port).String())
	require.NoError(t, err)
	return e
}

func packets(sizes ...int) [][]byte {
	var out [][]byte
	for _, n := range sizes {
		p := make([]byte, n)
		_, _ = rand.Read(p)
		out = append(out, p)
	}
	return out
}

func same(n, size int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = size
	}
	return out
}

// receiveAll takes want packets through batches of the given size.
func receiveAll(t testing.TB, recv conn.ReceiveFunc, want, batch int) ([][]byte, conn.Endpoint) {
	t.Helper()
	bufs, sizes, eps := make([][]byte, batch), make([]int, batch), make([]conn.Endpoint, batch)
	for i := range bufs {
		bufs[i] = make([]byte, 65535)
	}
	var out [][]byte
	var from conn.Endpoint
	for len(out) < want {
		n, err := recv(bufs, sizes, eps)
		require.NoError(t, err)
		require.Positive(t, n)
		for i := range n {
			out = append(out, bytes.Clone(bufs[i][:sizes[i]]))
			from = eps[i]
		}
	}
	return out, from
}

func TestBindCarriesBatchesInOrder(t *testing.T) {
	cases := []struct {
		name string
		sent [][]byte
	}{
		{"one", packets(148)},
		{"run", packets(same(20, 1452)...)},
		{"longest run", packets(same(128, 1452)...)},
		{"run with a short end", packets(append(same(9, 1452), 700)...)},
		{"mixed", packets(1452, 1452, 32, 1452, 96, 96, 96, 1452, 1452, 60, 60, 1)},
		{"rising", packets(1, 2, 3, 4, 5, 100, 1000, 1400)},
		{"falling", packets(1400, 1000, 100, 5, 4, 3, 2, 1)},
	}
	for _, at := range loops {
		for _, plain := range []bool{false, true} {
			for _, batch := range []int{128, 5, 1} { // smaller than a run: the rest must wait, not vanish
				for _, c := range cases {
					t.Run(fmt.Sprintf("%s/plain=%v/batch=%d/%s", at, plain, batch, c.name), func(t *testing.T) {
						var o []BindOption
						if plain {
							o = append(o, WithoutOffload())
						}
						a, b := NewBind(o...), NewBind(o...)
						_, from := open(t, a)
						recv, port := open(t, b)
						require.NoError(t, a.Send(c.sent, dest(t, a, at, port)))
						got, ep := receiveAll(t, recv, len(c.sent), batch)
						require.Equal(t, c.sent, got)
						require.Equal(t, netip.AddrPortFrom(at, from).String(), ep.DstToString())
						require.NoError(t, b.Send(c.sent[:1], ep), "the sender's address is one to answer")
					})
				}
			}
		}
	}
}

func TestBindMixesSenders(t *testing.T) {
	b := NewBind()
	recv, port := open(t, b)
	want := map[string]int{}
	for i := range 3 {
		a := NewBind()
		_, own := open(t, a)
		at := loops[i%len(loops)]
		require.NoError(t, a.Send(packets(same(10, 500+i)...), dest(t, a, at, port)))
		want[netip.AddrPortFrom(at, own).String()] = 500 + i
	}
	bufs, sizes, eps := make([][]byte, 128), make([]int, 128), make([]conn.Endpoint, 128)
	for i := range bufs {
		bufs[i] = make([]byte, 2000)
	}
	for total := 0; total < 30; {
		n, err := recv(bufs, sizes, eps)
		require.NoError(t, err)
		for i := range n {
			require.Equal(t, want[eps[i].DstToString()], sizes[i])
		}
		total += n
	}
}

func TestBindListensOnOneAddress(t *testing.T) {
	for _, at := range loops {
		b := NewBind(ListenOn(at))
		_, port := open(t, b)
		other := loops[0]
		if at == other {
			other = netip.MustParseAddr("127.0.0.2")
		}
		l, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(other, port)))
		require.NoError(t, err, "the port is free elsewhere")
		require.NoError(t, l.Close())
		_, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(at, port)))
		require.ErrorIs(t, err, unix.EADDRINUSE)
	}
}

func TestRefusedRunsLeaveOneByOne(t *testing.T) {
	a, b := NewBind(ListenOn(loops[0])).(*udpBind), NewBind(ListenOn(loops[0]))
	open(t, a)
	recv, port := open(t, b)
	if !a.sock.runs.Load() {
		t.Skip("this kernel takes no runs at all")
	}
	// The kernel takes no run from a socket without checksums, and says EINVAL.
	rc, err := a.sock.conn.SyscallConn()
	require.NoError(t, err)
	require.NoError(t, rc.Control(func(fd uintptr) {
		require.NoError(t, unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_NO_CHECK, 1))
	}))
	to := dest(t, a, loops[0], port)
	for i := range badRuns {
		require.True(t, a.sock.runs.Load(), i)
		sent := packets(append(same(70, 1000), 10, 20, 20)...)
		require.NoError(t, a.Send(sent, to))
		got, _ := receiveAll(t, recv, len(sent), 128)
		require.Equal(t, sent, got)
	}
	require.False(t, a.sock.runs.Load(), "given up")
	require.NoError(t, a.Close())
	_, _, err = a.Open(0)
	require.NoError(t, err)
	require.True(t, a.sock.runs.Load(), "a new socket tries again")
}

func TestClosedBindEndsItsReceiver(t *testing.T) {
	for _, o := range [][]BindOption{nil, {WithoutOffload()}, {ListenOn(loops[0])}} {
		b := NewBind(o...)
		recv, port := open(t, b)
		_, _, err := b.Open(0)
		require.ErrorIs(t, err, conn.ErrBindAlreadyOpen)
		ended := make(chan error, 1)
		go func() {
			_, err := recv([][]byte{make([]byte, 2000)}, make([]int, 1), make([]conn.Endpoint, 1))
			ended <- err
		}()
		runtime.Gosched()
		require.NoError(t, b.Close())
		require.ErrorIs(t, <-ended, net.ErrClosed)
		_, err = recv([][]byte{make([]byte, 2000)}, make([]int, 1), make([]conn.Endpoint, 1))
		require.ErrorIs(t, err, net.ErrClosed)
		require.ErrorIs(t, b.Send(packets(1), dest(t, b, loops[0], port)), net.ErrClosed)
		require.NoError(t, b.Close())

		fns, again, err := b.Open(port)
		require.NoError(t, err)
		require.Equal(t, port, again)
		require.NoError(t, b.Send(packets(7), dest(t, b, loops[0], port)))
		got, _ := receiveAll(t, fns[0], 1, 8)
		require.Len(t, got[0], 7)
		if err := b.SetMark(0); err != nil {
			require.ErrorIs(t, err, unix.EPERM) // marks need a capability
		}
		require.NoError(t, b.Close())
		require.NoError(t, b.SetMark(0))
	}
}

func TestBindTakesNoForeignEndpoint(t *testing.T) {
	b := NewBind()
	open(t, b)
	require.ErrorIs(t, b.Send(packets(1), &conn.StdNetEndpoint{}), conn.ErrWrongEndpointType)
	require.ErrorIs(t, (&plainBind{}).Send(packets(1), &conn.StdNetEndpoint{}), conn.ErrWrongEndpointType)
	_, err := b.ParseEndpoint("example.com:1")
	require.Error(t, err)
}

func TestRunsKeepOrderAndLimits(t *testing.T) {
	msgs := make([]ipv6.Message, 128)
	for i := range msgs {
		msgs[i].Buffers = make([][]byte, 0, maxSegments)
		msgs[i].OOB = make([]byte, 0, controlSize)
	}
	for _, c := range []struct {
		name  string
		sizes []int
		runs  bool
		want  []int // packets in each message
	}{
		{"nothing", nil, true, nil},
		{"single", []int{5}, true, []int{1}},
		{"run", same(5, 9), true, []int{5}},
		{"without runs", same(3, 9), false, []int{1, 1, 1}},
		{"short end", []int{9, 9, 4, 9}, true, []int{3, 1}},
		{"longer packet", []int{9, 10, 10}, true, []int{1, 2}},
		{"segments", same(65, 9), true, []int{64, 1}},
		{"bytes", same(50, 1452), true, []int{44, 6}},
		{"empty packets stand alone", []int{0, 0, 9, 0}, true, []int{1, 1, 1, 1}},
	} {
		n := planRuns(msgs, packets(c.sizes...), c.runs)
		var got []int
		for _, m := range msgs[:n] {
			got = append(got, len(m.Buffers))
			require.Equal(t, len(m.Buffers) > 1, len(m.OOB) > 0)
		}
		require.Equal(t, c.want, got, c.name)
	}
}

func TestPlainBindCarriesPackets(t *testing.T) {
	for _, at := range loops {
		a, b := &plainBind{at: at}, &plainBind{at: at}
		open(t, a)
		recv, port := open(t, b)
		_, _, err := b.Open(0)
		require.ErrorIs(t, err, conn.ErrBindAlreadyOpen)
		sent := packets(1, 1452, 9)
		require.NoError(t, a.Send(sent, dest(t, a, at, port)))
		got, _ := receiveAll(t, recv, 3, b.BatchSize())
		require.Equal(t, sent, got)
		require.NoError(t, b.Close())
		require.NoError(t, b.Close())
		_, err = recv([][]byte{make([]byte, 10)}, make([]int, 1), make([]conn.Endpoint, 1))
		require.ErrorIs(t, err, net.ErrClosed)
		require.ErrorIs(t, b.Send(sent, dest(t, b, at, port)), net.ErrClosed)
		require.NoError(t, b.SetMark(1))
	}
}

func FuzzRunSize(f *testing.F) {
	f.Add(segmentControl(make([]byte, 0, controlSize), 1452))
	f.Add([]byte{20, 0, 0, 0, 0, 0, 0, 0, 17, 0, 0, 0, 104, 0, 0, 0, 172, 5, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(_ *testing.T, oob []byte) { runSize(oob) })
}

func BenchmarkBindSend(b *testing.B) {
	for _, plain := range []bool{false, true} {
		b.Run(fmt.Sprintf("plain=%v", plain), func(b *testing.B) {
			var o []BindOption
			if plain {
				o = append(o, WithoutOffload())
			}
			s := NewBind(o...)
			open(b, s)
			sink, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loops[0], 0)))
			require.NoError(b, err)
			defer func() { _ = sink.Close() }()
			to := dest(b, s, loops[0], sink.LocalAddr().(*net.UDPAddr).AddrPort().Port())
			sent := packets(same(128, 1452)...)
			b.SetBytes(128 * 1452)
			b.ReportAllocs()
			for b.Loop() {
				if err := s.Send(sent, to); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestWhoMayCutIsSaidToEachSocket: to the one that is open, and to those that follow after a rebind.
func TestWhoMayCutIsSaidToEachSocket(t *testing.T) {
	b := NewBind(CutBy(NobodyCuts)).(*udpBind)
	says := func() int {
		rc, err := b.sock.conn.SyscallConn()
		require.NoError(t, err)
		var v int
		require.NoError(t, rc.Control(func(fd uintptr) { v, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_MTU_DISCOVER) }))
		require.NoError(t, err)
		return v
	}
	for _, c := range []struct {
		by   Cutter
		want int
	}{{NobodyCuts, unix.IP_PMTUDISC_PROBE}, {RoutersCut, unix.IP_PMTUDISC_DONT}, {SystemCuts, unix.IP_PMTUDISC_WANT}} {
		b.cut(c.by) // while there is no socket
		_, _, err := b.Open(0)
		require.NoError(t, err)
		require.Equal(t, c.want, says())
		b.cut(SystemCuts)
		require.Equal(t, unix.IP_PMTUDISC_WANT, says())
		b.cut(c.by)
		require.Equal(t, c.want, says())
		require.NoError(t, b.Close())
	}
}
