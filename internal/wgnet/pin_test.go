package wgnet

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// doors are two addresses of one exit: what comes in at the first is answered from the second, as servers with several
// addresses do.
type doors struct {
	first, second     *net.UDPConn
	atFirst, atSecond atomic.Int32 // datagrams of the client that came in at each
}

func newDoors(t *testing.T, exit netip.AddrPort) *doors {
	open := func() *net.UDPConn {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		require.NoError(t, err)
		return c
	}
	d := &doors{first: open(), second: open()}
	var client atomic.Pointer[netip.AddrPort]
	var work sync.WaitGroup
	t.Cleanup(func() {
		_, _ = d.first.Close(), d.second.Close()
		work.Wait()
	})
	read := func(at *net.UDPConn, came func(p []byte, from netip.AddrPort)) {
		work.Go(func() {
			b := make([]byte, 64<<10)
			for {
				n, from, err := at.ReadFromUDPAddrPort(b)
				if err != nil {
					return
				}
				came(b[:n], from)
			}
		})
	}
	read(d.first, func(p []byte, from netip.AddrPort) {
		d.atFirst.Add(1)
		client.Store(&from)
		_, _ = d.second.WriteToUDPAddrPort(p, exit)
	})
	read(d.second, func(p []byte, from netip.AddrPort) {
		if from == exit {
			_, _ = d.second.WriteToUDPAddrPort(p, *client.Load())
			return
		}
		d.atSecond.Add(1)
		_, _ = d.second.WriteToUDPAddrPort(p, exit)
	})
	return d
}

// TestAPinnedPeerStaysWhereItIsNamed: the firewall of the whole device lets out to no other address, so a device that
// followed an exit which answers from another one would lock itself out. One that is not pinned follows.
func TestAPinnedPeerStaysWhereItIsNamed(t *testing.T) {
	for _, pinned := range []bool{true, false} {
		l, r, keys := newPair(t, NewBind(), NewBind(), nil)
		right, err := keys.right.PublicKey()
		require.NoError(t, err)
		d := newDoors(t, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), r.dev.ListenPort()))
		if pinned {
			l.dev.PinEndpoints()
		}
		require.NoError(t, l.dev.SetPeers([]Peer{{
			PublicKey: right, PresharedKey: keys.shared, Endpoint: d.first.LocalAddr().(*net.UDPAddr).AddrPort(),
			AllowedIPs: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")},
		}}))
		ping := func(n int) {
			for range n {
				_, err := l.Ping(soon(t), rightV4)
				require.NoError(t, err)
			}
		}
		ping(5)
		require.NoError(t, l.dev.Rebind())
		l.dev.Announce()
		ping(5)
		if pinned {
			assert.Zero(t, d.atSecond.Load(), "nobody would have let it out")
			assert.GreaterOrEqual(t, d.atFirst.Load(), int32(10))
		} else {
			assert.NotZero(t, d.atSecond.Load())
		}
	}
}
