package logs

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func written(t testing.TB, chunks ...string) []Line {
	t.Helper()
	r := NewRing(3000)
	w := Writer(r, Node)
	for _, c := range chunks {
		n, err := io.WriteString(w, c)
		require.NoError(t, err)
		require.Equal(t, len(c), n)
	}
	require.NoError(t, w.Close())
	require.NoError(t, w.Close())
	lines, _, lost := r.Read(0, 1<<20)
	require.Zero(t, lost)
	return lines
}

func TestPipesAreCutIntoLines(t *testing.T) {
	for name, c := range map[string]struct {
		in   []string
		want []string
	}{
		"lines":            {[]string{"a\nb\n"}, []string{"a", "b"}},
		"in pieces":        {[]string{"a", "b\nc", "d", "\n"}, []string{"ab", "cd"}},
		"a last part":      {[]string{"a\nb"}, []string{"a", "b"}},
		"CR LF":            {[]string{"a\r\nb\r", "\nc\r\n"}, []string{"a", "b", "c"}},
		"CR alone":         {[]string{"10%\r20%\rdone\n"}, []string{"10%", "20%", "done"}},
		"empty lines":      {[]string{"\n\n\na\n\n"}, []string{"a"}},
		"colours":          {[]string{"\x1b[1;31mred\x1b[0m and \x1b]0;title\x07plain\x1b(B\n"}, []string{"red and plainB"}},
		"control":          {[]string{"a\x00b\x07c\td\x7f\u202ee\n"}, []string{"abc de"}},
		"invalid UTF-8":    {[]string{"a\xff\xfeb\n"}, []string{"a\ufffd\ufffdb"}},
		"a rune in pieces": {[]string{"K\xc3", "\xb6ln\n"}, []string{"Köln"}},
		"nothing":          {[]string{"", ""}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.want, said1(written(t, c.in...)))
		})
	}
}

func TestALongLineIsCutAndSaysSo(t *testing.T) {
	lines := written(t, strings.Repeat("x", 5<<20), "yyy\n", "next\n")
	require.Len(t, lines, 2)
	assert.LessOrEqual(t, len(lines[0].Text)+len(lines[0].Fields), maxLine)
	assert.Equal(t, fmt.Sprintf("bytes_cut=%d", 5<<20+3-maxLine), lines[0].Fields)
	assert.Equal(t, "next", lines[1].Text)
}

func TestKnownFormsAreTakenApart(t *testing.T) {
	for in, want := range map[string]parsed{
		"plain text":           {Text: "plain text"},
		"panic: out of cheese": {Level: Error, Text: "panic: out of cheese"},
		`{"level":"warn","time":"2026-01-02T03:04:05Z","caller":"node.go:12","n":1.50,"list":[1, 2],"message":"slow peer"}`: {Level: Warn, Text: "slow peer", Fields: `caller=node.go:12 n=1.50 list=[1,2]`},
		`{"level":"info","ts":1.7e9,"msg":"zap too","ok":true}`:                                                             {Level: Info, Text: "zap too", Fields: "ok=true"},
		`{"no":"message"}`:                        {Text: `{"no":"message"}`},
		`{"message":"cut`:                         {Text: `{"message":"cut`},
		`{"message":"two"} {"message":"objects"}`: {Text: `{"message":"two"} {"message":"objects"}`},
		`{"message":7}`:                           {Text: `{"message":7}`},
		`{"level":"LOUD","message":"x"}`:          {Text: "x", Fields: "level=LOUD"},
		"2026-01-02T03:04:05.123 INF ../../core/node.go:120      > Starting node version=1.2": {Level: Info, Text: "Starting node version=1.2", Fields: "caller=../../core/node.go:120"},
		"2026-01-02T03:04:05.123 WRN no caller":                                               {Level: Warn, Text: "no caller"},
		"3:04PM ERR kitchen time":                                                             {Level: Error, Text: "kitchen time"},
		"2026/01/02 03:04:05 DEBUG two words of time":                                         {Level: Debug, Text: "two words of time"},
		"2026-01-02T03:04:05.000Z\tINFO\tzap console\t{\"a\": 1}":                             {Level: Info, Text: "zap console {\"a\": 1}"},
		"ERROR: something":          {Text: "ERROR: something"},
		"info in prose is no level": {Text: "info in prose is no level"},
		"hello INFO there":          {Text: "hello INFO there"},
		"WARN short form":           {Level: Warn, Text: "short form"},
	} {
		got := parse(oneLine(in))
		got.when = clock{}
		assert.Equal(t, want, got, "%q", in)
	}
}

func FuzzWriter(f *testing.F) {
	f.Add("a\r\nb\n\x1b[31mc", 3)
	f.Add(`{"level":"info","message":"x","k":{"a":[1,2]}}`+"\n", 7)
	f.Add("2026-01-02 INF a.go:1 > b\xff\n", 1)
	f.Add("\x1b]0;title\x1b\\x\x1b[", 2)
	f.Fuzz(func(t *testing.T, s string, step int) {
		r := NewRing(3000)
		w := Writer(r, Node)
		step = max(1, step%64)
		for rest := s; rest != ""; {
			n := min(step, len(rest))
			_, _ = io.WriteString(w, rest[:n])
			rest = rest[n:]
		}
		_ = w.Close()
		whole := NewRing(3000)
		w = Writer(whole, Node)
		_, _ = io.WriteString(w, s)
		_ = w.Close()
		a, _, _ := r.Read(0, 1<<20)
		b, _, _ := whole.Read(0, 1<<20)
		if fmt.Sprint(said1(a)) != fmt.Sprint(said1(b)) {
			t.Fatalf("in pieces %q, at once %q", said1(a), said1(b))
		}
		for _, l := range a {
			text := l.Text + l.Fields
			if len(text) > maxLine || !utf8.ValidString(text) || strings.ContainsAny(text, "\n\r\x1b\x00") {
				t.Fatalf("not one clean line: %q", text)
			}
		}
	})
}
