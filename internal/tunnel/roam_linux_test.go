package tunnel

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/mysteriumvpn/desktop/internal/uplink"
	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

const roamChildEnv = "TUNNEL_ROAM_CHILD"

// alone runs the test again in a child with a network of its own, and reports whether this is it.
func alone(t *testing.T) bool {
	t.Helper()
	if os.Getenv(roamChildEnv) != "" {
		loopbackUp(t)
		return true
	}
	if os.Getuid() != 0 {
		t.Skip("needs root, for network namespaces of its own")
	}
	cmd := exec.CommandContext(within(t, 2*time.Minute), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=110s")
	cmd.Env = append(os.Environ(), roamChildEnv+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Skipf("no namespaces here: %v", err)
	}
	require.NoError(t, err, "%s", out)
	t.Logf("%s", out)
	return false
}

// land is a thread in a network namespace of its own.
type land struct {
	tid  int
	work chan func()
}

func newLand(t *testing.T) *land {
	l := &land{work: make(chan func())}
	ready := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		err := unix.Unshare(unix.CLONE_NEWNET)
		l.tid = unix.Gettid()
		ready <- err
		for f := range l.work {
			f()
		}
	}()
	require.NoError(t, <-ready)
	t.Cleanup(func() { close(l.work) })
	return l
}

// in runs f there; sockets that it opens stay there.
func (l *land) in(f func()) {
	done := make(chan struct{})
	l.work <- func() { defer close(done); f() }
	<-done
}

func (l *land) ip(t *testing.T, lines ...string) {
	t.Helper()
	l.in(func() { ip(t, lines...) })
}

func ip(t *testing.T, lines ...string) {
	t.Helper()
	for _, line := range lines {
		out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput()
		assert.NoError(t, err, "ip %s: %s", line, out)
	}
}

var exitAt = netip.MustParseAddr("203.0.113.2") // where the exit is, on the internet behind both uplinks

// shore is an exit in a namespace, of our own parts: upstream's stack opens its socket from any thread, and so anywhere.
type shore struct {
	net             *wgnet.Net
	dev             *wgnet.Device
	client, private wgnet.Key
	port            uint16
	work            sync.WaitGroup
	deaf            atomic.Bool // to IPv4's ICMP
}

func newShore(t *testing.T, in *land) *shore {
	s := &shore{client: wgnet.NewPrivateKey(), private: wgnet.NewPrivateKey()}
	n, err := wgnet.NewNet(wgnet.NetOptions{Addresses: []netip.Addr{exitV4}, Filter: func(p []byte) bool {
		return !s.deaf.Load() || len(p) < 20 || p[9] != 1
	}})
	require.NoError(t, err)
	s.net = n
	in.in(func() {
		s.dev, err = wgnet.NewDevice(n, wgnet.NewBind(wgnet.CutBy(wgnet.RoutersCut)), &wgnet.Config{PrivateKey: s.private, Peers: []wgnet.Peer{s.peer()}}, nil)
	})
	require.NoError(t, err)
	s.port = s.dev.ListenPort()
	t.Cleanup(func() { s.dev.Close(); s.work.Wait() })
	s.listen(t, 7, func(c net.Conn) { _, _ = io.Copy(c, c) })
	return s
}

// peer is the client, as the exit knows it.
func (s *shore) peer() wgnet.Peer {
	public, _ := s.client.PublicKey()
	return wgnet.Peer{PublicKey: public, AllowedIPs: []netip.Prefix{netip.PrefixFrom(ourV4, 32)}}
}

func (s *shore) config() wgnet.Config {
	public, _ := s.private.PublicKey()
	return wgnet.Config{
		PrivateKey: s.client, Addresses: []netip.Prefix{netip.PrefixFrom(ourV4, 24)}, DNS: []netip.Addr{exitV4},
		Peers: []wgnet.Peer{{
			PublicKey: public, Endpoint: netip.AddrPortFrom(exitAt, s.port), AllowedIPs: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")},
		}},
	}
}

// listen serves a port at the exit until the exit closes.
func (s *shore) listen(t *testing.T, port uint16, serve func(net.Conn)) {
	l, err := s.net.ListenTCP(netip.AddrPortFrom(exitV4, port))
	require.NoError(t, err)
	var open sync.Map
	t.Cleanup(func() {
		_ = l.Close()
		open.Range(func(c, _ any) bool { _ = c.(net.Conn).SetDeadline(time.Unix(1, 0)); return true })
	})
	s.work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open.Store(c, nil)
			_ = c.SetDeadline(time.Now().Add(time.Minute))
			s.work.Go(func() { defer func() { _ = c.Close() }(); serve(c) })
		}
	})
}

// roaming is a computer with two uplinks, wlan and lan, of which wlan is up, and an exit behind both.
type roaming struct {
	*shore
	behind  *land
	tunnel  *Tunnel
	proxy   Proxy
	changes chan uplink.Change // what is put in here the tunnel hears, beside the kernel's own
	stalls  chan StallInfo
}

