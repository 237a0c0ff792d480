package wgnet

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKeyNeverPrintsItself(t *testing.T) {
	k := NewPrivateKey()
	for _, s := range []string{k.String(), fmt.Sprint(k), fmt.Sprintf("%v %+v %#v %s", k, k, k, k), fmt.Sprint(Config{PrivateKey: k})} {
		require.NotContains(t, s, k.Base64())
		require.NotContains(t, s, k.hex())
		require.NotContains(t, s, fmt.Sprintf("%d %d %d %d %d", k[0], k[1], k[2], k[3], k[4]))
	}
	for _, verb := range "vtbcdoOqxXUeEfFgGsz" { // not p, which fmt takes to itself
		for _, flag := range []string{"", "+", "#", "08"} {
			require.Equal(t, "(key)", fmt.Sprintf("%"+flag+string(verb), k))
		}
	}
	b, err := json.Marshal(Config{PrivateKey: k})
	require.NoError(t, err)
	require.Contains(t, string(b), `"PrivateKey":"(key)"`)
}

func TestParseKeyTakesBase64Only(t *testing.T) {
	k := NewPrivateKey()
	got, err := ParseKey(k.Base64())
	require.NoError(t, err)
	require.Equal(t, k, got)
	for _, s := range []string{"", "x", k.hex(), k.Base64()[:43], k.Base64() + "AA==", base64.StdEncoding.EncodeToString(make([]byte, 31))} {
		_, err := ParseKey(s)
		require.Error(t, err)
		if len(s) > 4 {
			require.NotContains(t, err.Error(), s)
		}
	}
	require.True(t, Key{}.Zero())
	require.False(t, k.Zero())
}

func FuzzParseKey(f *testing.F) {
	f.Add(NewPrivateKey().Base64())
	f.Add("")
	f.Add(strings.Repeat("A", 43) + "=")
	f.Fuzz(func(t *testing.T, s string) {
		k, err := ParseKey(s)
		if err != nil {
			if k != (Key{}) || len(s) > 8 && strings.Contains(err.Error(), s) {
				t.Errorf("%q leaks", s)
			}
			return
		}
		if again, err := ParseKey(k.Base64()); err != nil || again != k {
			t.Errorf("%q does not come back", s)
		}
	})
}

func TestUAPIIsWhatWireGuardReads(t *testing.T) {
	var private, public, shared Key
	private[0], public[0], shared[0] = 1, 2, 3
	c := Config{
		PrivateKey: private,
		ListenPort: 51820,
		Peers: []Peer{
			{
				PublicKey: public, PresharedKey: shared, Endpoint: netip.MustParseAddrPort("[2001:db8::1]:4500"), Keepalive: 25,
				AllowedIPs: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")},
			},
			{PublicKey: public},
		},
	}
	zeros := strings.Repeat("0", 62)
	require.Equal(t, "private_key=01"+zeros+`
listen_port=51820
replace_peers=true
public_key=02`+zeros+`
preshared_key=03`+zeros+`
endpoint=[2001:db8::1]:4500
persistent_keepalive_interval=25
replace_allowed_ips=true
allowed_ip=0.0.0.0/0
allowed_ip=::/0
public_key=02`+zeros+`
preshared_key=00`+zeros+`
persistent_keepalive_interval=0
replace_allowed_ips=true
`, c.UAPI())
}
