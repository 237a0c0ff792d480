// Package tequilatest is a fake Mysterium node for tests: it answers over HTTP what package tequilapi calls, with the
// real node's status codes, error codes and odd habits, and lets the test set its state and make it fail.
//
// Tests call NewNode, then Client or URL. The fake panics when a test asks for what no node does, such as a failure of
// a path that does not exist, and reports failures that were ordered and never met.
//
// All methods may be called from any goroutine. A node made InMemory works inside a testing/synctest bubble.
package tequilatest

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/mysteriumvpn/desktop/tequilapi"
)

// HermesID is the hermes that the fake names.
const HermesID = "0x80Ed28d84792d8b153bf2F25F0C4B7a1381dE4ab"

// TermsVersion is the fake's current version of the terms.
const TermsVersion = "0.0.53"

// Node is a fake node.
type Node struct {
	t       testing.TB
	server  *http.Server
	l       net.Listener
	pipe    *pipeListener // nil = TCP
	served  sync.WaitGroup
	stopped chan struct{}
	started time.Time
	clients []*tequilapi.Client

	mu        sync.Mutex // guards what follows
	health    tequilapi.Health
	ids       []*identity
	proposals []tequilapi.Proposal
	location  tequilapi.Location
	terms     tequilapi.Terms
	config    map[string]any
	sessions  []tequilapi.Session
	conn      tequilapi.LiveConnection
	used      bool               // there was a connection: DELETE of none is an error from then on
	cancel    context.CancelFunc // of the attempt under way; nil = none
	idle      chan struct{}      // closed when that attempt has ended
	onConnect func(context.Context, tequilapi.ConnectRequest) error
	fails     map[string][]*tequilapi.Error
	requests  []Request
	changed   chan struct{} // closed and renewed with each change
}

type identity struct {
	tequilapi.Identity
	passphrase string
	unlocked   bool
	balance    tequilapi.Money
}

// Request is a call that the node has had.
type Request struct {
	Method, Path, Query, Body string
}

// Option changes a Node while it is made.
type Option func(*Node)

// InMemory makes a node that only its own Client and Transport reach, without sockets.
func InMemory() Option { return func(n *Node) { n.pipe = newPipeListener() } }

// NewNode starts a node on a free loopback port. It is closed at the end of the test. It has no identity and no
// proposals, is not connected, and connects at once when asked to.
func NewNode(t testing.TB, opts ...Option) *Node {
	t.Helper()
	n := &Node{
		t: t, stopped: make(chan struct{}), changed: make(chan struct{}), started: time.Now(),
		health:   tequilapi.Health{PID: 4242, Version: "0.0.0-test"},
		location: tequilapi.Location{IP: "192.0.2.7", ASN: 64500, ISP: "Test ISP", Continent: "EU", Country: "LT", Region: "Vilnius", City: "Vilnius"},
		terms:    tequilapi.Terms{CurrentVersion: TermsVersion},
		config:   map[string]any{}, fails: map[string][]*tequilapi.Error{},
	}
	n.conn.Status = tequilapi.NotConnected
	for _, o := range opts {
		o(n)
	}
	if n.pipe != nil {
		n.l = n.pipe
	} else {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatalf("fake node: %v", err)
		}
		n.l = l
	}
	n.server = &http.Server{Handler: n.handler(), ReadHeaderTimeout: 10 * time.Second}
	n.served.Go(func() { _ = n.server.Serve(n.l) })
	t.Cleanup(n.end)
	return n
}

func (n *Node) end() {
	n.Kill()
	for _, c := range n.clients {
		c.Close()
	}
	for what, left := range n.fails {
		if len(left) > 0 {
			n.t.Errorf("fake node: %d ordered failures of %s were never met", len(left), what)
		}
	}
}

// URL is where the node answers.
func (n *Node) URL() string { return "http://" + n.l.Addr().String() }

// Transport reaches the node, also when it is InMemory. The caller closes its idle connections.
func (n *Node) Transport() *http.Transport {
	t := &http.Transport{DisableCompression: true}
	if n.pipe != nil {
		t.DialContext = n.pipe.dial
	}
	return t
}

// Client is a new client of the node, closed at the end of the test.
func (n *Node) Client(opts ...tequilapi.Option) *tequilapi.Client {
	n.t.Helper()
	c, err := tequilapi.New(n.URL(), append([]tequilapi.Option{tequilapi.WithTransport(n.Transport())}, opts...)...)
	if err != nil {
		n.t.Fatalf("fake node: %v", err)
	}
	n.mu.Lock()
	n.clients = append(n.clients, c)
	n.mu.Unlock()
	return c
}

