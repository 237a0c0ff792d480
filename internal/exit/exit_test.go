package exit

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

var families = []struct {
	name       string
	host, exit netip.Addr
	nowhere    netip.Addr // an ordinary address with nothing behind it
}{
	{"v4", loopV4, exitV4, netip.MustParseAddr("198.51.100.7")},
	{"v6", loopV6, exitV6, netip.MustParseAddr("2001:db8::7")},
}

func TestTCPReachesTheHostAndComesBackWhole(t *testing.T) {
	c := newClient(t, newExit(t, nil))
	for _, fam := range families {
		t.Run(fam.name, func(t *testing.T) {
			needs(t, fam.host)
			conn := c.dial(t, serveTCP(t, fam.host, echoTCP))
			sent := make([]byte, 8<<20)
			_, _ = rand.Read(sent)
			wrote := make(chan error, 1)
			go func() {
				_, err := conn.Write(sent)
				wrote <- errors.Join(err, conn.(interface{ CloseWrite() error }).CloseWrite())
			}()
			got, err := io.ReadAll(conn) // ends only if our end and the echo's end both arrive
			require.NoError(t, err)
			require.NoError(t, <-wrote)
			require.Equal(t, sha256.Sum256(sent), sha256.Sum256(got))
		})
	}
}

func TestEndOfEitherDirectionLeavesTheOtherOpen(t *testing.T) {
	c := newClient(t, newExit(t, nil))
	t.Run("client ends first", func(t *testing.T) {
		conn := c.dial(t, serveTCP(t, loopV4, func(s *net.TCPConn) {
			b, _ := io.ReadAll(s)
			_, _ = s.Write(append(b, " and goodbye"...))
		}))
		_, err := conn.Write([]byte("hello"))
		require.NoError(t, err)
		require.NoError(t, conn.(interface{ CloseWrite() error }).CloseWrite())
		b, err := io.ReadAll(conn)
		require.NoError(t, err)
		require.Equal(t, "hello and goodbye", string(b))
	})
	t.Run("host ends first", func(t *testing.T) {
		got := make(chan string, 1)
		conn := c.dial(t, serveTCP(t, loopV4, func(s *net.TCPConn) {
			_, _ = s.Write([]byte("first"))
			_ = s.CloseWrite()
			b, _ := io.ReadAll(s)
			got <- string(b)
		}))
		b, err := io.ReadAll(conn)
		require.NoError(t, err)
		require.Equal(t, "first", string(b))
		_, err = conn.Write([]byte("still here"))
		require.NoError(t, err)
		require.NoError(t, conn.(interface{ CloseWrite() error }).CloseWrite())
		require.Equal(t, "still here", <-got)
	})
}

func TestResetIsPassedOn(t *testing.T) {
	c := newClient(t, newExit(t, nil))
	conn := c.dial(t, serveTCP(t, loopV4, func(s *net.TCPConn) {
		_, _ = s.Read(make([]byte, 1))
		_ = s.SetLinger(0) // Close resets
	}))
	_, err := conn.Write([]byte("x"))
	require.NoError(t, err)
	_, err = conn.Read(make([]byte, 1))
	require.ErrorContains(t, err, "reset")
}

func TestRefusedConnectionIsRefusedAtTheClient(t *testing.T) {
	c := newClient(t, newExit(t, nil))
	for _, fam := range families {
		t.Run(fam.name, func(t *testing.T) {
			needs(t, fam.host)
			l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(fam.host, 0)))
			require.NoError(t, err)
			dead := l.Addr().(*net.TCPAddr).AddrPort()
			require.NoError(t, l.Close())
			_, err = c.DialTCP(soon(t), dead)
			require.ErrorIs(t, err, syscall.ECONNREFUSED)
		})
	}
}

func TestSilenceAtTheFarEndIsNotARefusal(t *testing.T) {
	e := newExit(t, nil)
	e.patience = time.Nanosecond // so that every far end is too slow
	c := newClient(t, e)
	to := serveTCP(t, loopV4, echoTCP)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	_, err := c.DialTCP(ctx, to)
	require.Error(t, err)
	require.NotErrorIs(t, err, syscall.ECONNREFUSED)
}