func newRoaming(t *testing.T) *roaming {
	r := &roaming{behind: newLand(t), changes: make(chan uplink.Change), stalls: make(chan StallInfo, 10)}
	ip(t, fmt.Sprintf("link add wlan type veth peer name ap netns %d", r.behind.tid), fmt.Sprintf("link add lan type veth peer name switch netns %d", r.behind.tid),
		"link set wlan up", "addr add 192.0.2.7/24 dev wlan", "route add default via 192.0.2.1")
	r.behind.ip(t, "link set lo up", "addr add 203.0.113.2/32 dev lo", "link set ap up", "link set switch up",
		"addr add 192.0.2.1/24 dev ap", "addr add 198.51.100.1/24 dev switch",
		"route replace 192.0.2.0/24 dev ap src 203.0.113.2", "route replace 198.51.100.0/24 dev switch src 203.0.113.2")
	r.shore = newShore(t, r.behind)
	r.tunnel, r.proxy = newTunnel(t, Options{
		Log:     func(_ wgnet.Level, text string) { t.Log(time.Now().Format("05.000"), text) },
		OnStall: func(i StallInfo) { r.stalls <- i },
		watch: func(ctx context.Context, own string, tell func(uplink.Change)) error {
			var one sync.Mutex
			safe := func(c uplink.Change) { one.Lock(); defer one.Unlock(); tell(c) }
			var more sync.WaitGroup
			more.Go(func() {
				for {
					select {
					case c := <-r.changes:
						safe(c)
					case <-ctx.Done():
						return
					}
				}
			})
			defer more.Wait()
			return uplink.Watch(ctx, own, safe)
		},
	})
	return r
}

// await asks until it is so.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	for ctx := within(t, 20*time.Second); !so(); {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			require.Fail(t, "it did not come to that", what)
		}
	}
}

func (r *roaming) waits(t *testing.T) {
	t.Helper()
	await(t, "the tunnel waits for a network", r.tunnel.device().roam.away.Load)
}

// goesOn sends some bytes there and back, and leaves the flow open.
func goesOn(t *testing.T, flow net.Conn) {
	t.Helper()
	require.NoError(t, flow.SetDeadline(time.Now().Add(20*time.Second)))
	_, err := io.WriteString(flow, "hello")
	require.NoError(t, err)
	_, err = io.ReadFull(flow, make([]byte, 5))
	require.NoError(t, err)
}

// back measures how long it takes from now until bytes pass again, through a new connection and in flow, which was open
// before.
func (r *roaming) back(t *testing.T, what string, flow net.Conn) {
	t.Helper()
	start := time.Now()
	t.Log(start.Format("05.000"), what)
	for {
		try, done := context.WithTimeout(t.Context(), time.Second)
		err := tryEcho(try, r.proxy, at(exitV4, 7))
		done()
		if err == nil {
			break
		}
		require.Less(t, time.Since(start), 20*time.Second, "%s: %v", what, err)
	}
	first := time.Since(start)
	goesOn(t, flow)
	t.Logf("%s: traffic passes %s after the network's return; the flow that was open goes on after %s", what, first.Round(time.Millisecond), time.Since(start).Round(time.Millisecond))
	require.Less(t, first, 20*time.Second, what)
}

// TestTheTunnelLivesThroughChangesOfTheNetwork: links that go down and up, another address, another uplink, a sleep after
// which the exit has forgotten us. The device stays, flows inside live on, and the exit is not declared dead meanwhile.
func TestTheTunnelLivesThroughChangesOfTheNetwork(t *testing.T) {
	if !alone(t) {
		return
	}
	r := newRoaming(t)
	r.listen(t, 9, func(c net.Conn) { // a word now and then, and it wants no answer
		for tick := time.NewTicker(20 * time.Millisecond); ; <-tick.C {
			if _, err := c.Write(make([]byte, 200)); err != nil {
				tick.Stop()
				return
			}
		}
	})
	require.NoError(t, r.tunnel.Up(t.Context(), r.config()))
	device := r.tunnel.device()
	flow, err := dialSocks(t, r.proxy, at(exitV4, 7))
	require.NoError(t, err)
	goesOn(t, flow)

	ip(t, "link set wlan down")
	r.waits(t)
	ip(t, "link set wlan up", "route add default via 192.0.2.1")
	r.back(t, "link down and up", flow)

	// Long enough for three misses, while a program goes on asking.
	ip(t, "link set wlan down")
	r.waits(t)
	for patience := within(t, 5*time.Second); patience.Err() == nil; {
		require.Error(t, tryEcho(patience, r.proxy, at(exitV4, 7)))
	}
	ip(t, "link set wlan up", "route add default via 192.0.2.1")
	r.back(t, "five seconds without a network", flow)

	ip(t, "addr del 192.0.2.7/24 dev wlan", "addr add 192.0.2.99/24 dev wlan", "route add default via 192.0.2.1")
	r.back(t, "another address", flow)

	ip(t, "link set lan up", "addr add 198.51.100.7/24 dev lan", "route replace default via 198.51.100.1", "link set wlan down")
	r.back(t, "another uplink", flow)

	// The exit forgets the session, as after hours, and our clock has not moved.
	require.NoError(t, r.dev.RemovePeer(r.peer().PublicKey))
	require.NoError(t, r.dev.AddPeer(r.peer()))
	r.changes <- uplink.Change{Slept: 8 * time.Hour}
	r.back(t, "a sleep of hours", flow)

	// Who only receives says nothing by which the exit could learn where we are now.
	pushed, err := dialSocks(t, r.proxy, at(exitV4, 9))
	require.NoError(t, err)
	defer func() { _ = pushed.Close() }()
	require.NoError(t, pushed.SetDeadline(time.Now().Add(20*time.Second)))
	buf := make([]byte, 4<<10)
	_, err = pushed.Read(buf)
	require.NoError(t, err)
	ip(t, "addr del 198.51.100.7/24 dev lan", "addr add 198.51.100.99/24 dev lan", "route add default via 198.51.100.1")
	start, was := time.Now(), r.tunnel.device().dev.Stats().BytesReceived
	await(t, "the exit sends to the new address", func() bool { return r.tunnel.device().dev.Stats().BytesReceived > was+2000 })
	_, err = pushed.Read(buf)
	require.NoError(t, err)
	t.Logf("another address while a program only receives: %s", time.Since(start).Round(time.Millisecond))

	assert.Same(t, device, r.tunnel.device(), "one device all the time")
	assert.Empty(t, r.stalls, "the network's loss is not the exit's")
}
