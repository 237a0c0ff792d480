package probes

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// loadAll makes every kind of probe for either family, as programs send and bound to each interface.
// left is how many interfaces were not, for there are too many.
func loadAll(interfaces []string) (shots []*shot, left int, err error) {
	if interfaces == nil {
		if interfaces, left, err = outside(); err != nil {
			return nil, 0, err
		}
	}
	for _, name := range append([]string{""}, interfaces...) {
		four, six := families(name)
		for _, k := range Kinds() {
			shots = append(shots, newShot(k, false, name, four), newShot(k, true, name, six))
		}
	}
	return shots, left, nil
}

// newShot opens a socket. One that cannot be opened is a probe that cannot be tested; so is one by an interface without
// an address for it: what the firewall answers would find no way back.
func newShot(k Kind, six bool, name string, can bool) *shot {
	to := target(k, six)
	s := &shot{Probe: Probe{Kind: k, IPv6: six, Interface: name, To: to.String()}, fire: func() {}, look: func() {}, close: func() {}}
	if k == Ping {
		s.To = to.Addr().String()
	}
	if !can {
		s.Outcome, s.Why = Untested, NoAddress
		return s
	}
	family, kind, proto := unix.AF_INET, unix.SOCK_DGRAM, 0
	if six {
		family = unix.AF_INET6
	}
	stream := k == TCP || k == DNSTCP || k == DoT
	switch {
	case stream:
		kind = unix.SOCK_STREAM
	case k == Ping && six:
		proto = unix.IPPROTO_ICMPV6
	case k == Ping:
		proto = unix.IPPROTO_ICMP
	}
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, proto)
	if err != nil {
		s.untested(err)
		return s
	}
	s.close = func() { _ = unix.Close(fd) }
	if name != "" {
		if err := unix.BindToDevice(fd, name); err != nil {
			s.untested(err)
			return s
		}
	}
	if !stream {
		token := newToken()
		s.mark = mark{token: token}
		data := payload(k, six, token)
		s.fire = func() { s.sent(unix.Sendto(fd, data, 0, address(to, name))) }
		if k == Ping && six {
			_ = unix.SetsockoptInt(fd, unix.SOL_IPV6, unix.IPV6_RECVERR, 1)
			s.look = func() { s.answered(fd) }
		}
		return s
	}
	// A connection's first packet carries nothing, so it is known by its port, which must be known before.
	if err := unix.Bind(fd, address(netip.AddrPortFrom(unspecified(six), 0), "")); err != nil {
		s.untested(err)
		return s
	}
	self, err := unix.Getsockname(fd)
	if err != nil {
		s.untested(err)
		return s
	}
	s.mark = mark{from: portOf(self), to: to}
	if err := deafen(fd); err != nil { // who refuses it could not be told
		s.untested(err)
		return s
	}
	s.fire = func() { s.began(fd, unix.Connect(fd, address(to, ""))) }
	s.look = func() {
		if code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR); err == nil && code != 0 {
			s.ended(fd, unix.Errno(code)) //nolint:gosec // an errno
		}
	}
	return s
}

func unspecified(six bool) netip.Addr {
	if six {
		return netip.IPv6Unspecified()
	}
	return netip.IPv4Unspecified()
}

// address is to for the kernel; one of a link needs an interface.
func address(to netip.AddrPort, name string) unix.Sockaddr {
	if to.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}
	}
	a := &unix.SockaddrInet6{Port: int(to.Port()), Addr: to.Addr().As16()}
	if i, err := net.InterfaceByName(name); name != "" && err == nil && to.Addr().IsMulticast() {
		a.ZoneId = uint32(i.Index) //nolint:gosec // an index
	}
	return a
}

func portOf(a unix.Sockaddr) uint16 {
	switch a := a.(type) {
	case *unix.SockaddrInet4:
		return uint16(a.Port) //nolint:gosec // a port
	case *unix.SockaddrInet6:
		return uint16(a.Port) //nolint:gosec // likewise
	}
	return 0
}

// sent takes what the kernel says of a datagram. EPERM and EACCES come from its firewall alone: nobody out there can
// cause them before anything has been sent.
func (s *shot) sent(err error) {
	switch {
	case err == nil:
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		s.refused, s.Said = true, err.Error()
	default:
		s.untested(err)
	}
}

// untested notes why a probe could not be sent. A firewall is not to thank for that.
func (s *shot) untested(err error) {
	s.Outcome, s.Why, s.Said = Untested, Other, err.Error()
	switch {
	case errors.Is(err, unix.ENETUNREACH), errors.Is(err, unix.EHOSTUNREACH), errors.Is(err, unix.EADDRNOTAVAIL), errors.Is(err, unix.EAFNOSUPPORT):
		s.Why = NoRoute
	case errors.Is(err, os.ErrPermission):
		s.Why = NotYours
	}
}

// answered takes what the kernel says of an IPv6 echo: its send tells nobody that it was refused, but the firewall's
// refusal comes back as a message from this very computer. One from elsewhere is of somebody whom the echo has reached.
func (s *shot) answered(fd int) {
	rest := make([]byte, 256)
	for {
		_, n, _, _, err := unix.Recvmsg(fd, nil, rest, unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
		if err != nil {
			return
		}
		messages, err := unix.ParseSocketControlMessage(rest[:n])
		if err != nil {
			return
		}
		for _, m := range messages {
			from, errno, ok := offender(m)
			switch {
			case !ok:
			case ours(from) && errno == unix.EACCES:
				s.refused, s.Said = true, errno.Error()
			default:
				s.left, s.Said = true, errno.Error()
			}
		}
	}
}

// offender is who sent an ICMPv6 error, ip(7), and what it says: a sock_extended_err, and behind it the address.
func offender(m unix.SocketControlMessage) (netip.Addr, unix.Errno, bool) {
	const extended, address, icmp6 = 16, 8, 3
	if m.Header.Level != unix.SOL_IPV6 || m.Header.Type != unix.IPV6_RECVERR || len(m.Data) < extended+address+16 || m.Data[4] != icmp6 {
		return netip.Addr{}, 0, false
	}
	from, ok := netip.AddrFromSlice(m.Data[extended+address : extended+address+16])
	return from, unix.Errno(binary.NativeEndian.Uint32(m.Data)), ok
}
