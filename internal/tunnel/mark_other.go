//go:build !linux

package tunnel

import "net"

// markOf is 0: marks are Linux's.
func markOf(*net.UDPConn) uint32 { return 0 }
