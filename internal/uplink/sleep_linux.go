package uplink

import (
	"time"

	"golang.org/x/sys/unix"
)

// clocks tells sleep by the clock that goes on in it. logind would tell a moment sooner, where it runs.
func clocks() func() time.Duration {
	read := func(id int32) func() time.Duration {
		return func() time.Duration {
			var ts unix.Timespec
			_ = unix.ClockGettime(id, &ts) // these two always are
			return time.Duration(ts.Nano())
		}
	}
	return sleepBy(read(unix.CLOCK_MONOTONIC), read(unix.CLOCK_BOOTTIME), sleepLeast)
}
