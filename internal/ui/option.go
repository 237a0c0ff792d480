package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/mysteriumvpn/desktop/assets"
)

// option is one of a few large choices of which one is taken, told by the dot in its ring and not by colour alone.
type option struct {
	pressable
	icon  string
	name  string
	about *prose
	note  string // why it cannot be taken, where it is off
	taken bool
	box   bool // stands alone and may be left: a box with a check in place of the ring with the dot
}

func newOption(icon, name, about string, take func()) *option {
	o := &option{icon: icon, name: name, about: newProse(about, 12.5, mutedTone)}
	o.onPress = take
	o.ExtendBaseWidget(o)
	return o
}

// newBoxOption makes one that may be taken or left.
func newBoxOption(icon, name, about string, flip func()) *option {
	o := newOption(icon, name, about, flip)
	o.box = true
	return o
}

func (o *option) set(taken bool) {
	if o.taken != taken {
		o.taken = taken
		o.Refresh()
	}
}

const (
	optionSide = 16
	optionText = 62 // where the words begin
	optionRing = 20
)

// heightFor is the height that the option needs in a width.
func (o *option) heightFor(width float32) float32 {
	h := 14 + 20 + 2 + o.about.heightFor(width-optionText-optionSide-optionRing-12) + 14
	if o.note != "" {
		h += 20
	}
	return h
}

func (o *option) CreateRenderer() fyne.WidgetRenderer {
	r := &optionRenderer{
		o: o, ground: &canvas.Rectangle{CornerRadius: 14}, img: &canvas.Image{FillMode: canvas.ImageFillContain},
		name: newText(14, assets.SemiBold), note: newText(12, assets.Medium), ring: &canvas.Circle{}, dot: &canvas.Circle{},
		box: &canvas.Rectangle{CornerRadius: 5}, check: &canvas.Image{FillMode: canvas.ImageFillContain},
	}
	r.Refresh()
	return r
}

type optionRenderer struct {
	o          *option
	ground     *canvas.Rectangle
	img        *canvas.Image
	name, note *canvas.Text
	ring, dot  *canvas.Circle
	box        *canvas.Rectangle
	check      *canvas.Image
}

func (r *optionRenderer) Destroy()           {}
func (r *optionRenderer) MinSize() fyne.Size { return fyne.NewSize(240, 80) }
func (r *optionRenderer) Objects() []fyne.CanvasObject {
	if r.o.box {
		return []fyne.CanvasObject{r.ground, r.img, r.name, r.o.about, r.note, r.box, r.check}
	}
	return []fyne.CanvasObject{r.ground, r.img, r.name, r.o.about, r.note, r.ring, r.dot}
}

func (r *optionRenderer) Layout(size fyne.Size) {
	r.ground.Resize(size)
	put(r.img, optionSide+4, (size.Height-24)/2, 24, 24)
	w := size.Width - optionText - optionSide - optionRing - 12
	put(r.name, optionText, 14, w, 20)
	h := r.o.about.heightFor(w)
	put(r.o.about, optionText, 36, w, h)
	put(r.note, optionText, 36+h+3, w, 17)
	c := place(size.Width-optionSide-optionRing/2, size.Height/2)
	centred(r.ring, c, optionRing/2)
	centred(r.dot, c, 5)
	put(r.box, c.X-optionRing/2, c.Y-optionRing/2, optionRing, optionRing)
	put(r.check, c.X-7, c.Y-7, 14, 14)
}

func (r *optionRenderer) Refresh() {
	o, p := r.o, colours()
	r.ground.FillColor, r.ground.StrokeColor, r.ground.StrokeWidth = p.Card, p.Edge, 1
	switch {
	case o.focused:
		r.ground.StrokeColor, r.ground.StrokeWidth = p.Link, 2
	case o.taken:
		r.ground.StrokeColor, r.ground.StrokeWidth = p.Primary, 2
	}
	if o.hover && !o.off {
		r.ground.FillColor = blend(p.Card, p.Ink, 0.05)
	}
	ink, mark := p.Ink, p.Muted
	if o.taken {
		mark = p.Link
	}
	if o.off {
		ink = p.Muted
	}
	r.name.Text, r.name.Color = o.name, ink
	r.note.Text, r.note.Color, r.note.Hidden = o.note, p.Busy, o.note == ""
	r.ring.FillColor, r.ring.StrokeColor, r.ring.StrokeWidth = alpha(p.Card, 0), mark, 1.5
	r.dot.FillColor, r.dot.Hidden = p.Link, !o.taken
	r.ring.Hidden = o.off
	r.box.FillColor, r.box.StrokeColor, r.box.StrokeWidth = alpha(p.Card, 0), mark, 1.5
	if o.taken {
		r.box.FillColor, r.box.StrokeColor = p.Primary, p.Primary
	}
	r.check.Hidden = !o.taken
	setTint(r.check, "check", p.OnPrimary)
	setTint(r.img, o.icon, mark)
	r.Layout(o.Size())
	for _, x := range r.Objects() {
		if x != fyne.CanvasObject(o.about) {
			canvas.Refresh(x)
		}
	}
	o.about.Refresh()
}
