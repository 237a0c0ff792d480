package ui

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/history"
)

// dayChart has a bar for each day: received below, sent on top. The day under the mouse, or with the focus the one that
// the arrow keys have walked to, is told to the page, which says its figures.
type dayChart struct {
	widget.BaseWidget
	days    []history.Day
	at      int // the day that is looked at; -1 = none
	focused bool
	tell    func(day int)
}

func newDayChart(tell func(int)) *dayChart {
	c := &dayChart{at: -1, tell: tell}
	c.ExtendBaseWidget(c)
	return c
}

func (c *dayChart) set(days []history.Day) {
	c.days, c.at = days, -1
	c.Refresh()
}

func (c *dayChart) look(at int) {
	if at != c.at {
		c.at = at
		c.tell(at)
		c.Refresh()
	}
}

func (c *dayChart) MouseIn(e *desktop.MouseEvent) { c.MouseMoved(e) }
func (c *dayChart) MouseOut()                     { c.look(-1) }

func (c *dayChart) MouseMoved(e *desktop.MouseEvent) {
	if n := len(c.days); n > 0 && c.Size().Width > 0 {
		c.look(min(max(int(e.Position.X/c.Size().Width*float32(n)), 0), n-1))
	}
}

func (c *dayChart) FocusGained()   { c.focused = true; c.look(len(c.days) - 1) }
func (c *dayChart) FocusLost()     { c.focused = false; c.look(-1) }
func (c *dayChart) TypedRune(rune) {}

func (c *dayChart) TypedKey(e *fyne.KeyEvent) {
	last := len(c.days) - 1
	switch e.Name {
	case fyne.KeyLeft:
		c.look(max(c.at-1, 0))
	case fyne.KeyRight:
		c.look(min(c.at+1, last))
	case fyne.KeyHome:
		c.look(min(0, last))
	case fyne.KeyEnd:
		c.look(last)
	default:
		unusedKey(e)
	}
}

// top is the end of the scale: a round number above all days.
func (c *dayChart) top() uint64 {
	peak := uint64(1_000_000)
	for _, d := range c.days {
		peak = max(peak, d.BytesSent+d.BytesReceived)
	}
	for step := uint64(100_000); ; step *= 10 {
		for _, f := range []uint64{10, 15, 20, 30, 40, 50, 60, 80} {
			if peak <= f*step || step > 1<<56 {
				return f * step
			}
		}
	}
}

func (c *dayChart) CreateRenderer() fyne.WidgetRenderer {
	r := &dayChartRenderer{c: c, top: newText(10, assets.Regular), ground: &canvas.Rectangle{CornerRadius: 4}, ring: &canvas.Rectangle{CornerRadius: 6}}
	for i := range r.lines {
		r.lines[i] = &canvas.Rectangle{}
	}
	r.Refresh()
	return r
}

// dayBar is one day's share of the picture.
type dayBar struct {
	received, sent *canvas.Rectangle
	day            *canvas.Text
}

type dayChartRenderer struct {
	c      *dayChart
	lines  [3]*canvas.Rectangle // the ends of the scale and its middle
	top    *canvas.Text
	ground *canvas.Rectangle // behind the day that is looked at
	ring   *canvas.Rectangle // around the chart with the focus
	bars   []dayBar
}

func (r *dayChartRenderer) Destroy()           {}
func (r *dayChartRenderer) MinSize() fyne.Size { return fyne.NewSize(240, 96) }

func (r *dayChartRenderer) Objects() []fyne.CanvasObject {
	out := []fyne.CanvasObject{r.ring, r.ground, r.lines[0], r.lines[1], r.lines[2]}
	for _, b := range r.bars {
		out = append(out, b.received, b.sent, b.day)
	}
	return append(out, r.top)
}

func (r *dayChartRenderer) Layout(size fyne.Size) {
	const legend = 16
	n, h := len(r.c.days), size.Height-legend
	r.ring.Resize(size.AddWidthHeight(8, 6))
	r.ring.Move(place(-4, -4))
	for i, l := range r.lines {
		l.Resize(fyne.NewSize(size.Width, 1))
		l.Move(place(0, float32(i)*(h-1)/2))
	}
	th := r.top.MinSize()
	r.top.Resize(th)
	r.top.Move(place(0, 2))
	if n == 0 {
		return
	}
	step := size.Width / float32(n)
	width := min(max(step*0.62, 3), 26)
	top := float32(r.c.top())
	every := max(int(ceil(22/step)), 1)
	r.ground.Hidden = r.c.at < 0
	r.ground.Resize(fyne.NewSize(step, size.Height))
	r.ground.Move(place(step*float32(max(r.c.at, 0)), 0))
	for i, b := range r.bars {
		d := r.c.days[i]
		left := step*float32(i) + (step-width)/2
		in, out := float32(d.BytesReceived)/top*(h-4), float32(d.BytesSent)/top*(h-4)
		if d.BytesReceived+d.BytesSent > 0 && in+out < 2 {
			in, out = 2, 0
		}
		b.received.Hidden, b.sent.Hidden = in == 0, out < 0.5
		b.received.Resize(fyne.NewSize(width, in))
		b.received.Move(place(left, h-in))
		b.sent.Resize(fyne.NewSize(width, out))
		b.sent.Move(place(left, h-in-out-1))
		b.day.Hidden = (n-1-i)%every != 0
		b.day.Resize(fyne.NewSize(step*float32(every), legend))
		b.day.Move(place(step*float32(i)-step*float32(every-1)/2, h+2))
	}
}

func (r *dayChartRenderer) Refresh() {
	p := colours()
	for len(r.bars) < len(r.c.days) {
		b := dayBar{received: &canvas.Rectangle{CornerRadius: 2}, sent: &canvas.Rectangle{CornerRadius: 2}, day: newText(10, assets.Regular)}
		b.day.Alignment = fyne.TextAlignCenter
		r.bars = append(r.bars, b)
	}
	r.bars = r.bars[:len(r.c.days)]
	for i, b := range r.bars {
		b.received.FillColor, b.sent.FillColor = p.Good, p.Link
		b.day.Text, b.day.Color = strconv.Itoa(r.c.days[i].Start.Day()), p.Muted
		if i == r.c.at || r.c.at < 0 && i == len(r.bars)-1 {
			b.day.Color = p.Ink
		}
	}
	for _, l := range r.lines {
		l.FillColor = p.Edge
	}
	value, unit, _ := strings.Cut(sizeText(r.c.top()), " ")
	if strings.Contains(value, ".") {
		value = strings.TrimRight(strings.TrimRight(value, "0"), ".")
	}
	r.top.Text, r.top.Color = value+" "+unit, p.Muted
	r.ground.FillColor = p.Raised
	r.ring.FillColor, r.ring.StrokeWidth = nil, 0
	if r.c.focused {
		r.ring.StrokeColor, r.ring.StrokeWidth = p.Link, 2
	}
	r.Layout(r.c.Size())
	for _, o := range r.Objects() {
		canvas.Refresh(o)
	}
}
