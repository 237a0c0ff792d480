package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/bus/bustest"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// wants takes the commands sent so far and compares them but for their IDs.
func (s *stage) wants(want ...vpn.Command) {
	s.t.Helper()
	got := s.sent.Take()
	for i := range got {
		assert.NotZero(s.t, got[i].ID)
		got[i].ID = 0
	}
	assert.ElementsMatch(s.t, want, got)
}

func (s *stage) countries() (codes []string) {
	for _, e := range s.exits.shown {
		if e.Proposal == nil && e.head == "" {
			codes = append(codes, e.Country.Code)
		}
	}
	return codes
}

func TestEveryPhaseIsDrawn(t *testing.T) {
	s := newStage(t, nil)
	s.offer(sandbox(61))
	seen := map[string]vpn.Phase{}
	for _, p := range vpn.Phases() {
		s.status(inPhase(p))
		words := s.card.headline.full
		assert.NotEmpty(t, words, p.String())
		assert.NotContains(t, seen, words, "%s looks like %s", p, seen[words])
		seen[words] = p
		assert.NotEmpty(t, s.card.power.word, p.String())
		verb, _ := wish(p)
		assert.Equal(t, verb == vpn.NoVerb, s.card.power.off, p.String())
		assert.Equal(t, !inPhase(p).Reason.Zero(), s.notice.canvas.Visible(), p.String())
		assert.True(t, s.banner.canvas.Visible(), "the sandbox says what it is in every phase")
	}
}

func TestPhasesLookAsTheyDid(t *testing.T) {
	for _, p := range vpn.Phases() {
		s := newStage(t, nil)
		s.topics.Settings.Send(vpn.Settings{Theme: "dark"})
		s.offer(sandbox(61)[:12])
		s.status(inPhase(p))
		s.window.Resize(fyne.NewSize(1180, 740))
		test.AssertObjectRendersToMarkup(t, "home-"+p.String()+".xml", container.NewWithoutLayout(s.home))
		s.Close()
	}
}

func TestPagesLookAsTheyDid(t *testing.T) {
	s := newStage(t, nil)
	s.topics.Settings.Send(vpn.Settings{Theme: "dark"})
	s.offer(sandbox(61)[:12])
	s.status(inPhase(vpn.Up))
	s.window.Resize(fyne.NewSize(1180, 740))
	s.choose(vpn.Target{Country: "DE"})
	s.exits.toggleOpen("DE")
	test.AssertRendersToMarkup(t, "chosen.xml", s.window.Canvas())
	s.window.Resize(fyne.NewSize(720, 520))
	test.AssertRendersToMarkup(t, "narrow.xml", s.window.Canvas())
}

func TestTheButtonSendsWhatItSays(t *testing.T) {
	s := newStage(t, nil)
	s.offer(sandbox(61))
	for _, p := range vpn.Phases() {
		s.status(inPhase(p))
		test.Tap(s.card.power)
		switch verb, _ := wish(p); verb {
		case vpn.NoVerb:
			s.wants()
		case vpn.Connect, vpn.Disconnect, vpn.RestartNode, vpn.Relist, vpn.Quit:
			s.wants(vpn.Command{Verb: verb})
		}
	}
	s.status(inPhase(vpn.Down))
	s.card.power.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	s.wants(vpn.Command{Verb: vpn.Connect})
}

func TestAChosenCountryIsWhatTheButtonConnectsTo(t *testing.T) {
	s := newStage(t, nil)
	s.offer(sandbox(61))
	s.status(inPhase(vpn.Down))
	s.exits.list.Select(s.exits.indexOf(vpn.Target{Country: "NL"}))
	assert.Equal(t, "Netherlands", s.card.place.full)
	assert.Equal(t, "NL", s.world.marked)
	s.wants()
	test.Tap(s.card.power)
	s.wants(vpn.Command{Verb: vpn.Connect, Target: vpn.Target{Country: "NL"}})
	s.escape()
	assert.Equal(t, vpn.Target{}, s.chosen)
	assert.Equal(t, "Quick connect", s.card.place.full)
}

