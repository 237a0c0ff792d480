package ui

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// step puts a heading above what a step says and its buttons below; the last one is the one to go on with.
func (v *welcome) step(name, title, lead string, body *essay, keys ...*welcomeKey) *welcomeStep {
	s := &welcomeStep{name: name, keys: keys, first: keys[len(keys)-1]}
	head := &essay{side: welcomeSide}
	head.add(0, newLabel(title, 24, assets.Display, inkTone))
	if lead != "" {
		head.add(8, newProse(lead, 13.5, mutedTone))
	}
	s.scroll = container.NewVScroll(container.New(body, body.objects()...))
	buttons := container.New(layout.NewCustomPaddedHBoxLayout(8), keys[0], layout.NewSpacer())
	for _, k := range keys[1:] {
		buttons.Add(k)
	}
	s.canvas = container.New(&stepLayout{head, body}, container.New(head, head.objects()...), s.scroll, newHair(), buttons)
	return s
}

func (v *welcome) terms(changed bool) *welcomeStep {
	title, lead := lang.L("Welcome"), lang.L("MysteriumVPN lets you pick a country and leave the internet from there, through a provider of a decentralised network. This is what you agree to when you use it.")
	if changed {
		title, lead = lang.L("The terms have changed"), lang.L("You agreed to an earlier version. Please read this one before you go on.")
	}
	body := &essay{side: welcomeSide}
	for i, t := range terms() {
		above := float32(18)
		if i == 0 {
			above = 0
		}
		body.add(above, newLabel(t.title, 13.5, assets.SemiBold, inkTone))
		body.add(3, newProse(t.text, 13, mutedTone))
	}
	return v.step(lang.L("Terms"), title, lead, body,
		v.key("", lang.L("Decline and quit"), false, v.w.quit),
		v.key("check", lang.L("Accept"), true, v.accept))
}

func (v *welcome) privacy() *welcomeStep {
	body := &essay{side: welcomeSide}
	for i, s := range privacyPoints() {
		p := newPoint(s.icon, s.text)
		body.put(float32(min(i, 1)*12), p.canvas, p.arrange)
	}
	v.count = newBoxOption("activity", lang.L("Count how the program is used"), countAbout(), v.pickCounting)
	v.drawCounting(v.w.settings.CountUsage)
	body.put(20, v.count, v.count.heightFor)
	return v.step(lang.L("Privacy"), lang.L("Your privacy, in three sentences"), "", body,
		v.key("", lang.L("Skip"), false, v.done),
		v.key("arrow-right", lang.L("Next"), true, v.next))
}

func (v *welcome) network() *welcomeStep {
	v.sandbox = newOption("monitor", lang.L("Sandbox"), lang.L("Exits on this very computer, to try everything out. Nothing to pay and no account. Your address does not change."), func() { v.pick(vpn.Sandbox) })
	v.mysterium = newOption("globe", lang.L("Mysterium Network"), lang.L("Exits of other people all over the world, paid in MYST for what you use."), func() { v.pick(vpn.Mysterium) })
	v.own = newOption("server", lang.L("Own servers"), lang.L("Servers that you have a WireGuard configuration of. You add them in the settings."), func() { v.pick(vpn.Own) })
	if err := (vpn.Settings{Network: vpn.Mysterium}).Check(); err != nil {
		v.mysterium.off = true
		v.mysterium.note = lang.L("Not in this version yet.")
	}
	body := &essay{side: welcomeSide}
	body.put(0, v.sandbox, v.sandbox.heightFor)
	body.put(12, v.mysterium, v.mysterium.heightFor)
	body.put(12, v.own, v.own.heightFor)
	v.drawNetwork(v.w.settings.Network)
	return v.step(lang.L("Network"), lang.L("Choose a network"), lang.L("Where exits come from. You can change it in the settings."), body,
		v.key("", lang.L("Skip"), false, v.done),
		v.key("arrow-left", lang.L("Back"), false, v.back),
		v.key("arrow-right", lang.L("Next"), true, v.next))
}

// pickCounting asks for usage to be counted, or takes that back.
func (v *welcome) pickCounting() {
	s := v.w.settings
	s.CountUsage = !v.count.taken
	v.w.o.Save(s)
}

func (v *welcome) drawCounting(on bool) {
	if v.count != nil {
		v.count.set(on)
	}
}

// pick asks for a network. It counts when the settings have it.
func (v *welcome) pick(n vpn.Network) {
	s := v.w.settings
	if s.Network == "" {
		s.Network = vpn.Sandbox
	}
	if s.Network != n {
		s.Network = n
		v.w.o.Save(s)
	}
}

func (v *welcome) drawNetwork(n vpn.Network) {
	if v.sandbox != nil {
		v.sandbox.set(n != vpn.Mysterium && n != vpn.Own)
		v.mysterium.set(n == vpn.Mysterium)
		v.own.set(n == vpn.Own)
	}
}

