package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"
)

// ask puts a question over the window. The focus is on the answer that changes nothing: one key press leaves all as it is,
// and Tab leads to the other answer.
func (w *Window) ask(weight widget.Importance, title string, body fyne.CanvasObject, yes, no string, do, leave func()) {
	d := dialog.NewCustomConfirm(title, yes, no, body, func(ok bool) {
		if ok {
			do()
		} else {
			leave()
		}
	}, w.window)
	d.SetConfirmImportance(weight)
	d.Show()
	w.window.Canvas().FocusNext()
}
