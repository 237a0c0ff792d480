package wgnet

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"time"

	"golang.zx2c4.com/wireguard/tun"
	"gvisor.dev/gvisor/pkg/log"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/stack/gro"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

const (
	nic        = tcpip.NICID(1)
	netBatch   = 32  // packets in one Read or Write. wireguard-go keeps 64 KiB for each: 128, its own choice, is 16 MB more and no faster here
	netQueue   = 128 // packets waiting to be read: each may hold 64 KiB before it is cut, so more would cost memory, not time
	minMTU     = 576
	minMTUv6   = 1280
	maxMTU     = 65535 - 80
	recvBuffer = 8 << 20
	sendBuffer = 6 << 20
)

// gVisor has one logger for the process, which writes to stderr. What it says about single packets is of no use here.
func init() {
	log.SetLevel(log.Warning) // for loggers that copied the target before us
	log.SetTarget(&log.MultiEmitter{})
}

// NetOptions says what a Net looks like from inside.
type NetOptions struct {
	Addresses []netip.Addr // our own addresses in the tunnel
	MTU       int          // 0 = DefaultMTU

	// Promiscuous accepts packets for every destination and lets sockets speak from every source. An exit needs it.
	Promiscuous bool

	// Filter, if set, sees every packet that comes out of the tunnel and says whether the stack may have it. It is
	// called from several goroutines at once and must not keep or change the packet.
	Filter func(packet []byte) bool

	idle time.Duration // 0 = aliveIdle; else for tests
}

// Net is a TCP/IP stack whose only link is a WireGuard tunnel: to wireguard-go it is a TUN device, to us a place to
// dial from. It takes TCP in pieces of up to 64 KiB from the stack and cuts them into packets only when WireGuard
// asks (GSO), and joins packets of one flow before the stack sees them (GRO): both spare most of the stack's work.
type Net struct {
	opts   NetOptions
	stack  *stack.Stack
	link   *link
	events chan tun.Event
	queue  chan *stack.PacketBuffer // out of the stack, into the tunnel
	cut    segmenter                // owned by the one reader
	merge  sync.Pool                // of *gro.GRO: one for each concurrent Write

	once sync.Once
	done chan struct{} // closed first: queue never closes, so no send can meet a closed channel
}

var _ tun.Device = (*Net)(nil)

// NewNet makes a stack with the given addresses. It is usable for dialing at once, but packets leave only when a
// Device reads them. Close it, or the Device that took it.
func NewNet(o NetOptions) (*Net, error) {
	if o.MTU == 0 {
		o.MTU = DefaultMTU
	}
	if o.idle == 0 {
		o.idle = aliveIdle
	}
	if len(o.Addresses) == 0 {
		return nil, errors.New("a tunnel needs at least one address")
	}
	least := minMTU
	for _, a := range o.Addresses {
		if !a.IsValid() || a.IsUnspecified() || a.IsMulticast() || a.Is4In6() || a.Zone() != "" {
			return nil, fmt.Errorf("tunnel address %s is not a plain unicast address", a)
		}
		if a.Is6() {
			least = minMTUv6
		}
	}
	if o.MTU < least || o.MTU > maxMTU {
		return nil, fmt.Errorf("tunnel MTU %d is not between %d and %d", o.MTU, least, maxMTU)
	}
	n := &Net{
		opts:   o,
		events: make(chan tun.Event),
		queue:  make(chan *stack.PacketBuffer, netQueue),
		done:   make(chan struct{}),
	}
	n.merge.New = func() any {
		g := new(gro.GRO)
		g.Init(true)
		return g
	}
	n.link = &link{net: n}
	n.link.mtu.Store(uint32(o.MTU)) //nolint:gosec // it was checked
	n.stack = stack.New(stack.Options{
		// The tunnel may lead to a loopback address of the far end, if that lets us. Ours is not reachable through it: the
		// stack is not the host's.
		NetworkProtocols: []stack.NetworkProtocolFactory{
			ipv4.NewProtocolWithOptions(ipv4.Options{AllowExternalLoopbackTraffic: true}),
			ipv6.NewProtocolWithOptions(ipv6.Options{AllowExternalLoopbackTraffic: true}),
		},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4, icmp.NewProtocol6},
		HandleLocal:        !o.Promiscuous, // an exit must not take a packet back that it sends to a client
	})
	if err := n.setUp(); err != nil {
		_ = n.Close()
		return nil, err
	}
	return n, nil
}

