package ui

import "fyne.io/fyne/v2"

// essay lays texts and other things one below the other, each as high as its width asks for, in a column that is not too
// wide to be read.
type essay struct {
	side  float32 // least space left and right
	parts []essayPart
	width float32
	high  float32
}

type essayPart struct {
	o     fyne.CanvasObject
	above float32
	high  func(width float32) float32
}

// The measures of the first start.
const (
	welcomeSide = 36
	essayMost   = 560 // longer lines are hard to read
)

// add puts a text or a label below what is there, with space above it.
func (e *essay) add(above float32, o fyne.CanvasObject) {
	high := func(float32) float32 { return o.MinSize().Height }
	if p, ok := o.(*prose); ok {
		high = p.heightFor
	}
	e.put(above, o, high)
}

// put adds anything that can tell its height for a width.
func (e *essay) put(above float32, o fyne.CanvasObject, high func(width float32) float32) {
	e.parts = append(e.parts, essayPart{o, above, high})
}

func (e *essay) objects() []fyne.CanvasObject {
	out := make([]fyne.CanvasObject, len(e.parts))
	for i := range e.parts {
		out[i] = e.parts[i].o
	}
	return out
}

func (e *essay) arrange() {
	x, w := columnIn(e.width, e.side)
	y := float32(0)
	for _, p := range e.parts {
		y += p.above
		h := p.high(w)
		put(p.o, x, y, w, h)
		y += h
	}
	e.high = y
}

// columnIn is where a readable column stands in a width.
func columnIn(width, side float32) (x, w float32) {
	w = min(width-2*side, essayMost)
	return max(side, (width-w)/2), w
}

func (e *essay) MinSize([]fyne.CanvasObject) fyne.Size {
	e.arrange()
	return fyne.NewSize(200, e.high)
}

func (e *essay) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	e.width = size.Width
	e.arrange()
}

// stepLayout has a step's heading above, its buttons below, and between them what can be scrolled. The texts learn their
// width before they are asked for their height.
type stepLayout struct{ head, body *essay }

func (stepLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(320, 300) }

func (l *stepLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	const space = 18
	head, scroll, hair, buttons := o[0], o[1], o[2], o[3]
	x, w := columnIn(size.Width, welcomeSide)
	top := float32(44)
	if size.Height < 600 {
		top = 26
	}
	l.head.width, l.body.width = size.Width, size.Width
	l.head.arrange()
	put(head, 0, top, size.Width, l.head.high)
	top += l.head.high + space
	high := buttons.MinSize().Height
	foot := size.Height - high - 24
	put(buttons, x, foot, w, high)
	put(hair, x, foot-space+2, w, 1)
	put(scroll, 0, top, size.Width, foot-space-top)
}
