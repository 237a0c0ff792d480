package tunnel

import (
	"net"

	"golang.org/x/sys/unix"
)

// markOf reads the mark of a socket, which everybody may; 0 = it has none.
func markOf(c *net.UDPConn) (mark uint32) {
	rc, err := c.SyscallConn()
	if err != nil {
		return 0
	}
	_ = rc.Control(func(fd uintptr) {
		if n, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_MARK); err == nil {
			mark = uint32(n) //nolint:gosec // the kernel's mark is 32 bits without a sign
		}
	})
	return mark
}
