package unixsock

import (
	"errors"
	"fmt"
	"net"
	"syscall"
)

// PeerUID is the user on the other end of c, as it was when it connected or listened. errors.ErrUnsupported means that
// this system does not tell.
func PeerUID(c net.Conn) (int, error) {
	uid, err := ask(c, peerUID)
	if err != nil {
		return -1, fmt.Errorf("ask for the peer's user: %w", err)
	}
	return uid, nil
}

// PeerPID is the process on the other end of c, likewise. It is 0 for a process that our own process namespace does
// not contain. The process may have ended, and its number may name another one by now.
func PeerPID(c net.Conn) (int, error) {
	pid, err := ask(c, peerPID)
	if err != nil {
		return 0, fmt.Errorf("ask for the peer's process: %w", err)
	}
	return pid, nil
}

// ask calls f with the socket of c.
func ask(c net.Conn, f func(fd uintptr) (int, error)) (n int, err error) {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return 0, fmt.Errorf("%T is no socket", c)
	}
	if a, ok := c.LocalAddr().(*net.UnixAddr); !ok || a == nil || a.Net == "unixgram" { // those have no one peer
		return 0, errors.New("not a unix socket")
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return 0, err
	}
	if ctrl := raw.Control(func(fd uintptr) { n, err = f(fd) }); ctrl != nil {
		return 0, ctrl
	}
	return n, err
}
