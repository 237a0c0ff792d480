package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"github.com/mysteriumvpn/desktop/assets"
)

// ask puts a question over the window. The focus is on the answer that changes nothing: one key press leaves all as it is,
// and Tab or an arrow leads to the other answer. Escape is the one that changes nothing, too. Fyne's own questions take
// neither Return nor Escape. agree gives the other answer, for a field in which Return shall.
func (w *Window) ask(weight widget.Importance, title string, body fyne.CanvasObject, yes, no string, do, leave func()) (agree func()) {
	c := w.window.Canvas()
	var up *widget.PopUp
	answer := func(then func()) func() {
		return func() {
			up.Hide()
			w.stay = nil
			then()
		}
	}
	stay := newAnswer(no, answer(leave))
	act := newAnswer(yes, answer(do))
	act.loud, act.danger = true, weight == widget.DangerImportance
	for _, k := range []*questionKey{stay, act} {
		k.leave = stay.onPress
	}
	stay.other, act.other = func() { c.Focus(act) }, func() { c.Focus(stay) }
	keys := container.New(layout.NewCustomPaddedHBoxLayout(8), layout.NewSpacer(), stay, act)
	up = widget.NewModalPopUp(pad(18, 16, 18, 14, column(12, newLabel(title, 17, assets.Display, inkTone), body, keys)), c)
	w.stay = stay.onPress
	up.Show()
	c.Focus(stay)
	return act.onPress
}

// questionKey is an answer to a question.
type questionKey struct {
	pill
	leave func() // answers with what changes nothing
	other func() // goes to the other answer
}

func newAnswer(text string, do func()) *questionKey {
	k := &questionKey{pill: pill{text: text, size: 13, tone: inkTone, tall: true}}
	k.onPress = do
	k.ExtendBaseWidget(k)
	return k
}

func (k *questionKey) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyEscape:
		k.leave()
	case fyne.KeyLeft, fyne.KeyRight, fyne.KeyUp, fyne.KeyDown:
		k.other()
	case fyne.KeyF1:
	default:
		k.pill.TypedKey(e)
	}
}
