//go:build !linux

package uplink

import "time"

// clocks tells sleep by the time of day, which goes on in it. That somebody has set the clock looks the same, and costs a
// handshake.
func clocks() func() time.Duration {
	start := time.Now()
	awake := func() time.Duration { return time.Since(start) }
	always := func() time.Duration { return time.Now().Round(0).Sub(start.Round(0)) }
	return sleepBy(awake, always, 5*time.Second)
}
