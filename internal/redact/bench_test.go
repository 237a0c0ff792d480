package redact

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// realistic is what a report's log is made of: ordinary lines, and one in three with something to hide.
func realistic(tb testing.TB) string {
	text, err := os.ReadFile("testdata/ordinary.txt")
	require.NoError(tb, err)
	hide := []string{
		"2026-11-26T10:00:01.123Z info    node    Could not dial p2p channel error=\"dial udp 192.0.2.7:51820: i/o timeout\" provider_id=" + alice,
		`{"level":"debug","ts":"2026-11-26T10:00:00Z","caller":"core/machine.go:123","msg":"connected","session_id":"` + session + `","proposal":{"provider_id":"` + alice + `"}}`,
		"2026-11-26T10:00:01.123Z warn    tunnel  lookup www.example.com on 10.182.0.1:53: no such host",
		"2026-11-26T10:00:01.123Z debug   tunnel  peer(yAnz…fBmk) - Sending handshake initiation",
		"2026-11-26T10:00:01.123Z error   app     open /home/bob/.config/mysteriumvpn/settings.json: permission denied",
		"2026-11-26T10:00:01.123Z info    app     GET https://api.example.org:8443/v1/me?mail=me%40example.org 200 in 31ms",
		"2026-11-26T10:00:01.123Z debug   node    > wg-up -uid 1000 -config eyJkbnMiOlsiMTkyLjAuMi4xIl0sImlmYWNlX25hbWUiOiJteXN0MCJ9",
	}
	var b strings.Builder
	n := 0
	for line := range strings.Lines(string(text)) {
		b.WriteString(line)
		if n++; n%2 == 0 {
			b.WriteString(hide[n/2%len(hide)] + "\n")
		}
	}
	return b.String()
}

func BenchmarkRedactor(b *testing.B) {
	text, err := os.ReadFile("testdata/ordinary.txt")
	require.NoError(b, err)
	in := map[string]string{"realistic": realistic(b), "ordinary": string(text)}
	for _, h := range hostile {
		in["hostile/"+strings.NewReplacer("/", "|", " ", "_").Replace(h[:min(len(h), 12)])] = strings.Repeat(h, 256<<10/len(h))
	}
	for name, s := range in {
		b.Run(name, func(b *testing.B) {
			r := New(bob)
			src := []byte(s)
			var dst []byte
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				dst = r.Append(dst[:0], src)
			}
		})
	}
}
