package wgnet

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.zx2c4.com/wireguard/conn"
)

func TestCloseUnderLoadEndsEverything(t *testing.T) {
	for range 50 {
		l, r, _ := newPair(t, NewBind(), NewBind(), nil)
		at := netip.AddrPortFrom(rightV4, 7)
		listener, err := r.ListenTCP(at)
		require.NoError(t, err)
		u, err := r.ListenUDP(at)
		require.NoError(t, err)
		var wg sync.WaitGroup
		wg.Go(func() {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { _, _ = io.Copy(io.Discard, c) })
			b := make([]byte, 64<<10)
			for {
				if _, err := c.Write(b); err != nil {
					return
				}
			}
		})
		c, err := l.DialTCP(soon(t), at)
		require.NoError(t, err)
		moving := make(chan struct{}, 8)
		wg.Go(func() { _, _ = io.Copy(io.Discard, c) })
		wg.Go(func() {
			b := make([]byte, 64<<10)
			for {
				if _, err := c.Write(b); err != nil {
					return
				}
				select {
				case moving <- struct{}{}:
				default:
				}
			}
		})
		wg.Go(func() {
			b := make([]byte, 100)
			for {
				if _, _, err := u.ReadFrom(b); err != nil {
					return
				}
			}
		})
		v, err := l.DialUDP(netip.AddrPort{}, at)
		require.NoError(t, err)
		wg.Go(func() {
			for {
				if _, err := v.Write([]byte("x")); err != nil {
					return
				}
			}
		})
		wg.Go(func() {
			for {
				if _, err := l.Ping(t.Context(), rightV6); err != nil {
					return
				}
			}
		})
		for range 8 {
			<-moving
		}
		l.dev.Close()
		r.dev.Close()
		l.dev.Close()
		_ = listener.Close()
		_ = u.Close()
		_ = v.Close()
		wg.Wait() // nothing of the above survives the devices
	}
}

func TestClosedNetFailsAtOnce(t *testing.T) {
	l, _, _ := newPair(t, NewBind(), NewBind(), nil)
	nowhere := netip.MustParseAddr("198.51.100.9")
	failed := make(chan error, 3)
	go func() { _, err := l.DialTCP(soon(t), netip.AddrPortFrom(nowhere, 1)); failed <- err }()
	go func() { _, err := l.Ping(soon(t), nowhere); failed <- err }()
	go func() {
		u, err := l.ListenUDP(netip.AddrPort{})
		if err == nil {
			_, _, err = u.ReadFrom(make([]byte, 1))
		}
		failed <- err
	}()
	_, err := l.Ping(soon(t), rightV4)
	require.NoError(t, err)
	start := time.Now()
	l.dev.Close()
	for range 3 {
		err := <-failed
		require.Error(t, err)
		require.NotErrorIs(t, err, context.DeadlineExceeded)
	}
	require.Less(t, time.Since(start), 10*time.Second)
	_, err = l.DialTCP(soon(t), netip.AddrPortFrom(rightV4, 1))
	require.Error(t, err)
	_, err = l.Ping(soon(t), rightV4)
	require.Error(t, err)
	require.Equal(t, Stats{MTU: DefaultMTU}, l.dev.Stats())
	require.Zero(t, l.dev.ListenPort())
	require.ErrorIs(t, l.dev.AddPeer(Peer{}), net.ErrClosed)
	require.ErrorIs(t, l.dev.RemovePeer(Key{}), net.ErrClosed)
	require.ErrorIs(t, l.dev.SetPeers(nil), net.ErrClosed)
	l.dev.SendHandshake()
	<-l.dev.Done()
}

