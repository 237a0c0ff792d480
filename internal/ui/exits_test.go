package ui

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

func (s *stage) heads() (heads []string) {
	for _, e := range s.exits.shown {
		if e.head != "" {
			heads = append(heads, e.head)
		}
	}
	return heads
}

func TestFavouritesAndRecentCountriesStandFirst(t *testing.T) {
	s := newStage(t, func(o *Options) {
		o.Places = Places{Favourites: []string{"US", "JP"}, Recent: []string{"FR", "JP", "DE", "IT", "NO"}}
	})
	s.offer(sandbox(61))
	s.status(inPhase(vpn.Down))
	assert.Equal(t, []string{"Favourites", "Recent", "Other countries"}, s.heads())
	assert.Equal(t, []string{"JP", "US", "FR", "DE", "IT", "AU"}, s.countries()[:6])
	assert.Len(t, s.countries(), 37, "each stands there once")
	assert.Equal(t, "37 countries · 61 exits", s.exits.found.full)
	s.window.Canvas().Focus(s.exits.list)
	key := func(n fyne.KeyName) { s.exits.list.TypedKey(&fyne.KeyEvent{Name: n}) }
	assert.Equal(t, "JP", s.chosen.Country, "headings are not chosen")
	key(fyne.KeyDown)
	key(fyne.KeyDown)
	assert.Equal(t, "FR", s.chosen.Country)
	key(fyne.KeyUp)
	assert.Equal(t, "US", s.chosen.Country)
	s.exits.list.Select(0)
	assert.Equal(t, "US", s.chosen.Country)
	key(fyne.KeyHome)
	assert.Equal(t, "JP", s.chosen.Country)
	key(fyne.KeyUp)
	assert.Same(t, s.exits.search, s.window.Canvas().Focused())
	s.exits.search.SetText("ger")
	assert.Empty(t, s.heads(), "a search has an order of its own")
}

func TestTheFilterIsSetByKeyboardAndKept(t *testing.T) {
	s := newStage(t, nil)
	s.offer(sandbox(61))
	s.status(inPhase(vpn.Down))
	key := func(n fyne.KeyName) { s.window.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: n}) }
	s.window.Canvas().Focus(s.exits.funnel)
	key(fyne.KeySpace)
	require.Same(t, s.exits.filter.rows[0], s.window.Canvas().Focused())
	key(fyne.KeyRight)
	key(fyne.KeyDown)
	key(fyne.KeyRight)
	key(fyne.KeyRight)
	key(fyne.KeyDown)
	key(fyne.KeyRight)
	want := proposals.Filter{Quality: proposals.High, IPType: "residential"}
	kept := s.kept[len(s.kept)-1]
	s.lane.Run()
	assert.Equal(t, want, proposals.FilterOf(s.saved[len(s.saved)-1]))
	assert.Equal(t, proposals.BestFirst, kept.Order)
	for _, p := range s.exits.offers.Proposals {
		assert.Zero(t, want.Misses(&p))
	}
	n := len(s.exits.offers.Proposals)
	require.Positive(t, n)
	assert.Contains(t, s.exits.found.full, exitCount(n), "the count follows the filter")
	assert.Contains(t, s.card.about, exitCount(n), "so does quick connect")
	assert.Equal(t, len(s.exits.offers.Countries), len(s.world.offers), "and the map")
	key(fyne.KeyEscape)
	assert.False(t, s.exits.filter.up.Visible())
	require.True(t, s.exits.chip.Visible())
	assert.Equal(t, "residential · high quality", s.exits.active.text)
	s.pressed()
	s.wants(vpn.Command{Verb: vpn.Connect}) // core knows the filter too
	s.exits.active.press()
	assert.False(t, s.exits.chip.Visible())
	assert.Len(t, s.exits.offers.Proposals, 61)
	assert.Equal(t, proposals.BestFirst, s.kept[len(s.kept)-1].Order, "the order stays")
}

func TestAnEmptyListNamesTheFilterThatHidesThings(t *testing.T) {
	s := newStage(t, nil)
	s.topics.Settings.Send(vpn.Settings{FilterIPType: "satellite"})
	s.offer(sandbox(61))
	assert.Empty(t, s.exits.shown)
	assert.Equal(t, "61 exits hidden", s.exits.empty.full)
	assert.Equal(t, "By the filter on kind of address.", s.exits.hint.full)
	s.exits.search.SetText("xqz")
	assert.Equal(t, "Nothing found", s.exits.empty.full)
	assert.False(t, s.exits.unmask.Visible())
	s.exits.search.SetText("")
	require.True(t, s.exits.unmask.Visible())
	s.exits.unmask.press()
	assert.Len(t, s.countries(), 37)
}

func TestQuickConnectSaysWhyAsTheListDoes(t *testing.T) {
	s := newStage(t, nil)
	s.offer(sandbox(61))
	s.status(inPhase(vpn.Down))
	assert.Equal(t, s.book.Load().Explain(nil), s.card.why)
	assert.Regexp(t, `^Best quality of 61 exits: \d\.\d of 3$`, s.card.detail.full)
	s.choose(vpn.Target{Country: "DE"})
	assert.Empty(t, s.card.why)
}

