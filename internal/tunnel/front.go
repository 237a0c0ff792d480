package tunnel

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"sync"
	"time"

	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

const (
	defaultConns     = 1024
	handshakeTimeout = 15 * time.Second // from accept to the end of the request
	idleTimeout      = 2 * time.Minute  // of an HTTP connection between two requests
	headerLimit      = 64 << 10

	answerHeaderLimit = 256 << 10 // of sites; net/http alone would take 10 MB
)

// TakenError says that another program listens on the address.
type TakenError struct {
	Addr string
	Err  error
}

func (e *TakenError) Error() string {
	return fmt.Sprintf("the proxy address %s is used by another program", e.Addr)
}

func (e *TakenError) Unwrap() error { return e.Err }

// ExposedError says that the address can be reached from other computers and that nobody asked for that.
type ExposedError struct{ Addr string }

func (e *ExposedError) Error() string {
	return fmt.Sprintf("the proxy address %s is not on loopback: other computers could use the tunnel", e.Addr)
}

// front is the listener that programs talk to. The first byte tells SOCKS5, SOCKS4 and HTTP apart. It asks for the
// link once for each request; without one it refuses. It never dials, and never looks up a name, by the host.
type front struct {
	listener net.Listener
	link     func() *link // nil = not up
	log      wgnet.LogFunc
	limit    int

	web   *http.Server
	pages *httputil.ReverseProxy
	toWeb chan net.Conn
	ctx   context.Context // ends when the front closes
	stop  context.CancelFunc

	mu      sync.Mutex
	closed  bool
	conns   map[*conn]struct{}
	full    bool           // the last connection was over the limit: say so once
	serving sync.WaitGroup // Add under mu while !closed
}

// parseListen reads host:port without asking the host's resolver.
func parseListen(addr string, expose bool) (netip.AddrPort, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("read proxy address %q: %w", addr, err)
	}
	switch host {
	case "localhost":
		host = "127.0.0.1"
	case "":
		host = "0.0.0.0"
	}
	at, err := netip.ParseAddrPort(net.JoinHostPort(host, port))
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("read proxy address %q: it has to be an IP address and a port", addr)
	}
	if !expose && !at.Addr().Unmap().IsLoopback() {
		return netip.AddrPort{}, &ExposedError{Addr: addr}
	}
	return at, nil
}

// listen opens the front; serve has to follow.
func listen(addr string, expose bool, limit int, log wgnet.LogFunc, l func() *link) (*front, error) {
	at, err := parseListen(addr, expose)
	if err != nil {
		return nil, err
	}
	network := "tcp6"
	if at.Addr().Is4() { // Go takes 0.0.0.0 for both families otherwise, and nobody asked for the other
		network = "tcp4"
	}
	ln, err := net.ListenTCP(network, net.TCPAddrFromAddrPort(at))
	if err != nil {
		if addressInUse(err) {
			return nil, &TakenError{Addr: addr, Err: err}
		}
		return nil, fmt.Errorf("listen on proxy address %s: %w", addr, err)
	}
	f := newFront(limit, log, l)
	f.listener = ln
	f.serving.Add(2)
	go func() { defer f.serving.Done(); f.accept() }()
	go func() { defer f.serving.Done(); _ = f.web.Serve(webListener{f}) }()
	return f, nil
}

func newFront(limit int, log wgnet.LogFunc, l func() *link) *front {
	if limit <= 0 {
		limit = defaultConns
	}
	f := &front{
		link: l, log: log, limit: limit,
		toWeb: make(chan net.Conn), conns: map[*conn]struct{}{},
	}
	f.ctx, f.stop = context.WithCancel(context.Background())
	f.newWeb()
	return f
}

func (f *front) addr() netip.AddrPort {
	a, _ := netip.ParseAddrPort(f.listener.Addr().String())
	return a
}

func (f *front) accept() {
	for {
		c, err := f.listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			// Out of file descriptors, most likely. They come back when flows end.
			f.log(wgnet.LevelError, fmt.Sprintf("accept a proxy connection: %v", err))
			select {
			case <-time.After(100 * time.Millisecond):
				continue
			case <-f.ctx.Done():
				return
			}
		}
		f.take(c)
	}
}

