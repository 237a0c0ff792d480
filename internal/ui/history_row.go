package ui

import (
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/history"
)

// historyRow draws one connection. In a narrow window it has what came and what it cost in one, and its ending below.
type historyRow struct {
	widget.BaseWidget
	flag           *canvas.Image
	mark           *canvas.Rectangle // at the left edge: it is up now
	name, sub      *canvas.Text
	why, more      *canvas.Text
	down, up       *canvas.Text
	cost, costNote *canvas.Text
	code           string // of the flag that is drawn
	words          historyWords
	shown          history.Entry
	at             time.Time // what "today" was
	colours        *Palette
	drawn          bool
	subAll         string
}

// historyWords are a row's texts before they are cut to fit.
type historyWords struct{ name, why, more, down, up, cost, note, slim string }

func newHistoryRow() *historyRow {
	r := &historyRow{
		flag: &canvas.Image{FillMode: canvas.ImageFillContain}, mark: &canvas.Rectangle{CornerRadius: 1.5},
		name: newText(13.5, assets.SemiBold), sub: newText(11.5, assets.Regular), why: newText(12.5, assets.Medium), more: newText(11.5, assets.Regular),
		down: newText(12, assets.Medium), up: newText(11.5, assets.Regular), cost: newText(12, assets.Medium), costNote: newText(11.5, assets.Regular),
	}
	for _, t := range []*canvas.Text{r.down, r.up, r.cost, r.costNote} {
		t.Alignment = fyne.TextAlignTrailing
	}
	r.ExtendBaseWidget(r)
	return r
}

// set binds the row to an entry. now says which days are today and yesterday.
func (r *historyRow) set(e history.Entry, now time.Time) {
	p := colours()
	if r.drawn && r.shown == e && r.colours == p && now.Sub(r.at) < time.Minute && !now.Before(r.at) {
		return
	}
	r.drawn, r.shown, r.colours, r.at = true, e, p, now
	w := historyWords{name: historyPlace(e), why: whyWords(e), more: shortID(e.ProviderID)}
	b := make([]byte, 0, 64)
	w.down = string(appendSize(append(b, "↓ "...), e.BytesReceived))
	w.up = string(appendSize(append(b, "↑ "...), e.BytesSent))
	if e.Reconnects > 0 {
		w.more += " · " + reconnectCount(e.Reconnects)
	}
	if why := endReason(e); why != "" {
		w.more = why
	}
	w.cost = "–"
	if m, ok := e.Cost(); ok {
		w.cost = costText(m.MYST())
		if e.PlayMoney() && !m.IsZero() {
			w.note = remembered("play money")
		}
	}
	w.slim = w.down + "   " + w.cost
	r.words = w
	start := e.Start.In(now.Location())
	b = append(append(b, dayWords(start, now)...), ' ')
	b = append(start.AppendFormat(b, "15:04"), " · "...)
	r.subAll = string(appendSpan(b, e.Length()))
	if r.code != e.Country || r.flag.Image == nil {
		r.code = e.Country
		r.flag.Image = assets.FlagImage(e.Country)
		canvas.Refresh(r.flag)
	}
	r.mark.Hidden, r.mark.FillColor = !e.Open, p.Good
	r.arrange(r.Size())
	canvas.Refresh(r.mark)
}

// What lies along a row, from its right edge.
const (
	historyCost  = 112
	historyBytes = 82
	historyEdge  = 12
	historyBoth  = 172 // bytes and cost in one, in a narrow row
	historyEnd   = 138 // its ending
	historySlim  = 700 // below this width a row is narrow
)

// arrange lays the row out and cuts its texts to the room they have.
func (r *historyRow) arrange(size fyne.Size) {
	w, h := size.Width, size.Height
	if w == 0 || r.colours == nil {
		return
	}
	p := r.colours
	slim := w < historySlim
	right := w - historyEdge
	line := func(t *canvas.Text, s string, c color.NRGBA, x, width float32, lower bool) {
		setText(t, fitText(t, s, width), c)
		y := float32(7)
		if lower {
			y = h - 24
		}
		t.Move(place(x, y))
		t.Resize(fyne.NewSize(width, 17))
	}
	r.mark.Resize(fyne.NewSize(3, h-20))
	r.mark.Move(place(2, 10))
	r.flag.Resize(fyne.NewSquareSize(28))
	r.flag.Move(place(14, (h-28)/2))
	whyTone := p.Muted
	switch {
	case r.shown.Open:
		whyTone = p.Up
	case r.shown.Why == history.Failed, r.shown.Why == history.NodeDied:
		whyTone = p.Trouble
	}
	for _, t := range []*canvas.Text{r.why, r.more, r.costNote} {
		t.Hidden = slim
	}
	if slim {
		line(r.name, r.words.name, p.Ink, textLeft, right-textLeft-historyBoth-8, false)
		line(r.down, r.words.slim, p.Muted, right-historyBoth, historyBoth, false)
		line(r.sub, r.subAll, p.Muted, textLeft, right-textLeft-historyEnd-8, true)
		line(r.up, r.words.why, whyTone, right-historyEnd, historyEnd, true)
		r.cost.Hidden = true
		return
	}
	r.cost.Hidden = false
	room := right - textLeft - historyCost - historyBytes - 36
	first := room * 0.46
	line(r.name, r.words.name, p.Ink, textLeft, first, false)
	line(r.sub, r.subAll, p.Muted, textLeft, first, true)
	line(r.why, r.words.why, whyTone, textLeft+first+12, room-first, false)
	line(r.more, r.words.more, p.Muted, textLeft+first+12, room-first, true)
	line(r.down, r.words.down, p.Ink, right-historyCost-historyBytes-12, historyBytes, false)
	line(r.up, r.words.up, p.Muted, right-historyCost-historyBytes-12, historyBytes, true)
	line(r.cost, r.words.cost, p.Ink, right-historyCost, historyCost, false)
	line(r.costNote, r.words.note, p.Muted, right-historyCost, historyCost, true)
}

// Refresh is called by Fyne when the theme changes.
func (r *historyRow) Refresh() {
	if r.drawn && r.colours != colours() {
		r.set(r.shown, r.at)
	}
}

// MinSize is known without a renderer, as an exitRow's is.
func (r *historyRow) MinSize() fyne.Size { return fyne.NewSize(300, rowHeight) }

func (r *historyRow) CreateRenderer() fyne.WidgetRenderer { return &historyRowRenderer{r} }

type historyRowRenderer struct{ r *historyRow }

func (x *historyRowRenderer) Destroy()              {}
func (x *historyRowRenderer) Refresh()              { x.r.Refresh() }
func (x *historyRowRenderer) MinSize() fyne.Size    { return x.r.MinSize() }
func (x *historyRowRenderer) Layout(size fyne.Size) { x.r.arrange(size) }

func (x *historyRowRenderer) Objects() []fyne.CanvasObject {
	r := x.r
	return []fyne.CanvasObject{r.mark, r.flag, r.name, r.sub, r.why, r.more, r.down, r.up, r.cost, r.costNote}
}