func TestDestinationOutsideThePolicyIsNeverDialed(t *testing.T) {
	e := newExit(t, func(o *Options) { o.Allow = nil })
	c := newClient(t, e)
	for _, fam := range families {
		t.Run(fam.name, func(t *testing.T) {
			needs(t, fam.host)
			reached := make(chan struct{}, 8)
			_, err := c.DialTCP(soon(t), serveTCP(t, fam.host, func(*net.TCPConn) { reached <- struct{}{} }))
			require.ErrorIs(t, err, syscall.ECONNREFUSED)

			u, err := c.DialUDP(netip.AddrPort{}, serveUDP(t, fam.host, func(netip.AddrPort, []byte) []byte {
				reached <- struct{}{}
				return nil
			}))
			require.NoError(t, err)
			defer func() { _ = u.Close() }()
			_, err = u.Write([]byte("x"))
			require.NoError(t, err)
			_, err = c.Ping(soon(t), fam.exit) // behind it: packets are taken in order
			require.NoError(t, err)
			flows := e.run.flows
			flows.mu.Lock()
			defer flows.mu.Unlock()
			require.Zero(t, flows.count[flowUDP])
			require.Empty(t, reached)
		})
	}
}

func TestUDPReachesTheHostAndIsAnswered(t *testing.T) {
	c := newClient(t, newExit(t, nil))
	for _, fam := range families {
		t.Run(fam.name, func(t *testing.T) {
			needs(t, fam.host)
			u, err := c.DialUDP(netip.AddrPort{}, serveUDP(t, fam.host, echoUDP))
			require.NoError(t, err)
			defer func() { _ = u.Close() }()
			require.NoError(t, u.SetDeadline(time.Now().Add(20*time.Second)))
			sent, got := make([]byte, 60000), make([]byte, 65535)
			_, _ = rand.Read(sent)
			for _, size := range []int{1, 1200, 1500, 60000} {
				_, err = u.Write(sent[:size])
				require.NoError(t, err)
				n, err := u.Read(got)
				require.NoError(t, err)
				require.True(t, bytes.Equal(sent[:size], got[:n]))
			}
		})
	}
}

// icmpReplies counts the echo replies that reach c.
func (c *client) icmpReplies() func() int {
	var mu sync.Mutex
	n := 0
	f := func(p []byte) bool {
		if p[0]>>4 == 4 && p[9] == 1 && p[20] == 0 || p[0]>>4 == 6 && p[6] == 58 && p[40] == 129 {
			mu.Lock()
			n++
			mu.Unlock()
		}
		return true
	}
	c.seen.Store(&f)
	return func() int { mu.Lock(); defer mu.Unlock(); return n }
}

func TestEchoIsAnsweredForTheExitAlone(t *testing.T) {
	c := newClient(t, newExit(t, nil))
	for _, fam := range families {
		t.Run(fam.name, func(t *testing.T) {
			replies := c.icmpReplies()
			for range 3 {
				ctx, cancel := context.WithCancel(soon(t))
				lost := make(chan error, 1)
				go func() { _, err := c.Ping(ctx, fam.nowhere); lost <- err }()
				// The exit takes packets in order, so a forged answer would come before these.
				for range 5 {
					_, err := c.Ping(soon(t), fam.exit)
					require.NoError(t, err)
				}
				cancel()
				require.ErrorIs(t, <-lost, context.Canceled)
			}
			require.Equal(t, 15, replies())
		})
	}
}

func TestOtherPortsOfTheExitAreClosed(t *testing.T) {
	c := newClient(t, newExit(t, nil))
	for _, fam := range families {
		_, err := c.DialTCP(soon(t), netip.AddrPortFrom(fam.exit, 80))
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
	}
}

func TestClientSpeaksOnlyFromItsOwnAddress(t *testing.T) {
	other := netip.MustParseAddr("10.182.0.9")
	e := newExit(t, nil)
	c := newClient(t, e, clientV4, clientV6, other)
	got := make(chan string, 8)
	to := serveUDP(t, loopV4, func(_ netip.AddrPort, b []byte) []byte { got <- string(b); return b })
	for _, from := range []netip.Addr{other, clientV4} {
		u, err := c.DialUDP(netip.AddrPortFrom(from, 0), to)
		require.NoError(t, err)
		defer func() { _ = u.Close() }()
		_, err = u.Write([]byte(from.String()))
		require.NoError(t, err)
	}
	require.Equal(t, clientV4.String(), <-got)
	require.Empty(t, got)
}

