package qrpicture

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"rsc.io/qr"
)

const text = "# city: Zürich\n[Interface]\nPrivateKey = oK56DE9Ue9zK76rAc8pBl6opph+1v36lm7cXXsQKrQM=\nAddress = 10.181.0.2/32, fd5a:5db5::2/128\nDNS = 10.181.0.1\n" +
	"[Peer]\nPublicKey = GtL7fZc/bLnqZldpVofMCD6hDjrK28SsdLxevJ+qtKU=\nEndpoint = 192.0.2.1:51820\nAllowedIPs = 0.0.0.0/0, ::/0\n"

// drawn is the text as a picture: so many pixels a module, a border around it, dark on light or the reverse.
func drawn(t *testing.T, text string, scale, border int, dark, light color.Gray) *image.Gray {
	t.Helper()
	code, err := qr.Encode(text, qr.L)
	require.NoError(t, err)
	size := code.Size*scale + 2*border
	m := image.NewGray(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			c := light
			if x >= border && y >= border && code.Black((x-border)/scale, (y-border)/scale) {
				c = dark
			}
			m.SetGray(x, y, c)
		}
	}
	return m
}

func asPNG(t *testing.T, m image.Image) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, m))
	return &b
}

// TestEachCodeThatIsDrawnIsRead: about one in 200 has a pattern inside that is taken for a corner of it, as the first five
// of these have; who looks for a code anywhere in the picture does not find it then.
func TestEachCodeThatIsDrawnIsRead(t *testing.T) {
	for _, seed := range []uint64{160, 273, 374, 475, 643, 1, 2, 3} {
		r := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // not secret
		key := func() string {
			b := make([]byte, 32)
			for i := range b {
				b[i] = byte(r.Uint32())
			}
			return base64.StdEncoding.EncodeToString(b)
		}
		text := "[Interface]\nPrivateKey = " + key() + "\nAddress = 10.88.0.2/32, fd88::2/128\nDNS = 10.88.0.1\n\n[Peer]\nPublicKey = " +
			key() + "\nPresharedKey = " + key() + "\nEndpoint = 203.0.113.7:51820\nAllowedIPs = 0.0.0.0/0, ::/0\n"
		code, err := qr.Encode(text, qr.L)
		require.NoError(t, err)
		got, err := Read(bytes.NewReader(code.PNG()))
		require.NoError(t, err, seed)
		assert.Equal(t, text, got, seed)
	}
}

func TestACodeIsRead(t *testing.T) {
	black, white := color.Gray{}, color.Gray{255}
	for name, m := range map[string]image.Image{
		"large":          drawn(t, text, 8, 32, black, white),
		"as on a screen": drawn(t, text, 3, 12, color.Gray{30}, color.Gray{230}),
		"light on dark":  drawn(t, text, 4, 16, white, black),
	} {
		got, err := Read(asPNG(t, m))
		require.NoError(t, err, name)
		assert.Equal(t, text, got, name)
	}
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, drawn(t, text, 6, 30, black, white), &jpeg.Options{Quality: 40}))
	got, err := Read(&b)
	require.NoError(t, err)
	assert.Equal(t, text, got)
}

// headOf is the beginning of a PNG of a size.
func headOf(width, height uint32) []byte {
	chunk := binary.BigEndian.AppendUint32([]byte("IHDR"), width)
	chunk = append(binary.BigEndian.AppendUint32(chunk, height), 8, 0, 0, 0, 0) // 8 bits, grey
	head := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), chunk...)
	return binary.BigEndian.AppendUint32(head, crc32.ChecksumIEEE(chunk))
}

func TestWhatIsNoCodeIsSaidSo(t *testing.T) {
	whole := asPNG(t, drawn(t, "x", 4, 16, color.Gray{}, color.Gray{255})).Bytes()
	huge := bytes.Clone(whole)
	copy(huge[16:24], "\x00\x10\x00\x00\x00\x10\x00\x00") // a million by a million, says the head; its checksum is wrong, too
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"nothing":      {nil, ErrNoPicture},
		"text":         {[]byte(text), ErrNoPicture},
		"half":         {whole[:len(whole)/2], ErrNoPicture},
		"only a head":  {whole[:10], ErrNoPicture},
		"a lie":        {huge, ErrNoPicture},
		"a white page": {asPNG(t, image.NewGray(image.Rect(0, 0, 200, 200))).Bytes(), ErrNoCode},
		"a huge page":  {headOf(70000, 1000), ErrTooBig},
		"a huge file":  {append(bytes.Clone(whole), strings.Repeat("x", MaxSize)...), ErrTooBig},
	} {
		_, err := Read(bytes.NewReader(c.file))
		assert.ErrorIs(t, err, c.want, name)
	}
}

// FuzzRead: no picture ends the program.
func FuzzRead(f *testing.F) {
	code, err := qr.Encode("some text", qr.L)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(code.PNG())
	f.Add(code.PNG()[:60])
	f.Add([]byte("\xff\xd8\xff\xe0"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if text, err := Read(bytes.NewReader(file)); err != nil && text != "" {
			t.Fatal("text beside an error")
		}
	})
}

// FuzzFind: nor does any pattern of modules.
func FuzzFind(f *testing.F) {
	f.Add([]byte("\xfe\x82\xba\xba\xba\x82\xfe"), uint8(7))
	f.Fuzz(func(t *testing.T, bits []byte, width uint8) {
		w := int(width%64) + 1
		h := min(len(bits)*8/w, 64)
		if h == 0 {
			return
		}
		m := image.NewGray(image.Rect(0, 0, w*3, h*3))
		for y := range h * 3 {
			for x := range w * 3 {
				if i := y/3*w + x/3; bits[i/8]>>(i%8)&1 == 0 {
					m.SetGray(x, y, color.Gray{255})
				}
			}
		}
		if text, err := find(m); err != nil && text != "" {
			t.Fatal("text beside an error")
		}
	})
}
