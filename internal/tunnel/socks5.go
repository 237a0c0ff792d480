package tunnel

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/netip"
	"time"
)

// SOCKS5 as in RFC 1928, with no authentication: whoever reaches the address may use it.
const (
	socksNoAuth       = 0
	socksNoneWillDo   = 0xff
	socksConnect      = 1
	socksBind         = 2
	socksAssociate    = 3
	socksIPv4         = 1
	socksName         = 3
	socksIPv6         = 4
	socks4NotAccepted = 91
)

// socksRequest is what a program asks for after the greeting.
type socksRequest struct {
	command byte
	host    string // as sent: an address or a name
	port    uint16
}

// readGreeting reads what follows the version byte and reports whether the program can do without authentication.
func readGreeting(r io.Reader) (bool, error) {
	var b [255]byte
	if _, err := io.ReadFull(r, b[:1]); err != nil {
		return false, err
	}
	methods := b[:b[0]]
	if _, err := io.ReadFull(r, methods); err != nil {
		return false, err
	}
	for _, m := range methods {
		if m == socksNoAuth {
			return true, nil
		}
	}
	return false, nil
}

// readSocksRequest reads one request. A *refusal says that it was read but cannot be served.
func readSocksRequest(r io.Reader) (socksRequest, error) {
	var b [4]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return socksRequest{}, err
	}
	if b[0] != 5 {
		return socksRequest{}, errors.New("not a SOCKS5 request")
	}
	req := socksRequest{command: b[1]}
	var n int
	switch b[3] {
	case socksIPv4:
		n = 4
	case socksIPv6:
		n = 16
	case socksName:
		if _, err := io.ReadFull(r, b[:1]); err != nil {
			return req, err
		}
		n = int(b[0])
	default:
		return req, refuse(badAddressKind, "address kind %d is not known to SOCKS5", b[3])
	}
	rest := make([]byte, n+2)
	if _, err := io.ReadFull(r, rest); err != nil {
		return req, err
	}
	if b[3] == socksName {
		req.host = string(rest[:n])
	} else {
		a, _ := netip.AddrFromSlice(rest[:n])
		req.host = a.String()
	}
	req.port = uint16(rest[n])<<8 | uint16(rest[n+1])
	return req, nil
}

// appendSocksAddr writes kind, address and port.
func appendSocksAddr(b []byte, a netip.AddrPort) []byte {
	ip := a.Addr().Unmap()
	switch {
	case ip.Is4():
		b = append(b, socksIPv4)
	case ip.Is6():
		b = append(b, socksIPv6)
	default:
		b, ip = append(b, socksIPv4), netip.IPv4Unspecified()
	}
	b = append(b, ip.AsSlice()...)
	return append(b, byte(a.Port()>>8), byte(a.Port()))
}

func socksReply(c net.Conn, code byte, bound netip.AddrPort) error {
	_, err := c.Write(appendSocksAddr([]byte{5, code, 0}, bound))
	return err
}

// socks5 serves one program; the version byte has been read.
func (f *front) socks5(c *conn) {
	defer func() { _ = c.Close() }()
	r := bufio.NewReaderSize(c, 512)
	free, err := readGreeting(r)
	if err != nil {
		return
	}
	if !free {
		_, _ = c.Write([]byte{5, socksNoneWillDo})
		return
	}
	if _, err := c.Write([]byte{5, socksNoAuth}); err != nil {
		return
	}
	req, err := readSocksRequest(r)
	if err == nil {
		switch req.command {
		case socksConnect:
			err = f.socksConnect(c, r, req)
		case socksAssociate:
			err = f.associate(c, r, req)
		case socksBind:
			err = refuse(badCommand, "BIND is not offered")
		default:
			err = refuse(badCommand, "SOCKS5 command %d is not known", req.command)
		}
	}
	var no *refusal
	if errors.As(err, &no) {
		_ = socksReply(c, no.cause.reply(), netip.AddrPort{})
	}
}

// socksConnect returns a *refusal if no reply was sent yet, and nil otherwise.
func (f *front) socksConnect(c *conn, r *bufio.Reader, req socksRequest) error {
	l, err := f.current()
	if err != nil {
		return err
	}
	defer l.leave()
	to, err := newTarget(req.host, req.port)
	if err != nil {
		return err
	}
	_ = c.SetDeadline(time.Time{})
	remote, err := l.dial(f.ctx, to)
	if err != nil {
		_ = c.SetDeadline(time.Now().Add(handshakeTimeout))
		return err
	}
	if err := socksReply(c, 0, addrPortOf(remote.LocalAddr())); err != nil {
		_ = remote.Close()
		return nil
	}
	f.relay(l, c, r, remote)
	return nil
}

// relay carries bytes until both ways have ended. What r holds goes first.
func (f *front) relay(l *link, c duplex, r *bufio.Reader, remote net.Conn) {
	early := make([]byte, r.Buffered())
	_, _ = io.ReadFull(r, early) // cannot fail: it is buffered
	flow := &relay{client: c, remote: remote.(duplex)}
	// The remote side ends with the link by itself, but a program that has stopped reading would never notice.
	defer l.onEnd(flow.abort)()
	flow.run(early)
}

// socks4 says no in its own language: SOCKS4 names hosts by IPv4 address, so the program would have asked the host's
// resolver already.
func (f *front) socks4(c *conn) {
	defer func() { _ = c.Close() }()
	var b [512]byte
	_, _ = c.Read(b[:]) // the request; unread bytes would turn our answer into a reset
	_, _ = c.Write([]byte{0, socks4NotAccepted, 0, 0, 0, 0, 0, 0})
}

func addrPortOf(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.TCPAddr:
		return a.AddrPort()
	case *net.UDPAddr:
		return a.AddrPort()
	default:
		return netip.AddrPort{}
	}
}
