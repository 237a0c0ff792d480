package exit

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

const (
	dialTimeout = 15 * time.Second

	// A client that vanishes with a connection open is noticed after idle + count * interval.
	aliveIdle     = 2 * time.Minute
	aliveInterval = 30 * time.Second
	aliveCount    = 4
)

// takeTCP serves one TCP connection from its first packet to its end. The stack runs it on a goroutine of its own. It
// connects to the far end before it lets the client connect, so that the client learns what happened there.
func (r *running) takeTCP(req *tcp.ForwarderRequest) {
	client, to := ends(req.ID())
	fl, ok := r.flows.begin(flowTCP, client.Addr())
	if !ok {
		req.Complete(true)
		return
	}
	defer r.flows.end(fl)

	if r.own[to.Addr()] {
		if to.Port() != dnsPort {
			req.Complete(true)
			return
		}
		if inner, err := accept(req); err == nil {
			defer context.AfterFunc(fl.ctx, inner.reset)()
			defer func() { _ = inner.Close() }()
			r.dns.serveTCP(fl.ctx, inner)
		}
		return
	}

	if r.policy.Allowed(to.Addr()) != nil {
		req.Complete(true)
		return
	}
	outer, err := r.dial(fl, "tcp", to)
	if err != nil {
		req.Complete(!isTimeout(err)) // silence is passed on as silence: a reset says that somebody refused
		return
	}
	inner, err := accept(req)
	if err != nil {
		_ = outer.Close()
		return
	}
	join(fl, inner, outer.(*net.TCPConn))
}

// accept finishes the handshake with the client.
func accept(req *tcp.ForwarderRequest) (*innerConn, error) {
	var wq waiter.Queue
	ep, terr := req.CreateEndpoint(&wq)
	req.Complete(terr != nil)
	if terr != nil {
		return nil, errors.New(terr.String())
	}
	ep.SocketOptions().SetKeepAlive(true)
	idle, interval := tcpip.KeepaliveIdleOption(aliveIdle), tcpip.KeepaliveIntervalOption(aliveInterval)
	_ = ep.SetSockOpt(&idle) // these three cannot fail on a TCP endpoint
	_ = ep.SetSockOpt(&interval)
	_ = ep.SetSockOptInt(tcpip.KeepaliveCountOption, aliveCount)
	return &innerConn{gonet.NewTCPConn(&wq, ep), ep}, nil
}

// innerConn is the client's end of a connection. It can be reset, which a gonet.TCPConn cannot.
type innerConn struct {
	*gonet.TCPConn
	ep tcpip.Endpoint
}

func (c *innerConn) reset() { c.ep.Abort() }

// outerConn is the far end.
type outerConn struct{ *net.TCPConn }

func (c outerConn) reset() {
	_ = c.SetLinger(0)
	_ = c.Close()
}

// halves is what join needs of either end.
type halves interface {
	net.Conn
	CloseWrite() error
	reset()
}

// join copies both ways until both directions have ended. The end of one direction is passed on and leaves the other
// alone; an error in either resets both ends.
func join(fl *flow, inner *innerConn, out *net.TCPConn) {
	outer := outerConn{out}
	var once sync.Once
	fail := func() { once.Do(func() { inner.reset(); outer.reset() }) }
	defer context.AfterFunc(fl.ctx, fail)()
	var wg sync.WaitGroup
	wg.Go(func() { pour(outer, inner, fail) })
	pour(inner, outer, fail)
	wg.Wait()
	_ = inner.Close()
	_ = outer.Close()
}

// pour copies from one end to the other and passes the end on.
func pour(to, from halves, fail func()) {
	buf := takeBuffer()
	defer giveBuffer(buf)
	for {
		n, err := from.Read(buf[:])
		if n > 0 {
			if _, werr := to.Write(buf[:n]); werr != nil {
				fail()
				return
			}
		}
		switch {
		case err == nil:
		case errors.Is(err, io.EOF):
			if to.CloseWrite() != nil {
				fail()
			}
			return
		default:
			fail()
			return
		}
	}
}

// bufferSize fits a whole GSO packet of the stack, and the largest datagram.
const bufferSize = 64 << 10

var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

func takeBuffer() *[bufferSize]byte  { return buffers.Get().(*[bufferSize]byte) }
func giveBuffer(b *[bufferSize]byte) { buffers.Put(b) }
