package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"github.com/mysteriumvpn/desktop/assets"
)

// rowKey is a part of a row that can be pressed. It takes no focus: the list has keys for the same.
type rowKey struct {
	widget.BaseWidget
	ground *canvas.Rectangle
	img    *canvas.Image
	text   *canvas.Text
	onTap  func()
}

func newRowKey(text string) *rowKey {
	k := &rowKey{img: &canvas.Image{FillMode: canvas.ImageFillContain}, ground: &canvas.Rectangle{CornerRadius: 8}}
	k.text = newText(12, assets.Medium)
	k.text.Alignment = fyne.TextAlignCenter
	k.text.Text = text
	k.ExtendBaseWidget(k)
	return k
}

func (k *rowKey) Tapped(*fyne.PointEvent)             { k.onTap() }
func (k *rowKey) Cursor() desktop.Cursor              { return desktop.PointerCursor }
func (k *rowKey) CreateRenderer() fyne.WidgetRenderer { return &rowKeyRenderer{k} }

type rowKeyRenderer struct{ k *rowKey }

func (r *rowKeyRenderer) Destroy()           {}
func (r *rowKeyRenderer) Refresh()           {}
func (r *rowKeyRenderer) MinSize() fyne.Size { return fyne.NewSquareSize(24) }
func (r *rowKeyRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.k.ground, r.k.img, r.k.text}
}

func (r *rowKeyRenderer) Layout(size fyne.Size) {
	r.k.ground.Resize(size)
	r.k.img.Resize(fyne.NewSquareSize(16))
	r.k.img.Move(place((size.Width-16)/2, (size.Height-16)/2))
	h := r.k.text.MinSize().Height
	r.k.text.Move(place(0, (size.Height-h)/2))
	r.k.text.Resize(fyne.NewSize(size.Width, h))
}
