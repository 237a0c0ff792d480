package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/logs"
)

// logEntry is one line of the log page: a line, or the place where some are missing.
type logEntry struct {
	logs.Line
	lost uint64 // so many lines came and went unread; the rest of the entry is empty then, but for Source, and Seq, that of the next line
}

// sourceMark is the sign and the colour of a source; its name stands beside them.
func sourceMark(s logs.Source) (icon string, t tone) {
	switch s {
	case logs.App:
		return "monitor", linkTone
	case logs.Node:
		return "network", upTone
	case logs.Tunnel:
		return "route", busyTone
	case logs.Bus:
		return "shuffle", mutedTone
	default:
		return "circle-help", mutedTone
	}
}

func sourceWord(s logs.Source) string {
	switch s {
	case logs.App:
		return remembered("App")
	case logs.Node:
		return remembered("Node")
	case logs.Tunnel:
		return remembered("Tunnel")
	case logs.Bus:
		return remembered("Bus")
	default:
		return ""
	}
}

func lostWords(e *logEntry) string {
	n, who := e.lost, sourceWord(e.Source)
	if who != "" {
		who += ": "
	}
	return who + lang.XN("log.lost", "{{.N}} lines are missing here", int(min(n, 1<<31)), map[string]uint64{"N": n}) //nolint:gosec // bounded
}

// logRow is one line: time, source, level, text.
type logRow struct {
	widget.BaseWidget
	ground              *canvas.Rectangle
	mark                *canvas.Image
	time, source, level *canvas.Text
	text                *canvas.Text
	shown               logEntry
	chosen              bool
	all                 string // the text, uncut
}

func newLogRow() *logRow {
	r := &logRow{
		ground: &canvas.Rectangle{CornerRadius: 6}, mark: &canvas.Image{FillMode: canvas.ImageFillContain},
		time: newText(11.5, assets.Regular), source: newText(11.5, assets.SemiBold), level: newText(11.5, assets.SemiBold), text: newText(12, assets.Regular),
	}
	r.ExtendBaseWidget(r)
	return r
}

func (r *logRow) set(e logEntry, chosen bool) {
	if r.shown.Seq == e.Seq && e.Seq != 0 && r.shown.lost == e.lost && r.chosen == chosen {
		return
	}
	r.shown, r.chosen = e, chosen
	r.Refresh()
}

// Refresh draws the line.
func (r *logRow) Refresh() {
	p, e := colours(), r.shown
	icon, sourceTone := sourceMark(e.Source)
	body, levelTone := p.Ink, p.Muted
	switch e.Level {
	case logs.Warn:
		levelTone = p.Busy
	case logs.Error:
		body, levelTone = p.Trouble, p.Trouble
	case logs.Debug:
		body = p.Muted
	default:
	}
	r.time.Text, r.source.Text, r.level.Text = e.At.Local().Format("15:04:05.000"), sourceWord(e.Source), levelWord(e.Level)
	r.all = e.Text
	if d := e.Skew(); d != 0 {
		r.all += "  skew=" + d.String()
	}
	if e.Fields != "" {
		r.all += "  " + e.Fields
	}
	if e.lost > 0 {
		icon, body = "ellipsis", p.Muted
		r.time.Text, r.source.Text, r.level.Text = "", "", ""
		r.all = lostWords(&e)
	}
	r.ground.FillColor = alpha(p.Chosen, 0)
	r.ground.StrokeWidth = 0
	if r.chosen {
		r.ground.FillColor = p.Chosen
	}
	setTint(r.mark, icon, sourceTone(p))
	set := func(t *canvas.Text, c color.NRGBA) { t.Color = c; canvas.Refresh(t) }
	set(r.time, p.Muted)
	set(r.source, sourceTone(p))
	set(r.level, levelTone)
	r.fit()
	set(r.text, body)
	canvas.Refresh(r.ground)
}

// What lies along a row.
const (
	logMark   = 96
	logSource = 116
	logLevel  = 184
	logText   = 230
)

func (r *logRow) fit() {
	r.text.Text = r.all
	if w := r.Size().Width - logText - 8; w > 0 {
		r.text.Text = fitText(r.text, r.all, w)
	}
	for _, t := range []struct {
		text  *canvas.Text
		width float32
	}{{r.source, logLevel - logSource - 4}, {r.level, logText - logLevel - 4}} {
		t.text.Text = fitText(t.text, t.text.Text, t.width)
	}
}

// MinSize is known without a renderer, as an exitRow's is.
func (r *logRow) MinSize() fyne.Size { return fyne.NewSize(240, logRowHeight) }

func (r *logRow) CreateRenderer() fyne.WidgetRenderer { return &logRowRenderer{r} }

type logRowRenderer struct{ r *logRow }

const logRowHeight = 22

func (x *logRowRenderer) Destroy()           {}
func (x *logRowRenderer) Refresh()           { x.r.Refresh() }
func (x *logRowRenderer) MinSize() fyne.Size { return x.r.MinSize() }
func (x *logRowRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{x.r.ground, x.r.mark, x.r.time, x.r.source, x.r.level, x.r.text}
}

func (x *logRowRenderer) Layout(size fyne.Size) {
	at := func(t *canvas.Text, left, width float32) {
		h := t.MinSize().Height
		t.Move(place(left, (size.Height-h)/2))
		t.Resize(fyne.NewSize(width, h))
	}
	x.r.ground.Resize(size)
	x.r.mark.Resize(fyne.NewSquareSize(14))
	x.r.mark.Move(place(logMark, (size.Height-14)/2))
	at(x.r.time, 10, 84)
	at(x.r.source, logSource, logLevel-logSource-4)
	at(x.r.level, logLevel, logText-logLevel-4)
	x.r.fit()
	at(x.r.text, logText, size.Width-logText-8)
}

// levelWord is what the log files say, too. Lines of a program that names no level have none.
func levelWord(l logs.Level) string {
	if l == logs.LevelUnknown {
		return ""
	}
	return l.String()
}
