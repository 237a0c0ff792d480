package netdclient

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/mysteriumvpn/desktop/internal/netd/wire"
	"github.com/mysteriumvpn/desktop/internal/unixsock"
)

// Beat is how often Keep asks. The helper waits several times as long.
const Beat = 3 * time.Second

// answerTime is how long the helper may take for one request; nft has 10 s of it.
const answerTime = 30 * time.Second

// Refusal is an answer that is not OK.
type Refusal struct {
	Code wire.Code
	Text string
}

func (r *Refusal) Error() string { return r.Text }

// ErrNoHelper means that nobody listens there: the helper is not installed, or was not started.
var ErrNoHelper = errors.New("mysteriumvpn-netd does not answer: install the package, or start `mysteriumvpn-netd serve` as root")

// Client is one connection to the helper.
type Client struct {
	mu   sync.Mutex // one request at a time
	c    *net.UnixConn
	buf  []byte
	eye  *os.File // the connection, as watch sees it
	lost chan struct{}
}

// Dial connects to the helper at path and makes sure that root runs it.
func Dial(ctx context.Context, path string) (*Client, error) {
	var d net.Dialer
	nc, err := d.DialContext(ctx, wire.Network, path)
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrNoHelper, err)
	}
	c := nc.(*net.UnixConn)
	if err := rootsOwn(c); err != nil {
		_ = c.Close()
		return nil, err
	}
	l := &Client{c: c, buf: make([]byte, wire.MaxPacket+1), lost: make(chan struct{})}
	if err := l.watch(); err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("watch the helper: %w", err)
	}
	return l, nil
}

func rootsOwn(c net.Conn) error {
	uid, err := unixsock.PeerUID(c)
	if err != nil {
		return err
	}
	if uid != 0 {
		return fmt.Errorf("user %d, not root, listens where mysteriumvpn-netd should", uid)
	}
	return nil
}

