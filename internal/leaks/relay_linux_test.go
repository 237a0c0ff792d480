package leaks

import (
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/netd/wire"
)

// relay is a bad path to an exit, for kernels that have no netem: datagrams either way are late, and some are lost.
type relay struct {
	loss  float64
	delay time.Duration

	mu     sync.Mutex
	rand   *rand.Rand
	passed int
	lost   int
}

// begin opens the path in s: what comes to at goes to the exit, and its answers come back from at.
func (r *relay) begin(t testing.TB, s *space, at, exit netip.AddrPort) {
	t.Helper()
	var front, back *net.UDPConn
	var err error
	s.in(func() {
		if front, err = net.ListenUDP("udp4", net.UDPAddrFromAddrPort(at)); err == nil {
			back, err = net.ListenUDP("udp4", nil)
		}
	})
	require.NoError(t, err)
	var mu sync.Mutex
	var client netip.AddrPort // there is one
	var parts, late sync.WaitGroup
	carry := func(in, out *net.UDPConn, to func(from netip.AddrPort) netip.AddrPort) {
		for b := make([]byte, 1<<16); ; {
			n, from, err := in.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			if r.drops() {
				continue
			}
			data, goal := append([]byte(nil), b[:n]...), to(from)
			late.Add(1)
			time.AfterFunc(r.delay, func() { defer late.Done(); _, _ = out.WriteToUDPAddrPort(data, goal) })
		}
	}
	parts.Go(func() {
		carry(front, back, func(from netip.AddrPort) netip.AddrPort {
			mu.Lock()
			defer mu.Unlock()
			client = from
			return exit
		})
	})
	parts.Go(func() {
		carry(back, front, func(netip.AddrPort) netip.AddrPort {
			mu.Lock()
			defer mu.Unlock()
			return client
		})
	})
	t.Cleanup(func() { _ = front.Close(); _ = back.Close(); parts.Wait(); late.Wait() })
}

func (r *relay) drops() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rand.Float64() < r.loss {
		r.lost++
		return true
	}
	r.passed++
	return false
}

// 28: over a path that loses a twentieth of all datagrams and takes 100 ms each way, connections come about, traffic
// passes, and the rules hold through switches and the ends of app and helper.
func TestRulesHoldOverABadPath(t *testing.T) {
	w := newWorld(t)
	s := &storm{world: w, t: t, opened: make(chan string, 100), kills: map[string]int{}}
	s.begin()
	r := &relay{loss: 0.05, delay: 100 * time.Millisecond, rand: rand.New(rand.NewPCG(1, 2))} //nolint:gosec // the same each time
	viaA, viaB := netip.MustParseAddrPort("203.0.113.2:51900"), netip.MustParseAddrPort("203.0.113.3:51900")
	r.begin(t, w.inet, viaA, entryA)
	r.begin(t, w.inet, viaB, entryB)
	s.app = w.newProgram(t)
	s.app.atExit(t, "CH", entryA, viaA)
	s.app.atExit(t, "DE", entryB, viaB)
	s.app.start(t)
	s.shots = w.fireAtWill(t, w.newBox(t))
	s.requireEachSeen("nobody is connected")
	from := w.seen.len()

	echo := w.listenToEchoes(t, netip.AddrPortFrom(behind4, echoPort), 20)
	requirePassing := func() {
		t.Helper()
		for range 10 {
			echo.after(t, time.Now())
		}
		var c net.Conn
		var err error
		w.client.in(func() { c, err = net.DialTimeout("tcp", netip.AddrPortFrom(site4, 80).String(), patience) })
		require.NoError(t, err)
		defer func() { _ = c.Close() }()
		require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
		b := make([]byte, 100)
		n, err := c.Read(b)
		require.NoError(t, err)
		assert.Equal(t, entryA.Addr().String()+"\n", string(b[:n]), "the site sees the exit")
	}
	s.reach("CH")
	requirePassing()
	s.reach("DE")
	requirePassing()
	s.app.kill()
	w.until(t, wire.Blocked)
	s.shots.more(t, 50)
	s.app.start(t)
	s.reach("CH")
	requirePassing()
	w.netd.kill()
	s.shots.more(t, 50)
	s.begin()
	w.until(t, wire.Blocked)
	s.app.until(t, "it knows", func(n *state) bool { return n.Phase == "blocked" })
	s.reach("DE")
	requirePassing()
	s.disconnect()
	w.barrier(t)
	v := s.shots.judge(w.seen.since(from), &s.shutter, viaA, viaB)
	require.Empty(t, v.foreign)
	require.Empty(t, s.opened)
	s.requireEachSeen("nobody is connected any more")
	r.mu.Lock()
	defer r.mu.Unlock()
	t.Logf("%d datagrams passed, %d were lost; %d frames, %d of WireGuard, %d foreign; %d connects tried again", r.passed, r.lost, v.frames, v.wireguard, len(v.foreign), s.retries)
}