func TestExitStartsWithItsFirstPeerAndEndsWithItsLast(t *testing.T) {
	e := newExit(t, nil)
	require.False(t, e.Running())
	require.Zero(t, e.Endpoint().Port())
	one, two := newClient(t, e), newClient(t, e, netip.MustParseAddr("10.182.0.3"), netip.MustParseAddr("fd82::3"))
	at := e.Endpoint()
	require.NotZero(t, at.Port())

	// The flows of other peers go on.
	stays := two.dial(t, serveTCP(t, loopV4, echoTCP))
	e.RemovePeer(one.public)
	require.True(t, e.Running())
	_, err := stays.Write([]byte("x"))
	require.NoError(t, err)
	_, err = io.ReadFull(stays, make([]byte, 1))
	require.NoError(t, err)

	e.RemovePeer(one.public) // unknown now
	e.RemovePeer(two.public)
	require.False(t, e.Running())

	again := newClient(t, e)
	require.Equal(t, at, e.Endpoint(), "a restarted exit is where it was")
	_, err = again.Ping(soon(t), exitV4)
	require.NoError(t, err)
	s, ok := e.Stats()
	require.True(t, ok)
	require.NotZero(t, s.BytesReceived)

	e.Close()
	e.Close()
	require.False(t, e.Running())
	require.ErrorIs(t, e.AddPeer(again.public, []netip.Prefix{whole(clientV4)}), net.ErrClosed)
}

func TestRemovedPeersFlowsEndAtTheHost(t *testing.T) {
	e := newExit(t, nil)
	one := newClient(t, e)
	_ = newClient(t, e, netip.MustParseAddr("10.182.0.3"), netip.MustParseAddr("fd82::3"))
	ended := make(chan error, 1)
	conn := one.dial(t, serveTCP(t, loopV4, func(s *net.TCPConn) {
		_, _ = s.Write([]byte("x"))
		_, err := s.Read(make([]byte, 1))
		ended <- err
	}))
	_, err := conn.Read(make([]byte, 1))
	require.NoError(t, err)
	e.RemovePeer(one.public)
	require.ErrorIs(t, <-ended, syscall.ECONNRESET)
}

func TestFlowsFromAnAddressThatAPeerLostEnd(t *testing.T) {
	e := newExit(t, nil)
	c := newClient(t, e)
	ended := make(chan error, 1)
	conn := c.dial(t, serveTCP(t, loopV4, func(s *net.TCPConn) {
		_, _ = s.Write([]byte("x"))
		_, err := s.Read(make([]byte, 1))
		ended <- err
	}))
	_, err := conn.Read(make([]byte, 1))
	require.NoError(t, err)
	require.NoError(t, e.AddPeer(c.public, []netip.Prefix{whole(clientV4), whole(clientV6)}))
	require.Empty(t, ended, "the same addresses again change nothing")
	require.NoError(t, e.AddPeer(c.public, []netip.Prefix{whole(clientV6)}))
	require.ErrorIs(t, <-ended, syscall.ECONNRESET)
}

func TestExitClosesWhenIdle(t *testing.T) {
	idle := make(chan struct{})
	e := newExit(t, func(o *Options) { o.Idle = 50 * time.Millisecond; o.OnIdle = func() { close(idle) } })
	public, err := wgnet.NewPrivateKey().PublicKey()
	require.NoError(t, err)
	require.NoError(t, e.AddPeer(public, []netip.Prefix{whole(clientV4)}))
	<-idle
	require.False(t, e.Running())
}

func TestHandshakeKeepsAnExitOpen(t *testing.T) {
	e := newExit(t, func(o *Options) { o.Idle = time.Hour })
	c := newClient(t, e)
	_, err := c.Ping(soon(t), exitV4)
	require.NoError(t, err)
	e.mu.Lock()
	e.run.used = time.Now().Add(-2 * time.Hour) // the peer is old, its handshake is not
	r := e.run
	e.mu.Unlock()
	left, closed := e.closeIfIdle(r)
	require.False(t, closed)
	require.InDelta(t, time.Hour, left, float64(time.Minute))
}

