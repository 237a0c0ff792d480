//go:build !headless

package main

import (
	"context"
	"os"
	"runtime/debug"
	"time"

	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// settleTime is how long after a change of phase the window has drawn all of it, and what that took is garbage.
const settleTime = 4 * time.Second

// calmTime is how often it is done while nothing changes.
const calmTime = 5 * time.Minute

// spareMemory lets Go collect garbage sooner than it would: a window makes some with each thing it draws and then does
// nothing for hours, while what it holds is small, so the time is not felt and the memory is. GOGC says otherwise.
func spareMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(30)
	}
}

// giveBack gives memory that is not used any more back to the system each time that things have settled down: after the
// start, after each connection and its end, and now and then. Go would keep it for the next time, which may be tomorrow.
func giveBack(ctx context.Context, status bus.Receiver[vpn.Status]) {
	changed := make(chan struct{}, 1)
	phase := vpn.Unknown
	defer status.On(func(s vpn.Status) {
		if s.Phase != phase {
			phase = s.Phase
			select {
			case changed <- struct{}{}:
			default:
			}
		}
	})()
	t := time.NewTimer(settleTime)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
			t.Reset(settleTime)
		case <-t.C:
			debug.FreeOSMemory()
			t.Reset(calmTime) // a graph that runs for hours makes garbage too
		}
	}
}
