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

// maxFiles is how many open files may come with a packet.
const maxFiles = 1

// Send writes one packet with the open files, which stay the caller's.
func Send(c *net.UnixConn, packet []byte, files ...*os.File) error {
	if len(packet) > MaxPacket {
		return fmt.Errorf("packet of %d bytes; at most %d", len(packet), MaxPacket)
	}
	var rights []byte
	for _, f := range files {
		rights = append(rights, unix.UnixRights(int(f.Fd()))...)
	}
	_, _, err := c.WriteMsgUnix(packet, rights, nil)
	return err
}

// ReceiveRequest is Receive for the helper, which no files are sent to: the kernel drops those that are, so that they
// never count among the helper's.
func ReceiveRequest(c *net.UnixConn, buf []byte) (packet []byte, err error) {
	n, _, flags, _, err := c.ReadMsgUnix(buf, nil)
	if err = whole(n, flags&^unix.MSG_CTRUNC, err); err != nil {
		return nil, err
	}
	return buf[:n], nil
}

// Receive reads one packet and the files beside it, which become the caller's. io.EOF: the other side has closed.
// buf has room for MaxPacket bytes and one more, to tell what is too long.
func Receive(c *net.UnixConn, buf []byte) (packet []byte, files []*os.File, err error) {
	rights := make([]byte, unix.CmsgSpace(4*maxFiles))
	n, r, flags, _, err := c.ReadMsgUnix(buf, rights)
	if r > 0 {
		files, err = open(rights[:r], err)
	}
	if err = whole(n, flags, err); err != nil {
		for _, f := range files {
			f.Close()
		}
		return nil, nil, err
	}
	return buf[:n], files, nil
}

// whole says why what was read is not one packet.
func whole(n, flags int, err error) error {
	switch {
	case err != nil:
		return err
	case n == 0:
		return io.EOF
	case n > MaxPacket || flags&unix.MSG_TRUNC != 0:
		return fmt.Errorf("%w: longer than %d bytes", ErrMalformed, MaxPacket)
	case flags&unix.MSG_CTRUNC != 0:
		return fmt.Errorf("%w: too many open files beside it", ErrMalformed)
	}
	return nil
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
