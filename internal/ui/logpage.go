package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/logs"
)

// logPage is what app, node and tunnel say, newest last. It reads the ring from where it stopped, and only while it is
// open.
type logPage struct {
	ring      *logs.Ring
	clipboard fyne.Clipboard
	seen      bool
	follow    bool // the newest line is in sight

	back   *pill
	count  *label
	list   *widget.List
	full   *widget.Label // the selected line, whole
	foot   *fyne.Container
	canvas *fyne.Container

	lines  []logs.Line
	cursor uint64
	chosen string
}

// logLimit is how many lines the page keeps.
const logLimit = 5000

func newLogPage(ring *logs.Ring, clipboard fyne.Clipboard, back func()) *logPage {
	l := &logPage{ring: ring, clipboard: clipboard, follow: true}
	l.back = newPill("arrow-left", lang.L("Back"), back)
	l.count = newLabel("", 12, assets.Regular, mutedTone)
	l.list = widget.NewList(func() int { return len(l.lines) }, func() fyne.CanvasObject { return newLogRow() },
		func(i widget.ListItemID, o fyne.CanvasObject) { o.(*logRow).set(l.lines[i]) })
	l.list.HideSeparators = true
	l.list.OnSelected = l.selected
	l.full = widget.NewLabel("")
	l.full.Wrapping = fyne.TextWrapBreak
	l.full.TextStyle.Monospace = true
	copyLine := newPill("copy", lang.L("Copy line"), func() { clipboard.SetContent(l.chosen) })
	copyAll := newPill("copy", lang.L("Copy all"), l.copyAll)
	end := newPill("arrow-down", lang.L("To the end"), func() {
		l.list.UnselectAll()
		l.follow, l.chosen = true, ""
		l.foot.Hide()
		l.canvas.Refresh()
		l.list.ScrollToBottom()
	})
	l.foot = pad(18, 8, 18, 14, container.NewStack(newBox(func(p *Palette) colour { return p.Card }, func(p *Palette) colour { return p.Edge }, 12),
		pad(10, 6, 10, 6, container.NewBorder(nil, nil, nil, middle(copyLine), l.full))))
	l.foot.Hide()
	title := newTail(10, 0, newLabel(lang.L("Log"), 19, assets.Display, inkTone), l.count)
	head := pad(18, 16, 18, 12, container.NewBorder(nil, nil, row(12, middle(l.back)), row(8, middle(end), middle(copyAll)), pad(14, 0, 8, 0, title)))
	l.canvas = container.NewStack(newBox(func(p *Palette) colour { return p.Ground }, nil, 0),
		container.NewBorder(head, l.foot, nil, nil, pad(12, 0, 6, 0, l.list)))
	return l
}

func (l *logPage) object() fyne.CanvasObject { return l.canvas }
func (l *logPage) first() fyne.Focusable     { return l.back }
func (l *logPage) closed()                   { l.seen = false }
func (l *logPage) opened()                   { l.seen = true; l.load() }

// load reads what is new.
func (l *logPage) load() {
	if !l.seen {
		return
	}
	at := l.cursor
	for {
		lines, next, _ := l.ring.Read(l.cursor, 512)
		l.cursor = next
		if len(lines) == 0 {
			break
		}
		l.lines = append(l.lines, lines...)
	}
	if len(l.lines) > logLimit {
		l.lines = append(l.lines[:0], l.lines[len(l.lines)-logLimit:]...)
	}
	if l.cursor == at {
		return
	}
	l.count.say(lang.XN("count.lines", "{{.N}} lines", len(l.lines), map[string]int{"N": len(l.lines)}))
	l.list.Refresh()
	if l.follow {
		l.list.ScrollToBottom()
	}
}

// selected shows a line whole. The page stops following: the user reads.
func (l *logPage) selected(i widget.ListItemID) {
	l.follow = false
	l.chosen = l.lines[i].String()
	l.full.SetText(l.chosen)
	l.foot.Show()
	l.canvas.Refresh()
}

func (l *logPage) copyAll() {
	var b []byte
	for _, line := range l.lines {
		b = append(line.AppendTo(b), '\n')
	}
	l.clipboard.SetContent(string(b))
}

// logRow is one line: time, source, level, text.
type logRow struct {
	widget.BaseWidget
	time, source, level, text *canvas.Text
	shown                     logs.Line
}

func newLogRow() *logRow {
	r := &logRow{time: newText(11.5, assets.Regular), source: newText(11.5, assets.SemiBold), level: newText(11.5, assets.SemiBold), text: newText(12, assets.Regular)}
	r.ExtendBaseWidget(r)
	return r
}

func (r *logRow) set(l logs.Line) {
	if r.shown.Seq == l.Seq && l.Seq != 0 {
		return
	}
	r.shown = l
	r.Refresh()
}

// Refresh draws the line.
func (r *logRow) Refresh() {
	p, l := colours(), r.shown
	c := p.Muted
	switch l.Source {
	case logs.App:
		c = p.Link
	case logs.Node:
		c = p.Up
	case logs.Tunnel:
		c = p.Busy
	default:
	}
	body := p.Ink
	levelTone := p.Muted
	switch l.Level {
	case logs.Warn:
		levelTone = p.Busy
	case logs.Error:
		body, levelTone = p.Trouble, p.Trouble
	case logs.Debug:
		body = p.Muted
	default:
	}
	r.time.Text = l.At.Local().Format("15:04:05.000")
	r.source.Text, r.level.Text = l.Source.String(), l.Level.String()
	set := func(t *canvas.Text, c color.NRGBA) { t.Color = c; canvas.Refresh(t) }
	set(r.time, p.Muted)
	set(r.source, c)
	set(r.level, levelTone)
	r.fit()
	set(r.text, body)
}

func (r *logRow) fit() {
	s := r.shown.Text
	if r.shown.Fields != "" {
		s += "  " + r.shown.Fields
	}
	if w := r.Size().Width - 208; w > 0 {
		s = fitText(r.text, s, w)
	}
	r.text.Text = s
}

func (r *logRow) CreateRenderer() fyne.WidgetRenderer { return &logRowRenderer{r} }

type logRowRenderer struct{ r *logRow }

func (x *logRowRenderer) Destroy()           {}
func (x *logRowRenderer) Refresh()           { x.r.Refresh() }
func (x *logRowRenderer) MinSize() fyne.Size { return fyne.NewSize(240, 22) }
func (x *logRowRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{x.r.time, x.r.source, x.r.level, x.r.text}
}

func (x *logRowRenderer) Layout(size fyne.Size) {
	at := func(t *canvas.Text, left, width float32) {
		h := t.MinSize().Height
		t.Move(place(left, (size.Height-h)/2))
		t.Resize(fyne.NewSize(width, h))
	}
	at(x.r.time, 10, 84)
	at(x.r.source, 98, 50)
	at(x.r.level, 150, 44)
	x.r.fit()
	at(x.r.text, 200, size.Width-208)
}
