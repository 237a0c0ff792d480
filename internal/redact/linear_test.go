package redact

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// hostile are pieces of text that, repeated, make a careless finder look at the same bytes again and again.
var hostile = []string{
	"a.", "a.com", "::::", ":", "a:", "1:", "%25%25", "%", "%2525", "eyJ", "eyJ.", "eyJaaaaaa.aaaa.", `"\\`, `\\`, `\"`, `\u005c`, "0x0x", "0x", "@@@", "a@", "a@b.", "a+", "://", "a://b@",
	"://a@", "http://", "http://a:", "1.", "1.2.3.4", "1.2.3.4.", "1.1.1.1.com-", "..", "-", "--", "a-", "12-", "ab-cd-", "<", "<ip-1>", "<ip-", "~", "/", "/home/", "/home/a ", `C:\Users\a b`, `\Users\`, "lookup ",
	"lookup a", "host=", "host:", `host="`, "Host: ", "tcp ", "tcp a:1", "peer(", "…", "peer(…", "\xe2", "\x80", "é", "bob", "bob ", "bobs-lapto", "Blue Harbou", "/home/bo", "private_key:\"", "private_key=", "bearer ",
	"passphrase='", "passphrase=", "authorization:", "--passphrase ", "key=\"", "mac='", "token=abc", "ff", "f:", "fe80::", "fe80::1 ", "02:", "02:42:ac:11:00:02:", "username=", "a_", "a\x00", "+", "a%2B", "?+", "= +",
	wgKey, hexKey, alice, session, session + "-", base64.StdEncoding.EncodeToString([]byte("192.0.2.1 ")), nested("1.2.3.4", 6), nested("a", 9), "QUFB", "QUFB/", "LjAu",
}

func nested(s string, times int) string {
	for range times {
		s = base64.StdEncoding.EncodeToString([]byte(s))
	}
	return s
}

// megabyte are those that are tried at full length.
var megabyte = set(`a. :::: %25%25 eyJ "\\ 0x0x @@@ :// host= fe80:: C:\\Users\\ base64`)

// TestTimeIsInProportionToTheText: the bytes that are looked at, counted wherever a loop walks over text, are at most so
// many times the text's, and no more for a text that is four times as long.
func TestTimeIsInProportionToTheText(t *testing.T) {
	const most = 64 // at one byte, over all readings and rounds
	looks := func(s string) float64 {
		r := New(bob)
		r.String(s)
		return float64(r.work) / float64(len(s))
	}
	worst, at := 0.0, ""
	check := func(name string, make func(n int) string) {
		size := 64 << 10
		if megabyte[name] {
			size = 1 << 20
		}
		small, large := looks(make(size/4)), looks(make(size))
		if large > worst {
			worst, at = large, name
		}
		assert.LessOrEqual(t, large, float64(most), "%.80q", name)
		assert.LessOrEqual(t, large, 1.2*small+1, "%.80q", name)
	}
	for _, h := range hostile {
		check(h, func(n int) string { return strings.Repeat(h, n/len(h)) })
	}
	for _, pair := range [][2]string{{"a@", "b.com"}, {"eyJ", "."}, {"://", "@"}, {"\\", "u0040"}, {"%25", "40"}, {"host=", "x"}, {"1.2.3.4@", "c.org"}} {
		check(pair[0]+" then "+pair[1], func(n int) string {
			return strings.Repeat(pair[0], n/2/len(pair[0])) + strings.Repeat(pair[1], n/2/len(pair[1]))
		})
	}
	check("base64", func(n int) string { return nested(strings.Repeat("x", n*3/10), 4) })
	check("base64 of hidden base64", func(n int) string { return nested(strings.Repeat("example.org ", n/40), 4) })
	t.Logf("at most %.1f looks at a byte, for %.40q", worst, at)
}
