// Package unixsock makes Unix sockets that only this user and root can talk over: a folder that nobody else writes to,
// a socket of mode 0600, and the peer's credentials checked on both ends.
//
// The control socket and the supervisor's socket are made with it, and the command line dials through it.
//
// All of it may be called from any goroutine. Of several processes that Listen on one path at the same moment, one
// wins and the others get ErrInUse.
//
// On Windows a socket has no mode and tells no user: there the folder's access list is the whole guard.
package unixsock

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"
)

// What callers tell apart.
var (
	ErrInUse        = errors.New("somebody listens there already")
	ErrNobody       = errors.New("nobody listens there")
	ErrForeign      = errors.New("it belongs to another user")
	ErrUnsafeFolder = errors.New("unsafe folder")
	ErrTooLong      = errors.New("path too long for a socket")
)

// maxPath is how many bytes a socket's path may have everywhere: 104 with the closing zero on macOS, 108 on Linux.
const maxPath = 103

// probeTime is how long a socket that is in the way may take to answer. Whoever lets it pass is alive but busy.
const probeTime = time.Second

// Listen makes a socket at path and listens on it. The folder is made if need be, with mode 0700. One that exists must
// be ours and not writable by others (else ErrUnsafeFolder). A socket that is in the way is removed if nobody answers
// at it (else ErrInUse); any other kind of file is left alone.
//
// Accept returns only connections of this user or root, as *net.UnixConn; it closes all others unseen. A socket whose
// file was removed, as cleaners of temporary folders do, is made again within seconds. Close removes the socket, unless
// the file at path has become another one.
func Listen(path string) (net.Listener, error) {
	l, err := listen(path)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	return l, nil
}

func listen(path string) (net.Listener, error) {
	path, err := filepath.Abs(path) // Close must find it again; and a leading @ means no file to package net
	if err != nil {
		return nil, err
	}
	s, err := open(path)
	if err != nil {
		return nil, err
	}
	l := &listener{path: path, socket: s, stop: make(chan struct{}), done: make(chan struct{})}
	go l.keep()
	return l, nil
}

// open makes the socket at path, and the folder around it.
func open(path string) (*socket, error) {
	folder := filepath.Dir(path)
	if err := makeFolder(folder); err != nil {
		return nil, err
	}
	// From looking whether the old socket is dead until the new one stands, nobody else may do the same: the slower
	// of two would remove the socket of the faster.
	unlock, err := lockFolder(folder)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := clearStale(path); err != nil {
		return nil, err
	}
	addr, done, err := address(path)
	if err != nil {
		return nil, err
	}
	defer done()
	lc := net.ListenConfig{Control: privateBeforeBind}
	nl, err := lc.Listen(context.Background(), "unix", addr)
	if err != nil {
		return nil, err
	}
	s := &socket{UnixListener: nl.(*net.UnixListener)}
	if s.file, err = os.Lstat(path); err == nil {
		err = makePrivate(path)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.SetUnlinkOnClose(!canTellFiles)
	return s, nil
}

// clearStale removes the socket at path if nobody answers at it.
func clearStale(path string) error {
	fi, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if fi.Mode().Type() != os.ModeSocket {
		return errors.New("a file that is no socket is in the way: move it elsewhere")
	}
	ctx, cancel := context.WithTimeout(context.Background(), probeTime)
	defer cancel()
	c, err := dial(ctx, path)
	switch {
	case err == nil:
		_ = c.Close()
		return ErrInUse
	case isNobody(err):
		return os.Remove(path)
	case ctx.Err() != nil:
		return fmt.Errorf("%w, but is too busy to answer", ErrInUse)
	default:
		return fmt.Errorf("see who listens there already: %w", err)
	}
}

// Dial connects to the socket at path and makes sure that the program behind it is run by this user or by root (else
// ErrForeign). ErrNobody means that there is no socket, or a dead one. A listener whose queue is full is waited for
// until ctx ends.
func Dial(ctx context.Context, path string) (net.Conn, error) {
	c, err := dialChecked(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", path, err)
	}
	return c, nil
}

func dialChecked(ctx context.Context, path string) (net.Conn, error) {
	c, err := dial(ctx, path)
	if err != nil {
		if isNobody(err) {
			err = fmt.Errorf("%w: %w", ErrNobody, err)
		}
		return nil, err
	}
	if err := trust(c); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

func dial(ctx context.Context, path string) (net.Conn, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	addr, done, err := address(path)
	if err != nil {
		return nil, err
	}
	defer done()
	var d net.Dialer
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		c, err := d.DialContext(ctx, "unix", addr)
		if !isBusy(err) {
			return c, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// tooLong is ErrTooLong with what to do.
func tooLong(path string) error {
	return fmt.Errorf("%w: it has %d bytes and the system takes %d; choose a folder with a shorter path", ErrTooLong, len(path), maxPath)
}
