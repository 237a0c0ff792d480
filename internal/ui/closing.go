package ui

import (
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"
)

// closeAsked is the window's cross. Where a tray shows the program's icon the window hides. Elsewhere it would be lost, so
// the program ends with it: that is said the first time, once and for all, and a connection is not ended unasked.
func (w *Window) closeAsked() {
	if w.waiting() { // nothing was agreed to, or nothing is going on
		w.quit()
		return
	}
	if w.tray != nil && w.o.TrayHost() {
		w.hide()
		return
	}
	if w.apart() { // nothing ends but the window
		w.quit()
		return
	}
	told := w.places.toldOfNoTray()
	switch {
	case w.status.Phase.Wanted():
		text := lang.L("The connection ends with the program.")
		if !told {
			text = lang.L("This desktop has no tray, so the program ends with its window.")
		}
		w.choice.ask(widget.HighImportance, lang.L("Disconnect and quit?"), text, lang.L("Disconnect and quit"), lang.L("Stay connected"), w.quit, func() {})
	case !told:
		w.choice.ask(widget.HighImportance, lang.L("Quit?"), lang.L("This desktop has no tray, so the program ends with its window."), lang.L("Quit"), lang.L("Keep it open"), w.quit, func() {})
	default:
		w.quit()
	}
}
