package assets

import (
	"encoding/binary"
	"errors"
	"sync"
)

// Land is one country of the map.
type Land struct {
	Code  string // ISO 3166-1 alpha-2, upper case; "" = disputed, belongs to no code
	Rings []Line // outlines, closed; holes are rings too
	Box   Box    // around all rings
}

// Line is a path in map units: x is the longitude in degrees, y is Miller's projection of the latitude in degrees,
// growing southwards.
type Line []Point

// Point is a place on the map, in map units.
type Point struct{ X, Y float32 }

// Box is a rectangle on the map.
type Box struct{ Min, Max Point }

// Atlas is the map of the world without Antarctica.
type Atlas struct {
	Lands   []Land
	Borders []Line // where two lands meet, each once; coasts are not among them
}

// World gives the map, decoded at the first call (a few milliseconds) and shared.
func World() *Atlas { return world() }

var world = sync.OnceValue(func() *Atlas {
	a, err := decodeAtlas(read("world/world.bin"))
	if err != nil { // our own file: a test decodes it
		return &Atlas{}
	}
	return a
})

var errAtlas = errors.New("map is damaged")

// decodeAtlas reads what scripts/assets.js writes: "MWM1"; the number of arcs, and for each the number of its points
// and their differences in hundredths of a unit; the number of lands, and for each two letters ("--" = none), the number
// of its rings, and for each ring the number of its arcs and their indices, where ^i is arc i walked backwards. Counts are
// uvarints, the rest varints.
func decodeAtlas(b []byte) (*Atlas, error) {
	if len(b) < 4 || string(b[:4]) != "MWM1" {
		return nil, errAtlas
	}
	r := &atlasReader{b: b[4:]}
	arcs := make([]Line, r.count())
	for i := range arcs {
		arcs[i] = make(Line, r.count())
		x, y := int64(0), int64(0)
		for j := range arcs[i] {
			x, y = x+r.varint(), y+r.varint()
			arcs[i][j] = Point{float32(x) / 100, float32(y) / 100}
		}
	}
	used := make([]uint8, len(arcs))
	a := &Atlas{Lands: make([]Land, r.count())}
	for i := range a.Lands {
		l := &a.Lands[i]
		if code := r.letters(); code != "--" {
			l.Code = code
		}
		l.Rings = make([]Line, r.count())
		for j := range l.Rings {
			for range r.count() {
				n := r.varint()
				back := n < 0
				if back {
					n = ^n
				}
				if n >= int64(len(arcs)) {
					return nil, errAtlas
				}
				used[n] = min(used[n]+1, 2)
				l.Rings[j] = join(l.Rings[j], arcs[n], back)
			}
		}
		for _, ring := range l.Rings {
			unwrap(ring)
		}
		l.Box = boxOf(l.Rings)
	}
	if r.bad {
		return nil, errAtlas
	}
	for i, n := range used {
		if n == 2 {
			a.Borders = append(a.Borders, arcs[i])
		}
	}
	return a, nil
}

func join(ring, arc Line, back bool) Line {
	if !back {
		return append(ring, arc...)
	}
	for i := len(arc) - 1; i >= 0; i-- {
		ring = append(ring, arc[i])
	}
	return ring
}

// unwrap takes a ring that crosses the date line on beyond 180 degrees: drawn as it is, it would cross the whole map.
func unwrap(ring Line) {
	shift := float32(0)
	for i := 1; i < len(ring); i++ {
		x := ring[i].X + shift
		switch d := x - ring[i-1].X; {
		case d > 180:
			shift -= 360
		case d < -180:
			shift += 360
		}
		ring[i].X += shift
	}
	if len(ring) > 0 && ring[0].X < -170 && boxOf([]Line{ring}).Max.X < -165 {
		for i := range ring {
			ring[i].X += 360
		}
	}
}

func boxOf(rings []Line) Box {
	var b Box
	first := true
	for _, ring := range rings {
		for _, p := range ring {
			if first {
				b, first = Box{p, p}, false
			}
			b.Min.X, b.Min.Y = min(b.Min.X, p.X), min(b.Min.Y, p.Y)
			b.Max.X, b.Max.Y = max(b.Max.X, p.X), max(b.Max.Y, p.Y)
		}
	}
	return b
}

// atlasReader reads numbers until the first that is not there; from then on it gives zeros and is bad.
type atlasReader struct {
	b   []byte
	bad bool
}

func (r *atlasReader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

// count reads a number of things that follow. Each takes a byte at least, so more than there are bytes is a lie.
func (r *atlasReader) count() int {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return int(v)
}

func (r *atlasReader) letters() string {
	if len(r.b) < 2 {
		r.bad, r.b = true, nil
		return ""
	}
	s := string(r.b[:2])
	r.b = r.b[2:]
	return s
}
