package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
)

type colour = color.NRGBA

// tail lays out a first object at its own width and a second that takes what is left.
type tail struct{ space, base float32 }

// newTail makes the container. A label whose text changes has the two laid out again, which Fyne does not do by itself.
func newTail(space, base float32, first, second fyne.CanvasObject) *fyne.Container {
	l := &tail{space, base}
	c := container.New(l, first, second)
	for _, o := range c.Objects {
		if x, ok := o.(*label); ok {
			x.grew = func() { l.Layout(c.Objects, c.Size()) }
		}
	}
	return c
}

func (l *tail) MinSize(o []fyne.CanvasObject) fyne.Size {
	a, b := o[0].MinSize(), o[1].MinSize()
	return fyne.NewSize(a.Width+l.space+min(b.Width, 20), max(a.Height, b.Height))
}

func (l *tail) Layout(o []fyne.CanvasObject, size fyne.Size) {
	w := min(o[0].MinSize().Width, size.Width)
	o[0].Resize(fyne.NewSize(w, size.Height))
	o[0].Move(place(0, 0))
	h := o[1].MinSize().Height
	y := (size.Height - h) / 2
	if l.base > 0 {
		y = size.Height - h - l.base
	}
	o[1].Move(place(w+l.space, y))
	o[1].Resize(fyne.NewSize(max(size.Width-w-l.space, 0), h))
}

// atRight puts an object of its own size at the right end, half-way.
type atRight struct{ space float32 }

func (*atRight) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

func (l *atRight) Layout(o []fyne.CanvasObject, size fyne.Size) {
	m := o[0].MinSize()
	o[0].Resize(m)
	o[0].Move(place(size.Width-m.Width-l.space, (size.Height-m.Height)/2))
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
	const give = 130 // what the widest may lose before another one is left out
	x, all, widest := float32(0), -l.space, float32(0)
	for _, it := range o {
		if it.Visible() {
			w := it.MinSize().Width
			all, widest = all+w+l.space, max(widest, w)
		}
	}
	less := max(all-size.Width, 0)
	if widest < 170 || less > give {
		less = 0 // it would not be enough
	}
	for _, it := range o {
		if !it.Visible() {
			continue
		}
		m := it.MinSize()
		if m.Width == widest {
			m.Width -= less
			less = 0
		}
		if x+m.Width > size.Width && x > 0 {
			it.Move(place(-10_000, 0)) // Hidden belongs to whoever draws it
			continue
		}
		it.Resize(fyne.NewSize(min(m.Width, size.Width), m.Height))
		it.Move(place(x, (size.Height-m.Height)/2))
		x += m.Width + l.space
	}
}

// cardLayout has the button left, the words next, and the graph right where there is room for it.
type cardLayout struct{ card *card }

func (*cardLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(330, cardHeight) }

func (l *cardLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	const side, graph = 16, 284
	power, text, right := o[0], o[1], o[2]
	pm := power.MinSize()
	power.Resize(pm)
	power.Move(place(side-4, (size.Height-pm.Height)/2))
	x := side + pm.Width + 10
	w := size.Width - x - side - 4
	if narrow := w <= graph+190; narrow != l.card.narrow {
		l.card.narrow = narrow
		l.card.drawDetail()
		l.card.drawToggle()
	}
	if !l.card.narrow {
		right.Show()
		right.Resize(fyne.NewSize(graph, size.Height-2*side-2))
		right.Move(place(size.Width-graph-side-6, side))
		w -= graph + 24
	} else {
		right.Hide()
	}
	text.Resize(fyne.NewSize(w, size.Height-2*10))
	text.Move(place(x, 10))
}

// topFirst is Fyne's border container, but that the Tab key walks it in reading order. Fyne's begins in the middle.
func topFirst(top, bottom, left, right, centre fyne.CanvasObject) *fyne.Container {
	c := container.New(layout.NewBorderLayout(top, bottom, left, right))
	for _, o := range []fyne.CanvasObject{top, left, centre, right, bottom} {
		if o != nil {
			c.Add(o)
		}
	}
	return c
}

// unfolded has the card's body at the foot and what unfolds from it above.
type unfolded struct{}

func (unfolded) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(330, cardHeight) }

func (unfolded) Layout(o []fyne.CanvasObject, size fyne.Size) {
	o[0].Resize(fyne.NewSize(size.Width, cardHeight))
	o[0].Move(place(0, size.Height-cardHeight))
	o[1].Resize(fyne.NewSize(size.Width, size.Height-cardHeight))
	o[1].Move(place(0, 0))
}

// onCard puts an object on a card. The card's shadow is part of the map's picture.
func onCard(radius float32, body fyne.CanvasObject) *fyne.Container {
	return container.NewStack(newBox(func(p *Palette) colour { return p.Card }, func(p *Palette) colour { return p.Edge }, radius), body)
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
	o[0].Move(place(0, 0))
	o[1].Resize(fyne.NewSize(size.Width-w, size.Height))
	o[1].Move(place(w, 0))
}
