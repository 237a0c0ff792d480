package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

func TestDetailsUnfoldAndAreCopied(t *testing.T) {
	s := newStage(t, nil)
	s.window.Resize(fyne.NewSize(1180, 740))
	up := inPhase(vpn.Up)
	s.status(up)
	folded := s.card.canvas.Size().Height
	s.card.details.toggle.press()
	d := s.card.details
	require.True(t, d.canvas.Visible())
	assert.Greater(t, s.card.canvas.Size().Height, folded)
	assert.Equal(t, up.Exit.ProviderID, d.provider.value[0].full, "whole")
	assert.Equal(t, "–", d.handshake.full)
	s.now = noon.Add(12 * time.Second)
	s.topics.Traffic.Send(vpn.Traffic{BytesReceived: 5_000_000, BytesSent: 2000, LastHandshake: noon, MTU: 1420, At: s.now})
	s.lane.Run()
	assert.Equal(t, "12 s ago", d.handshake.full)
	assert.Equal(t, "WireGuard · MTU 1420", d.protocol.full)
	assert.Equal(t, "5.00 MB", d.received.full)
	for x, want := range map[*detail]string{
		d.provider: up.Exit.ProviderID, d.socks: "socks5://127.0.0.1:41871", d.http: "http://127.0.0.1:41871",
		d.curl: "curl -x socks5h://127.0.0.1:41871 https://example.org",
	} {
		x.copy.press()
		assert.Equal(t, want, s.app.Clipboard().Content())
		assert.Equal(t, "check", x.copy.icon)
		s.fire()
		assert.Equal(t, "copy", x.copy.icon)
	}
	s.window.Resize(fyne.NewSize(720, 520))
	assert.Equal(t, up.Exit.ProviderID, d.provider.value[0].full+d.provider.value[1].full, "whole, on two lines")
	s.escape()
	assert.False(t, d.canvas.Visible())
}

// TestWhatOpensLooksAsItDid: what unfolds on the map, and what lies over the window.
func TestWhatOpensLooksAsItDid(t *testing.T) {
	s := newStage(t, nil)
	s.topics.Settings.Send(vpn.Settings{Theme: "dark"})
	s.offer(sandbox(61)[:12])
	s.status(inPhase(vpn.Up))
	s.window.Resize(fyne.NewSize(1180, 740))
	c := s.window.Canvas()
	looks := func(name string, open, shut func()) {
		open()
		test.AssertRendersToMarkup(t, name+".xml", c)
		shut()
	}
	overlay := func() { c.Overlays().Top().Hide() }
	looks("details", s.toggleDetails, func() {})
	s.window.Resize(fyne.NewSize(720, 520))
	looks("details-narrow", func() {}, s.toggleDetails)
	s.window.Resize(fyne.NewSize(1180, 740))
	looks("menu", s.openMenu, overlay)
	looks("help", s.showHelp, overlay)
	looks("filter", s.exits.openFilter, s.escape)
	looks("nothing", func() { s.exits.search.SetText("xqz") }, func() { s.exits.search.SetText("") })
	looks("close", s.closeAsked, overlay)
}

func TestTheLogLooksAsItDid(t *testing.T) {
	s := newStage(t, nil)
	s.topics.Settings.Send(vpn.Settings{Theme: "dark"})
	s.offer(sandbox(61)[:12])
	s.status(inPhase(vpn.Up))
	s.window.Resize(fyne.NewSize(1180, 740))
	s.fillLog()
	test.AssertObjectRendersToMarkup(t, "log.xml", s.Window.log.canvas)
	s.Window.log.choose(4)
	s.Window.log.list.ScrollToOffset(100)
	s.window.Resize(fyne.NewSize(720, 520))
	test.AssertObjectRendersToMarkup(t, "log-narrow.xml", s.Window.log.canvas)
}

func TestTheMapEasesOnlyWhereThingsMayMove(t *testing.T) {
	s := newStage(t, nil)
	s.window.Resize(fyne.NewSize(1180, 740))
	s.offer(sandbox(61))
	s.status(inPhase(vpn.Down))
	s.window.Canvas().Capture()
	m := s.world
	world := m.goal()
	m.marked, m.near = "DE", true
	near := m.goal()
	e := &easing{start: world, goal: near, now: world, from: m.widest(world, near)}
	assert.Equal(t, world, e.from, "zooming in enlarges what is painted already")
	assert.Equal(t, world, m.widest(near, world))
	assert.InDelta(t, near.scale, between(world, near, 1).scale, 0.01)
	assert.InDelta(t, near.centre.X, between(world, near, 1).centre.X, 0.01)
	half := between(world, near, 0.5)
	assert.Greater(t, half.scale, world.scale)
	assert.Less(t, half.scale, near.scale)

	e.wide, e.run = m.painter.plain, fyne.NewAnimation(easeTime, func(float32) {})
	m.ease, m.was = e, mapStand{m.Size(), near}
	paints := m.painter.paints
	frames := map[int]bool{}
	for i := range 60 { // as often as Fyne calls
		m.pass(e, float32(i)/60)
		if !frames[e.frame] {
			frames[e.frame] = true
			m.paint(int(m.Size().Width), int(m.Size().Height))
		}
	}
	assert.Len(t, frames, easeFrames)
	assert.Equal(t, paints, m.painter.paints, "nothing is painted on the way")
	m.pass(e, 1)
	assert.Nil(t, m.ease)
	s.window.Canvas().Capture()
	assert.Equal(t, paints+1, m.painter.paints)

	s.topics.Settings.Send(vpn.Settings{ReducedMotion: true})
	s.lane.Run()
	assert.False(t, m.moves())
}

func TestATinyCountryIsPressedByItsPin(t *testing.T) {
	s := newStage(t, nil)
	s.offer(sandbox(61))
	s.window.Resize(fyne.NewSize(1180, 740))
	spot, ok := countrySpot("SG")
	require.True(t, ok)
	assert.Equal(t, "SG", s.world.countryAt(s.world.view().xy(spot).AddXY(9, 6)))
}

func BenchmarkEaseFrame(b *testing.B) {
	s := newStage(b, nil)
	s.window.Resize(fyne.NewSize(1180, 740))
	s.offer(sandbox(61))
	s.world.paint(848, 740)
	p := &s.world.painter
	wide, from := p.plain, s.world.goal()
	now := from
	now.scale *= 2
	for b.Loop() {
		p.move(wide, from, now, 848, 740, 1)
	}
}
