package ui

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/logs"
	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// TestNothingGrowsInALongDay: 5,000 changes of status and 200 lists of 10,000 exits leave no goroutine and no 20 MB
// behind, with the window shown, hidden, and on each of its pages. Under the race detector the day is a tenth as long.
func TestNothingGrowsInALongDay(t *testing.T) {
	statuses, lists, exits := 5000, 200, 10_000
	if underRace {
		statuses, lists = 500, 20
	}
	kept := &shelf{entries: connections(200)}
	s := newStage(t, func(o *Options) { o.History = kept })
	s.window.Resize(fyne.NewSize(1180, 740))
	phases, all := vpn.Phases(), sandbox(exits+1)
	day := func(from, statuses, lists int) {
		for i := from; i < from+statuses; i++ {
			v := inPhase(phases[i%len(phases)])
			if v.Exit.Country != "" {
				c := cities[i%len(cities)]
				v.Exit.Country, v.Exit.City, v.Exit.ProviderID = c.code, c.city, fmt.Sprintf("0x%040x", i)
			}
			s.now = s.now.Add(7 * time.Second)
			v.Since = s.now.Add(-time.Duration(i) * time.Second)
			s.topics.Traffic.Send(vpn.Traffic{BytesReceived: uint64(i) * 77_777, ReceivedPerSecond: uint64(i%97) * 10_000, At: s.now})
			s.ring.Append(logs.Line{Source: logs.App, Level: logs.Info, Text: fmt.Sprint("line ", i)})
			s.status(v)
			s.timers = nil
			if i%50 == 0 { // page after page, and now and then hidden
				s.toggle(pageName(i / 50 % 4))
			}
			switch i % 200 {
			case 120:
				s.hide()
			case 160:
				s.Show()
			}
			if step := statuses / lists; i%step == 0 { // another list each time
				n := i / step
				list := append([]tequilapi.Proposal(nil), all[n%2:exits+n%2]...)
				list[n%exits].Quality.Quality = float64(n%30) / 10
				s.offer(list)
			}
		}
		s.kept = nil
		s.sent.Take()
	}
	day(0, statuses/10, lists/10) // what is remembered once: words, pictures, rows
	goroutines, before := runtime.NumGoroutine(), heap()
	from := time.Now()
	day(statuses/10, statuses, lists)
	t.Logf("%s for %d changes of status and %d lists of %d exits", time.Since(from).Round(time.Second), statuses, lists, exits)
	after := heap()
	t.Logf("heap %.1f MB before, %.1f MB after", before, after)
	assert.LessOrEqual(t, runtime.NumGoroutine(), goroutines)
	assert.Less(t, after-before, 20.0, "MB")
}

// heap is what is still in use, in MB.
func heap() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what the first one finalised
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

func TestOnlyRowsInSightAreDrawn(t *testing.T) {
	s := newStage(t, nil)
	s.window.Resize(fyne.NewSize(1180, 740))
	s.offer(sandbox(10_000))
	for _, c := range s.exits.snapshot.Countries {
		s.exits.open[c.Code] = true
	}
	s.exits.find()
	require.Greater(t, len(s.exits.shown), 10_000)
	list, bound := &s.exits.list.List, map[widget.ListItemID]bool{}
	update := list.UpdateItem
	list.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) { bound[i] = true; update(i, o) }
	sight := int(list.Size().Height/rowHeight) + 2
	for i := range 200 {
		clear(bound)
		list.ScrollToOffset(float32((i + 1) * 2000))
		assert.NotEmpty(t, bound)
		assert.LessOrEqual(t, len(bound), sight)
	}
	clear(bound)
	list.Refresh()
	assert.NotEmpty(t, bound)
	assert.LessOrEqual(t, len(bound), sight)
}

// TestARowIsBoundCheaply: scrolling binds rows again and again, so binding one makes at most 20 allocations.
func TestARowIsBoundCheaply(t *testing.T) {
	for name, bind := range binders(t) {
		bind(0)
		i := 0
		n := testing.AllocsPerRun(2000, func() { i++; bind(i) })
		t.Logf("%s: %.0f", name, n)
		assert.LessOrEqual(t, n, 20.0, name)
	}
}

func BenchmarkBind(b *testing.B) {
	for name, bind := range binders(b) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i++
				bind(i)
			}
		})
	}
}

// binders bind a row of each list to another of thousands of entries, as the list does.
func binders(t testing.TB) map[string]func(i int) {
	past := &shelf{entries: connections(5000)}
	s := newStage(t, func(o *Options) { o.History = past; o.Ring = logs.NewRing(30_000) })
	s.window.Resize(fyne.NewSize(1180, 740))
	s.offer(sandbox(10_000))
	for _, c := range s.exits.snapshot.Countries {
		s.exits.open[c.Code] = true
	}
	s.exits.find()
	s.toggleHistory()
	for i := range logLimit {
		s.Window.o.Ring.Append(logs.Line{At: noon.Add(time.Duration(i) * time.Millisecond), Source: logs.Source(1 + i%3), Level: logs.Level(1 + i%4), Text: fmt.Sprintf("peer(%04x…) - sending handshake initiation to somewhere that has a long name", i), Fields: "a=b"})
	}
	s.toggleLog()
	row := func(l *widget.List, n int) func(int) {
		o := l.CreateItem()
		test.NewTempWindow(t, o).Resize(fyne.NewSize(820, 50))
		return func(i int) { l.UpdateItem(i%n, o) }
	}
	return map[string]func(int){
		"exits":   row(&s.exits.list.List, len(s.exits.shown)),
		"log":     row(&s.Window.log.list.List, len(s.Window.log.shown)),
		"history": row(&s.past.list.List, len(s.past.shown)),
	}
}
