package leaks

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

// stock is wireguard-go's own program with an interface of its own, as root, without a firewall: what anybody gets who
// starts it by hand.
type stock struct {
	at    *space
	name  string // of the interface
	child *child
}

// buildStock makes wireguard-go of the version that this module uses, and gives its path.
func buildStock(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wireguard-go")
	require.NoError(t, build(path, "golang.zx2c4.com/wireguard"))
	return path
}

// startStock starts it, configures it and brings its interface up, with lines for ip(8) in which IF is its name.
func (s *space) startStock(t testing.TB, path, kind string, cfg *wgnet.Config, lines ...string) *stock {
	t.Helper()
	d := &stock{at: s, name: fmt.Sprintf("%s%d", kind, os.Getpid()%1000000)}
	d.child = s.start(t, 0, []string{"LOG_LEVEL=verbose"}, path, "-f", d.name)
	d.child.wait(t, "UAPI listener started")
	t.Cleanup(func() { _ = os.Remove(d.socket()) })
	d.set(t, cfg)
	all := append([]string{"link set IF up"}, lines...)
	for i := range all {
		all[i] = strings.ReplaceAll(all[i], "IF", d.name)
	}
	s.ip(t, all...)
	return d
}

func (d *stock) socket() string { return "/var/run/wireguard/" + d.name + ".sock" }

// set gives it a configuration, as wg(8) does.
func (d *stock) set(t testing.TB, cfg *wgnet.Config) {
	t.Helper()
	c, err := net.Dial("unix", d.socket())
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	_, err = fmt.Fprintf(c, "set=1\n%s\n", cfg.UAPI())
	require.NoError(t, err)
	said, err := bufio.NewReader(c).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "errno=0\n", said)
}

// end stops it, and its interface is gone.
func (d *stock) end() {
	d.child.kill()
	_ = os.Remove(d.socket())
}

// peerAt is everything through one peer.
func peerAt(key wgnet.Key, endpoint netip.AddrPort) wgnet.Peer {
	return wgnet.Peer{
		PublicKey: key, Endpoint: endpoint,
		AllowedIPs: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")},
	}
}
