package ui

import (
	"bytes"
	"fmt"
	"image/color"
	"sync"

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

// tinted gives an icon in one colour. Fyne's theme.NewColoredResource rewrites fills only and makes blobs of icons drawn
// with strokes; and its SVG cache is keyed by name, so the colour is part of the name.
func tinted(name string, c color.NRGBA) fyne.Resource {
	key := tintKey{name, c}
	if r, ok := tints.Load(key); ok {
		return r.(fyne.Resource)
	}
	code := fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
	var svg []byte
	if name == markName {
		svg = assets.Mark(code, fmt.Sprintf("#%02x%02x%02x", light.Up.R, 0xC9, 0x95))
	} else {
		svg = bytes.ReplaceAll(assets.Icon(name), []byte("currentColor"), []byte(code))
	}
	r, _ := tints.LoadOrStore(key, fyne.NewStaticResource(name+code+".svg", svg))
	return r.(fyne.Resource)
}

const markName = "mark" // the program's own mark, in ink and green

type tintKey struct {
	name string
	c    color.NRGBA
}

var tints sync.Map // tintKey → fyne.Resource; a few dozen

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
	if r := tinted(g.name, g.tone(colours())); g.img.Resource != r {
		g.img.Resource = r
		g.img.Refresh()
	}
}

func (g *glyph) MinSize() fyne.Size                  { return fyne.NewSquareSize(g.size) }
func (g *glyph) Refresh()                            { g.draw(); g.BaseWidget.Refresh() }
func (g *glyph) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(g.img) }

// setTint points an image at an icon, and has it drawn again only if that is another one.
func setTint(img *canvas.Image, name string, c color.NRGBA) {
	if r := tinted(name, c); img.Resource != r {
		img.Resource = r
		img.Refresh()
	}
}
