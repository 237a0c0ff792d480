package leaks

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	sinkPort   = 1 // takes all that comes
	sourcePort = 2 // sends as much as it can
	echoPort   = 9 // answers each datagram
)

// playLoad is one end of a load: it serves at an address, or sends to one or receives from it by some TCP connections.
func playLoad() {
	var moved atomic.Int64
	var open []net.Conn
	block := func(c net.Conn, do func([]byte) (int, error)) {
		defer func() { _ = c.Close() }()
		for b := make([]byte, 256<<10); ; {
			n, err := do(b)
			moved.Add(int64(n))
			if err != nil {
				return
			}
		}
	}
	serve := func(at string, port int, do func(net.Conn) func([]byte) (int, error)) error {
		l, err := net.Listen("tcp", net.JoinHostPort(at, strconv.Itoa(port)))
		if err != nil {
			return err
		}
		go func() {
			for {
				c, err := l.Accept()
				check(err)
				go block(c, do(c))
			}
		}()
		return nil
	}
	reading := func(c net.Conn) func([]byte) (int, error) { return c.Read }
	answers(func(w []string) (string, error) {
		switch w[0] {
		case "serve": // serve ADDRESS
			if err := serve(w[1], sinkPort, reading); err != nil {
				return "", err
			}
			if err := serve(w[1], sourcePort, func(c net.Conn) func([]byte) (int, error) {
				return func(b []byte) (int, error) { _, err := c.Write(b); return 0, err }
			}); err != nil {
				return "", err
			}
			return "", answerAll(netip.AddrPortFrom(netip.MustParseAddr(w[1]), echoPort))
		case "begin": // begin up|down STREAMS ADDRESS
			port := map[string]int{"up": sinkPort, "down": sourcePort}[w[1]]
			streams, err := strconv.Atoi(w[2])
			if err != nil {
				return "", err
			}
			for range streams {
				c, err := net.DialTimeout("tcp", net.JoinHostPort(w[3], strconv.Itoa(port)), patience)
				if err != nil {
					return "", err
				}
				open = append(open, c)
				if w[1] == "up" {
					go block(c, func(b []byte) (int, error) { _, err := c.Write(b); return 0, err })
				} else {
					go block(c, c.Read)
				}
			}
			return "", nil
		case "moved": // how many bytes this end has received so far
			return strconv.FormatInt(moved.Load(), 10), nil
		case "end":
			for _, c := range open {
				_ = c.(*net.TCPConn).SetLinger(0)
				_ = c.Close()
			}
			open = nil
			return "", nil
		}
		return "", fmt.Errorf("no %q", w[0])
	})
}

// answerAll sends each datagram's sender the address that was seen.
func answerAll(at netip.AddrPort) error {
	u, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	if err != nil {
		return err
	}
	go func() {
		b := make([]byte, 2000)
		for {
			_, from, err := u.ReadFromUDPAddrPort(b)
			check(err)
			_, _ = u.WriteToUDPAddrPort([]byte(from.Addr().Unmap().String()), from)
		}
	}()
	return nil
}

// echoes asks an address again and again and keeps the times of the answers.
type echoes struct {
	stop func()

	mu    sync.Mutex
	heard []time.Time
	more  chan struct{} // closed and replaced with each answer
}

// listenToEchoes asks to from the client, so many times a second.
func (w *world) listenToEchoes(t testing.TB, to netip.AddrPort, hertz int) *echoes {
	t.Helper()
	e := &echoes{more: make(chan struct{})}
	var u *net.UDPConn
	var err error
	w.client.in(func() { u, err = net.ListenUDP("udp4", nil) })
	require.NoError(t, err)
	var parts sync.WaitGroup
	end := make(chan struct{})
	parts.Go(func() {
		tick := time.NewTicker(time.Second / time.Duration(hertz))
		defer tick.Stop()
		for {
			select {
			case <-end:
				return
			case <-tick.C:
				_, _ = u.WriteToUDPAddrPort([]byte("?"), to) // that there is no way, or that it is blocked, is told so
			}
		}
	})
	parts.Go(func() {
		b := make([]byte, 100)
		for {
			if _, _, err := u.ReadFromUDPAddrPort(b); err != nil {
				return
			}
			e.mu.Lock()
			e.heard = append(e.heard, time.Now())
			close(e.more)
			e.more = make(chan struct{})
			e.mu.Unlock()
		}
	})
	e.stop = sync.OnceFunc(func() { close(end); _ = u.Close(); parts.Wait() })
	t.Cleanup(e.stop)
	return e
}

// after waits for the first answer since at.
func (e *echoes) after(t testing.TB, at time.Time) time.Time {
	t.Helper()
	late := time.NewTimer(2 * patience)
	defer late.Stop()
	for {
		e.mu.Lock()
		heard, more := e.heard, e.more
		e.mu.Unlock()
		if n := len(heard); n > 0 && heard[n-1].After(at) {
			for n > 1 && heard[n-2].After(at) {
				n--
			}
			return heard[n-1]
		}
		select {
		case <-more:
		case <-late.C:
			require.Fail(t, "no answer", "in %s", 2*patience)
		}
	}
}

// silence is the longest time without an answer that reaches into the time from at on.
func (e *echoes) silence(at time.Time) time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	var longest time.Duration
	for i := 1; i < len(e.heard); i++ {
		if e.heard[i].After(at) {
			longest = max(longest, e.heard[i].Sub(e.heard[i-1]))
		}
	}
	return longest
}