// Kill ends the node as SIGKILL would: connections break, nothing is said. It returns when the node is gone. Twice is
// fine.
func (n *Node) Kill() {
	n.mu.Lock()
	if n.cancel != nil {
		n.cancel()
	}
	n.mu.Unlock()
	_ = n.server.Close()
	n.served.Wait()
}

// Stopped is closed when somebody has asked the node to stop. It goes on to answer until Kill.
func (n *Node) Stopped() <-chan struct{} { return n.stopped }

// AddIdentity puts a registered identity into the keystore, locked, with money that shows once it is unlocked.
func (n *Node) AddIdentity(id, passphrase string, balance tequilapi.Money) {
	n.change(func() {
		n.ids = append(n.ids, &identity{
			Identity:   tequilapi.Identity{ID: id, Registration: tequilapi.Registered, HermesID: HermesID},
			passphrase: passphrase, balance: balance,
		})
	})
}

// SetRegistration changes an identity's registration. It panics if there is no such identity.
func (n *Node) SetRegistration(id string, s tequilapi.RegistrationStatus) {
	n.change(func() {
		i := n.identityLocked(id)
		if i == nil {
			panic("tequilatest: no identity " + id)
		}
		i.Registration = s
	})
}

// SetProposals replaces what is on offer.
func (n *Node) SetProposals(p ...tequilapi.Proposal) {
	n.change(func() { n.proposals = slices.Clone(p) })
}

// SetHealth replaces what the healthcheck says, but for the uptime.
func (n *Node) SetHealth(h tequilapi.Health) { n.change(func() { n.health = h }) }

// SetLocation replaces where the world sees us.
func (n *Node) SetLocation(l tequilapi.Location) { n.change(func() { n.location = l }) }

// SetStatus changes the connection's state unasked, as a node does whose provider went away.
func (n *Node) SetStatus(s tequilapi.ConnectionStatus) { n.change(func() { n.conn.Status = s }) }

// SetStatistics changes the connection's counters.
func (n *Node) SetStatistics(s tequilapi.Statistics) { n.change(func() { n.conn.Statistics = &s }) }

// OnConnect sets what happens while the node is Connecting: it is connected when f returns nil. The context ends when
// the attempt is cancelled. An error becomes the real node's 500 err_connect, unless it is a *tequilapi.Error, which
// is sent as it is. nil means: connected at once.
func (n *Node) OnConnect(f func(context.Context, tequilapi.ConnectRequest) error) {
	n.change(func() { n.onConnect = f })
}

// Fail makes the next call of method and path, such as "PUT", "/connection", fail with status, code and message. It
// panics if the node has no such call.
func (n *Node) Fail(method, path string, err tequilapi.Error) {
	r, e := http.NewRequestWithContext(context.Background(), method, "http://node"+path, nil)
	if e != nil {
		panic("tequilatest: " + e.Error())
	}
	if _, pattern := n.mux().Handler(r); pattern == "" || err.Status < 300 {
		panic("tequilatest: no node fails at " + method + " " + path)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.fails[method+" "+path] = append(n.fails[method+" "+path], &err)
}

// Requests lists the calls so far, oldest first.
func (n *Node) Requests() []Request {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.requests)
}

// Config is the user's configuration as the node has it.
func (n *Node) Config() map[string]any {
	n.mu.Lock()
	defer n.mu.Unlock()
	return maps.Clone(n.config)
}

// change runs f under the lock and tells the streams.
func (n *Node) change(f func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f()
	close(n.changed)
	n.changed = make(chan struct{})
}

func (n *Node) identityLocked(id string) *identity {
	for _, i := range n.ids {
		if i.ID == id {
			return i
		}
	}
	return nil
}

// viewLocked is the identity as the API shows it: its money shows only when it is unlocked.
func (i *identity) viewLocked() tequilapi.Identity {
	v := i.Identity
	if i.unlocked {
		v.Balance = i.balance
	}
	return v
}

// pipeListener is a listener without sockets.
type pipeListener struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
}

var errRefused = errors.New("connection refused: the fake node is gone")

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case l.conns <- there:
		return here, nil
	case <-l.done:
		return nil, errRefused
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "127.0.0.1:1" }
