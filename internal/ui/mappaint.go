package ui

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"sync"

	"golang.org/x/image/vector"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// mapPicture is everything that the picture of the map depends on, in pixels. Equal ones give equal pictures.
type mapPicture struct {
	width, height int
	centre        assets.Point // in map units, drawn at (atX, atY)
	atX, atY      float32
	scale         float32 // pixels per map unit
	ratio         float32 // pixels per widget unit, for widths of lines
	version       uint64  // of the offers
	marked        string
	phase         vpn.Phase
	line          bool // from home to the marked country
	card          plate
	colours       *Palette
}

// mapPainter paints the map and keeps the last picture and the rasterizers. One goroutine at a time may use it.
type mapPainter struct {
	last   mapPicture
	plain  *image.RGBA // the map alone
	image  *image.RGBA // plain, sinking towards the card
	layers [6]*vector.Rasterizer
	paints int // for tests
}

// The layers of the picture, lowest first.
const (
	landLayer = iota
	offerLayer
	markedLayer
	borderLayer
	pinLayer
	lineLayer
)

func (m *mapPainter) paint(p mapPicture, offers []string, home *Point) *image.RGBA {
	if m.image != nil && p == m.last {
		return m.image
	}
	m.last = p
	m.paints++
	if m.image == nil || m.image.Rect.Dx() != p.width || m.image.Rect.Dy() != p.height {
		m.image = image.NewRGBA(image.Rect(0, 0, p.width, p.height))
		m.plain = image.NewRGBA(m.image.Rect)
	}
	offered := make(map[string]bool, len(offers))
	for _, code := range offers {
		offered[code] = true
	}
	for top := 0; top < p.height; top += bandHeight {
		m.band(p, top, offers, offered, home)
	}
	copy(m.image.Pix, m.plain.Pix)
	m.fade()
	return m.image
}

// bandHeight is how many rows are painted at a time: a rasterizer keeps eight bytes for each pixel, and there are six.
const bandHeight = 64

// band paints the rows from top on.
func (m *mapPainter) band(p mapPicture, top int, offers []string, offered map[string]bool, home *Point) {
	p.height = min(bandHeight, p.height-top)
	p.atY -= float32(top)
	rows := image.Rect(0, top, p.width, top+p.height)
	for i := range m.layers {
		if m.layers[i] == nil {
			m.layers[i] = vector.NewRasterizer(p.width, p.height)
		} else {
			m.layers[i].Reset(p.width, p.height)
		}
	}
	world := assets.World()
	for i := range world.Lands {
		l := &world.Lands[i]
		if !p.sees(l.Box) {
			continue
		}
		layer := landLayer
		switch {
		case l.Code != "" && l.Code == p.marked:
			layer = markedLayer
		case offered[l.Code]:
			layer = offerLayer
		}
		for _, ring := range l.Rings {
			p.fill(m.layers[layer], ring)
		}
	}
	half := 0.5 * p.ratio
	for _, line := range world.Borders {
		if p.sees(lineBox(line)) {
			p.stroke(m.layers[borderLayer], line, half)
		}
	}
	radius := 2.2 * p.ratio
	if p.scale/p.ratio > 6 {
		radius = 3 * p.ratio
	}
	for _, code := range offers {
		if spot, ok := countrySpot(code); ok && code != p.marked {
			x, y := p.xy(spot)
			disc(m.layers[pinLayer], x, y, radius)
		}
	}
	c := p.colours
	m.flatten(rows, landLayer, c.Land)
	m.flatten(rows, offerLayer, c.Offer)
	m.flatten(rows, markedLayer, blend(c.Offer, phaseShape(p.phase, c), 0.62))
	m.flatten(rows, borderLayer, c.Ocean)
	m.flatten(rows, pinLayer, alpha(c.Link, 235))
	if spot, ok := countrySpot(p.marked); ok && p.line && home != nil {
		p.bow(m.layers[lineLayer], home.spot(), spot)
		m.flatten(rows, lineLayer, phaseShape(p.phase, c))
	}
}

