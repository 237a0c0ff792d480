package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/assert"

	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

func entries(n int) []entry {
	var book proposals.Book
	s := book.Replace(sandbox(n), noon)
	var list []entry
	for i := range s.Countries {
		c := &s.Countries[i]
		list = append(list, entry{Hit: proposals.Hit{Country: c}})
		for j := range c.Proposals {
			list = append(list, entry{Hit: proposals.Hit{Country: c, Proposal: &c.Proposals[j]}, nested: true})
		}
	}
	return list
}

func TestARowShowsItsEntry(t *testing.T) {
	test.NewTempApp(t)
	r := newExitRow()
	r.Resize(fyne.NewSize(300, rowHeight))
	list := entries(61)
	r.set(list[0], bearing{phase: vpn.Down})
	assert.Equal(t, "Australia", r.name.Text)
	assert.Equal(t, "4 exits", r.sub.Text)
	assert.True(t, r.mark.Hidden)
	assert.True(t, r.act.Hidden)
	r.set(list[0], bearing{phase: vpn.Up, says: "Connected", chosen: true})
	assert.Equal(t, "Connected", r.sub.Text)
	assert.False(t, r.mark.Hidden)
	assert.True(t, r.act.Hidden, "nothing to press: it leads there already")
	r.set(list[1], bearing{phase: vpn.Down, chosen: true})
	assert.False(t, r.act.Hidden)
	assert.True(t, r.flag.Hidden, "its country's row has the flag")
	assert.True(t, r.star.Hidden)
}

func TestALongNameIsCutWithDots(t *testing.T) {
	test.NewTempApp(t)
	r := newExitRow()
	r.Resize(fyne.NewSize(220, rowHeight))
	c := proposals.Country{Code: "GS", Name: "South Georgia and the South Sandwich Islands", Count: 3}
	r.set(entry{Hit: proposals.Hit{Country: &c}}, bearing{phase: vpn.Down})
	assert.Regexp(t, "^South G.*…$", r.name.Text)
	assert.LessOrEqual(t, textWidth(r.name, r.name.Text), r.textRoom(220))
}

func TestPricesStandBelowEachOther(t *testing.T) {
	test.NewTempApp(t)
	assert.Equal(t, "0.10", priceText("0.1"))
	assert.Equal(t, "3.00", priceText("3"))
	assert.Equal(t, "0.052", priceText("0.052"))
	assert.Equal(t, "free", priceText("0"))
	assert.Equal(t, "free", priceText("0.0"))
}

func BenchmarkRowSet(b *testing.B) {
	test.NewTempApp(b).Settings().SetTheme(&Theme{})
	list := entries(10_000)
	r := newExitRow()
	w := test.NewTempWindow(b, r)
	w.Resize(fyne.NewSize(320, rowHeight))
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		r.set(list[i%len(list)], bearing{phase: vpn.Down})
		i++
	}
}

func BenchmarkKeyPress(b *testing.B) {
	s := newStage(b, nil)
	s.offer(sandbox(10_000))
	queries := []string{"g", "ge", "ger", ""}
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		s.exits.search.Text = queries[i%len(queries)]
		s.exits.find()
		i++
	}
}

func BenchmarkMapPaint(b *testing.B) {
	s := newStage(b, nil)
	s.offer(sandbox(61))
	s.status(inPhase(vpn.Up))
	s.window.Resize(fyne.NewSize(1180, 740))
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		i++
		s.world.version = uint64(i + 10)
		s.world.paint(848, 740)
	}
}

func BenchmarkSpark(b *testing.B) {
	s := newStage(b, nil)
	s.status(inPhase(vpn.Up))
	s.flow()
	b.ReportAllocs()
	for b.Loop() {
		s.card.graph.paint(284, 70)
	}
}

func BenchmarkNewList(b *testing.B) {
	s := newStage(b, nil)
	s.window.Resize(fyne.NewSize(1180, 740))
	n := 61
	b.ReportAllocs()
	for b.Loop() {
		n = 121 - n
		s.offer(sandbox(n)) // 60 and 61 in turn: a new version each time
	}
}