func BenchmarkKeyPressNarrowed(b *testing.B) {
	s := newStage(b, nil)
	s.offer(sandbox(10_000))
	s.exits.narrow(proposals.Filter{Quality: proposals.Medium}, proposals.CheapestFirst)
	queries := []string{"b", "be", "ber", "xqzw", "0xab", ""}
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		s.exits.search.Text = queries[i%len(queries)]
		s.exits.find()
		i++
	}
}

func BenchmarkFilterChange(b *testing.B) {
	s := newStage(b, nil)
	s.offer(sandbox(10_000))
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		s.exits.narrow(proposals.Filter{Quality: proposals.Grade(2 + i%2)}, proposals.Order(i%3))
		i++
	}
}

// TestASwitchIsARecentCountryToo: the status may go from one exit to the next without a phase between, as it merges.
func TestASwitchIsARecentCountryToo(t *testing.T) {
	s := newStage(t, nil)
	s.offer(sandbox(61))
	up := inPhase(vpn.Up)
	s.status(up)
	first := up.Exit.Country
	up.Exit.Country, up.Exit.ProviderID = "JP", "0x1"
	s.status(up)
	assert.Equal(t, []string{"JP", first}, s.kept[len(s.kept)-1].Recent)
	assert.Equal(t, []string{"JP", first}, s.countries()[:2], "and it stands first at once")
}

func TestAPresetOfTheNodeIsAFilter(t *testing.T) {
	s := newStage(t, nil)
	presets := []proposals.Preset{{ID: 1, Name: "Media Streaming"}, {ID: 7, Name: "My own"}}
	list := sandbox(61)
	s.topics.Proposals.Send(s.book.ReplaceListed(proposals.Listing{Offers: list, Presets: presets}).Version)
	s.lane.Run()
	s.exits.funnel.press()
	row := s.exits.filter.rows[3]
	assert.Equal(t, []string{"Any", "Streaming", "My own"}, row.words)
	row.choose(1)
	require.NotEmpty(t, s.saved)
	assert.Equal(t, 1, s.saved[len(s.saved)-1].FilterPreset)
	assert.Equal(t, "Streaming", s.exits.active.text)
	assert.Len(t, s.exits.offers.Proposals, 61, "the node has not said yet which they are")
	s.topics.Proposals.Send(s.book.ReplaceListed(proposals.Listing{Offers: list, Presets: presets, Preset: 1, Members: list[:5]}).Version)
	s.lane.Run()
	assert.Len(t, s.exits.offers.Proposals, 5)
	s.exits.search.SetText("rotterdam")
	assert.Equal(t, "By the filter on what it is good for.", s.exits.hint.full)
}

func TestAFilterThatComesWithTheSettingsIsShown(t *testing.T) {
	s := newStage(t, nil)
	s.offer(sandbox(61))
	s.topics.Settings.Send(vpn.Settings{FilterQuality: "high"})
	s.lane.Run()
	assert.True(t, s.exits.chip.Visible())
	assert.Equal(t, "high quality", s.exits.active.text)
	assert.Less(t, len(s.exits.offers.Proposals), 61)
	assert.Empty(t, s.saved, "nothing goes back")
}

func TestTheNodeIsAskedWhatCanBeReachedFromHere(t *testing.T) {
	s := newStage(t, nil)
	s.offer(sandbox(61))
	s.status(inPhase(vpn.Down))
	s.exits.funnel.press()
	n := len(s.exits.filter.rows)
	s.escape()
	real := inPhase(vpn.Down)
	real.Network = vpn.Mysterium
	s.status(real)
	s.exits.funnel.press()
	require.Len(t, s.exits.filter.rows, n+1, "the sandbox has no NAT in its way")
	s.exits.filter.rows[n].choose(1)
	assert.True(t, s.saved[len(s.saved)-1].FilterNAT)
	assert.Equal(t, "reachable", s.exits.active.text)
	assert.Len(t, s.exits.offers.Proposals, 61, "the node leaves out what cannot be")
}

// drawn walks through what is drawn of an object, as it was drawn last.
func (s *stage) drawn(o fyne.CanvasObject, see func(fyne.CanvasObject)) {
	see(o)
	var inside []fyne.CanvasObject
	switch o := o.(type) {
	case *fyne.Container:
		inside = o.Objects
	case fyne.Widget:
		inside = test.WidgetRenderer(o).Objects()
	}
	for _, o := range inside {
		s.drawn(o, see)
	}
}

