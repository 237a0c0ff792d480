// Package localnode is our own node: the consumer half of TequilAPI, spoken as the real Mysterium node speaks it, over
// the exits of a sandbox that run in this very process, or over the user's own servers, which a folder names. It asks
// the supervisor socket for the tunnel, as the real node does, and so is a separate process to the app.
//
// The command "mysteriumvpn node" makes a Node with New and runs it with Serve. Where its answers differ from the real
// node's on purpose, recorded_test.go lists how and why.
//
// Serve may be called once. Inside, requests come on goroutines of net/http, and one goroutine owns each connection
// from its beginning to its undoing; what they share is in Node, under one mutex.
package localnode

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/mysteriumvpn/desktop/internal/supervisor"
	"github.com/mysteriumvpn/desktop/internal/wgnet"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// LogFunc takes one line of log, without a line end, in the form of the real node's: time, level, text. It is called
// from many goroutines and should not wait. No key is ever in a line.
type LogFunc func(line string)

// Options of a Node. Home is needed.
type Options struct {
	Home             string         // folder for the seed, identities, settings and history; made if it is not there
	Address          string         // IP address for TequilAPI and the exits; "" = 127.0.0.1. All addresses at once is refused
	Port             int            // TCP port of TequilAPI; 0 = any free one, see OnListen
	Own              string         // folder of own servers; then they are what is on offer, and no exit is run. "" = the sandbox
	SupervisorSocket string         // "" = /var/run/myst.sock, as the real node has it
	Allow            []netip.Prefix // destinations that the exits would refuse otherwise
	DNS              string         // host:port that the exits ask for names; "" = what this computer uses
	Version          string         // what the healthcheck says; "" = "0.0.0-" and the network
	Log              LogFunc        // may be nil

	// OnListen, if set, is told the address of TequilAPI once, before the first request is answered.
	OnListen func(netip.AddrPort)
}

const (
	defaultSocket  = "/var/run/myst.sock"
	defaultVersion = "0.0.0-"
	undoLimit      = 5 * time.Second // for taking one connection down
	serveLimit     = 3 * time.Second // for answering what is under way when the node stops
)

// PortTakenError says that another program listens on the port, in the real node's words.
type PortTakenError struct{ Port int }

// Error is the sentence of the real node.
func (e *PortTakenError) Error() string {
	return fmt.Sprintf("the port %d seems to be taken. Either you're already running a node or it is already used by another application", e.Port)
}

// ErrHomeInUse says that another node has the same Home open.
var ErrHomeInUse = errors.New("another node uses this folder")

// tunnels is the supervisor as the node uses it: *supervisor.Client, or a fake in tests.
type tunnels interface {
	Up(ctx context.Context, c supervisor.Config) (iface string, err error)
	Down(ctx context.Context, iface string) error
	Stats(ctx context.Context, iface string) (supervisor.Stats, error)
	DiscoverGateway(ctx context.Context) (netip.Addr, error)
	ExcludeRoute(ctx context.Context, ip, gw netip.Addr) error
	DeleteRoute(ctx context.Context, ip, gw netip.Addr) error
}

// exits are the far ends of the sandbox: hosts, or a fake in tests.
type exits interface {
	// Open lets a peer in at the exit of o and says where that exit listens.
	Open(o *offer, peer wgnet.Key, addrs []netip.Prefix) (netip.AddrPort, error)
	// Drop shuts the peer out.
	Drop(o *offer, peer wgnet.Key)
	Close()
}

// Node is our node. Make it with New.
type Node struct {
	o       Options
	address netip.Addr
	tunnels tunnels
	exits   exits
	lookUp  func(ctx context.Context, network, host string) ([]netip.Addr, error) // of names of own servers

	// Set by open, before the first request, and not changed after.
	home    *home
	offers  []*offer        // the sandbox's; nil where own servers are served
	life    context.Context // ends when the node stops
	end     context.CancelFunc
	started time.Time

	runs sync.WaitGroup // connections
	disk sync.Mutex     // held while a file is written, so that the newest state is written last

	mu       sync.Mutex // guards what follows
	keys     keystore
	unlocked map[string]bool
	config   map[string]any
	history  []tequilapi.Session // oldest first
	spent    tequilapi.Money     // since the node began
	view     tequilapi.Connection
	stats    *tequilapi.Statistics // nil = nothing counted yet
	link     *link                 // nil = no connection and no attempt
	used     bool                  // a PUT /connection got as far as looking for a provider
	trouble  string                // what was said last of own servers that cannot be used
	found    map[string]netip.Addr // by id of an own server with a name: where it was when it was looked up last; see found.go
	changed  chan struct{}         // closed and renewed with each change
}

// network is the name of what is on offer.
func (o *Options) network() string {
	if o.Own != "" {
		return "own"
	}
	return "sandbox"
}

// New checks the options. Nothing is opened before Serve.
func New(o Options) (*Node, error) {
	if o.Home == "" {
		return nil, errors.New("a node needs a home folder")
	}
	switch o.Address {
	case "", "localhost":
		o.Address = "127.0.0.1"
	}
	a, err := netip.ParseAddr(o.Address)
	switch {
	case err != nil:
		return nil, fmt.Errorf("address %q is not an IP address", o.Address)
	case a.IsUnspecified() || a.IsMulticast() || a.Zone() != "":
		return nil, fmt.Errorf("address %s is not one address of this computer: whoever reaches TequilAPI may use it, so it is never on all of them", a)
	case o.Port < 0 || o.Port > 65535:
		return nil, fmt.Errorf("port %d is not between 0 and 65535", o.Port)
	}
	if o.SupervisorSocket == "" {
		o.SupervisorSocket = defaultSocket
	}
	if o.Version == "" {
		o.Version = defaultVersion + o.network()
	}
	client := supervisor.Dial(o.SupervisorSocket)
	client.UID = strconv.Itoa(os.Getuid())
	n := &Node{o: o, address: a, tunnels: client, lookUp: net.DefaultResolver.LookupNetIP}
	n.exits = &hosts{address: netip.AddrPortFrom(a, 0), allow: o.Allow, dns: o.DNS, log: n.exitLog}
	return n, nil
}

