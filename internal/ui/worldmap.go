package ui

import (
	"image"
	"math"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// Point is a place on earth, in degrees.
type Point struct{ Lon, Lat float64 }

// spot turns it into map units.
func (p Point) spot() assets.Point {
	phi := math.Max(-85, math.Min(85, p.Lat)) * math.Pi / 180
	y := -1.25 * math.Log(math.Tan(math.Pi/4+0.4*phi)) * 180 / math.Pi
	return assets.Point{X: float32(p.Lon), Y: float32(y)}
}

// worldMap is the map behind everything: land and the pins of countries on offer are one picture that is painted again
// only when size, view, colours, offers, phase or the marked country change. What moves more often lies on top of it as a
// few plain shapes.
type worldMap struct {
	widget.BaseWidget
	onPick func(code string)
	label  func(code string) string // what to write beside the mouse over a country on offer

	room    insets // parts of the map that others cover: the view keeps clear of them
	card    plate
	home    *Point // where the user is; nil = not known, and then no line is drawn from there
	offers  []string
	version uint64 // of offers
	marked  string // country chosen, or where the connection leads
	phase   vpn.Phase
	near    bool // zoomed on the marked country, else the whole world

	over    string // country under the mouse
	overAt  fyne.Position
	painter mapPainter

	moves func() bool // whether the map may move by itself
	ease  *easing     // nil = it stands still
	was   mapStand    // where it stood last
}

// insets are widths along the four edges.
type insets struct{ left, top, right, bottom float32 }

// plate is where the card lies.
type plate struct{ x, y, w, h float32 }

// view is which part of the map is shown: a place in map units at a place on the widget, and how large.
type view struct {
	centre assets.Point
	at     fyne.Position
	scale  float32 // widget units per map unit
}

func (v view) xy(p assets.Point) fyne.Position {
	return fyne.NewPos(v.at.X+(p.X-v.centre.X)*v.scale, v.at.Y+(p.Y-v.centre.Y)*v.scale)
}

func (v view) spot(p fyne.Position) assets.Point {
	return assets.Point{X: v.centre.X + (p.X-v.at.X)/v.scale, Y: v.centre.Y + (p.Y-v.at.Y)/v.scale}
}

func newWorldMap(onPick func(string), label func(string) string, home *Point) *worldMap {
	m := &worldMap{onPick: onPick, label: label, home: home, phase: vpn.Down, moves: func() bool { return false }}
	m.ExtendBaseWidget(m)
	return m
}

// offer says which countries have exits.
func (m *worldMap) offer(s *proposals.Snapshot) {
	codes := make([]string, 0, len(s.Countries))
	for i := range s.Countries {
		codes = append(codes, s.Countries[i].Code)
	}
	if slices.Equal(codes, m.offers) {
		return
	}
	m.version++
	m.offers = codes
	m.Refresh()
}

// mark shows a country as chosen, or as where the connection leads; "" = none. near zooms in on it.
func (m *worldMap) mark(code string, phase vpn.Phase, near bool) {
	if m.marked == code && m.phase == phase && m.near == near {
		return
	}
	m.marked, m.phase, m.near = code, phase, near
	m.Refresh()
}

// wholeWorld is the part of the map that is worth seeing: from Alaska's east to New Zealand, without the ice.
var wholeWorld = assets.Box{Min: assets.Point{X: -132, Y: -98}, Max: assets.Point{X: 190, Y: 62}}

// nearSpan is how many degrees are seen at least when zoomed in: a small country needs its neighbours to be recognised.
const nearSpan = 44

// view is what the map shows now.
func (m *worldMap) view() view {
	if m.ease != nil {
		return m.ease.now
	}
	return m.goal()
}

// goal is what the map should show.
func (m *worldMap) goal() view {
	size := m.Size()
	free := fyne.NewSize(max(size.Width-m.room.left-m.room.right, 50), max(size.Height-m.room.top-m.room.bottom, 50))
	box := wholeWorld
	if m.near && m.marked != "" {
		box = m.nearBox(free)
	}
	w, h := box.Max.X-box.Min.X, box.Max.Y-box.Min.Y
	return view{
		centre: assets.Point{X: (box.Min.X + box.Max.X) / 2, Y: (box.Min.Y + box.Max.Y) / 2},
		at:     fyne.NewPos(m.room.left+free.Width/2, m.room.top+free.Height/2),
		scale:  min(free.Width/w, free.Height/h),
	}
}

// nearBox is the marked country with some land around it, and home if that is not too far away.
func (m *worldMap) nearBox(free fyne.Size) assets.Box {
	spot, ok := countrySpot(m.marked)
	box := mainland(m.marked)
	switch {
	case box == (assets.Box{}) && !ok:
		return wholeWorld
	case box == (assets.Box{}):
		box = assets.Box{Min: spot, Max: spot}
	}
	if m.home != nil && m.phase.Wanted() {
		h := m.home.spot()
		with := assets.Box{
			Min: assets.Point{X: min(box.Min.X, h.X), Y: min(box.Min.Y, h.Y)},
			Max: assets.Point{X: max(box.Max.X, h.X), Y: max(box.Max.Y, h.Y)},
		}
		if with.Max.X-with.Min.X < 200 {
			box = with
		}
	}
	box = grown(box, 1.35)
	if w := box.Max.X - box.Min.X; w < nearSpan {
		box.Min.X, box.Max.X = box.Min.X-(nearSpan-w)/2, box.Max.X+(nearSpan-w)/2
	}
	if box.Max.X-box.Min.X > wholeWorld.Max.X-wholeWorld.Min.X {
		return wholeWorld
	}
	// Beyond the edges of the world there is nothing to see.
	if limit := free.Width / (wholeWorld.Max.X - wholeWorld.Min.X); free.Height/(box.Max.Y-box.Min.Y) < limit {
		return wholeWorld
	}
	return box
}

func grown(b assets.Box, by float32) assets.Box {
	dx, dy := (b.Max.X-b.Min.X)*(by-1)/2, (b.Max.Y-b.Min.Y)*(by-1)/2
	return assets.Box{Min: assets.Point{X: b.Min.X - dx, Y: b.Min.Y - dy}, Max: assets.Point{X: b.Max.X + dx, Y: b.Max.Y + dy}}
}

func countrySpot(code string) (assets.Point, bool) {
	lon, lat, ok := proposals.CountryPoint(code)
	return Point{lon, lat}.spot(), ok
}

// countryAt finds the country on offer at a place on the widget: a pin that is near, else the land itself.
func (m *worldMap) countryAt(at fyne.Position) string {
	v := m.view()
	best, found := float32(math.MaxFloat32), ""
	for _, code := range m.offers {
		spot, ok := countrySpot(code)
		if !ok {
			continue
		}
		p := v.xy(spot)
		d := (p.X-at.X)*(p.X-at.X) + (p.Y-at.Y)*(p.Y-at.Y)
		if tiny(code, v.scale) {
			d /= 4 // its pin is all there is to press
		}
		if d < best {
			best, found = d, code
		}
	}
	switch {
	case best < 6*6:
		return found // right on a pin
	case best > 14*14:
		found = ""
	}
	spot := v.spot(at)
	for i := range assets.World().Lands {
		l := &assets.World().Lands[i]
		if l.Code == "" || !within(spot, l) {
			continue
		}
		for _, code := range m.offers {
			if code == l.Code {
				return code
			}
		}
	}
	return found
}

// tiny reports whether a country's land is too small on the map to be pressed.
func tiny(code string, scale float32) bool {
	const least = 12
	b := mainland(code)
	return (b.Max.X-b.Min.X)*scale < least && (b.Max.Y-b.Min.Y)*scale < least
}

// Tapped chooses the country under the mouse.
func (m *worldMap) Tapped(e *fyne.PointEvent) {
	if code := m.countryAt(e.Position); code != "" {
		m.onPick(code)
	}
}

func (m *worldMap) MouseIn(e *desktop.MouseEvent) { m.MouseMoved(e) }
func (m *worldMap) MouseOut()                     { m.hoverOver("", fyne.Position{}) }

// MouseMoved names the country under the mouse. Within one country nothing is drawn again.
func (m *worldMap) MouseMoved(e *desktop.MouseEvent) {
	m.hoverOver(m.countryAt(e.Position), e.Position)
}

func (m *worldMap) hoverOver(code string, at fyne.Position) {
	if m.over == code {
		return
	}
	m.over, m.overAt = code, at
	m.BaseWidget.Refresh()
}

// Cursor tells that a country can be pressed.
func (m *worldMap) Cursor() desktop.Cursor {
	if m.over != "" {
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}

func (m *worldMap) paint(w, h int) image.Image {
	ratio := float32(1)
	if size := m.Size(); size.Width > 0 {
		ratio = float32(w) / size.Width
	}
	if m.ease != nil && m.ease.wide != nil {
		return m.painter.move(m.ease.wide, m.ease.from, m.ease.now, w, h, ratio)
	}
	return m.painter.paint(m.picture(m.goal(), w, h, ratio), m.offers, m.home)
}

// picture describes what is to be painted for a view.
func (m *worldMap) picture(v view, w, h int, ratio float32) mapPicture {
	return mapPicture{
		width: w, height: h, version: m.version, marked: m.marked, phase: m.phase, colours: colours(),
		line: m.home != nil && m.marked != "" && (m.phase == vpn.Up || m.phase.Busy()), centre: v.centre, atX: v.at.X * ratio, atY: v.at.Y * ratio, scale: v.scale * ratio, ratio: ratio,
		card: plate{m.card.x * ratio, m.card.y * ratio, m.card.w * ratio, m.card.h * ratio},
	}
}

func (m *worldMap) CreateRenderer() fyne.WidgetRenderer {
	r := &worldMapRenderer{m: m, raster: canvas.NewRaster(m.paint), tip: newText(12, assets.Medium), here: newText(11, assets.Medium)}
	r.tipBox = &canvas.Rectangle{CornerRadius: 8, StrokeWidth: 1}
	r.halo, r.ring, r.dot, r.homeRing, r.homeDot = &canvas.Circle{}, &canvas.Circle{}, &canvas.Circle{}, &canvas.Circle{}, &canvas.Circle{}
	r.Refresh()
	return r
}

type worldMapRenderer struct {
	m                 *worldMap
	raster            *canvas.Raster
	halo, ring, dot   *canvas.Circle
	homeRing, homeDot *canvas.Circle
	tipBox            *canvas.Rectangle
	tip               *canvas.Text
	here              *canvas.Text // says what the home dot is
	painted           mapKey
}

func (r *worldMapRenderer) Destroy()           {}
func (r *worldMapRenderer) MinSize() fyne.Size { return fyne.NewSize(200, 160) }

func (r *worldMapRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.raster, r.homeRing, r.homeDot, r.here, r.halo, r.ring, r.dot, r.tipBox, r.tip}
}

func (r *worldMapRenderer) Layout(size fyne.Size) {
	r.raster.Resize(size)
	v := r.m.view()
	inside := func(p fyne.Position, margin float32) bool { // what is drawn on top is not clipped by Fyne
		return p.X >= margin && p.Y >= margin && p.X <= size.Width-margin && p.Y <= size.Height-margin
	}
	spot, ok := countrySpot(r.m.marked)
	end := v.xy(spot)
	showEnd := r.m.marked != "" && ok && inside(end, 24)
	for _, o := range []*canvas.Circle{r.halo, r.ring, r.dot} {
		o.Hidden = !showEnd
	}
	r.halo.Hidden = r.halo.Hidden || r.m.phase != vpn.Up
	centred(r.halo, end, 22)
	centred(r.ring, end, 11)
	centred(r.dot, end, 5)

	showHome := r.m.home != nil
	var start fyne.Position
	if showHome {
		start = v.xy(r.m.home.spot())
		showHome = inside(start, 10)
	}
	r.homeRing.Hidden, r.homeDot.Hidden = !showHome, !showHome
	centred(r.homeRing, start, 7)
	centred(r.homeDot, start, 3.5)
	r.here.Text = lang.L("This computer")
	width, height := textWidth(r.here, r.here.Text), r.here.MinSize().Height
	r.here.Hidden = !showHome || v.scale < 5 || start.X+width/2+6 > size.Width || start.X-width/2 < 6
	r.here.Move(place(start.X-width/2, start.Y+9))
	r.here.Resize(fyne.NewSize(width, height))

	r.layoutTip(size)
}

func (r *worldMapRenderer) layoutTip(size fyne.Size) {
	r.tip.Hidden, r.tipBox.Hidden = r.m.over == "", r.m.over == ""
	if r.m.over == "" {
		return
	}
	r.tip.Text = r.m.label(r.m.over)
	w, h := textWidth(r.tip, r.tip.Text), r.tip.MinSize().Height
	at := fyne.NewPos(r.m.overAt.X+14, r.m.overAt.Y-h-22)
	at.X = max(8, min(at.X, size.Width-w-32))
	at.Y = max(8, at.Y)
	r.tipBox.Move(at)
	r.tipBox.Resize(fyne.NewSize(w+20, h+12))
	r.tip.Move(place(at.X+10, at.Y+6))
	r.tip.Resize(fyne.NewSize(w, h))
}

func centred(c *canvas.Circle, at fyne.Position, radius float32) {
	c.Move(fyne.NewPos(at.X-radius, at.Y-radius))
	c.Resize(fyne.NewSquareSize(2 * radius))
}

func (r *worldMapRenderer) Refresh() {
	p, m := colours(), r.m
	c := phaseShape(m.phase, p)
	r.halo.FillColor = alpha(c, 36)
	r.ring.FillColor = alpha(c, 70)
	r.ring.StrokeColor, r.ring.StrokeWidth = c, 1.5
	r.dot.FillColor, r.dot.StrokeColor, r.dot.StrokeWidth = p.Card, c, 3
	r.homeRing.FillColor = alpha(p.Ink, 40)
	r.homeDot.FillColor = p.Ink
	r.here.Color = p.Ink
	r.tipBox.FillColor, r.tipBox.StrokeColor = p.Card, p.Edge
	r.tip.Color = p.Ink
	m.depart()
	r.Layout(m.Size())
	if key := m.key(); key != r.painted {
		r.painted = key
		r.raster.Refresh()
	}
	for _, o := range r.Objects()[1:] {
		canvas.Refresh(o)
	}
}

// mapKey is what the picture depends on besides its size in pixels, which Fyne watches itself.
type mapKey struct {
	eased   bool
	view    view
	card    plate
	version uint64
	marked  string
	phase   vpn.Phase
	colours *Palette
}

func (m *worldMap) key() mapKey {
	return mapKey{m.ease != nil, m.view(), m.card, m.version, m.marked, m.phase, colours()}
}
