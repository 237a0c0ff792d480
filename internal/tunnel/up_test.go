package tunnel

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/proxy"

	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

// tryEcho sends a few bytes through the front and wants them back.
func tryEcho(ctx context.Context, p Proxy, to string) error {
	d, err := proxy.SOCKS5("tcp", p.SOCKS5.String(), nil, proxy.Direct)
	if err != nil {
		return err
	}
	c, err := d.(proxy.ContextDialer).DialContext(ctx, "tcp", to)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if by, ok := ctx.Deadline(); ok {
		_ = c.SetDeadline(by)
	}
	if _, err := io.WriteString(c, "ping"); err != nil {
		return err
	}
	_, err = io.ReadFull(c, make([]byte, 4))
	return err
}

func TestUpAndDownAHundredTimesUnderLoad(t *testing.T) {
	cycles := 100
	if testing.Short() {
		cycles = 10
	}
	far := newFarEnd(t)
	far.name("echo.example", exitV4)
	tu, p := newTunnel(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	var load sync.WaitGroup
	var carried atomic.Int64
	for i := range 3 {
		to := []string{at(exitV4, 7), at(exitV6, 7), "echo.example:7"}[i]
		load.Go(func() { // streams that are in the middle of something when the tunnel goes
			block := make([]byte, 32<<10)
			for ctx.Err() == nil {
				c, err := net.Dial("tcp", p.SOCKS5.String())
				if err != nil {
					return
				}
				stop := context.AfterFunc(ctx, func() { _ = c.Close() })
				d, _ := proxy.SOCKS5("tcp", "", nil, oneConn{c})
				if s, err := d.Dial("tcp", to); err == nil {
					for err == nil {
						if _, err = s.Write(block); err == nil {
							_, err = io.ReadFull(s, block)
							carried.Add(1)
						}
					}
				} else {
					select { // refused: leave the CPU to the others for a moment
					case <-ctx.Done():
					case <-time.After(time.Millisecond):
					}
				}
				stop()
				_ = c.Close()
			}
		})
	}
	for i := range cycles {
		require.NoError(t, tu.Up(ctx, far.config()), i)
		var err error
		for range 3 { // a new stack may choose a port that the far end still has in a flow of an earlier one
			try, done := context.WithTimeout(ctx, 10*time.Second)
			err = tryEcho(try, p, at(exitV4, 7))
			done()
			if err == nil {
				break
			}
		}
		require.NoError(t, err, i)
		if i%3 != 0 { // each third time Up replaces
			tu.Down()
			_, up := tu.Stats()
			require.False(t, up)
		} else {
			cfg := far.config()
			cfg.MTU = 1300 + i
			require.NoError(t, tu.Up(ctx, cfg), i)
		}
	}
	cancel()
	load.Wait()
	assert.Positive(t, carried.Load())
}

// oneConn is a dialer that has dialed already.
type oneConn struct{ net.Conn }

func (o oneConn) Dial(string, string) (net.Conn, error) { return o.Conn, nil }

func TestUpReplacesAndTheProxyNeverRefuses(t *testing.T) {
	first, second := newFarEnd(t), newFarEnd(t)
	second.name("only.second", exitV4)
	tu, p := newTunnel(t, Options{})
	require.NoError(t, tu.Up(t.Context(), first.config()))
	flow, err := dialSocks(t, p, at(exitV4, 7))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	refused := 0
	var asking sync.WaitGroup
	asking.Go(func() { // one request after the other
		for ctx.Err() == nil {
			try, done := context.WithTimeout(ctx, 20*time.Second)
			if err := tryEcho(try, p, at(exitV4, 7)); err != nil && strings.Contains(err.Error(), "general SOCKS") {
				refused++
			}
			done()
		}
	})
	require.NoError(t, tu.Up(t.Context(), second.config()))
	_, err = flow.Read(make([]byte, 1))
	require.ErrorIs(t, err, syscall.ECONNRESET)
	c, err := dialSocks(t, p, "only.second:7")
	require.NoError(t, err)
	requireEcho(t, c)
	cancel()
	asking.Wait()
	assert.LessOrEqual(t, refused, 1, "only the request that was under way in the old tunnel when it went may be refused")
}

func TestTheSameConfigurationAgainChangesNothing(t *testing.T) {
	far := newFarEnd(t)
	tu, p := newTunnel(t, Options{})
	require.NoError(t, tu.Up(t.Context(), far.config()))
	flow, err := dialSocks(t, p, at(exitV4, 7))
	require.NoError(t, err)
	require.NoError(t, tu.Up(t.Context(), far.config()))
	require.NoError(t, tu.Rebind())
	requireEcho(t, flow)
}

func TestUpThatFailsLeavesWhatWasUp(t *testing.T) {
	far := newFarEnd(t)
	tu, p := newTunnel(t, Options{})
	require.NoError(t, tu.Up(t.Context(), far.config()))
	flow, err := dialSocks(t, p, at(exitV4, 7))
	require.NoError(t, err)
	bad := far.config()
	bad.Addresses = nil
	require.ErrorContains(t, tu.Up(t.Context(), bad), "at least one address")
	bad = far.config()
	bad.MTU = 3
	require.ErrorContains(t, tu.Up(t.Context(), bad), "MTU")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, tu.Up(ctx, wgnet.Config{}), context.Canceled)
	requireEcho(t, flow)
}