// fade lets the map sink into the ocean's colour towards the card, and draws the card's shadow.
func (m *mapPainter) fade() {
	p := &m.last
	if p.card.h <= 0 {
		return
	}
	const reach, depth = 60, 22 // units: how far above the card the map begins to fade; how far the shadow goes
	from := p.card.y - reach*p.ratio
	span := float32(p.height) - from
	soft := depth * p.ratio
	ocean, shadow := p.colours.Ocean, p.colours.Shadow
	for y := max(int(from), 0); y < p.height; y++ {
		sunk := min((float32(y)-from)/span*1.5, 0.92)
		row := m.image.Pix[y*m.image.Stride : (y+1)*m.image.Stride]
		dy := max(p.card.y+cardRadius*p.ratio-float32(y), float32(y)-(p.card.y+p.card.h-cardRadius*p.ratio)-6*p.ratio, 0)
		for x := range p.width {
			px := row[4*x : 4*x+3]
			dx := max(p.card.x+cardRadius*p.ratio-float32(x), float32(x)-(p.card.x+p.card.w-cardRadius*p.ratio), 0)
			dark := float32(0)
			if d := float32(math.Sqrt(float64(dx*dx+dy*dy))) - cardRadius*p.ratio; d < soft {
				near := 1 - max(d, 0)/soft
				dark = near * near * float32(shadow.A) / 255
			}
			mixInto(px, ocean, sunk)
			mixInto(px, shadow, dark)
		}
	}
}

// mixInto blends part of a colour into an opaque pixel.
func mixInto(px []uint8, c color.NRGBA, part float32) {
	px[0] += uint8(int((float32(c.R) - float32(px[0])) * part)) //nolint:gosec // wraps around on purpose where it sinks
	px[1] += uint8(int((float32(c.G) - float32(px[1])) * part)) //nolint:gosec // likewise
	px[2] += uint8(int((float32(c.B) - float32(px[2])) * part)) //nolint:gosec // likewise
}

func (m *mapPainter) flatten(rows image.Rectangle, layer int, c color.NRGBA) {
	if layer == landLayer {
		draw.Draw(m.plain, rows, image.NewUniform(m.last.colours.Ocean), image.Point{}, draw.Src)
	}
	m.layers[layer].Draw(m.plain, rows, image.NewUniform(c), image.Point{})
}

func (p *mapPicture) xy(s assets.Point) (x, y float32) {
	return p.atX + (s.X-p.centre.X)*p.scale, p.atY + (s.Y-p.centre.Y)*p.scale
}

// sees reports whether any of a box is in the picture.
func (p *mapPicture) sees(b assets.Box) bool {
	x0, y0 := p.xy(b.Min)
	x1, y1 := p.xy(b.Max)
	return x1 >= -2 && y1 >= -2 && x0 <= float32(p.width)+2 && y0 <= float32(p.height)+2
}

func (p *mapPicture) fill(r *vector.Rasterizer, ring assets.Line) {
	if len(ring) < 3 {
		return
	}
	x, y := p.xy(ring[0])
	r.MoveTo(x, y)
	lastX, lastY := x, y
	for _, s := range ring[1:] {
		x, y = p.xy(s)
		// Points that fall on one pixel would cost time and change nothing.
		if abs32(x-lastX)+abs32(y-lastY) < 0.35 {
			continue
		}
		r.LineTo(x, y)
		lastX, lastY = x, y
	}
	r.ClosePath()
}

// stroke adds a line as a chain of thin quads.
func (p *mapPicture) stroke(r *vector.Rasterizer, line assets.Line, half float32) {
	x0, y0 := p.xy(line[0])
	for i, s := range line[1:] {
		x1, y1 := p.xy(s)
		if abs32(x1-x0)+abs32(y1-y0) < 0.6 && i < len(line)-2 {
			continue
		}
		quad(r, x0, y0, x1, y1, half)
		x0, y0 = x1, y1
	}
}

