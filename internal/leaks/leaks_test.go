package leaks

import (
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/netd/wire"
)

// ask goes to the site from the client, over TCP and UDP of both families, and gives the addresses that the site saw.
func (w *world) ask(t testing.TB) []string {
	t.Helper()
	var saw []string
	for _, a := range []netip.Addr{site4, site6} {
		for _, network := range []string{"tcp", "udp"} {
			port := map[string]uint16{"tcp": 80, "udp": 9}[network]
			var c net.Conn
			var err error
			w.client.in(func() { c, err = net.DialTimeout(network, netip.AddrPortFrom(a, port).String(), patience) })
			require.NoError(t, err)
			require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
			_, err = io.WriteString(c, "hello")
			require.NoError(t, err)
			b := make([]byte, 100)
			n, err := c.Read(b)
			require.NoError(t, err)
			saw = append(saw, strings.TrimSpace(string(b[:n])))
			_ = c.Close()
		}
	}
	return saw
}

func (w *world) requireTunnel(t testing.TB) {
	t.Helper()
	exit4 := entryA.Addr().String() // the exits leave by their computer's first address
	assert.Equal(t, []string{exit4, exit4, site6.String(), site6.String()}, w.ask(t), "the site sees the exit")
}

func (w *world) requireDirect(t testing.TB) {
	t.Helper()
	assert.Equal(t, []string{client4.String(), client4.String(), client6.String(), client6.String()}, w.ask(t), "the site sees the client")
}

// network is all that a helper might leave behind.
func (w *world) network(t testing.TB) string {
	t.Helper()
	resolv, err := os.ReadFile(w.resolv)
	require.NoError(t, err)
	return w.client.tool(t, "", "sh", "-c", "ip rule; ip -6 rule; ip route show table all | grep -v cache; ip -6 route show table all; ip -br link; nft list ruleset; cat /proc/sys/net/ipv4/conf/all/src_valid_mark") + string(resolv)
}

// Whole: from open to connected, the app killed, blocked, and open again as if nothing had been.
func TestWholeStory(t *testing.T) {
	w := newWorld(t)
	w.serve(t)
	before := w.network(t)
	w.requireAll(t) // 0: the positive control
	w.requireDirect(t)

	a := w.newApp(t)
	assert.Equal(t, "CapEff:\t0000000000000000", a.say(t, "rights"))
	w.connect(t, a, entryA)
	w.requireTunnel(t)
	w.requireNothing(t, entryA)

	from := w.seen.len()
	a.kill()
	w.until(t, wire.Blocked)
	w.requireNothing(t)
	onlyAllowed(t, w.seen.since(from), entryA)

	w.command(t, "unblock")
	assert.Equal(t, before, w.network(t))
	w.requireAll(t)
	w.requireDirect(t)
}
