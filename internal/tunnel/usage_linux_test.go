package tunnel

import (
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// usage is what this process has used so far, and the memory that it holds now.
func usage() benchUsage {
	var u unix.Rusage
	must(unix.Getrusage(unix.RUSAGE_SELF, &u))
	b, err := os.ReadFile("/proc/self/status")
	must(err)
	var kb int64
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			_, err := fmt.Sscan(v, &kb)
			must(err)
		}
	}
	return benchUsage{CPU: time.Duration(u.Utime.Nano() + u.Stime.Nano()), RSS: kb << 10}
}
