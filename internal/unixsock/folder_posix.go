//go:build !windows

package unixsock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// canTellFiles: the file at a path can be compared with the one we made.
const canTellFiles = true

// lockTime bounds the wait for another process that listens or closes in the same folder; that takes it probeTime at
// most.
const lockTime = 5 * time.Second

// makeFolder makes folder, for this user alone, or makes sure that one which exists is ours and that nobody else can
// put a socket of theirs in it.
func makeFolder(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	fi, err := os.Stat(folder)
	if err != nil {
		return err
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return fmt.Errorf("%w: %s does not tell its owner", ErrUnsafeFolder, folder)
	case int(st.Uid) != os.Geteuid():
		return fmt.Errorf("%w: %s belongs to user %d: choose a folder of your own", ErrUnsafeFolder, folder, st.Uid)
	case fi.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("%w: others can write to %s: run chmod go-w on it", ErrUnsafeFolder, folder)
	}
	return nil
}

// lockFolder keeps other processes, and other callers in this one, from listening in folder until unlock.
func lockFolder(folder string) (unlock func(), err error) {
	d, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), lockTime)
	defer cancel()
	for {
		err := unix.Flock(int(d.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return func() { _ = d.Close() }, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			_ = d.Close()
			return nil, fmt.Errorf("lock %s: %w", folder, err)
		}
		select {
		case <-ctx.Done():
			_ = d.Close()
			return nil, fmt.Errorf("another process keeps %s locked: %w", folder, ctx.Err())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// privateBeforeBind makes the socket private before it has a name. Linux honours that; elsewhere there is a moment
// until makePrivate in which only the check of peers guards it.
func privateBeforeBind(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) { _ = unix.Fchmod(int(fd), 0o600) })
}

func makePrivate(path string) error { return os.Chmod(path, 0o600) }

func isNobody(err error) bool {
	return errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED)
}

// isBusy: the listener's queue is full. Linux says so at once, where it would block.
func isBusy(err error) bool { return errors.Is(err, syscall.EAGAIN) }
