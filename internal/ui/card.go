package ui

import (
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
	flow     *fyne.Container // meters and graph; facts stand there while nothing flows
	canvas   fyne.CanvasObject

	status  vpn.Status
	chosen  vpn.Target
	about   string // of the exit, or of what is chosen
	narrow  bool   // no room for the graph: rates stand in place of the provider
	copied  bool
	traffic vpn.Traffic
}

// The card's measures. The map keeps clear of it and draws its shadow.
const (
	cardHeight = 152
	cardRadius = 18
)

func newCard(press, swap, copyProxy func()) *card {
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
	c.swap = newLoudPill("repeat", "", swap)
	c.proxy = newPill("copy", "", copyProxy)
	c.use = newPill("monitor", "", func() {})
	c.flag.SetMinSize(fyne.NewSquareSize(20))
	c.chips = []*chip{newChip("route", "WireGuard"), newChip("house", "")}
	title := newTail(10, 0, c.headline, c.elapsed)
	where := newTail(8, 0, container.NewStack(middle(c.flag), middle(c.flagIcon)), c.place)
	parts := []fyne.CanvasObject{c.swap, c.proxy, c.use}
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
	c.canvas = onCard(cardRadius, body)
	return c
}

// draw shows a status and what is chosen.
func (c *card) draw(s vpn.Status, chosen vpn.Target, snapshot *proposals.Snapshot, now time.Time) {
	fresh := s.Phase == vpn.Up && (c.status.Phase != vpn.Up && c.status.Phase != vpn.Reconnecting || c.status.Exit != s.Exit)
	c.status, c.chosen = s, chosen
	if fresh || !s.Phase.Wanted() {
		c.graph.clear()
		c.traffic = vpn.Traffic{}
	}
	verb, word := wish(s.Phase)
	c.power.set(s.Phase, verb, word)
	c.headline.set(phaseWords(s.Phase), inkTone)
	c.drawWhere(snapshot)
	c.drawFacts(snapshot)
	c.drawChips(snapshot)
	c.drawElapsed(now)
	c.drawTraffic()
}

// drawWhere tells where traffic comes out, or where it would after a press on the button.
func (c *card) drawWhere(snapshot *proposals.Snapshot) {
	defer c.drawDetail()
	s := c.status
	if (s.Phase.Wanted() || s.Phase == vpn.Closing) && s.Exit.Country != "" {
		c.setFlag(s.Exit.Country, "")
		c.place.say(placeOf(s.Exit))
		c.about = c.exitDetail()
		return
	}
	switch chosen := c.chosen; {
	case chosen.ProviderID != "":
		c.setFlag(chosen.Country, "")
		c.place.say(countryName(chosen.Country))
		c.about = lang.L("Provider") + " " + shortID(chosen.ProviderID)
		if p, ok := snapshot.Provider(chosen.ProviderID); ok {
			c.place.say(placeOf(p.Exit))
		}
	case chosen.Country != "":
		c.setFlag(chosen.Country, "")
		c.place.say(countryName(chosen.Country))
		c.about = lang.L("No exit on offer at the moment")
		if x, ok := snapshot.Country(chosen.Country); ok {
			c.about = lang.X("best.of", "The best of {{.Exits}}", map[string]string{"Exits": exitCount(x.Count)})
		}
	default:
		c.setFlag("", "zap")
		c.place.say(lang.L("Quick connect"))
		c.about = lang.L("The best exit is chosen for you")
		if n := len(snapshot.Proposals); n > 0 {
			c.about = lang.X("best.of", "The best of {{.Exits}}", map[string]string{"Exits": exitCount(n)})
		}
	}
}

// drawDetail draws the line below the place. In a narrow window the rates stand there: the graph has no room.
func (c *card) drawDetail() {
	if t := c.traffic; c.narrow && !t.At.IsZero() && c.status.Phase == vpn.Up {
		c.detail.say(rateWords("↓", t.ReceivedPerSecond) + "   " + rateWords("↑", t.SentPerSecond))
		return
	}
	c.detail.say(c.about)
}

