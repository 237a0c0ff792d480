//go:build !linux

package tunnel

import "runtime"

// usage has no CPU time here, and memory only as Go sees it.
func usage() benchUsage {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return benchUsage{RSS: int64(m.Sys)}
}
