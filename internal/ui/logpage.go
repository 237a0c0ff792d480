package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/logs"
)

// logPage is what app, node and tunnel say, newest last. It reads the ring from where it stopped, and only while it is
// open. It follows the newest line for as long as that is in sight.
type logPage struct {
	ring      *logs.Ring
	tap       func() (untap func()) // has what travels on the bus put into the ring; nil = that cannot be had
	untap     func()                // it is being done; nil = it is not
	clipboard fyne.Clipboard
	save      func(name string, data []byte)
	keys      func(fyne.Shortcut) bool // the window's
	leave     func()
	seen      bool

	back     *pill
	count    *label
	search   *searchEntry
	levels   *segments
	switches []*pill // of logs.Sources
	list     *logListWidget
	frame    *box // around the list while it has the focus
	none     *label
	end      *pill         // to the newest line
	full     *widget.Label // the chosen line, whole
	only     *pill         // shows the chosen line's connection alone
	foot     *fyne.Container
	over     *fyne.Container
	canvas   *fyne.Container

	filter logFilter
	gaps   logs.Gaps
	lines  []logEntry // all that were read and are kept
	shown  []logEntry // those that pass the filter
	cursor uint64
	fresh  int    // lines that came while the newest was out of sight
	chosen uint64 // Seq; 0 = none
}

// logLimit is how many lines the page keeps.
const logLimit = 6000

func newLogPage(ring *logs.Ring, tap func() func(), clipboard fyne.Clipboard, leave func(), save func(string, []byte), keys func(fyne.Shortcut) bool) *logPage {
	l := &logPage{ring: ring, tap: tap, clipboard: clipboard, leave: leave, save: save, keys: keys, filter: logFilter{level: logs.Info}}
	l.filter.hidden[logs.Bus] = true
	l.back = newPill("arrow-left", lang.L("Back"), leave)
	l.count = newLabel("", 12, assets.Regular, mutedTone)
	l.list = newLogListWidget(l)
	l.frame = newBox(func(p *Palette) colour { return alpha(p.Ground, 0) }, func(p *Palette) colour {
		if l.list.focused {
			return p.Link
		}
		return alpha(p.Link, 0)
	}, 8)
	l.none = newLabel(lang.L("No lines match"), 13, assets.Medium, mutedTone)
	l.none.Hide()
	l.end = newLoudPill("arrow-down", "", l.toEnd)
	l.end.Hide()
	l.over = container.New(&atFoot{space: 14}, l.end)
	l.canvas = container.NewStack(newBox(func(p *Palette) colour { return p.Ground }, nil, 0),
		topFirst(column(0, l.head(), l.bar()), l.whole(), nil, nil, pad(12, 0, 6, 6,
			container.NewStack(l.frame, l.list, container.New(&topThird{}, centredLine(l.none)), l.over))))
	return l
}

func (l *logPage) head() fyne.CanvasObject {
	keep := newPill("download", lang.L("Save…"), func() { l.save("mysteriumvpn-log.txt", l.text()) })
	copyAll := newPill("copy", lang.L("Copy all"), func() { l.clipboard.SetContent(string(l.text())) })
	title := newTail(10, 0, newLabel(lang.L("Log"), 19, assets.Display, inkTone), l.count)
	return pad(18, 16, 18, 8, container.NewBorder(nil, nil, row(12, middle(l.back)), row(8, middle(copyAll), middle(keep)), pad(14, 0, 8, 0, title)))
}

// bar has what chooses among the lines.
func (l *logPage) bar() fyne.CanvasObject {
	l.search = newSearchEntry()
	l.search.SetPlaceHolder(lang.L("Search"))
	l.search.OnChanged = func(s string) { l.filter.words = strings.Fields(strings.ToLower(s)); l.sift() }
	l.search.toList = func() { focusOn(l.list) }
	l.search.onReturn = l.search.toList
	l.search.keys = l.keys
	l.levels = newSegments(func(i int) { l.filter.level = logLevels[i]; l.sift() }, logLevelWords()...)
	l.levels.chosen = 1
	var boxes []fyne.CanvasObject
	for i, source := range logs.Sources() {
		if source == logs.Bus && l.tap == nil {
			continue
		}
		l.switches = append(l.switches, newSourceSwitch(source, l.filter.hidden[source], func() {
			l.filter.hidden[source] = !l.filter.hidden[source]
			drawSourceSwitch(l.switches[i], source, l.filter.hidden[source])
			l.listen()
			l.sift()
		}))
		boxes = append(boxes, middle(l.switches[i]))
	}
	return pad(18, 0, 18, 10, container.New(logBar{}, l.search, l.levels, row(6, boxes...)))
}

