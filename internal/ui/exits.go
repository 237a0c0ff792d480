package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// The segments above the list.
const (
	allExits = iota
	favouriteExits
	recentExits
)

// exits is the sidebar's list of places to come out: search, segments, countries, and the offers of a country that is
// open. It draws the snapshot, the places kept and the status; what is chosen belongs to the window.
type exits struct {
	book    *proposals.Book
	places  *places
	choose  func(vpn.Target) // a row was selected
	connect func(vpn.Target)

	search *searchEntry
	tabs   *segments
	found  *label
	priced *label
	list   *exitListWidget
	empty  *label
	hint   *label
	clear  *pill
	keyTip *label
	canvas fyne.CanvasObject

	snapshot *proposals.Snapshot
	shown    []entry
	hits     []proposals.Hit // what the search found; memory kept from key press to key press
	open     map[string]bool // countries whose offers are shown
	chosen   vpn.Target
	status   vpn.Status
	syncing  bool // the selection is being moved by us, not by the user
}

func newExits(book *proposals.Book, kept *places, choose, connect func(vpn.Target)) *exits {
	x := &exits{book: book, places: kept, choose: choose, connect: connect, open: map[string]bool{}, snapshot: book.Load()}
	x.search = newSearchEntry()
	x.search.OnChanged = func(string) { x.drawSearch(); x.find(); x.list.ScrollToTop() }
	x.search.toList = x.focusList
	x.search.onReturn = func() {
		if len(x.shown) > 0 {
			x.selectTarget(x.shown[0].target())
			x.connect(x.shown[0].target())
			x.focusList()
		}
	}
	x.tabs = newSegments(func(int) { x.find(); x.list.ScrollToTop() }, lang.L("All"), lang.L("Favourites"), lang.L("Recent"))
	x.found = newLabel("", 11.5, assets.Medium, mutedTone)
	x.priced = newLabel("", 11.5, assets.Medium, mutedTone)
	x.list = newExitListWidget(x)
	x.clear = newIconButton("x", func() { x.search.SetText("") }).says(lang.L("Clear"))
	x.keyTip = newLabel("Ctrl F", 11, assets.Medium, mutedTone)
	x.drawSearch()
	x.empty = newLabel("", 13, assets.Medium, inkTone)
	x.hint = newLabel("", 12, assets.Regular, mutedTone)
	none := container.New(&topThird{}, column(4, centredLine(x.empty), centredLine(x.hint)))
	head := container.NewBorder(nil, nil, nil, pad(0, 0, 28, 0, x.priced), x.found)
	x.priced.grew = head.Refresh
	x.canvas = topFirst(
		column(0, pad(16, 0, 16, 0, container.NewStack(x.search, container.New(&atRight{space: 3}, x.clear), container.New(&atRight{space: 12}, x.keyTip))), gap(10), pad(16, 0, 16, 0, x.tabs), gap(14), pad(18, 0, 16, 0, head), gap(4)),
		nil, nil, nil, container.NewStack(pad(8, 0, 6, 0, x.list), none))
	x.find()
	return x
}

// drawSearch shows at the field's right end how to get into it, or how to empty it.
func (x *exits) drawSearch() {
	x.clear.Hidden, x.keyTip.Hidden = x.search.Text == "", x.search.Text != ""
	x.clear.Refresh()
	x.keyTip.Refresh()
}

// load draws the newest snapshot.
func (x *exits) load() {
	x.snapshot = x.book.Load()
	x.find()
}

// draw shows where the connection leads.
func (x *exits) draw(s vpn.Status) {
	if s.Phase == x.status.Phase && s.Exit == x.status.Exit && s.Node == x.status.Node {
		return
	}
	x.status = s
	x.list.Refresh()
	x.drawEmpty()
}

// find fills the list with what the search text and the segment ask for.
func (x *exits) find() {
	query := x.search.Text
	x.hits = x.snapshot.AppendSearch(x.hits[:0], query)
	x.shown = x.shown[:0]
	searching := query != ""
	switch x.tabs.chosen {
	case recentExits:
		for _, code := range x.places.recent() { // newest first, not by name
			for _, h := range x.hits {
				if h.Proposal == nil && h.Country.Code == code {
					x.add(h)
				}
			}
		}
	default:
		for _, h := range x.hits {
			if x.tabs.chosen == allExits || x.places.isFavourite(h.Country.Code) {
				x.add(h)
			}
		}
	}
	x.drawCount(searching)
	x.drawEmpty()
	x.sync()
}

// add puts a hit into the list, and the offers of an open country below it.
func (x *exits) add(h proposals.Hit) {
	x.shown = append(x.shown, entry{Hit: h})
	if h.Proposal != nil || !x.open[h.Country.Code] {
		return
	}
	for i := range h.Country.Proposals {
		x.shown = append(x.shown, entry{Hit: proposals.Hit{Country: h.Country, Proposal: &h.Country.Proposals[i]}, nested: true})
	}
}

