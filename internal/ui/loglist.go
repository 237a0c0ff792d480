package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// logListWidget is Fyne's list with keys of its own: an arrow chooses a line, so that it is shown whole. What is chosen
// is remembered by the line's number, not by its place, because lines leave at the top.
type logListWidget struct {
	widget.List
	page    *logPage
	focused bool
}

func newLogListWidget(p *logPage) *logListWidget {
	l := &logListWidget{page: p}
	l.Length = func() int { return len(p.shown) }
	l.CreateItem = func() fyne.CanvasObject { return newLogRow() }
	l.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) {
		if i < len(p.shown) {
			e := p.shown[i]
			o.(*logRow).set(e, e.Seq == p.chosen && e.lost == 0)
		}
		p.drawEnd()
	}
	l.OnSelected = func(i widget.ListItemID) {
		l.UnselectAll()
		p.choose(i)
		if !l.focused {
			focusOn(l)
		}
	}
	l.HideSeparators = true
	l.ExtendBaseWidget(l)
	return l
}

func (l *logListWidget) pitch() float32 { return logRowHeight + l.Theme().Size("padding") }

// atEnd reports whether the last line is in sight.
func (l *logListWidget) atEnd() bool {
	end := l.pitch()*float32(len(l.page.shown)) - l.Size().Height
	return l.GetScrollOffset() >= end-1.5*l.pitch()
}

func (l *logListWidget) FocusGained() { l.focused = true; l.page.frame.Refresh() }
func (l *logListWidget) FocusLost()   { l.focused = false; l.page.frame.Refresh() }

func (l *logListWidget) TypedKey(k *fyne.KeyEvent) {
	p := l.page
	if k.Name == fyne.KeyEscape && p.chosen != 0 {
		p.choose(-1)
		return
	}
	last := len(p.shown) - 1
	if last < 0 {
		unusedKey(k)
		return
	}
	i := p.chosenAt()
	if i < 0 {
		i = last + 1
	}
	screen := max(int(l.Size().Height/l.pitch())-1, 1)
	switch k.Name {
	case fyne.KeyUp:
		i--
	case fyne.KeyDown:
		i++
	case fyne.KeyPageUp:
		i -= screen
	case fyne.KeyPageDown:
		i += screen
	case fyne.KeyHome:
		i = 0
	case fyne.KeyEnd:
		i = last
	default:
		unusedKey(k)
		return
	}
	i = min(max(i, 0), last)
	p.choose(i)
	l.ScrollTo(i)
}
