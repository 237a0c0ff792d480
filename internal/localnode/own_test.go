package localnode

import (
	"context"
	"encoding/json"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/own"
	"github.com/mysteriumvpn/desktop/internal/wgconf"
	"github.com/mysteriumvpn/desktop/internal/wgnet"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// openOwn makes a node over a folder of own servers.
func openOwn(t *testing.T) (*Node, *far, own.Folder, *strings.Builder) {
	t.Helper()
	f := own.Folder{Path: filepath.Join(t.TempDir(), "own")}
	log := &strings.Builder{}
	n, err := New(Options{Home: t.TempDir(), Own: f.Path, Log: func(line string) { log.WriteString(line + "\n") }})
	require.NoError(t, err)
	far := &far{peers: map[wgnet.Key]*offer{}, fail: map[string]error{}, hang: map[string]chan struct{}{}}
	n.tunnels, n.exits = far, far
	n.lookUp = func(context.Context, string, string) ([]netip.Addr, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "x", IsNotFound: true}
	}
	require.NoError(t, n.open())
	t.Cleanup(n.close)
	return n, far, f, log
}

// server is a configuration as a provider gives it out.
func server(endpoint wgconf.Endpoint, addrs ...string) *wgconf.Config {
	c := &wgconf.Config{
		PrivateKey: wgnet.NewPrivateKey(), MTU: 1380, DNS: []netip.Addr{netip.MustParseAddr("10.2.0.1")}, Country: "CH",
		Peer: wgconf.Peer{
			PublicKey: wgnet.NewPrivateKey(), PresharedKey: wgnet.NewPrivateKey(), Endpoint: endpoint, Keepalive: 25,
			AllowedIPs: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")},
		},
	}
	for _, a := range addrs {
		c.Addresses = append(c.Addresses, netip.MustParsePrefix(a))
	}
	return c
}

func listed(t *testing.T, n *Node) []tequilapi.Proposal {
	t.Helper()
	var got struct {
		Proposals []tequilapi.Proposal `json:"proposals"`
	}
	ask(t, n, "GET", "/proposals", "", &got)
	return got.Proposals
}

// putOwn is the body that connects to a server.
func putOwn(t *testing.T, n *Node, provider string) string {
	t.Helper()
	var ref reference
	ask(t, n, "PUT", "/identities/current", `{"passphrase":""}`, &ref)
	b, err := json.Marshal(tequilapi.ConnectRequest{ConsumerID: ref.ID, ProviderID: provider, ServiceType: "wireguard", DNS: "provider"})
	require.NoError(t, err)
	return string(b)
}

func TestOwnServersAreTheProposals(t *testing.T) {
	n, _, f, log := openOwn(t)
	assert.Empty(t, listed(t, n), "no folder yet")
	a, err := f.Add("alps", server(wgconf.Endpoint{Host: "192.0.2.1", Port: 51820}, "10.2.0.2/32").Encode(), own.Place{City: "Zürich"})
	require.NoError(t, err)
	all := listed(t, n)
	require.Len(t, all, 1, "it is seen without a restart")
	assert.Equal(t, tequilapi.Proposal{
		Format: proposalFormat, Compatibility: compatibility, ProviderID: a.ID, ServiceType: "wireguard",
		Location: tequilapi.ProposalLocation{Country: "CH", City: "Zürich", ISP: "alps"}, Price: tequilapi.Price{Currency: "MYST"},
		AccessPolicies: []tequilapi.AccessPolicy{},
	}, all[0])

	_, err = f.Add("lake", server(wgconf.Endpoint{Host: "192.0.2.2", Port: 1}, "10.2.0.2/32").Encode(), own.Place{City: "Zürich"})
	require.NoError(t, err)
	_, err = f.Add("nowhere", server(wgconf.Endpoint{Host: "192.0.2.3", Port: 1}, "10.2.0.2/32").Encode(), own.Place{})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(f.Path, "bad.conf"), append([]byte("PostUp = x\n"), server(wgconf.Endpoint{Host: "192.0.2.4", Port: 1}, "10.2.0.2/32").Encode()...), 0o600))
	var cities []string
	for _, p := range append(listed(t, n), listed(t, n)...) {
		cities = append(cities, p.Location.City)
	}
	assert.Equal(t, []string{"Zürich (alps)", "Zürich (lake)", "nowhere"}, cities[:3], "they can be told apart")
	assert.Equal(t, 1, strings.Count(log.String(), "says which: line 1: PostUp would run a command"), "and it is said once what cannot be used")

	require.NoError(t, f.Remove("lake"))
	assert.Len(t, listed(t, n), 2)
	var presets struct{ Items []tequilapi.FilterPreset }
	ask(t, n, "GET", "/proposals/filter-presets", "", &presets)
	assert.Empty(t, presets.Items)
	var i tequilapi.Identity
	putOwn(t, n, a.ID)
	ask(t, n, "GET", "/identities/"+n.keys.Current, "", &i)
	assert.True(t, i.Balance.IsZero(), "no play money here")
	status, _, message := refused(t, n, "GET", "/connection/ip", "")
	assert.Equal(t, 503, status)
	assert.Contains(t, message, "asks nobody")
	var h tequilapi.Health
	ask(t, n, "GET", "/healthcheck", "", &h)
	assert.Equal(t, "0.0.0-own", h.Version)
}

