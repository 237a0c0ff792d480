//go:build unix

package e2e

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"time"

	"github.com/stretchr/testify/require"
)

// look is a picture of the program's window.
func (s *screen) look() image.Image {
	s.t.Helper()
	cmd := s.command(nil, "import", "-window", s.window, "png:-")
	cmd.Env = s.env
	b, err := cmd.Output()
	require.NoError(s.t, err)
	m, err := png.Decode(bytes.NewReader(b))
	require.NoError(s.t, err)
	return m
}

// shows waits until the pixel at a place has a colour. Places are in the window; negative ones count from the right and
// from below.
func (s *screen) shows(what string, x, y int, want color.NRGBA) {
	s.t.Helper()
	s.sees(what, func() bool { return s.pixel(x, y) == want })
}

// sees waits until something can be seen, and keeps a picture of the window if it never can.
func (s *screen) sees(what string, ok func() bool) {
	s.t.Helper()
	for late := time.After(15 * time.Second); !ok(); {
		select {
		case <-late:
			file := filepath.Join(s.t.ArtifactDir(), "window.png")
			var b bytes.Buffer
			require.NoError(s.t, png.Encode(&b, s.look()))
			require.NoError(s.t, os.WriteFile(file, b.Bytes(), 0o600))
			require.Failf(s.t, "not seen in time", "%s; the window is %s (go test -artifacts keeps it)", what, file)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// within reports whether a colour is anywhere in a part of the window.
func (s *screen) within(part image.Rectangle, want color.NRGBA) bool {
	m := s.look()
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			if color.NRGBAModel.Convert(m.At(x, y)) == color.Color(want) {
				return true
			}
		}
	}
	return false
}

func (s *screen) pixel(x, y int) color.NRGBA {
	m := s.look()
	if x < 0 {
		x += m.Bounds().Dx()
	}
	if y < 0 {
		y += m.Bounds().Dy()
	}
	return color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
}
