package wgnet

import (
	"net"
	"net/netip"

	"golang.zx2c4.com/wireguard/conn"
)

// BindOption changes what NewBind makes.
type BindOption func(*bindOptions)

type bindOptions struct {
	at    netip.Addr // zero = every address, both families
	plain bool       // no segmentation offload
	given func(port uint16) (*net.UDPConn, error)
	cut   Cutter
}

// ListenOn makes the bind use one local address instead of all.
func ListenOn(a netip.Addr) BindOption {
	return func(o *bindOptions) { o.at = a.Unmap() }
}

// WithoutOffload makes the bind send and receive every packet as a datagram of its own. For kernels whose UDP
// segmentation is broken in a way that only shows at the far end.
func WithoutOffload() BindOption {
	return func(o *bindOptions) { o.plain = true }
}

// Cutter is who may cut datagrams that are too large for the path.
type Cutter uint8

const (
	SystemCuts Cutter = iota // what the system does by itself: it cuts what it has been told is too large
	NobodyCuts               // what is too large is lost: so it can be found out how large that is
	RoutersCut               // of IPv4, routers on the way; IPv6 has none that do, and is left to the system
)

// CutBy says who may cut what the bind sends. RoutersCut is for an end that does not find out how large datagrams may be.
func CutBy(c Cutter) BindOption {
	return func(o *bindOptions) { o.cut = c }
}

// GivenSockets makes the bind take its sockets, one at every Open, from given: from a helper that has marked them as
// those that may leave beside the tunnel. The port is the socket's own, whatever the configuration says. Linux only;
// elsewhere Open fails.
func GivenSockets(given func(port uint16) (*net.UDPConn, error)) BindOption {
	return func(o *bindOptions) { o.given = given }
}

// NewBind makes the UDP side of a Device. On Linux it is our own, with UDP_SEGMENT and UDP_GRO where the kernel has
// them; elsewhere wireguard-go's.
func NewBind(options ...BindOption) conn.Bind {
	var o bindOptions
	for _, set := range options {
		set(&o)
	}
	return newBind(o)
}

// endpoint is an address of a peer. It never changes, so one may be shared by any number of packets. It has no source
// address: replies leave from the address that the socket is bound to, or that the routes choose.
type endpoint struct {
	netip.AddrPort
}

var _ conn.Endpoint = (*endpoint)(nil)

func (e *endpoint) ClearSrc()           {}
func (e *endpoint) SrcToString() string { return "" }
func (e *endpoint) SrcIP() netip.Addr   { return netip.Addr{} }
func (e *endpoint) DstToString() string { return e.String() }
func (e *endpoint) DstIP() netip.Addr   { return e.Addr() }

func (e *endpoint) DstToBytes() []byte {
	b, _ := e.MarshalBinary() // never fails, by its documentation
	return b
}

func parseEndpoint(s string) (conn.Endpoint, error) {
	a, err := netip.ParseAddrPort(s)
	if err != nil {
		return nil, err
	}
	return &endpoint{unmap(a)}, nil
}
