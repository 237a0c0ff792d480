package ui

import (
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"
	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"github.com/mysteriumvpn/desktop/assets"
)

// label is one line of text that follows the theme, as canvas.Text does not, and ends in "…" where it does not fit.
type label struct {
	widget.BaseWidget
	t    *canvas.Text
	full string
	tone tone
	grew func() // the text needs another width now; set by whoever lays it out
}

func newLabel(s string, size float32, w assets.Weight, t tone) *label {
	l := &label{t: newText(size, w), full: s, tone: t}
	l.t.Text, l.t.Color = s, t(colours())
	l.grew = func() {}
	l.ExtendBaseWidget(l)
	return l
}

// newText makes a text in one of our cuts.
func newText(size float32, w assets.Weight) *canvas.Text {
	return &canvas.Text{TextSize: size, FontSource: assets.Font(w), Color: color.Transparent}
}

// set changes the text and its colour.
func (l *label) set(s string, t tone) {
	if s == l.full && t != nil && l.t.Color == t(colours()) {
		l.tone = t
		return
	}
	moved := s != l.full
	l.full, l.tone = s, t
	if moved {
		l.grew()
	}
	l.Refresh()
}

// say changes the text.
func (l *label) say(s string) {
	if s != l.full {
		l.full = s
		l.grew()
		l.Refresh()
	}
}

func (l *label) fit() {
	l.t.Text = l.full
	if w := l.Size().Width; w > 0 {
		l.t.Text = fitText(l.t, l.full, w)
	}
}

func (l *label) Resize(s fyne.Size) {
	l.BaseWidget.Resize(s)
	l.fit()
}

func (l *label) MinSize() fyne.Size {
	l.ExtendBaseWidget(l)
	s, _ := fyne.CurrentApp().Driver().RenderedTextSize(l.full, l.t.TextSize, l.t.TextStyle, l.t.FontSource)
	return fyne.NewSize(ceil(s.Width), ceil(s.Height))
}

func (l *label) Refresh() {
	l.t.Color = l.tone(colours())
	l.fit()
	l.t.Refresh()
	l.BaseWidget.Refresh()
}

func (l *label) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(l.t) }

// fitText cuts s so that it fits into width in the face of t. Fyne shapes a text anew for each new string it measures, a
// tenth of a millisecond each. Adding up the letters is a hundred times faster and a hair too wide, since it knows no
// kerning; only where that hair decides is the text measured.
func fitText(t *canvas.Text, s string, width float32) string {
	const (
		kerning = 0.87 // no text of ours is drawn closer than this
		hinting = 1.04 // and none wider
	)
	letters := faceOf(t.FontSource)
	room := width / t.TextSize / hinting
	used, cutAt := float32(0), 0
	dots := letters.width('…')
	for i, r := range s {
		if used+dots <= room {
			cutAt = i
		}
		used += letters.width(r)
	}
	switch {
	case used <= room, used*kerning <= room && textWidth(t, s) <= width+0.5:
		return s
	}
	return s[:cutAt] + "…"
}

// face knows how wide letters are, in parts of the size.
type face struct {
	font   *sfnt.Font
	buffer sfnt.Buffer
	widths map[rune]float32
}

var faces = map[fyne.Resource]*face{} // only on the UI lane; one per cut

func faceOf(source fyne.Resource) *face {
	f, ok := faces[source]
	if !ok {
		parsed, err := sfnt.Parse(source.Content())
		if err != nil { // our own file: every test of this package reads it
			parsed = nil
		}
		f = &face{font: parsed, widths: map[rune]float32{}}
		faces[source] = f
	}
	return f
}

// length is how wide a text is, in parts of the size, a hair too wide.
func (f *face) length(s string) (w float32) {
	for _, r := range s {
		w += f.width(r)
	}
	return w
}

func (f *face) width(r rune) float32 {
	w, ok := f.widths[r]
	if !ok {
		w = f.measure(r)
		f.widths[r] = w
	}
	return w
}

// measure gives 1, wider than any letter, for one that the font has not: another font will draw it.
func (f *face) measure(r rune) float32 {
	const ppem = 1000
	if f.font == nil {
		return 1
	}
	glyph, err := f.font.GlyphIndex(&f.buffer, r)
	if err != nil || glyph == 0 {
		return 1
	}
	advance, err := f.font.GlyphAdvance(&f.buffer, glyph, fixed.I(ppem), font.HintingNone)
	if err != nil {
		return 1
	}
	return float32(advance) / 64 / ppem
}

func textWidth(t *canvas.Text, s string) float32 {
	size, _ := fyne.CurrentApp().Driver().RenderedTextSize(s, t.TextSize, t.TextStyle, t.FontSource)
	return size.Width
}

// box is a rounded rectangle that follows the theme.
type box struct {
	widget.BaseWidget
	r          *canvas.Rectangle
	fill, edge tone // edge nil = none
}

func newBox(fill, edge tone, radius float32) *box {
	b := &box{r: &canvas.Rectangle{CornerRadius: radius}, fill: fill, edge: edge}
	b.ExtendBaseWidget(b)
	b.paint()
	return b
}

func (b *box) paint() {
	p := colours()
	b.r.FillColor = b.fill(p)
	if b.edge != nil {
		b.r.StrokeColor, b.r.StrokeWidth = b.edge(p), 1
	}
}

func (b *box) Refresh()                            { b.paint(); b.BaseWidget.Refresh() }
func (b *box) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(b.r) }

// pad puts space around an object: left, top, right, bottom.
func pad(l, t, r, b float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedLayout(t, b, l, r), o)
}

// gap is empty space of one size both ways.
func gap(size float32) fyne.CanvasObject {
	r := canvas.NewRectangle(color.Transparent)
	r.SetMinSize(fyne.NewSquareSize(size))
	return r
}

// row lays objects side by side with space between them; column one below the other.
func row(space float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedHBoxLayout(space), objects...)
}

func column(space float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedVBoxLayout(space), objects...)
}

// middle keeps an object at its own height, half-way.
func middle(o fyne.CanvasObject) *fyne.Container { return container.New(halfWay{}, o) }

type halfWay struct{}

func (halfWay) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }

func (halfWay) Layout(o []fyne.CanvasObject, size fyne.Size) {
	h := o[0].MinSize().Height
	o[0].Resize(fyne.NewSize(size.Width, h))
	o[0].Move(place(0, (size.Height-h)/2))
}

// place is a position at whole units. Between two pixels text is blurred.
func place(x, y float32) fyne.Position {
	return fyne.NewPos(float32(math.Round(float64(x))), float32(math.Round(float64(y))))
}

func ceil(v float32) float32 { return float32(math.Ceil(float64(v))) }