func TestWhileConnectedAnotherCountryIsASwitch(t *testing.T) {
	s := newStage(t, nil)
	s.offer(sandbox(61))
	s.status(inPhase(vpn.Up))
	assert.False(t, s.card.swap.Visible())
	s.choose(vpn.Target{Country: "CH"})
	assert.False(t, s.card.swap.Visible(), "connected there already")
	s.choose(vpn.Target{Country: "JP"})
	require.True(t, s.card.swap.Visible())
	assert.Equal(t, "Switch to Japan", s.card.swap.text)
	assert.Equal(t, "Zürich, Switzerland", s.card.place.full, "traffic still comes out there")
	test.Tap(s.card.swap)
	s.wants(vpn.Command{Verb: vpn.Connect, Target: vpn.Target{Country: "JP"}})
}

func TestTypingFilters(t *testing.T) {
	s := newStage(t, nil)
	s.offer(sandbox(61))
	assert.Len(t, s.countries(), 37)
	assert.Equal(t, "37 countries · 61 exits", s.exits.found.full)
	test.Type(s.exits.search, "neth")
	assert.Equal(t, []string{"NL"}, s.countries())
	assert.Equal(t, "1 country · 3 exits", s.exits.found.full)
	s.exits.search.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	s.wants(vpn.Command{Verb: vpn.Connect, Target: vpn.Target{Country: "NL"}})
	s.exits.search.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	assert.Len(t, s.countries(), 37)
	test.Type(s.exits.search, "reykjav")
	require.Len(t, s.exits.shown, 1)
	assert.Equal(t, "IS", s.exits.shown[0].Proposal.Country)
	s.exits.search.SetText("xqz")
	assert.Empty(t, s.exits.shown)
	assert.Equal(t, "Nothing found", s.exits.empty.full)
}

func TestTheListIsReachedAndUsedByKeyboardAlone(t *testing.T) {
	s := newStage(t, nil)
	s.offer(sandbox(61))
	s.status(inPhase(vpn.Down))
	key := func(n fyne.KeyName) { s.window.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: n}) }
	s.focusSearch()
	require.Same(t, s.exits.search, s.window.Canvas().Focused())
	key(fyne.KeyDown)
	require.Same(t, s.exits.list, s.window.Canvas().Focused())
	assert.Equal(t, vpn.Target{Country: "AU"}, s.chosen)
	key(fyne.KeyDown)
	key(fyne.KeyDown)
	assert.Equal(t, vpn.Target{Country: "BE"}, s.chosen)
	key(fyne.KeyUp)
	assert.Equal(t, vpn.Target{Country: "AT"}, s.chosen)
	rows := len(s.exits.shown)
	key(fyne.KeyRight)
	assert.Len(t, s.exits.shown, rows+2, "Austria's exits are shown below it")
	key(fyne.KeyDown)
	assert.NotEmpty(t, s.chosen.ProviderID)
	key(fyne.KeyReturn)
	s.wants(vpn.Command{Verb: vpn.Connect, Target: s.chosen})
	key(fyne.KeyUp)
	key(fyne.KeySpace)
	assert.Equal(t, []string{"AT"}, s.kept[len(s.kept)-1].Favourites)
	key(fyne.KeyEnd)
	assert.Equal(t, "US", s.chosen.Country)
	s.exits.list.TypedRune('p')
	assert.Equal(t, "p", s.exits.search.Text)
}

func TestShortcutsWorkFromTheSearchFieldToo(t *testing.T) {
	s := newStage(t, nil)
	s.status(inPhase(vpn.Down))
	s.exits.search.TypedShortcut(control(fyne.KeyL))
	assert.True(t, s.log.canvas.Visible())
	s.exits.search.TypedShortcut(control(fyne.KeyL))
	assert.False(t, s.log.canvas.Visible())
	s.window.Canvas().(interface{ TypedShortcut(fyne.Shortcut) }).TypedShortcut(control(fyne.KeyQ))
	s.wants(vpn.Command{Verb: vpn.Quit})
	s.exits.search.TypedShortcut(&fyne.ShortcutSelectAll{}) // stays with the field
	s.exits.search.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyX, Modifier: fyne.KeyModifierAlt})
	s.wants()
}

