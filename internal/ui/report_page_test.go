package ui

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/report"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// someReport is one as the program makes it.
func someReport() report.Report {
	s := report.Subject{
		Version: "0.1.0", Now: noon, Began: noon, System: []report.Fact{{Name: "system", Value: "linux amd64"}},
		Settings: &vpn.Settings{Theme: "dark"}, Status: &vpn.Status{Phase: vpn.Down},
		Log: report.Log{From: "memory"},
	}
	for i := range 200 {
		s.Log.Text += fmt.Sprintf("2026-05-04T11:50:%02d.000Z warn    node    dial tcp: lookup broker.example.org on 192.0.2.53:53: no such host caller=dialer.go:%d\n", i%60, i)
	}
	return report.Make(s)
}

// reporting opens the page.
func reporting(t *testing.T, change func(*Options)) *stage {
	s := newStage(t, func(o *Options) {
		o.Report = func() (report.Report, error) { return someReport(), nil }
		if change != nil {
			change(o)
		}
	})
	s.toggle(reportPageName)
	s.lane.Run()
	return s
}

// seen is the text that the page shows, put together from its lines.
func (r *reportText) seen() string {
	var b strings.Builder
	last := 0
	for _, l := range r.lines {
		if l[0] > last { // a line end
			b.WriteByte('\n')
		}
		b.WriteString(r.text[l[0]:l[1]])
		last = l[1]
	}
	return b.String()
}

// TestEveryByteOfAReportIsSeen: long lines go on below, and nothing is cut.
func TestEveryByteOfAReportIsSeen(t *testing.T) {
	s := reporting(t, nil)
	p := s.problem
	for i, part := range someReport().Parts {
		p.show(i)
		assert.Equal(t, strings.TrimRight(part.Text, "\n"), strings.TrimRight(p.text.seen(), "\n"), part.Name)
		for _, l := range p.text.lines {
			assert.LessOrEqual(t, l[1]-l[0], p.text.cols)
		}
	}
	assert.Greater(t, len(p.text.lines), 200, "the log's lines are longer than the page is wide")
}

// TestWhatIsStruckOutIsNotSaved: what was shown is what is saved.
func TestWhatIsStruckOutIsNotSaved(t *testing.T) {
	s := reporting(t, nil)
	p := s.problem
	n := len(p.report.Parts)
	p.show(n - 1)
	assert.Contains(t, p.about.full, "log.txt")
	whole := p.state.full
	p.keep.press()
	assert.Equal(t, []string{"log.txt"}, p.struck)
	assert.Equal(t, "Log · left out", p.parts.words[n-1])
	assert.NotEqual(t, whole, p.state.full, "the size is that of what is left")
	r, err := p.report.Without(p.struck...)
	require.NoError(t, err)
	assert.NotContains(t, r.Names(), "log.txt")
	p.keep.press()
	assert.Empty(t, p.struck)
	for i := range n {
		p.show(i)
		p.keep.press()
	}
	assert.True(t, p.save.off, "nothing is left to save")
	s.toggle(reportPageName)
	assert.Empty(t, p.struck, "the next one is made anew")
	assert.Empty(t, p.report.Parts)
}

func TestAReportThatCannotBeMadeSaysWhy(t *testing.T) {
	s := reporting(t, func(o *Options) {
		o.Report = func() (report.Report, error) { return report.Report{}, errors.New("MysteriumVPN does not answer.") }
	})
	assert.Equal(t, "MysteriumVPN does not answer.", s.problem.said.text)
	assert.False(t, s.problem.bar.Visible())
}

func TestALateReportIsDropped(t *testing.T) {
	var late []func()
	s := reporting(t, func(o *Options) { o.Beside = func(work func()) { late = append(late, work) } })
	s.toggle(reportPageName)
	require.Len(t, late, 1)
	late[0]()
	s.lane.Run()
	assert.Empty(t, s.problem.report.Parts, "nobody looks any more")
}

// TestOnlyTheNodeSendsAndOnlyWhenAsked: the page sends nothing by itself; with a node of the Mysterium Network its
// developers can be told, and what that sends is named.
func TestOnlyTheNodeSendsAndOnlyWhenAsked(t *testing.T) {
	var sent []string
	var refuse error
	s := reporting(t, func(o *Options) {
		o.Feedback = func(email, words string) error { sent = append(sent, email+": "+words); return refuse }
	})
	p := s.problem
	assert.False(t, p.send.Visible(), "the sandbox has no developers to tell")
	real := inPhase(vpn.Down)
	real.Network = vpn.Mysterium
	s.status(real)
	s.toggle(reportPageName)
	s.toggle(reportPageName)
	s.lane.Run()
	require.True(t, p.send.Visible())
	p.askToSend()
	var text string
	for _, o := range test.LaidOutObjects(s.window.Canvas().Overlays().Top()) {
		if l, ok := o.(*widget.Label); ok {
			text += l.Text
		}
	}
	for _, named := range []string{"its own log files as they are", "identity", "address", "providers", "report on this page is not sent"} {
		assert.Contains(t, text, named)
	}
	s.press("Cancel")
	assert.Empty(t, sent)

	for _, c := range []struct{ email, words, want string }{
		{"nobody", strings.Repeat("x", 40), "they need your address"},
		{"a@b.org", "short", "at least 30 letters"},
	} {
		p.email, p.words = c.email, c.words
		p.askToSend()
		s.press("Send")
		assert.Contains(t, p.said.text, c.want)
		assert.Empty(t, sent)
	}
	p.email, p.words = "a@b.org", strings.Repeat("x", 40)
	refuse = errors.New("One report a minute is taken.")
	p.sendIt()
	s.lane.Run()
	assert.Equal(t, "It could not be sent: One report a minute is taken.", p.said.text)
	refuse = nil
	p.sendIt()
	s.lane.Run()
	assert.Equal(t, "It was sent.", p.said.text)
	assert.Len(t, sent, 2)
}

func TestTextIsBrokenAtSpaces(t *testing.T) {
	assert.Equal(t, 5, breakAt("short", 10))
	assert.Equal(t, len("nine and "), breakAt("nine and ten", 10))
	assert.Equal(t, 10, breakAt("averylongwordindeed", 10))
	assert.Equal(t, len("ÄÄÄÄÄ"), breakAt("ÄÄÄÄÄÄÄ", 5))
	assert.Equal(t, len("漢字漢"), breakAt("漢字漢字漢字", 5), "twice as wide")
	assert.Equal(t, 16, breakAt(strings.Repeat("\xff", 40), 16), "bytes that are no text")
}
