package ui

import (
	"fmt"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/history"
	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// shelf is a History in memory.
type shelf struct {
	entries []history.Entry
	looks   int
}

func (s *shelf) Newest() []history.Entry { return append([]history.Entry(nil), s.entries...) }
func (s *shelf) Look()                   { s.looks++ }
func (s *shelf) Clear()                  { s.entries = nil }

// bell is a receiver that the test rings.
type bell struct{ told func(uint64) }

func (b *bell) On(told func(uint64)) (cancel func()) { b.told = told; return func() {} }
func (b *bell) ring()                                { b.told(0) }

// connections makes n of them, the newest first, one up now.
func connections(n int) []history.Entry {
	out := make([]history.Entry, n)
	at := noon.Add(-25 * time.Minute)
	for i := range out {
		c := cities[i*7%len(cities)]
		k := uint64(i*i*37%101 + 1)
		e := history.Entry{
			Start: at, End: at.Add(time.Duration(k*7+uint64(i%9)) * 53 * time.Second), Network: vpn.Sandbox, Country: c.code, City: c.city,
			ProviderID: fmt.Sprintf("0x%040x", k*0x9E3779B97F4A7C15), BytesReceived: k * k * k * 4_300, BytesSent: k * k * 51_000,
			Priced: i != 4, PerHour: tequilapi.Wei(60_000_000_000_000 * k), PerGiB: tequilapi.Wei(10_000_000_000_000_000 * (k%9 + 1)),
			Why: history.Disconnected,
		}
		switch {
		case i == 0:
			e.Open, e.End, e.Why = true, noon, history.Unknown
		case i%7 == 2:
			e.Why = history.Switched
		case i%7 == 3:
			e.Why, e.Code, e.A, e.B = history.Failed, vpn.ProviderFailed, e.ProviderID, "no answer"
		case i%7 == 4:
			e.Why, e.Reconnects = history.Quit, 3
		case i%7 == 5:
			e.Why, e.Code, e.A = history.NodeDied, vpn.NodeGaveUp, "exit status 1"
		case i%7 == 6:
			e.Why, e.Reconnects = history.Unknown, 1
		}
		out[i] = e
		at = at.Add(-time.Duration(5+k%17) * time.Hour)
	}
	return out
}

func newPast(t testing.TB, n int) (*stage, *shelf) {
	kept := &shelf{entries: connections(n)}
	s := newStage(t, func(o *Options) { o.History = kept })
	s.topics.Settings.Send(vpn.Settings{Theme: "dark"})
	s.offer(sandbox(61)[:12])
	s.status(inPhase(vpn.Up))
	s.window.Resize(fyne.NewSize(1180, 740))
	return s, kept
}

func TestHistoryLooksAsItDid(t *testing.T) {
	s, _ := newPast(t, 40)
	s.toggleHistory()
	test.AssertObjectRendersToMarkup(t, "history.xml", s.past.canvas)
	s.past.list.Select(3)
	s.window.Resize(fyne.NewSize(720, 520))
	test.AssertObjectRendersToMarkup(t, "history-narrow.xml", s.past.canvas)
	empty, _ := newPast(t, 0)
	empty.toggleHistory()
	test.AssertObjectRendersToMarkup(t, "history-empty.xml", empty.past.canvas)
}

func TestHistoryIsReadWhileSomebodyLooks(t *testing.T) {
	kept, changed := &shelf{entries: connections(3)}, &bell{}
	s := newStage(t, func(o *Options) { o.History, o.HistoryChanged = kept, changed })
	kept.entries = connections(5)
	changed.ring()
	assert.Len(t, s.past.all, 3, "nobody looks")
	s.toggleHistory()
	assert.Equal(t, 1, kept.looks)
	assert.Len(t, s.past.all, 5)
	assert.Equal(t, "5 connections", s.past.count.full)
	kept.entries = connections(1)
	changed.ring()
	assert.Equal(t, "1 connection", s.past.count.full)
	kept.entries = nil
	changed.ring()
	assert.False(t, s.past.top.Visible())
	assert.Equal(t, "No connections yet", s.past.empty.full)
	s.toggleHistory()
	assert.False(t, s.past.seen)
}

func TestHistoryIsSearched(t *testing.T) {
	s, _ := newPast(t, 60)
	s.toggleHistory()
	p := s.past
	for q, want := range map[string]func(history.Entry) bool{
		"":              func(history.Entry) bool { return true },
		"GERMANY":       func(e history.Entry) bool { return e.Country == "DE" },
		"node stopped":  func(e history.Entry) bool { return e.Why == history.NodeDied },
		"ber germ":      func(e history.Entry) bool { return e.City == "Berlin" },
		"2026-02-2":     func(e history.Entry) bool { return e.Start.Format("2006-01-02")[:9] == "2026-02-2" },
		"no such place": func(history.Entry) bool { return false },
	} {
		p.search.SetText(q)
		n := 0
		for _, l := range p.all {
			if want(l.Entry) {
				n++
			}
		}
		assert.Len(t, p.shown, n, q)
		assert.Equal(t, n == 0, p.none.Visible(), q)
		for _, l := range p.shown {
			assert.True(t, want(l.Entry), q)
		}
	}
	assert.True(t, p.top.Visible(), "the chart stays")
}

func TestHistoryIsReachedAndLeftByKeyboard(t *testing.T) {
	s, _ := newPast(t, 10)
	for range 2 {
		require.True(t, s.typedShortcut(control(fyne.KeyH)))
		assert.Equal(t, historyPage, s.stack.at)
		assert.Equal(t, fyne.Focusable(s.past.back), s.window.Canvas().Focused())
		s.past.search.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyH, Modifier: fyne.KeyModifierShortcutDefault})
		assert.Equal(t, homePage, s.stack.at)
	}
	s.toggleHistory()
	reached := map[fyne.Focusable]bool{}
	for range 40 {
		s.window.Canvas().(interface{ FocusNext() }).FocusNext()
		reached[s.window.Canvas().Focused()] = true
	}
	for _, f := range []fyne.Focusable{s.past.back, s.past.export, s.past.clear, s.past.span, s.past.chart, s.past.search, s.past.list} {
		assert.True(t, reached[f], "%T", f)
	}
}