// logBar has the search and the levels side by side with the sources below. In a narrow window the search goes down to
// the sources, and in a very narrow one the last of these, which hardly anybody needs, makes room for it.
type logBar struct{}

// The measures of the bar.
const (
	logBarLine   = 34
	logBarGap    = 8
	logBarLevels = 332
	logBarSlim   = 560
	logBarSearch = 180
)

func (logBar) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(logBarLevels, 2*logBarLine+logBarGap)
}

func (logBar) Layout(o []fyne.CanvasObject, size fyne.Size) {
	put := func(o fyne.CanvasObject, x, y, w float32) {
		h := min(o.MinSize().Height, logBarLine)
		o.Move(place(x, y+(logBarLine-h)/2))
		o.Resize(fyne.NewSize(w, h))
	}
	const lower = logBarLine + logBarGap
	search, levels, sources := o[0], o[1], o[2]
	if all := sources.(*fyne.Container).Objects; len(all) > 3 {
		all[3].(*fyne.Container).Hidden = false
		all[3].(*fyne.Container).Hidden = size.Width < logBarSlim && size.Width-sources.MinSize().Width < logBarSearch
	}
	wide := sources.MinSize().Width
	put(sources, 0, lower, wide)
	if size.Width < logBarSlim {
		put(levels, 0, 0, size.Width)
		put(search, wide+logBarGap, lower, size.Width-wide-logBarGap)
		return
	}
	put(search, 0, 0, size.Width-logBarLevels-logBarGap)
	put(levels, size.Width-logBarLevels, 0, logBarLevels)
}

// whole shows the chosen line with all it has.
func (l *logPage) whole() fyne.CanvasObject {
	l.full = widget.NewLabel("")
	l.full.Wrapping = fyne.TextWrapBreak
	l.full.TextStyle.Monospace = true
	l.full.Selectable = true
	copyLine := newIconButton("copy", func() { l.clipboard.SetContent(l.full.Text) }).says(lang.L("Copy line"))
	l.only = newIconButton("funnel", func() {
		if i := l.chosenAt(); i >= 0 {
			l.search.SetText(l.shown[i].Connection)
		}
	}).says(lang.L("Only this connection"))
	shut := newIconButton("x", func() { l.choose(-1) }).says(lang.L("Close"))
	l.foot = pad(18, 8, 18, 14, container.NewStack(newBox(func(p *Palette) colour { return p.Card }, func(p *Palette) colour { return p.Edge }, 12),
		pad(10, 6, 10, 6, container.NewBorder(nil, nil, nil, column(2, shut, copyLine, l.only), container.NewVScroll(l.full)))))
	l.foot.Hide()
	return l.foot
}

func (l *logPage) object() fyne.CanvasObject { return l.canvas }
func (l *logPage) first() fyne.Focusable     { return l.back }
func (l *logPage) closed()                   { l.seen = false; l.listen() }
func (l *logPage) opened()                   { l.seen = true; l.listen(); l.load() }

// listen has the bus speak while its lines are looked at, and only then: it costs every part that sends something.
func (l *logPage) listen() {
	want := l.seen && !l.filter.hidden[logs.Bus]
	switch {
	case want && l.untap == nil && l.tap != nil:
		l.untap = l.tap()
	case !want && l.untap != nil:
		l.untap()
		l.untap = nil
	}
}

