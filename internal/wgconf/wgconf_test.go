package wgconf

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

// Keys of nobody: derived from a byte.
func testKey(b byte) wgnet.Key {
	var k wgnet.Key
	for i := range k {
		k[i] = b + byte(i)*7
	}
	k[0] &= 248
	k[31] = k[31]&127 | 64
	return k
}

var (
	private   = testKey(1).Base64()
	public    = testKey(2).Base64()
	preshared = testKey(3).Base64()
)

func good() string {
	return "[Interface]\nPrivateKey = " + private + "\nAddress = 10.2.0.2/32\nDNS = 10.2.0.1\n\n[Peer]\nPublicKey = " + public +
		"\nAllowedIPs = 0.0.0.0/0, ::/0\nEndpoint = 192.0.2.1:51820\n"
}

func TestAProvidersFileIsRead(t *testing.T) {
	text := "\ufeff# Country: ch\r\n# city:  Zürich \r\n[INTERFACE]\r\nprivatekey=" + private + " # mine\r\nAddress = 10.2.0.2/32,fd00::2/128\r\nDNS=10.2.0.1\r\nDNS = 2606:4700::1111\r\nmtu = 1380\r\n" +
		"[peer]\r\nPublicKey = " + public + "\r\nPresharedKey = " + preshared + "\r\nAllowedIPs = 0.0.0.0/0\r\nALLOWEDIPS = ::/0\r\nEndpoint = CH-1.Example.org:51820\r\nPersistentKeepalive = 25\r\n"
	c, notes, err := Parse([]byte(text))
	require.NoError(t, err)
	assert.Empty(t, notes)
	assert.Equal(t, &Config{
		PrivateKey: testKey(1),
		Addresses:  []netip.Prefix{netip.MustParsePrefix("10.2.0.2/32"), netip.MustParsePrefix("fd00::2/128")},
		DNS:        []netip.Addr{netip.MustParseAddr("10.2.0.1"), netip.MustParseAddr("2606:4700::1111")},
		MTU:        1380,
		Peer: Peer{
			PublicKey: testKey(2), PresharedKey: testKey(3), Endpoint: Endpoint{"ch-1.example.org", 51820}, Keepalive: 25,
			AllowedIPs: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")},
		},
		Country: "CH", City: "Zürich",
	}, c)
}

