package netdclient

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Lost is closed when the helper has ended the connection, or has ended itself, which nobody would notice otherwise before
// the next request; and by Close.
func (c *Client) Lost() <-chan struct{} { return c.lost }

// watch waits for the end of the connection. It looks through a file of its own, so as not to take an answer from who
// waits for it.
func (c *Client) watch() error {
	f, err := c.c.File()
	if err != nil {
		return err
	}
	rc, err := f.SyscallConn()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	c.eye = f
	go func() {
		defer close(c.lost)
		_ = rc.Read(func(fd uintptr) bool {
			n, _, err := unix.Recvfrom(int(fd), make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
			// An answer that somebody else reads is no news: the poller tells the next change all the same.
			return err == nil && n == 0 || err != nil && !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR)
		})
	}()
	return nil
}
