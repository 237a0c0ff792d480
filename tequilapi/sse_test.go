package tequilapi

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// frames reads all frames of r and the error that ended it.
func frames(r io.Reader, limit int64) ([]frame, error) {
	var out []frame
	for f := newFrameReader(r, limit); ; {
		got, err := f.next()
		if err != nil {
			return out, err
		}
		out = append(out, got)
	}
}

func TestFramesFollowTheSpecification(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want []string // event|data
	}{
		"one":                       {"data: a\n\n", []string{"|a"}},
		"no space":                  {"data:a\n\n", []string{"|a"}},
		"only one space is cut":     {"data:  a\n\n", []string{"| a"}},
		"trailing space is kept":    {"data: a \n\n", []string{"|a "}},
		"several data lines":        {"data: a\ndata: b\ndata:\ndata: c\n\n", []string{"|a\nb\n\nc"}},
		"CRLF":                      {"data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", []string{"|a\nb", "|c"}},
		"CR":                        {"data: a\rdata: b\r\rdata: c\r\r", []string{"|a\nb", "|c"}},
		"mixed line ends":           {"data: a\r\ndata: b\ndata: c\r\r\n", []string{"|a\nb\nc"}},
		"CR LF is one end, not two": {"data: a\r\ndata: b\n\n", []string{"|a\nb"}},
		"comment":                   {": hello\ndata: a\n:\n: more\n\n", []string{"|a"}},
		"only comments":             {": hello\n\n: more\n\n", nil},
		"line without colon":        {"data\n\n", []string{"|"}},
		"line without colon, twice": {"data\ndata\n\n", []string{"|\n"}},
		"unknown fields":            {"id: 1\nretry: 5\nfoo: bar\nbaz\ndata: a\n\n", []string{"|a"}},
		"field names have case":     {"Data: a\nDATA: b\n\n", nil},
		"space before the colon":    {"data : a\n\n", nil},
		"event name":                {"event: x\ndata: a\n\ndata: b\n\n", []string{"x|a", "|b"}},
		"event without data":        {"event: x\n\ndata: b\n\n", []string{"|b"}},
		"colon in the value":        {"data: a: b:c\n\n", []string{"|a: b:c"}},
		"byte order mark":           {"\xef\xbb\xbfdata: a\n\ndata: b\n\n", []string{"|a", "|b"}},
		"only the first mark":       {"data: a\n\n\xef\xbb\xbfdata: b\n\ndata: c\n\n", []string{"|a", "|c"}},
		"mark in the value":         {"data: \xef\xbb\xbfa\n\n", []string{"|\xef\xbb\xbfa"}},
		"many blank lines":          {"\n\n\ndata: a\n\n\n\n", []string{"|a"}},
		"UTF-8":                     {"data: Køln €😀\n\n", []string{"|Køln €😀"}},
		"last frame cut off":        {"data: a\n\ndata: b\n", []string{"|a"}},
		"last line cut off":         {"data: a\n\ndata: b", []string{"|a"}},
		"nothing":                   {"", nil},
	} {
		t.Run(name, func(t *testing.T) {
			readers := map[string]func(io.Reader) io.Reader{
				"whole":        func(r io.Reader) io.Reader { return r },
				"byte by byte": iotest.OneByteReader, // splits characters and line ends
				"error at end": iotest.DataErrReader,
			}
			for how, wrap := range readers {
				got, err := frames(wrap(strings.NewReader(c.in)), 1000)
				require.ErrorIs(t, err, io.EOF, how)
				var texts []string
				for _, f := range got {
					texts = append(texts, f.event+"|"+string(f.data))
				}
				assert.Equal(t, c.want, texts, how)
			}
		})
	}
}

// A frame that ends in CR must not wait for the byte after it.
func TestFrameThatEndsInCRIsNotHeldBack(t *testing.T) {
	r, w := io.Pipe()
	defer func() { _ = w.Close() }()
	go func() { _, _ = io.WriteString(w, "data: a\r\r") }()
	got, err := newFrameReader(r, 100).next()
	require.NoError(t, err)
	assert.Equal(t, "a", string(got.data))
}

func TestFramesOver64KiBAreRead(t *testing.T) {
	long := strings.Repeat("0123456789", 200_000) // 2 MB on one line
	got, err := frames(strings.NewReader("data: "+long+"\n\n"), 4<<20)
	require.ErrorIs(t, err, io.EOF)
	require.Len(t, got, 1)
	assert.Equal(t, long, string(got[0].data))
}

func TestFramesOverTheLimitAreRefused(t *testing.T) {
	for name, in := range map[string]string{
		"one line":         "data: " + strings.Repeat("x", 1000) + "\n\n",
		"many lines":       strings.Repeat("data: x\n", 1000) + "\n",
		"a line unending":  "data: " + strings.Repeat("x", 1000),
		"a comment":        ":" + strings.Repeat("x", 1000),
		"a name, no colon": strings.Repeat("x", 1000) + "\n",
	} {
		_, err := frames(strings.NewReader(in), 100)
		require.ErrorIs(t, err, ErrTooLarge, name)
	}
}

func FuzzFrames(f *testing.F) {
	for _, s := range []string{"data: a\n\n", "\xef\xbb\xbfdata: a\r\ndata: b\r\n\r\n", ": c\n\nevent: x\rdata\r\r", "data: \xe2\x82", "data"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		whole, err := frames(strings.NewReader(in), 200)
		split, err2 := frames(iotest.OneByteReader(strings.NewReader(in)), 200)
		if !errors.Is(err, io.EOF) && !errors.Is(err, ErrTooLarge) {
			t.Fatalf("unexpected error %v", err)
		}
		assert.Equal(t, whole, split, "how the bytes arrive must not matter")
		assert.Equal(t, err, err2)
		for _, fr := range whole {
			if len(fr.data) > 200 {
				t.Fatalf("frame of %d bytes", len(fr.data))
			}
			if strings.ContainsRune(fr.event, '\n') || strings.ContainsAny(string(fr.data), "\r") {
				t.Fatalf("line end inside a line: %q", fr)
			}
		}
	})
}