// take owns c from here on.
func (f *front) take(nc net.Conn) {
	c := &conn{Conn: nc, front: f}
	f.mu.Lock()
	full := len(f.conns) >= f.limit
	tell := full && !f.full
	f.full = full
	if f.closed || full {
		f.mu.Unlock()
		_ = nc.Close()
		if tell {
			f.log(wgnet.LevelError, fmt.Sprintf("the proxy has %d connections open, which is its limit: new ones are closed", f.limit))
		}
		return
	}
	f.conns[c] = struct{}{}
	f.serving.Add(1)
	f.mu.Unlock()
	go func() { defer f.serving.Done(); f.serve(c) }()
}

// serve speaks to one program. An HTTP connection goes on to the HTTP server, which then owns it.
func (f *front) serve(c *conn) {
	_ = c.SetDeadline(time.Now().Add(handshakeTimeout))
	var first [1]byte
	if _, err := c.Conn.Read(first[:]); err != nil {
		_ = c.Close()
		return
	}
	switch b := first[0]; {
	case b == 5:
		f.socks5(c)
	case b == 4:
		f.socks4(c)
	case 'A' <= b && b <= 'Z', 'a' <= b && b <= 'z':
		c.first = first[:]
		_ = c.SetDeadline(time.Time{}) // the HTTP server sets its own
		select {
		case f.toWeb <- c:
		case <-f.ctx.Done():
			_ = c.Close()
		}
	default: // TLS to a proxy that speaks none, or noise
		_ = c.Close()
	}
}

// close ends the listener and every connection, and returns when all of it is gone.
func (f *front) close() {
	f.mu.Lock()
	was := f.closed
	f.closed = true
	open := make([]*conn, 0, len(f.conns))
	for c := range f.conns {
		open = append(open, c)
	}
	f.mu.Unlock()
	if !was {
		f.stop()
		if f.listener != nil {
			_ = f.listener.Close()
		}
		for _, c := range open {
			_ = c.Close()
		}
		_ = f.web.Close()
	}
	f.serving.Wait()
}

// begin reports whether work may still start; then serving.Done has to follow.
func (f *front) begin() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false
	}
	f.serving.Add(1)
	return true
}

// current is the link if one is up, entered; leave it when done.
func (f *front) current() (*link, error) {
	for {
		l := f.link()
		if l == nil {
			return nil, errNotUp
		}
		if l.enter() {
			return l, nil
		}
		if f.link() == l {
			return nil, errNotUp
		}
		// It was replaced just now.
	}
}

// conn is one program's connection. It counts against the front's limit until it is closed.
type conn struct {
	net.Conn
	front *front
	first []byte // read ahead to tell the protocol
	once  sync.Once
}

// Read gives the byte that was read ahead first.
func (c *conn) Read(b []byte) (int, error) {
	if len(c.first) > 0 && len(b) > 0 {
		n := copy(b, c.first)
		c.first = c.first[n:]
		return n, nil
	}
	return c.Conn.Read(b)
}

// Close closes the connection once.
func (c *conn) Close() error {
	c.once.Do(func() {
		c.front.mu.Lock()
		delete(c.front.conns, c)
		c.front.mu.Unlock()
	})
	return c.Conn.Close()
}

// CloseWrite sends FIN and leaves the other way open.
func (c *conn) CloseWrite() error {
	if h, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return h.CloseWrite()
	}
	return nil
}

// SetLinger(0) makes Close a reset.
func (c *conn) SetLinger(sec int) error {
	if h, ok := c.Conn.(interface{ SetLinger(int) error }); ok {
		return h.SetLinger(sec)
	}
	return nil
}

// webListener hands connections that speak HTTP to the HTTP server.
type webListener struct{ f *front }

func (w webListener) Accept() (net.Conn, error) {
	select {
	case c := <-w.f.toWeb:
		return c, nil
	case <-w.f.ctx.Done():
		return nil, net.ErrClosed
	}
}

func (w webListener) Close() error { return nil }

func (w webListener) Addr() net.Addr { return w.f.listener.Addr() }
