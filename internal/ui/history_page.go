package ui

import (
	"bytes"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/history"
)

// History is where the connections that were made are kept; a *history.Recorder is one.
type History interface {
	Newest() []history.Entry // the newest first
	Look()                   // somebody is about to read it: bring it up to date
	Clear()                  // forget all but the one that is up
}

// noHistory keeps none.
type noHistory struct{}

func (noHistory) Newest() []history.Entry { return nil }
func (noHistory) Look()                   {}
func (noHistory) Clear()                  {}

// historyDays are the spans of the chart.
var historyDays = [2]int{14, 30}

// connectionsPage shows the connections that were made: totals per day above, one line each below. It reads them
// when it is opened, and while it is open when there is something new.
type connectionsPage struct {
	kept History
	now  func() time.Time
	seen bool

	back, export, clear *pill
	count               *label
	received, sent, sum *label
	span                *segments
	chart               *dayChart
	search              *searchEntry
	list                *historyListWidget
	frame               *box // around the list with the focus
	empty, hint         *label
	sign, none, top     *fyne.Container
	foot                *historyFoot
	canvas              *fyne.Container

	all   []historyLine // newest first
	shown []historyLine // those that the search finds
	days  []history.Day
}

// historyLine is an entry, and what the search looks through.
type historyLine struct {
	history.Entry
	text string
}

// newConnectionsPage makes the page. save asks the user where to put the table, confirm whether to forget all.
func newConnectionsPage(kept History, now func() time.Time, clipboard fyne.Clipboard, back func(), save func(name string, data []byte), confirm func(yes func())) *connectionsPage {
	h := &connectionsPage{kept: kept, now: now}
	h.back = newPill("arrow-left", lang.L("Back"), back)
	h.count = newLabel("", 12, assets.Regular, mutedTone)
	h.export = newPill("download", lang.L("Export"), func() {
		var table bytes.Buffer
		if err := history.WriteCSV(&table, h.entries()); err != nil { // a Buffer takes all
			fyne.LogError("write the history as a table", err)
			return
		}
		save("mysteriumvpn-history-"+now().Format(time.DateOnly)+".csv", table.Bytes())
	})
	h.clear = newPill("trash-2", lang.L("Clear"), func() { confirm(kept.Clear) })
	title := newTail(10, 0, newLabel(lang.L("History"), 19, assets.Display, inkTone), h.count)
	head := pad(18, 16, 18, 12, container.New(&historyHead{h}, h.back, title, h.export, h.clear))

	h.received = newLabel("", 15, assets.SemiBold, upTone)
	h.sent = newLabel("", 15, assets.SemiBold, linkTone)
	h.sum = newLabel("", 11.5, assets.Regular, mutedTone)
	h.chart = newDayChart(h.drawSums)
	h.span = newSegments(func(int) { h.drawDays() }, spanWords(0), spanWords(1))
	sums := column(2, container.New(&sumsBeside{}, newTail(16, 0, h.received, h.sent), h.span), h.sum)
	card := onCard(14, pad(16, 10, 16, 8, topFirst(sums, nil, nil, nil, pad(0, 8, 0, 0, h.chart))))

	h.search = newSearchEntry()
	h.search.SetPlaceHolder(lang.L("Search place, provider, day, ending"))
	h.search.OnChanged = func(string) { h.find(); h.list.ScrollToTop() }
	h.search.toList, h.search.onReturn = func() {}, func() {}
	h.list = newHistoryListWidget(h)
	h.frame = newBox(func(p *Palette) colour { return p.Ground }, func(p *Palette) colour {
		if h.list.focused {
			return p.Link
		}
		return p.Ground
	}, 10)
	h.empty = newLabel("", 13, assets.Medium, inkTone)
	h.hint = newLabel("", 12, assets.Regular, mutedTone)
	h.sign = container.NewCenter(newGlyph("history", 34, mutedTone))
	h.none = container.New(&topThird{}, column(4, h.sign, gap(4), centredLine(h.empty), centredLine(h.hint)))

	h.foot = newHistoryFoot(clipboard, h.list.UnselectAll)
	h.top = column(10, pad(18, 0, 18, 0, card), pad(18, 0, 18, 0, h.search), gap(0))
	h.canvas = container.NewStack(newBox(func(p *Palette) colour { return p.Ground }, nil, 0),
		topFirst(head, h.foot.canvas, nil, nil, topFirst(h.top, nil, nil, nil, container.NewStack(pad(8, 0, 4, 4, h.frame), pad(10, 1, 6, 5, h.list), h.none))))
	h.load()
	return h
}

func (h *connectionsPage) object() fyne.CanvasObject { return h.canvas }
func (h *connectionsPage) first() fyne.Focusable     { return h.back }
func (h *connectionsPage) closed()                   { h.seen = false }
func (h *connectionsPage) opened()                   { h.seen = true; h.kept.Look(); h.load() }

// changed is told of a newer snapshot.
func (h *connectionsPage) changed() {
	if h.seen {
		h.load()
	}
}

