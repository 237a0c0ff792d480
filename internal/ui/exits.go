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
	keep    func(proposals.Filter) // the user wants another filter; it comes back with the settings

	search *searchEntry
	tabs   *segments
	funnel *pill           // opens order and filters
	active *pill           // says which filters there are, and takes them away
	chip   *fyne.Container // around it
	filter *exitFilter     // the drop-down; nil until it was opened
	redraw func()          // the list was narrowed otherwise: map and card follow
	found  *label
	priced *label
	list   *exitListWidget
	empty  *label
	hint   *label
	clear  *pill
	unmask *pill // takes the filters away, where they hide everything
	keyTip *label
	canvas fyne.CanvasObject

	wish     proposals.Filter // in force, or just asked for
	snapshot *proposals.Snapshot
	offers   *proposals.Snapshot // without what the filter leaves out, in the order asked for
	shown    []entry
	hits     []proposals.Hit // what the search found; memory kept from key press to key press
	open     map[string]bool // countries whose offers are shown
	chosen   vpn.Target
	status   vpn.Status
	syncing  bool // the selection is being moved by us, not by the user
}

func newExits(book *proposals.Book, kept *places, choose, connect func(vpn.Target), redraw func(), keep func(proposals.Filter)) *exits {
	x := &exits{book: book, places: kept, choose: choose, connect: connect, redraw: redraw, keep: keep, open: map[string]bool{}, snapshot: book.Load()}
	x.offers = x.snapshot.Narrow(x.wish, kept.now.Order)
	x.search = newSearchEntry()
	x.search.OnChanged = func(string) { x.drawSearch(); x.find(); x.list.ScrollToTop() }
	x.search.toList = x.focusList
	x.search.onReturn = func() {
		if len(x.shown) > 0 && x.search.Text != "" {
			x.selectTarget(x.shown[0].target())
			x.connect(x.shown[0].target())
			x.focusList()
		}
	}
	x.tabs = newSegments(func(int) { x.find(); x.list.ScrollToTop() }, lang.L("All"), lang.L("Favourites"), lang.L("Recent"))
	x.funnel = newPill("sliders-horizontal", "", x.openFilter)
	x.funnel.tip = lang.L("Order and filters")
	x.active = newPill("x", "", func() { x.narrow(proposals.Filter{}, x.places.now.Order) })
	x.active.tone, x.active.tip = linkTone, lang.L("Clear filters")
	x.unmask = newPill("x", lang.L("Clear filters"), x.active.onPress)
	x.chip = pad(16, 10, 16, 0, container.New(&asFit{}, x.active))
	x.found = newLabel("", 11.5, assets.Medium, mutedTone)
	x.priced = newLabel("", 11.5, assets.Medium, mutedTone)
	x.list = newExitListWidget(x)
	x.clear = newIconButton("x", func() { x.search.SetText("") }).says(lang.L("Clear"))
	x.keyTip = newLabel("Ctrl F", 11, assets.Medium, mutedTone)
	x.drawSearch()
	x.empty = newLabel("", 13, assets.Medium, inkTone)
	x.hint = newLabel("", 12, assets.Regular, mutedTone)
	none := container.New(&topThird{}, column(4, centredLine(x.empty), centredLine(x.hint), pad(0, 8, 0, 0, container.NewCenter(x.unmask))))
	head := container.NewBorder(nil, nil, nil, pad(0, 0, 25, 0, x.priced), pad(4, 0, 0, 0, x.found))
	x.priced.grew = head.Refresh
	x.canvas = topFirst(
		column(0, pad(16, 0, 16, 0, container.NewStack(x.search, container.New(&atRight{space: 3}, x.clear), container.New(&atRight{space: 12}, x.keyTip))), gap(10), pad(16, 0, 16, 0, container.NewBorder(nil, nil, nil, pad(6, 0, 0, 0, middle(x.funnel)), x.tabs)), x.chip, gap(14), pad(18, 0, 16, 0, head), gap(4)),
		nil, nil, nil, container.NewStack(pad(8, 0, 6, 0, x.list), none))
	x.drawFilter()
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
	x.offers = x.snapshot.Narrow(x.wish, x.places.now.Order)
	x.drawFilter()
	x.find()
}

