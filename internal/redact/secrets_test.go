package redact

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

const (
	wgKey   = "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk="
	wgKey2  = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="
	hexKey  = "c80f9ff48c5f957255b9d7b5e1b6e2df39530d7e1e8bd85b2e0e9b8f25e80441"
	jwtText = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJteXN0IiwiZXhwIjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
)

// asBytes is Secrets for text in the other form.
func asBytes(s string) []byte {
	b, found := AppendSecrets(nil, []byte(s))
	if !found {
		return []byte(s)
	}
	return b
}

func TestSecretsAreReplaced(t *testing.T) {
	for in, want := range map[string]string{
		"private_key=" + hexKey: "private_key=[redacted]",
		"PrivateKey = " + wgKey: "PrivateKey = [redacted]",
		`{"iface_name":"w0","private_key":"` + wgKey + `","listen_port":51820}`: `{"iface_name":"w0","private_key":"[redacted]","listen_port":51820}`,
		`up {\"private_key\":\"` + wgKey + `\",\"dns\":[]}`:                     `up {\"private_key\":\"[redacted]\",\"dns\":[]}`,
		"preshared_key=" + hexKey + " endpoint=1.2.3.4:5":                       "preshared_key=[redacted] endpoint=1.2.3.4:5",
		"using " + wgKey + " and " + wgKey2 + ".":                               "using [redacted] and [redacted].",
		"peer/" + wgKey:                                                   "peer/[redacted]",
		"the private key is " + hexKey:                                    "the private key is [redacted]",
		"the private key was 0x" + hexKey:                                 "the private key was [redacted]",
		"secret " + hexKey:                                                "secret [redacted]",
		"key: " + hexKey:                                                  "key: [redacted]",
		"Authorization: Bearer " + jwtText:                                "Authorization: [redacted]",
		`header "Authorization":["Basic dXNlcjpwYXNz"] sent`:              `header "Authorization":["[redacted]"] sent`,
		"got " + jwtText + " back":                                        "got [redacted] back",
		"GET /verify/" + jwtText + "?x":                                   "GET /verify/[redacted]?x",
		"with bearer a1b2c3d4e5f6 sent":                                   "with bearer [redacted] sent",
		`{"token":"` + jwtText + `","expires_at":"2026-01-01T00:00:00Z"}`: `{"token":"[redacted]","expires_at":"2026-01-01T00:00:00Z"}`,
		"dial socks5://me:s3cr3t@127.0.0.1:1080/x":                        "dial socks5://[redacted]@127.0.0.1:1080/x",
		"https://0123456789abcdef0123456789@example.org/":                 "https://[redacted]@example.org/",
		`{"passphrase":"correct \"horse\" battery","new":1}`:              `{"passphrase":"[redacted]","new":1}`,
		"passphrase=hunter2, id=0x1":                                      "passphrase=[redacted], id=0x1",
		"Password: hunter2":                                               "Password: [redacted]",
		"myst --identity.passphrase hunter2 --x":                          "myst --identity.passphrase [redacted] --x",
		"myst --passphrase=hunter2 daemon":                                "myst --passphrase=[redacted] daemon",
		"currentPassphrase='a b c' ok":                                    "currentPassphrase='[redacted]' ok",
		"{PrivateKey:[200 15 159 244] Port:1}":                            "{PrivateKey:[redacted] Port:1}",
		"private_key=[1 2 3":                                              "private_key=[redacted]",
		`"{\\\"private_key\\\":\\\"` + wgKey + `\\\",1}"`:                 `"{\\\"private_key\\\":\\\"[redacted]\\\",1}"`,
		`Supervisor command invoked: "wg-up -uid 1000 -config eyJpZmFjZSI6Im15c3QwIiwicHJpdmF0ZV9rZXkiOiJ4In0="`: `Supervisor command invoked: "wg-up -uid 1000 -config [redacted]"`,
		"myst -config /etc/myst.toml": "myst -config /etc/myst.toml",
		"api_key=abcdef1234":          "api_key=[redacted]",
		"access-token: 12345678":      "access-token: [redacted]",
		`"crypto":{"cipher":"aes-128-ctr","ciphertext":"` + hexKey + `","cipherparams":{"iv":"` + hexKey[:32] + `"},"kdf":"scrypt","kdfparams":{"n":4096,"salt":"` + hexKey + `"},"mac":"` + hexKey + `"}`: `"crypto":{"cipher":"aes-128-ctr","ciphertext":"[redacted]","cipherparams":{"iv":"[redacted]"},"kdf":"scrypt","kdfparams":{"n":4096,"salt":"[redacted]"},"mac":"[redacted]"}`,
		`unfinished "passphrase":"abc`:      `unfinished "passphrase":"[redacted]`,
		"mnemonic=\"abandon ability able\"": "mnemonic=\"[redacted]\"",
	} {
		assert.Equal(t, want, Secrets(in))
		assert.Equal(t, want, string(asBytes(in)))
		assert.Equal(t, want, Secrets(want), "a second time changes nothing")
	}
}

