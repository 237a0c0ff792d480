package wgnet

import (
	"bytes"
	"crypto/rand"
	"io"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTwoDevicesCarryTCPUDPAndEcho(t *testing.T) {
	for _, fam := range []struct {
		name string
		to   netip.Addr
	}{{"v4", rightV4}, {"v6", rightV6}} {
		t.Run(fam.name, func(t *testing.T) {
			l, r, _ := newPair(t, NewBind(), NewBind(), nil)
			rtt, err := l.Ping(soon(t), fam.to)
			require.NoError(t, err)
			require.Positive(t, rtt)

			at := netip.AddrPortFrom(fam.to, 7)
			echoTCP(t, r.Net, at)
			c, err := l.DialTCP(soon(t), at)
			require.NoError(t, err)
			defer func() { _ = c.Close() }()
			require.NoError(t, c.SetDeadline(time.Now().Add(20*time.Second)))
			sent := make([]byte, 4<<20)
			_, _ = rand.Read(sent)
			wrote := make(chan error, 1)
			go func() { _, err := c.Write(sent); wrote <- err }()
			got := make([]byte, len(sent))
			_, err = io.ReadFull(c, got)
			require.NoError(t, err)
			require.NoError(t, <-wrote)
			require.True(t, bytes.Equal(sent, got))

			u, err := r.ListenUDP(at)
			require.NoError(t, err)
			defer func() { _ = u.Close() }()
			v, err := l.DialUDP(netip.AddrPort{}, at)
			require.NoError(t, err)
			defer func() { _ = v.Close() }()
			for _, size := range []int{0, 1, 1300, 1392, 4000, 60000} { // with the last ones in fragments
				require.NoError(t, v.SetDeadline(time.Now().Add(10*time.Second)))
				require.NoError(t, u.SetDeadline(time.Now().Add(10*time.Second)))
				_, err = v.Write(sent[:size])
				require.NoError(t, err)
				n, from, err := u.ReadFrom(got)
				require.NoError(t, err, size)
				require.True(t, bytes.Equal(sent[:size], got[:n]))
				_, err = u.WriteTo(got[:n], from)
				require.NoError(t, err)
				n, err = v.Read(got)
				require.NoError(t, err)
				require.True(t, bytes.Equal(sent[:size], got[:n]))
			}

			ls, rs := l.dev.Stats(), r.dev.Stats()
			require.GreaterOrEqual(t, ls.BytesSent, uint64(len(sent)))
			require.GreaterOrEqual(t, rs.BytesReceived, uint64(len(sent)))
			require.WithinDuration(t, time.Now(), ls.LastHandshake, 30*time.Second)
			require.WithinDuration(t, time.Now(), rs.LastHandshake, 30*time.Second)
		})
	}
}
