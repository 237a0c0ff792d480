package ui

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2/lang"

	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// find fills the list with what the search text, the filter and the segment ask for.
func (x *exits) find() {
	x.hits = x.offers.AppendSearch(x.hits[:0], x.search.Text)
	x.shown = x.shown[:0]
	if x.tabs.chosen == allExits && x.search.Text == "" {
		x.findAll()
	} else {
		x.inTab(x.hits, x.add)
	}
	x.list.setHeads()
	x.drawCount()
	x.drawEmpty()
	x.sync()
}

// inTab hands on the hits that belong to the chosen segment.
func (x *exits) inTab(hits []proposals.Hit, take func(proposals.Hit)) {
	if x.tabs.chosen == recentExits {
		for _, code := range x.places.recent() { // newest first, not by name
			for _, h := range hits {
				if h.Proposal == nil && h.Country.Code == code {
					take(h)
				}
			}
		}
		return
	}
	for _, h := range hits {
		if x.tabs.chosen == allExits || x.places.isFavourite(h.Country.Code) {
			take(h)
		}
	}
}

// recentFirst is how many recent countries stand above the others.
const recentFirst = 3

// findAll lists all countries, those first that the user comes back to. Each stands there once.
func (x *exits) findAll() {
	var recent []string
	for _, code := range x.places.recent() {
		if len(recent) < recentFirst && !x.places.isFavourite(code) {
			recent = append(recent, code)
		}
	}
	section := func(head string, list func(func(proposals.Hit))) {
		at := len(x.shown)
		x.shown = append(x.shown, entry{head: head})
		list(x.add)
		if len(x.shown) == at+1 {
			x.shown = x.shown[:at]
		}
	}
	section(lang.L("Favourites"), func(take func(proposals.Hit)) {
		for _, h := range x.hits {
			if x.places.isFavourite(h.Country.Code) {
				take(h)
			}
		}
	})
	section(lang.L("Recent"), func(take func(proposals.Hit)) {
		for _, code := range recent {
			for _, h := range x.hits {
				if h.Country.Code == code {
					take(h)
				}
			}
		}
	})
	rest := func(take func(proposals.Hit)) {
		for _, h := range x.hits {
			if code := h.Country.Code; !x.places.isFavourite(code) && !slices.Contains(recent, code) {
				take(h)
			}
		}
	}
	if len(x.shown) == 0 {
		rest(x.add) // without sections there is nothing to tell apart
		return
	}
	others := lang.L("Other countries")
	if x.own() {
		others = lang.L("Other servers")
	}
	section(others, rest)
}

// own reports whether the list is that of the user's own servers.
func (x *exits) own() bool { return x.status.Network == vpn.Own }

// add puts a hit into the list, and the offers of an open country below it. Own servers whose files do not say where
// they are stand there one by one: the user knows them by name.
func (x *exits) add(h proposals.Hit) {
	if x.own() && h.Proposal == nil && h.Country.Code == "" {
		for _, p := range byCity(h.Country.Proposals) {
			x.shown = append(x.shown, entry{Hit: proposals.Hit{Country: h.Country, Proposal: p}})
		}
		return
	}
	x.shown = append(x.shown, entry{Hit: h})
	if h.Proposal != nil || !x.open[h.Country.Code] {
		return
	}
	for i := range h.Country.Proposals {
		x.shown = append(x.shown, entry{Hit: proposals.Hit{Country: h.Country, Proposal: &h.Country.Proposals[i]}, nested: true})
	}
}

// byCity sorts by what an own server without a city has there: its name.
func byCity(offers []proposals.Proposal) []*proposals.Proposal {
	all := make([]*proposals.Proposal, len(offers))
	for i := range offers {
		all[i] = &offers[i]
	}
	slices.SortStableFunc(all, func(a, b *proposals.Proposal) int { return strings.Compare(a.City, b.City) })
	return all
}

func (x *exits) drawCount() {
	countries, offers := 0, 0
	for i := range x.shown {
		switch {
		case x.shown[i].head != "":
		case x.shown[i].Proposal == nil:
			countries++
			offers += x.shown[i].Country.Count
		case !x.shown[i].nested:
			offers++
		}
	}
	switch {
	case len(x.shown) == 0:
		x.found.say("")
	case countries == 0:
		x.found.say(exitCount(offers))
	default:
		x.found.say(countryCount(countries) + " · " + exitCount(offers))
	}
	priced := lang.L("MYST per GiB")
	if len(x.shown) == 0 || x.own() {
		priced = ""
	}
	x.priced.say(priced)
}

// drawEmpty says why there is nothing to see.
func (x *exits) drawEmpty() {
	what, hint := "", ""
	hidden, parts := x.blame()
	x.unmask.Hidden = hidden == 0
	switch {
	case len(x.shown) > 0:
	case x.snapshot.Version == 0 && x.status.Node.State == vpn.NodeFailed:
		what, hint = lang.L("No exits"), lang.L("The node does not run.")
	case x.snapshot.Version == 0:
		what, hint = lang.L("Waiting for exits"), lang.L("The node is asked what is on offer.")
	case hidden > 0:
		what = lang.X("hidden", "{{.Exits}} hidden", map[string]string{"Exits": exitCount(hidden)})
		hint = lang.X("hidden.by", "By the filter on {{.Parts}}.", map[string]string{"Parts": blameWords(parts)})
	case x.search.Text != "":
		what, hint = lang.L("Nothing found"), lang.L("Escape clears the search.")
	case x.tabs.chosen == favouriteExits:
		what, hint = lang.L("No favourites yet"), lang.L("Select a country and press its star.")
	case x.tabs.chosen == recentExits:
		what, hint = lang.L("Nothing recent"), lang.L("Countries you connect to are listed here.")
	case x.status.Network == vpn.Own:
		what, hint = lang.L("No own servers yet"), lang.L("Add one in the settings.")
	default:
		what, hint = lang.L("No exits on offer"), lang.L("The list is asked for again every 30 seconds.")
	}
	x.empty.say(what)
	x.hint.say(hint)
}
