package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/logs"
)

// say puts n lines into the ring and lets the window hear of it.
func (s *stage) say(n int, l logs.Line) {
	for range n {
		l.At = noon
		s.ring.Append(l)
	}
	s.topics.Logs.Send(s.ring.Last())
	s.lane.Run()
}

func TestTheLogPageReadsOnlyWhileOpen(t *testing.T) {
	s := newStage(t, nil)
	s.say(10, logs.Line{Source: logs.App, Level: logs.Info, Text: "one"})
	assert.Empty(t, s.Window.log.lines)
	s.toggleLog()
	assert.Len(t, s.Window.log.shown, 10)
	s.say(5, logs.Line{Source: logs.Node, Level: logs.Info, Text: "two"})
	assert.Len(t, s.Window.log.shown, 15)
	s.toggleLog()
	s.say(5, logs.Line{Source: logs.Node, Level: logs.Info, Text: "three"})
	assert.Len(t, s.Window.log.shown, 15)
}

func TestLogLinesAreChosenBySourceLevelAndWords(t *testing.T) {
	s := newStage(t, nil)
	l := s.Window.log
	for _, line := range []logs.Line{
		{Source: logs.App, Level: logs.Info, Text: "Tunnel is up", Fields: "exit=Zürich"},
		{Source: logs.Node, Level: logs.Debug, Text: "asked for proposals"},
		{Source: logs.Node, Level: logs.Warn, Text: "slow answer"},
		{Source: logs.Tunnel, Text: "no level at all"},
		{Source: logs.Tunnel, Level: logs.Error, Text: "handshake failed"},
	} {
		s.say(1, line)
	}
	s.toggleLog()
	texts := func() (out []string) {
		for _, e := range l.shown {
			out = append(out, strings.Fields(e.Text)[0])
		}
		return out
	}
	assert.Equal(t, []string{"Tunnel", "slow", "no", "handshake"}, texts(), "debug is not shown unless asked for")
	l.levels.choose(0)
	assert.Equal(t, []string{"Tunnel", "asked", "slow", "no", "handshake"}, texts())
	l.levels.choose(2)
	assert.Equal(t, []string{"slow", "no", "handshake"}, texts())
	l.levels.choose(3)
	assert.Equal(t, []string{"no", "handshake"}, texts())
	l.levels.choose(0)
	test.Tap(l.switches[1])
	assert.Equal(t, []string{"Tunnel", "no", "handshake"}, texts())
	test.Tap(l.switches[1])
	l.search.SetText("UP zürich")
	assert.Equal(t, []string{"Tunnel"}, texts())
	assert.Equal(t, "1 line", l.count.full)
	l.search.SetText("xyz")
	assert.Empty(t, texts())
	assert.True(t, l.none.Visible())
}

func TestTheBusSpeaksWhileItIsLookedAt(t *testing.T) {
	s := newStage(t, nil)
	l := s.Window.log
	s.say(1, logs.Line{Source: logs.Bus, Text: "status: phase=up"})
	s.toggleLog()
	assert.Empty(t, l.shown, "nobody asked")
	assert.Zero(t, s.taps)
	test.Tap(l.switches[3])
	assert.Equal(t, 1, s.taps)
	assert.Len(t, l.shown, 1)
	s.toggleLog()
	assert.Zero(t, s.taps, "not behind a page that is closed")
	s.toggleLog()
	assert.Equal(t, 1, s.taps)
	test.Tap(l.switches[3])
	assert.Zero(t, s.taps)
	assert.Empty(t, l.shown)
}

func TestMissingLinesAreNamedByTheirSource(t *testing.T) {
	s := newStage(t, nil)
	l := s.Window.log
	s.toggleLog()
	s.say(2, logs.Line{Source: logs.App, Level: logs.Info, Text: "here"})
	for range 50_000 {
		s.ring.Append(logs.Line{Source: logs.Node, Level: logs.Info, Text: "flood"})
	}
	s.say(1, logs.Line{Source: logs.App, Level: logs.Info, Text: "and here"})
	var lost []string
	app := 0
	for i := range l.shown {
		if e := &l.shown[i]; e.lost > 0 {
			lost = append(lost, lostWords(e))
		} else if e.Source == logs.App {
			app++
		}
	}
	assert.Equal(t, 3, app)
	require.Len(t, lost, 1)
	assert.Regexp(t, `^Node: [45]\d{4} lines are missing here$`, lost[0])
	test.Tap(l.switches[1])
	for _, e := range l.shown {
		assert.Zero(t, e.lost, "what is hidden is not missed")
	}
}

func TestOneConnectionCanBeShownAlone(t *testing.T) {
	s := newStage(t, nil)
	l := s.Window.log
	s.say(1, logs.Line{Source: logs.App, Level: logs.Info, Text: "settings saved"})
	s.say(1, logs.Line{Source: logs.Node, Level: logs.Info, Text: "peer found", Connection: "k7abcdef"})
	s.say(1, logs.Line{Source: logs.Node, Level: logs.Info, Text: "of another", Connection: "zzabcdef"})
	s.toggleLog()
	l.choose(0)
	assert.False(t, l.only.Visible())
	l.choose(1)
	require.True(t, l.only.Visible())
	l.only.press()
	require.Len(t, l.shown, 1)
	assert.Equal(t, "peer found", l.shown[0].Text)
}