func TestDialErrorsHaveNumbers(t *testing.T) {
	l, _, _ := newPair(t, NewBind(), NewBind(), nil)
	_, err := l.DialTCP(soon(t), netip.AddrPortFrom(rightV4, 9))
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	var op *net.OpError
	require.ErrorAs(t, err, &op)
	_, err = l.DialTCP(soon(t), netip.AddrPort{})
	require.Error(t, err)

	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("changed my mind")
	cancel(why)
	_, err = l.DialTCP(ctx, netip.MustParseAddrPort("198.51.100.9:1"))
	require.ErrorIs(t, err, context.Canceled)
	_, err = l.Ping(ctx, netip.MustParseAddr("198.51.100.9"))
	require.ErrorIs(t, err, why)

	only4, err := NewNet(NetOptions{Addresses: []netip.Addr{leftV4}})
	require.NoError(t, err)
	defer func() { _ = only4.Close() }()
	_, err = only4.DialTCP(soon(t), netip.AddrPortFrom(rightV6, 9))
	require.ErrorIs(t, err, syscall.ENETUNREACH)
}

func TestNetRefusesWrongOptions(t *testing.T) {
	for _, o := range []NetOptions{
		{},
		{Addresses: []netip.Addr{{}}},
		{Addresses: []netip.Addr{netip.MustParseAddr("::ffff:10.0.0.1")}},
		{Addresses: []netip.Addr{netip.MustParseAddr("224.0.0.1")}},
		{Addresses: []netip.Addr{leftV4}, MTU: 100},
		{Addresses: []netip.Addr{leftV4}, MTU: 70000},
		{Addresses: []netip.Addr{leftV4, leftV6}, MTU: 1000},
		{Addresses: []netip.Addr{leftV4, leftV4}},
	} {
		_, err := NewNet(o)
		require.Error(t, err)
	}
	n, err := NewNet(NetOptions{Addresses: []netip.Addr{leftV4}, MTU: 1000})
	require.NoError(t, err)
	require.Empty(t, n.queue, "a new stack says nothing")
	require.NoError(t, n.Close())
	require.NoError(t, n.Close())
}

func TestLogHasNoKeys(t *testing.T) {
	var log lines
	l, r, keys := newPair(t, NewBind(), NewBind(), log.add)
	_, err := l.Ping(soon(t), rightV4)
	require.NoError(t, err)
	require.Error(t, l.dev.set("private_key="+keys.left.Base64()+"\n"))
	require.Error(t, l.dev.set("private_key="+keys.left.hex()+"00\n"))
	for _, s := range []string{keys.left.hex(), keys.left.Base64() + "\n", keys.left.hex() + "00\n"} {
		err = l.dev.set(s)
		require.Error(t, err)
		require.NotContains(t, err.Error(), s[:20])
		require.NotContains(t, err.Error(), s[len(s)-10:])
	}
	l.dev.Close()
	r.dev.Close()
	text := strings.Join(log.all(), "\n")
	require.Contains(t, text, "handshake")
	for _, k := range []Key{keys.left, keys.right, keys.shared} {
		public, err := k.PublicKey()
		require.NoError(t, err)
		for _, k := range []Key{k, public} {
			require.NotContains(t, text, k.Base64())
			require.NotContains(t, text, k.hex())
		}
	}
}

func TestSessionSurvivesARebind(t *testing.T) {
	l, r, _ := newPair(t, NewBind(), NewBind(), nil)
	at := netip.AddrPortFrom(rightV4, 7)
	echoTCP(t, r.Net, at)
	c, err := l.DialTCP(soon(t), at)
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	require.NoError(t, c.SetDeadline(time.Now().Add(20*time.Second)))
	before, port := l.dev.Stats().LastHandshake, l.dev.ListenPort()
	for range 3 {
		require.NoError(t, l.dev.Rebind())
		require.NoError(t, r.dev.Rebind())
		_, err = c.Write([]byte("still here"))
		require.NoError(t, err)
		_, err = io.ReadFull(c, make([]byte, 10))
		require.NoError(t, err)
	}
	require.Equal(t, before, l.dev.Stats().LastHandshake, "no new handshake")
	require.Equal(t, port, l.dev.ListenPort())
}

