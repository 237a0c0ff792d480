package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// panel is a desktop's panel that counts what it is handed.
type panel struct {
	menu  *fyne.Menu
	menus int
	icons []string
}

func (p *panel) SetSystemTrayMenu(m *fyne.Menu)    { p.menu = m; p.menus++ }
func (p *panel) SetSystemTrayIcon(r fyne.Resource) { p.icons = append(p.icons, r.Name()) }

func TestTrayMenuPerPhase(t *testing.T) {
	var book proposals.Book
	snapshot := book.Replace(sandbox(61), noon)
	kept := Places{Favourites: []string{"JP", "XX"}, Recent: []string{"DE", "JP"}}
	for _, x := range []struct {
		phase  vpn.Phase
		status string
		act    trayAct // of the first item after the status
		text   string
		sub    string // title of the countries; "" = none
		icon   string
	}{
		{vpn.Unknown, "Starting", trayShow, "Show window", "", "down"},
		{vpn.Down, "Not connected", trayQuick, "Quick connect", "Connect to", "down"},
		{vpn.Finding, "Finding an exit", trayDisconnect, "Cancel", "Switch to", "busy"},
		{vpn.Dialing, "Connecting: Zürich, Switzerland", trayDisconnect, "Cancel", "Switch to", "busy"},
		{vpn.Up, "Connected: Zürich, Switzerland", trayDisconnect, "Disconnect", "Switch to", "up"},
		{vpn.Reconnecting, "Reconnecting: Zürich, Switzerland", trayDisconnect, "Cancel", "Switch to", "busy"},
		{vpn.Blocked, "On hold: Zürich, Switzerland", trayDisconnect, "Disconnect", "Switch to", "trouble"},
		{vpn.Closing, "Disconnecting", trayShow, "Show window", "", "busy"},
		{vpn.Failed, "Could not connect", trayQuick, "Try again", "Connect to", "trouble"},
	} {
		items := trayMenu(inPhase(x.phase), snapshot, kept, false)
		assert.Equal(t, x.status, items[0].text, x.phase.String())
		assert.Equal(t, x.act, items[2].act, x.phase.String())
		assert.Equal(t, x.text, items[2].text, x.phase.String())
		assert.Equal(t, x.icon, trayState(inPhase(x.phase)), x.phase.String())
		sub := ""
		for _, it := range items {
			if it.act == traySub {
				sub = it.text
				var first []string
				for _, c := range it.sub[:4] {
					first = append(first, c.country)
				}
				assert.Equal(t, []string{"JP", "DE", "", "AU"}, first, "favourites, recent, a line, then all by name")
			}
		}
		assert.Equal(t, x.sub, sub, x.phase.String())
		assert.Equal(t, []trayAct{trayLine, trayShow, trayQuit}, []trayAct{items[len(items)-3].act, items[len(items)-2].act, items[len(items)-1].act})
	}
}

func TestTheTrayIsHandedOverOnlyWhenItChanges(t *testing.T) {
	s := newStage(t, nil)
	p := &panel{}
	s.Window.tray = &tray{host: p, do: s.trayPressed}
	s.offer(sandbox(61))
	s.status(inPhase(vpn.Down))
	s.status(inPhase(vpn.Up))
	items := p.menu.Items
	s.flow()
	again := inPhase(vpn.Up)
	again.Command = 9
	s.status(again)
	assert.Equal(t, &items[0], &p.menu.Items[0], "traffic and repeats leave the menu alone")
	assert.Equal(t, 1, p.menus, "one menu for life; its items change")
	assert.Equal(t, []string{"tray-down-dark.png", "tray-up-dark.png"}, p.icons)
}

func TestTheTrayDoesWhatItSays(t *testing.T) {
	s := newStage(t, nil)
	p := &panel{}
	s.Window.tray = &tray{host: p, do: s.trayPressed}
	s.offer(sandbox(61))
	s.status(inPhase(vpn.Down))
	s.hide()
	p.menu.Items[2].Action()
	s.wants(vpn.Command{Verb: vpn.Connect})
	countries := p.menu.Items[3].ChildMenu
	require.NotNil(t, countries)
	countries.Items[0].Action()
	s.wants(vpn.Command{Verb: vpn.Connect, Target: vpn.Target{Country: "AU"}})
	s.status(inPhase(vpn.Up))
	p.menu.Items[2].Action()
	s.wants(vpn.Command{Verb: vpn.Disconnect})
	last := len(p.menu.Items) - 1
	p.menu.Items[last-1].Action()
	assert.True(t, s.shown)
	assert.True(t, p.menu.Items[last].IsQuit)
	p.menu.Items[last].Action()
	s.wants(vpn.Command{Verb: vpn.Quit})
}
