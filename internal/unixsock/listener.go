package unixsock

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
)

// listener accepts only peers that may be trusted.
type listener struct {
	*net.UnixListener
	path string
	file os.FileInfo // the socket as we made it

	once sync.Once
	err  error // of the first Close
}

// Accept waits for the next connection of this user or root.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.AcceptUnix()
		if err != nil {
			return nil, err
		}
		if trust(c) == nil {
			return c, nil
		}
		_ = c.Close()
	}
}

// Addr is the path that Listen was given, made absolute.
func (l *listener) Addr() net.Addr { return &net.UnixAddr{Name: l.path, Net: "unix"} }

// Close removes the socket and ends Accept. Closing twice is fine.
func (l *listener) Close() error {
	l.once.Do(func() { l.err = errors.Join(l.unlink(), l.UnixListener.Close()) })
	return l.err
}

// unlink removes the socket if it is still ours. Where the user has removed it and another process has made its own,
// that one stays.
func (l *listener) unlink() error {
	if !canTellFiles {
		return nil // package net does it
	}
	unlock, err := lockFolder(filepath.Dir(l.path))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer unlock()
	now, err := os.Lstat(l.path)
	if err == nil && os.SameFile(now, l.file) {
		err = os.Remove(l.path)
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// trust tells why the peer of c must not be talked to. nil = it is this user or root, or the system cannot tell and
// the folder is the guard.
func trust(c net.Conn) error {
	uid, err := PeerUID(c)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return nil
	case err != nil:
		return err
	case uid != os.Geteuid() && uid != 0:
		return fmt.Errorf("%w: user %d", ErrForeign, uid)
	}
	return nil
}
