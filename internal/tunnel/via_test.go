package tunnel

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// nodesProxy is the HTTP proxy of a node that keeps the tunnel to itself: CONNECT leads to an echo, whatever was asked for.
type nodesProxy struct {
	net.Listener
	mu    sync.Mutex
	asked []string
	left  sync.WaitGroup
}

func newNodesProxy(t *testing.T) *nodesProxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &nodesProxy{Listener: l}
	p.left.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.left.Go(func() { p.serve(c) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); p.left.Wait() })
	return p
}

func (p *nodesProxy) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	in := bufio.NewReader(c)
	r, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	p.mu.Lock()
	p.asked = append(p.asked, r.Method+" "+r.Host)
	p.mu.Unlock()
	switch r.Host {
	case "nowhere.test:80":
		_, _ = io.WriteString(c, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
		return
	case "slow.test:80":
		_, _ = io.WriteString(c, "HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n")
		return
	}
	greeting := ""
	if strings.HasPrefix(r.Host, "192.0.2.1:") {
		greeting = "hello " // such first words come together with the answer
	}
	_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n"+greeting)
	_, _ = io.Copy(c, in)
}

func (p *nodesProxy) at() netip.AddrPort { return p.Addr().(*net.TCPAddr).AddrPort() }

func (p *nodesProxy) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.asked...)
}

// echoed sends text and reads want back.
func echoed(t *testing.T, c net.Conn, text, want string) {
	t.Helper()
	_, err := io.WriteString(c, text)
	require.NoError(t, err)
	got := make([]byte, len(want))
	_, err = io.ReadFull(c, got)
	require.NoError(t, err)
	assert.Equal(t, want, string(got))
}

func TestViaSendsProgramsThroughTheNodesProxy(t *testing.T) {
	node := newNodesProxy(t)
	tun := New(Options{})
	defer tun.Close()
	p, err := tun.Listen("127.0.0.1:0", false)
	require.NoError(t, err)
	_, err = dialSocks(t, p, "192.0.2.1:80")
	require.Error(t, err, "not up yet")
	require.NoError(t, tun.Via(t.Context(), node.at()))

	c, err := dialSocks(t, p, "192.0.2.1:80")
	require.NoError(t, err)
	echoed(t, c, "by SOCKS5", "hello by SOCKS5")
	c, _ = dialConnect(t, p, "name.only.far.test:443")
	require.NotNil(t, c)
	echoed(t, c, "by HTTP", "by HTTP")
	assert.Equal(t, []string{"CONNECT 192.0.2.1:80", "CONNECT name.only.far.test:443"}, node.all(), "names are looked up behind it")

	_, counted := tun.Stats()
	assert.False(t, counted, "what passes another's tunnel is not counted")

	_, err = dialSocks(t, p, "nowhere.test:80")
	require.ErrorContains(t, err, "host unreachable")
	_, r := dialConnect(t, p, "slow.test:80")
	require.NotNil(t, r)
	assert.Equal(t, http.StatusGatewayTimeout, r.StatusCode)
	before := len(node.all())
	_, err = dialSocks(t, p, "127.0.0.1:80")
	require.ErrorContains(t, err, "not allowed")
	assert.Len(t, node.all(), before, "what means this computer is not sent there")

	// Down ends what flows, and refuses what comes.
	tun.Down()
	_, err = c.Read(make([]byte, 1))
	require.Error(t, err)
	_, err = dialSocks(t, p, "192.0.2.1:80")
	require.Error(t, err)
	assert.Len(t, node.all(), before)
}

func TestViaRefusesWhatIsNotOnThisComputer(t *testing.T) {
	tun := New(Options{})
	require.ErrorContains(t, tun.Via(t.Context(), netip.MustParseAddrPort("192.0.2.1:3128")), "not on this computer")
	gone := newNodesProxy(t)
	require.NoError(t, gone.Close())
	ctx, stop := context.WithCancel(t.Context())
	stop()
	require.Error(t, tun.Via(ctx, gone.at()))
	there := newNodesProxy(t)
	tun.Close()
	require.ErrorIs(t, tun.Via(t.Context(), there.at()), ErrClosed)
}
