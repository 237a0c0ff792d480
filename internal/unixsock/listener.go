package unixsock

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// keepEvery is how often a listener looks whether its socket's file is still there.
const keepEvery = 3 * time.Second

// socket is one that we have made.
type socket struct {
	*net.UnixListener
	file os.FileInfo // as we made it
}

// listener accepts only peers that may be trusted, at a path where it keeps a socket.
type listener struct {
	path string
	stop chan struct{} // closed by Close
	done chan struct{} // closed when keep has ended

	mu     sync.Mutex // guards what follows
	socket *socket    // another one after the file was removed
	closed bool

	once sync.Once
	err  error // of the first Close
}

// Accept waits for the next connection of this user or root.
func (l *listener) Accept() (net.Conn, error) {
	for {
		s := l.current()
		c, err := s.AcceptUnix()
		if err != nil && s != l.current() {
			continue // its file was removed
		}
		if err != nil {
			return nil, err
		}
		if trust(c) == nil {
			return c, nil
		}
		_ = c.Close()
	}
}

func (l *listener) current() *socket {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.socket
}

// keep mends the socket until Close.
func (l *listener) keep() {
	defer close(l.done)
	t := time.NewTicker(keepEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			l.mend()
		case <-l.stop:
			return
		}
	}
}

// mend makes the socket again if its file is gone: nobody could reach it any more. Whatever else stands at the path now
// stays there, and what cannot be mended now is tried again the next time.
func (l *listener) mend() {
	if _, err := os.Lstat(l.path); !errors.Is(err, os.ErrNotExist) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	s, err := open(l.path)
	if err != nil {
		return
	}
	old := l.socket
	l.socket = s
	old.SetUnlinkOnClose(false) // the file at the path is the new one's
	_ = old.Close()
}

// Addr is the path that Listen was given, made absolute.
func (l *listener) Addr() net.Addr { return &net.UnixAddr{Name: l.path, Net: "unix"} }

// Close removes the socket and ends Accept. Closing twice is fine.
func (l *listener) Close() error {
	l.once.Do(func() {
		close(l.stop)
		l.mu.Lock()
		l.closed = true
		l.err = errors.Join(l.unlink(), l.socket.Close())
		l.mu.Unlock()
		<-l.done
	})
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
	if err == nil && os.SameFile(now, l.socket.file) {
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
