package wgnet

import (
	"errors"
	"net"
	"net/netip"
	"sync"

	"golang.zx2c4.com/wireguard/conn"
)

// plainBind is a bind of one local address in portable Go: one datagram, one system call. Systems without our Linux
// bind use it when an address is asked for, which wireguard-go's own binds cannot do.
type plainBind struct {
	at    netip.Addr
	given bool // sockets would have to come from a helper, which only Linux has

	mu   sync.Mutex
	sock *net.UDPConn // nil = closed
}

var _ conn.Bind = (*plainBind)(nil)

func (b *plainBind) Open(port uint16) ([]conn.ReceiveFunc, uint16, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sock != nil {
		return nil, 0, conn.ErrBindAlreadyOpen
	}
	if b.given {
		return nil, 0, errors.ErrUnsupported
	}
	sock, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(b.at, port)))
	if err != nil {
		return nil, 0, err
	}
	b.sock = sock
	receive := func(bufs [][]byte, sizes []int, eps []conn.Endpoint) (int, error) {
		n, from, err := sock.ReadFromUDPAddrPort(bufs[0])
		if err != nil {
			return 0, err
		}
		sizes[0], eps[0] = n, &endpoint{unmap(from)}
		return 1, nil
	}
	return []conn.ReceiveFunc{receive}, sock.LocalAddr().(*net.UDPAddr).AddrPort().Port(), nil
}

func (b *plainBind) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sock == nil {
		return nil
	}
	err := b.sock.Close()
	b.sock = nil
	return err
}

func (b *plainBind) Send(bufs [][]byte, to conn.Endpoint) error {
	e, ok := to.(*endpoint)
	if !ok {
		return conn.ErrWrongEndpointType
	}
	b.mu.Lock()
	sock := b.sock
	b.mu.Unlock()
	if sock == nil {
		return net.ErrClosed
	}
	for _, p := range bufs {
		if _, err := sock.WriteToUDPAddrPort(p, e.AddrPort); err != nil {
			return err
		}
	}
	return nil
}

func (b *plainBind) SetMark(uint32) error                          { return nil }
func (b *plainBind) BatchSize() int                                { return 1 }
func (b *plainBind) ParseEndpoint(s string) (conn.Endpoint, error) { return parseEndpoint(s) }