// load reads what is new.
func (l *logPage) load() {
	if !l.seen {
		return
	}
	follow, at, was := l.list.atEnd(), l.cursor, len(l.shown)
	for {
		lines, next, _ := l.ring.Read(l.cursor, 512)
		l.cursor = next
		if len(lines) == 0 {
			break
		}
		for _, line := range lines {
			if lost := l.gaps.Before(line); lost > 0 {
				l.add(logEntry{Line: logs.Line{Seq: line.Seq, Source: line.Source}, lost: lost})
			}
			l.add(logEntry{Line: line})
		}
	}
	if l.cursor == at {
		return
	}
	if !follow {
		l.fresh += len(l.shown) - was
	}
	gone := l.trim()
	l.draw()
	switch {
	case follow:
		l.list.ScrollToBottom()
		l.drawEnd()
	case gone > 0:
		l.list.ScrollToOffset(l.list.GetScrollOffset() - float32(gone)*l.list.pitch()) // what is being read stays where it is
	}
}

func (l *logPage) add(e logEntry) {
	l.lines = append(l.lines, e)
	if l.filter.passes(&e) {
		l.shown = append(l.shown, e)
	}
}

// trim lets go of the oldest lines, and says how many of those that are shown went.
func (l *logPage) trim() int {
	if len(l.lines) <= logLimit {
		return 0
	}
	l.lines = append(l.lines[:0], l.lines[len(l.lines)-logLimit:]...)
	gone := 0
	for gone < len(l.shown) && l.shown[gone].Seq < l.lines[0].Seq {
		gone++
	}
	l.shown = append(l.shown[:0], l.shown[gone:]...)
	return gone
}

// sift fills the list anew with what the filter lets through.
func (l *logPage) sift() {
	l.shown = l.shown[:0]
	for i := range l.lines {
		if l.filter.passes(&l.lines[i]) {
			l.shown = append(l.shown, l.lines[i])
		}
	}
	l.draw()
	l.toEnd()
}

func (l *logPage) draw() {
	l.count.say(lang.XN("count.lines", "{{.N}} lines", len(l.shown), map[string]int{"N": len(l.shown)}))
	l.none.Hidden = len(l.shown) > 0
	l.none.Refresh()
	l.list.Refresh()
}

// toEnd goes to the newest line and follows it.
func (l *logPage) toEnd() {
	l.list.ScrollToBottom()
	l.drawEnd()
}

// drawEnd shows the way to the newest line while that is out of sight.
func (l *logPage) drawEnd() {
	atEnd := l.list.atEnd()
	if atEnd {
		l.fresh = 0
	}
	word := lang.L("To the end")
	if l.fresh > 0 {
		word = lang.XN("log.fresh", "{{.N}} new lines", l.fresh, map[string]int{"N": l.fresh})
	}
	if l.end.Hidden == atEnd && (atEnd || l.end.text == word) {
		return
	}
	l.end.Hidden = atEnd
	l.end.set("arrow-down", word)
	l.over.Refresh()
}

// choose shows a line whole; -1 = none.
func (l *logPage) choose(i int) {
	l.chosen = 0
	if i >= 0 && l.shown[i].lost == 0 {
		l.chosen = l.shown[i].Seq
		l.full.SetText(l.shown[i].String())
		l.only.Hidden = l.shown[i].Connection == ""
	}
	if l.foot.Hidden = l.chosen == 0; !l.foot.Hidden {
		l.foot.Refresh()
	}
	l.canvas.Refresh()
}

// chosenAt is the place of the chosen line, -1 if there is none.
func (l *logPage) chosenAt() int {
	for i := range l.shown {
		if l.chosen != 0 && l.shown[i].Seq == l.chosen && l.shown[i].lost == 0 {
			return i
		}
	}
	return -1
}

// text is what is shown, as the file has it. The lines are free of secrets since they were appended.
func (l *logPage) text() []byte {
	var b []byte
	for _, e := range l.shown {
		if e.lost > 0 {
			b = append(append(b, lostWords(&e)...), '\n')
			continue
		}
		b = append(e.AppendTo(b), '\n')
	}
	return b
}

// atFoot puts an object of its own size at the foot, in the middle.
type atFoot struct{ space float32 }

func (*atFoot) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

func (l *atFoot) Layout(o []fyne.CanvasObject, size fyne.Size) {
	m := o[0].MinSize()
	o[0].Resize(m)
	o[0].Move(place((size.Width-m.Width)/2, size.Height-m.Height-l.space))
}
