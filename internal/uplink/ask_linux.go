package uplink

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// ask sends one question to the kernel and gives each message of its answer, in order, to each.
func ask(kind uint16, flags uint16, body []byte, each func(kind uint16, body []byte) error) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("ask the kernel about the network: %w", err)
	}
	defer func() { _ = unix.Close(fd) }()
	limit := unix.NsecToTimeval(int64(time.Second)) // it answers before it returns; this is for a kernel that does not
	_ = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit)
	b := make([]byte, unix.SizeofNlMsghdr, unix.SizeofNlMsghdr+len(body))
	binary.NativeEndian.PutUint32(b, uint32(unix.SizeofNlMsghdr+len(body)))
	binary.NativeEndian.PutUint16(b[4:], kind)
	binary.NativeEndian.PutUint16(b[6:], unix.NLM_F_REQUEST|flags)
	if err := unix.Sendto(fd, append(b, body...), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("ask the kernel about the network: %w", err)
	}
	many := flags&unix.NLM_F_DUMP == unix.NLM_F_DUMP
	buf := make([]byte, packetSize)
	for over := false; !over; {
		n, _, err := unix.Recvfrom(fd, buf, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return fmt.Errorf("hear from the kernel about the network: %w", err)
		}
		if err := messages(buf[:n], func(kind uint16, body []byte) error {
			switch kind {
			case unix.NLMSG_DONE:
				over = true
				return nil
			case unix.NLMSG_ERROR:
				over = true
				if no := -int32(number(body)); no > 0 {
					return unix.Errno(no)
				}
				return nil
			}
			over = over || !many
			return each(kind, body)
		}); err != nil {
			return err
		}
	}
	return nil
}
