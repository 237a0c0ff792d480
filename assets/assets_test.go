package assets

import (
	"bytes"
	"image/png"
	"path"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryFlagDecodesAndIsShared(t *testing.T) {
	dir, err := files.ReadDir("flags")
	require.NoError(t, err)
	require.Greater(t, len(dir), 245)
	for _, f := range dir {
		code := strings.ToUpper(strings.TrimSuffix(f.Name(), ".png"))
		m := FlagImage(code)
		assert.Equal(t, 72, m.Bounds().Dx(), code)
		assert.Same(t, m, FlagImage(code), code)
	}
	assert.Equal(t, Flag("xx"), Flag("no such country"))
}

// Fyne's SVG reader is not rsvg: an icon that it cannot read leaves an empty square.
func TestEveryIconIsDrawn(t *testing.T) {
	app := test.NewTempApp(t)
	dir, err := files.ReadDir("icons")
	require.NoError(t, err)
	for _, f := range dir {
		name := strings.TrimSuffix(f.Name(), ".svg")
		svg := bytes.ReplaceAll(Icon(name), []byte("currentColor"), []byte("#ff0000"))
		img := canvas.NewImageFromResource(fyne.NewStaticResource(f.Name(), svg))
		img.SetMinSize(fyne.NewSize(24, 24))
		m := software.Render(container.NewStack(img), app.Settings().Theme())
		red := 0
		for y := range m.Bounds().Dy() {
			for x := range m.Bounds().Dx() {
				if r, g, _, a := m.At(x, y).RGBA(); a > 0 && r > 0x8000 && g < 0x6000 {
					red++
				}
			}
		}
		assert.Greater(t, red, 8, name)
		assert.Less(t, red, 400, name)
	}
	assert.Nil(t, Icon("no such icon"))
}

func TestTheRestIsThere(t *testing.T) {
	for w := range weights {
		assert.NotNil(t, Font(Weight(w)))
	}
	for _, state := range []string{"down", "busy", "up", "trouble"} {
		for _, light := range []bool{false, true} {
			_, err := png.Decode(bytes.NewReader(TrayIcon(state, light).Content()))
			assert.NoError(t, err, state)
		}
	}
	for _, s := range []int{16, 24, 48, 100, 200, 1000} {
		assert.NotNil(t, AppIcon(s))
	}
	assert.NotContains(t, string(Mark("#ffffff", "#00ff00")), "INK")
	assert.Equal(t, "flags-de.png", path.Base(Flag("DE").Name()))
}

func TestWorldHasItsCountriesAndBorders(t *testing.T) {
	a := World()
	seen := map[string]bool{}
	for _, l := range a.Lands {
		assert.False(t, l.Code != "" && seen[l.Code], "twice: %s", l.Code)
		seen[l.Code] = true
		assert.NotEmpty(t, l.Rings)
		assert.LessOrEqual(t, l.Box.Min.X, l.Box.Max.X, l.Code)
	}
	for _, code := range []string{"DE", "NL", "US", "SG", "MT", "HK", "XK", "LT", "UA", "BR", "AU"} {
		assert.True(t, seen[code], code)
	}
	assert.Greater(t, len(a.Borders), 200)
}

func FuzzAtlas(f *testing.F) {
	f.Add([]byte("MWM1"))
	f.Add([]byte("MWM1\x01\x02\x02\x02\x04\x04\x01DE\x01\x01\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, err := decodeAtlas(b); err == nil {
			require.LessOrEqual(t, len(a.Lands), len(b))
		}
	})
}

func BenchmarkWorld(b *testing.B) {
	raw := read("world/world.bin")
	b.ReportAllocs()
	for b.Loop() {
		_, _ = decodeAtlas(raw)
	}
}
