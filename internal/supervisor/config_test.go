package supervisor

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

func b64Of(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func TestConfigGoesOverTheWireWhole(t *testing.T) {
	c := goodConfig(t)
	c.Subnet6 = netip.MustParsePrefix("fd00:5a5d::2/64")
	got, err := DecodeConfig(encoded(t, c))
	require.NoError(t, err)
	assert.Equal(t, c.wire(), got.wire())
	assert.Equal(t, c.PrivateKey, got.PrivateKey)

	w, err := got.WireGuard()
	require.NoError(t, err)
	assert.Equal(t, wgnet.Config{
		PrivateKey: c.PrivateKey, Addresses: []netip.Prefix{c.Subnet, c.Subnet6}, ListenPort: 40001, DNS: c.DNS,
		Peers: []wgnet.Peer{{PublicKey: c.Peer.PublicKey, Endpoint: c.Peer.Endpoint, AllowedIPs: c.Peer.AllowedIPs, Keepalive: 18}},
	}, w)
}

// TestConfigCarriesWhatAFileOfAServerHas: a preshared key and an MTU, and only the wire has the key.
func TestConfigCarriesWhatAFileOfAServerHas(t *testing.T) {
	c := goodConfig(t)
	c.Peer.PresharedKey, c.MTU = wgnet.NewPrivateKey(), 1280
	got, err := DecodeConfig(encoded(t, c))
	require.NoError(t, err)
	w, err := got.WireGuard()
	require.NoError(t, err)
	assert.Equal(t, c.Peer.PresharedKey, w.Peers[0].PresharedKey)
	assert.Equal(t, 1280, w.MTU)
	b, err := json.Marshal(c)
	require.NoError(t, err)
	for _, text := range []string{string(b), fmt.Sprintf("%v %+v %#v", c, c, c)} {
		assert.NotContains(t, text, c.Peer.PresharedKey.Base64())
	}
}

func TestConfigOfARealNodeIsRead(t *testing.T) {
	key, peer := wgnet.NewPrivateKey().Base64(), wgnet.NewPrivateKey().Base64()
	text := fmt.Sprintf(`{"iface_name":"","subnet":"10.182.0.2/24","private_key":%q,"listen_port":56123,"dns":null,"dns_script_dir":"",`+
		`"peer":{"public_key":%q,"endpoint":"10.99.9.1:52820","allowed_i_ps":["0.0.0.0/0","::/0"],"keep_alive_period_seconds":18},`+
		`"replace_peers":true,"something_new":{"a":[1]}}`, key, peer)
	c, err := DecodeConfig(b64Of(text))
	require.NoError(t, err)
	assert.Equal(t, "10.182.0.2/24", c.Subnet.String())
	assert.Equal(t, 56123, c.ListenPort)
	assert.Equal(t, key, c.PrivateKey.Base64())
}

func TestAbsurdConfigIsRefused(t *testing.T) {
	base := goodConfig(t)
	own, err := base.PrivateKey.PublicKey()
	require.NoError(t, err)
	for _, c := range []struct {
		name string
		set  func(w *wire)
		want string
	}{
		{"no address", func(w *wire) { w.Subnet = "" }, "subnet is not an address"},
		{"an address without length", func(w *wire) { w.Subnet = "10.0.0.1" }, "subnet is not an address"},
		{"length 0", func(w *wire) { w.Subnet = "10.0.0.1/0" }, "subnet is missing or has no length"},
		{"a second address that is no IPv6", func(w *wire) { w.Subnet6 = "10.0.0.1/8" }, "subnet6 holds no IPv6 address"},
		{"a second address that is none", func(w *wire) { w.Subnet6 = "x" }, "subnet6 is not an address"},
		{"length 33", func(w *wire) { w.Subnet = "10.0.0.1/33" }, "subnet is not an address"},
		{"unspecified address", func(w *wire) { w.Subnet = "0.0.0.0/8" }, "no address that a tunnel can have"},
		{"loopback address", func(w *wire) { w.Subnet = "127.0.0.1/8" }, "no address that a tunnel can have"},
		{"multicast address", func(w *wire) { w.Subnet = "ff02::1/64" }, "no address that a tunnel can have"},
		{"mapped address", func(w *wire) { w.Subnet = "::ffff:10.0.0.1/120" }, "no address that a tunnel can have"},
		{"no key", func(w *wire) { w.PrivateKey = "" }, "private_key: a WireGuard key is 32 bytes"},
		{"short key", func(w *wire) { w.PrivateKey = "AAAA" }, "private_key: a WireGuard key is 32 bytes"},
		{"zero key", func(w *wire) { w.PrivateKey = wgnet.Key{}.Base64() }, "private_key is missing"},
		{"no peer key", func(w *wire) { w.Peer.PublicKey = "" }, "peer.public_key: a WireGuard key"},
		{"zero peer key", func(w *wire) { w.Peer.PublicKey = wgnet.Key{}.Base64() }, "peer.public_key is missing"},
		{"our own key as the peer's", func(w *wire) { w.Peer.PublicKey = own.Base64() }, "key of this very end"},
		{"port below 0", func(w *wire) { w.ListenPort = -1 }, "listen_port is not between"},
		{"port over 65535", func(w *wire) { w.ListenPort = 65536 }, "listen_port is not between"},
		{"no endpoint", func(w *wire) { w.Peer.Endpoint = "" }, "peer.endpoint is not an address"},
		{"endpoint by name", func(w *wire) { w.Peer.Endpoint = "example.org:1" }, "peer.endpoint is not an address"},
		{"endpoint port 0", func(w *wire) { w.Peer.Endpoint = "1.2.3.4:0" }, "port 0"},
		{"endpoint port 65536", func(w *wire) { w.Peer.Endpoint = "1.2.3.4:65536" }, "peer.endpoint is not an address"},
		{"endpoint unspecified", func(w *wire) { w.Peer.Endpoint = "0.0.0.0:1" }, "no address that a peer can have"},
		{"endpoint broadcast", func(w *wire) { w.Peer.Endpoint = "255.255.255.255:1" }, "no address that a peer can have"},
		{"endpoint multicast", func(w *wire) { w.Peer.Endpoint = "[ff02::1]:1" }, "no address that a peer can have"},
		{"endpoint that smuggles a line", func(w *wire) { w.Peer.Endpoint = "[fe80::1%\nlisten_port=1]:1" }, "has a zone"},
		{"keepalive below 0", func(w *wire) { w.Peer.Keepalive = -1 }, "keep_alive_period_seconds is not between"},
		{"keepalive over 65535", func(w *wire) { w.Peer.Keepalive = 65536 }, "keep_alive_period_seconds is not between"},
		{"a preshared key that is none", func(w *wire) { w.Peer.PresharedKey = "AAAA" }, "preshared_key: a WireGuard key"},
		{"an MTU of nothing", func(w *wire) { w.MTU = 1 }, "mtu is not between"},
		{"nothing allowed", func(w *wire) { w.Peer.AllowedIPs = nil }, "nothing could pass"},
		{"allowed is no prefix", func(w *wire) { w.Peer.AllowedIPs = []string{"1.2.3.4"} }, "not a prefix"},
		{"allowed is mapped", func(w *wire) { w.Peer.AllowedIPs = []string{"::ffff:0.0.0.0/96"} }, "not a plain prefix"},
		{"too many allowed", func(w *wire) { w.Peer.AllowedIPs = strings.Split(strings.Repeat("::/0,", 64)+"::/0", ",") }, "more than"},
		{"dns by name", func(w *wire) { w.DNS = []string{"dns.example.org"} }, "dns holds something that is not an address"},
		{"dns unspecified", func(w *wire) { w.DNS = []string{"::"} }, "no resolver can have"},
		{"dns with a zone", func(w *wire) { w.DNS = []string{"fe80::1%x"} }, "no resolver can have"},
		{"too many dns", func(w *wire) { w.DNS = strings.Split(strings.Repeat("1.1.1.1,", 8)+"1.1.1.1", ",") }, "more than"},
		{"iface too long", func(w *wire) { w.Iface = "sixteenletters00" }, "iface_name: an interface's name has 1 to 15"},
		{"iface with a slash", func(w *wire) { w.Iface = "a/b" }, "iface_name: an interface's name consists of"},
		{"iface with a line feed", func(w *wire) { w.Iface = "a\nb" }, "iface_name: an interface's name consists of"},
		{"iface dots", func(w *wire) { w.Iface = ".." }, "iface_name"},
		{"endless script folder", func(w *wire) { w.DNSScriptDir = strings.Repeat("x", 5000) }, "dns_script_dir"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := base.wire()
			w.PrivateKey = base.PrivateKey.Base64()
			c.set(&w)
			b, err := json.Marshal(w)
			require.NoError(t, err)
			_, err = DecodeConfig(b64Of(string(b)))
			require.ErrorContains(t, err, c.want)
			assert.NotContains(t, err.Error(), "\n")
		})
	}
	for _, text := range []string{
		"", "null", "[]", "{", "{}x", `{"listen_port":1.5}`, `{"listen_port":"1"}`, `{"listen_port":99999999999999999999}`,
		`{"peer":[]}`, `{"dns":"1.1.1.1"}`, "\xff\xfe",
	} {
		_, err := DecodeConfig(b64Of(text))
		assert.ErrorContains(t, err, "config", text)
	}
	_, err = DecodeConfig(strings.Repeat("A", MaxLine+4))
	require.ErrorIs(t, err, errLineTooLong)
}

func TestConfigThatIsNotValidIsNotEncoded(t *testing.T) {
	var c Config
	_, err := c.Encode()
	require.Error(t, err)
	_, err = c.WireGuard()
	require.Error(t, err)
}