func (x *exits) drawCount(searching bool) {
	countries, offers := 0, 0
	for i := range x.shown {
		switch {
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
	case searching && countries == 0:
		x.found.say(exitCount(offers))
	default:
		x.found.say(countryCount(countries) + " · " + exitCount(offers))
	}
	priced := lang.L("MYST per GiB")
	if len(x.shown) == 0 {
		priced = ""
	}
	x.priced.say(priced)
}

// drawEmpty says why there is nothing to see.
func (x *exits) drawEmpty() {
	what, hint := "", ""
	switch {
	case len(x.shown) > 0:
	case x.snapshot.Version == 0 && x.status.Node.State == vpn.NodeFailed:
		what, hint = lang.L("No exits"), lang.L("The node does not run.")
	case x.snapshot.Version == 0:
		what, hint = lang.L("Waiting for exits"), lang.L("The node is asked what is on offer.")
	case x.search.Text != "":
		what, hint = lang.L("Nothing found"), lang.L("Escape clears the search.")
	case x.tabs.chosen == favouriteExits:
		what, hint = lang.L("No favourites yet"), lang.L("Select a country and press its star.")
	case x.tabs.chosen == recentExits:
		what, hint = lang.L("Nothing recent"), lang.L("Countries you connect to are listed here.")
	default:
		what, hint = lang.L("No exits on offer"), lang.L("The list is asked for again every 30 seconds.")
	}
	x.empty.say(what)
	x.hint.say(hint)
}

// sync moves the list's selection to what is chosen, wherever that is now.
func (x *exits) sync() {
	x.syncing = true
	defer func() { x.syncing = false }()
	x.list.UnselectAll()
	if i := x.indexOf(x.chosen); i >= 0 {
		x.list.Select(i)
	}
	x.list.Refresh()
}

func (x *exits) indexOf(t vpn.Target) int {
	if t.Quick() {
		return -1
	}
	country := -1
	for i := range x.shown {
		switch x.shown[i].target() {
		case t:
			return i
		case vpn.Target{Country: t.Country}:
			country = i
		}
	}
	return country
}

// selectTarget shows as chosen what the window says is; it scrolls there.
func (x *exits) selectTarget(t vpn.Target) {
	if x.chosen == t {
		return
	}
	x.chosen = t
	x.sync()
}

// selected is called by the list when the user moved the selection.
func (x *exits) selected(i int) {
	if x.syncing || i < 0 || i >= len(x.shown) {
		return
	}
	x.chosen = x.shown[i].target()
	x.choose(x.chosen)
}

// toggleOpen shows or hides the offers of a country.
func (x *exits) toggleOpen(code string) {
	if x.open[code] {
		delete(x.open, code)
	} else {
		x.open[code] = true
	}
	at := x.list.GetScrollOffset()
	x.find()
	x.list.ScrollToOffset(at)
	if i := x.indexOf(vpn.Target{Country: code}); i >= 0 && x.open[code] {
		x.list.ScrollTo(min(i+3, len(x.shown)-1)) // so that something of what was opened is seen
		x.list.ScrollTo(i)
	}
}

func (x *exits) toggleFavourite(code string) {
	x.places.toggle(code)
	x.find()
}

// bearing says how an entry stands to the connection and the choice.
func (x *exits) bearing(e entry) bearing {
	b := bearing{phase: vpn.Down, chosen: e.target() == x.chosen}
	b.focused = b.chosen && x.list.focused
	if e.Proposal == nil {
		b.open, b.favourite = x.open[e.Country.Code], x.places.isFavourite(e.Country.Code)
	}
	if p := x.status.Phase; p.Wanted() && p != vpn.Finding {
		same := e.Country.Code == x.status.Exit.Country
		if e.Proposal != nil {
			same = e.Proposal.ProviderID == x.status.Exit.ProviderID
		}
		if same {
			b.phase = p
		}
	}
	return b
}

func (x *exits) bind(i widget.ListItemID, o fyne.CanvasObject) {
	if i >= len(x.shown) {
		return
	}
	e, r := x.shown[i], o.(*exitRow)
	r.star.onTap = func() { x.toggleFavourite(e.Country.Code) }
	r.open.onTap = func() { x.toggleOpen(e.Country.Code) }
	r.act.onTap = func() { x.connect(e.target()) }
	r.set(e, x.bearing(e))
}

func (x *exits) focusList() {
	if c := fyne.CurrentApp().Driver().CanvasForObject(x.list); c != nil && len(x.shown) > 0 {
		c.Focus(x.list)
	}
}

// topThird puts an object across the width, a third down. centreLine centres a text that may be wider than there is room.
type topThird struct{}

func (topThird) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }
func (topThird) Layout(o []fyne.CanvasObject, s fyne.Size) {
	o[0].Resize(fyne.NewSize(s.Width, o[0].MinSize().Height))
	o[0].Move(place(0, s.Height*0.28))
}

type centreLine struct{}

func centredLine(l *label) *fyne.Container {
	c := container.New(&centreLine{}, l)
	l.grew = func() { centreLine{}.Layout(c.Objects, c.Size()) }
	return c
}

func (centreLine) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(0, o[0].MinSize().Height)
}

func (centreLine) Layout(o []fyne.CanvasObject, s fyne.Size) {
	w := min(o[0].MinSize().Width, s.Width-16)
	o[0].Resize(fyne.NewSize(w, s.Height))
	o[0].Move(place((s.Width-w)/2, 0))
}
