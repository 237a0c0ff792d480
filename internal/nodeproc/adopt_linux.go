package nodeproc

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// awaitGone waits for the end of a process that is not our child. False: it was not there to begin with, or ctx ended.
// watched is called once, when its end can be missed no more, or it is clear that it will be.
func awaitGone(ctx context.Context, pid int, watched func()) bool {
	fd, err := unix.PidfdOpen(pid, unix.PIDFD_NONBLOCK)
	switch {
	case errors.Is(err, unix.ESRCH):
		watched()
		return false
	case err != nil: // Linux before 5.10, or forbidden
		return pollGone(ctx, pid, watched)
	}
	f := os.NewFile(uintptr(fd), "pidfd") // non-blocking, so it goes to the runtime's poller
	defer func() { _ = f.Close() }()
	if f.SetReadDeadline(time.Time{}) != nil {
		return pollGone(ctx, pid, watched)
	}
	watched()
	stop := context.AfterFunc(ctx, func() { _ = f.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	conn, err := f.SyscallConn()
	if err != nil {
		return pollGone(ctx, pid, func() {})
	}
	ended := false
	err = conn.Read(func(fd uintptr) bool {
		n, perr := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
		ended = perr == nil && n > 0
		return ended
	})
	return err == nil && ended
}
