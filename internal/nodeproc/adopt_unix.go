//go:build unix

package nodeproc

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

func terminateOther(p *os.Process) error { return p.Signal(unix.SIGTERM) }

// pollGone asks twice a second whether the process is still there. False: it was not there to begin with, or ctx ended.
func pollGone(ctx context.Context, pid int, watched func()) bool {
	there := func() bool { return !errors.Is(unix.Kill(pid, 0), unix.ESRCH) }
	found := there()
	watched()
	if !found {
		return false
	}
	for wait(ctx, 500*time.Millisecond) {
		if !there() {
			return true
		}
	}
	return false
}
