package supervisor

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestClientSpeaksToTheServer(t *testing.T) {
	client := Dial(served(t, &Server{Handler: &tunnel{}, Version: "9"}))
	client.UID = "1000"
	ctx := t.Context()
	require.NoError(t, client.Ping(ctx))
	v, err := client.Version(ctx)
	require.NoError(t, err)
	assert.Equal(t, "9", v)
	a := netip.MustParseAddr("203.0.113.9")
	require.NoError(t, client.ExcludeRoute(ctx, a, a))
	require.NoError(t, client.DeleteRoute(ctx, a, a))
	iface, err := client.Up(ctx, goodConfig(t))
	require.NoError(t, err)
	assert.Equal(t, "myst0", iface)
	st, err := client.Stats(ctx, iface)
	require.NoError(t, err)
	assert.Equal(t, uint64(1<<60), st.BytesReceived)
	assert.False(t, st.LastHandshake.IsZero())
	require.NoError(t, client.Down(ctx, iface))
	var refused *RefusedError
	require.ErrorAs(t, client.Down(ctx, iface), &refused)
	assert.Equal(t, "wg-down", refused.Command)
	require.ErrorAs(t, client.Kill(ctx), &refused)
	require.Error(t, client.Down(ctx, "not a name\nbye"))
	_, err = client.Stats(ctx, "")
	require.Error(t, err)
}

// answering serves one connection: it reads a line and writes text; then it closes, or hangs if text is "".
func answering(t *testing.T, text string) *Client {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s.sock")
	l, err := net.Listen("unix", path)
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		in := bufio.NewReader(c)
		_, _ = in.ReadString('\n')
		_, _ = io.WriteString(c, text)
		if text == "" {
			_, _ = in.ReadByte() // until the client hangs up
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return Dial(path)
}

func TestClientRefusesOddAnswers(t *testing.T) {
	for _, text := range []string{"\n", "yes\n", "okay\n", "ok:1\n", "\xff\n", "ok: not-an-address\n"} {
		_, err := answering(t, text).DiscoverGateway(t.Context())
		require.Error(t, err, "%q", text)
	}
	_, err := answering(t, "ok: {\"bytes_sent\":-1}\n").Stats(t.Context(), "myst0")
	require.ErrorContains(t, err, "oddly")
	require.Error(t, answering(t, "ok: ping\n").Ping(t.Context()))
	_, err = answering(t, "ok: a b\n").Up(t.Context(), goodConfig(t))
	require.ErrorContains(t, err, "oddly")
	_, err = answering(t, "error: no\n").Version(t.Context())
	require.EqualError(t, err, "supervisor refused version: no")
	require.ErrorIs(t, Dial(filepath.Join(t.TempDir(), "nobody")).Ping(t.Context()), errNotThere)
}

func TestClientDoesNotWaitForEver(t *testing.T) {
	c := answering(t, "")
	c.Timeout = 20 * time.Millisecond
	require.ErrorIs(t, c.Ping(t.Context()), context.DeadlineExceeded)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, answering(t, "").Ping(ctx), context.Canceled)
}