func (h *connectionsPage) load() {
	newest := h.kept.Newest()
	h.all = make([]historyLine, len(newest))
	for i, e := range newest {
		if now := h.now(); e.Open && now.After(e.End) {
			e.End = now
		}
		h.all[i] = historyLine{Entry: e, text: strings.ToLower(strings.Join([]string{
			historyPlace(e), e.Country, e.ProviderID, whyWords(e), e.Start.In(h.now().Location()).Format(time.DateOnly),
		}, " "))}
	}
	h.count.say(lang.XN("count.connections", "{{.N}} connections", len(h.all), map[string]int{"N": len(h.all)}))
	h.count.Hidden = len(h.all) == 0
	h.export.off, h.clear.off = len(h.all) == 0, len(h.all) == 0
	h.export.Hidden, h.clear.Hidden = h.export.off, h.clear.off
	h.top.Hidden = len(h.all) == 0
	h.drawDays()
	h.find()
	h.canvas.Refresh()
}

// find lists what the search finds: entries that have all its words.
func (h *connectionsPage) find() {
	words := strings.Fields(strings.ToLower(h.search.Text))
	h.shown = h.shown[:0]
	for _, l := range h.all {
		if hasAll(l.text, words) {
			h.shown = append(h.shown, l)
		}
	}
	switch {
	case len(h.all) == 0:
		h.empty.say(lang.L("No connections yet"))
		h.hint.say(lang.L("What you connect to is listed here. It stays on this computer."))
	case len(h.shown) == 0:
		h.empty.say(lang.L("Nothing found"))
		h.hint.say(lang.L("Try fewer letters, or another word."))
	}
	h.sign.Hidden = len(h.all) > 0
	h.none.Hidden = len(h.shown) > 0
	h.list.UnselectAll()
	h.list.Refresh()
	h.none.Refresh()
}

func hasAll(s string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(s, w) {
			return false
		}
	}
	return true
}

func (h *connectionsPage) entries() []history.Entry {
	out := make([]history.Entry, len(h.shown))
	for i, l := range h.shown {
		out[i] = l.Entry
	}
	return out
}

// drawDays fills the chart. It has all connections in it, whatever is searched for.
func (h *connectionsPage) drawDays() {
	all := make([]history.Entry, len(h.all))
	for i, l := range h.all {
		all[i] = l.Entry
	}
	h.days = history.Days(all, h.now(), historyDays[h.span.chosen])
	h.chart.set(h.days)
	h.drawSums(-1)
}

// drawSums says what one day's bar stands for, or with -1 all of them.
func (h *connectionsPage) drawSums(day int) {
	words, days := spanWords(h.span.chosen), h.days
	if day >= 0 && day < len(h.days) {
		days = h.days[day : day+1]
		words = dayWords(days[0].Start, h.now())
	}
	t := history.Total(days)
	h.received.say(lang.X("history.received", "↓ {{.Size}}", map[string]string{"Size": sizeText(t.BytesReceived)}))
	h.sent.say(lang.X("history.sent", "↑ {{.Size}}", map[string]string{"Size": sizeText(t.BytesSent)}))
	words = joined(words, spanText(t.Length))
	if !t.Cost.IsZero() {
		words = joined(words, costText(t.Cost.MYST()))
		if t.PlayMoney {
			words = joined(words, lang.L("play money"))
		}
	}
	h.sum.say(words)
}

func (w *Window) toggleHistory() { w.toggle(historyPage) }

// newHistory makes the page with the window's dialogs, and tells it of what is new.
func (w *Window) newHistory() *connectionsPage {
	h := newConnectionsPage(w.o.History, w.o.Now, w.o.App.Clipboard(), w.toggleHistory, w.saveAs, func(yes func()) {
		w.choice.ask(widget.DangerImportance, lang.L("Clear the history?"), lang.L("All connections are forgotten but the one that is up."),
			lang.L("Clear"), lang.L("Keep it"), yes, func() {})
	})
	h.search.keys = w.typedShortcut
	h.search.toList = func() { w.window.Canvas().Focus(h.list) }
	if w.o.HistoryChanged != nil {
		w.subs.Add(w.o.HistoryChanged.On(func(uint64) { h.changed() }))
	}
	return h
}

// sumsBeside has the sums left and the choice of span right.
type sumsBeside struct{}

func (sumsBeside) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(300, 34) }

func (sumsBeside) Layout(o []fyne.CanvasObject, size fyne.Size) {
	span := min(200, size.Width*0.46)
	o[1].Resize(fyne.NewSize(span, 34))
	o[1].Move(place(size.Width-span, 0))
	h := o[0].MinSize().Height
	o[0].Resize(fyne.NewSize(size.Width-span-12, h))
	o[0].Move(place(0, (34-h)/2))
}

// historyHead has the buttons at both ends and the title between. In a narrow window they
// are icons only, and so is the one in the foot.
type historyHead struct{ h *connectionsPage }

func (historyHead) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(320, 32) }

func (l *historyHead) Layout(o []fyne.CanvasObject, size fyne.Size) {
	for b, words := range map[*pill]string{l.h.export: lang.L("Export"), l.h.clear: lang.L("Clear"), l.h.foot.copyID: lang.L("Copy provider")} {
		b.says("")
		if size.Width < historySlim {
			b.says(words)
			words = ""
		}
		b.set(b.icon, words)
	}
	put := func(o fyne.CanvasObject, x float32) float32 {
		m := o.MinSize()
		o.Resize(m)
		o.Move(place(x, (size.Height-m.Height)/2))
		return m.Width
	}
	left := put(o[0], 0) + 18
	right := size.Width - o[3].MinSize().Width
	put(o[3], right)
	right -= o[2].MinSize().Width + 8
	put(o[2], right)
	o[1].Resize(fyne.NewSize(right-left-8, size.Height))
	o[1].Move(place(left, 0))
}