func (v *welcome) connect() *welcomeStep {
	v.exit = newWelcomeExit()
	body := &essay{side: welcomeSide}
	body.put(0, v.exit.canvas, func(float32) float32 { return v.exit.canvas.MinSize().Height })
	for _, s := range []struct{ icon, text string }{
		{"plug", lang.L("Programs reach the tunnel at the proxy address that the window shows. One switch sends the whole desktop through it, where the desktop lets it.")},
		{"keyboard", lang.L("Everything can be done by keyboard: F1 shows how.")},
	} {
		p := newPoint(s.icon, s.text)
		body.put(16, p.canvas, p.arrange)
	}
	return v.step(lang.L("Connect"), lang.L("Ready"), lang.L("Connect to the best exit on offer, or look around and choose one yourself."), body,
		v.key("", lang.L("Look around first"), false, v.done),
		v.key("arrow-left", lang.L("Back"), false, v.back),
		v.key("power", lang.L("Connect"), true, v.start))
}

// welcomeExit shows the exit that quick connect would take.
type welcomeExit struct {
	flag       *canvas.Image
	place, why *label
	canvas     *fyne.Container
}

func newWelcomeExit() *welcomeExit {
	e := &welcomeExit{flag: &canvas.Image{FillMode: canvas.ImageFillContain, CornerRadius: 20}, place: newLabel("", 16, assets.SemiBold, inkTone), why: newLabel("", 12.5, assets.Regular, mutedTone)}
	words := column(3, e.place, e.why)
	e.canvas = container.NewStack(
		newBox(func(p *Palette) colour { return p.Card }, func(p *Palette) colour { return p.Edge }, 14),
		pad(16, 14, 16, 14, container.NewBorder(nil, nil, pad(0, 0, 14, 0, container.NewGridWrap(fyne.NewSquareSize(40), e.flag)), nil, middle(words))))
	return e
}

func (e *welcomeExit) draw(offers *proposals.Snapshot, version uint64) {
	p, none := offers.Pick(vpn.Target{}, nil)
	switch {
	case none.Zero():
		e.show(p.Country, placeOf(p.Exit), joined(quickWords(offers), priceText(p.PerGiB.Human())+" "+lang.L("MYST per GiB")))
	case version == 0:
		e.show("", lang.L("Waiting for exits"), lang.L("The node is asked what is on offer."))
	default:
		e.show("", lang.L("No exits on offer"), lang.L("The list is asked for again every 30 seconds."))
	}
}

func (e *welcomeExit) show(code, place, why string) {
	e.flag.Image = assets.FlagImage(code)
	e.place.say(place)
	e.why.say(why)
	canvas.Refresh(e.flag)
	e.canvas.Refresh()
}

// point is an icon and a sentence beside it.
type point struct {
	icon   fyne.CanvasObject
	text   *prose
	canvas *fyne.Container
}

func newPoint(icon, text string) *point {
	ground := newBox(func(p *Palette) colour { return p.Raised }, nil, 10)
	p := &point{text: newProse(text, 14, inkTone)}
	p.icon = container.NewStack(ground, container.NewCenter(newGlyph(icon, 18, linkTone)))
	p.canvas = container.New(p, p.icon, p.text)
	return p
}

func (p *point) arrange(width float32) float32 {
	const icon, space = 36, 14
	high := p.text.heightFor(width - icon - space)
	put(p.icon, 0, 1, icon, icon)
	put(p.text, icon+space, max((icon-high)/2+1, 0), width-icon-space, high)
	return max(high, icon) + 4
}

// MinSize and Layout make the point a layout; its height comes from arrange.
func (p *point) MinSize([]fyne.CanvasObject) fyne.Size        { return fyne.NewSize(200, 40) }
func (p *point) Layout(_ []fyne.CanvasObject, size fyne.Size) { p.arrange(size.Width) }

// stepMark is a step's number and name at the side; a step that is over has a check in place of its number.
type stepMark struct {
	ground *box
	number *label
	check  *glyph
	name   *label
	state  int // before, at or behind the step that is open: -1, 0, 1
	canvas *fyne.Container
}

func newStepMark(n int, name string) *stepMark {
	m := &stepMark{number: newLabel(strconv.Itoa(n), 12, assets.SemiBold, mutedTone), name: newLabel(name, 13, assets.Medium, mutedTone)}
	m.ground = newBox(func(p *Palette) colour {
		if m.state == 0 {
			return p.Primary
		}
		return p.Raised
	}, nil, 12)
	m.check = newGlyph("check", 14, upTone)
	disc := container.NewStack(m.ground, container.NewCenter(m.number), container.NewCenter(m.check))
	m.canvas = row(12, container.NewGridWrap(fyne.NewSquareSize(24), disc), middle(m.name))
	return m
}

func (m *stepMark) draw(i, open int) {
	word, digit := tone(mutedTone), tone(mutedTone)
	switch {
	case i < open:
		m.state, word = -1, inkTone
	case i == open:
		m.state, word = 0, inkTone
		digit = func(p *Palette) colour { return p.OnPrimary }
	default:
		m.state = 1
	}
	m.name.set(m.name.full, word)
	m.number.set(m.number.full, digit)
	m.number.Hidden, m.check.Hidden = m.state < 0, m.state >= 0
	m.ground.Refresh()
	m.canvas.Refresh()
}
