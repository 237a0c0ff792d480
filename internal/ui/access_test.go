package ui

import (
	"bytes"
	"fmt"
	"image"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// nameOf is what somebody who cannot see the window would call a thing that takes the focus.
func nameOf(f fyne.Focusable) string {
	switch o := f.(type) {
	case *pill:
		if o.text != "" {
			return o.text
		}
		return o.tip
	case *helpKey:
		return o.text
	case *welcomeKey:
		return o.text
	case *option:
		return o.name
	case *segments:
		return fmt.Sprint(o.words)
	case *power:
		return o.word
	case *searchEntry:
		return o.PlaceHolder
	case *exitListWidget:
		return "list of exits"
	case *logListWidget:
		return "lines"
	case *historyListWidget:
		return "connections"
	case *dayChart:
		return "days"
	case *toggle:
		return "switch"
	case *picker:
		return o.words[o.chosen]
	case *field:
		return o.PlaceHolder
	default:
		return fmt.Sprintf("%T", f)
	}
}

// tabs presses Tab until it comes round, and names what it meets.
func (s *stage) tabs() (names []string, met []fyne.Focusable) {
	c := s.window.Canvas()
	c.Unfocus()
	for range 100 {
		test.FocusNext(c)
		f := c.Focused()
		if len(met) > 0 && f == met[0] {
			return names, met
		}
		names, met = append(names, nameOf(f)), append(met, f)
	}
	s.t.Fatal("Tab never comes round")
	return nil, nil
}

func TestTabWalksTheWindowInReadingOrder(t *testing.T) {
	s := newStage(t, func(o *Options) { o.History = &shelf{entries: connections(5)} })
	s.offer(sandbox(61))
	s.status(inPhase(vpn.Up))
	s.choose(vpn.Target{Country: "JP"})
	names, met := s.tabs()
	assert.Equal(t, []string{
		"Menu", "Search country, city, provider", "[All Favourites Recent]", "Order and filters", "list of exits", "Log",
		"World", "Disconnect", "Details", "Switch to Japan", "127.0.0.1:41871",
	}, names)
	back := len(met) - 1
	for s.window.Canvas().Focus(met[0]); back > 0; back-- {
		test.FocusPrevious(s.window.Canvas())
		assert.Same(t, met[back], s.window.Canvas().Focused(), "and backwards")
	}

	s.toggleHistory()
	names, _ = s.tabs()
	assert.Equal(t, []string{"Back", "Export", "Clear", "[14 days 30 days]", "days", "Search place, provider, day, ending", "connections"}, names[6:])
	s.toggleSettings()
	names, _ = s.tabs()
	assert.Equal(t, []string{
		"Back", "switch", "switch", "switch", "[Sandbox Mysterium Own]", "[Programs Whole device]", "switch", "switch", "Show the rules", "[Provider System Own]", "127.0.0.1", "Port", "[Desktop Light Dark]", "[Small Normal Large Larger]",
		"switch", "As the desktop has it", "switch", "switch", "switch", "switch", "Show", "Export…", "Import…",
	}, names[6:])
	s.toggleLog()
	names, _ = s.tabs()
	assert.Equal(t, []string{"Back", "Copy all", "Save…", "Search", "[All Info Warnings Errors]", "App", "Node", "Tunnel", "Bus", "lines"}, names[6:])
}

// TestAQuestionIsAnsweredByKeyboard: the focus is on the answer that changes nothing.
func TestAQuestionIsAnsweredByKeyboard(t *testing.T) {
	s := newStage(t, nil)
	s.status(inPhase(vpn.Up))
	c := s.window.Canvas()
	press := func(want string) {
		b, ok := c.Focused().(*questionKey)
		require.True(t, ok, "%T", c.Focused())
		assert.Equal(t, want, b.text)
		b.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
		assert.Nil(t, c.Overlays().Top())
	}
	for _, leave := range []func(){
		func() { c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape}) },
		func() { c.Unfocus(); c.OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape}) },
	} {
		s.toggleSettings()
		s.closeAsked()
		for _, k := range s.shortcuts() { // what is behind a question has no keys
			c.(interface{ TypedShortcut(fyne.Shortcut) }).TypedShortcut(k.key)
		}
		s.wants()
		assert.Equal(t, settingsPage, s.stack.at)
		leave()
		assert.Nil(t, c.Overlays().Top())
		assert.Equal(t, settingsPage, s.stack.at, "Escape was for the question")
		s.toggleSettings()
	}
	s.closeAsked()
	press("Stay connected")
	s.wants()
	s.closeAsked()
	c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	press("Disconnect and quit")
	s.wants(vpn.Command{Verb: vpn.Quit})
}

