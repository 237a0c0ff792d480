package wire

import (
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

// Receive reads one packet. Files beside it the kernel drops, so they never count as the receiver's. io.EOF: the other
// side has closed. buf has room for MaxPacket bytes and one more, to tell what is too long.
func Receive(c *net.UnixConn, buf []byte) ([]byte, error) {
	packet, _, err := ReceiveRights(c, buf, nil)
	return packet, err
}

// ReceiveRights is Receive with the files that rights has room for, as control messages; more are refused. Whoever calls
// it closes those that come, with an error too.
func ReceiveRights(c *net.UnixConn, buf, rights []byte) (packet, got []byte, err error) {
	n, r, flags, _, err := c.ReadMsgUnix(buf, rights)
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
		return nil, rights[:r], err
	}
	return buf[:n], rights[:r], nil
}
