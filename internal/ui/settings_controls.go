package ui

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"github.com/mysteriumvpn/desktop/assets"
)

// toggle is a switch: on or off, told by where its knob is and not by colour alone.
type toggle struct {
	pressable
	on bool
}

// newToggle makes one. flip gets what the user wants; the toggle moves when it is set.
func newToggle(flip func(on bool)) *toggle {
	t := &toggle{}
	t.onPress = func() { flip(!t.on) }
	t.ExtendBaseWidget(t)
	return t
}

func (t *toggle) set(on bool) {
	if t.on != on {
		t.on = on
		t.Refresh()
	}
}

// bar keeps the toggle from being switched, and shows it; it keeps its place in the tab order.
func (t *toggle) bar(off bool) {
	if t.off != off {
		t.off = off
		t.Refresh()
	}
}

func (t *toggle) CreateRenderer() fyne.WidgetRenderer {
	r := &toggleRenderer{t: t, ring: &canvas.Rectangle{CornerRadius: 15}, track: &canvas.Rectangle{CornerRadius: 12}, knob: &canvas.Circle{}, mark: &canvas.Image{FillMode: canvas.ImageFillContain}}
	r.Refresh()
	return r
}

type toggleRenderer struct {
	t           *toggle
	ring, track *canvas.Rectangle
	knob        *canvas.Circle
	mark        *canvas.Image
}

func (r *toggleRenderer) Destroy()           {}
func (r *toggleRenderer) MinSize() fyne.Size { return fyne.NewSize(50, 30) }
func (r *toggleRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ring, r.track, r.knob, r.mark}
}

func (r *toggleRenderer) Layout(size fyne.Size) {
	r.ring.Resize(size)
	r.track.Move(place(3, 3))
	r.track.Resize(fyne.NewSize(size.Width-6, size.Height-6))
	c := place(3+12, size.Height/2)
	if r.t.on {
		c = place(size.Width-3-12, size.Height/2)
	}
	centred(r.knob, c, 8)
	r.mark.Resize(fyne.NewSquareSize(12))
	r.mark.Move(place(c.X-6, c.Y-6))
}

func (r *toggleRenderer) Refresh() {
	t, p := r.t, colours()
	r.ring.FillColor = alpha(p.Link, 0)
	r.ring.StrokeColor, r.ring.StrokeWidth = p.Link, 0
	if t.focused {
		r.ring.StrokeWidth = 2
	}
	r.track.StrokeColor, r.track.StrokeWidth = p.Muted, 1.5
	r.track.FillColor, r.knob.FillColor = p.Field, p.Muted
	if t.on {
		r.track.FillColor, r.track.StrokeColor, r.knob.FillColor = p.Primary, p.Primary, p.OnPrimary
	}
	if t.hover && !t.off {
		r.track.FillColor = blend(r.track.FillColor.(colour), p.Ink, 0.08)
	}
	if t.off {
		for _, c := range []*color.Color{&r.track.FillColor, &r.track.StrokeColor, &r.knob.FillColor} {
			*c = blend(p.Card, (*c).(colour), 0.4)
		}
	}
	r.mark.Hidden = !t.on
	setTint(r.mark, "check", p.Primary)
	r.Layout(t.Size())
	for _, o := range r.Objects() {
		canvas.Refresh(o)
	}
}

// picker shows the one choice that is taken, and all of them in a menu when it is pressed.
type picker struct {
	pressable
	onPick func(int)
	words  []string
	chosen int
}

func newPicker(pick func(int), words ...string) *picker {
	p := &picker{words: words, onPick: pick}
	p.onPress = func() {
		c := fyne.CurrentApp().Driver().CanvasForObject(p)
		if c == nil {
			return
		}
		choices := make([]choice, len(p.words))
		for i, w := range p.words {
			choices[i] = choice{text: w, do: func() { c.Focus(p); p.onPick(i) }}
		}
		choices[p.chosen].icon = "check"
		dropDown(p, c, choices)
	}
	p.ExtendBaseWidget(p)
	return p
}

