package redact

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// plants is how many random secrets the property test plants in lines of logs.
const plants = 10_000

// planted is a secret, lines that it may stand in, and the texts that must not come out: of an address, all of it; of a
// path, the name in it.
type planted struct {
	secret string
	lines  []string // with %s
	gone   []string
}

type source struct{ *rand.Rand }

func (r source) pick(of ...string) string { return of[r.IntN(len(of))] }

func (r source) letters(from string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = from[r.IntN(len(from))]
	}
	return string(b)
}

func (r source) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

const (
	lowers = "abcdefghijklmnopqrstuvwxyz"
	digits = "0123456789"
	mixed  = lowers + "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + digits
)

func (r source) name() string {
	return r.letters(lowers, 1) + r.letters(lowers+digits, 4+r.IntN(8)) + r.letters(lowers, 2)
}

func (r source) host() string {
	h := r.name() + "." + r.pick("com", "org", "net", "de", "io", "dev", "co.uk", "network", "info", "lan", "fr", "cloud", "app", "com.br", "id", "me")
	if r.IntN(2) == 0 {
		h = r.name() + "-" + r.name() + "." + h
	}
	return h
}

func (r source) ip4() string {
	return fmt.Sprintf("%d.%d.%d.%d", 1+r.IntN(126), r.IntN(256), r.IntN(256), 1+r.IntN(254))
}

func (r source) ip6() string {
	b := [16]byte(r.bytes(16))
	b[0] = byte(0x20 + r.IntN(0xdf))
	for i := 2; i < 16; i += 2 { // addresses are mostly zeros
		if r.IntN(2) == 0 {
			b[i], b[i+1] = 0, 0
		}
	}
	b[15] |= 1
	a := netip.AddrFrom16(b)
	return r.pick(a.String(), a.StringExpanded(), strings.ToUpper(a.String()))
}

func (r source) case_(s string) string { return r.pick(s, strings.ToUpper(s), s) }