// drawFacts shows what a press on the button would choose, while nothing flows that could be drawn instead.
func (c *card) drawFacts(snapshot *proposals.Snapshot) {
	var p proposals.Proposal
	why := vpn.Reason{Code: vpn.NoProposals}
	if !c.status.Phase.Wanted() && c.status.Phase != vpn.Closing {
		p, why = snapshot.Pick(c.chosen, nil)
	}
	c.flow.Hidden, c.facts.canvas.Hidden = why.Zero(), !why.Zero()
	if why.Zero() {
		c.facts.draw(p)
	}
}

func (c *card) exitDetail() string {
	s := c.status
	who := lang.L("Provider") + " " + shortID(s.Exit.ProviderID)
	if s.Exit.ProviderID == "" {
		who = ""
	}
	if s.Attempt > 1 && s.Phase.Busy() {
		return joined(who, lang.X("attempt", "attempt {{.N}}", map[string]int{"N": s.Attempt}))
	}
	return who
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
	elsewhere := s.Phase.Wanted() && !c.chosen.Quick() && s.Exit.Country != "" &&
		(c.chosen.Country != s.Exit.Country || c.chosen.ProviderID != "" && c.chosen.ProviderID != s.Exit.ProviderID)
	c.swap.Hidden = !elsewhere
	if elsewhere {
		name := countryName(c.chosen.Country)
		if p, ok := snapshot.Provider(c.chosen.ProviderID); ok && c.chosen.Country == s.Exit.Country {
			name = p.City
		}
		c.swap.set("repeat", lang.X("switch.to", "Switch to {{.Place}}", map[string]string{"Place": name}))
	}
	c.drawProxy()
	c.chips[0].show(s.Phase.Wanted() && s.Exit.ProviderID != "", "route", "WireGuard")
	kind := s.Exit.IPType
	icon := "server"
	if kind == "residential" {
		icon = "house"
	}
	shown := s.Phase.Wanted() && kind != ""
	if kind != "" {
		kind = lang.L(kind)
	}
	c.chips[1].show(shown, icon, kind)
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
	c.proxy.set("copy", lang.X("proxy.at", "Proxy {{.Address}}", map[string]string{"Address": addr}))
}

// drawElapsed shows since when the phase lasts, where that says something.
func (c *card) drawElapsed(now time.Time) {
	s := c.status
	if s.Since.IsZero() || !s.Phase.Wanted() {
		c.elapsed.say("")
		return
	}
	c.elapsed.say(clockTime(now.Sub(s.Since)))
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
	}
}

func (c *card) drawTraffic() {
	t := c.traffic
	c.drawDetail()
	c.down.set(t.ReceivedPerSecond, t.BytesReceived, !t.At.IsZero())
	c.up.set(t.SentPerSecond, t.BytesSent, !t.At.IsZero())
	c.graph.Refresh()
}

// meter is one direction's rate and total.
type meter struct {
	word               string
	value, unit, total *label
	canvas             fyne.CanvasObject
}

func newMeter(icon, word string, t tone) *meter {
	m := &meter{word: word, value: newLabel("", 19, assets.Display, inkTone), unit: newLabel("", 12, assets.Medium, mutedTone), total: newLabel("", 11.5, assets.Regular, mutedTone)}
	m.canvas = column(1, newTail(5, 0, middle(newGlyph(icon, 14, t)), m.total), newTail(4, 2, m.value, m.unit))
	m.set(0, 0, false)
	return m
}

func (m *meter) set(rate, total uint64, known bool) {
	if !known {
		m.value.set("–", mutedTone)
		m.unit.say("")
		m.total.say(m.word)
		return
	}
	v, u := rateText(rate)
	m.value.set(v, inkTone)
	m.unit.say(u)
	m.total.say(joined(m.word, sizeText(total)))
}

// chip is a word in a box that cannot be pressed.
type chip struct {
	icon   *glyph
	text   *label
	canvas *fyne.Container
}

func newChip(icon, text string) *chip {
	c := &chip{icon: newGlyph(icon, 13, mutedTone), text: newLabel(text, 12, assets.Medium, mutedTone)}
	c.canvas = container.NewStack(newBox(func(p *Palette) colour { return p.Field }, nil, 10), pad(9, 6, 10, 6, row(5, middle(c.icon), c.text)))
	return c
}

func (c *chip) show(shown bool, icon, text string) {
	c.canvas.Hidden = !shown
	c.icon.set(icon, mutedTone)
	c.text.say(text)
}
