package wgnet

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.zx2c4.com/wireguard/conn"
)

var (
	leftV4  = netip.MustParseAddr("10.77.0.1")
	leftV6  = netip.MustParseAddr("fd77::1")
	rightV4 = netip.MustParseAddr("10.77.0.2")
	rightV6 = netip.MustParseAddr("fd77::2")
)

// side is one end of a pair.
type side struct {
	*Net
	dev *Device
}

// lines collects what a device logs.
type lines struct {
	mu   sync.Mutex
	text []string
}

func (l *lines) add(level Level, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, fmt.Sprint(level, " ", text))
}

func (l *lines) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.text...)
}

// pairKeys are fixed by one pair and known to its tests.
type pairKeys struct{ left, right, shared Key }

// newPair joins two devices over loopback UDP: left speaks first, right only knows left's key. Both close with the
// test.
func newPair(t testing.TB, left, right conn.Bind, log LogFunc) (side, side, pairKeys) {
	t.Helper()
	keys := pairKeys{NewPrivateKey(), NewPrivateKey(), NewPrivateKey()}
	leftPub, err := keys.left.PublicKey()
	require.NoError(t, err)
	rightPub, err := keys.right.PublicKey()
	require.NoError(t, err)

	up := func(b conn.Bind, c *Config) side {
		var addrs []netip.Addr
		for _, a := range c.Addresses {
			addrs = append(addrs, a.Addr())
		}
		n, err := NewNet(NetOptions{Addresses: addrs})
		require.NoError(t, err)
		d, err := NewDevice(n, b, c, log)
		require.NoError(t, err)
		t.Cleanup(d.Close)
		return side{n, d}
	}
	r := up(right, &Config{
		PrivateKey: keys.right,
		Addresses:  []netip.Prefix{netip.PrefixFrom(rightV4, 32), netip.PrefixFrom(rightV6, 128)},
		Peers: []Peer{{
			PublicKey: leftPub, PresharedKey: keys.shared,
			AllowedIPs: []netip.Prefix{netip.PrefixFrom(leftV4, 32), netip.PrefixFrom(leftV6, 128)},
		}},
	})
	l := up(left, &Config{
		PrivateKey: keys.left,
		Addresses:  []netip.Prefix{netip.PrefixFrom(leftV4, 32), netip.PrefixFrom(leftV6, 128)},
		Peers: []Peer{{
			PublicKey: rightPub, PresharedKey: keys.shared,
			Endpoint:   netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), r.dev.ListenPort()),
			AllowedIPs: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")},
		}},
	})
	return l, r, keys
}

func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// echoTCP answers every connection with what it sends, until the test ends.
func echoTCP(t testing.TB, n *Net, at netip.AddrPort) {
	t.Helper()
	l, err := n.ListenTCP(at)
	require.NoError(t, err)
	var wg sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer func() { _ = c.Close() }()
				buf := make([]byte, 32<<10)
				for {
					n, err := c.Read(buf)
					if _, werr := c.Write(buf[:n]); err != nil || werr != nil {
						return
					}
				}
			})
		}
	})
}
