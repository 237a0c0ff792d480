package assets

import (
	"bytes"
	"image/png"
	"path"
	"strings"
	"testing"

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

func TestEveryIconHasAShape(t *testing.T) {
	dir, err := files.ReadDir("icons")
	require.NoError(t, err)
	for _, f := range dir {
		name := strings.TrimSuffix(f.Name(), ".png")
		m := Icon(name)
		require.NotNil(t, m, name)
		assert.Same(t, m, Icon(name))
		ink := 0
		for _, a := range m.Pix {
			if a > 0x80 {
				ink++
			}
		}
		assert.Greater(t, ink, 60, name)
		assert.Less(t, ink, len(m.Pix)*2/3, name)
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

func TestZonesArePlaces(t *testing.T) {
	for name, want := range map[string][2]float64{"Europe/Vilnius": {25.3, 54.7}, "Europe/Kiev": {30.5, 50.4}, "US/Eastern": {-74, 40.7}, "America/Argentina/Ushuaia": {-68.3, -54.8}} {
		lon, lat, ok := ZonePlace(name)
		assert.True(t, ok, name)
		assert.InDelta(t, want[0], lon, 0.11, name)
		assert.InDelta(t, want[1], lat, 0.11, name)
	}
	for _, name := range []string{"", "UTC", "Etc/UTC", "Mars/Olympus", "Europe/Vilnius 25.3", "CET-1CEST"} {
		_, _, ok := ZonePlace(name)
		assert.False(t, ok, name)
	}
	n := 0
	for line := range strings.Lines(zones) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		lon, lat, ok := ZonePlace(name)
		if ok {
			n++
			assert.True(t, lon >= -180 && lon <= 180 && lat >= -90 && lat <= 90, line)
		} else {
			assert.Contains(t, rest, "=", line)
		}
	}
	assert.Greater(t, n, 400)
}