// TestProblemsAreToldByLine: each line that cannot be used is named, with what to do.
func TestProblemsAreToldByLine(t *testing.T) {
	for name, c := range map[string]struct {
		find, put string
		want      []Problem // in their order, notes too
	}{
		"a command":           {"DNS = 10.2.0.1", "PostUp = iptables -A OUTPUT", []Problem{{1, NoDNS, "DNS", ""}, {4, RunsCommand, "PostUp", ""}}},
		"a command of a peer": {"Endpoint", "predown=true\nEndpoint", []Problem{{9, RunsCommand, "PreDown", ""}}},
		"what is not known":   {"DNS", "Jc = 4\nDNS", []Problem{{4, UnknownKey, "Jc", ""}}},
		"what is of no use":   {"DNS", "ListenPort = 1\nTable = off\nFwMark = 1\nsaveconfig = true\nDNS", []Problem{{4, NotUsed, "ListenPort", ""}, {5, NotUsed, "Table", ""}, {6, NotUsed, "FwMark", ""}, {7, NotUsed, "SaveConfig", ""}}},
		"another section":     {"[Peer]", "[Extra]\nA = 1\nPostUp = x\n[Peer]", []Problem{{6, UnknownSection, "", ""}, {8, RunsCommand, "PostUp", ""}}},
		"a broken section":    {"[Peer]", "[Peer", []Problem{{0, NoPeer, "", ""}, {6, Stray, "", ""}, {7, UnknownKey, "PublicKey", ""}, {8, UnknownKey, "AllowedIPs", ""}, {9, UnknownKey, "Endpoint", ""}}},
		"a stray word":        {"DNS = ", "DNS ", []Problem{{1, NoDNS, "DNS", ""}, {4, Stray, "", ""}}},
		"before a section":    {"[Interface]", "MTU = 1400\n[Interface]", []Problem{{1, NoSection, "", ""}}},
		"two servers":         {"Endpoint = 192.0.2.1:51820", "Endpoint = 192.0.2.1:51820\n[Peer]\nPublicKey = " + private, []Problem{{10, SecondSection, "Peer", ""}}},
		"a key twice":         {"Endpoint", "PublicKey = " + private + "\nEndpoint", []Problem{{9, Repeated, "PublicKey", ""}}},
		"no private key":      {"PrivateKey = " + private + "\n", "", []Problem{{1, Missing, "PrivateKey", ""}}},
		"no endpoint":         {"Endpoint = 192.0.2.1:51820", "", []Problem{{6, Missing, "Endpoint", ""}}},
		"an empty key":        {public, "", []Problem{{7, NoValue, "PublicKey", ""}}},
		"a cut key":           {private, private[:40], []Problem{{2, BadKey, "PrivateKey", ""}}},
		"a placeholder":       {private, "<your key>", []Problem{{2, BadKey, "PrivateKey", ""}}},
		"the own key":         {public, publicOf(testKey(1)), []Problem{{7, OwnKey, "PublicKey", ""}}},
		"a key as an address": {"10.2.0.2/32", preshared, []Problem{{3, BadAddress, "Address", ""}}},
		"no address":          {"10.2.0.2/32", "10.2.0", []Problem{{3, BadAddress, "Address", "10.2.0"}}},
		"loopback":            {"10.2.0.2/32", "127.0.0.1/8", []Problem{{3, BadAddress, "Address", "127.0.0.1/8"}}},
		"a second address":    {"10.2.0.2/32", "10.2.0.2/32, 10.2.0.3/32", []Problem{{3, MoreAddresses, "Address", "10.2.0.3/32"}}},
		"a search domain":     {"10.2.0.1", "10.2.0.1, example.org", []Problem{{4, SearchDomain, "DNS", "example.org"}}},
		"no network":          {"::/0", "::/200", []Problem{{8, BadPrefix, "AllowedIPs", "::/200"}}},
		"many networks":       {"0.0.0.0/0", manyNetworks(65), []Problem{{8, TooMany, "AllowedIPs", ""}}},
		"no port":             {":51820", "", []Problem{{9, BadEndpoint, "Endpoint", "192.0.2.1"}}},
		"port 0":              {":51820", ":0", []Problem{{9, BadEndpoint, "Endpoint", "192.0.2.1:0"}}},
		"bare IPv6":           {"192.0.2.1", "2001:db8::1", []Problem{{9, BadEndpoint, "Endpoint", "2001:db8::1:51820"}}},
		"everywhere":          {"192.0.2.1", "0.0.0.0", []Problem{{9, BadEndpoint, "Endpoint", "0.0.0.0:51820"}}},
		"half an address":     {"192.0.2.1", "192.0.2", []Problem{{9, BadEndpoint, "Endpoint", "192.0.2:51820"}}},
		"a small MTU":         {"DNS", "MTU = 100\nDNS", []Problem{{4, BadMTU, "MTU", ""}}},
		"too small for IPv6":  {"10.2.0.2/32", "10.2.0.2/32, fd00::2/64\nMTU = 1000", []Problem{{4, BadMTU, "MTU", ""}}},
		"a long keepalive":    {"Endpoint", "PersistentKeepalive = 70000\nEndpoint", []Problem{{9, BadKeepalive, "PersistentKeepalive", ""}}},
		"a country of words":  {"[Interface]", "# country: Switzerland\n[Interface]", []Problem{{1, BadCountry, "", "Switzerland"}}},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(good(), c.find, c.put, 1)
			require.NotEqual(t, good(), text)
			_, notes, err := Parse([]byte(text))
			var bad, noted []Problem
			for _, p := range c.want {
				if p.Note() {
					noted = append(noted, p)
				} else {
					bad = append(bad, p)
				}
			}
			assert.Equal(t, noted, notes)
			if bad == nil {
				require.NoError(t, err)
				return
			}
			wrong, ok := errors.AsType[*Error](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, bad, wrong.Problems)
			for _, p := range bad {
				if p.Line > 0 {
					assert.Contains(t, err.Error(), fmt.Sprintf("line %d: ", p.Line))
				}
			}
		})
	}
}