func TestSkewIsShownInTheWindowToo(t *testing.T) {
	s := newStage(t, nil)
	s.say(1, logs.Line{Source: logs.Node, Level: logs.Info, Text: "kept back", Said: noon.Add(-3 * time.Second), Fields: "a=b"})
	r := newLogRow()
	lines, _, _ := s.ring.Read(0, 1)
	r.set(logEntry{Line: lines[0]}, false)
	assert.Equal(t, "kept back  skew=3s  a=b", r.all)
}

func TestTheLogFollowsUntilOneScrollsUp(t *testing.T) {
	s := newStage(t, nil)
	l := s.Window.log
	line := logs.Line{Source: logs.App, Level: logs.Info, Text: "a line"}
	s.say(200, line)
	s.toggleLog()
	require.True(t, l.list.atEnd())
	s.say(50, line)
	assert.True(t, l.list.atEnd())
	assert.False(t, l.end.Visible())
	l.list.ScrollToOffset(500)
	assert.True(t, l.end.Visible())
	assert.Equal(t, "To the end", l.end.text)
	s.say(3, line)
	assert.InDelta(t, 500, l.list.GetScrollOffset(), 1, "what is being read stays")
	assert.Equal(t, "3 new lines", l.end.text)
	l.list.ScrollToBottom()
	assert.False(t, l.end.Visible())
	s.say(3, line)
	assert.True(t, l.list.atEnd(), "and it follows again")
	l.list.ScrollToOffset(0)
	test.Tap(l.end)
	assert.True(t, l.list.atEnd())
}

func TestLostLinesAreSaid(t *testing.T) {
	s := newStage(t, nil)
	l := s.Window.log
	line := logs.Line{Source: logs.App, Level: logs.Info, Text: "a line"}
	s.say(10, line)
	s.toggleLog()
	s.toggleLog()
	s.say(1000, line) // the ring holds a third of 1000 of each source
	s.toggleLog()
	assert.EqualValues(t, 667, l.shown[10].lost)
	assert.Equal(t, "App: 667 lines are missing here", lostWords(&l.shown[10]))
	assert.Contains(t, string(l.text()), "667 lines are missing here\n")
}

func TestLogLinesAreCopiedAndSaved(t *testing.T) {
	s := newStage(t, nil)
	l := s.Window.log
	saved := map[string]string{}
	l.save = func(name string, data []byte) { saved[name] = string(data) }
	s.say(3, logs.Line{Source: logs.Node, Level: logs.Info, Text: "token=abcdef0123456789 given"})
	s.say(1, logs.Line{Source: logs.Node, Level: logs.Debug, Text: "not shown"})
	s.toggleLog()
	l.save("x", l.text())
	assert.Equal(t, 3, strings.Count(saved["x"], "\n"))
	assert.NotContains(t, saved["x"], "abcdef0123456789")
	l.list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyUp})
	assert.True(t, l.foot.Visible())
	assert.Equal(t, l.shown[2].String(), l.full.Text)
	l.list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyHome})
	assert.Equal(t, 0, l.chosenAt())
	l.list.Select(1)
	assert.Equal(t, 1, l.chosenAt())
	l.choose(-1)
	assert.False(t, l.foot.Visible())
}

func TestTheLogKeepsItsPlaceWhenOldLinesLeave(t *testing.T) {
	s := newStage(t, func(o *Options) { o.Ring = logs.NewRing(30_000) })
	s.ring = s.Window.o.Ring
	l := s.Window.log
	for i := range logLimit {
		s.ring.Append(logs.Line{Source: logs.App, Level: logs.Info, Text: fmt.Sprint("line ", i)})
	}
	s.toggleLog()
	l.list.ScrollToOffset(1000 * l.list.pitch())
	l.choose(1005)
	before := l.shown[1005].Text
	s.say(100, logs.Line{Source: logs.App, Level: logs.Info, Text: "more"})
	assert.Len(t, l.shown, logLimit)
	assert.InDelta(t, 900*l.list.pitch(), l.list.GetScrollOffset(), 1)
	assert.Equal(t, 905, l.chosenAt())
	assert.Equal(t, before, l.shown[905].Text)
}

func BenchmarkLogSift(b *testing.B) {
	l := &logPage{filter: logFilter{words: []string{"handshake", "zz"}}}
	for i := range logLimit {
		l.lines = append(l.lines, logEntry{Line: logs.Line{Seq: uint64(i + 1), At: time.Now(), Source: logs.Tunnel, Text: "peer(AbCd…WxYz) - Sending handshake initiation to somewhere", Fields: "a=b"}})
	}
	b.ReportAllocs()
	for b.Loop() {
		l.shown = l.shown[:0]
		for i := range l.lines {
			if l.filter.passes(&l.lines[i]) {
				l.shown = append(l.shown, l.lines[i])
			}
		}
	}
}