// TestNoLogNamesWhatCannotBeRead: paths and names of own servers are the user's.
func TestNoLogNamesWhatCannotBeRead(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a file in place of the folder may count as no folder there, and chmod forbids no reading")
	}
	n, _, f, log := openOwn(t)
	require.NoError(t, os.WriteFile(f.Path, nil, 0o600))
	assert.Empty(t, listed(t, n))
	assert.Contains(t, log.String(), "the folder cannot be listed")
	assert.NotContains(t, log.String(), filepath.Dir(f.Path))
	require.NoError(t, os.Remove(f.Path))

	_, err := f.Add("alps", server(wgconf.Endpoint{Host: "192.0.2.1", Port: 1}, "10.2.0.2/32").Encode(), own.Place{})
	require.NoError(t, err)
	secret := filepath.Join(f.Path, "lawyer.conf")
	require.NoError(t, os.WriteFile(secret, nil, 0o000))
	if _, err := os.ReadFile(secret); err == nil {
		t.Skip("root may read it all the same")
	}
	assert.Len(t, listed(t, n), 1, "the others are there")
	assert.Contains(t, log.String(), "the file cannot be read")
	assert.NotContains(t, log.String(), "lawyer")
}

// TestAnOwnServerIsConnectedWithItsConfiguration: the supervisor gets what the file says, and no exit is opened.
func TestAnOwnServerIsConnectedWithItsConfiguration(t *testing.T) {
	n, far, f, log := openOwn(t)
	c := server(wgconf.Endpoint{Host: "127.0.0.1", Port: 51820}, "fd00::2/128", "10.2.0.2/32")
	s, err := f.Add("home", c.Encode(), own.Place{})
	require.NoError(t, err)
	ask(t, n, "PUT", "/connection", putOwn(t, n, s.ID), nil)
	assert.Equal(t, []string{"discover-gateway", "exclude-route", "wg-up", "wg-stats"}, far.said())
	w, err := far.conf.WireGuard()
	require.NoError(t, err)
	assert.Equal(t, wgnet.Config{
		PrivateKey: c.PrivateKey, Addresses: []netip.Prefix{netip.MustParsePrefix("10.2.0.2/32"), netip.MustParsePrefix("fd00::2/128")},
		MTU: 1380, DNS: c.DNS,
		Peers: []wgnet.Peer{{
			PublicKey: c.Peer.PublicKey, PresharedKey: c.Peer.PresharedKey, Endpoint: netip.MustParseAddrPort("127.0.0.1:51820"),
			AllowedIPs: c.Peer.AllowedIPs, Keepalive: 25,
		}},
	}, w)
	require.NoError(t, f.Remove("home"))
	assert.Equal(t, tequilapi.Connected, state(t, n).Status, "a connection stays though its file is gone")
	ask(t, n, "DELETE", "/connection", "", nil)
	far.clean(t)
	for _, k := range []wgnet.Key{c.PrivateKey, c.Peer.PresharedKey} {
		assert.NotContains(t, log.String(), k.Base64()[:12])
	}
}

// TestAServersNameIsLookedUpWhenItIsConnected, and not before.
func TestAServersNameIsLookedUpWhenItIsConnected(t *testing.T) {
	n, far, f, _ := openOwn(t)
	asked := ""
	answer := []netip.Addr{netip.MustParseAddr("::1"), netip.MustParseAddr("127.0.0.7")}
	fails := n.lookUp
	n.lookUp = func(_ context.Context, _, host string) ([]netip.Addr, error) {
		asked = host
		return answer, nil
	}
	s, err := f.Add("home", server(wgconf.Endpoint{Host: "exit.example.org", Port: 51820}, "10.2.0.2/32").Encode(), own.Place{})
	require.NoError(t, err)
	listed(t, n)
	put := putOwn(t, n, s.ID)
	assert.Empty(t, asked)
	ask(t, n, "PUT", "/connection", put, nil)
	assert.Equal(t, "exit.example.org", asked)
	assert.Equal(t, "127.0.0.7:51820", far.conf.Peer.Endpoint.String(), "IPv4 first")
	ask(t, n, "DELETE", "/connection", "", nil)

	n.lookUp = fails
	ask(t, n, "PUT", "/connection", put, nil)
	assert.Equal(t, "127.0.0.7:51820", far.conf.Peer.Endpoint.String(), "where it was the last time")
	ask(t, n, "DELETE", "/connection", "", nil)
	clear(n.found)
	status, code, message := refused(t, n, "PUT", "/connection", put)
	assert.Equal(t, 500, status)
	assert.Equal(t, "err_connect", code)
	assert.Contains(t, message, "the server's name exit.example.org cannot be looked up: no such host")
	answer = nil
	n.lookUp = func(context.Context, string, string) ([]netip.Addr, error) { return nil, nil }
	_, _, message = refused(t, n, "PUT", "/connection", put)
	assert.Contains(t, message, "leads to no address")
}

