package localnode

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mysteriumvpn/desktop/internal/supervisor"
	"github.com/mysteriumvpn/desktop/internal/wgnet"
	"github.com/mysteriumvpn/desktop/tequilapi"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// net/http stays for half a second with a connection that it has refused, and nobody can wait for it.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
}

var gatewayAddr = netip.MustParseAddr("192.0.2.1")

// far stands in for supervisor and exits. It panics when the node undoes what it never did.
type far struct {
	mu     sync.Mutex
	calls  []string
	conf   supervisor.Config
	up     bool
	peers  map[wgnet.Key]*offer
	stats  supervisor.Stats
	fail   map[string]error         // by command
	hang   map[string]chan struct{} // by command; closed when it is reached, then it waits for its ctx
	silent bool                     // no handshake
}

func (f *far) do(ctx context.Context, name string) error {
	f.mu.Lock()
	f.calls = append(f.calls, name)
	err, hang := f.fail[name], f.hang[name]
	f.mu.Unlock()
	if hang != nil {
		select {
		case <-hang:
		default:
			close(hang)
		}
		<-ctx.Done()
		return ctx.Err()
	}
	return err
}

func (f *far) Up(ctx context.Context, c supervisor.Config) (string, error) {
	if err := f.do(ctx, "wg-up"); err != nil {
		return "", err
	}
	if err := c.Validate(); err != nil {
		panic(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.conf, f.up = c, true
	if !f.silent {
		f.stats.LastHandshake = time.Now()
	}
	return "myst0", nil
}

func (f *far) Down(ctx context.Context, iface string) error {
	if iface != "myst0" {
		panic("down of " + iface)
	}
	if err := f.do(ctx, "wg-down"); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.up, f.stats = false, supervisor.Stats{}
	return nil
}

func (f *far) Stats(ctx context.Context, _ string) (supervisor.Stats, error) {
	err := f.do(ctx, "wg-stats")
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stats, err
}

func (f *far) DiscoverGateway(ctx context.Context) (netip.Addr, error) {
	return gatewayAddr, f.do(ctx, "discover-gateway")
}

func (f *far) ExcludeRoute(ctx context.Context, ip, gw netip.Addr) error {
	if gw != gatewayAddr || !ip.IsLoopback() {
		panic("route of " + ip.String())
	}
	return f.do(ctx, "exclude-route")
}

func (f *far) DeleteRoute(ctx context.Context, ip, gw netip.Addr) error {
	if gw != gatewayAddr || !ip.IsLoopback() {
		panic("route of " + ip.String())
	}
	return f.do(ctx, "delete-route")
}

func (f *far) Open(o *offer, peer wgnet.Key, addrs []netip.Prefix) (netip.AddrPort, error) {
	err := f.do(context.Background(), "open")
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		return netip.AddrPort{}, err
	}
	if len(addrs) != 2 || addrs[0].Bits() != 32 || addrs[1].Bits() != 128 {
		panic("peer addresses")
	}
	f.peers[peer] = o
	return netip.MustParseAddrPort("127.0.0.1:51820"), nil
}

func (f *far) Drop(_ *offer, peer wgnet.Key) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, "drop")
	if f.peers[peer] == nil {
		panic("drop of a peer that is not there")
	}
	delete(f.peers, peer)
}

func (f *far) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.peers) > 0 {
		panic("exits closed under a connection")
	}
}

func (f *far) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// said lists the calls so far, repeated wg-stats as one.
func (f *far) said() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.CompactFunc(slices.Clone(f.calls), func(a, b string) bool { return a == b && a == "wg-stats" })
}

// clean reports what is left of connections.
func (f *far) clean(t *testing.T) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	require.False(t, f.up, "the tunnel is up")
	require.Empty(t, f.peers, "peers are left")
}

// open makes a node that is not served: its calls are made by call. It is closed at the end of the test.
func open(t *testing.T, dir string) (*Node, *far) {
	t.Helper()
	n, err := New(Options{Home: dir, Log: func(line string) { t.Log(line) }})
	require.NoError(t, err)
	f := &far{peers: map[wgnet.Key]*offer{}, fail: map[string]error{}, hang: map[string]chan struct{}{}}
	n.tunnels, n.exits = f, f
	require.NoError(t, n.open())
	t.Cleanup(n.close)
	return n, f
}

// call makes one request without sockets.
func call(t *testing.T, n *Node, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1:4050"+path, strings.NewReader(body))
	w := httptest.NewRecorder()
	n.handler().ServeHTTP(w, r)
	return w
}

// ask makes a request that must succeed, and decodes its answer unless v is nil.
func ask(t *testing.T, n *Node, method, path, body string, v any) {
	t.Helper()
	w := call(t, n, method, path, body)
	require.Less(t, w.Code, 300, "%s %s: %s", method, path, w.Body)
	if v != nil {
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), v))
	}
}

// refused makes a request that must fail, and gives status, code and message.
func refused(t *testing.T, n *Node, method, path, body string) (status int, code, message string) {
	t.Helper()
	w := call(t, n, method, path, body)
	var r refusal
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &r), "%s", w.Body)
	require.Equal(t, w.Code, r.Status)
	return r.Status, r.Error.Code, r.Error.Message
}

// unlocked gives an identity that may connect, and the body of a PUT /connection to the first provider.
func unlocked(t *testing.T, n *Node) (id, put string) {
	t.Helper()
	var ref reference
	ask(t, n, "PUT", "/identities/current", `{"passphrase":""}`, &ref)
	b, err := json.Marshal(tequilapi.ConnectRequest{ConsumerID: ref.ID, ProviderID: n.offers[0].ProviderID, ServiceType: "wireguard", DNS: "provider"})
	require.NoError(t, err)
	return ref.ID, string(b)
}

func state(t *testing.T, n *Node) tequilapi.Connection {
	t.Helper()
	var c tequilapi.Connection
	ask(t, n, http.MethodGet, "/connection", "", &c)
	return c
}

var errGone = &supervisor.RefusedError{Command: "wg-stats", Text: "interface myst0 not found"}

var errDead = errors.New("reach the supervisor at /run/x.sock: connect: connection refused")
