package ui

import "fyne.io/fyne/v2"

// overMap lays out what floats on the map, and tells the map how much of it is covered.
type overMap struct{ w *Window }

func (overMap) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(400, 400) }

func (l *overMap) Layout(o []fyne.CanvasObject, size fyne.Size) {
	const margin = 18
	banner, wide, notice, card := o[0], o[1], o[2], o[3]
	width := min(size.Width-2*margin, 900)
	left := (size.Width - width) / 2
	word := l.w.farWord()
	if size.Width < 600 {
		word = ""
	}
	l.w.wide.set(l.w.wide.icon, word)
	wm := wide.MinSize()
	wide.Resize(wm)
	wide.Move(place(size.Width-margin-wm.Width, margin+2))
	banner.Resize(l.w.banner.size(size.Width - 3*margin - wm.Width))
	banner.Move(place(margin, margin))
	tall := min(l.w.card.height(width), size.Height-2*margin)
	card.Resize(fyne.NewSize(width, tall))
	card.Move(place(left, size.Height-margin-tall))
	notice.Resize(fyne.NewSize(width, notice.MinSize().Height))
	notice.Resize(fyne.NewSize(width, notice.MinSize().Height))
	notice.Move(place(left, size.Height-margin-tall-10-notice.MinSize().Height))
	room := insets{left: 8, top: 62, right: 8, bottom: margin + cardHeight + 14}
	if size.Height-tall > 320 {
		room.bottom = margin + tall + 14
	}
	below := plate{left, size.Height - margin - tall, width, tall}
	if l.w.world.room != room || l.w.world.card != below {
		l.w.world.room, l.w.world.card = room, below
		l.w.world.Refresh()
	}
}

// ruled has a hairline above an object.
type ruled struct{}

func (ruled) MinSize(o []fyne.CanvasObject) fyne.Size { return o[1].MinSize().AddWidthHeight(0, 1) }
func (ruled) Layout(o []fyne.CanvasObject, size fyne.Size) {
	o[0].Resize(fyne.NewSize(size.Width, 1))
	o[0].Move(place(0, 0))
	o[1].Resize(fyne.NewSize(size.Width, size.Height-1))
	o[1].Move(place(0, 1))
}
