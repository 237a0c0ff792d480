package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	alice   = "0xc0aa711e3c6931cf7adc82648aeb4eece462068c"
	session = "3f2b1c9a-7d1e-4c55-9a3b-0d8f6f1f2a11"
)

var bob = Known{Home: "/home/bob", User: "bob", Host: "bobs-laptop.example.org", Secrets: []string{"Blue Harbour"}, Keep: []string{"mysterium.network"}}

func TestEachSecretGetsThePlaceholderOfItsKind(t *testing.T) {
	for in, want := range map[string]string{
		"PrivateKey = " + wgKey: "PrivateKey = <key-1>",
		`"public_key":"` + wgKey + `","preshared_key":"` + wgKey2 + `"`: `"public_key":"<key-1>","preshared_key":"<key-2>"`,
		"public_key=" + hexKey: "public_key=<key-1>",
		"peer/" + wgKey:        "peer/<key-1>",
		"peer " + strings.TrimRight(wgKey, "=") + " is up":                                             "peer <key-1> is up",
		"peer(yAnz…fBmk) - Sending handshake initiation":                                               "peer(<key-1>) - Sending handshake initiation",
		"peer(+A/z…fBmk) - Sending handshake initiation":                                               "peer(<key-1>) - Sending handshake initiation",
		"Authorization: Bearer " + jwtText:                                                             "Authorization: <secret-1>",
		`{"token":"` + jwtText + `"}`:                                                                  `{"token":"<token-1>"}`,
		"myst --identity.passphrase hunter2 --x":                                                       "myst --identity.passphrase <secret-1> --x",
		"private_key=[redacted] passphrase=[redacted]":                                                 "private_key=[redacted] passphrase=[redacted]",
		"provider " + alice + " in DE":                                                                 "provider <identity-1> in DE",
		"provider " + strings.ToUpper(alice[2:]) + " in DE":                                            "provider <identity-1> in DE",
		"subject " + alice + ".wireguard.p2p-config-exchange":                                          "subject <identity-1>.wireguard.p2p-config-exchange",
		"/identities/" + alice + "/unlock":                                                             "/identities/<identity-1>/unlock",
		"UTC--2026-11-24T12-34-56.123456789Z--" + alice[2:]:                                            "UTC--2026-11-24T12-34-56.123456789Z--<identity-1>",
		"transaction 0x" + hexKey + " mined":                                                           "transaction <hash-1> mined",
		"session " + session + " created":                                                              "session <session-1> created",
		"session_id=" + strings.ToUpper(session):                                                       "session_id=<session-1>",
		"machine 0123456789abcdef0123456789abcdef":                                                     "machine <session-1>",
		"dial tcp 192.0.2.7:443: i/o timeout":                                                          "dial tcp <ip-1>:443: i/o timeout",
		"route 192.0.2.0/24 via 192.0.2.1.":                                                            "route <ip-1>/24 via <ip-2>.",
		"endpoint=198.51.100.7:51820 allowed_ips=0.0.0.0/0,::/0":                                       "endpoint=<ip-1>:51820 allowed_ips=0.0.0.0/0,::/0",
		"listen [2001:db8::1]:443, fe80::1%eth0":                                                       "listen [<ip-1>]:443, <ip-2>%eth0",
		"addr:2001:db8::1 id:2001:db8:1:2:3:4:5:6":                                                     "addr:<ip-1> id:<ip-2>",
		"::ffff:192.0.2.7 is 192.0.2.7 is ::FFFF:c000:0207":                                            "<ip-1> is <ip-1> is <ip-1>",
		"127.0.0.1 ::1 [::]:80 0.0.0.0 localhost:4050 255.255.255.0":                                   "127.0.0.1 ::1 [::]:80 0.0.0.0 localhost:4050 255.255.255.0",
		"nameserver 192.0.2.1, DHCP release 192.0.2.1, prev " + alice[2:]:                              "nameserver <ip-1>, DHCP release <ip-1>, prev <identity-1>",
		"-----BEGIN PRIVATE KEY----- MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF": "-----BEGIN PRIVATE KEY----- <key-1>",
		"wg-up -uid S-1-5-21-3623811015-3361044348-30300820-1013 -config":                              "wg-up -uid <user-1> -config",
		"mac=02:42:ac:11:00:02 dev=eth0":                                                               "mac=<mac-1> dev=eth0",
		"02-42-AC-11-00-02 0242.ac11.0002 enx0242ac110002":                                             "<mac-1> <mac-1> enx<mac-1>",
		"lookup example.com on 1.1.1.1:53: no such host":                                               "lookup <host-1> on <ip-1>:53: no such host",
		"lookup nas: no such host":                                                                     "lookup <host-1>: no such host",
		"GET https://api.example.co.uk:8443/v1?x=1 200 in 31ms":                                        "GET https://<host-1>:8443/v1?x=1 200 in 31ms",
		"GET http://router/ and http://a_b.internal.zone/":                                             "GET http://<host-1>/ and http://<host-2>/",
		"Host: example.com":                                                                            "Host: <host-1>",
		"Host: nas":                                                                                    "Host: <host-1>",
		"host=example.com server_name=Example.COM.":                                                    "host=<host-1> server_name=<host-1>.",
		`tls {"serverName": "nas", "host":"printer"}`:                                                  `tls {"serverName": "<host-1>", "host":"<host-2>"}`,
		`sni \"nas.weird\"`:                                                                            `sni \"<host-1>\"`,
		"dial tcp nas:445: connect: connection refused":                                                "dial tcp <host-1>:445: connect: connection refused",
		"dial tcp foo.bar.corpnet:445: refused":                                                        "dial tcp <host-1>:445: refused",
		"cannot reach www.example.de today":                                                            "cannot reach <host-1> today",
		"eXaMple.cOM is asked, log.Info is not":                                                        "<host-1> is asked, log.Info is not",
		"7.2.0.192.in-addr.arpa":                                                                       "<host-1>",
		"foo.sh:443 get.sh:12":                                                                         "<host-1>:443 get.sh:12",
		"https://discovery.mysterium.network/api/v4":                                                   "https://discovery.mysterium.network/api/v4",
		"https://github.com/x/y":                                                                       "https://<host-1>/x/y",
		"dial socks5://me:s3cr3t@proxy.example.net:1080/x":                                             "dial socks5://<secret-1>@<host-1>:1080/x",
		"http://bob%40corp:p%3aw@192.0.2.1/":                                                           "http://<secret-1>@<ip-1>/",
		"mail me@example.org, git@github.com:x/y.git":                                                  "mail <email-1>, <email-2>:x/y.git",
		"Me+tag@Example.org me+tag@example.org":                                                        "<email-1> <email-1>",
		"ssh carol@192.0.2.1":                                                                          "ssh <email-1>",
		"open /home/bob/.mysterium/keystore":                                                           "open ~/.mysterium/keystore",
		"open /home/bob2/x and /home/carol/x":                                                          "open /home/<user-1>/x and /home/<user-2>/x",
		`open C:\Users\bob\AppData: denied`:                                                            `open ~\AppData: denied`,
		`open C:\Users\Carol Smith\AppData: denied`:                                                    `open C:\Users\<user-1>\AppData: denied`,
		`{"path":"C:\\Users\\nick\\AppData"}`:                                                          `{"path":"C:\\Users\\<user-1>\\AppData"}`,
		"/Users/bob/Library /Users/Shared /var/home/bob/x":                                             "~/Library /Users/Shared /var/home/<user>/x",
		"file:///home/bob/x":                                                                           "file://~/x",
		"user bob logged in, bob's, bobsled, BOB":                                                      "user <user> logged in, <user>'s, bobsled, <user>",
		"on bobs-laptop and BOBS-LAPTOP.example.org":                                                   "on <host-1> and <host-1>",
		"http://bobs-laptop/ " + `\\bobs-laptop\c$ \\nas\share`:                                        "http://<host-1>/ " + `\\<host-1>\c$ \\<host-2>\share`,
		"http://2130706433/ mysterium://" + alice:                                                      "http://<host-1>/ mysterium://<identity-1>",
		"wallet " + alice + " is 0xc0aa…068c":                                                          "wallet <identity-1> is <identity-1>",
		"proxy_user=carol proxy_pass=hunter2":                                                          "proxy_user=<user-1> proxy_pass=<secret-1>",
		"says blue harbour here":                                                                       "says <secret-1> here",
		"username=carol":                                                                               "username=<user-1>",
		`{\"email\":\"me\u0040example.org\",\"u\":\"https:\/\/example.org\/\"}`:                        `{\"email\":\"<email-1>\",\"u\":\"https:\/\/<host-1>\/\"}`,
		`"a\nexample.com\tb"`:                                                                          `"a\n<host-1>\tb"`,
		"q=me%40example.org&u=https%3A%2F%2Fexample.org%2F&v=%252Fhome%252Fbob%252Fx":                  "q=<email-1>&u=https%3A%2F%2F<host-1>%2F&v=~%252Fx",
		`"crypto":{"ciphertext":"` + hexKey + `","cipherparams":{"iv":"` + hexKey[:32] + `"},"mac":"` + hexKey + `"}`:     `"crypto":{"ciphertext":"<key-1>","cipherparams":{"iv":"<secret-1>"},"mac":"<key-1>"}`,
		"config " + base64.StdEncoding.EncodeToString([]byte(`{"dns":"192.0.2.1"}`)) + " end":                             "config <encoded-1> end",
		"x=" + base64.RawURLEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte("to 192.0.2.1:53")))): "x=<encoded-1>",
		"地址192.0.2.1 und →bob, x." + base64.RawStdEncoding.EncodeToString([]byte("192.0.2.1:53")):                         "地址<ip-1> und →<user>, x.<encoded-1>",
		"config " + base64.StdEncoding.EncodeToString([]byte(`nothing to see here`)) + " end":                             "config bm90aGluZyB0byBzZWUgaGVyZQ== end",
		"<ip-3> and <user> and http://<host-9>:80/ passphrase=<secret-2>":                                                 "<ip-3> and <user> and http://<host-9>:80/ passphrase=<secret-2>",
	} {
		r := New(bob)
		got := r.String(in)
		assert.Equal(t, want, got, in)
		assert.Equal(t, got, r.String(got), "a second time changes nothing")
	}
}