// TestAddressesThatTheHelperRefusesAreTold: the root helper would refuse the tunnel at the first connection.
func TestAddressesThatTheHelperRefusesAreTold(t *testing.T) {
	for _, a := range []string{
		"0.0.0.0", "0.1.2.3", "127.0.0.1", "127.9.9.9", "169.254.1.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
		"::", "::1", "fe80::1", "ff02::1", "fe80::1%eth0",
	} {
		_, _, err := Parse([]byte(strings.Replace(good(), "10.2.0.2/32", a, 1)))
		wrong, ok := errors.AsType[*Error](err)
		require.True(t, ok, a)
		assert.Equal(t, []Problem{{3, BadAddress, "Address", a}}, wrong.Problems)

		c, notes, err := Parse([]byte(strings.Replace(good(), "10.2.0.1", "10.2.0.1, "+a, 1)))
		require.NoError(t, err, a)
		assert.Equal(t, []Problem{{4, BadDNS, "DNS", a}}, notes)
		assert.Equal(t, []netip.Addr{netip.MustParseAddr("10.2.0.1")}, c.DNS, "it is left out")
	}
	_, notes, err := Parse([]byte(strings.Replace(good(), "10.2.0.1", "127.0.0.1", 1)))
	require.NoError(t, err)
	assert.Equal(t, []Problem{{1, NoDNS, "DNS", ""}, {4, BadDNS, "DNS", "127.0.0.1"}}, notes)
	for _, a := range []string{"1.0.0.1", "100.64.0.2", "192.168.1.2", "223.255.255.254", "fd00::2", "2001:db8::2"} {
		_, _, err := Parse([]byte(strings.Replace(good(), "10.2.0.2/32", a, 1)))
		require.NoError(t, err, a)
		_, notes, err := Parse([]byte(strings.Replace(good(), "10.2.0.1", a, 1)))
		require.NoError(t, err, a)
		assert.Empty(t, notes, a)
	}
}

func publicOf(k wgnet.Key) string {
	p, err := k.PublicKey()
	if err != nil {
		panic(err)
	}
	return p.Base64()
}

func manyNetworks(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("10.%d.0.0/16", i)
	}
	return strings.Join(all, ", ")
}

func TestWhatIsNoConfigurationIsSaidSo(t *testing.T) {
	for text, want := range map[string]Code{
		"": NoInterface, "\x00\x01": NotText, "\xff\xfe[": NotText, "{\"a\": 1}": Stray,
		strings.Repeat("#\n", MaxSize): TooBig, "[Interface]\n": NoPeer,
	} {
		_, _, err := Parse([]byte(text))
		wrong, ok := errors.AsType[*Error](err)
		require.True(t, ok, "%.20q", text)
		found := false
		for _, p := range wrong.Problems {
			found = found || p.Code == want
		}
		assert.True(t, found, "%.20q: %v", text, err)
	}
}

// TestManyProblemsHaveAnEnd: nobody reads a thousand lines, and notes never hide what keeps the file from being used.
func TestManyProblemsHaveAnEnd(t *testing.T) {
	_, notes, err := Parse([]byte(strings.Repeat("[X]\n", 1000) + good() + "PostUp = x\n" + strings.Repeat("x\n", 1000)))
	wrong, ok := errors.AsType[*Error](err)
	require.True(t, ok)
	assert.Len(t, notes, maxProblems)
	assert.Len(t, wrong.Problems, maxProblems)
	assert.Equal(t, RunsCommand, wrong.Problems[0].Code)
}

