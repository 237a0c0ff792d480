package wire

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// Network is what package net calls the kind of socket that is spoken over.
const Network = "unixpacket"

// Send writes one packet with the open files, which stay the caller's; nil is none.
func Send(c *net.UnixConn, packet []byte, files ...*os.File) error {
	if len(packet) > MaxPacket {
		return fmt.Errorf("packet of %d bytes; at most %d", len(packet), MaxPacket)
	}
	var rights []byte
	for _, f := range files {
		if f != nil {
			rights = append(rights, unix.UnixRights(int(f.Fd()))...)
		}
	}
	_, _, err := c.WriteMsgUnix(packet, rights, nil)
	return err
}

// Receive reads one packet and the files beside it, which become the caller's. io.EOF: the other side has closed.
// buf has room for MaxPacket bytes and one more, to tell what is too long. More than one file is refused.
func Receive(c *net.UnixConn, buf []byte) (packet []byte, files []*os.File, err error) {
	return receive(c, buf, make([]byte, unix.CmsgSpace(4)))
}

// ReceiveRequest is Receive for the helper: files that are sent to it the kernel drops, so they never count as its own.
func ReceiveRequest(c *net.UnixConn, buf []byte) ([]byte, error) {
	packet, _, err := receive(c, buf, nil)
	return packet, err
}

func receive(c *net.UnixConn, buf, rights []byte) (packet []byte, files []*os.File, err error) {
	n, r, flags, _, err := c.ReadMsgUnix(buf, rights)
	if r > 0 {
		files, err = open(rights[:r], err)
	}
	switch {
	case err != nil:
	case n == 0:
		err = io.EOF
	case n > MaxPacket || flags&unix.MSG_TRUNC != 0:
		err = fmt.Errorf("%w: longer than %d bytes", ErrMalformed, MaxPacket)
	case rights != nil && flags&unix.MSG_CTRUNC != 0:
		err = fmt.Errorf("%w: too many open files beside it", ErrMalformed)
	}
	if err != nil {
		for _, f := range files {
			f.Close()
		}
		return nil, nil, err
	}
	return buf[:n], files, nil
}

func open(rights []byte, err error) ([]*os.File, error) {
	messages, bad := unix.ParseSocketControlMessage(rights)
	var files []*os.File
	for i := range messages {
		fds, other := unix.ParseUnixRights(&messages[i])
		bad = errors.Join(bad, other)
		for _, fd := range fds {
			unix.CloseOnExec(fd)
			files = append(files, os.NewFile(uintptr(fd), "passed"))
		}
	}
	return files, errors.Join(err, bad)
}