// open takes the home and makes the node ready for requests.
func (n *Node) open() error {
	h, err := openHome(n.o.Home)
	if err != nil {
		return err
	}
	n.home, n.started = h, time.Now()
	n.found = n.readFound()
	n.unlocked, n.config, n.changed = map[string]bool{}, map[string]any{}, make(chan struct{})
	n.view.Status = tequilapi.NotConnected
	n.life, n.end = context.WithCancel(context.Background())
	err = errors.Join(h.load(identitiesFile, &n.keys), h.load(configFile, &n.config), h.load(historyFile, &n.history))
	if err == nil && n.o.Own == "" {
		n.offers, err = sandbox(h)
	}
	if err != nil {
		n.close()
	}
	return err
}

// close undoes open, and waits for the connection to be undone.
func (n *Node) close() {
	n.awaitRuns()
	n.exits.Close()
	n.home.close()
}

// Serve runs the node until ctx ends or somebody asks it to stop by POST /stop; then it takes the connection down,
// and returns nil.
func (n *Node) Serve(ctx context.Context) error {
	l, err := n.listen(ctx)
	if err != nil {
		return err
	}
	if err := n.open(); err != nil {
		_ = l.Close()
		return err
	}
	defer n.close()
	stopAfter := context.AfterFunc(ctx, n.end)
	defer stopAfter()

	at := l.Addr().(*net.TCPAddr).AddrPort()
	at = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	n.logf("INF", "%s node %s, TequilAPI on http://%s, %d proposals, supervisor %s", n.o.network(), n.o.Version, at, len(n.offered()), n.o.SupervisorSocket)
	if n.o.OnListen != nil {
		n.o.OnListen(at)
	}
	srv := &http.Server{
		Handler:           n.handler(),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          log.New(logWriter{n}, "", 0),
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	select {
	case err = <-failed:
		return fmt.Errorf("serve TequilAPI on %s: %w", at, err)
	case <-n.life.Done():
	}
	n.logf("INF", "stopping")
	n.awaitRuns()
	last, cancel := context.WithTimeout(context.Background(), serveLimit)
	defer cancel()
	if err := srv.Shutdown(last); err != nil {
		_ = srv.Close()
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		n.logf("WRN", "TequilAPI: %v", err)
	}
	return nil
}

// awaitRuns waits until the connection is undone. Undoing has its own limit; a connection that is not undone well
// after it hangs, and the stacks say where.
func (n *Node) awaitRuns() {
	n.mu.Lock()
	n.end() // under the lock: begin looks there before it adds to runs
	n.mu.Unlock()
	t := time.AfterFunc(undoLimit+2*time.Second, func() {
		stacks := make([]byte, 64<<10)
		n.logf("ERR", "the connection does not come down: %s", stacks[:runtime.Stack(stacks, true)])
	})
	defer t.Stop()
	n.runs.Wait()
}

func (n *Node) listen(ctx context.Context) (net.Listener, error) {
	at := netip.AddrPortFrom(n.address, uint16(n.o.Port))
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", at.String())
	if errno, ok := errors.AsType[syscall.Errno](err); ok && (errno == syscall.EADDRINUSE || errno == wsaAddrInUse) {
		return nil, &PortTakenError{Port: n.o.Port}
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", at, err)
	}
	return l, nil
}

// wsaAddrInUse is Windows' number for EADDRINUSE; package syscall has another there.
const wsaAddrInUse = syscall.Errno(10048)

// change runs f under the lock and tells the streams.
func (n *Node) change(f func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f()
	close(n.changed)
	n.changed = make(chan struct{})
}

func (n *Node) logf(level, format string, args ...any) {
	if n.o.Log == nil {
		return
	}
	text := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", " | ")
	n.o.Log(time.Now().Format("2006-01-02T15:04:05.000") + " " + level + " " + text)
}

func (n *Node) exitLog(o *offer, level wgnet.Level, text string) {
	if level == wgnet.LevelError { // the rest is one line for each goroutine that starts
		n.logf("ERR", "exit %s: %s", o.ProviderID, text)
	}
}

// logWriter is net/http's log.
type logWriter struct{ n *Node }

func (w logWriter) Write(b []byte) (int, error) {
	w.n.logf("WRN", "http: %s", strings.TrimSpace(string(b)))
	return len(b), nil
}

// The files in Home.
const (
	seedFile       = "seed"
	lockFile       = "node.lock"
	identitiesFile = "identities.json"
	configFile     = "config-user.json"
	historyFile    = "sessions.json"
)

// save writes one file with what get returns; get runs under the lock.
func (n *Node) save(name string, get func() any) {
	n.disk.Lock()
	defer n.disk.Unlock()
	n.mu.Lock()
	b, err := encode(get())
	n.mu.Unlock()
	if err == nil {
		err = n.home.write(name, b)
	}
	if err != nil {
		n.logf("ERR", "keep %s: %v", filepath.Join(n.home.dir, name), err)
	}
}
