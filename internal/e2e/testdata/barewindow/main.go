// Command barewindow is the least that a Fyne program can be: one window, as large as ours, with a word in it, that
// hides when it is closed. `make bench-ui` measures ours beside it.
//
// It is no room of the program: it stands in testdata, where `./...` does not look, so nothing can import it, no build
// contains it, and the layer table stays true (only cmd imports fyne/v2/app).
package main

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/widget"
)

func main() {
	a := app.NewWithID("network.mysterium.vpn.barewindow")
	w := a.NewWindow("MysteriumVPN")
	w.SetContent(widget.NewLabel("bare"))
	w.Resize(fyne.NewSize(1180, 740))
	w.SetCloseIntercept(w.Hide)
	w.ShowAndRun()
}
