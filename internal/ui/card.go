package ui

import (
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// card floats over the map's lower edge: the button, what is going on, where traffic comes out, and how much there is.
// Its height is the same in every phase.
type card struct {
	power    *power
	headline *label
	elapsed  *label
	flag     *canvas.Image
	flagIcon *glyph
	flagCode string
	place    *label
	detail   *label
	swap     *pill // to what is chosen while connected elsewhere
	proxy    *pill
	use      *pill // switches the tunnel on for this computer's programs
	chips    []*chip
	down, up *meter
	graph    *spark
	keys     *fyne.Container
	facts    *facts
	details  *details
	flow     *fyne.Container // meters and graph; facts stand there while nothing flows
	canvas   fyne.CanvasObject

	status  vpn.Status
	chosen  vpn.Target
	about   string   // of the exit, or of what is chosen
	exit    vpn.Exit // where it leads, or would lead
	price   string   // of the exit in use, or of the one that would be
	why     string   // quick connect would choose that; "" = the user chose
	narrow  bool     // no room for the graph: rates stand in place of the provider
	copied  bool
	traffic vpn.Traffic
}

// The card's measures. The map keeps clear of it and draws its shadow.
const (
	cardHeight = 152
	cardRadius = 18
)

func newCard(press, swap, copyProxy, unfold func(), copyText func(string)) *card {
	c := &card{
		power:    newPower(press),
		headline: newLabel("", 21, assets.Display, inkTone),
		elapsed:  newLabel("", 13, assets.Medium, mutedTone),
		flag:     &canvas.Image{FillMode: canvas.ImageFillContain},
		flagIcon: newGlyph("zap", 18, linkTone),
		place:    newLabel("", 13.5, assets.Medium, inkTone),
		detail:   newLabel("", 12, assets.Regular, mutedTone),
		down:     newMeter("arrow-down", lang.L("Download"), upTone),
		up:       newMeter("arrow-up", lang.L("Upload"), linkTone),
		graph:    newSpark(),
	}
	c.details = newDetails(unfold, copyText)
	c.swap = newLoudPill("repeat", "", swap)
	c.proxy = newPill("copy", "", copyProxy)
	c.use = newPill("monitor", "", func() {})
	c.flag.SetMinSize(fyne.NewSquareSize(20))
	c.chips = []*chip{newChip("house", "")}
	title := newTail(10, 0, c.headline, c.elapsed)
	where := newTail(8, 0, container.NewStack(middle(c.flag), middle(c.flagIcon)), c.place)
	parts := []fyne.CanvasObject{c.details.toggle, c.swap, c.proxy, c.use}
	for _, x := range c.chips {
		parts = append(parts, x.canvas)
	}
	c.keys = container.New(&asFit{space: 6}, parts...)
	text := middle(column(5, title, where, c.detail, gap(1), c.keys))
	meters := container.NewGridWithColumns(2, c.down.canvas, c.up.canvas)
	c.facts = newFacts()
	c.flow = container.NewBorder(meters, nil, nil, nil, pad(0, 6, 0, 0, c.graph))
	right := container.NewStack(c.flow, c.facts.canvas)
	body := container.New(&cardLayout{c}, c.power, text, right)
	c.canvas = onCard(cardRadius, container.New(unfolded{}, body, c.details.canvas))
	return c
}

// height is what the card takes at a width.
func (c *card) height(width float32) float32 {
	if !c.details.open {
		return cardHeight
	}
	_, h := c.details.plan(width)
	return cardHeight + h
}

// unfold opens or closes the details.
func (c *card) unfold(now time.Time) {
	d := c.details
	d.open = !d.open
	d.canvas.Hidden = !d.open
	c.drawToggle()
	c.drawDetails(now)
}

func (c *card) drawToggle() {
	c.details.drawToggle(c.narrow || c.swap.Visible())
	c.keys.Refresh()
}

func (c *card) drawDetails(now time.Time) {
	c.details.draw(c.status, c.traffic, c.exit, c.why, c.price, now)
}

// draw shows a status and what is chosen. offers is the part of the snapshot that the filter leaves.
func (c *card) draw(s vpn.Status, chosen vpn.Target, snapshot, offers *proposals.Snapshot, now time.Time) {
	fresh := s.Phase == vpn.Up && (c.status.Phase != vpn.Up && c.status.Phase != vpn.Reconnecting || c.status.Exit != s.Exit)
	c.status, c.chosen = s, chosen
	if fresh || !s.Phase.Wanted() {
		c.graph.clear()
		c.traffic = vpn.Traffic{}
	}
	verb, word := wish(s.Phase)
	c.power.set(s.Phase, verb, word)
	c.headline.set(headlineOf(s), inkTone)
	c.drawWhere(snapshot, offers)
	c.drawFacts(snapshot, offers)
	c.drawChips(snapshot)
	c.drawElapsed(now)
	c.drawTraffic()
	c.drawDetails(now)
}

// drawWhere tells where traffic comes out, or where it would after a press on the button.
func (c *card) drawWhere(snapshot, offers *proposals.Snapshot) {
	defer c.drawDetail()
	s := c.status
	if blocked(s) && (s.Phase == vpn.Blocked || c.chosen.Quick()) {
		c.setFlag("", "circle-x")
		c.place.say(blockedWords(s))
		c.about = opensWords(s.Guard)
		return
	}
	if (s.Phase.Wanted() || s.Phase == vpn.Closing) && s.Exit.ProviderID != "" {
		c.setFlag(s.Exit.Country, "server")
		c.place.say(placeOf(s.Exit))
		c.about = c.exitDetail()
		return
	}
	switch chosen := c.chosen; {
	case chosen.ProviderID != "":
		c.setFlag(chosen.Country, "server")
		c.place.say(countryName(chosen.Country))
		c.about = lang.L("Provider") + " " + shortID(chosen.ProviderID)
		if p, ok := snapshot.Provider(chosen.ProviderID); ok {
			c.place.say(placeOf(p.Exit))
		}
	case chosen.Country != "":
		c.setFlag(chosen.Country, "")
		c.place.say(countryName(chosen.Country))
		c.about = lang.L("No exit on offer at the moment")
		if x, ok := offers.Country(chosen.Country); ok {
			c.about = lang.X("best.of", "The best of {{.Exits}}", map[string]string{"Exits": exitCount(x.Count)})
		} else if x, ok := snapshot.Country(chosen.Country); ok {
			c.about = lang.X("best.unfiltered", "None passes the filters: the best of {{.Exits}}", map[string]string{"Exits": exitCount(x.Count)})
		}
	default:
		c.setFlag("", "zap")
		c.place.say(lang.L("Quick connect"))
		c.about = lang.L("The best exit is chosen for you")
		if len(offers.Proposals) > 0 {
			c.about = quickWords(offers)
		} else if n := len(snapshot.Proposals); n > 0 {
			c.about = lang.X("best.unfiltered", "None passes the filters: the best of {{.Exits}}", map[string]string{"Exits": exitCount(n)})
		}
	}
}

// quickWords says in short why quick connect chooses what it does.
func quickWords(offers *proposals.Snapshot) string {
	p, why := offers.Pick(vpn.Target{}, nil)
	if n := len(offers.Proposals); why.Zero() && n > 1 {
		if offers.Unmeasured() { // nobody measures own servers
			return lang.X("quick.unmeasured", "One of {{.Exits}}, none of them measured", map[string]string{"Exits": exitCount(n)})
		}
		return lang.X("quick.short", "Best quality of {{.Exits}}: {{.Quality}} of 3", map[string]string{"Exits": exitCount(n), "Quality": scoreText(p.Quality)})
	}
	return lang.L("The only exit on offer")
}

// quickReason is why quick connect chooses an exit, as Snapshot.Explain says it in English.
func quickReason(p proposals.Proposal, from *proposals.Snapshot) string {
	among := len(from.Proposals)
	where := map[string]string{"Place": placeOf(p.Exit), "Quality": scoreText(p.Quality), "Exits": exitCount(among), "Price": p.PerGiB.Human()}
	switch {
	case among == 1:
		return lang.X("quick.only", "{{.Place}}: the only exit on offer.", where)
	case from.Unmeasured():
		return lang.X("quick.any", "{{.Place}}: one of {{.Exits}}, none of them measured.", where)
	case p.PerGiB.IsZero() && p.PerHour.IsZero():
		return lang.X("quick.free", "{{.Place}}: the best quality, {{.Quality}} of 3, among {{.Exits}}, free of charge.", where)
	}
	return lang.X("quick.best", "{{.Place}}: the best quality, {{.Quality}} of 3, among {{.Exits}}, at {{.Price}} MYST per GiB.", where)
}

func scoreText(quality float64) string { return strconv.FormatFloat(quality, 'f', 1, 64) }

// drawDetail draws the line below the place. In a narrow window the rates stand there: the graph has no room.
func (c *card) drawDetail() {
	if t := c.traffic; c.narrow && !t.At.IsZero() && c.status.Phase == vpn.Up {
		c.detail.say(rateWords("↓", t.ReceivedPerSecond) + "   " + rateWords("↑", t.SentPerSecond))
		return
	}
	c.detail.say(c.about)
}

// drawFacts shows what a press on the button would choose, while nothing flows that could be drawn instead.
func (c *card) drawFacts(snapshot, offers *proposals.Snapshot) {
	var p proposals.Proposal
	why := vpn.Reason{Code: vpn.NoProposals}
	c.exit, c.why = c.status.Exit, ""
	if !c.status.Phase.Wanted() && c.status.Phase != vpn.Closing {
		from := offers
		if p, why = offers.Pick(c.chosen, nil); !why.Zero() {
			from = snapshot
			p, why = snapshot.Pick(c.chosen, nil)
		}
		c.exit = p.Exit
		if c.chosen.Quick() && why.Zero() {
			c.why = quickReason(p, from)
		}
	}
	c.price = ""
	if !why.Zero() { // what is connected has a price, too
		if used, ok := snapshot.Provider(c.exit.ProviderID); ok {
			c.price = bothPrices(*used)
		}
	} else {
		c.price = bothPrices(p)
	}
	c.flow.Hidden, c.facts.canvas.Hidden = why.Zero(), !why.Zero()
	if why.Zero() {
		c.facts.draw(p)
	}
}

func (c *card) exitDetail() string {
	s := c.status
	if s.Exit.ProviderID == "" {
		return ""
	}
	return lang.L("Provider") + " " + shortID(s.Exit.ProviderID)
}

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " · " + b
}

