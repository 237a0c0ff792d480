package wgnet

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestAConnectionTheExitHasForgottenEnds, also for a program that only waits for more: the exit was started again, and
// WireGuard has shaken hands with it before anybody noticed.
func TestAConnectionTheExitHasForgottenEnds(t *testing.T) {
	l, r, keys := newPair(t, NewBind(), NewBind(), nil)
	require.Equal(t, aliveIdle, l.opts.idle)
	l.opts.idle = 100 * time.Millisecond
	at := netip.AddrPortFrom(rightV4, 7)
	listener, err := r.ListenTCP(at)
	require.NoError(t, err)
	c, err := l.DialTCP(soon(t), at)
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	far, err := listener.Accept()
	require.NoError(t, err)
	_, err = far.Write([]byte("the first half"))
	require.NoError(t, err)
	buf := make([]byte, 100)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(20*time.Second)))
	_, err = c.Read(buf)
	require.NoError(t, err)

	port := r.dev.ListenPort()
	r.dev.Close()
	left, err := keys.left.PublicKey()
	require.NoError(t, err)
	n, err := NewNet(NetOptions{Addresses: []netip.Addr{rightV4, rightV6}})
	require.NoError(t, err)
	again, err := NewDevice(n, NewBind(), &Config{PrivateKey: keys.right, ListenPort: port, Peers: []Peer{{
		PublicKey: left, PresharedKey: keys.shared, AllowedIPs: []netip.Prefix{netip.PrefixFrom(leftV4, 32)},
	}}}, nil)
	require.NoError(t, err)
	t.Cleanup(again.Close)
	for again.Stats().LastHandshake.IsZero() {
		require.NoError(t, l.dev.Renew())
		ctx, done := context.WithTimeout(t.Context(), 200*time.Millisecond)
		_, _ = l.Ping(ctx, rightV4)
		done()
	}
	_, err = c.Read(buf)
	require.ErrorContains(t, err, "connection reset by peer")
}
