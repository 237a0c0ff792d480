// Package tequilatest is a fake Mysterium node for tests: it answers over HTTP what package tequilapi calls, with the
// real node's status codes, error codes and odd habits, and lets the test set its state, tell stories and make it fail.
//
// Tests call NewNode, then Client or URL; examples and demonstrations, which have no testing.TB, call Start and Close.
// State is set by the methods that begin with Set and Add; ProviderGone, SetPrice, OnRegister and SetOrderStatus tell
// stories; Fail, FailAlways, Slow, Hang and HangAll make it fail.
//
// The fake panics when a test asks for what no node does, such as a failure of a path that does not exist, and reports
// failures that were ordered and never met. It carries no traffic and holds no money.
//
// All methods may be called from any goroutine. A node made InMemory works inside a testing/synctest bubble.
package tequilatest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	server  *http.Server
	l       net.Listener
	pipe    *pipeListener // nil = TCP
	served  sync.WaitGroup
	stopped chan struct{}
	started time.Time

	mu         sync.Mutex // guards what follows
	clients    []*tequilapi.Client
	health     tequilapi.Health
	latest     string
	nat        tequilapi.NAT
	ids        []*identity
	proposals  []tequilapi.Proposal
	location   tequilapi.Location
	terms      tequilapi.Terms
	config     map[string]any
	sessions   []tequilapi.Session // oldest first
	fees       tequilapi.Fees
	free       bool // registration costs nothing
	rates      map[string]json.Number
	gateways   []tequilapi.Gateway
	orders     []tequilapi.Order
	door       *door // nil = no token is asked for
	conn       tequilapi.LiveConnection
	since      time.Time          // of the connection
	used       bool               // there was a connection: DELETE of none is an error from then on
	cancel     context.CancelFunc // of the attempt under way; nil = none
	idle       chan struct{}      // closed when that attempt has ended
	onConnect  func(context.Context, tequilapi.ConnectRequest) error
	onRegister func(id string) error
	faults     map[string]*fault // by method and path
	hung       chan struct{}     // all calls wait until it is closed; nil = none does
	requests   []Request
	changed    chan struct{} // closed and renewed with each change
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

// Secured makes a node that asks for a token, and gives one for this name and password. A node that is not made so
// gives tokens for "myst" and "mystberry" and asks for none.
func Secured(username, password string) Option {
	return func(n *Node) { n.door = &door{username: username, password: password, closed: true} }
}

// NewNode is Start for tests: the node is closed at the end of the test, and failures that were ordered and never met
// are errors of it.
func NewNode(t testing.TB, opts ...Option) *Node {
	t.Helper()
	n, err := Start(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Errorf("%v", err)
		}
	})
	return n
}

// Start starts a node on a free loopback port. It has no identity and no proposals, is not connected, and connects at
// once when asked to. The caller closes it.
func Start(opts ...Option) (*Node, error) {
	n := &Node{
		stopped: make(chan struct{}), changed: make(chan struct{}), started: time.Now(),
		health: tequilapi.Health{PID: 4242, Version: "0.0.0-test"}, latest: "0.0.0-test",
		nat:      tequilapi.NAT{Type: tequilapi.NATPortRestrictedCone},
		location: tequilapi.Location{IP: "192.0.2.7", ASN: 64500, ISP: "Test ISP", Continent: "EU", Country: "LT", Region: "Vilnius", City: "Vilnius"},
		terms:    tequilapi.Terms{CurrentVersion: TermsVersion},
		rates:    map[string]json.Number{"USD": "0.5", "EUR": "0.4"},
		gateways: []tequilapi.Gateway{{
			Name: "coingate", Currencies: []string{"BTC", "ETH", "MYST"},
			Options: tequilapi.OrderOptions{Minimum: "4.5", Suggested: []json.Number{"5", "10", "20"}},
		}},
		door:   &door{username: "myst", password: "mystberry"},
		config: map[string]any{}, faults: map[string]*fault{},
	}
	n.fees = feesOf(tequilapi.Wei(1e17), n.started)
	n.conn.Status = tequilapi.NotConnected
	for _, o := range opts {
		o(n)
	}
	if n.pipe != nil {
		n.l = n.pipe
	} else {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("fake node: %w", err)
		}
		n.l = l
	}
	n.server = &http.Server{Handler: n.handler(), ReadHeaderTimeout: 10 * time.Second}
	n.served.Go(func() { _ = n.server.Serve(n.l) })
	return n, nil
}

// Close ends the node and its clients. It is an error if failures were ordered and never met. Twice is fine.
func (n *Node) Close() error {
	n.Kill()
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.clients {
		c.Close()
	}
	var errs []error
	for what, f := range n.faults {
		if len(f.once) > 0 {
			errs = append(errs, fmt.Errorf("fake node: %d ordered failures of %s were never met", len(f.once), what))
		}
	}
	return errors.Join(errs...)
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

// Client is a new client of the node, closed with it. It panics on options that are wrong.
func (n *Node) Client(opts ...tequilapi.Option) *tequilapi.Client {
	c, err := tequilapi.New(n.URL(), append([]tequilapi.Option{tequilapi.WithTransport(n.Transport())}, opts...)...)
	if err != nil {
		panic("tequilatest: " + err.Error())
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

// Requests lists the calls so far, oldest first.
func (n *Node) Requests() []Request {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.requests)
}

// change runs f under the lock and tells the streams.
func (n *Node) change(f func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.changeLocked(f)
}

func (n *Node) changeLocked(f func()) {
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

// mustLocked is the identity, or panics.
func (n *Node) mustLocked(id string) *identity {
	i := n.identityLocked(id)
	if i == nil {
		panic("tequilatest: no identity " + id)
	}
	return i
}

// viewLocked is the identity as the API shows it: its money shows only when it is unlocked.
func (i *identity) viewLocked() tequilapi.Identity {
	v := i.Identity
	if i.unlocked {
		v.Balance = i.balance
	}
	return v
}
