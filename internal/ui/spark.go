package ui

import (
	"image"
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"
	"golang.org/x/image/vector"

	"github.com/mysteriumvpn/desktop/assets"
)

// sparkHead is the strip above the graph where the scale is written: no line ever runs through the words.
const sparkHead = 17

// sparkLength is how many seconds the graph shows.
const sparkLength = 60

// spark is the graph of what came and went in the last minute, with its scale.
type spark struct {
	widget.BaseWidget
	down, up []uint64 // bytes per second, newest last
	image    *image.RGBA
	raster   [2]*vector.Rasterizer
}

func newSpark() *spark {
	s := &spark{}
	s.ExtendBaseWidget(s)
	return s
}

// add takes one second's figures. It draws nothing: the caller does, if anybody looks.
func (s *spark) add(down, up uint64) {
	if len(s.down) == sparkLength {
		copy(s.down, s.down[1:])
		copy(s.up, s.up[1:])
		s.down, s.up = s.down[:sparkLength-1], s.up[:sparkLength-1]
	}
	s.down, s.up = append(s.down, down), append(s.up, up)
}

func (s *spark) clear() { s.down, s.up = s.down[:0], s.up[:0] }

// top is the end of the scale: a round number of bits per second above all samples.
func (s *spark) top() uint64 {
	peak := uint64(12_500) // 100 kbit/s: silence is no storm
	for i := range s.down {
		peak = max(peak, s.down[i], s.up[i])
	}
	bits := peak * 8
	for step := uint64(100_000); ; step *= 10 {
		for _, f := range []uint64{1, 2, 5} {
			if bits <= f*step || step > 1<<56 {
				return f * step / 8
			}
		}
	}
}

func (s *spark) paint(w, h int) image.Image {
	if s.image == nil || s.image.Rect.Dx() != w || s.image.Rect.Dy() != h {
		s.image = image.NewRGBA(image.Rect(0, 0, w, h))
	}
	clear(s.image.Pix)
	p := colours()
	ratio := float32(1)
	if size := s.Size(); size.Width > 0 {
		ratio = float32(w) / size.Width
	}
	head := min(int(sparkHead*ratio), h-2)
	for _, part := range []float32{0, 0.5, 1} { // the ends of the scale and its middle
		if part < 1 && len(s.down) == 0 {
			continue // the hint stands there
		}
		y := head + int(part*float32(h-1-head))
		for x := range w {
			s.image.Set(x, y, p.Edge)
		}
	}
	top := float32(s.top())
	s.series(s.down, top, p.Good, 90, ratio)
	s.series(s.up, top, p.Link, 30, ratio)
	return s.image
}

// series draws one line with a shade below it.
func (s *spark) series(v []uint64, top float32, c color.NRGBA, shade uint8, ratio float32) {
	if len(v) < 2 {
		return
	}
	w, h := s.image.Rect.Dx(), s.image.Rect.Dy()
	for i := range s.raster {
		if s.raster[i] == nil {
			s.raster[i] = vector.NewRasterizer(w, h)
		} else {
			s.raster[i].Reset(w, h)
		}
	}
	fill, line := s.raster[0], s.raster[1]
	at := func(i int) (x, y float32) {
		x = float32(w) * float32(i+sparkLength-len(v)) / float32(sparkLength-1)
		return x, float32(h) - 1.5*ratio - float32(v[i])/top*(float32(h)-(sparkHead+3)*ratio)
	}
	x0, y0 := at(0)
	fill.MoveTo(x0, float32(h))
	fill.LineTo(x0, y0)
	for i := 1; i < len(v); i++ {
		x1, y1 := at(i)
		m := (x0 + x1) / 2
		fill.CubeTo(m, y0, m, y1, x1, y1)
		lx, ly := x0, y0
		const steps = 4
		for k := 1; k <= steps; k++ {
			t := float32(k) / steps
			u := 1 - t
			x := u*u*u*x0 + 3*u*u*t*m + 3*u*t*t*m + t*t*t*x1
			y := u*u*u*y0 + 3*u*u*t*y0 + 3*u*t*t*y1 + t*t*t*y1
			quad(line, lx, ly, x, y, 0.85*ratio)
			lx, ly = x, y
		}
		x0, y0 = x1, y1
	}
	fill.LineTo(x0, float32(h))
	fill.ClosePath()
	fill.Draw(s.image, s.image.Rect, image.NewUniform(alpha(c, shade/2)), image.Point{})
	line.Draw(s.image, s.image.Rect, image.NewUniform(c), image.Point{})
}

func (s *spark) CreateRenderer() fyne.WidgetRenderer {
	r := &sparkRenderer{s: s, raster: canvas.NewRaster(s.paint), top: newText(10.5, assets.Regular), span: newText(10.5, assets.Regular), idle: newText(11.5, assets.Regular)}
	r.idle.Alignment = fyne.TextAlignCenter
	r.top.Alignment = fyne.TextAlignTrailing
	r.Refresh()
	return r
}

type sparkRenderer struct {
	s         *spark
	raster    *canvas.Raster
	top, span *canvas.Text // the end of the scale, and how long ago the left edge is
	idle      *canvas.Text
}

func (r *sparkRenderer) Destroy()           {}
func (r *sparkRenderer) MinSize() fyne.Size { return fyne.NewSize(160, 56) }
func (r *sparkRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.raster, r.top, r.span, r.idle}
}

func (r *sparkRenderer) Layout(size fyne.Size) {
	r.raster.Resize(size)
	h := r.top.MinSize().Height
	r.top.Resize(fyne.NewSize(size.Width, h))
	r.top.Move(place(0, 1))
	r.span.Resize(fyne.NewSize(size.Width, h))
	r.span.Move(place(0, 1))
	h = r.idle.MinSize().Height
	r.idle.Resize(fyne.NewSize(size.Width, h))
	r.idle.Move(place(0, (size.Height-h)/2))
}

func (r *sparkRenderer) Refresh() {
	p := colours()
	value, unit := rateText(r.s.top())
	r.top.Text, r.top.Color = strings.TrimSuffix(strings.TrimRight(value, "0"), ".")+" "+unit, p.Muted
	if !strings.Contains(value, ".") {
		r.top.Text = value + " " + unit
	}
	r.top.Hidden = len(r.s.down) == 0
	r.span.Text, r.span.Color, r.span.Hidden = lang.L("Last minute"), p.Muted, r.top.Hidden
	r.idle.Text, r.idle.Color = lang.L("Traffic is drawn here once connected"), p.Muted
	r.idle.Hidden = len(r.s.down) > 0
	for _, o := range r.Objects() {
		canvas.Refresh(o)
	}
}