func (c *card) setFlag(code, icon string) {
	c.flag.Hidden, c.flagIcon.Hidden = code == "", code != ""
	if code != "" && c.flagCode != code {
		c.flagCode = code
		c.flag.Image = assets.FlagImage(code)
		c.flag.Refresh()
	}
	if icon != "" {
		c.flagIcon.set(icon, linkTone)
	}
	c.flag.Refresh()
}

func (c *card) drawChips(snapshot *proposals.Snapshot) {
	s := c.status
	elsewhere := s.Phase.Wanted() && !c.chosen.Quick() && s.Exit.ProviderID != ""
	if c.chosen.ProviderID != "" {
		elsewhere = elsewhere && c.chosen.ProviderID != s.Exit.ProviderID
	} else {
		elsewhere = elsewhere && c.chosen.Country != s.Exit.Country
	}
	c.swap.Hidden = !elsewhere
	if elsewhere {
		name := countryName(c.chosen.Country)
		if p, ok := snapshot.Provider(c.chosen.ProviderID); ok && (c.chosen.Country == s.Exit.Country || p.Country == "") {
			name = p.City
		}
		c.swap.set("repeat", lang.X("switch.to", "Switch to {{.Place}}", map[string]string{"Place": name}))
	}
	c.drawProxy()
	c.drawToggle()
	kind := s.Exit.IPType
	icon := "server"
	if kind == "residential" {
		icon = "house"
	}
	shown := s.Phase.Wanted() && kind != ""
	if kind != "" {
		kind = lang.L(kind)
	}
	c.chips[0].show(shown, icon, kind)
	c.keys.Refresh()
}

