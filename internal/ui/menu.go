package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"github.com/mysteriumvpn/desktop/assets"
)

// choice is one line of a drop-down menu.
type choice struct {
	icon, text, keys string
	line             bool // a hairline above
	do               func()
}

// dropDown shows choices below an object's right edge. Fyne's own menu draws shortcuts in the colour of shadows.
func dropDown(below fyne.CanvasObject, c fyne.Canvas, choices []choice) *widget.PopUp {
	var up *widget.PopUp
	var lines []*menuLine
	var objects []fyne.CanvasObject
	for _, ch := range choices {
		if ch.line {
			objects = append(objects, pad(0, 4, 0, 4, newHair()))
		}
		l := newMenuLine(ch, func() {
			up.Hide()
			ch.do()
		})
		i := len(lines)
		l.move = func(by int) {
			if j := i + by; j >= 0 && j < len(lines) {
				c.Focus(lines[j])
			}
		}
		l.leave = func() { up.Hide() }
		lines = append(lines, l)
		objects = append(objects, l)
	}
	up = widget.NewPopUp(column(0, objects...), c)
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(below)
	size := up.MinSize()
	up.ShowAtPosition(place(max(at.X+below.Size().Width-size.Width, 8), at.Y+below.Size().Height+4))
	c.Focus(lines[0])
	return up
}

// hair is a hairline across.
type hair struct{ *box }

func newHair() fyne.CanvasObject {
	return &hair{newBox(func(p *Palette) colour { return p.Edge }, nil, 0)}
}

// MinSize is one unit high.
func (*hair) MinSize() fyne.Size { return fyne.NewSize(40, 1) }

// menuLine draws a choice.
type menuLine struct {
	pressable
	choice choice
	move   func(by int)
	leave  func()
}

func newMenuLine(ch choice, do func()) *menuLine {
	l := &menuLine{choice: ch}
	l.onPress = do
	l.ExtendBaseWidget(l)
	return l
}

func (l *menuLine) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyDown:
		l.move(1)
	case fyne.KeyUp:
		l.move(-1)
	case fyne.KeyEscape:
		l.leave()
	default:
		l.pressable.TypedKey(e)
	}
}

func (l *menuLine) CreateRenderer() fyne.WidgetRenderer {
	r := &menuLineRenderer{
		l: l, ground: &canvas.Rectangle{CornerRadius: 8}, img: &canvas.Image{FillMode: canvas.ImageFillContain},
		text: newText(13, assets.Medium), keys: newText(11.5, assets.Regular),
	}
	r.keys.Alignment = fyne.TextAlignTrailing
	r.Refresh()
	return r
}

var _ desktop.Hoverable = (*menuLine)(nil)

type menuLineRenderer struct {
	l          *menuLine
	ground     *canvas.Rectangle
	img        *canvas.Image
	text, keys *canvas.Text
}

func (r *menuLineRenderer) Destroy() {}

func (r *menuLineRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.img, r.text, r.keys}
}

func (r *menuLineRenderer) MinSize() fyne.Size {
	return fyne.NewSize(ceil(textWidth(r.text, r.l.choice.text)+textWidth(r.keys, r.l.choice.keys))+36+40, 34)
}

func (r *menuLineRenderer) Layout(size fyne.Size) {
	r.ground.Resize(size)
	r.img.Resize(fyne.NewSquareSize(16))
	r.img.Move(place(10, (size.Height-16)/2))
	h := r.text.MinSize().Height
	r.text.Resize(fyne.NewSize(size.Width-46, h))
	r.text.Move(place(36, (size.Height-h)/2))
	h = r.keys.MinSize().Height
	r.keys.Resize(fyne.NewSize(size.Width-12, h))
	r.keys.Move(place(0, (size.Height-h)/2))
}

func (r *menuLineRenderer) Refresh() {
	p := colours()
	r.ground.FillColor = alpha(p.Raised, 0)
	if r.l.hover || r.l.focused {
		r.ground.FillColor = p.Raised
	}
	r.text.Text, r.text.Color = r.l.choice.text, p.Ink
	r.keys.Text, r.keys.Color = r.l.choice.keys, p.Muted
	r.img.Hidden = r.l.choice.icon == ""
	if !r.img.Hidden {
		setTint(r.img, r.l.choice.icon, p.Muted)
	}
	for _, o := range r.Objects() {
		canvas.Refresh(o)
	}
}