func TestEveryCodeHasASentence(t *testing.T) {
	for _, c := range Codes() {
		for _, p := range []Problem{{1, c, "Key", "value"}, {Code: c}} {
			text := p.String()
			assert.NotContains(t, text, "%", c)
			assert.NotContains(t, text, "  ", c)
		}
	}
	assert.NotContains(t, fmt.Sprint(notes), "bad_key")
}

// TestNoProblemRepeatsAKey: wherever a key was put by mistake, no sentence has it.
func TestNoProblemRepeatsAKey(t *testing.T) {
	secret := testKey(9).Base64()
	for _, place := range []string{
		"%s", "[%s]", "%s = 1", "Address = %s", "DNS = %s", "Endpoint = %s", "Endpoint = %s:1", "AllowedIPs = %s", "MTU = %s", "PersistentKeepalive = %s",
		"# country: %s", "PrivateKey = x%s", "X%s", "PrivateKey %s", "PresharedKey = %s=",
	} {
		line := fmt.Sprintf(place, secret)
		for _, text := range []string{line, strings.Replace(good(), "[Peer]", line+"\n[Peer]", 1), good() + line} {
			_, notes, err := Parse([]byte(text))
			for i := 0; i+12 < len(secret); i++ {
				assert.NotContains(t, fmt.Sprint(notes, err), secret[i:i+12], line)
			}
		}
	}
}

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	c, _, err := Parse([]byte(good()))
	require.NoError(t, err)
	again, notes, err := Parse(c.Encode())
	require.NoError(t, err)
	assert.Empty(t, notes)
	assert.Equal(t, c, again)
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %x", c, c, c, c), private[:12])
}

// FuzzParse: no file makes it panic, repeat a key, take one that runs a command, or read another configuration from
// what it writes.
func FuzzParse(f *testing.F) {
	f.Add([]byte(good()))
	f.Add([]byte(strings.ReplaceAll(good(), "\n", "\r\n")))
	f.Add([]byte("\ufeff#country:CH\r\n # CITY : x\n" + good()))
	f.Add([]byte("\ufeff" + good() + "PostUp = x\n"))
	f.Add([]byte(strings.Replace(good(), "10.2.0.1", "::ffff:127.0.0.1, fe80::1%x, 0.1.2.3, 240.0.0.1", 1)))
	f.Add([]byte("[Interface]\nAddress=::1/0,1.2.3.4\nDNS=a,b\n[Peer]\nEndpoint=[::1]:1"))
	for _, name := range []string{"wgconf.go"} {
		if b, err := os.ReadFile(name); err == nil {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		c, notes, err := Parse(file)
		for _, text := range []string{fmt.Sprint(notes), fmt.Sprint(err)} {
			for _, secret := range []string{private, public, preshared} {
				if strings.Contains(text, secret[:20]) || strings.Contains(text, secret[20:40]) {
					t.Fatal("a key is in a sentence")
				}
			}
		}
		if err != nil {
			if c != nil {
				t.Fatal("a configuration beside an error")
			}
			return
		}
		for _, n := range c.Addresses {
			if !unicast(n.Addr()) {
				t.Fatalf("%s was taken", n)
			}
		}
		for _, a := range c.DNS {
			if !unicast(a) {
				t.Fatalf("%s was taken", a)
			}
		}
		for line := range strings.SplitSeq(string(file), "\n") {
			key, _, _ := strings.Cut(line, "=")
			if !strings.Contains(key, "#") && strings.EqualFold(strings.TrimSpace(key), "PostUp") && strings.Contains(line, "=") {
				t.Fatal("a file that runs a command was taken")
			}
		}
		again, _, err := Parse(c.Encode())
		if err != nil {
			t.Fatalf("what it wrote cannot be read: %v", err)
		}
		assert.Equal(t, c, again)
		nowhere, _, err := Parse(WithoutPlace(file))
		if err != nil {
			t.Fatalf("without its place it cannot be read: %v", err)
		}
		c.Country, c.City = "", ""
		assert.Equal(t, c, nowhere)
	})
}