// bow adds the line from home to where the connection leads. While it is not up it is a row of dashes: a state is never
// told by colour alone.
func (p *mapPicture) bow(r *vector.Rasterizer, from, to assets.Point) {
	x0, y0 := p.xy(from)
	x2, y2 := p.xy(to)
	length := float32(math.Hypot(float64(x2-x0), float64(y2-y0)))
	x1, y1 := (x0+x2)/2, (y0+y2)/2-min(length*0.5, 240*p.ratio)
	steps := max(int(length/(3*p.ratio)), 2)
	lastX, lastY := x0, y0
	for i := 1; i <= steps; i++ {
		t := float32(i) / float32(steps)
		u := 1 - t
		x, y := u*u*x0+2*u*t*x1+t*t*x2, u*u*y0+2*u*t*y1+t*t*y2
		if p.phase == vpn.Up || i%4 < 2 {
			quad(r, lastX, lastY, x, y, p.ratio)
		}
		lastX, lastY = x, y
	}
}

// quad adds a straight line of some width.
func quad(r *vector.Rasterizer, x0, y0, x1, y1, half float32) {
	dx, dy := x1-x0, y1-y0
	l := float32(math.Hypot(float64(dx), float64(dy)))
	if l < 1e-4 {
		return
	}
	nx, ny := -dy/l*half, dx/l*half
	r.MoveTo(x0+nx, y0+ny)
	r.LineTo(x1+nx, y1+ny)
	r.LineTo(x1-nx, y1-ny)
	r.LineTo(x0-nx, y0-ny)
	r.ClosePath()
}

// disc adds a circle.
func disc(r *vector.Rasterizer, x, y, radius float32) {
	const k = 0.5523
	c := radius * k
	r.MoveTo(x+radius, y)
	r.CubeTo(x+radius, y+c, x+c, y+radius, x, y+radius)
	r.CubeTo(x-c, y+radius, x-radius, y+c, x-radius, y)
	r.CubeTo(x-radius, y-c, x-c, y-radius, x, y-radius)
	r.CubeTo(x+c, y-radius, x+radius, y-c, x+radius, y)
	r.ClosePath()
}

func abs32(v float32) float32 {
	if v < 0 {
		return -v
	}
	return v
}

func lineBox(line assets.Line) assets.Box {
	b := assets.Box{Min: line[0], Max: line[0]}
	for _, p := range line[1:] {
		b.Min.X, b.Min.Y = min(b.Min.X, p.X), min(b.Min.Y, p.Y)
		b.Max.X, b.Max.Y = max(b.Max.X, p.X), max(b.Max.Y, p.Y)
	}
	return b
}

// mainland is the box around the largest piece of a country: France without Guiana, the United States without Hawaii.
func mainland(code string) assets.Box { return mainlands()[code] }

var mainlands = sync.OnceValue(func() map[string]assets.Box {
	boxes := map[string]assets.Box{}
	for i := range assets.World().Lands {
		l := &assets.World().Lands[i]
		var best assets.Box
		var size float32
		for _, ring := range l.Rings {
			if len(ring) < 3 {
				continue
			}
			b := lineBox(ring)
			if area := (b.Max.X - b.Min.X) * (b.Max.Y - b.Min.Y); area > size {
				best, size = b, area
			}
		}
		if l.Code != "" && size > 0 {
			boxes[l.Code] = best
		}
	}
	return boxes
})

// within reports whether a place lies on a land, by counting how often a ray crosses its outlines.
func within(s assets.Point, l *assets.Land) bool {
	if s.X < l.Box.Min.X || s.X > l.Box.Max.X || s.Y < l.Box.Min.Y || s.Y > l.Box.Max.Y {
		return false
	}
	in := false
	for _, ring := range l.Rings {
		for i, j := 0, len(ring)-1; i < len(ring); j, i = i, i+1 {
			a, b := ring[i], ring[j]
			if (a.Y > s.Y) != (b.Y > s.Y) && s.X < (b.X-a.X)*(s.Y-a.Y)/(b.Y-a.Y)+a.X {
				in = !in
			}
		}
	}
	return in
}