var kindsOfSecrets = []func(r source) planted{
	func(r source) planted {
		k := r.pick(base64.StdEncoding.EncodeToString(r.bytes(32)), hex.EncodeToString(r.bytes(32)))
		return planted{secret: k, lines: []string{
			`{"iface_name":"myst0","private_key":"%s","listen_port":51820}`, "PrivateKey = %s", "PresharedKey=%s", "private_key=%s", "preshared_key=%s endpoint=",
			`{"peer":{"public_key":"%s","endpoint":"","allowed_i_ps":["0.0.0.0/0"]}}`, "PublicKey = %s", "public_key=%s", "using %s and more", "peer/%s", "the private key is %s",
		}}
	},
	func(r source) planted {
		k := []*base64.Encoding{base64.RawURLEncoding, base64.RawStdEncoding, base64.URLEncoding}[r.IntN(3)].EncodeToString(r.bytes(32))
		return planted{secret: k, lines: []string{"key=%s", "peer %s is up", `"pk":"%s"`, "wg://?pk=%s&x=1"}}
	},
	func(r source) planted {
		id := r.case_(hex.EncodeToString(r.bytes(20)))
		return planted{secret: id, lines: []string{
			`{"id":"0x%s","registration_status":"Registered"}`, `{"address":"%s","crypto":{}}`, "PUT http://127.0.0.1:4050/identities/0x%s/unlock 202",
			"could not send broker request to subject 0x%s.wireguard.p2p-config-exchange: context deadline exceeded", "provider 0x%s in DE, quality=2.4",
			"UTC--2026-11-24T12-34-56.123456789Z--%s", `{"consumer_id":"0x%s","hermes_id":"","service_type":"wireguard"}`, "identity=0x%s unlocked", "provider_id: 0x%s",
			`signed.0x%s.123.topic`, `-d {\"identity\":\"0x%s\"}`,
		}}
	},
	func(r source) planted {
		return planted{secret: r.case_(hex.EncodeToString(r.bytes(32 + r.IntN(2)*33))), lines: []string{"tx 0x%s mined", `{"tx_hash":"0x%s"}`, "signature=0x%s", "promise signed: 0x%s"}}
	},
	func(r source) planted { // a signature, a line of a private key
		sig := []*base64.Encoding{base64.StdEncoding, base64.URLEncoding}[r.IntN(2)].EncodeToString(r.bytes(65 + r.IntN(10)))
		return planted{secret: sig, lines: []string{"signed.%s.123.topic", "signature=%s", `{"signature":"%s"}`, "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----"}}
	},
	func(r source) planted {
		sid := fmt.Sprintf("S-1-5-21-%d-%d-%d-1001", r.Uint32(), r.Uint32(), r.Uint32())
		return planted{secret: sid, lines: []string{"wg-up -uid %s -config", "Uid = \"%s\""}}
	},
	func(r source) planted {
		h := hex.EncodeToString(r.bytes(16))
		id := r.case_(h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:])
		return planted{secret: id, lines: []string{
			"session %s created", `{"session_id":"%s","status":"Connected"}`, "session_id=%s", "GET /sessions/%s 200", "/connection/statistics?id=%s", "[session-%s] keepalive", "Session(%s)",
		}}
	},
	func(r source) planted {
		return planted{secret: r.ip4(), lines: []string{
			"dial tcp %s:443: i/o timeout", "dial udp %s:51820: connect: network is unreachable", `{"ip":"%s","asn":64500}`, "exclude-route -ip %s -gw 0.0.0.0", "ok: %s", "endpoint=%s:51820",
			"read udp 0.0.0.0:51820->%s:53: i/o timeout", "lookup localhost on %s:53: server misbehaving", "http://%s:8080/x?y=1", "https://%s/", "subnet %s/24", "from %s.", "(%s)", "nat hole punched to [%s]",
			"dns=[%s 1.1.1.1]", "host=%s", "::ffff:%s", "%s - - [26/Nov/2026:10:00:00 +0000]", "2026-11-26T10:00:00Z info tunnel peer at %s says hello", "ping %s→", "ip:%s",
		}}
	},
	func(r source) planted {
		return planted{secret: r.ip6(), lines: []string{
			"dial tcp [%s]:443: i/o timeout", `{"ip":"%s"}`, "addr=%s", "addr=%s/64 dev eth0", "http://[%s]:8080/", "inet6 %s scope global", "from %s.", "from %s: no route", "[%s%%eth0]:53", "ip:%s",
		}}
	},
	func(r source) planted {
		h := hex.EncodeToString(r.bytes(6))
		sep := r.pick(":", "-")
		m := r.case_(h[:2] + sep + h[2:4] + sep + h[4:6] + sep + h[6:8] + sep + h[8:10] + sep + h[10:])
		return planted{secret: m, lines: []string{"mac=%s dev=eth0", "link/ether %s brd", `{"hwaddr":"%s"}`, "from %s,", "arp who has %s?"}}
	},
	func(r source) planted {
		return planted{secret: r.case_(r.host()), lines: []string{
			"lookup %s on 127.0.0.53:53: no such host", "lookup %s: i/o timeout", "dial tcp: lookup %s: no such host", "GET https://%s/a/b?c=d 200", "https://%s:8443", "dial tcp %s:443: refused", "%s:8080",
			"Host: %s", "host=%s port=1", `"host":"%s"`, "server_name=%s", `tls: {ServerName:%s}`, "CONNECT %s:443 HTTP/1.1", "question %s. IN A", "query[AAAA] %s from 127.0.0.1", "cannot reach %s now",
			"x509: certificate is valid for %s, not for the other", "ssh://%s/x.git", "redirect to http:\\/\\/%s\\/", "dns: %s. A NOERROR", "wss://%s/ws?x#y", "origin=https://%s", "[%s]", "<%s>", "%s.", "→%s",
		}}
	},
	func(r source) planted { // names without a domain, where only hosts stand
		n := r.name()
		return planted{secret: n, lines: []string{"http://%s/", "https://%s:8080/x", "lookup %s: no such host", "lookup %s on 127.0.0.1:53", "host=%s", `"host":"%s"`, "dial tcp %s:53: refused", "proxy=%s:3128", `server_name="%s"`}}
	},
	func(r source) planted {
		m := r.name() + r.pick("", "."+r.name(), "+"+r.name(), "_"+r.name()) + "@" + r.host()
		return planted{secret: r.case_(m), lines: []string{"mail to %s failed", `{"email":"%s","description":"x"}`, "<%s>", "mailto:%s?subject=x", "email=%s", "author %s."}}
	},
	func(r source) planted {
		n := r.name()
		return planted{secret: n, lines: []string{
			"open /home/%s/.mysterium/keystore: permission denied", "/home/%s", "HOME=/home/%s PATH=/bin", "/Users/%s/Library/Logs", `C:\Users\%s\AppData\Roaming`, "C:/Users/%s/x", "file:///home/%s/x.log",
			"	/home/%s/src/main.go:12 +0x1d", "username=%s", "\"/home/%s\"",
		}}
	},
	func(r source) planted {
		p := r.letters(mixed, 10+r.IntN(20))
		return planted{secret: p, lines: []string{
			`{"passphrase":"%s"}`, "passphrase=%s", "--identity.passphrase %s --x", "Password: %s", "dial socks5://me:%s@127.0.0.1:1080", "http://me:%s@127.0.0.1/", "HTTPS_PROXY=http://%s:x@127.0.0.1:1",
			"mnemonic=\"%s\"", "api_key=%s", "access_token: %s",
		}}
	},
	func(r source) planted {
		part := func(v any) string {
			b, _ := json.Marshal(v)
			return base64.RawURLEncoding.EncodeToString(b)
		}
		j := part(map[string]string{"alg": "HS256", "typ": "JWT"}) + "." + part(map[string]any{"username": r.name(), "exp": r.IntN(1e9)}) + "." + base64.RawURLEncoding.EncodeToString(r.bytes(32))
		return planted{secret: j, lines: []string{"token %s", `{"token":"%s"}`, "Authorization: Bearer %s", "?token=%s&x=1", "cookie: token=%s; path=/"}, gone: []string{j[len(j)-40:]}}
	},
	func(r source) planted {
		salt := hex.EncodeToString(r.bytes(32))
		return planted{secret: salt, lines: []string{
			`{"crypto":{"cipher":"aes-128-ctr","ciphertext":"%s","kdf":"scrypt","kdfparams":{"dklen":32,"n":4096}}}`, `"kdfparams":{"p":6,"r":8,"salt":"%s"}`, `"mac":"%s"},"version":3`,
		}}
	},
	func(r source) planted {
		return planted{secret: r.pick("ann", "ANN", "Ann"), lines: []string{"user %s logged in", "uid=1000(%s)", "chown %s:%s x", "drwx------ 2 %s staff", "/data/%s/x"}}
	},
	func(r source) planted {
		return planted{secret: r.pick("anns-thinkpad", "ANNS-THINKPAD"), lines: []string{"hostname %s", "Nov 26 10:00:00 %s systemd[1]: Started", "%s kernel: x", "(%s)"}}
	},
}