func TestWhatIsFocusedIsSeen(t *testing.T) {
	s := newStage(t, nil)
	s.offer(sandbox(61))
	s.status(inPhase(vpn.Up))
	s.window.Resize(fyne.NewSize(720, 520))
	pixels := func() []byte { return s.window.Canvas().Capture().(*image.NRGBA).Pix }
	for _, open := range []func(){func() {}, s.toggleLog} {
		open()
		_, met := s.tabs()
		s.window.Canvas().Unfocus()
		plain := bytes.Clone(pixels())
		for _, f := range met {
			s.window.Canvas().Focus(f)
			assert.False(t, bytes.Equal(plain, pixels()), nameOf(f))
		}
	}
}

// pills gives every pill of the window, those of hidden pages too.
func pills(o fyne.CanvasObject, each func(*pill)) {
	switch x := o.(type) {
	case *pill:
		each(x)
	case *fyne.Container:
		for _, c := range x.Objects {
			pills(c, each)
		}
	case fyne.Widget:
		for _, c := range test.WidgetRenderer(x).Objects() {
			pills(c, each)
		}
	}
}

func TestEveryButtonHasAName(t *testing.T) {
	s := newStage(t, nil)
	s.status(inPhase(vpn.Up))
	n := 0
	pills(s.Content(), func(b *pill) {
		if b.icon != "" && b.Visible() {
			n++
			assert.NotEmpty(t, b.text+b.tip, b.icon)
		}
	})
	assert.Greater(t, n, 5)
	s.window.Canvas().Focus(s.gear)
	assert.Contains(t, test.RenderToMarkup(s.window.Canvas()), ">Menu<")
}

func TestTheHelpSheetListsEveryShortcut(t *testing.T) {
	s := newStage(t, nil)
	s.status(inPhase(vpn.Down))
	for _, k := range s.shortcuts() {
		if k.key.KeyName != fyne.KeySlash { // F1 is the one that is listed
			assert.NotEmpty(t, shortcutWords(k.key.KeyName, false), k.key.KeyName)
		}
	}
	c := s.window.Canvas()
	for _, from := range []fyne.Focusable{nil, s.gear, s.exits.search, s.exits.tabs, s.card.power} {
		if from == nil {
			c.Unfocus()
			c.OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyF1})
		} else {
			c.Focus(from)
			from.TypedKey(&fyne.KeyEvent{Name: fyne.KeyF1})
		}
		top, ok := c.Overlays().Top().(*widget.PopUp)
		require.True(t, ok, "%T", from)
		assert.Contains(t, test.RenderToMarkup(c), "Open or close the log")
		c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
		assert.False(t, top.Visible())
	}
}

func TestEscapeLeavesAPageWhateverHasTheFocus(t *testing.T) {
	s := newStage(t, nil)
	s.status(inPhase(vpn.Down))
	for _, f := range []fyne.Focusable{s.Window.log.back, s.Window.log.list, s.Window.log.levels} {
		s.toggleLog()
		s.window.Canvas().Focus(f)
		f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
		assert.Equal(t, homePage, s.stack.at, nameOf(f))
	}
}
