package ui

import (
	"image"
	"math"
	"time"

	"fyne.io/fyne/v2"

	"github.com/mysteriumvpn/desktop/assets"
)

// How the map moves from one view to another: in a few frames, each of them a part of one picture, enlarged. Painting the
// land anew for each would take longer than the whole way.
const (
	easeTime   = 220 * time.Millisecond
	easeFrames = 6
)

// mapStand is a view of a map of some size.
type mapStand struct {
	size fyne.Size
	view view
}

// easing is a way from one view to another.
type easing struct {
	start, goal view
	now         view
	frame       int
	wide        *image.RGBA // a picture that holds all of the way
	from        view        // of wide
	run         *fyne.Animation
}

// depart sets out for the goal, if the map stands elsewhere and may move. Another goal on the way is gone to from where the
// map is.
func (m *worldMap) depart() {
	goal, size := m.goal(), m.Size()
	was := m.was
	if m.ease != nil && m.ease.goal == goal && was.size == size {
		return
	}
	if m.ease != nil {
		was.view = m.ease.now
		m.ease.run.Stop()
		m.ease = nil
	}
	m.was = mapStand{size, goal}
	if was.size != size || was.view == goal || was.view.scale == 0 || m.painter.plain == nil || !m.moves() {
		return
	}
	e := &easing{start: was.view, goal: goal, now: was.view}
	ratio := m.painter.last.ratio
	w, h := m.painter.plain.Rect.Dx(), m.painter.plain.Rect.Dy()
	e.from = m.widest(e.start, e.goal)
	have := m.painter.last
	if want := m.picture(e.from, w, h, ratio); have.centre != want.centre || have.scale != want.scale {
		m.painter.paint(want, m.offers, m.home)
	}
	e.wide = image.NewRGBA(m.painter.plain.Rect)
	copy(e.wide.Pix, m.painter.plain.Pix)
	m.ease = e
	e.run = fyne.NewAnimation(easeTime, func(done float32) { m.pass(e, done) })
	e.run.Curve = fyne.AnimationEaseInOut
	e.run.Start()
}

// pass shows the next frame of a way. Fyne calls it far more often than there are frames.
func (m *worldMap) pass(e *easing, done float32) {
	frame := int(done * easeFrames)
	if m.ease != e || frame == e.frame {
		return
	}
	e.frame = frame
	if frame >= easeFrames {
		m.ease = nil
	} else {
		e.now = between(e.start, e.goal, float32(frame)/easeFrames)
	}
	m.Refresh()
}

// between is a view on the way: the scale grows by the same factor in each part of it.
func between(a, b view, part float32) view {
	k := float64(b.scale) / float64(a.scale)
	v := view{at: b.at, scale: a.scale * float32(math.Pow(k, float64(part)))}
	// The middle moves with the scale, or a far place would fly by while everything is large.
	t := part
	if math.Abs(k-1) > 0.02 {
		t = float32((1 - math.Pow(k, -float64(part))) / (1 - 1/k))
	}
	from, to := a.spot(b.at), b.centre
	v.centre = assets.Point{X: from.X + (to.X-from.X)*t, Y: from.Y + (to.Y-from.Y)*t}
	return v
}

// widest is a view that holds two others: one of them, or the least that holds both.
func (m *worldMap) widest(a, b view) view {
	size := m.Size()
	box := func(v view) assets.Box {
		return assets.Box{Min: v.spot(fyne.Position{}), Max: v.spot(fyne.NewPos(size.Width, size.Height))}
	}
	x, y := box(a), box(b)
	switch {
	case holds(x, y):
		return a
	case holds(y, x):
		return b
	}
	both := assets.Box{
		Min: assets.Point{X: min(x.Min.X, y.Min.X), Y: min(x.Min.Y, y.Min.Y)},
		Max: assets.Point{X: max(x.Max.X, y.Max.X), Y: max(x.Max.Y, y.Max.Y)},
	}
	return view{
		centre: assets.Point{X: (both.Min.X + both.Max.X) / 2, Y: (both.Min.Y + both.Max.Y) / 2},
		at:     fyne.NewPos(size.Width/2, size.Height/2),
		scale:  min(size.Width/(both.Max.X-both.Min.X), size.Height/(both.Max.Y-both.Min.Y)),
	}
}

// holds reports whether a box holds another one, or all of it that is worth seeing.
func holds(a, b assets.Box) bool {
	const slack = 4 // degrees at the edge that nobody misses for a fifth of a second
	return a.Min.X <= b.Min.X+slack && a.Min.Y <= b.Min.Y+slack && a.Max.X >= b.Max.X-slack && a.Max.Y >= b.Max.Y-slack
}

// move draws a part of a picture of view from as view now, with the card's surroundings as they are.
func (m *mapPainter) move(wide *image.RGBA, from, now view, w, h int, ratio float32) *image.RGBA {
	if m.image == nil || m.image.Rect.Dx() != w || m.image.Rect.Dy() != h {
		m.image = image.NewRGBA(image.Rect(0, 0, w, h))
		m.plain = image.NewRGBA(m.image.Rect)
	}
	columns := make([]int, w)
	for x := range columns {
		columns[x] = 4 * clampInt(int((from.at.X+((float32(x)/ratio-now.at.X)/now.scale+now.centre.X-from.centre.X)*from.scale)*ratio), wide.Rect.Dx()-1)
	}
	for y := range h {
		line := clampInt(int((from.at.Y+((float32(y)/ratio-now.at.Y)/now.scale+now.centre.Y-from.centre.Y)*from.scale)*ratio), wide.Rect.Dy()-1)
		source := wide.Pix[line*wide.Stride : (line+1)*wide.Stride]
		target := m.image.Pix[y*m.image.Stride : y*m.image.Stride+4*w]
		for x, c := range columns {
			copy(target[4*x:4*x+4], source[c:c+4])
		}
	}
	m.last.width, m.last.height = w, h
	m.fade()
	m.last.scale = -1 // the next picture is painted whatever it is
	return m.image
}

func clampInt(v, most int) int { return max(0, min(v, most)) }
