package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"github.com/mysteriumvpn/desktop/assets"
)

// pressable is what all our buttons share: mouse, keyboard, focus. The widget that embeds it draws hover, focused and
// off in its renderer.
type pressable struct {
	widget.BaseWidget
	onPress        func()
	hover, focused bool
	off            bool   // cannot be pressed now; it keeps its place in the tab order
	onFocus        func() // the focus came here; nil = nothing
}

func (p *pressable) press() {
	if !p.off {
		p.onPress()
	}
}

func (p *pressable) Tapped(*fyne.PointEvent)        { p.press() }
func (p *pressable) MouseIn(*desktop.MouseEvent)    { p.hover = true; p.Refresh() }
func (p *pressable) MouseMoved(*desktop.MouseEvent) {}
func (p *pressable) MouseOut()                      { p.hover = false; p.Refresh() }
func (p *pressable) FocusLost()                     { p.focused = false; p.Refresh() }
func (p *pressable) TypedRune(rune)                 {}

func (p *pressable) FocusGained() {
	p.focused = true
	p.Refresh()
	if p.onFocus != nil {
		p.onFocus()
	}
}

func (p *pressable) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		p.press()
	default:
		unusedKey(e)
	}
}

func (p *pressable) Cursor() desktop.Cursor {
	if p.off {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}

// pill is a rounded button with an icon, a word, or both.
type pill struct {
	pressable
	icon, text string
	loud       bool // filled with the primary colour
	danger     bool // and loud: filled with the one for what cannot be taken back
	bare       bool // no ground until the mouse is over it
	tall       bool // larger than others: there is one way on
	tip        string
	size       float32
	tone       tone // of a quiet pill's icon and word
}

// newPill makes a quiet pill.
func newPill(icon, text string, onPress func()) *pill {
	b := &pill{icon: icon, text: text, size: 12, tone: inkTone}
	b.onPress = onPress
	b.ExtendBaseWidget(b)
	return b
}

// newLoudPill makes one that asks to be pressed; newIconButton one that is an icon only.
func newLoudPill(icon, text string, onPress func()) *pill {
	b := newPill(icon, text, onPress)
	b.loud = true
	return b
}

func newIconButton(icon string, onPress func()) *pill {
	b := newPill(icon, "", onPress)
	b.bare, b.tone = true, mutedTone
	return b
}

func (b *pill) set(icon, text string) {
	if b.icon != icon || b.text != text {
		b.icon, b.text = icon, text
		b.Refresh()
	}
}

func (b *pill) CreateRenderer() fyne.WidgetRenderer {
	r := &pillRenderer{b: b, ground: &canvas.Rectangle{}, img: &canvas.Image{FillMode: canvas.ImageFillContain}, text: newText(b.size, assets.Medium), tip: newTip()}
	r.Refresh()
	return r
}

type pillRenderer struct {
	b      *pill
	ground *canvas.Rectangle
	img    *canvas.Image
	text   *canvas.Text
	tip    tip
}

func (r *pillRenderer) Destroy() {}

func (r *pillRenderer) Objects() []fyne.CanvasObject {
	if r.b.tip == "" {
		return []fyne.CanvasObject{r.ground, r.img, r.text}
	}
	return append(r.tip.objects(), r.ground, r.img, r.text)
}

func (r *pillRenderer) metrics() (icon, space, side, height float32) {
	icon, space, side, height = 14, 6, 11, 28
	if r.b.icon == "" {
		icon, space = 0, 0
	}
	if r.b.text == "" {
		icon, space, side, height = 18, 0, 7, 32
	}
	if r.b.tall {
		side, height = 16, 36
	}
	return icon, space, side, height
}

func (r *pillRenderer) MinSize() fyne.Size {
	icon, space, side, height := r.metrics()
	w := icon + space + 2*side
	if r.b.text != "" {
		size, _ := fyne.CurrentApp().Driver().RenderedTextSize(r.b.text, r.b.size, fyne.TextStyle{}, r.text.FontSource)
		w += size.Width
	}
	return fyne.NewSize(w, height)
}

func (r *pillRenderer) Layout(size fyne.Size) {
	icon, space, side, _ := r.metrics()
	r.ground.Resize(size)
	r.ground.CornerRadius = min(size.Height/2, 10)
	r.img.Resize(fyne.NewSquareSize(icon))
	r.img.Move(place(side, (size.Height-icon)/2))
	th := r.text.MinSize().Height
	r.text.Text = fitText(r.text, r.b.text, size.Width-2*side-icon-space+1)
	r.text.Move(place(side+icon+space, (size.Height-th)/2))
	r.text.Resize(fyne.NewSize(size.Width-2*side-icon-space, th))
}

func (r *pillRenderer) Refresh() {
	b, p := r.b, colours()
	fg := b.tone(p)
	var ground color.NRGBA
	switch {
	case b.loud:
		fg, ground = p.OnPrimary, p.Primary
		if b.hover {
			ground = pressedPrimary(p)
		}
		if b.danger {
			fg, ground = p.OnTrouble, p.Trouble
		}
	case b.bare && !b.hover:
		ground = alpha(p.Raised, 0)
	default:
		ground = p.Raised
		if b.hover && !b.bare {
			ground = blend(p.Raised, p.Ink, 0.08)
		}
	}
	if b.bare && b.hover {
		fg = p.Ink
	}
	r.ground.FillColor = ground
	r.ground.StrokeWidth = 0
	if b.focused {
		r.ground.StrokeColor, r.ground.StrokeWidth = p.Link, 2
	}
	r.text.Text, r.text.Color = b.text, fg
	r.img.Hidden = b.icon == ""
	if b.icon != "" {
		setTint(r.img, b.icon, fg)
	}
	r.Layout(b.Size())
	canvas.Refresh(r.ground)
	canvas.Refresh(r.text)
	if b.tip != "" && (b.hover || b.focused) {
		r.tip.draw(b.tip, b.Size())
	} else {
		r.tip.draw("", b.Size())
	}
}

// pressedPrimary is the loud button's ground under the mouse: darker, so that the word on it stays readable.
func pressedPrimary(p *Palette) color.NRGBA { return blend(p.Primary, hex(0x000000), 0.14) }

// blend mixes part of b into a; a keeps its alpha.
func blend(a, b color.NRGBA, part float64) color.NRGBA {
	mix := func(x, y uint8) uint8 { return uint8(float64(x)*(1-part) + float64(y)*part + 0.5) }
	return color.NRGBA{R: mix(a.R, b.R), G: mix(a.G, b.G), B: mix(a.B, b.B), A: a.A}
}

// segments is a row of choices of which one is taken.
type segments struct {
	pressable
	words  []string
	chosen int
	over   int
	barred int // one that cannot be chosen now; 0, the first, always can
	pick   func(int)
	typed  func(*fyne.KeyEvent) // keys that mean nothing to the segments; nil = they are the window's
}

func newSegments(pick func(int), words ...string) *segments {
	s := &segments{words: words, pick: pick, over: -1}
	s.onPress = func() {}
	s.ExtendBaseWidget(s)
	return s
}

func (s *segments) at(x float32) int {
	return max(0, min(len(s.words)-1, int(x/(s.Size().Width/float32(len(s.words))))))
}

func (s *segments) choose(i int) {
	if i < 0 || i >= len(s.words) || i == s.chosen || i > 0 && i == s.barred {
		return
	}
	s.chosen = i
	s.Refresh()
	s.pick(i)
}

// show moves the choice without telling anybody.
func (s *segments) show(i int) {
	if i != s.chosen {
		s.chosen = i
		s.Refresh()
	}
}

func (s *segments) Tapped(e *fyne.PointEvent)     { s.choose(s.at(e.Position.X)) }
func (s *segments) MouseIn(e *desktop.MouseEvent) { s.MouseMoved(e) }
func (s *segments) MouseOut()                     { s.over = -1; s.Refresh() }
func (s *segments) MouseMoved(e *desktop.MouseEvent) {
	if i := s.at(e.Position.X); i != s.over {
		s.over = i
		s.Refresh()
	}
}

func (s *segments) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyLeft:
		s.choose(s.chosen - 1)
	case fyne.KeyRight:
		s.choose(s.chosen + 1)
	default:
		if s.typed != nil {
			s.typed(e)
			return
		}
		unusedKey(e)
	}
}