// TestOrdinaryLinesLoseNothing: versions, times, file names, stack traces and what else logs are made of.
func TestOrdinaryLinesLoseNothing(t *testing.T) {
	text, err := os.ReadFile("testdata/ordinary.txt")
	require.NoError(t, err)
	require.GreaterOrEqual(t, bytes.Count(text, []byte("\n")), 200)
	r := New(bob)
	for line := range strings.Lines(string(text)) {
		assert.Equal(t, line, r.String(line))
	}
	assert.Empty(t, r.Counts())
	assert.True(t, bytes.Equal(text, r.Append(nil, text)), "as a whole")
}

// TestTheTraceOfAPanicStaysUseful: but for the home folder it is as it was.
func TestTheTraceOfAPanicStaysUseful(t *testing.T) {
	trace := "panic: runtime error: index out of range [3] with length 3\n\ngoroutine 34 [running]:\n" +
		"github.com/mysteriumvpn/desktop/internal/core.(*Machine).next(0xc0000a4000, {0x1, 0x2})\n" +
		"\t/home/bob/src/desktop/internal/core/machine.go:123 +0x1d\n" +
		"golang.zx2c4.com/wireguard/device.(*Device).RoutineReadFromTUN(0xc000182000)\n" +
		"\t/home/bob/go/pkg/mod/golang.zx2c4.com/wireguard@v0.0.0-20250521234502-f333402bd9cb/device/send.go:212 +0x1a5\n" +
		"created by main.run in goroutine 1\n"
	assert.Equal(t, strings.ReplaceAll(trace, "/home/bob", "~"), New(bob).String(trace))
}