func (c *card) drawProxy() {
	addr := c.status.Proxy.SOCKS5
	c.proxy.Hidden = addr == ""
	defer c.keys.Refresh()
	if c.copied {
		c.proxy.set("check", lang.L("Copied"))
		return
	}
	if c.swap.Visible() {
		c.proxy.set("copy", addr)
		return
	}
	c.proxy.set("copy", lang.X("proxy.at", "Proxy {{.Address}}", map[string]string{"Address": addr}))
}

// drawElapsed shows since when the phase lasts, where that says something.
func (c *card) drawElapsed(now time.Time) {
	s := c.status
	if s.Since.IsZero() || !s.Phase.Wanted() {
		c.elapsed.say("")
		return
	}
	text := clockTime(now.Sub(s.Since))
	if s.Attempt > 1 && s.Phase.Busy() {
		text = joined(text, lang.X("attempt", "attempt {{.N}}", map[string]int{"N": s.Attempt}))
	}
	c.elapsed.say(text)
}

// sample takes a second's traffic; it draws only if shown.
func (c *card) sample(t vpn.Traffic, shown bool, now time.Time) {
	if c.status.Phase != vpn.Up || t.At.IsZero() {
		return
	}
	c.traffic = t
	c.graph.add(t.ReceivedPerSecond, t.SentPerSecond)
	if shown {
		c.drawTraffic()
		c.drawElapsed(now)
		c.drawDetails(now)
	}
}

func (c *card) drawTraffic() {
	t := c.traffic
	c.drawDetail()
	c.down.set(t.ReceivedPerSecond, t.BytesReceived, !t.At.IsZero())
	c.up.set(t.SentPerSecond, t.BytesSent, !t.At.IsZero())
	c.graph.Refresh()
}
