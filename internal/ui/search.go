package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"
)

// searchEntry is where one types what to look for. Fyne hands all shortcuts to the focused entry alone, so those that
// are not about text go on to the window.
type searchEntry struct {
	widget.Entry
	keys     func(fyne.Shortcut) bool // the window's; true = taken
	toList   func()                   // the user wants to walk through what was found
	onReturn func()
	drawn    *Palette // whose colour the icon has
}

func newSearchEntry() *searchEntry {
	e := &searchEntry{}
	e.ExtendBaseWidget(e)
	e.SetPlaceHolder(lang.L("Search country, city, provider"))
	e.drawIcon()
	e.Wrapping = fyne.TextWrapOff
	return e
}

func (e *searchEntry) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyEscape:
		e.SetText("")
	case fyne.KeyDown:
		e.toList()
	case fyne.KeyReturn, fyne.KeyEnter:
		e.onReturn()
	case fyne.KeyF1:
		unusedKey(k)
	default:
		e.Entry.TypedKey(k)
	}
}

func (e *searchEntry) TypedShortcut(s fyne.Shortcut) {
	if c, ok := s.(*desktop.CustomShortcut); ok && e.keys(c) {
		return
	}
	e.Entry.TypedShortcut(s)
}

// Refresh is called by Fyne when the theme changes: the icon has the colour in it.
func (e *searchEntry) Refresh() {
	e.drawIcon()
	e.Entry.Refresh()
}

func (e *searchEntry) drawIcon() {
	if p := colours(); e.drawn != p {
		e.drawn, e.Icon = p, tintedResource("search", p.Muted)
	}
}