func (s *segments) CreateRenderer() fyne.WidgetRenderer {
	r := &segmentsRenderer{s: s, ground: &canvas.Rectangle{CornerRadius: 10}, thumb: &canvas.Rectangle{CornerRadius: 7}}
	for range s.words {
		t := newText(12, assets.Medium)
		t.Alignment = fyne.TextAlignCenter
		r.texts = append(r.texts, t)
	}
	r.Refresh()
	return r
}

type segmentsRenderer struct {
	s             *segments
	ground, thumb *canvas.Rectangle
	texts         []*canvas.Text
}

func (r *segmentsRenderer) Destroy()           {}
func (r *segmentsRenderer) MinSize() fyne.Size { return fyne.NewSize(200, 34) }

func (r *segmentsRenderer) Objects() []fyne.CanvasObject {
	objects := []fyne.CanvasObject{r.ground, r.thumb}
	for _, t := range r.texts {
		objects = append(objects, t)
	}
	return objects
}

func (r *segmentsRenderer) Layout(size fyne.Size) {
	w := size.Width / float32(len(r.texts))
	r.ground.Resize(size)
	r.thumb.Move(place(w*float32(r.s.chosen)+3, 3))
	r.thumb.Resize(fyne.NewSize(w-6, size.Height-6))
	for i, t := range r.texts {
		t.Text = fitText(t, r.s.words[i], w-10)
		h := t.MinSize().Height
		t.Move(place(w*float32(i), (size.Height-h)/2))
		t.Resize(fyne.NewSize(w, h))
	}
}

func (r *segmentsRenderer) Refresh() {
	p := colours()
	r.ground.FillColor = p.Field
	r.ground.StrokeWidth = 0
	if r.s.focused {
		r.ground.StrokeColor, r.ground.StrokeWidth = p.Link, 2
	}
	r.thumb.FillColor = p.Raised
	for i, t := range r.texts {
		t.Color = p.Muted
		switch {
		case i > 0 && i == r.s.barred:
			t.Color = blend(p.Field, p.Muted, 0.5)
		case i == r.s.chosen || i == r.s.over:
			t.Color = p.Ink
		}
	}
	r.Layout(r.s.Size())
	for _, o := range r.Objects() {
		canvas.Refresh(o)
	}
}