func TestEscapeLeavesTheHistory(t *testing.T) {
	s, _ := newPast(t, 10)
	for _, f := range []fyne.Focusable{s.past.back, s.past.span, s.past.chart, s.past.list} {
		s.toggleHistory()
		s.window.Canvas().Focus(f)
		f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
		assert.Equal(t, homePage, s.stack.at, "%T", f)
	}
	s.toggleHistory()
	s.focusSearch()
	assert.Equal(t, fyne.Focusable(s.past.search), s.window.Canvas().Focused())
	s.past.search.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	assert.Equal(t, fyne.Focusable(s.past.list), s.window.Canvas().Focused())
	for _, k := range []struct {
		key fyne.KeyName
		at  int
	}{{fyne.KeyDown, 0}, {fyne.KeyDown, 1}, {fyne.KeyEnd, 9}, {fyne.KeyPageDown, 9}, {fyne.KeyUp, 8}, {fyne.KeyHome, 0}, {fyne.KeyPageUp, 0}, {fyne.KeyEscape, -1}} {
		s.past.list.TypedKey(&fyne.KeyEvent{Name: k.key})
		assert.Equal(t, k.at, s.past.list.at, k.key)
		assert.Equal(t, k.at >= 0, s.past.foot.canvas.Visible(), k.key)
	}
}

func TestTheChartSaysADaysFigures(t *testing.T) {
	s, _ := newPast(t, 40)
	s.toggleHistory()
	p := s.past
	all := p.received.full
	assert.Contains(t, p.sum.full, "14 days")
	assert.Contains(t, p.sum.full, "play money")
	s.window.Canvas().Focus(p.chart)
	assert.Contains(t, p.sum.full, "Today")
	p.chart.TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft})
	assert.Contains(t, p.sum.full, "Yesterday")
	p.chart.TypedKey(&fyne.KeyEvent{Name: fyne.KeyHome})
	assert.Contains(t, p.sum.full, "2026-02-16")
	s.window.Canvas().Focus(p.back)
	assert.Equal(t, all, p.received.full)
	p.chart.MouseIn(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(1, 5)}})
	assert.Contains(t, p.sum.full, "2026-02-16")
	p.chart.MouseOut()
	p.span.choose(1)
	assert.Len(t, p.chart.days, 30)
	assert.Contains(t, p.sum.full, "30 days")
}

