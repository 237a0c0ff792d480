package netd

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// openNetlink opens a netlink socket that the runtime can wait for, with the given multicast groups.
func openNetlink(family int, groups uint32) (*os.File, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, family)
	if err != nil {
		return nil, err
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), "netlink"), nil
}

// message is one request of rtnetlink(7).
type message []byte

// newMessage begins with the fixed part that the kind of message asks for.
func newMessage(fixed ...byte) message {
	return append(make(message, unix.NLMSG_HDRLEN), fixed...)
}

func (m message) attr(kind uint16, value ...byte) message {
	m = binary.NativeEndian.AppendUint16(m, uint16(unix.SizeofRtAttr+len(value)))
	m = binary.NativeEndian.AppendUint16(m, kind)
	m = append(m, value...)
	for len(m)%unix.NLMSG_ALIGNTO != 0 {
		m = append(m, 0)
	}
	return m
}

func (m message) attr32(kind uint16, value uint32) message {
	return m.attr(kind, binary.NativeEndian.AppendUint32(nil, value)...)
}

// ask sends m and waits for the kernel's word. Errors are unix.Errno.
func ask(kind, flags uint16, m message) error {
	binary.NativeEndian.PutUint32(m[0:], uint32(len(m)))
	binary.NativeEndian.PutUint16(m[4:], kind)
	binary.NativeEndian.PutUint16(m[6:], flags|unix.NLM_F_REQUEST|unix.NLM_F_ACK)
	binary.NativeEndian.PutUint32(m[8:], 1)
	s, err := openNetlink(unix.NETLINK_ROUTE, 0)
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := s.Write(m); err != nil {
		return err
	}
	buf := make([]byte, 8<<10)
	n, err := s.Read(buf)
	if err != nil {
		return err
	}
	if n < unix.NLMSG_HDRLEN+4 || binary.NativeEndian.Uint16(buf[4:]) != unix.NLMSG_ERROR {
		return fmt.Errorf("rtnetlink answered with %d bytes that are no acknowledgement", n)
	}
	if e := int32(binary.NativeEndian.Uint32(buf[unix.NLMSG_HDRLEN:])); e != 0 {
		return unix.Errno(-e)
	}
	return nil
}

func familyOf(four bool) byte {
	if four {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

// linkIndex is 0 if there is no such interface.
func linkIndex(name string) (uint32, error) {
	i, err := net.InterfaceByName(name)
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	return uint32(i.Index), nil
}

func ifInfo(index, flags, change uint32) message {
	m := newMessage(unix.AF_UNSPEC, 0, 0, 0)
	m = binary.NativeEndian.AppendUint32(m, index)
	m = binary.NativeEndian.AppendUint32(m, flags)
	return message(binary.NativeEndian.AppendUint32(m, change))
}

func addAddress(index uint32, a netip.Addr) error {
	const noDAD = unix.IFA_F_NODAD // nobody else is in there to have the same
	m := newMessage(familyOf(a.Is4()), byte(a.BitLen()), noDAD, unix.RT_SCOPE_UNIVERSE)
	m = binary.NativeEndian.AppendUint32(m, index)
	return ask(unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_REPLACE,
		m.attr(unix.IFA_LOCAL, a.AsSlice()...).attr(unix.IFA_ADDRESS, a.AsSlice()...))
}

// addDefaultRoute gives our table its default route: through the interface, or nowhere if index is 0.
func addDefaultRoute(four bool, index uint32) error {
	kind := byte(unix.RTN_UNICAST)
	if index == 0 {
		kind = unix.RTN_UNREACHABLE
	}
	m := newMessage(familyOf(four), 0, 0, 0, unix.RT_TABLE_UNSPEC, protocol, unix.RT_SCOPE_UNIVERSE, kind, 0, 0, 0, 0)
	m = m.attr32(unix.RTA_TABLE, routeTable)
	if index != 0 {
		m = m.attr32(unix.RTA_OIF, index)
	}
	return ask(unix.RTM_NEWROUTE, unix.NLM_F_CREATE|unix.NLM_F_REPLACE, m)
}

// flushDefaultRoutes takes every default route out of our table.
func flushDefaultRoutes(four bool) error {
	for range 16 {
		m := newMessage(familyOf(four), 0, 0, 0, unix.RT_TABLE_UNSPEC, protocol, unix.RT_SCOPE_NOWHERE, 0, 0, 0, 0, 0)
		err := ask(unix.RTM_DELROUTE, 0, m.attr32(unix.RTA_TABLE, routeTable))
		if errors.Is(err, unix.ESRCH) || errors.Is(err, unix.ENOENT) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return errors.New("there is no end of our routes")
}