// wrap puts a line into what lines are found in. plain says that the secret's own letters are still there.
func (r source) wrap(line string) string {
	quoted := func(s string) string {
		b, _ := json.Marshal(s)
		return string(b)
	}
	switch r.IntN(14) {
	case 0:
		return `{"level":"info","ts":"2026-11-26T10:00:00Z","caller":"core/machine.go:123","msg":` + quoted(line) + `}`
	case 1:
		return `2026-11-26T10:00:00Z debug   node    got body=` + strconv.Quote(`{"msg":`+quoted(line)+`}`)
	case 2:
		return `{"outer":` + quoted(`{"inner":`+quoted(`{"msg":`+quoted(line)+`}`)+`}`) + `}`
	case 3:
		return "GET /x?q=" + url.QueryEscape(line) + "&n=1 200"
	case 4:
		return "GET /x?next=" + url.QueryEscape("/y?q="+url.QueryEscape(line)) + " 200"
	case 5:
		return "wg-up -uid 1000 -config " + base64.StdEncoding.EncodeToString([]byte(line))
	case 6:
		return `{"blob":"` + base64.RawURLEncoding.EncodeToString([]byte(line)) + `"}`
	case 7:
		return "x=" + base64.URLEncoding.EncodeToString([]byte(`{"b":"`+base64.StdEncoding.EncodeToString([]byte(line))+`"}`))
	case 8:
		return "error=" + strconv.QuoteToASCII(line)
	case 9:
		var b strings.Builder
		for _, c := range line {
			if r.IntN(4) == 0 || c == '"' || c == '\\' {
				fmt.Fprintf(&b, `\u%04x`, c)
			} else {
				b.WriteRune(c)
			}
		}
		return `{"msg":"` + b.String() + `"}`
	case 10:
		return `{"blob":` + strings.ReplaceAll(quoted(base64.StdEncoding.EncodeToString([]byte(line))), "/", `\/`) + `}`
	}
	return line
}

