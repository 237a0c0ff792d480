package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/assert"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// TestExposedTrafficIsSaidUntilItIsOver: on every page, in the title, by the tray and by a notification, while it lasts.
func TestExposedTrafficIsSaidUntilItIsOver(t *testing.T) {
	s := newStage(t, nil)
	p := &panel{}
	s.Window.tray = &tray{host: p, do: s.trayPressed}
	s.status(inPhase(vpn.Up))
	assert.False(t, s.alarm.canvas.Visible())
	height := s.main.Size().Height

	bad := inPhase(vpn.Up)
	bad.Guard = vpn.Guard{Held: true, Exposed: true, Notice: "nft is not there"}
	s.status(bad)
	for _, open := range []func(){func() {}, s.toggleSettings, s.toggleLog, s.toggleLog} {
		open()
		s.lane.Run()
		assert.True(t, s.alarm.canvas.Visible())
		text := textsIn(s.window.Content())
		assert.Contains(t, text, "Traffic may LEAVE beside the tunnel")
		assert.Contains(t, text, "nft is not there")
	}
	assert.Less(t, s.main.Size().Height, height, "it covers nothing")
	assert.Contains(t, s.window.Title(), "Traffic may LEAVE beside the tunnel")
	assert.Equal(t, "tray-trouble-dark.png", p.icons[len(p.icons)-1])
	assert.Equal(t, "Traffic may LEAVE beside the tunnel", p.menu.Items[0].Label)
	s.escape()
	s.notice.dismiss()
	assert.True(t, s.alarm.canvas.Visible(), "it cannot be closed")
	title, _, told := notify(inPhase(vpn.Up), bad, vpn.Exit{}, vpn.Settings{QuietConnected: true, QuietLost: true, QuietGaveUp: true}, true)
	assert.True(t, told)
	assert.Equal(t, "Traffic may LEAVE beside the tunnel", title)
	s.window.Resize(fyne.NewSize(720, 520))
	assert.Contains(t, textsIn(s.window.Content()), "until this is gone.", "in a small window, too")

	s.status(inPhase(vpn.Up))
	assert.False(t, s.alarm.canvas.Visible())
	assert.Equal(t, "MysteriumVPN", s.window.Title())
	assert.InDelta(t, 520, s.main.Size().Height, 1)
}

// TestTheCardSaysWhatIsBlockedAndWhatOpensIt, so that nobody takes a kill switch for a broken network.
func TestTheCardSaysWhatIsBlockedAndWhatOpensIt(t *testing.T) {
	s := newStage(t, nil)
	s.offer(sandbox(61))
	for _, x := range []struct {
		name               string
		phase              vpn.Phase
		guard              vpn.Guard
		head, what, opened string
	}{
		{"lost exit", vpn.Blocked, vpn.Guard{Held: true, Blocked: true}, "Blocked", "Nothing leaves this computer", "Disconnect to open"},
		{"local network", vpn.Blocked, vpn.Guard{Held: true, Blocked: true, LAN: true}, "Blocked", "Only the local network", "Disconnect to open"},
		{"lockdown too", vpn.Blocked, vpn.Guard{Held: true, Blocked: true, Lockdown: true}, "Blocked", "Nothing leaves", "Lockdown is on"},
		{"no helper", vpn.Blocked, vpn.Guard{Held: true, Blocked: true, Lost: true}, "Blocked", "Nothing leaves", "Start the helper again"},
		{"lockdown", vpn.Down, vpn.Guard{Blocked: true, Lockdown: true}, "Blocked", "Nothing leaves", "switch it off in the settings"},
		{"open", vpn.Down, vpn.Guard{}, "Not connected", "Quick connect", ""},
		{"the node's doing", vpn.Blocked, vpn.Guard{}, "On hold", "Zürich", ""},
	} {
		now := inPhase(x.phase)
		now.Guard = x.guard
		s.status(now)
		assert.Equal(t, x.head, s.card.headline.full, x.name)
		assert.Contains(t, s.card.place.full, x.what, x.name)
		assert.Contains(t, s.card.detail.full, x.opened, x.name)
		assert.Contains(t, trayStatus(now), x.head, x.name)
	}
	node := inPhase(vpn.Blocked)
	node.Guard, node.Network, node.Mode = vpn.Guard{Held: true, Blocked: true}, vpn.Mysterium, vpn.DeviceMode
	s.status(node)
	assert.Equal(t, "Only the Mysterium node reaches the network", s.card.place.full, "it is let through")
	locked := inPhase(vpn.Down)
	locked.Guard = vpn.Guard{Blocked: true, Lockdown: true}
	s.status(locked)
	s.choose(vpn.Target{Country: "CH"})
	assert.Equal(t, "Switzerland", s.card.place.full, "what was chosen can be seen all the same")
}