// TestRenewAsksAtOnce: WireGuard by itself asks for a session once in 5 s. Flows live on, and counters only grow.
func TestRenewAsksAtOnce(t *testing.T) {
	l, r, _ := newPair(t, NewBind(), NewBind(), nil)
	at := netip.AddrPortFrom(rightV4, 7)
	echoTCP(t, r.Net, at)
	c, err := l.DialTCP(soon(t), at)
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	require.NoError(t, c.SetDeadline(time.Now().Add(20*time.Second)))
	start := time.Now()
	for range 3 {
		before := l.dev.Stats()
		for !l.dev.Stats().LastHandshake.After(before.LastHandshake) { // one that has just begun is left alone
			require.NoError(t, l.dev.Renew())
			_, err = c.Write([]byte("still here"))
			require.NoError(t, err)
			_, err = io.ReadFull(c, make([]byte, 10))
			require.NoError(t, err)
		}
		require.Greater(t, l.dev.Stats().BytesReceived, before.BytesReceived)
	}
	require.Less(t, time.Since(start), 15*time.Second, "three sessions would take WireGuard 15 s by itself")
}

// TestARebindThatFailsCanBeRepeated, and the session is there when a socket is.
func TestARebindThatFailsCanBeRepeated(t *testing.T) {
	var fail atomic.Bool
	b := NewBind()
	l, r, _ := newPair(t, &failingBind{Bind: b, fail: &fail}, NewBind(), nil)
	_, err := l.Ping(soon(t), rightV4)
	require.NoError(t, err)
	before := l.dev.Stats().LastHandshake
	fail.Store(true)
	for range 3 {
		require.ErrorIs(t, l.dev.Rebind(), errNoSocket)
	}
	fail.Store(false)
	require.NoError(t, l.dev.Rebind())
	_, err = l.Ping(soon(t), rightV4)
	require.NoError(t, err)
	require.Equal(t, before, l.dev.Stats().LastHandshake)
	require.NotZero(t, r.dev.Stats().BytesReceived)
	l.dev.Close()
	require.ErrorIs(t, l.dev.Renew(), net.ErrClosed)
}

var errNoSocket = errors.New("no socket")

type failingBind struct {
	conn.Bind
	fail *atomic.Bool
}

func (b *failingBind) Open(port uint16) ([]conn.ReceiveFunc, uint16, error) {
	if b.fail.Load() {
		return nil, 0, errNoSocket
	}
	return b.Bind.Open(port)
}

func TestPeersComeAndGo(t *testing.T) {
	l, r, keys := newPair(t, NewBind(), NewBind(), nil)
	_, err := l.Ping(soon(t), rightV4)
	require.NoError(t, err)
	left, err := keys.left.PublicKey()
	require.NoError(t, err)
	peer := Peer{
		PublicKey: left, PresharedKey: keys.shared,
		AllowedIPs: []netip.Prefix{netip.PrefixFrom(leftV4, 32), netip.PrefixFrom(leftV6, 128)},
	}
	require.NotZero(t, r.dev.Stats().BytesReceived)
	require.NoError(t, r.dev.RemovePeer(left))
	require.NoError(t, r.dev.RemovePeer(left))
	require.Zero(t, r.dev.Stats().BytesReceived)

	require.NoError(t, r.dev.AddPeer(peer))
	right, err := keys.right.PublicKey()
	require.NoError(t, err)
	// The left one does not know yet that its session is gone; taking the peer anew tells it.
	require.NoError(t, l.dev.SetPeers([]Peer{{
		PublicKey: right, PresharedKey: keys.shared, Endpoint: netip.AddrPortFrom(loopback, r.dev.ListenPort()),
		AllowedIPs: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")},
	}}))
	l.dev.PinEndpoints()
	l.dev.SendHandshake()
	_, err = l.Ping(soon(t), rightV4)
	require.NoError(t, err)

	require.Error(t, r.dev.SetPeers([]Peer{{PublicKey: left, AllowedIPs: []netip.Prefix{{}}}}))
	require.Error(t, r.dev.AddPeer(Peer{PublicKey: left, AllowedIPs: []netip.Prefix{{}}}))
	require.NoError(t, r.dev.SetPeers(nil))
	require.Equal(t, Stats{MTU: DefaultMTU}, r.dev.Stats())
}

