package guard

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/netd/wire"
)

// listenFile makes a socket as the helper does for its node.
func listenFile(t *testing.T, path string) *os.File {
	_ = os.Remove(path)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	require.NoError(t, err)
	l.SetUnlinkOnClose(false)
	defer func() { _ = l.Close() }()
	f, err := l.File()
	require.NoError(t, err)
	return f
}

// TestTheNodesSocketOutlivesRuns: the node is started anew, and so is the helper, and whoever accepts notices nothing.
func TestTheNodesSocketOutlivesRuns(t *testing.T) {
	h := newHelper(t)
	h.node = filepath.Join(t.TempDir(), "node.sock")
	me := uint32(os.Getuid()) //nolint:gosec // a user
	h.says(wire.Answer{Code: wire.OK, Phase: wire.Open, Node: me})
	n := NewNode(h.path)
	t.Cleanup(func() { _ = n.Close() })

	run := func() {
		uid, err := n.Run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, os.Getuid(), uid)
	}
	meet := func() {
		c, err := net.Dial("unix", h.node)
		require.NoError(t, err)
		defer func() { _ = c.Close() }()
		s, err := n.Accept()
		require.NoError(t, err)
		require.NoError(t, s.Close())
	}
	run()
	meet()
	run()
	meet()
	conns, _ := h.count()
	assert.Equal(t, 1, conns)
	h.die()
	h.listen()
	run()
	meet()

	require.NoError(t, n.Close())
	_, err := n.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
	_, err = n.Run(t.Context())
	require.ErrorIs(t, err, net.ErrClosed)
}

// TestOnlyTheNodesUserIsHeard: the socket is open to everybody, since the helper may not give files away.
func TestOnlyTheNodesUserIsHeard(t *testing.T) {
	h := newHelper(t)
	h.node = filepath.Join(t.TempDir(), "node.sock")
	h.says(wire.Answer{Code: wire.OK, Phase: wire.Open, Node: 4711})
	n := NewNode(h.path)
	t.Cleanup(func() { _ = n.Close() })
	_, err := n.Run(t.Context())
	require.NoError(t, err)
	c, err := net.Dial("unix", h.node)
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	_, err = c.Read(make([]byte, 1))
	require.Error(t, err, "turned away")
}

// TestANodeThatCannotRunIsSaid, and so is a helper that is not there.
func TestANodeThatCannotRunIsSaid(t *testing.T) {
	h := newHelper(t)
	h.says(wire.Answer{Code: wire.Failed, Text: "there is no user for the node"})
	n := NewNode(h.path)
	t.Cleanup(func() { _ = n.Close() })
	_, err := n.Run(t.Context())
	require.EqualError(t, err, "there is no user for the node")
	h.die()
	_, err = n.Run(t.Context())
	require.ErrorIs(t, err, ErrNoHelper)
}

// TestASilentHelperHoldsNobodyUpForItsNode: who asks for a time is answered in it, and who quits waits for nobody.
func TestASilentHelperHoldsNobodyUpForItsNode(t *testing.T) {
	h := newHelper(t)
	h.does(func(wire.Verb) (wire.Answer, bool) { return wire.Answer{}, false })
	n := NewNode(h.path)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := n.Run(ctx)
	require.Error(t, err)
	require.NoError(t, n.Close())
}