func TestAFixedListenPortCanBeUsedAgain(t *testing.T) {
	far := newFarEnd(t)
	tu, p := newTunnel(t, Options{})
	require.NoError(t, tu.Up(t.Context(), far.config()))
	cfg := far.config()
	cfg.ListenPort = tu.device().dev.ListenPort()
	cfg.MTU = 1300
	require.NoError(t, tu.Up(t.Context(), cfg))
	require.NoError(t, tryEcho(within(t, 20*time.Second), p, at(exitV4, 7)))
}

// wire is the path between a client and an exit; it can be cut.
type wire struct {
	near *net.UDPConn
	cut  atomic.Bool
}

// newWire puts itself before the exit in cfg.
func newWire(t *testing.T, cfg *wgnet.Config) *wire {
	t.Helper()
	near, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	far, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(cfg.Peers[0].Endpoint))
	require.NoError(t, err)
	w := &wire{near: near}
	var client atomic.Pointer[netip.AddrPort]
	var work sync.WaitGroup
	work.Go(func() {
		b := make([]byte, 64<<10)
		for {
			n, from, err := near.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			client.Store(&from)
			if !w.cut.Load() {
				_, _ = far.Write(b[:n])
			}
		}
	})
	work.Go(func() {
		b := make([]byte, 64<<10)
		for {
			n, err := far.Read(b)
			if err != nil {
				return
			}
			if to := client.Load(); to != nil && !w.cut.Load() {
				_, _ = near.WriteToUDPAddrPort(b[:n], *to)
			}
		}
	})
	t.Cleanup(func() { _ = near.Close(); _ = far.Close(); work.Wait() })
	cfg.Peers[0].Endpoint = addrPortOf(near.LocalAddr())
	return w
}

func TestAnExitThatVanishesIsNoticedWithinFourSeconds(t *testing.T) {
	far := newFarEnd(t)
	cfg := far.config()
	w := newWire(t, &cfg)
	stalls, alive := make(chan StallInfo, 1), make(chan struct{}, 1)
	tu, p := newTunnel(t, Options{
		OnStall: func(i StallInfo) { stalls <- i },
		OnAlive: func() { alive <- struct{}{} },
	})
	require.NoError(t, tu.Up(t.Context(), cfg))
	flow, err := dialSocks(t, p, at(exitV4, 7))
	require.NoError(t, err)
	_, err = io.WriteString(flow, "here")
	require.NoError(t, err)
	_, err = io.ReadFull(flow, make([]byte, 4))
	require.NoError(t, err)

	w.cut.Store(true)
	late := lateness()
	start := time.Now()
	_, err = io.WriteString(flow, "gone")
	require.NoError(t, err)
	ctx := within(t, time.Minute)
	select {
	case i := <-stalls:
		t.Logf("noticed after %s: %+v", time.Since(start).Round(time.Millisecond), i)
		assert.Equal(t, probeMisses, i.Misses)
		took := time.Since(start)
		assert.Less(t, took-late(), 4*time.Second, "in %s, of which a busy machine took its own", took)
	case <-ctx.Done():
		require.Fail(t, "not noticed")
	}
	w.cut.Store(false)
	select {
	case <-alive:
	case <-ctx.Done():
		require.Fail(t, "not noticed that it came back")
	}
	_, err = io.ReadFull(flow, make([]byte, 4))
	require.NoError(t, err, "the flow has lived through it")
}

// lateness begins to measure how much later than asked for this machine does things; the func ends that and gives the sum.
func lateness() (end func() time.Duration) {
	const step = 20 * time.Millisecond
	stop, sum := make(chan struct{}), make(chan time.Duration)
	go func() {
		var late time.Duration
		for {
			from := time.Now()
			t := time.NewTimer(step)
			select {
			case <-t.C:
				late += time.Since(from) - step
			case <-stop:
				t.Stop()
				sum <- late
				return
			}
		}
	}()
	return func() time.Duration { close(stop); return <-sum }
}

func TestTeardownThatHangsIsLeftBehindAndShowsItsStacks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said string
		tu := New(Options{Log: func(l wgnet.Level, text string) { said += fmt.Sprint(l, text) }})
		hang := make(chan struct{})
		start := time.Now()
		tu.within("the test", func() { <-hang })
		assert.Equal(t, teardownTimeout, time.Since(start))
		assert.Contains(t, said, "the test did not close within 10s")
		assert.Contains(t, said, "TestTeardownThatHangs")
		close(hang)
	})
}

func TestAFlowThatDoesNotEndDoesNotKeepTheDeviceUp(t *testing.T) {
	far := newFarEnd(t)
	var said atomic.Int32
	tu, _ := newTunnel(t, Options{Log: func(l wgnet.Level, _ string) {
		if l == wgnet.LevelError {
			said.Add(1)
		}
	}})
	tu.patience = 50 * time.Millisecond
	require.NoError(t, tu.Up(t.Context(), far.config()))
	d := tu.device()
	require.True(t, d.link.enter())
	tu.Down()
	assert.Equal(t, int32(1), said.Load())
	select {
	case <-d.dev.Done():
	default:
		assert.Fail(t, "WireGuard still runs")
	}
	d.link.leave()
}
