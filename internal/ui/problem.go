package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"github.com/mysteriumvpn/desktop/assets"
)

// ShowProblem shows a window with one sentence and a button that ends the program: for what keeps it from starting,
// when nobody sees a terminal. The caller runs the app.
func ShowProblem(a fyne.App, text string) {
	if err := loadWords(); err != nil {
		fyne.LogError("read translations", err)
	}
	a.Settings().SetTheme(&Theme{})
	a.SetIcon(assets.AppIcon(256))
	w := a.NewWindow("MysteriumVPN")
	say := widget.NewLabel(text)
	say.Wrapping = fyne.TextWrapWord
	quit := widget.NewButton(lang.L("Quit"), a.Quit)
	quit.Importance = widget.HighImportance
	head := widget.NewLabelWithStyle(lang.L("MysteriumVPN cannot start"), fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	w.SetContent(pad(16, 16, 16, 16, container.NewBorder(head, container.NewHBox(layout.NewSpacer(), quit), nil, nil, say)))
	w.Resize(fyne.NewSize(440, 200))
	w.SetMaster()
	w.Show()
	w.Canvas().Focus(quit)
}