func (p *picker) set(i int) {
	if p.chosen != i {
		p.chosen = i
		p.Refresh()
	}
}

// rename changes the words. A choice that is not there any more becomes the first.
func (p *picker) rename(words []string) {
	if slices.Equal(p.words, words) {
		return
	}
	p.words = words
	if p.chosen >= len(words) {
		p.chosen = 0
	}
	p.Refresh()
}

func (p *picker) TypedKey(e *fyne.KeyEvent) {
	if e.Name == fyne.KeyDown || e.Name == fyne.KeyUp {
		p.press()
		return
	}
	p.pressable.TypedKey(e)
}

func (p *picker) CreateRenderer() fyne.WidgetRenderer {
	r := &pickerRenderer{p: p, ground: &canvas.Rectangle{CornerRadius: 10}, word: newText(12, assets.Medium), img: &canvas.Image{FillMode: canvas.ImageFillContain}}
	r.Refresh()
	return r
}

type pickerRenderer struct {
	p      *picker
	ground *canvas.Rectangle
	word   *canvas.Text
	img    *canvas.Image
}

func (r *pickerRenderer) Destroy()           {}
func (r *pickerRenderer) MinSize() fyne.Size { return fyne.NewSize(segmentsWide, 34) }
func (r *pickerRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.word, r.img}
}

func (r *pickerRenderer) Layout(size fyne.Size) {
	r.ground.Resize(size)
	r.word.Text = fitText(r.word, r.p.words[r.p.chosen], size.Width-46)
	h := r.word.MinSize().Height
	r.word.Resize(fyne.NewSize(size.Width-46, h))
	r.word.Move(place(14, (size.Height-h)/2))
	r.img.Resize(fyne.NewSquareSize(14))
	r.img.Move(place(size.Width-26, (size.Height-14)/2))
}

func (r *pickerRenderer) Refresh() {
	p := colours()
	r.ground.FillColor, r.ground.StrokeWidth = p.Raised, 0
	if r.p.hover {
		r.ground.FillColor = blend(p.Raised, p.Ink, 0.08)
	}
	if r.p.focused {
		r.ground.StrokeColor, r.ground.StrokeWidth = p.Link, 2
	}
	r.word.Color = p.Ink
	setTint(r.img, "chevron-down", p.Muted)
	r.Layout(r.p.Size())
	for _, o := range r.Objects() {
		canvas.Refresh(o)
	}
}

// field is where a value is typed that counts only once it is applied.
type field struct {
	widget.Entry
	shown  string // the value in force; the text differs from it while the user is at it
	keys   func(fyne.Shortcut) bool
	apply  func()
	leave  func() // Escape with nothing typed
	onSeen func()
}

func newField(hint string, apply, typed func()) *field {
	f := &field{apply: apply}
	f.ExtendBaseWidget(f)
	f.SetPlaceHolder(hint)
	f.Wrapping = fyne.TextWrapOff
	f.OnChanged = func(string) { typed() }
	return f
}

func (f *field) edited() bool { return f.Text != f.shown }

// show puts the value in force into the field, unless the user is typing another.
func (f *field) show(v string) {
	at := f.edited()
	f.shown = v
	if !at {
		f.SetText(v)
	}
}

// reset throws away what was typed.
func (f *field) reset() { f.SetText(f.shown) }

func (f *field) FocusGained() {
	f.Entry.FocusGained()
	f.onSeen()
}

func (f *field) TypedKey(k *fyne.KeyEvent) {
	switch {
	case k.Name == fyne.KeyReturn, k.Name == fyne.KeyEnter:
		f.apply()
	case k.Name == fyne.KeyEscape && f.edited():
		f.reset()
	case k.Name == fyne.KeyEscape:
		f.leave()
	default:
		f.Entry.TypedKey(k)
	}
}

// TypedShortcut hands on what is not about text: Fyne gives all shortcuts to the focused entry alone.
func (f *field) TypedShortcut(s fyne.Shortcut) {
	if c, ok := s.(*desktop.CustomShortcut); ok && f.keys(c) {
		return
	}
	f.Entry.TypedShortcut(s)
}
