package guard

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/mysteriumvpn/desktop/internal/netdclient"
	"github.com/mysteriumvpn/desktop/internal/unixsock"
)

// Node is the Mysterium node that the helper runs for the whole device, as a user of its own that may pass beside the
// tunnel. It lasts as long as its connection to the helper, which is another one than that of the tunnel: a disconnect
// does not end it. Make one with NewNode, and Close it.
//
// It may be used from any goroutine.
type Node struct {
	path  string
	conns chan net.Conn
	done  chan struct{}

	mu     sync.Mutex // guards what follows; held while the helper is asked
	c      *netdclient.Client
	stop   context.CancelFunc // of c's heartbeat
	l      *net.UnixListener  // where the node asks for tunnels, of this run of the helper
	closed bool
}

// NewNode makes a Node of the helper at path. Nothing runs yet.
func NewNode(path string) *Node {
	return &Node{path: path, conns: make(chan net.Conn), done: make(chan struct{})}
}

// Run has the node run, if it does not, and gives the user that it runs as. When it returns the node may still be
// starting. The error is a *NodeError; ErrNoHelper says that there is no helper.
func (n *Node) Run(ctx context.Context) (uid int, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for {
		if n.closed {
			return 0, &NodeError{net.ErrClosed}
		}
		fresh := n.c == nil
		if fresh {
			c, err := netdclient.Dial(ctx, n.path)
			if err != nil {
				return 0, &NodeError{err}
			}
			n.c = c
		}
		var l *net.UnixListener
		var uid uint32
		err := bound(ctx, true, n.c, func(c *netdclient.Client) (err error) { l, uid, err = c.Node(); return err })
		_, refused := errors.AsType[*netdclient.Refusal](err)
		switch {
		case err == nil:
			n.took(l, int(uid))
			return int(uid), nil
		case refused:
			if fresh {
				n.drop()
			}
			return 0, &NodeError{err}
		}
		n.drop()
		if fresh || ctx.Err() != nil {
			return 0, &NodeError{err}
		}
	}
}

// took keeps the connection alive, and accepts at a socket that is new.
func (n *Node) took(l *net.UnixListener, uid int) {
	if n.stop == nil {
		ctx, stop := context.WithCancel(context.Background())
		n.stop = stop
		go func(c *netdclient.Client) { _ = c.Keep(ctx, nil) }(n.c) // if it breaks the helper has gone, and the node with it
	}
	if l == nil {
		return
	}
	if n.l != nil { // of a node that the helper has started anew
		_ = n.l.Close()
	}
	n.l = l
	go func() {
		for {
			c, err := l.AcceptUnix()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil { // too many open files, or who connected has gone already
				select {
				case <-time.After(100 * time.Millisecond):
				case <-n.done:
				}
				continue
			}
			if who, err := unixsock.PeerUID(c); err != nil || who != uid {
				_ = c.Close()
				continue
			}
			select {
			case n.conns <- c:
			case <-n.done:
				_ = c.Close()
				return
			}
		}
	}()
}

func (n *Node) drop() {
	if n.stop != nil {
		n.stop()
		n.stop = nil
	}
	if n.l != nil {
		_ = n.l.Close()
		n.l = nil
	}
	_ = n.c.Close()
	n.c = nil
}

// Stop ends the node. Run starts it again.
func (n *Node) Stop() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.c != nil {
		n.drop()
	}
}

// Accept gives the next connection of the node, over all its runs and those of the helper. Others than the node's user
// are turned away.
func (n *Node) Accept() (net.Conn, error) {
	select {
	case c := <-n.conns:
		return c, nil
	case <-n.done:
		return nil, net.ErrClosed
	}
}

// Close ends the connection, with which the node ends, and Accept. Closing twice is fine.
func (n *Node) Close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return nil
	}
	n.closed = true
	close(n.done)
	if n.c != nil {
		n.drop()
	}
	return nil
}

// Addr names the helper's socket.
func (n *Node) Addr() net.Addr { return &net.UnixAddr{Name: n.path, Net: "unix"} }
