package ui

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/account"
	"github.com/mysteriumvpn/desktop/internal/bus"
	socket "github.com/mysteriumvpn/desktop/internal/control"
	"github.com/mysteriumvpn/desktop/internal/unixsock"
	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// serveFeed has another process's window join what s draws, by a real socket; it gives the client.
func (s *stage) serveFeed() *socket.Client {
	path := filepath.Join(s.t.TempDir(), "c.sock")
	l, err := unixsock.Listen(path)
	require.NoError(s.t, err)
	b := s.bus
	lane := b.Go("control")
	t := s.topics
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() {
		served <- socket.Serve(ctx, l, socket.Deps{
			Status: t.Status.Via(lane), Traffic: t.Traffic.Via(lane), Commands: t.Commands, Book: s.book, Ring: s.ring, Version: "1",
			Account: s.ends.State.Via(lane), Wishes: s.ends.Wishes, Settings: t.Settings.Via(lane), Save: t.Settings,
			Proposals: t.Proposals.Via(lane), Notices: t.Notices.Via(lane), Computer: t.Computer.Via(lane),
			History: bus.NewState(b, "history", uint64(1)).Via(lane),
		})
	}()
	s.t.Cleanup(func() { stop(); assert.NoError(s.t, <-served) })
	return socket.NewClient(path, "1")
}

// TestAWindowApartShowsTheSame: what is drawn from the feed of another process is what that one's own window draws.
func TestAWindowApartShowsTheSame(t *testing.T) {
	near := newStage(t, nil)
	near.status(inPhase(vpn.Up)) // the feed tells this first, too
	near.offer(sandbox(61))
	near.topics.Settings.Send(vpn.Settings{Theme: "dark", FilterQuality: "medium", Network: vpn.Sandbox})
	near.topics.Traffic.Send(vpn.Traffic{BytesReceived: 7_800_000, BytesSent: 1_100_000, ReceivedPerSecond: 1234, MTU: 1420, At: noon})
	near.topics.Computer.Send(vpn.Computer{Use: vpn.UseOn})
	near.ends.State.Send(account.State{Network: vpn.Sandbox, Ready: true, Identity: "0x1", Balance: tequilapi.Wei(1 << 62), BalanceAt: noon, Registration: account.Registered})
	near.lane.Run()
	near.toggleDetails()
	shown := func(s *stage) []string {
		s.window.Resize(fyne.NewSize(1180, 740))
		s.lane.Run()
		home := test.RenderToMarkup(s.window.Canvas())
		s.toggleSettings()
		settings := test.RenderToMarkup(s.window.Canvas())
		s.toggleSettings()
		s.toggleAccount()
		purse := test.RenderToMarkup(s.window.Canvas())
		s.toggleAccount()
		return []string{home, settings, purse}
	}
	client := near.serveFeed()
	want := shown(near)

	away := newStage(t, nil)
	assert.NotEqual(t, want[0], shown(away)[0], "nothing is known yet")
	whole := make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- client.Feed(ctx, socket.Mirror{
			Status: away.topics.Status, Traffic: away.topics.Traffic, Settings: away.topics.Settings, Proposals: away.topics.Proposals,
			Account: away.ends.State, Computer: away.topics.Computer, History: bus.NewState(away.bus, "history", uint64(0)),
			Notices: away.topics.Notices, Book: away.book, Whole: func() { close(whole) },
		})
	}()
	<-whole
	away.lane.Run()
	away.toggleDetails()
	got := shown(away)
	for i, page := range []string{"home", "settings", "account"} {
		a, b := strings.Split(want[i], "\n"), strings.Split(got[i], "\n")
		require.Len(t, b, len(a), page)
		for n := range a {
			require.Equal(t, a[n], b[n], "%s, line %d", page, n)
		}
	}
	stop()
	require.ErrorIs(t, <-ended, context.Canceled)
}

// ending tells of the end of a core, on the test's goroutine, which is the lane's.
type ending struct{ say func(bool) }

func (e *ending) On(fn func(bool)) (cancel func()) {
	e.say = fn
	return func() {}
}

