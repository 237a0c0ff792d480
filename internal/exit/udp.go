package exit

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// udpIdle is how long a UDP flow lives without a datagram in either direction.
const udpIdle = 60 * time.Second

// takeUDP begins a UDP flow. It runs in the packet path, so it must not wait. False means
// that there is no such flow; the datagram is dropped.
func (r *running) takeUDP(req *udp.ForwarderRequest) bool {
	client, to := ends(req.ID())
	dns := r.own[to.Addr()]
	if dns && to.Port() != dnsPort || !dns && r.policy.Allowed(to.Addr()) != nil {
		return false
	}
	fl, ok := r.flows.begin(flowUDP, client.Addr())
	if !ok {
		return true // dropped
	}
	var wq waiter.Queue
	ep, terr := req.CreateEndpoint(&wq)
	if terr != nil { // two packets of one flow at once: the other one has it
		r.flows.end(fl)
		return true
	}
	inner := gonet.NewUDPConn(&wq, ep)
	go func() {
		defer r.flows.end(fl)
		defer fl.closeWith(inner)()
		defer func() { _ = inner.Close() }()
		if dns {
			r.dns.serveUDP(fl.ctx, inner)
			return
		}
		outer, err := r.dial(fl, "udp", to)
		if err != nil {
			return
		}
		exchange(fl, inner, outer)
	}()
	return true
}

// dial opens a socket of the host for a flow, and does not give it to one that leads back to the host.
func (r *running) dial(fl *flow, network string, to netip.AddrPort) (net.Conn, error) {
	d := net.Dialer{Timeout: r.patience}
	if network == "udp" {
		d.Control = withoutBroadcast
	}
	c, err := d.DialContext(fl.ctx, network, to.String())
	if err != nil {
		return nil, err
	}
	if exact, _ := r.policy.match(to.Addr()); !exact && ourConn(c.LocalAddr(), c.RemoteAddr()) {
		_ = c.Close()
		return nil, fmt.Errorf("%w: %s is this host", ErrRefused, to)
	}
	return c, nil
}

// exchange copies datagrams both ways until neither has come for udpIdle, or the flow must end.
func exchange(fl *flow, inner, outer net.Conn) {
	defer fl.closeWith(outer)()
	var last atomic.Int64
	last.Store(time.Now().UnixNano())
	done := make(chan struct{})
	go func() {
		defer close(done)
		carry(outer, inner, &last)
		_ = outer.Close() // ends the other direction
	}()
	carry(inner, outer, &last)
	_ = inner.Close()
	_ = outer.Close()
	<-done
}

// carry copies datagrams one way. A read that times out counts as idle only if the other way is idle too.
func carry(to, from net.Conn, last *atomic.Int64) {
	buf := takeBuffer()
	defer giveBuffer(buf)
	for {
		quiet := time.Since(time.Unix(0, last.Load()))
		if quiet >= udpIdle {
			return
		}
		if from.SetReadDeadline(time.Now().Add(udpIdle-quiet)) != nil {
			return
		}
		n, err := from.Read(buf[:])
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) || isTimeout(err) {
				continue
			}
			return
		}
		last.Store(time.Now().UnixNano())
		_, _ = to.Write(buf[:n]) // a datagram that cannot be sent is a datagram lost
	}
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}
