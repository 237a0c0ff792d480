package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/mysteriumvpn/desktop/assets"
)

// prose is text that breaks into as many lines as its width asks for, and where it says so itself.
type prose struct {
	widget.BaseWidget
	text  string
	size  float32
	tone  tone
	lines []*canvas.Text
	used  int // of lines
}

func newProse(text string, size float32, t tone) *prose {
	p := &prose{text: text, size: size, tone: t}
	p.ExtendBaseWidget(p)
	return p
}

// heightFor breaks the text for a width and gives the height that it then has.
func (p *prose) heightFor(width float32) float32 {
	p.used = 0
	for rest := range strings.SplitSeq(p.text, "\n") {
		for rest != "" {
			t := p.line()
			cut := len(rest)
			if fitText(t, rest, width) != rest {
				cut = lineEnd(t, rest, width)
			}
			t.Text = fitText(t, strings.TrimRight(rest[:cut], " "), width) // a word may be longer than the line
			rest = strings.TrimLeft(rest[cut:], " ")
		}
	}
	return float32(p.used) * p.lineHeight()
}

// line gives the next line to fill.
func (p *prose) line() *canvas.Text {
	if p.used == len(p.lines) {
		t := newText(p.size, assets.Regular)
		t.Color = p.tone(colours())
		p.lines = append(p.lines, t)
	}
	p.used++
	return p.lines[p.used-1]
}

func (p *prose) lineHeight() float32 {
	size, _ := fyne.CurrentApp().Driver().RenderedTextSize("Mg", p.size, fyne.TextStyle{}, assets.Font(assets.Regular))
	return ceil(size.Height)
}

// lineEnd is where the last word ends that fits into width; the first word is taken whole.
func lineEnd(t *canvas.Text, s string, width float32) int {
	end := 0
	for i, r := range s + " " {
		if r != ' ' {
			continue
		}
		if end > 0 && fitText(t, s[:i], width) != s[:i] {
			return end
		}
		end = i
	}
	return end
}

func (p *prose) say(text string, t tone) {
	p.text, p.tone = text, t
	p.Hidden = text == ""
	p.Refresh()
}

func (p *prose) MinSize() fyne.Size {
	return fyne.NewSize(40, float32(p.used)*p.lineHeight())
}

func (p *prose) CreateRenderer() fyne.WidgetRenderer { return &proseRenderer{p} }

type proseRenderer struct{ p *prose }

func (r *proseRenderer) Destroy()           {}
func (r *proseRenderer) MinSize() fyne.Size { return r.p.MinSize() }

func (r *proseRenderer) Objects() []fyne.CanvasObject {
	out := make([]fyne.CanvasObject, r.p.used)
	for i := range out {
		out[i] = r.p.lines[i]
	}
	return out
}

func (r *proseRenderer) Layout(size fyne.Size) {
	r.p.heightFor(size.Width)
	h := r.p.lineHeight()
	for i, t := range r.p.lines[:r.p.used] {
		t.Color = r.p.tone(colours()) // a line may come back that was out of use when the theme changed
		t.Resize(fyne.NewSize(size.Width, h))
		t.Move(place(0, float32(i)*h))
	}
}

func (r *proseRenderer) Refresh() {
	r.Layout(r.p.Size())
	for _, t := range r.p.lines[:r.p.used] {
		t.Color = r.p.tone(colours())
		canvas.Refresh(t)
	}
	canvas.Refresh(r.p)
}

// settingRow is one setting: its name and a sentence, the control beside them or below where there is no room, and
// under both what is to be done and said about it now.
type settingRow struct {
	name    *label
	about   *prose
	control fyne.CanvasObject
	note    *prose
	actions *fyne.Container // pills; each hidden while it has nothing to do
	canvas  *fyne.Container
}

// newSettingRow makes one; the control may be nil.
func newSettingRow(name, about string, control fyne.CanvasObject, actions ...fyne.CanvasObject) *settingRow {
	if control == nil {
		control = container.NewWithoutLayout()
	}
	r := &settingRow{
		name: newLabel(name, 13.5, assets.Medium, inkTone), about: newProse(about, 12, mutedTone), control: control,
		note: newProse("", 12, troubleTone), actions: container.NewWithoutLayout(actions...),
	}
	r.note.Hide()
	r.canvas = container.New(r, r.name, r.about, r.control, r.note, r.actions)
	return r
}

// say puts a sentence below the setting; "" takes it away.
func (r *settingRow) say(text string, t tone) { r.note.say(text, t) }

const rowSide, rowTop = 16, 12

