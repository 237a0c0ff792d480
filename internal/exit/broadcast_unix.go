//go:build unix

package exit

import "syscall"

// withoutBroadcast takes back what package net allows every UDP socket: then the kernel refuses broadcast addresses,
// also those that no interface tells of.
func withoutBroadcast(_, _ string, c syscall.RawConn) error {
	var set error
	if err := c.Control(func(fd uintptr) {
		set = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_BROADCAST, 0)
	}); err != nil {
		return err
	}
	return set
}
