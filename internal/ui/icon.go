package ui

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"github.com/mysteriumvpn/desktop/assets"
)

// tone picks a colour from whatever palette is in force.
type tone func(*Palette) color.NRGBA

func inkTone(p *Palette) color.NRGBA     { return p.Ink }
func mutedTone(p *Palette) color.NRGBA   { return p.Muted }
func linkTone(p *Palette) color.NRGBA    { return p.Link }
func upTone(p *Palette) color.NRGBA      { return p.Up }
func busyTone(p *Palette) color.NRGBA    { return p.Busy }
func troubleTone(p *Palette) color.NRGBA { return p.Trouble }

// tinted gives an icon in one colour; the program's mark has a green dot besides. All who ask for the same share it.
func tinted(name string, c color.NRGBA) image.Image {
	key := tintKey{name, c}
	if m, ok := tints[key]; ok {
		return m
	}
	m := filled(assets.Icon(name), c)
	if name == markName {
		draw.Draw(m, m.Rect, filled(assets.Icon("mark-dot"), hex(0x2CCB99)), image.Point{}, draw.Over)
	}
	tints[key] = m
	return m
}

const markName = "mark" // the program's own mark, in ink and green

type tintKey struct {
	name string
	c    color.NRGBA
}

var tints = map[tintKey]image.Image{} // only on the UI lane; a few dozen

func filled(mask *image.Alpha, c color.NRGBA) *image.NRGBA {
	if mask == nil {
		return image.NewNRGBA(image.Rect(0, 0, 1, 1))
	}
	m := image.NewNRGBA(mask.Rect)
	for i, a := range mask.Pix {
		m.Pix[4*i], m.Pix[4*i+1], m.Pix[4*i+2], m.Pix[4*i+3] = c.R, c.G, c.B, a
	}
	return m
}

// tintedResource is tinted for Fyne's own widgets, which take files. Their caches are keyed by name.
func tintedResource(name string, c color.NRGBA) fyne.Resource {
	var b bytes.Buffer
	_ = png.Encode(&b, tinted(name, c)) // into memory, of a picture that is no larger than it says: cannot fail
	return fyne.NewStaticResource(fmt.Sprintf("%s-%02x%02x%02x.png", name, c.R, c.G, c.B), b.Bytes())
}

// glyph is an icon that follows the theme.
type glyph struct {
	widget.BaseWidget
	img  *canvas.Image
	name string
	tone tone
	size float32
}

func newGlyph(name string, size float32, t tone) *glyph {
	g := &glyph{name: name, size: size, tone: t, img: &canvas.Image{FillMode: canvas.ImageFillContain}}
	g.ExtendBaseWidget(g)
	g.draw()
	return g
}

// set changes what is shown; nothing is drawn again if it is the same.
func (g *glyph) set(name string, t tone) {
	g.name, g.tone = name, t
	g.draw()
}

func (g *glyph) draw() {
	setTint(g.img, g.name, g.tone(colours()))
}

func (g *glyph) MinSize() fyne.Size                  { return fyne.NewSquareSize(g.size) }
func (g *glyph) Refresh()                            { g.draw(); g.BaseWidget.Refresh() }
func (g *glyph) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(g.img) }

// setTint points an image at an icon, and has it drawn again only if that is another one.
func setTint(img *canvas.Image, name string, c color.NRGBA) {
	if m := tinted(name, c); img.Image != m {
		img.Image = m
		canvas.Refresh(img)
	}
}
