package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
)

type colour = color.NRGBA

// tail lays out a first object at its own width and a second that takes what is left.
type tail struct{ space, base float32 }

func (l *tail) MinSize(o []fyne.CanvasObject) fyne.Size {
	a, b := o[0].MinSize(), o[1].MinSize()
	return fyne.NewSize(a.Width+l.space+min(b.Width, 20), max(a.Height, b.Height))
}

func (l *tail) Layout(o []fyne.CanvasObject, size fyne.Size) {
	w := min(o[0].MinSize().Width, size.Width)
	o[0].Resize(fyne.NewSize(w, size.Height))
	o[0].Move(fyne.NewPos(0, 0))
	h := o[1].MinSize().Height
	y := (size.Height - h) / 2
	if l.base > 0 {
		y = size.Height - h - l.base
	}
	o[1].Move(fyne.NewPos(w+l.space, y))
	o[1].Resize(fyne.NewSize(max(size.Width-w-l.space, 0), h))
}

// asFit lays out as many objects side by side as there is room for and leaves the rest out.
type asFit struct{ space float32 }

func (l *asFit) MinSize(o []fyne.CanvasObject) fyne.Size {
	h := float32(0)
	for _, x := range o {
		h = max(h, x.MinSize().Height)
	}
	return fyne.NewSize(60, h)
}

func (l *asFit) Layout(o []fyne.CanvasObject, size fyne.Size) {
	x := float32(0)
	for i, it := range o {
		if !it.Visible() {
			continue
		}
		m := it.MinSize()
		if x+m.Width > size.Width && x > 0 {
			it.Move(fyne.NewPos(-10_000, 0)) // Hidden belongs to whoever draws it
			continue
		}
		_ = i
		it.Resize(fyne.NewSize(min(m.Width, size.Width), m.Height))
		it.Move(fyne.NewPos(x, (size.Height-m.Height)/2))
		x += m.Width + l.space
	}
}

// cardLayout has the button left, the words next, and the graph right where there is room for it.
type cardLayout struct{}

func (cardLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(330, cardHeight) }

func (cardLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	const side, graph = 16, 262
	power, text, right := o[0], o[1], o[2]
	pm := power.MinSize()
	power.Resize(pm)
	power.Move(fyne.NewPos(side-4, (size.Height-pm.Height)/2))
	x := side + pm.Width + 10
	w := size.Width - x - side - 4
	if w > graph+190 {
		right.Show()
		right.Resize(fyne.NewSize(graph, size.Height-2*side-2))
		right.Move(fyne.NewPos(size.Width-graph-side-6, side))
		w -= graph + 24
	} else {
		right.Hide()
	}
	text.Resize(fyne.NewSize(w, size.Height-2*10))
	text.Move(fyne.NewPos(x, 10))
}

// floating puts the last object on boxes that grow from first to last but one: a soft shadow, then the card itself.
type floating struct{}

func (floating) MinSize(o []fyne.CanvasObject) fyne.Size { return o[len(o)-1].MinSize() }

func (floating) Layout(o []fyne.CanvasObject, size fyne.Size) {
	for i, x := range o {
		grow := float32(0)
		if i < len(o)-2 {
			grow = float32(3 * (len(o) - 2 - i))
		}
		x.Resize(fyne.NewSize(size.Width+2*grow, size.Height+2*grow))
		x.Move(fyne.NewPos(-grow, -grow+grow/2))
	}
}

// twoPanes has the sidebar left and everything else right. The sidebar is narrower in a narrow window.
type twoPanes struct{}

const narrowWindow = 900

func (twoPanes) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(720, 520) }

func (twoPanes) Layout(o []fyne.CanvasObject, size fyne.Size) {
	w := float32(332)
	if size.Width < narrowWindow {
		w = 288
	}
	o[0].Resize(fyne.NewSize(w, size.Height))
	o[0].Move(fyne.NewPos(0, 0))
	o[1].Resize(fyne.NewSize(size.Width-w, size.Height))
	o[1].Move(fyne.NewPos(w, 0))
}
