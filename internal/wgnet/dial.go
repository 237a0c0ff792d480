package wgnet

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
)

var errNoAddress = errors.New("no address to dial")

// DialTCP connects through the tunnel. The connection also has CloseRead and CloseWrite. Errors are *net.OpError, with
// syscall.ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH or ENETUNREACH inside where that is what happened, or those of ctx.
func (n *Net) DialTCP(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	if !to.IsValid() {
		return nil, errNoAddress
	}
	a := unmap(to)
	c, err := gonet.DialContextTCP(ctx, n.stack, fullAddress(a), protocolOf(a.Addr()))
	if err != nil {
		return nil, withErrno(err) // and not c: a nil *TCPConn in an interface is not nil
	}
	return c, nil
}

// errnos are the stack's words for what the host would tell by number. gonet passes on the words alone.
var errnos = map[string]syscall.Errno{
	(&tcpip.ErrConnectionRefused{}).String():  syscall.ECONNREFUSED,
	(&tcpip.ErrTimeout{}).String():            syscall.ETIMEDOUT,
	(&tcpip.ErrHostUnreachable{}).String():    syscall.EHOSTUNREACH,
	(&tcpip.ErrNetworkUnreachable{}).String(): syscall.ENETUNREACH,
}

func withErrno(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		if no, ok := errnos[op.Err.Error()]; ok {
			op.Err = no
		}
	}
	return err
}

// ListenTCP accepts connections that come through the tunnel to one of our addresses.
func (n *Net) ListenTCP(at netip.AddrPort) (net.Listener, error) {
	if !at.IsValid() {
		return nil, errNoAddress
	}
	a := unmap(at)
	l, err := gonet.ListenTCP(n.stack, fullAddress(a), protocolOf(a.Addr()))
	if err != nil {
		return nil, err
	}
	return l, nil
}

// DialUDP makes a UDP socket in the tunnel that speaks to one address. A zero from lets the stack choose.
func (n *Net) DialUDP(from, to netip.AddrPort) (*gonet.UDPConn, error) {
	if !to.IsValid() {
		return nil, errNoAddress
	}
	to = unmap(to)
	remote := fullAddress(to)
	var local *tcpip.FullAddress
	if from.IsValid() {
		l := fullAddress(unmap(from))
		local = &l
	}
	return gonet.DialUDP(n.stack, local, &remote, protocolOf(to.Addr()))
}

// ListenUDP makes a UDP socket in the tunnel for any number of addresses. Its family is that of at; zero is IPv4, any
// address, any port. Port 0 is any port.
func (n *Net) ListenUDP(at netip.AddrPort) (*gonet.UDPConn, error) {
	if !at.IsValid() {
		return gonet.DialUDP(n.stack, &tcpip.FullAddress{NIC: nic, Port: at.Port()}, nil, ipv4.ProtocolNumber)
	}
	a := unmap(at)
	local := fullAddress(a)
	return gonet.DialUDP(n.stack, &local, nil, protocolOf(a.Addr()))
}

func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

func fullAddress(a netip.AddrPort) tcpip.FullAddress {
	f := tcpip.FullAddress{NIC: nic, Port: a.Port()}
	if !a.Addr().IsUnspecified() {
		f.Addr = tcpip.AddrFromSlice(a.Addr().AsSlice())
	}
	return f
}