// ordinary lines must stay as they are: a log whose ids and addresses are stars is no log.
var ordinary = []string{
	"",
	"tunnel up",
	"node answers http://127.0.0.1:4050/healthcheck version=1.33.2 pid=4711 uptime=1m2s",
	"provider 0x1111111111111111111111111111111111111111 in DE/Berlin, quality=2.4",
	"transaction 0xc80f9ff48c5f957255b9d7b5e1b6e2df39530d7e1e8bd85b2e0e9b8f25e80441 mined",
	"sha256=c80f9ff48c5f957255b9d7b5e1b6e2df39530d7e1e8bd85b2e0e9b8f25e80441 file=a.tar",
	"public_key=" + hexKey,
	`"public_key":"` + wgKey + `"`,
	"PublicKey = " + wgKey,
	"peer(yAnz…fBmk) - Sending handshake initiation",
	"peer(yAnz…fBmk) - Received handshake response",
	"time=2026-01-02T03:04:05.006Z level=info msg=ready",
	"dial tcp 127.0.0.1:4050: connect: connection refused",
	"dial tcp [2001:db8::1]:443: i/o timeout",
	"mac=02:42:ac:11:00:02 dev=eth0",
	"unexpected token: '<' at 1:1",
	"no token: log in first",
	"the bearer must be registered",
	"bearer token missing",
	"password must not be empty",
	"wrong passphrase, try again",
	"key not found",
	"key=value pairs=3",
	"keystore /home/u/.mysterium/keystore opened",
	"session 3f2b1c9a-7d1e-4c55-9a3b-0d8f6f1f2a11 created",
	"paid 100000000000000000 wei of 1.5 MYST; tokens=12 token=MYST",
	"GET https://discovery.mysterium.network/api/v4/proposals?service_type=wireguard 200 in 31ms",
	"mail me@example.org about http://example.org/@me and git@github.com:x/y.git",
	"ssh://git@example.org/x.git",
	"endpoint=198.51.100.7:51820 allowed_ips=0.0.0.0/0,::/0 keepalive=18",
	"wg: UAPI: Updating private key",
	"connection_establishment_timeout_in_seconds= 5 ok",
	"a=b==c := d :: e",
	"goroutine 17 [select, 3 minutes]: main.main() /src/main.go:17 +0x1d",
	"seed=42 shuffle=on",
	"iv=4 salt=7 cookie=yes secret=no",
	"monkey=1 turkey: 2 donkey 3",
	"C:\\Users\\me\\AppData\\Roaming: access denied",
	"Grüße aus Köln: 接続しました",
	strings.Repeat("=", 300), strings.Repeat(":", 300), strings.Repeat("://", 100), strings.Repeat("\"", 300),
}

func TestOrdinaryLinesStay(t *testing.T) {
	for _, s := range ordinary {
		assert.Equal(t, s, Secrets(s))
	}
	s := ordinary[3]
	assert.Zero(t, testing.AllocsPerRun(100, func() { _ = Secrets(s) }))
}

// TestSecretsTakesLinearTime: the bytes that are looked at are so many times the text's, however long it is.
func TestSecretsTakesLinearTime(t *testing.T) {
	pieces := []string{
		"://", "key=", "private_key:\"", "eyJ.", "bearer ", "\\\"", "passphrase='", "=", "a:", "--passphrase ", "eyJaaaaaa.aaaa.", " . ", "key ", "x_-",
		hexKey, wgKey, "authorization:", "passphrase=[redacted]", "psk=[", "psk={[", "passphrase=[redacted", "token=abc", "key=\"", "mac='",
	}
	looks := func(s string) float64 {
		work := len(s)
		for at, ok := 0, true; ok; {
			_, at, ok = secret(s, at, &work)
		}
		return float64(work) / float64(len(s))
	}
	for _, h := range append(pieces, hostile...) {
		small, large := looks(strings.Repeat(h, 16<<10/len(h))), looks(strings.Repeat(h, 64<<10/len(h)))
		assert.LessOrEqual(t, large, 64., "%q", h)
		assert.LessOrEqual(t, large, 1.2*small+1, "%q", h)
	}
}

func FuzzSecrets(f *testing.F) {
	for _, s := range ordinary {
		f.Add(s)
	}
	f.Add("PrivateKey = " + wgKey)
	f.Add(`\"private_key\":\"` + wgKey + `\"`)
	f.Add("Bearer " + jwtText + " socks5://a:b@c passphrase='x y' --password z")
	f.Fuzz(func(t *testing.T, s string) {
		out := Secrets(s)
		if string(asBytes(s)) != out {
			t.Fatalf("text and bytes differ for %q", s)
		}
		if s2 := Secrets("private_key=" + wgKey + " " + s); strings.Contains(s2, wgKey[:43]) && !strings.Contains(s, wgKey[:43]) {
			t.Fatalf("a key came through: %q", s2)
		}
		if s2 := Secrets(s + "\nprivate_key=" + hexKey); strings.Contains(s2, hexKey) && !strings.Contains(s, hexKey) {
			t.Fatalf("a key came through: %q", s2)
		}
		if len(out) > len(s)*len(hidden)+len(hidden) {
			t.Fatalf("%d bytes became %d", len(s), len(out))
		}
	})
}

func BenchmarkSecrets(b *testing.B) {
	for name, s := range map[string]string{"ordinary": ordinary[2], "secret": "config private_key=" + wgKey + " endpoint=1.2.3.4:51820"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				_ = Secrets(s)
			}
		})
	}
}