// arrange places everything for a width and gives the height that it takes.
func (r *settingRow) arrange(width float32) float32 {
	inner := width - 2*rowSide
	need := r.control.MinSize()
	if !r.control.Visible() {
		need = fyne.Size{}
	}
	text, beside := inner, true
	if need.Width > 0 {
		text = inner - need.Width - 20
		if beside = text >= 190; !beside {
			text = inner
		}
	}
	y := float32(rowTop)
	h := r.name.MinSize().Height
	if beside && r.about.text == "" && need.Height > h {
		y += (need.Height - h) / 2
	}
	put(r.name, rowSide, y, text, h)
	y += h
	if r.about.text != "" {
		h = r.about.heightFor(text)
		put(r.about, rowSide, y+2, text, h)
		y += h + 2
	}
	switch {
	case need.Width == 0:
	case beside:
		y = max(y, rowTop+need.Height)
		put(r.control, width-rowSide-need.Width, rowTop+(y-rowTop-need.Height)/2, need.Width, need.Height)
	default:
		y += 10
		put(r.control, rowSide, y, min(need.Width, inner), need.Height)
		y += need.Height
	}
	if h := r.arrangeActions(inner); h > 0 {
		put(r.actions, rowSide, y+10, inner, h)
		y += h + 10
	}
	if r.note.Visible() {
		h = r.note.heightFor(inner)
		put(r.note, rowSide, y+8, inner, h)
		y += h + 8
	}
	return y + rowTop
}

// arrangeActions lays the buttons side by side, in as many lines as the width asks for, and gives their height.
func (r *settingRow) arrangeActions(width float32) (high float32) {
	const space = 8
	x, y := float32(0), float32(0)
	for _, o := range r.actions.Objects {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		if x > 0 && x+m.Width > width {
			x, y = 0, high+space
		}
		put(o, x, y, min(m.Width, width), m.Height)
		x += m.Width + space
		high = max(high, y+m.Height)
	}
	return high
}

func put(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(place(x, y))
	o.Resize(fyne.NewSize(w, h))
}

// MinSize and Layout make the row a layout; its height comes from arrange.
func (r *settingRow) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(200, 40) }

func (r *settingRow) Layout(_ []fyne.CanvasObject, size fyne.Size) { r.arrange(size.Width) }

// settingGroup is a card of rows under a title.
type settingGroup struct {
	title *label
	card  *box
	rows  []*settingRow
	hairs []fyne.CanvasObject
}

// sheet lays groups one below the other in the width that it was given.
type sheet struct {
	groups []*settingGroup
	width  float32
	high   float32
}

const (
	sheetSide = 18
	sheetMost = 760 // longer lines are hard to read
)

func (s *sheet) add(title string, rows ...*settingRow) *settingGroup {
	g := &settingGroup{
		title: newLabel(title, 12.5, assets.SemiBold, mutedTone),
		card:  newBox(func(p *Palette) colour { return p.Card }, func(p *Palette) colour { return p.Edge }, 14),
	}
	g.fill(rows)
	s.groups = append(s.groups, g)
	return g
}

// fill gives a group other rows. What shows the sheet must take its objects again.
func (g *settingGroup) fill(rows []*settingRow) {
	g.rows = rows
	for len(g.hairs) < len(rows)-1 {
		g.hairs = append(g.hairs, newHair())
	}
}

func (s *sheet) objects() (out []fyne.CanvasObject) {
	for _, g := range s.groups {
		out = append(out, g.title, g.card)
		for i, r := range g.rows {
			if i > 0 {
				out = append(out, g.hairs[i-1])
			}
			out = append(out, r.canvas)
		}
	}
	return out
}

func (s *sheet) arrange() {
	w := min(s.width-2*sheetSide, sheetMost)
	x := max(sheetSide, (s.width-w)/2)
	y := float32(2)
	for _, g := range s.groups {
		h := g.title.MinSize().Height
		put(g.title, x+4, y, w-4, h)
		top := y + h + 8
		was := y
		y = top
		for i, r := range g.rows {
			between := y > top && r.canvas.Visible()
			if i > 0 {
				g.hairs[i-1].(*hair).Hidden = !between
			}
			if !r.canvas.Visible() {
				continue
			}
			if between {
				put(g.hairs[i-1], x+rowSide, y, w-2*rowSide, 1)
				y++
			}
			h := r.arrange(w)
			put(r.canvas, x, y, w, h)
			y += h
		}
		g.title.Hidden, g.card.Hidden = y == top, y == top
		if y == top { // nothing to see
			y = was
			continue
		}
		put(g.card, x, top, w, y-top)
		y += 22
	}
	s.high = y
}

func (s *sheet) MinSize([]fyne.CanvasObject) fyne.Size {
	s.arrange()
	return fyne.NewSize(320, s.high)
}

func (s *sheet) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	s.width = size.Width
	s.arrange()
}

// widthFirst tells a sheet its width before the scroller around it asks for its height.
type widthFirst struct{ sheet *sheet }

func (widthFirst) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }

func (l widthFirst) Layout(o []fyne.CanvasObject, size fyne.Size) {
	l.sheet.width = size.Width
	o[0].Resize(size)
	o[0].Move(place(0, 0))
}