// readings gives text and what can be decoded from it, so that a secret shows that only hides.
func readings(s string, depth int) []string {
	all := []string{s}
	if depth == 0 {
		return all
	}
	if u, err := url.PathUnescape(s); err == nil && u != s {
		all = append(all, readings(u, depth-1)...)
	}
	if u, err := strconv.Unquote(`"` + strings.ReplaceAll(strings.NewReplacer(`\"`, "\x01", `\/`, "/", `\\`, "\x02").Replace(s), `"`, "'") + `"`); err == nil {
		u = strings.NewReplacer("\x01", `"`, "\x02", `\`).Replace(u)
		if u != s {
			all = append(all, readings(u, depth-1)...)
		}
	}
	for _, word := range strings.FieldsFunc(s, func(c rune) bool { return c > 0x7f || digit[c] == none }) {
		if len(word) < 12 {
			continue
		}
		word = strings.NewReplacer("-", "+", "_", "/").Replace(word)
		for len(word)%4 == 1 {
			word = word[:len(word)-1]
		}
		if b, err := base64.RawStdEncoding.DecodeString(word); err == nil {
			all = append(all, readings(string(b), depth-1)...)
		}
	}
	return all
}

// TestTenThousandPlantedSecretsNoneSurvives plants random secrets of every kind in lines as nodes, programs and proxies
// write them, plain and in JSON, URLs and base64. None may be in what comes out, nor in what that decodes to.
func TestTenThousandPlantedSecretsNoneSurvives(t *testing.T) {
	seed := rand.Uint64()
	r := source{rand.New(rand.NewPCG(seed, 0))}
	red := New(Known{Home: "/data/homes/ann", User: "ann", Host: "anns-thinkpad"})
	lost := 0
	for i := range plants {
		p := kindsOfSecrets[i%len(kindsOfSecrets)](r)
		if p.gone == nil {
			p.gone = []string{p.secret}
		}
		bare := strings.NewReplacer("%%", "%", "%s", p.secret).Replace(r.pick(p.lines...))
		in := r.wrap(bare)
		out := red.String(in)
		if again := red.String(out); !assert.Equal(t, out, again, "twice is not as once") {
			lost++
		}
		for _, text := range readings(out, 4) {
			for _, gone := range p.gone {
				if strings.Contains(strings.ToLower(text), strings.ToLower(gone)) {
					t.Errorf("seed %d\n secret %s\n line   %s\n in     %s\n out    %s", seed, gone, bare, in, out)
					lost++
				}
			}
		}
		require.Less(t, lost, 10, "enough")
	}
	assert.Greater(t, len(red.Counts()), 10, "of every kind")
}

// TestThePropertyTestCanFail: the readings do show what hides.
func TestThePropertyTestCanFail(t *testing.T) {
	const secret = "192.0.2.77"
	for range 200 {
		r := source{rand.New(rand.NewPCG(rand.Uint64(), 0))}
		in := r.wrap("dial tcp " + secret + ":443: i/o timeout")
		assert.Contains(t, strings.Join(readings(in, 4), "\n"), secret, in)
	}
}

// TestSecretsAreSeenWhateverStandsAround: secrets that show by their form, between any two marks.
func TestSecretsAreSeenWhateverStandsAround(t *testing.T) {
	r := source{rand.New(rand.NewPCG(1, 2))}
	marks := strings.Split(" \x00,\x00;\x00(\x00)\x00[\x00]\x00{\x00}\x00<\x00>\x00\"\x00'\x00`\x00|\x00/\x00=\x00!\x00?\x00#\x00&\x00*\x00~\x00^\x00$\x00+\x00\t\x00→\x00…\x00“\x00”\x00–\x00-\x00_\x00.\x00, \x00: \x00:\x00\\n\x00\\\"\x00%20\x00%2F\x00@\x00\\\\\x00", "\x00")
	for _, form := range []struct {
		name, not string // marks that make another thing of it
		make      func() string
	}{
		{"IPv4", ".", r.ip4},
		{"IPv6", ":.", r.ip6},
		{"host", "@", func() string { return "www." + r.name() + ".com" }},
		{"identity", "", func() string { return "0x" + hex.EncodeToString(r.bytes(20)) }},
		{"session", "", func() string {
			h := hex.EncodeToString(r.bytes(16))
			return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
		}},
		{"mail", "", func() string { return r.name() + "@" + r.name() + ".org" }},
		{"key", "+/-_", func() string { return base64.StdEncoding.EncodeToString(r.bytes(32)) }},
		{"MAC", "-:", func() string {
			h := hex.EncodeToString(r.bytes(6))
			return h[:2] + ":" + h[2:4] + ":" + h[4:6] + ":" + h[6:8] + ":" + h[8:10] + ":" + h[10:]
		}},
		{"home", "", func() string { return "/home/" + r.name() + "/x" }},
	} {
		for _, before := range marks {
			for _, after := range marks {
				if before != "" && strings.Contains(form.not, before) || after != "" && strings.Contains(form.not, after) {
					continue
				}
				s := form.make()
				gone := strings.TrimSuffix(strings.TrimPrefix(s, "/home/"), "/x")
				red := New(bob)
				out := red.String("got " + before + s + after + " here")
				if strings.Contains(out, gone) {
					t.Errorf("%s between %q and %q: %s", form.name, before, after, out)
				}
				if again := red.String(out); again != out {
					t.Errorf("%q became %q", out, again)
				}
			}
		}
	}
}
