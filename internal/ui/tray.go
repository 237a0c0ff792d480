package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/lang"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// trayAct is what an item of the tray's menu does.
type trayAct uint8

const (
	trayNothing trayAct = iota // it only says something
	trayLine                   // a separator
	trayQuick
	trayCountry // connect to trayItem.country, or to trayItem.server
	trayDisconnect
	trayShow
	trayQuit
	traySub // opens trayItem.sub
)

// trayItem is one item of the tray's menu, as plain data: the menu is compared as a whole and handed to the desktop only
// when it differs, because desktops close an open menu that is handed to them again.
type trayItem struct {
	act     trayAct
	text    string
	country string
	server  string // the provider; "" = any of the country
	sub     []trayItem
}

// trayMenu is the menu for a status.
func trayMenu(s vpn.Status, snapshot *proposals.Snapshot, kept Places, apart bool) []trayItem {
	items := []trayItem{{act: trayNothing, text: trayStatus(s)}, {act: trayLine}}
	verb, word := wish(s.Phase)
	switch verb {
	case vpn.Connect:
		text := lang.L("Quick connect")
		if s.Phase == vpn.Failed {
			text = word
		}
		items = append(items, trayItem{act: trayQuick, text: text})
	case vpn.Disconnect:
		items = append(items, trayItem{act: trayDisconnect, text: word})
	default:
	}
	if sub := trayCountries(snapshot, kept, s.Network); len(sub) > 0 && verb != vpn.NoVerb {
		text := lang.L("Connect to")
		if s.Phase.Wanted() {
			text = lang.L("Switch to")
		}
		items = append(items, trayItem{act: traySub, text: text, sub: sub})
	}
	if items[len(items)-1].act != trayLine {
		items = append(items, trayItem{act: trayLine})
	}
	return append(items,
		trayItem{act: trayShow, text: lang.L("Show window")},
		trayItem{act: trayQuit, text: quitWord(apart)})
}

func trayStatus(s vpn.Status) string {
	if s.Guard.Exposed {
		return exposedWords()
	}
	text := headlineOf(s)
	if place := placeOf(s.Exit); place != "" && s.Phase.Wanted() {
		text += ": " + place
	}
	return text
}

// trayCountries lists favourites and recent countries first, then all of them. Own servers that are in no country are
// listed by name.
func trayCountries(snapshot *proposals.Snapshot, kept Places, n vpn.Network) []trayItem {
	var first, all []trayItem
	seen := map[string]bool{}
	for _, list := range [][]string{kept.Favourites, kept.Recent} {
		for _, code := range list {
			if _, ok := snapshot.Country(code); ok && !seen[code] {
				seen[code] = true
				first = append(first, trayItem{act: trayCountry, text: countryName(code), country: code})
			}
		}
	}
	for i := range snapshot.Countries {
		c := &snapshot.Countries[i]
		switch {
		case c.Code != "":
			all = append(all, trayItem{act: trayCountry, text: countryName(c.Code), country: c.Code})
		case n == vpn.Own:
			for _, p := range byCity(c.Proposals) {
				all = append(all, trayItem{act: trayCountry, text: p.City, server: p.ProviderID})
			}
		}
	}
	if len(first) > 0 && len(all) > 0 {
		first = append(first, trayItem{act: trayLine})
	}
	return append(first, all...)
}

func sameTray(a, b []trayItem) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].act != b[i].act || a[i].text != b[i].text || a[i].country != b[i].country || a[i].server != b[i].server || !sameTray(a[i].sub, b[i].sub) {
			return false
		}
	}
	return true
}

// trayState is the icon's name for a status.
func trayState(s vpn.Status) string {
	if s.Guard.Exposed {
		return "trouble"
	}
	switch s.Phase {
	case vpn.Up:
		return "up"
	case vpn.Finding, vpn.Dialing, vpn.Reconnecting, vpn.Closing:
		return "busy"
	case vpn.Blocked, vpn.Failed:
		return "trouble"
	default:
		return "down"
	}
}

// trayHost is the part of desktop.App that a tray needs.
type trayHost interface {
	SetSystemTrayMenu(*fyne.Menu)
	SetSystemTrayIcon(fyne.Resource)
}

var _ trayHost = desktop.App(nil)

// trayPressed does what an item of the tray's menu says.
func (w *Window) trayPressed(it trayItem) {
	if w.waiting() && it.act != trayQuit { // first things first
		w.Raise()
		return
	}
	switch it.act {
	case trayQuick:
		w.send(vpn.Connect, vpn.Target{})
	case trayCountry:
		w.connect(vpn.Target{Country: it.country, ProviderID: it.server})
	case trayDisconnect:
		w.send(vpn.Disconnect, vpn.Target{})
	case trayShow:
		w.Raise()
	case trayQuit:
		w.quit()
	case trayNothing, trayLine, traySub:
	}
}

// tray is the icon in the desktop's panel.
type tray struct {
	host  trayHost
	do    func(trayItem)
	icon  string // its name
	light bool   // the panel is
	apart bool   // the core is in another process
	gone  bool   // and has ended
	shown []trayItem
	menu  *fyne.Menu
}

// draw hands icon and menu to the desktop where they differ from what it has.
func (t *tray) draw(s vpn.Status, snapshot *proposals.Snapshot, kept Places) {
	if icon := assets.TrayIcon(trayState(s), t.light); icon.Name() != t.icon {
		t.icon = icon.Name()
		t.host.SetSystemTrayIcon(icon)
	}
	items := trayMenu(s, snapshot, kept, t.apart)
	if t.gone {
		items[0].text = lang.L("MysteriumVPN has ended")
	}
	if t.menu != nil && sameTray(items, t.shown) {
		return
	}
	t.shown = items
	menu := fyne.NewMenu("MysteriumVPN", t.build(items)...)
	if t.menu == nil {
		t.menu = menu
		t.host.SetSystemTrayMenu(t.menu)
		return
	}
	t.menu.Items = menu.Items
	t.menu.Refresh()
}

func (t *tray) build(items []trayItem) []*fyne.MenuItem {
	out := make([]*fyne.MenuItem, 0, len(items))
	for _, it := range items {
		if it.act == trayLine {
			out = append(out, fyne.NewMenuItemSeparator())
			continue
		}
		m := fyne.NewMenuItem(it.text, func() { t.do(it) })
		m.Disabled = it.act == trayNothing
		m.IsQuit = it.act == trayQuit // or Fyne adds one that skips taking the tunnel down
		if it.act == traySub {
			m.ChildMenu = fyne.NewMenu("", t.build(it.sub)...)
		}
		out = append(out, m)
	}
	return out
}