func TestFavouritesAndRecentCountries(t *testing.T) {
	s := newStage(t, func(o *Options) { o.Places = Places{Favourites: []string{"JP"}, Recent: []string{"FR", "DE"}} })
	s.offer(sandbox(61))
	s.exits.tabs.choose(favouriteExits)
	assert.Equal(t, []string{"JP"}, s.countries())
	s.exits.tabs.choose(recentExits)
	assert.Equal(t, []string{"FR", "DE"}, s.countries(), "newest first")
	s.status(inPhase(vpn.Up))
	assert.Equal(t, Places{Favourites: []string{"JP"}, Recent: []string{"CH", "FR", "DE"}}, s.kept[len(s.kept)-1])
	s.exits.tabs.choose(favouriteExits)
	s.exits.toggleFavourite("JP")
	assert.Empty(t, s.countries())
	assert.Equal(t, "No favourites yet", s.exits.empty.full)
}

func TestTheMapIsPressed(t *testing.T) {
	s := newStage(t, nil)
	s.offer(sandbox(61))
	s.status(inPhase(vpn.Down))
	s.window.Resize(fyne.NewSize(1180, 740))
	spot, _ := countrySpot("BR")
	at := s.world.view().xy(spot)
	test.MoveMouse(s.window.Canvas(), at.AddXY(332, 0))
	assert.Equal(t, "BR", s.world.over)
	assert.Equal(t, "Brazil · 2 exits", s.countryLabel("BR"))
	s.world.Tapped(&fyne.PointEvent{Position: at.AddXY(-20, 0)}) // the land, not the pin
	assert.Equal(t, vpn.Target{Country: "BR"}, s.chosen)
	s.toggleFar()
	kz, _ := countrySpot("KZ")
	s.world.Tapped(&fyne.PointEvent{Position: s.world.view().xy(kz)})
	assert.Equal(t, vpn.Target{Country: "BR"}, s.chosen, "nothing is on offer there")
}

func TestTheMapIsPaintedOnlyWhenItChanges(t *testing.T) {
	s := newStage(t, nil)
	s.offer(sandbox(61))
	s.status(inPhase(vpn.Up))
	s.window.Canvas().Capture()
	paints := s.world.painter.paints
	require.Positive(t, paints)
	s.flow()
	s.window.Canvas().Capture()
	s.world.hoverOver("DE", fyne.NewPos(100, 100))
	s.window.Canvas().Capture()
	assert.Equal(t, paints, s.world.painter.paints)
	s.status(inPhase(vpn.Reconnecting))
	s.window.Canvas().Capture()
	assert.Equal(t, paints+1, s.world.painter.paints)
}

func TestTrafficIsDrawnOnlyWhileSomebodyLooks(t *testing.T) {
	s := newStage(t, nil)
	s.status(inPhase(vpn.Up))
	s.topics.Traffic.Send(vpn.Traffic{BytesReceived: 5_000_000, ReceivedPerSecond: 1_000_000, At: noon})
	s.lane.Run()
	assert.Equal(t, "8.00", s.card.down.value.full)
	assert.Equal(t, "Download · 5.00 MB", s.card.down.total.full)
	s.hide()
	s.topics.Traffic.Send(vpn.Traffic{BytesReceived: 9_000_000, ReceivedPerSecond: 2_000_000, At: noon.Add(time.Second)})
	s.lane.Run()
	assert.Equal(t, "8.00", s.card.down.value.full)
	assert.Len(t, s.card.graph.down, 2, "the graph misses nothing")
	s.topics.Window.Send(vpn.Raise{})
	s.lane.Run()
	assert.Equal(t, "16.0", s.card.down.value.full)
}

