package wgnet

import (
	"bytes"
	"net"
	"net/netip"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
	"golang.zx2c4.com/wireguard/tun"
)

// TestGivenSocketsAreUsedOneForEachOpen: the bind never opens one itself, and tells the port it wants.
func TestGivenSocketsAreUsedOneForEachOpen(t *testing.T) {
	var given []*net.UDPConn
	b := NewBind(GivenSockets(func(uint16) (*net.UDPConn, error) {
		c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		given = append(given, c)
		return c, err
	}))
	far, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer func() { _ = far.Close() }()
	for n := range 3 {
		_, port, err := b.Open(51820)
		require.NoError(t, err)
		require.Len(t, given, n+1)
		assert.Equal(t, given[n].LocalAddr().(*net.UDPAddr).AddrPort().Port(), port)
		require.NoError(t, b.Send([][]byte{[]byte("hello")}, dest(t, b, netip.MustParseAddr("127.0.0.1"), far.LocalAddr().(*net.UDPAddr).AddrPort().Port())))
		_, from, err := far.ReadFromUDPAddrPort(make([]byte, 10))
		require.NoError(t, err)
		assert.Equal(t, port, from.Port())
		require.NoError(t, b.Close())
		_, err = given[n].Write(nil)
		require.ErrorIs(t, err, net.ErrClosed, "it is the bind's to close")
	}
	_, _, err = NewBind(GivenSockets(func(uint16) (*net.UDPConn, error) { return nil, assert.AnError })).Open(0)
	require.ErrorIs(t, err, assert.AnError)
}

// TestALargeGivenBufferStaysLarge: whoever may not force buffers does not shrink what a helper has forced.
func TestALargeGivenBufferStaysLarge(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
	require.NoError(t, err)
	for _, fd := range pair {
		defer func() { _ = unix.Close(fd) }()
	}
	if unix.SetsockoptInt(pair[0], unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, socketBuffer) != nil {
		t.Skip("needs root, to be the helper")
	}
	enlarge(pair[0], unix.SO_RCVBUF, 0) // an option that is not, as forcing is without privileges
	now, err := unix.GetsockoptInt(pair[0], unix.SOL_SOCKET, unix.SO_RCVBUF)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, now, socketBuffer)
}

// TestAFileThatIsNoInterfaceIsRefused, and closed, and so is the bind. That one which is works is shown by
// internal/leaks, where a helper hands it over.
func TestAFileThatIsNoInterfaceIsRefused(t *testing.T) {
	f, err := os.Open(os.DevNull)
	require.NoError(t, err)
	_, err = NewInterfaceDevice(f, NewBind(), &Config{PrivateKey: NewPrivateKey()}, nil)
	require.Error(t, err)
	require.ErrorIs(t, f.Close(), os.ErrClosed)
}

// fakeInterface has packets for whoever reads it.
type fakeInterface struct{ tun.Device }

func (fakeInterface) Read(bufs [][]byte, sizes []int, offset int) (int, error) {
	for i, p := range []string{"one", "another"} {
		sizes[i] = copy(bufs[i][offset:], p)
	}
	return 2, nil
}

// TestWhoObservesSeesEachPacket that programs send, one at a time, until it stops; only one observes.
func TestWhoObservesSeesEachPacket(t *testing.T) {
	c := &hostInterface{Device: fakeInterface{}}
	d := &Device{host: c}
	read := func() {
		bufs := [][]byte{make([]byte, 100), make([]byte, 100)}
		_, err := c.Read(bufs, make([]int, 2), 16)
		require.NoError(t, err)
	}
	var seen []string
	read()
	stop, ok := d.Observe(func(p []byte) { seen = append(seen, string(p)) })
	require.True(t, ok)
	read()
	_, second := d.Observe(func([]byte) { t.Error("there is one already") })
	assert.False(t, second)
	stop()
	stop()
	read()
	assert.Equal(t, []string{"one", "another"}, seen)
	assert.Equal(t, uint64(6), d.Packets())
	_, ok = (&Device{}).Observe(func([]byte) {})
	assert.False(t, ok, "nothing of the system's enters a Net")
}

// BenchmarkRead is what counting and nobody's looking cost for each read of two packets.
func BenchmarkRead(b *testing.B) {
	c := &hostInterface{Device: fakeInterface{}}
	bufs, sizes := [][]byte{make([]byte, 100), make([]byte, 100)}, make([]int, 2)
	for b.Loop() {
		_, _ = c.Read(bufs, sizes, 16)
	}
}

// joiner is an interface that joins a batch in its first buffer, as wireguard-go's does.
type joiner struct {
	tun.Device
	wrote [][]byte
}

func (j *joiner) Write(bufs [][]byte, offset int) (int, error) {
	for _, b := range bufs[1:] {
		bufs[0] = append(bufs[0], b[offset:]...)
	}
	j.wrote = append(j.wrote, bytes.Clone(bufs[0][offset:]))
	return len(bufs), nil
}

// TestJoiningFillsNoBufferOfWireGuard: its pool would keep every one that was filled, and it knows no limit.
func TestJoiningFillsNoBufferOfWireGuard(t *testing.T) {
	const offset, size, packets = 16, 1400, 40
	j := new(joiner)
	h := &hostInterface{Device: j}
	for round := range 3 {
		var batch [][]byte
		var want []byte
		for i := range packets {
			b := make([]byte, offset+size, offset+blockSize)
			for at := range b {
				b[at] = byte(i + round)
			}
			batch, want = append(batch, b), append(want, b[offset:]...)
		}
		n, err := h.Write(batch, offset)
		require.NoError(t, err)
		assert.Equal(t, packets, n)
		assert.True(t, bytes.Equal(want, j.wrote[round]), "every byte goes in")
		for _, b := range batch {
			assert.Equal(t, make([]byte, blockSize-size), b[len(b):cap(b)], "nothing is written behind the packet")
		}
	}
	_, err := h.Write([][]byte{make([]byte, offset), make([]byte, offset+blockSize+1)}, offset)
	require.ErrorContains(t, err, "a packet of 65536 bytes")
	_, err = h.Write([][]byte{[]byte("sixteen bytes...one")}, offset)
	require.NoError(t, err)
	assert.Equal(t, "one", string(j.wrote[3]), "a single one goes as it is")
}

func BenchmarkWriteToTheInterface(b *testing.B) {
	batch := make([][]byte, 64)
	for i := range batch {
		batch[i] = make([]byte, 16+1400, 16+blockSize)
	}
	h := &hostInterface{Device: nowhere{}}
	b.SetBytes(64 * 1400)
	for b.Loop() {
		_, _ = h.Write(batch, 16)
	}
}

type nowhere struct{ tun.Device }

func (nowhere) Write(bufs [][]byte, _ int) (int, error) { return len(bufs), nil }