// TestAWindowApartLeavesTheCore: whatever closes it sends no Quit, and asks nothing: the connection stays.
func TestAWindowApartLeavesTheCore(t *testing.T) {
	left := 0
	s := newStage(t, func(o *Options) { o.Leave = func() { left++ } })
	s.status(inPhase(vpn.Up))
	s.closeAsked()
	assert.Equal(t, 1, left, "without a tray the cross ends the window")
	assert.Nil(t, s.window.Canvas().Overlays().Top())
	s.trayPressed(trayItem{act: trayQuit})
	assert.Equal(t, 2, left)
	s.openMenu()
	lines := s.window.Canvas().Overlays().Top()
	var last *menuLine
	for _, o := range test.LaidOutObjects(lines) {
		if l, ok := o.(*menuLine); ok {
			last = l
		}
	}
	require.NotNil(t, last)
	assert.Equal(t, "Close window", last.choice.text)
	test.Tap(last)
	assert.Equal(t, 3, left)
	menu := trayMenu(inPhase(vpn.Up), s.book.Load(), Places{}, true)
	assert.Equal(t, "Close window", menu[len(menu)-1].text)
	assert.Equal(t, "Close window", shortcutWords(fyne.KeyQ, true))
	s.wants()
}

// TestSettingsOfAWindowApart: the language needs a new window only; the proxy's address counts when the core starts,
// which is not the window's to do.
func TestSettingsOfAWindowApart(t *testing.T) {
	restarts := 0
	s := inSettings(t, vpn.Settings{Proxy: "127.0.0.1:41871"}, func(o *Options) {
		o.Leave = func() {}
		o.Restart = func() { restarts++ }
	})
	s.status(inPhase(vpn.Up))
	s.topics.Settings.Send(vpn.Settings{Proxy: "127.0.0.1:1080", Language: "de", Network: vpn.Mysterium})
	s.lane.Run()
	assert.False(t, s.choice.proxyRestart.Visible())
	assert.False(t, s.choice.netRestart.Visible())
	require.True(t, s.choice.langRestart.Visible())
	test.Tap(s.choice.langRestart)
	assert.Equal(t, 1, restarts, "nothing is asked: the connection stays")
}

// TestTheCoreOfAWindowApartEnds: one sentence in place of everything, and a button that starts a core here.
func TestTheCoreOfAWindowApartEnds(t *testing.T) {
	restarts, left := 0, 0
	gone := &ending{}
	s := newStage(t, func(o *Options) {
		o.Gone, o.Leave, o.Restart = gone, func() { left++ }, func() { restarts++ }
	})
	host := &panel{}
	s.Window.tray = &tray{host: host, do: s.trayPressed, apart: true}
	s.offer(sandbox(61))
	s.status(inPhase(vpn.Up))
	s.openMenu()
	s.looking = true
	test.AssertNotificationSent(t, nil, func() {
		gone.say(true)
		s.topics.Status.Send(vpn.Status{})
		s.lane.Run()
	})
	require.NotNil(t, s.gone)
	assert.Nil(t, s.window.Canvas().Overlays().Top(), "a menu over it would lie")
	assert.Contains(t, test.RenderToMarkup(s.window.Canvas()), "MysteriumVPN has ended")
	assert.Same(t, s.gone.again, s.window.Canvas().Focused())
	assert.Equal(t, "MysteriumVPN has ended", s.window.Title())
	assert.Equal(t, "MysteriumVPN has ended", s.Window.tray.shown[0].text)
	s.trayPressed(trayItem{act: trayQuick})
	s.wants()
	test.Tap(s.gone.again)
	assert.Equal(t, 1, restarts)
	test.Tap(s.gone.leave)
	assert.Equal(t, 1, left)
	s.closeAsked()
	assert.Equal(t, 2, left)
	s.status(inPhase(vpn.Up)) // nothing brings it back
	assert.Contains(t, test.RenderToMarkup(s.window.Canvas()), "Start it here")
	s.wants()

	hidden := newStage(t, func(o *Options) {
		o.Gone, o.Leave = gone, func() {}
	})
	hidden.hide()
	test.AssertNotificationSent(t, fyne.NewNotification("MysteriumVPN has ended", "Open its window to start it again."), func() {
		gone.say(true)
		hidden.lane.Run()
	})
	assert.False(t, hidden.shown, "nobody asked for a window")
	hidden.Raise()
	assert.Same(t, hidden.gone.again, hidden.window.Canvas().Focused())
}
