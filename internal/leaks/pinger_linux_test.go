package leaks

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// pinger sends a probe of some kind about a thousand times a second, whatever happens, until it is stopped.
type pinger struct {
	stop  chan struct{}
	ended chan struct{}
	sent  int // readable after end
}

func (w *world) ping(t testing.TB) *pinger {
	p := &pinger{stop: make(chan struct{}), ended: make(chan struct{})}
	list := probes()
	ns, err := os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", w.client.tid))
	require.NoError(t, err)
	ready := make(chan error)
	go func() {
		defer close(p.ended)
		defer ns.Close()
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET)
		ready <- err
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-p.stop:
				return
			case <-tick.C:
				_ = list[p.sent%len(list)].fire(w.clientPort)
				p.sent++
			}
		}
	}()
	require.NoError(t, <-ready)
	t.Cleanup(p.end)
	return p
}

// end stops it; what it has sent is in sent then. Twice is fine.
func (p *pinger) end() {
	select {
	case <-p.ended:
	default:
		close(p.stop)
		<-p.ended
	}
}