// Close ends the connection. Without Disconnect before it everything stays blocked. Closing twice is fine.
func (c *Client) Close() error {
	_ = c.eye.Close()
	err := c.c.Close()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// ask sends r and waits for its answer. A file that comes with it is the caller's. An answer that is not OK is a
// *Refusal, and comes with the answer; after any other error the connection is of no more use.
func (c *Client) ask(r wire.Request) (wire.Answer, *os.File, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.c.SetDeadline(time.Now().Add(answerTime))
	if err := wire.Send(c.c, r.Append(nil)); err != nil {
		return wire.Answer{}, nil, fmt.Errorf("ask mysteriumvpn-netd for %s: %w", r.Verb, err)
	}
	packet, files, err := receive(c.c, c.buf)
	if err != nil {
		return wire.Answer{}, nil, fmt.Errorf("hear from mysteriumvpn-netd about %s: %w", r.Verb, err)
	}
	a, err := wire.ParseAnswer(packet)
	if err == nil && a.Code != wire.OK {
		err = &Refusal{a.Code, a.Text}
	}
	var f *os.File
	if len(files) > 0 {
		f = files[0]
	}
	if err != nil {
		f.Close()
		f = nil
	}
	return a, f, err
}

func (c *Client) say(r wire.Request) (wire.Answer, error) {
	a, f, err := c.ask(r)
	f.Close() // nil closes, too
	return a, err
}

// Status asks how things stand. It keeps the lease alive.
func (c *Client) Status() (wire.Answer, error) { return c.say(wire.Request{Verb: wire.Status}) }

// Begin takes the device's traffic over: when it returns nothing leaves but for endpoints, from sockets of Socket.
func (c *Client) Begin(endpoints ...netip.AddrPort) (wire.Answer, error) {
	return c.say(wire.Request{Verb: wire.Begin, Endpoints: endpoints})
}

// Endpoints replaces where WireGuard's datagrams may go. For a switch: first old and new, then new alone.
func (c *Client) Endpoints(endpoints ...netip.AddrPort) (wire.Answer, error) {
	return c.say(wire.Request{Verb: wire.Endpoints, Endpoints: endpoints})
}

// Resolvers replaces the DNS servers inside the tunnel.
func (c *Client) Resolvers(resolvers ...netip.Addr) (wire.Answer, error) {
	return c.say(wire.Request{Verb: wire.Resolvers, Resolvers: resolvers})
}

// MTU changes that of the tunnel's interface, in bytes.
func (c *Client) MTU(mtu uint16) (wire.Answer, error) {
	return c.say(wire.Request{Verb: wire.MTU, MTU: mtu})
}

// Rules are those of the firewall as the kernel has them now, in the words of nft(8), with counters of what was refused
// since they were set; node is the user that they let the node run as, 0 = none. Empty: there are none, and the device is
// open.
func (c *Client) Rules() (rules string, node uint32, err error) {
	a, err := c.say(wire.Request{Verb: wire.Rules})
	return a.Rules, a.Node, err
}

// Tunnel makes the tunnel's interface, sends everything into it, and gives its file, which is the caller's: when it is
// closed the interface is gone, and everything that went there goes nowhere. A second call replaces the interface.
func (c *Client) Tunnel(addresses []netip.Addr, mtu uint16, resolvers ...netip.Addr) (*os.File, error) {
	_, f, err := c.ask(wire.Request{Verb: wire.Tunnel, Addresses: addresses, MTU: mtu, Resolvers: resolvers})
	if err == nil && f == nil {
		err = errors.New("mysteriumvpn-netd sent no interface")
	}
	return f, err
}

// Socket gives a UDP socket that may send to the endpoints, on this port of ours; 0 is any. It is the caller's.
func (c *Client) Socket(port uint16) (*net.UDPConn, error) {
	_, f, err := c.ask(wire.Request{Verb: wire.Socket, Port: port})
	if err != nil {
		return nil, err
	}
	if f == nil {
		return nil, errors.New("mysteriumvpn-netd sent no socket")
	}
	defer f.Close()
	p, err := net.FilePacketConn(f)
	if err != nil {
		return nil, fmt.Errorf("use the socket of mysteriumvpn-netd: %w", err)
	}
	u, ok := p.(*net.UDPConn)
	if !ok {
		_ = p.Close()
		return nil, errors.New("what mysteriumvpn-netd sent is no UDP socket")
	}
	return u, nil
}

// Node has the Mysterium node run, as a user of its own that passes beside the tunnel, for as long as this connection
// lasts. The first time it gives the socket at which the node asks for tunnels, which is the caller's; nil after that.
// Whoever accepts there makes sure that it is this user who connects.
func (c *Client) Node() (l *net.UnixListener, uid uint32, err error) {
	a, f, err := c.ask(wire.Request{Verb: wire.Node})
	if err != nil || f == nil {
		return nil, a.Node, err
	}
	defer func() { _ = f.Close() }()
	n, err := net.FileListener(f)
	if err != nil {
		return nil, 0, fmt.Errorf("use the node's socket: %w", err)
	}
	l, ok := n.(*net.UnixListener)
	if !ok {
		_ = n.Close()
		return nil, 0, errors.New("what mysteriumvpn-netd sent is no socket of the node")
	}
	l.SetUnlinkOnClose(false) // the file is the helper's
	return l, a.Node, nil
}

// Disconnect is the user's word that the tunnel is no longer wanted. The device is open afterwards, unless Lockdown
// is on. Any connection of the user who has begun may say it.
func (c *Client) Disconnect() (wire.Answer, error) { return c.say(wire.Request{Verb: wire.Disconnect}) }

// Lockdown switches whether everything is blocked while nobody is connected, from before the network comes up.
func (c *Client) Lockdown(on bool) (wire.Answer, error) {
	return c.say(wire.Request{Verb: wire.Lockdown, On: on})
}

// LAN switches whether the local network can be reached.
func (c *Client) LAN(on bool) (wire.Answer, error) {
	return c.say(wire.Request{Verb: wire.LAN, On: on})
}

// Reset ends everything and forgets the switches; for root.
func (c *Client) Reset() (wire.Answer, error) { return c.say(wire.Request{Verb: wire.Reset}) }

// Keep asks for the status every Beat, tells each to seen, which may be nil, and returns when ctx ends, the helper is gone
// or it does not answer: then the tunnel is lost, and everything is blocked.
func (c *Client) Keep(ctx context.Context, seen func(wire.Answer)) error {
	t := time.NewTicker(Beat)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-c.lost:
		case <-t.C:
		}
		a, err := c.Status()
		if err != nil {
			return err
		}
		if seen != nil {
			seen(a)
		}
	}
}