var loopback = netip.MustParseAddr("127.0.0.1")

func TestWrongConfigurationClosesWhatItWasGiven(t *testing.T) {
	taken, err := net.ListenUDP("udp", nil)
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	n, err := NewNet(NetOptions{Addresses: []netip.Addr{leftV4}})
	require.NoError(t, err)
	_, err = NewDevice(n, NewBind(), &Config{PrivateKey: NewPrivateKey(), ListenPort: taken.LocalAddr().(*net.UDPAddr).AddrPort().Port()}, nil)
	require.ErrorIs(t, err, syscall.EADDRINUSE)
	<-n.done

	n, err = NewNet(NetOptions{Addresses: []netip.Addr{leftV4}})
	require.NoError(t, err)
	_, err = NewDevice(n, NewBind(), &Config{PrivateKey: NewPrivateKey(), Peers: []Peer{{Keepalive: 70000}}}, nil)
	require.Error(t, err)
	<-n.done
}

func TestOwnBindSpeaksWithWireGuardsOwn(t *testing.T) {
	for _, std := range []func() (conn.Bind, conn.Bind){
		func() (conn.Bind, conn.Bind) { return NewBind(), conn.NewDefaultBind() },
		func() (conn.Bind, conn.Bind) { return conn.NewDefaultBind(), NewBind() },
		func() (conn.Bind, conn.Bind) { return NewBind(WithoutOffload()), NewBind() },
		func() (conn.Bind, conn.Bind) { return &plainBind{at: loopback}, NewBind() },
	} {
		a, b := std()
		l, r, _ := newPair(t, a, b, nil)
		at := netip.AddrPortFrom(rightV6, 7)
		echoTCP(t, r.Net, at)
		c, err := l.DialTCP(soon(t), at)
		require.NoError(t, err)
		require.NoError(t, c.SetDeadline(time.Now().Add(20*time.Second)))
		go func() { _, _ = c.Write(make([]byte, 1<<20)) }()
		_, err = io.ReadFull(c, make([]byte, 1<<20))
		require.NoError(t, err)
		_ = c.Close()
		l.dev.Close()
		r.dev.Close()
	}
}

func BenchmarkTunnel(b *testing.B) {
	for _, plain := range []bool{false, true} {
		name, o := "offload", []BindOption(nil)
		if plain {
			name, o = "plain", []BindOption{WithoutOffload()}
		}
		b.Run(name, func(b *testing.B) {
			l, r, _ := newPair(b, NewBind(o...), NewBind(o...), nil)
			at := netip.AddrPortFrom(rightV4, 9)
			listener, err := r.ListenTCP(at)
			require.NoError(b, err)
			var wg sync.WaitGroup
			wg.Go(func() {
				c, err := listener.Accept()
				if err == nil {
					_, _ = io.CopyBuffer(struct{ io.Writer }{io.Discard}, c, make([]byte, 64<<10))
				}
			})
			c, err := l.DialTCP(soon(b), at)
			require.NoError(b, err)
			buf := make([]byte, 64<<10)
			b.SetBytes(int64(len(buf)))
			for b.Loop() {
				if _, err := c.Write(buf); err != nil {
					b.Fatal(err)
				}
			}
			_ = c.Close()
			_ = listener.Close()
			wg.Wait()
		})
	}
}

func TestEndpointIsItsAddress(t *testing.T) {
	e, err := parseEndpoint("[::ffff:192.0.2.1]:5")
	require.NoError(t, err)
	e.ClearSrc()
	require.Equal(t, "192.0.2.1:5", e.DstToString())
	require.Equal(t, netip.MustParseAddr("192.0.2.1"), e.DstIP())
	require.Equal(t, []byte{192, 0, 2, 1, 5, 0}, e.DstToBytes())
	require.Empty(t, e.SrcToString())
	require.False(t, e.SrcIP().IsValid())
}
