package netdclient

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/netd/wire"
)

// TestAHelperThatEndsIsNoticedAtOnce: not at the next heartbeat. Answers, whoever reads them, are no end.
func TestAHelperThatEndsIsNoticedAtOnce(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("a client speaks with a helper of root only")
	}
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.ListenUnix(wire.Network, &net.UnixAddr{Name: path, Net: wire.Network})
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	c, err := Dial(t.Context(), path)
	require.NoError(t, err)
	s, err := l.AcceptUnix()
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, wire.MaxPacket+1)
		for range 100 {
			_, err := wire.Receive(s, buf)
			assert.NoError(t, err)
			assert.NoError(t, wire.Send(s, (&wire.Answer{Code: wire.OK, Phase: wire.Open}).Append(nil)))
		}
	}()
	for range 100 {
		_, err := c.Status()
		require.NoError(t, err)
	}
	<-done
	select {
	case <-c.Lost():
		require.Fail(t, "it still lives")
	default:
	}
	require.NoError(t, s.Close())
	<-c.Lost()
	require.NoError(t, c.Close())

	c, err = Dial(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, c.Close())
	<-c.Lost()
}