func TestSameSecretSamePlaceholder(t *testing.T) {
	r := New(bob)
	for _, same := range [][]string{
		{"2001:db8::1", "2001:0db8:0:0::1", "[2001:DB8::1]", "2001:db8::1%eth0"},
		{"192.0.2.1", "::ffff:192.0.2.1", "http://192.0.2.1/"},
		{alice, strings.ToUpper(alice[2:]), "0X" + alice[2:]},
		{"host=Example.COM", "http://example.com/", "lookup example.com. on"},
		{"me@example.org", "ME@EXAMPLE.ORG", "me%40example.org"},
		{"02:42:ac:11:00:02", "02-42-AC-11-00-02"},
		{session, strings.ToUpper(session), strings.ReplaceAll(session, "-", "")},
		{"key: " + wgKey, "hex key " + hexOf(wgKey), "raw " + strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(wgKey), "="), "peer(" + wgKey[:4] + "…" + wgKey[39:43] + ")"},
	} {
		want := ""
		for _, s := range same {
			out := r.String(s)
			lo, hi := strings.IndexByte(out, '<'), strings.IndexByte(out, '>')
			require.Less(t, lo, hi, "%q became %q", s, out)
			if want == "" {
				want = out[lo : hi+1]
			}
			assert.Equal(t, want, out[lo:hi+1], s)
		}
	}
	assert.Equal(t, "<ip-3> <ip-1>", r.String("192.0.2.3 2001:db8::1"), "numbers go on")
	assert.NotEqual(t, r.String("192.0.2.4"), r.String("192.0.2.5"))
}

