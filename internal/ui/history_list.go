package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// historyListWidget is Fyne's list with keys of its own: an arrow selects a connection, so that the foot shows it.
type historyListWidget struct {
	widget.List
	page    *connectionsPage
	focused bool
	at      int // what is selected; -1 = nothing
}

func newHistoryListWidget(h *connectionsPage) *historyListWidget {
	l := &historyListWidget{page: h, at: -1}
	l.Length = func() int { return len(h.shown) }
	l.CreateItem = func() fyne.CanvasObject { return newHistoryRow() }
	l.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) {
		if i < len(h.shown) {
			o.(*historyRow).set(h.shown[i].Entry, h.now())
		}
	}
	l.OnSelected = func(i widget.ListItemID) {
		l.at = i
		h.foot.show(h.shown[i].Entry, h.now().Location())
		h.canvas.Refresh()
		l.ScrollTo(i)
		if !l.focused {
			focusOn(l)
		}
	}
	l.OnUnselected = func(widget.ListItemID) {
		l.at = -1
		h.foot.canvas.Hide()
		h.canvas.Refresh()
	}
	l.HideSeparators = true
	l.ExtendBaseWidget(l)
	return l
}

func (l *historyListWidget) FocusGained() { l.focused = true; l.page.frame.Refresh() }
func (l *historyListWidget) FocusLost()   { l.focused = false; l.page.frame.Refresh() }

func (l *historyListWidget) TypedKey(k *fyne.KeyEvent) {
	last := len(l.page.shown) - 1
	if last < 0 {
		unusedKey(k)
		return
	}
	sight := max(int(l.Size().Height/rowHeight)-1, 1)
	switch k.Name {
	case fyne.KeyUp:
		l.Select(max(l.at-1, 0))
	case fyne.KeyDown:
		l.Select(min(l.at+1, last))
	case fyne.KeyPageUp:
		l.Select(max(l.at-sight, 0))
	case fyne.KeyPageDown:
		l.Select(min(l.at+sight, last))
	case fyne.KeyHome:
		l.Select(0)
	case fyne.KeyEnd:
		l.Select(last)
	case fyne.KeyEscape:
		if l.at < 0 {
			unusedKey(k)
			return
		}
		l.UnselectAll()
	default:
		unusedKey(k)
	}
}
