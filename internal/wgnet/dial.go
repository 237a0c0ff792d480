package wgnet

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

var errNoAddress = errors.New("no address to dial")

// DialTCP connects through the tunnel. The connection also has CloseRead and CloseWrite. Errors are *net.OpError, with
// syscall.ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH or ENETUNREACH inside where that is what happened, or those of ctx.
func (n *Net) DialTCP(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	if !to.IsValid() {
		return nil, errNoAddress
	}
	a := unmap(to)
	c, err := n.dialTCP(ctx, fullAddress(a), protocolOf(a.Addr()))
	if err != nil {
		return nil, withErrno(err) // and not c: a nil *TCPConn in an interface is not nil
	}
	return c, nil
}

// An exit that has forgotten a connection, because it was started again, tells whoever sends there, and nobody who only
// waits for more. So a connection on which nothing happens for idle asks, and ends after count questions without an answer.
const (
	aliveIdle     = time.Minute
	aliveInterval = 15 * time.Second
	aliveCount    = 60 // a quarter of an hour: as long as a network may be gone
)

// dialTCP is gonet's, with questions whether the far end is still there: gonet gives no way to its endpoints.
func (n *Net) dialTCP(ctx context.Context, to tcpip.FullAddress, network tcpip.NetworkProtocolNumber) (*gonet.TCPConn, error) {
	fail := func(err error) (*gonet.TCPConn, error) {
		return nil, &net.OpError{Op: "connect", Net: "tcp", Addr: &net.TCPAddr{IP: net.IP(to.Addr.AsSlice()), Port: int(to.Port)}, Err: err}
	}
	var wq waiter.Queue
	ep, terr := n.stack.NewEndpoint(tcp.ProtocolNumber, network, &wq)
	if terr != nil {
		return fail(errors.New(terr.String()))
	}
	ep.SocketOptions().SetKeepAlive(true)
	idle, interval := tcpip.KeepaliveIdleOption(n.opts.idle), tcpip.KeepaliveIntervalOption(min(n.opts.idle, aliveInterval))
	_ = ep.SetSockOpt(&idle) // these three cannot fail on a TCP endpoint
	_ = ep.SetSockOpt(&interval)
	_ = ep.SetSockOptInt(tcpip.KeepaliveCountOption, aliveCount)

	entry, ready := waiter.NewChannelEntry(waiter.WritableEvents)
	wq.EventRegister(&entry)
	defer wq.EventUnregister(&entry)
	if ctx.Err() != nil {
		ep.Close()
		return nil, ctx.Err()
	}
	terr = ep.Connect(to)
	if _, started := terr.(*tcpip.ErrConnectStarted); started { //nolint:errorlint // tcpip.Error is not an error
		select {
		case <-ctx.Done():
			ep.Close()
			return nil, ctx.Err()
		case <-ready:
		}
		terr = ep.LastError()
	}
	if terr != nil {
		ep.Close()
		return fail(errors.New(terr.String()))
	}
	return gonet.NewTCPConn(&wq, ep), nil
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
