package redact

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzRedactor: whatever comes, there is no panic, a second time changes nothing, and text stays text.
func FuzzRedactor(f *testing.F) {
	for _, h := range hostile {
		f.Add(h + h)
	}
	for _, s := range ordinary[:40] {
		f.Add(s)
	}
	for _, s := range []string{
		"a@b.org@c.org://d@e.com:1/\\u0040x.de", "PrivateKey = " + wgKey + " 2001:db8::1 02:42:ac:11:00:02 " + session + alice, `C:\\Users\\nick\\x.com %2Fhome%2Fbob`,
		"lookup nas on 1.1.1.1:53 host=\\\"x\\\" Host: y\n/home/bob/\xff\xe2\x80 <ip-1", "x=MTkyLjAuMi4xIA==&y=a+b%2Bc@d.io", "passphrase=<ip-1>hunter2 passphrase='<key-1> x' token=\"<host-1>", "http://<secret-1>@x.org/",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := New(bob)
		out := r.String(s)
		if again := r.String(out); again != out {
			t.Fatalf("%q\n became %q\n and then %q", s, out, again)
		}
		if utf8.ValidString(s) && !utf8.ValidString(out) {
			t.Fatalf("%q is text, %q is none", s, out)
		}
		if strings.Count(out, "\n") != strings.Count(s, "\n") {
			t.Fatalf("%q has other lines than %q", out, s)
		}
	})
}