func hexOf(key string) string {
	b, _ := base64.StdEncoding.DecodeString(key)
	return hex.EncodeToString(b)
}

func TestCountsSayWhatWasReplaced(t *testing.T) {
	r := New(bob)
	assert.Empty(t, r.Counts())
	r.String("192.0.2.1 and 192.0.2.1 and 192.0.2.2, /home/bob")
	assert.Equal(t, map[Kind]int{IP: 3, Home: 1}, r.Counts())
	assert.Equal(t, "ip", IP.String())
	assert.Equal(t, "unknown", Kind(99).String())
}

// TestFilesOfAReportShareOneRedactor: as text, as bytes and as a stream, from several goroutines.
func TestFilesOfAReportShareOneRedactor(t *testing.T) {
	r := New(bob)
	in := strings.Repeat("from 192.0.2.1 to example.org\r\n\n", 5000) + "end of 192.0.2.2"
	want := strings.Repeat("from <ip-1> to <host-1>\r\n\n", 5000) + "end of <ip-2>"
	require.True(t, want == r.String(in))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			var out bytes.Buffer
			n, err := r.Copy(&out, iotest.HalfReader(strings.NewReader(in)))
			assert.NoError(t, err)
			assert.EqualValues(t, len(want), n)
			assert.True(t, want == out.String())
			assert.True(t, want == string(r.Append(nil, []byte(in))))
			r.Counts()
		})
	}
	all.Wait()
	long := strings.Repeat("x ", 100_000) + "192.0.2.1"
	var out bytes.Buffer
	_, err := r.Copy(&out, strings.NewReader(long))
	require.NoError(t, err)
	assert.True(t, strings.HasSuffix(out.String(), "x <ip-1>"), "a line longer than any buffer")
	broken := errors.New("disk gone")
	_, err = r.Copy(io.Discard, io.MultiReader(strings.NewReader("a\nb"), iotest.ErrReader(broken)))
	require.ErrorIs(t, err, broken)
	_, err = r.Copy(full{}, strings.NewReader("a\nb"))
	require.ErrorIs(t, err, io.ErrShortBuffer)
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortBuffer }

// TestWhatIsUnknownIsNotGuessed: a Redactor that was told nothing, or names that are words, leaves text alone.
func TestWhatIsUnknownIsNotGuessed(t *testing.T) {
	for _, k := range []Known{{}, {Home: "/root", User: "root", Host: "localhost"}, {Home: "/", User: "a", Host: "b", Secrets: []string{"", "abc"}}} {
		s := "root runs a b localhost / in /root/x abc"
		assert.Equal(t, s, New(k).String(s))
	}
	assert.Equal(t, "~ <user-1>", strings.ReplaceAll(New(Known{Home: `C:\Users\Bob\`, User: `CORP\Bob`}).String(`c:\users\bob C:/Users/Bob /home/carol`), "~ ~ /home/", "~ "))
}
