package tunnel

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// nodeProxy is another's HTTP proxy, behind which lies a tunnel that is not ours. Names are looked up behind it, too.
type nodeProxy struct{ at netip.AddrPort }

// Via sends what programs do next through the HTTP proxy at at, on this computer, in place of a device of our own. Then
// Stats counts nothing, nothing watches for a stall, and UDP does not pass. Up and Down end it.
func (t *Tunnel) Via(ctx context.Context, at netip.AddrPort) error {
	if !at.Addr().IsLoopback() {
		return fmt.Errorf("use the proxy at %s: it is not on this computer", at)
	}
	if err := t.take(ctx); err != nil {
		return fmt.Errorf("use the proxy at %s: %w", at, err)
	}
	defer t.give()
	if err := reachable(ctx, at); err != nil {
		return err
	}
	t.down()
	every := []netip.Prefix{netip.PrefixFrom(netip.IPv4Unspecified(), 0), netip.PrefixFrom(netip.IPv6Unspecified(), 0)}
	l := newLink(nodeProxy{at}, reach{v4: true, v6: true, allowed: every}, nil)
	l.via = &nodeProxy{at}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		l.close()
		return ErrClosed
	}
	t.via = l
	return nil
}

// reachable waits for somebody to listen: a proxy may be opened a moment after it was promised.
func reachable(ctx context.Context, at netip.AddrPort) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for {
		c, err := new(net.Dialer).DialContext(ctx, "tcp", at.String())
		if err == nil {
			return c.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("use the proxy at %s: %w", at, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// dial asks the proxy for a connection to t.
func (r nodeProxy) dial(ctx context.Context, t target) (net.Conn, error) {
	if t.name == "" {
		if err := checkAddr(t.addr); err != nil {
			return nil, err
		}
	}
	c, err := new(net.Dialer).DialContext(ctx, "tcp", r.at.String())
	if err != nil {
		return nil, errNotUp // the node that had the tunnel is gone
	}
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	opened, err := r.open(c, t)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	return opened, nil
}

func (r nodeProxy) open(c net.Conn, t target) (net.Conn, error) {
	to := t.String()
	if _, err := fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", to, to); err != nil {
		return nil, err
	}
	in := bufio.NewReader(c)
	res, err := http.ReadResponse(in, &http.Request{Method: http.MethodConnect})
	if err != nil {
		return nil, err
	}
	_ = res.Body.Close()
	switch {
	case res.StatusCode == http.StatusGatewayTimeout:
		return nil, context.DeadlineExceeded
	case res.StatusCode != http.StatusOK:
		return nil, refuse(noHost, "%s cannot be reached from the exit", t)
	}
	return &relayed{Conn: c, in: in}, nil
}

// relayed reads first what came together with the proxy's answer.
type relayed struct {
	net.Conn
	in *bufio.Reader
}

func (c *relayed) Read(b []byte) (int, error) { return c.in.Read(b) }

func (c *relayed) CloseWrite() error {
	if h, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return h.CloseWrite()
	}
	return nil
}

var errNoUDP = errors.New("the node that has the tunnel passes no UDP")

// DialTCP asks the proxy.
func (r nodeProxy) DialTCP(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	return r.dial(ctx, target{addr: to.Addr(), port: to.Port()})
}

// DialUDP is not to be had.
func (nodeProxy) DialUDP(_, _ netip.AddrPort) (net.Conn, error) { return nil, errNoUDP }

// ListenUDP is not to be had.
func (nodeProxy) ListenUDP(netip.AddrPort) (net.PacketConn, error) { return nil, errNoUDP }