func (n *Net) setUp() error {
	sack := tcpip.TCPSACKEnabled(true)
	rack := tcpip.TCPRACKLossDetection
	cubic := tcpip.CongestionControlOption("cubic")
	moderate := tcpip.TCPModerateReceiveBufferOption(true)
	recv := tcpip.TCPReceiveBufferSizeRangeOption{Min: 4 << 10, Default: 1 << 20, Max: recvBuffer}
	send := tcpip.TCPSendBufferSizeRangeOption{Min: 4 << 10, Default: 1 << 20, Max: sendBuffer}
	for _, o := range []tcpip.SettableTransportProtocolOption{&sack, &rack, &cubic, &moderate, &recv, &send} {
		if err := n.stack.SetTransportProtocolOption(tcp.ProtocolNumber, o); err != nil {
			return fmt.Errorf("set %T: %s", o, err)
		}
	}
	if err := n.stack.CreateNIC(nic, n.link); err != nil {
		return fmt.Errorf("make network interface: %s", err)
	}
	if n.opts.Promiscuous {
		if err := n.stack.SetPromiscuousMode(nic, true); err != nil {
			return fmt.Errorf("set promiscuous mode: %s", err)
		}
		if err := n.stack.SetSpoofing(nic, true); err != nil {
			return fmt.Errorf("set spoofing: %s", err)
		}
	}
	// A family without an address has no route: dialing it fails at once instead of timing out.
	v4, v6 := n.opts.Promiscuous, n.opts.Promiscuous
	for _, a := range n.opts.Addresses {
		own := tcpip.ProtocolAddress{Protocol: protocolOf(a), AddressWithPrefix: tcpip.AddrFromSlice(a.AsSlice()).WithPrefix()}
		if err := n.stack.AddProtocolAddress(nic, own, stack.AddressProperties{}); err != nil {
			return fmt.Errorf("add address %s: %s", a, err)
		}
		v4, v6 = v4 || a.Is4(), v6 || a.Is6()
	}
	if v4 {
		n.stack.AddRoute(tcpip.Route{Destination: header.IPv4EmptySubnet, NIC: nic})
	}
	if v6 {
		n.stack.AddRoute(tcpip.Route{Destination: header.IPv6EmptySubnet, NIC: nic})
	}
	return nil
}

// Stack is the gVisor stack, for listeners and forwarders. It belongs to the Net.
func (n *Net) Stack() *stack.Stack { return n.stack }

// Addresses are our own addresses in the tunnel.
func (n *Net) Addresses() []netip.Addr { return append([]netip.Addr(nil), n.opts.Addresses...) }

// Close cuts every connection of the stack and frees it. A Device closes its Net itself.
func (n *Net) Close() error {
	n.once.Do(func() {
		close(n.done) // wakes the reader and every sender that waits for room
		n.stack.Close()
		n.stack.RemoveNIC(nic)
		// The stack's Wait would also wait for sockets whose owners have not let go; only its workers matter here.
		n.stack.TransportProtocolInstance(tcp.ProtocolNumber).Wait()
		for {
			select {
			case p := <-n.queue:
				p.DecRef()
			default:
				close(n.events)
				return
			}
		}
	})
	return nil
}

// Name is part of tun.Device; the name never shows on the host.
func (n *Net) Name() (string, error) { return "netstack", nil }

// File is part of tun.Device; there is none.
func (n *Net) File() *os.File { return nil }

// Events is part of tun.Device, and closed by Close. There are none: the device is brought up by NewDevice, once it is configured. An event would have wireguard-go do it on
// a goroutine of its own, at any moment of that.
func (n *Net) Events() <-chan tun.Event { return n.events }

// MTU is part of tun.Device.
func (n *Net) MTU() (int, error) { return int(n.link.mtu.Load()), nil }

// BatchSize is part of tun.Device.
func (n *Net) BatchSize() int { return netBatch }

// Read is part of tun.Device: it fills bufs with packets that leave through the tunnel, and waits for the first.
func (n *Net) Read(bufs [][]byte, sizes []int, offset int) (int, error) {
	filled := 0
	for filled < len(bufs) {
		if !n.cut.busy() {
			p, err := n.next(filled == 0)
			if err != nil {
				return 0, err
			}
			if p == nil {
				break
			}
			n.cut.start(p)
		}
		size := n.cut.next(bufs[filled][offset:])
		if size == 0 {
			continue
		}
		sizes[filled] = size
		filled++
	}
	return filled, nil
}

// next takes a packet from the queue; without wait, nil when there is none.
func (n *Net) next(wait bool) (*stack.PacketBuffer, error) {
	select {
	case p := <-n.queue:
		return p, nil
	default:
	}
	if !wait {
		return nil, nil
	}
	select {
	case p := <-n.queue:
		return p, nil
	case <-n.done:
		return nil, os.ErrClosed
	}
}

// Write is part of tun.Device: it hands the stack packets that came out of the tunnel.
func (n *Net) Write(bufs [][]byte, offset int) (int, error) {
	d := n.link.dispatcher()
	if d == nil {
		return 0, os.ErrClosed
	}
	g := n.merge.Get().(*gro.GRO)
	g.Dispatcher = d
	for _, b := range bufs {
		n.deliver(g, b[offset:])
	}
	g.Flush()
	g.Dispatcher = nil
	n.merge.Put(g)
	return len(bufs), nil
}

func protocolOf(a netip.Addr) tcpip.NetworkProtocolNumber {
	if a.Is4() {
		return ipv4.ProtocolNumber
	}
	return ipv6.ProtocolNumber
}
