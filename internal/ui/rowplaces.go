package ui

import (
	"fyne.io/fyne/v2"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// What lies along a row: text from textLeft on, and from the right edge the chevron, then price or button, then the star.
const (
	textLeft     = 54
	chevronWidth = 32
	priceWidth   = 48
	twoPrices    = 104 // per GiB and per hour
	edgeWidth    = 10  // at the right of an offer, which has no chevron
	headLeft     = 14
	actWidth     = 72
	starWidth    = 26
)

func (r *exitRow) textRoom(w float32) float32 {
	room := w - textLeft - r.edge() - 6
	switch {
	case r.bearing.chosen && r.bearing.phase == vpn.Down:
		room -= actWidth
	case r.shown.nested:
		room -= twoPrices
	default:
		room -= priceWidth
	}
	if !r.star.Hidden {
		room -= starWidth
	}
	return max(room, 40)
}

// edge is how much of a row's right end the chevron takes.
func (r *exitRow) edge() float32 {
	if r.shown.nested {
		return edgeWidth
	}
	return chevronWidth
}

func (r *exitRow) arrange(size fyne.Size) {
	w, h := size.Width, size.Height
	if w == 0 {
		return
	}
	if r.shown.head != "" {
		r.sub.Move(place(headLeft, h-20))
		r.sub.Resize(fyne.NewSize(w-headLeft, 16))
		return
	}
	r.ring.Resize(fyne.NewSize(w-6, h-6))
	r.ring.Move(place(3, 3))
	r.mark.Resize(fyne.NewSize(3, h-20))
	r.mark.Move(place(2, 10))
	r.flag.Resize(fyne.NewSquareSize(28))
	r.flag.Move(place(14, (h-28)/2))
	r.kind.Resize(fyne.NewSquareSize(16))
	r.kind.Move(place(20, (h-16)/2)) // where a flag would be
	if r.shown.nested {
		r.kind.Move(place(26, (h-16)/2))
	}
	room := r.textRoom(w)
	r.name.Move(place(textLeft, 7))
	r.name.Resize(fyne.NewSize(room, 18))
	r.sub.Move(place(textLeft, h-24))
	r.sub.Resize(fyne.NewSize(room, 16))
	r.note.Move(place(textLeft+r.noteAt, 9))
	r.note.Resize(fyne.NewSize(room, 16))
	right := w - r.edge() - 4
	price := float32(priceWidth)
	if r.shown.nested {
		price = twoPrices
	}
	r.price.Move(place(right-price, h-24))
	r.price.Resize(fyne.NewSize(price, 16))
	for i, bar := range r.bars {
		bh := float32(4 + 3*i)
		bar.Resize(fyne.NewSize(3, bh))
		bar.Move(place(right-18+float32(i)*5, 23-bh))
	}
	r.open.Resize(fyne.NewSize(28, h))
	r.open.Move(place(w-32, 0))
	r.act.Resize(fyne.NewSize(actWidth, 28))
	r.act.Move(place(right-actWidth, (h-28)/2))
	star := right - priceWidth - starWidth
	if !r.act.Hidden {
		star = right - actWidth - starWidth
	}
	r.star.Resize(fyne.NewSize(24, h))
	r.star.Move(place(star, 0))
}
