package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// exitListWidget is Fyne's list with keys of its own: an arrow moves the selection itself, so that map and card follow.
type exitListWidget struct {
	widget.List
	x       *exits
	focused bool
	heads   []int // the rows that are headings
}

func newExitListWidget(x *exits) *exitListWidget {
	l := &exitListWidget{x: x}
	l.Length = func() int { return len(x.shown) }
	l.CreateItem = func() fyne.CanvasObject { return newExitRow() }
	l.UpdateItem = x.bind
	l.OnSelected = x.selected
	l.HideSeparators = true
	l.ExtendBaseWidget(l)
	return l
}

func (l *exitListWidget) FocusGained() {
	l.focused = true
	if i := l.x.indexOf(l.x.chosen); i < 0 && len(l.x.shown) > 0 {
		l.Select(l.next(-1, 1))
	}
	l.Refresh()
}

func (l *exitListWidget) FocusLost() {
	l.focused = false
	l.Refresh()
}

func (l *exitListWidget) TypedKey(k *fyne.KeyEvent) {
	x := l.x
	if len(x.shown) == 0 {
		return
	}
	i := x.indexOf(x.chosen)
	page := max(int(l.Size().Height/rowHeight)-1, 1)
	switch k.Name {
	case fyne.KeyUp:
		if i <= 0 || l.next(i, -1) == i {
			l.ScrollToTop()
			l.focusSearch()
			return
		}
		l.Select(l.next(i, -1))
	case fyne.KeyDown:
		l.Select(l.next(i, 1))
	case fyne.KeyPageUp:
		l.Select(l.next(max(i-page, 0)+1, -1))
	case fyne.KeyPageDown:
		l.Select(l.next(min(i+page, len(x.shown)-1)-1, 1))
	case fyne.KeyHome:
		l.ScrollToTop()
		l.Select(l.next(-1, 1))
	case fyne.KeyEnd:
		l.Select(len(x.shown) - 1)
	case fyne.KeyReturn, fyne.KeyEnter:
		if i >= 0 {
			x.connect(x.shown[i].target())
		}
	case fyne.KeySpace:
		if i >= 0 {
			x.toggleFavourite(x.shown[i].Country.Code)
		}
	case fyne.KeyRight, fyne.KeyLeft:
		if i >= 0 && x.shown[i].Proposal == nil && x.open[x.shown[i].Country.Code] != (k.Name == fyne.KeyRight) {
			x.toggleOpen(x.shown[i].Country.Code)
		}
	case fyne.KeyEscape:
		x.search.SetText("")
		l.focusSearch()
	default:
		unusedKey(k)
	}
}

// next is the nearest row from i on in a direction that is no heading; i, if there is none.
func (l *exitListWidget) next(i, by int) int {
	for j := i + by; j >= 0 && j < len(l.x.shown); j += by {
		if l.x.shown[j].head == "" {
			return j
		}
	}
	if i < 0 || i >= len(l.x.shown) || l.x.shown[i].head != "" {
		return l.next(-1, 1)
	}
	return i
}

// setHeads makes headings lower than other rows, and what was one as high again.
func (l *exitListWidget) setHeads() {
	heads := l.heads[:0]
	for _, i := range l.heads {
		if i >= len(l.x.shown) || l.x.shown[i].head == "" {
			l.SetItemHeight(i, rowHeight)
		}
	}
	for i := range l.x.shown {
		if l.x.shown[i].head != "" {
			l.SetItemHeight(i, headHeight)
			heads = append(heads, i)
		}
	}
	l.heads = heads
}

const headHeight = 26

// TypedRune lets a letter typed while the list has the focus start a search.
func (l *exitListWidget) TypedRune(r rune) {
	if r == ' ' {
		return
	}
	l.focusSearch()
	l.x.search.TypedRune(r)
}

func (l *exitListWidget) focusSearch() {
	focusOn(l.x.search)
}
