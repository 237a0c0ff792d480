package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// photograph draws half blocks as a dark terminal shows them.
func photograph(t *testing.T, text string) io.Reader {
	t.Helper()
	rows := strings.Split(strings.TrimRight(text, "\n"), "\n")
	const scale, border = 4, 20
	width := len([]rune(rows[0]))
	m := image.NewGray(image.Rect(0, 0, width*scale+2*border, 2*len(rows)*scale+2*border))
	for y, row := range rows {
		x := 0
		for _, r := range row {
			for half, light := range []bool{r == '█' || r == '▀', r == '█' || r == '▄'} {
				for i := range scale * scale {
					if light {
						m.SetGray(border+x*scale+i%scale, border+(2*y+half)*scale+i/scale, color.Gray{255})
					}
				}
			}
			x++
		}
	}
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, m))
	return &b
}