func (x *exits) openFilter() {
	c := fyne.CurrentApp().Driver().CanvasForObject(x.funnel)
	if c == nil {
		return
	}
	x.filter = openFilter(x.funnel, c, x.wish, x.places.now.Order, x.snapshot, x.status.Network, x.narrow)
	x.drawFilter()
}

// narrow shows the list with another filter or in another order, and keeps both for the next time.
func (x *exits) narrow(f proposals.Filter, o proposals.Order) {
	x.places.order(o)
	was := x.wish
	x.wish = f
	if f != was {
		x.keep(f)
	}
	x.renew()
}

// drawSettings follows a filter that was set elsewhere.
func (x *exits) drawSettings(s vpn.Settings) {
	if f := proposals.FilterOf(s); f != x.wish {
		x.wish = f
		x.renew()
	}
}

func (x *exits) renew() {
	x.load()
	x.list.ScrollToTop()
	x.redraw()
}

// drawFilter shows that there are filters, and how many exits pass them.
func (x *exits) drawFilter() {
	f := x.wish
	x.chip.Hidden = f.Parts() == 0
	x.funnel.tone = inkTone
	if !x.chip.Hidden {
		x.funnel.tone = linkTone
	}
	x.active.set("x", filterWords(f, x.snapshot))
	x.funnel.Refresh()
	x.chip.Refresh()
	if x.canvas != nil {
		x.canvas.Refresh()
	}
	if x.filter != nil {
		x.filter.say(len(x.offers.Proposals), len(x.snapshot.Proposals))
	}
}

// draw shows where the connection leads.
func (x *exits) draw(s vpn.Status) {
	if s.Phase == x.status.Phase && s.Exit == x.status.Exit && s.Node == x.status.Node && s.Network == x.status.Network {
		return
	}
	was := x.own()
	x.status = s
	if x.own() != was { // it is known only now
		x.find()
		return
	}
	x.list.Refresh()
	x.drawEmpty()
}

// blame tells how many exits would be seen here but for the filter, if none is, and which of its parts hide them.
func (x *exits) blame() (int, proposals.Parts) {
	f := x.snapshot.Known(x.wish)
	if len(x.shown) > 0 || f.Parts() == 0 {
		return 0, 0
	}
	var hits []proposals.Hit
	x.inTab(x.snapshot.Search(x.search.Text), func(h proposals.Hit) { hits = append(hits, h) })
	return f.Blame(hits)
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
		switch at := x.shown[i].target(); {
		case x.shown[i].head != "":
		case at == t:
			return i
		case t.Country != "" && at == vpn.Target{Country: t.Country}:
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
	if x.shown[i].head != "" {
		x.sync() // back to what was chosen
		return
	}
	x.chosen = x.shown[i].target()
	if x.list.focused {
		x.list.Refresh() // Fyne drew the rows before it told
	} else {
		x.focusList() // it was clicked
	}
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
	if code == "" { // no country
		return
	}
	x.places.toggle(code)
	x.find()
}

// bearing says how an entry stands to the connection and the choice.
func (x *exits) bearing(e entry) bearing {
	b := bearing{phase: vpn.Down, chosen: e.target() == x.chosen, own: x.own()}
	b.focused = b.chosen && x.list.focused
	if e.head != "" {
		return bearing{phase: vpn.Down}
	}
	if e.Proposal == nil {
		b.open, b.favourite = x.open[e.Country.Code], x.places.isFavourite(e.Country.Code)
	}
	if p := x.status.Phase; p.Wanted() && p != vpn.Finding {
		same := e.Country.Code == x.status.Exit.Country
		if e.Proposal != nil {
			same = e.Proposal.ProviderID == x.status.Exit.ProviderID
		}
		if same {
			b.phase, b.says = p, headlineOf(x.status)
		}
	}
	return b
}

func (x *exits) bind(i widget.ListItemID, o fyne.CanvasObject) {
	if i >= len(x.shown) {
		return
	}
	e, r := x.shown[i], o.(*exitRow)
	if e.head != "" {
		r.set(e, x.bearing(e))
		return
	}
	r.star.onTap = func() { x.toggleFavourite(e.Country.Code) }
	r.open.onTap = func() { x.toggleOpen(e.Country.Code) }
	r.act.onTap = func() { x.connect(e.target()) }
	r.set(e, x.bearing(e))
}

func (x *exits) focusList() {
	if len(x.shown) > 0 {
		focusOn(x.list)
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
