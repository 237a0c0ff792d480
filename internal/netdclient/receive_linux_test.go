package netdclient

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/netd/wire"
)

// TestOneFileComesWithAnAnswer: more than one is refused, and none of them stays open.
func TestOneFileComesWithAnAnswer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.ListenUnix(wire.Network, &net.UnixAddr{Name: path, Net: wire.Network})
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	c, err := net.DialUnix(wire.Network, nil, &net.UnixAddr{Name: path, Net: wire.Network})
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	s, err := l.AcceptUnix()
	require.NoError(t, err)
	defer func() { _ = s.Close() }()
	buf := make([]byte, wire.MaxPacket+1)
	count := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		require.NoError(t, err)
		return len(entries)
	}
	f, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer func() { _ = f.Close() }()

	before := count()
	require.NoError(t, wire.Send(c, []byte("x"), f, f, f))
	_, _, err = receive(s, buf)
	require.ErrorIs(t, err, wire.ErrMalformed)
	assert.Equal(t, before, count(), "only our own")
	_, err = c.Write(make([]byte, wire.MaxPacket+100))
	require.NoError(t, err)
	_, _, err = receive(s, buf)
	require.ErrorIs(t, err, wire.ErrMalformed)

	require.NoError(t, wire.Send(c, []byte("y"), f))
	p, files, err := receive(s, buf)
	require.NoError(t, err)
	assert.Equal(t, "y", string(p))
	require.Len(t, files, 1)
	require.NoError(t, files[0].Close())
	require.NoError(t, wire.Send(c, []byte("n")))
	_, files, err = receive(s, buf)
	require.NoError(t, err)
	assert.Empty(t, files)
	require.NoError(t, c.Close())
	_, _, err = receive(s, buf)
	require.ErrorIs(t, err, io.EOF)
}