func TestOnlyBusyPhasesTick(t *testing.T) {
	s := newStage(t, nil)
	live := func() (n int) {
		for _, x := range s.timers {
			if !x.off {
				assert.GreaterOrEqual(t, x.after, 500*time.Millisecond, "twice a second at most")
				n++
			}
		}
		return n
	}
	for _, p := range vpn.Phases() {
		s.status(inPhase(p))
		want := 0
		if p.Busy() || p == vpn.Unknown {
			want = 1
		}
		assert.Equal(t, want, live(), p.String())
	}
	s.status(inPhase(vpn.Dialing))
	s.now = noon.Add(4 * time.Second)
	s.fire()
	assert.Equal(t, "0:07 · attempt 2", s.card.elapsed.full)
	assert.Equal(t, 1, live(), "and again")
	s.hide()
	assert.Zero(t, live(), "nothing while hidden")
	s.Show()
	assert.Equal(t, 1, live())
	s.Close()
	assert.Zero(t, live())
}

func TestAReasonIsSaidUntilClosed(t *testing.T) {
	s := newStage(t, nil)
	s.status(inPhase(vpn.Failed))
	require.True(t, s.notice.canvas.Visible())
	assert.Contains(t, s.notice.text.Text, "given up")
	test.Tap(s.notice.close)
	assert.False(t, s.notice.canvas.Visible())
	again := inPhase(vpn.Failed)
	again.Command = 7
	s.status(again)
	assert.False(t, s.notice.canvas.Visible(), "the same reason stays closed")
	s.topics.Notices.Send(vpn.Notice{Severity: vpn.Error, Reason: vpn.Reason{Code: vpn.ProxyTaken, A: "127.0.0.1:1080"}})
	s.lane.Run()
	assert.Contains(t, s.notice.text.Text, "127.0.0.1:1080")
	test.Tap(s.notice.close)
	cancelled := inPhase(vpn.Down)
	cancelled.Reason = vpn.Reason{Code: vpn.Cancelled}
	s.status(cancelled)
	assert.False(t, s.notice.canvas.Visible(), "the user did that")
}

func TestTheProxyAddressIsCopied(t *testing.T) {
	s := newStage(t, nil)
	s.status(inPhase(vpn.Up))
	test.Tap(s.card.proxy)
	assert.Equal(t, "127.0.0.1:41871", s.app.Clipboard().Content())
	assert.Equal(t, "Copied", s.card.proxy.text)
	s.fire()
	assert.Equal(t, "Proxy 127.0.0.1:41871", s.card.proxy.text)
}

func TestTheLookIsASetting(t *testing.T) {
	s := newStage(t, nil)
	s.look("light")
	assert.Equal(t, []vpn.Settings{{Theme: "light"}}, s.saved)
	s.topics.Settings.Send(vpn.Settings{Theme: "light"})
	s.lane.Run()
	assert.Same(t, &light, colours())
	s.topics.Settings.Send(vpn.Settings{Theme: "dark"})
	s.lane.Run()
	assert.Same(t, &dark, colours())
}

func TestTheMenuIsWalkedByKeyboard(t *testing.T) {
	s := newStage(t, nil)
	s.status(inPhase(vpn.Down))
	s.openMenu()
	key := func(n fyne.KeyName) { s.window.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: n}) }
	key(fyne.KeyDown)
	key(fyne.KeyDown)
	key(fyne.KeyReturn)
	assert.True(t, s.log.canvas.Visible())
	s.openMenu()
	key(fyne.KeyEscape)
	assert.False(t, s.window.Canvas().Overlays().Top() != nil && s.window.Canvas().Overlays().Top().Visible())
	s.wants()
}

func TestTheNodeCanBeStartedAgain(t *testing.T) {
	s := newStage(t, nil)
	s.status(inPhase(vpn.Up))
	assert.False(t, s.node.again.Visible())
	s.status(inPhase(vpn.Failed))
	require.True(t, s.node.again.Visible())
	test.Tap(s.node.again)
	s.wants(vpn.Command{Verb: vpn.RestartNode})
}