// TestARestartedNodeFindsAServerWithoutANameServer: while the whole device is blocked nobody can be asked, and only the
// tunnel opens it again.
func TestARestartedNodeFindsAServerWithoutANameServer(t *testing.T) {
	n, _, f, _ := openOwn(t)
	fails := n.lookUp
	n.lookUp = func(context.Context, string, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("127.0.0.7")}, nil
	}
	s, err := f.Add("home", server(wgconf.Endpoint{Host: "exit.example.org", Port: 51820}, "10.2.0.2/32").Encode(), own.Place{})
	require.NoError(t, err)
	other, err := f.Add("other", server(wgconf.Endpoint{Host: "other.example.org", Port: 51820}, "10.2.0.2/32").Encode(), own.Place{})
	require.NoError(t, err)
	for _, id := range []string{s.ID, other.ID} {
		ask(t, n, "PUT", "/connection", putOwn(t, n, id), nil)
		ask(t, n, "DELETE", "/connection", "", nil)
	}
	kept := n.foundFile()
	assert.Equal(t, filepath.Dir(f.Path), filepath.Dir(kept), "beside the folder, not in it")
	if runtime.GOOS != "windows" {
		fi, err := os.Stat(kept)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), fi.Mode().Perm())
	}
	text, err := os.ReadFile(kept)
	require.NoError(t, err)
	assert.NotContains(t, string(text), "example.org")

	restarted := func() (*Node, *far, *strings.Builder) {
		log := &strings.Builder{}
		n, err := New(Options{Home: t.TempDir(), Own: f.Path, Log: func(line string) { log.WriteString(line + "\n") }})
		require.NoError(t, err)
		far := &far{peers: map[wgnet.Key]*offer{}, fail: map[string]error{}, hang: map[string]chan struct{}{}}
		n.tunnels, n.exits, n.lookUp = far, far, fails
		require.NoError(t, n.open())
		t.Cleanup(n.close)
		return n, far, log
	}
	again, far, _ := restarted()
	ask(t, again, "PUT", "/connection", putOwn(t, again, s.ID), nil)
	assert.Equal(t, "127.0.0.7:51820", far.conf.Peer.Endpoint.String())
	ask(t, again, "DELETE", "/connection", "", nil)

	require.NoError(t, f.Remove("other"))
	listed(t, again)
	text, err = os.ReadFile(kept)
	require.NoError(t, err)
	assert.Contains(t, string(text), s.ID)
	assert.NotContains(t, string(text), other.ID, "a server that is removed leaves nothing")

	for _, damaged := range []string{"", "null", "[]", `{"` + s.ID + `": 7}`, `{"` + s.ID + `": ""}`, `{"` + s.ID + `": "0.0.0.0"}`, `{"` + s.ID + `": "fe80::1%x"}`} {
		require.NoError(t, os.WriteFile(kept, []byte(damaged), 0o600))
		last, _, log := restarted()
		_, _, message := refused(t, last, "PUT", "/connection", putOwn(t, last, s.ID))
		assert.Contains(t, message, "cannot be looked up", "%q", damaged)
		assert.NotContains(t, log.String(), filepath.Dir(kept))
		last.lookUp = n.lookUp
		ask(t, last, "PUT", "/connection", putOwn(t, last, s.ID), nil)
		ask(t, last, "DELETE", "/connection", "", nil)
		text, err := os.ReadFile(kept)
		require.NoError(t, err)
		assert.Contains(t, string(text), "127.0.0.7", "it is written anew")
	}
}

// FuzzFound: whatever the file of last addresses holds, a node starts, and takes none that no server can be at.
func FuzzFound(f *testing.F) {
	for _, s := range []string{"", "null", `{"0x00": "192.0.2.1"}`, `{"0x00": "fe80::1%x"}`, `{"0x00": 1}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n := &Node{o: Options{Own: filepath.Join(t.TempDir(), "own"), Log: func(string) {}}}
		require.NoError(t, os.WriteFile(n.foundFile(), data, 0o600))
		found := n.readFound()
		if found == nil {
			t.Fatal("no map to write to")
		}
		for _, a := range found {
			if !usable(a) {
				t.Fatalf("%s was taken", a)
			}
		}
	})
}

func TestTheUsersNameServersWinOverAServersOwn(t *testing.T) {
	n, far, f, _ := openOwn(t)
	s, err := f.Add("home", server(wgconf.Endpoint{Host: "127.0.0.1", Port: 1}, "10.2.0.2/32").Encode(), own.Place{})
	require.NoError(t, err)
	put := putOwn(t, n, s.ID)
	ask(t, n, "PUT", "/connection", strings.Replace(put, `"dns":"provider"`, `"dns":"9.9.9.9"`, 1), nil)
	assert.Equal(t, []netip.Addr{netip.MustParseAddr("9.9.9.9")}, far.conf.DNS)
	ask(t, n, "DELETE", "/connection", "", nil)
}