// TestTheChosenRowHasTheButton, and only that one, as soon as it is chosen: with the mouse and with the keyboard.
func TestTheChosenRowHasTheButton(t *testing.T) {
	s := newStage(t, nil)
	s.offer(sandbox(61))
	s.status(inPhase(vpn.Down))
	s.window.Resize(fyne.NewSize(1180, 740))
	var rows []*exitRow
	var taps []fyne.Tappable
	s.drawn(s.exits.list, func(o fyne.CanvasObject) {
		if r, ok := o.(*exitRow); ok {
			rows = append(rows, r)
		}
		if tap, ok := o.(fyne.Tappable); ok && fmt.Sprintf("%T", o) == "*widget.listItem" {
			taps = append(taps, tap)
		}
	})
	require.Greater(t, len(rows), 6)
	require.Len(t, taps, len(rows))
	buttons := func() (codes []string) {
		for _, r := range rows {
			if !r.act.Hidden {
				codes = append(codes, r.shown.Country.Code)
			}
		}
		return codes
	}
	require.Empty(t, buttons())
	for _, i := range []int{2, 4} {
		taps[i].Tapped(&fyne.PointEvent{})
		assert.Equal(t, []string{s.exits.shown[i].Country.Code}, buttons())
		assert.Equal(t, s.exits.shown[i].Country.Code, s.chosen.Country)
		assert.Same(t, s.exits.list, s.window.Canvas().Focused(), "the keys go on from there")
	}
	s.exits.list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	assert.Equal(t, []string{s.exits.shown[5].Country.Code}, buttons())
}

// ownServers are proposals as our node makes them of own servers: one that is in Switzerland, two in no country.
func ownServers() []tequilapi.Proposal {
	list := sandbox(3)
	for i, at := range []tequilapi.ProposalLocation{{City: "work"}, {Country: "CH", City: "Zürich"}, {City: "home"}} {
		list[i].Location, list[i].Quality, list[i].Price = at, tequilapi.Quality{}, tequilapi.Price{}
	}
	return list
}

func (s *stage) rowTexts(i int) string {
	row := newExitRow()
	row.Resize(fyne.NewSize(300, rowHeight))
	s.exits.bind(i, row)
	text := row.name.Text + " / " + row.sub.Text
	if !row.price.Hidden {
		text += " / " + row.price.Text
	}
	return text
}

// TestOwnServersAreKnownByName: those that are in no country stand in the list and in the tray one by one.
func TestOwnServersAreKnownByName(t *testing.T) {
	s := newStage(t, func(o *Options) { o.Places.Favourites = []string{""} }) // as earlier versions kept it
	p := &panel{}
	s.Window.tray = &tray{host: p, do: s.trayPressed}
	s.offer(ownServers())
	down := inPhase(vpn.Down)
	down.Network = vpn.Own
	s.status(down)
	require.Len(t, s.exits.shown, 3)
	assert.Equal(t, []string{"Switzerland / Zürich", "home / Own server", "work / Own server"},
		[]string{s.rowTexts(0), s.rowTexts(1), s.rowTexts(2)})
	assert.Equal(t, "1 country · 3 exits", s.exits.found.full)
	assert.Empty(t, s.exits.priced.full, "they cost nothing")

	home := ownServers()[2].ProviderID
	s.exits.list.Select(1)
	row := newExitRow()
	row.Resize(fyne.NewSize(300, rowHeight))
	s.exits.bind(1, row)
	assert.False(t, row.act.Hidden, "the chosen one has a button")
	s.exits.list.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	assert.Empty(t, s.places.now.Favourites, "no country is a favourite")
	s.exits.list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	s.wants(vpn.Command{Verb: vpn.Connect, Target: vpn.Target{ProviderID: home}})

	sub := p.menu.Items[3].ChildMenu
	require.NotNil(t, sub)
	require.Len(t, sub.Items, 3)
	assert.Equal(t, "work", sub.Items[2].Label)
	sub.Items[1].Action()
	s.wants(vpn.Command{Verb: vpn.Connect, Target: vpn.Target{ProviderID: home}})
	up := inPhase(vpn.Up)
	up.Network, up.Exit = vpn.Own, vpn.Exit{ProviderID: home, City: "home"}
	s.status(up)
	assert.Equal(t, "home / Connected", s.rowTexts(1))
	assert.Equal(t, "Connected: home", p.menu.Items[0].Label)
	s.exits.list.Select(2)
	assert.Equal(t, "home", s.card.place.full, "the card shows where the traffic comes out")
	assert.False(t, s.card.swap.Hidden)
	assert.Contains(t, s.card.swap.text, "work")

	// Where the chosen one is is said meanwhile: it stays chosen.
	s.exits.list.Select(1)
	s.places.toggle("CH") // now there are headings
	located := ownServers()
	located[2].Location = tequilapi.ProposalLocation{Country: "SE", City: "home"}
	s.offer(located)
	assert.Equal(t, vpn.Target{Country: "SE", ProviderID: home}, s.chosen)
	assert.Equal(t, "SE", s.exits.shown[s.exits.indexOf(s.exits.chosen)].Country.Code)
	assert.True(t, s.card.swap.Hidden, "it is where the connection leads")

	// One that has gone is chosen no more in the list, and no key falls on a heading.
	s.offer(located[:2])
	s.window.Canvas().Focus(s.exits.list)
	for _, k := range []fyne.KeyName{fyne.KeySpace, fyne.KeyRight, fyne.KeyLeft} {
		s.exits.list.TypedKey(&fyne.KeyEvent{Name: k})
	}
}