func TestClosingHidesTheWindowInTheTray(t *testing.T) {
	s := newStage(t, func(o *Options) { o.TrayHost = func() bool { return true } })
	s.Window.tray = &tray{host: &panel{}, do: s.trayPressed}
	s.status(inPhase(vpn.Up))
	s.closeAsked()
	s.wants()
	assert.False(t, s.shown)
	assert.Nil(t, s.window.Canvas().Overlays().Top())
	assert.False(t, s.places.now.NoTray, "nothing was told")
}

// TestWithoutATrayHostClosingSaysSoOnce: hidden, the window could not be found again.
func TestWithoutATrayHostClosingSaysSoOnce(t *testing.T) {
	const says = "This desktop has no tray"
	s := newStage(t, nil)
	s.Window.tray = &tray{host: &panel{}, do: s.trayPressed} // Fyne makes one whether or not it is shown
	s.status(inPhase(vpn.Down))
	c := s.window.Canvas()
	s.closeAsked()
	s.wants()
	assert.True(t, s.shown)
	require.NotNil(t, c.Overlays().Top())
	assert.Contains(t, test.RenderToMarkup(c), says)
	assert.True(t, s.kept[len(s.kept)-1].NoTray, "remembered for the next start")
	c.Overlays().Top().Hide()
	s.closeAsked()
	s.wants(vpn.Command{Verb: vpn.Quit})

	s = newStage(t, func(o *Options) { o.Places = s.kept[len(s.kept)-1] })
	s.status(inPhase(vpn.Down))
	s.closeAsked()
	s.wants(vpn.Command{Verb: vpn.Quit})
	s.status(inPhase(vpn.Up))
	s.closeAsked()
	s.wants() // it asks, whatever was said before
	assert.NotContains(t, test.RenderToMarkup(s.window.Canvas()), says)
	assert.Contains(t, test.RenderToMarkup(s.window.Canvas()), "The connection ends")
}

func TestWithoutATrayHostTheFirstQuestionSaysWhy(t *testing.T) {
	s := newStage(t, nil)
	s.status(inPhase(vpn.Dialing))
	s.closeAsked()
	s.wants()
	assert.Contains(t, test.RenderToMarkup(s.window.Canvas()), "This desktop has no tray")
	assert.True(t, s.kept[len(s.kept)-1].NoTray)
}

// These are not ours to claim, or mean something else elsewhere.
func TestWordsWeDoNotSay(t *testing.T) {
	s := newStage(t, nil)
	s.offer(sandbox(61))
	for _, p := range vpn.Phases() {
		s.status(inPhase(p))
		markup := strings.ToLower(test.RenderToMarkup(s.window.Canvas()))
		for _, word := range []string{"protected", "secure", "kill switch", ">ping", "server"} {
			assert.NotContains(t, markup, word, p.String())
		}
	}
	assert.Equal(t, "1 exit", exitCount(1))
	assert.Equal(t, "2 exits", exitCount(2))
	assert.Equal(t, "Quit", lang.L("Quit"))
}

func TestNothingIsHeardAfterClose(t *testing.T) {
	s := newStage(t, nil)
	s.Close()
	s.Close()
	s.status(inPhase(vpn.Up))
	assert.Equal(t, vpn.Unknown, s.Window.status.Phase)
	bustest.Want(t, &s.sent)
}

func TestNumbersHaveThreeFigures(t *testing.T) {
	for bytes, want := range map[uint64]string{
		0: "0 B", 999: "999 B", 1000: "1.00 kB", 9_994: "9.99 kB", 9_996: "10.0 kB", 99_960: "100 kB", 999_499: "999 kB", 999_600: "1.00 MB",
		5_000_000_000: "5.00 GB", 18_000_000_000_000_000: "18000 TB",
	} {
		assert.Equal(t, want, sizeText(bytes), bytes)
	}
	v, unit := rateText(124_999_000)
	assert.Equal(t, "1.00 Gbit/s", v+" "+unit)
	v, unit = rateText(124_900)
	assert.Equal(t, "999 kbit/s", v+" "+unit)
}