func TestTheScaleOfTheChartIsRound(t *testing.T) {
	c := newDayChart(func(int) {})
	for n, want := range map[uint64]uint64{0: 1e6, 1e6: 1e6, 1_000_001: 15e5, 2_100_000: 3e6, 5_700_000_000: 6e9, 8_100_000_000: 1e10} {
		c.days = []history.Day{{BytesReceived: n}}
		assert.Equal(t, want, c.top(), n)
	}
}

func TestWhatIsUpNowIsAsLongAsItIs(t *testing.T) {
	s, _ := newPast(t, 2)
	s.now = noon.Add(time.Hour)
	s.toggleHistory()
	assert.Equal(t, 85*time.Minute, s.past.all[0].Length())
}

func TestASelectedConnectionIsShownWhole(t *testing.T) {
	s, _ := newPast(t, 10)
	s.toggleHistory()
	s.past.list.Select(3)
	foot := s.past.foot
	assert.True(t, foot.canvas.Visible())
	assert.Equal(t, s.past.all[3].ProviderID, foot.lines[0].full)
	assert.Contains(t, foot.lines[3].full, "no answer.")
	assert.Equal(t, "Choose another exit.", foot.lines[4].full)
	test.Tap(foot.copyID)
	assert.Equal(t, s.past.all[3].ProviderID, s.app.Clipboard().Content())
	s.past.list.Select(1)
	assert.False(t, foot.lines[3].Visible(), "nothing to explain")
	s.past.list.UnselectAll()
	assert.False(t, foot.canvas.Visible())
}

func TestClearAsksFirst(t *testing.T) {
	s, kept := newPast(t, 10)
	s.toggleHistory()
	test.Tap(s.past.clear)
	require.NotNil(t, s.window.Canvas().Overlays().Top())
	assert.Len(t, kept.entries, 10)
}

func BenchmarkHistoryRow(b *testing.B) {
	test.NewTempApp(b).Settings().SetTheme(&Theme{})
	list := connections(5000)
	r := newHistoryRow()
	w := test.NewTempWindow(b, r)
	w.Resize(fyne.NewSize(820, rowHeight))
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		r.set(list[i%len(list)], noon)
		i++
	}
}

func BenchmarkHistoryKeyPress(b *testing.B) {
	s, _ := newPast(b, 5000)
	s.toggleHistory()
	queries := []string{"g", "ge", "ger", ""}
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		s.past.search.Text = queries[i%len(queries)]
		s.past.find()
		i++
	}
}

func BenchmarkHistoryLoad(b *testing.B) {
	s, _ := newPast(b, 5000)
	s.toggleHistory()
	b.ReportAllocs()
	for b.Loop() {
		s.past.load()
	}
}

// TestScreensOfHistory draws the page for a designer, as TestScreens does the others.
func TestScreensOfHistory(t *testing.T) {
	if *screens == "" {
		t.Skip("needs -screens DIR")
	}
	for _, look := range []string{"dark", "light"} {
		s, kept := newPast(t, 40)
		s.topics.Settings.Send(vpn.Settings{Theme: look})
		s.lane.Run()
		s.toggleHistory()
		s.shoot(look+"-history", 1180, 740)
		s.window.Canvas().Focus(s.past.chart)
		s.past.chart.TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft})
		s.past.span.choose(1)
		s.shoot(look+"-history-30", 1180, 740)
		s.past.list.Select(3)
		s.shoot(look+"-history-chosen", 1180, 740)
		s.shoot(look+"-history-chosen-small", 720, 520)
		s.past.list.UnselectAll()
		s.shoot(look+"-history-small", 720, 520)
		s.past.search.SetText("xqz")
		s.shoot(look+"-history-nothing", 720, 520)
		s.past.search.SetText("")
		test.Tap(s.past.clear)
		s.shoot(look+"-history-clear", 720, 520)
		s.window.Canvas().Overlays().Top().Hide()
		kept.entries = nil
		s.past.load()
		s.shoot(look+"-history-empty", 1180, 740)
		s.Close()
	}
}
