package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/mysteriumvpn/desktop/assets"
)

// tip says in words what a button with an icon only does, left of it, while the mouse or the focus is there. It is drawn
// by the button itself: Fyne's pop-ups take the mouse away from what they explain.
type tip struct {
	ground *canvas.Rectangle
	text   *canvas.Text
}

func newTip() tip {
	return tip{&canvas.Rectangle{CornerRadius: 7}, newText(11.5, assets.Medium)}
}

func (t tip) objects() []fyne.CanvasObject { return []fyne.CanvasObject{t.ground, t.text} }

// draw shows the words beside a button of a size; "" hides them.
func (t tip) draw(words string, size fyne.Size) {
	p := colours()
	t.ground.Hidden, t.text.Hidden = words == "", words == ""
	t.ground.FillColor, t.ground.StrokeColor, t.ground.StrokeWidth = p.Raised, p.Edge, 1
	t.text.Text, t.text.Color = words, p.Ink
	if words != "" {
		m := fyne.MeasureText(words, t.text.TextSize, t.text.TextStyle)
		m.Width = textWidth(t.text, words)
		box := fyne.NewSize(ceil(m.Width)+16, 24)
		left, top := -box.Width-4, (size.Height-box.Height)/2
		t.ground.Resize(box)
		t.ground.Move(place(left, top))
		t.text.Resize(fyne.NewSize(box.Width-16, m.Height))
		t.text.Move(place(left+8, (size.Height-m.Height)/2))
	}
	canvas.Refresh(t.ground)
	canvas.Refresh(t.text)
}

// says names a button that has an icon only.
func (b *pill) says(words string) *pill {
	b.tip = words
	return b
}

// unusedKey gives a key that the focused widget has no use for to the window, as Fyne does only while nothing is focused.
func unusedKey(e *fyne.KeyEvent) {
	for _, w := range fyne.CurrentApp().Driver().AllWindows() {
		if typed := w.Canvas().OnTypedKey(); typed != nil {
			typed(e)
			return
		}
	}
}