func TestWrongPeersAreRefused(t *testing.T) {
	e := newExit(t, nil)
	public, err := wgnet.NewPrivateKey().PublicKey()
	require.NoError(t, err)
	require.Error(t, e.AddPeer(public, nil))
	require.Error(t, e.AddPeer(public, []netip.Prefix{{}}))
	require.Error(t, e.AddPeer(public, []netip.Prefix{whole(exitV4)}))
	require.Error(t, e.AddPeer(public, []netip.Prefix{netip.MustParsePrefix("::/0")}))
	require.False(t, e.Running())
}

func TestExitWithWrongOptionsSaysSoAtTheFirstPeer(t *testing.T) {
	public, err := wgnet.NewPrivateKey().PublicKey()
	require.NoError(t, err)
	e := New(Options{PrivateKey: wgnet.NewPrivateKey()})
	defer e.Close()
	require.ErrorContains(t, e.AddPeer(public, []netip.Prefix{whole(clientV4)}), "address")

	taken, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopV4, 0)))
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	e = newExit(t, func(o *Options) { o.Address = taken.LocalAddr().(*net.UDPAddr).AddrPort() })
	require.ErrorIs(t, e.AddPeer(public, []netip.Prefix{whole(clientV4)}), syscall.EADDRINUSE)
}

func TestCloseDoesNotWaitForHandshakes(t *testing.T) {
	e := newExit(t, nil)
	c := newClient(t, e)
	answered := make(chan struct{}, 64)
	deaf := func(p []byte) bool {
		if p[0]>>4 == 4 && p[9] == 6 { // the exit's SYN-ACK never arrives
			answered <- struct{}{}
			return false
		}
		return true
	}
	c.seen.Store(&deaf)
	ctx, cancel := context.WithCancel(soon(t))
	failed := make(chan error, 1)
	to := serveTCP(t, loopV4, echoTCP)
	go func() { _, err := c.DialTCP(ctx, to); failed <- err }()
	<-answered
	start := time.Now()
	e.Close()
	require.Less(t, time.Since(start), 5*time.Second)
	cancel()
	require.Error(t, <-failed)
}

func TestCloseDoesNotWaitForDials(t *testing.T) {
	e := newExit(t, nil)
	c := newClient(t, e)
	go func() { _, _ = c.DialTCP(soon(t), netip.MustParseAddrPort("198.51.100.9:1")) }() // nobody answers there
	for {
		_, err := c.Ping(soon(t), exitV4)
		require.NoError(t, err)
		f := e.run.flows
		f.mu.Lock()
		n := f.count[flowTCP]
		f.mu.Unlock()
		if n > 0 {
			break
		}
	}
	start := time.Now()
	e.Close()
	require.Less(t, time.Since(start), 5*time.Second)
	c.dev.Close()
}

func TestCloseUnderLoadEndsEverything(t *testing.T) {
	sink := serveTCP(t, loopV4, func(s *net.TCPConn) { _, _ = io.Copy(io.Discard, s) })
	source := serveTCP(t, loopV4, func(s *net.TCPConn) {
		b := make([]byte, 64<<10)
		for {
			if _, err := s.Write(b); err != nil {
				return
			}
		}
	})
	udp := serveUDP(t, loopV4, echoUDP)
	for range 10 {
		e := newExit(t, nil)
		c := newClient(t, e)
		var wg sync.WaitGroup
		moving := make(chan struct{}, 64)
		up, down := c.dial(t, sink), c.dial(t, source)
		wg.Go(func() {
			b := make([]byte, 64<<10)
			for {
				if _, err := up.Write(b); err != nil {
					return
				}
				select {
				case moving <- struct{}{}:
				default:
				}
			}
		})
		wg.Go(func() { _, _ = io.Copy(io.Discard, down) })
		u, err := c.DialUDP(netip.AddrPort{}, udp)
		require.NoError(t, err)
		wg.Go(func() {
			for {
				if _, err := u.Write([]byte("x")); err != nil {
					return
				}
				if _, err := u.Read(make([]byte, 8)); err != nil {
					return
				}
			}
		})
		for range 20 {
			<-moving
		}
		e.Close()
		_ = u.Close()
		c.dev.Close()
		wg.Wait()
	}
}
