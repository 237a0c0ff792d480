package ui

import (
	"cmp"
	"net"
	"runtime"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/usage"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// settingPage shows what the user may choose. A change counts at once, or its row says when.
type settingPage struct {
	w       *Window
	now     vpn.Settings // what is in force, or was just asked for
	atStart vpn.Settings // what the program was started with
	told    bool         // atStart is known

	back       *pill
	connect    *toggle
	login      *toggle
	hidden     *toggle
	network    *segments
	networkRow *settingRow
	netRestart *pill
	program    *field
	programRow *settingRow
	progApply  *pill

	device *deviceRows

	members, failing       *toggle
	membersRow, failingRow *settingRow

	dns       *segments
	dnsOwn    bool // the user chose to type some and has not applied them
	servers   *field
	serverBox *fyne.Container
	serverRow *settingRow
	dnsApply  *pill

	host, port   *field
	proxyRow     *settingRow
	proxyApply   *pill
	proxyRestart *pill

	theme, size *segments
	still       *toggle
	language    *picker
	langRow     *settingRow
	langRestart *pill

	up, lost, gaveUp *toggle

	count                     *toggle
	counts                    usage.Counts
	countRow, countsRow       *settingRow
	exportCounts, eraseCounts *pill

	own     *ownRows
	fileRow *settingRow

	sheet  *sheet
	body   *fyne.Container
	scroll *container.Scroll
	canvas *fyne.Container
}

const segmentsWide = 264

// languageIsOurs tells whether the language can be chosen here. On Windows and macOS Fyne takes the system's.
const languageIsOurs = runtime.GOOS != "windows" && runtime.GOOS != "darwin"

func newSettingPage(w *Window) *settingPage {
	p := &settingPage{w: w, sheet: &sheet{}}
	p.back = newPill("arrow-left", lang.L("Back"), p.leave)
	p.device = newDeviceRows(p)
	p.general()
	p.connection()
	p.own = newOwnRows(p)
	p.appearance()
	p.notifications()
	p.privacy()
	p.file()
	p.body = container.New(p.sheet, p.sheet.objects()...)
	p.scroll = container.NewVScroll(p.body)
	head := pad(18, 16, 18, 14, container.NewBorder(nil, nil, middle(p.back), nil, pad(14, 0, 8, 0, newLabel(lang.L("Settings"), 19, assets.Display, inkTone))))
	p.canvas = container.NewStack(newBox(func(p *Palette) colour { return p.Ground }, nil, 0),
		topFirst(head, nil, nil, nil, container.New(widthFirst{p.sheet}, p.scroll)))
	p.draw(vpn.Settings{})
	p.told = false
	return p
}

func (p *settingPage) object() fyne.CanvasObject { return p.canvas }
func (p *settingPage) first() fyne.Focusable     { return p.back }
func (p *settingPage) opened()                   { p.own.read(); p.device.opened() }
func (p *settingPage) leave()                    { p.w.toggle(settingsPage) }

// closed forgets what was typed and not applied, and what was said about it.
func (p *settingPage) closed() {
	p.dnsOwn = false
	for _, f := range []*field{p.program, p.servers, p.host, p.port} {
		f.reset()
	}
	for _, r := range []*settingRow{p.programRow, p.serverRow, p.proxyRow, p.fileRow} {
		r.say("", mutedTone)
	}
	p.own.reset()
	p.device.closed()
	p.draw(p.now)
	p.scroll.ScrollToTop()
}

// on makes a toggle for a switch of the settings.
func (p *settingPage) on(set func(s *vpn.Settings, on bool)) *toggle {
	t := newToggle(func(on bool) { p.change(func(s *vpn.Settings) { set(s, on) }) })
	p.mind(t, &t.pressable)
	return t
}

// either makes segments; pick gets which one is wanted.
func (p *settingPage) either(pick func(i int), words []string) (*segments, fyne.CanvasObject) {
	s := newSegments(pick, words...)
	p.mind(s, &s.pressable)
	return s, container.NewGridWrap(fyne.NewSize(segmentsWide, 34), s)
}

// button makes a pill that is hidden until there is something for it to do.
func (p *settingPage) button(icon, word string, do func()) *pill {
	b := newPill(icon, word, do)
	p.mind(b, &b.pressable)
	b.Hide()
	return b
}

// mind scrolls to a control that gets the focus.
func (p *settingPage) mind(o fyne.CanvasObject, b *pressable) {
	b.onFocus = func() { p.reveal(o) }
}

func (p *settingPage) field(hint string, apply func()) *field {
	f := newField(hint, apply, func() { p.drawTyped() })
	f.keys, f.leave, f.onSeen = p.w.typedShortcut, p.leave, func() { p.reveal(f) }
	return f
}

func (p *settingPage) general() {
	p.connect = p.on(func(s *vpn.Settings, on bool) { s.ConnectOnStart = on })
	p.login = p.on(func(s *vpn.Settings, on bool) { s.StartAtLogin = on })
	p.hidden = p.on(func(s *vpn.Settings, on bool) { s.StartHidden = on })
	p.sheet.add(lang.L("General"),
		newSettingRow(lang.L("Connect on start"), lang.L("To the country of the last connection; the first time by quick connect."), p.connect),
		newSettingRow(lang.L("Start at login"), lang.L("The program starts when you log in to this computer."), p.login),
		newSettingRow(lang.L("Start hidden"), lang.L("In the tray, without a window. A desktop that has no tray gets the window."), p.hidden))
}

func (p *settingPage) connection() {
	var network fyne.CanvasObject
	p.network, network = p.either(func(i int) { p.change(func(s *vpn.Settings) { s.Network = networks[i] }) }, networkWords())
	p.netRestart = p.button("rotate-ccw", lang.L("Restart now"), p.restart)
	p.networkRow = newSettingRow(lang.L("Network"), " ", network, p.netRestart)
	p.program = p.field(lang.L("It is looked for"), p.applyProgram)
	p.progApply = p.button("check", lang.L("Apply"), p.applyProgram)
	p.progApply.loud = true
	p.programRow = newSettingRow(lang.L("Node program"), lang.L("Where the program myst is, if it is not found by itself. Counts at the next start."),
		container.NewGridWrap(fyne.NewSize(segmentsWide, 36), p.program), p.progApply)
	var dns fyne.CanvasObject
	p.dns, dns = p.either(p.pickDNS, dnsWords())
	p.servers = p.field(lang.L("For example 9.9.9.9, 2620:fe::fe"), p.applyServers)
	p.serverBox = container.NewGridWrap(fyne.NewSize(segmentsWide, 36), p.servers)
	p.dnsApply = p.button("check", lang.L("Apply"), p.applyServers)
	p.dnsApply.loud = true
	p.serverRow = newSettingRow(lang.L("Name servers"), "", dns, p.serverBox, p.dnsApply)

	p.host = p.field("127.0.0.1", p.applyProxy)
	p.port = p.field(lang.L("Port"), p.applyProxy)
	p.proxyApply = p.button("check", lang.L("Apply"), p.applyProxy)
	p.proxyApply.loud = true
	p.proxyRestart = p.button("rotate-ccw", lang.L("Restart now"), p.restart)
	fields := row(8, container.NewGridWrap(fyne.NewSize(176, 36), p.host), container.NewGridWrap(fyne.NewSize(80, 36), p.port))
	p.proxyRow = newSettingRow(lang.L("Proxy address and port"), lang.L("Where programs on this computer reach the tunnel, by SOCKS5 or HTTP. Counts at the next start."), fields, p.proxyApply, p.proxyRestart)
	p.members = p.on(func(s *vpn.Settings, on bool) { s.ListRestricted = on })
	p.membersRow = newSettingRow(lang.L("List exits for members"),
		lang.L("Some providers serve only people on a list of theirs. None is chosen for you while there is another."), p.members)
	p.failing = p.on(func(s *vpn.Settings, on bool) { s.ListFailing = on })
	p.failingRow = newSettingRow(lang.L("List exits that failed checks"),
		lang.L("The network tries its providers now and then. These did not answer, and may be back."), p.failing)
	p.sheet.add(lang.L("Connection"),
		p.networkRow, p.device.modeRow, p.device.lockRow, p.device.lanRow, p.device.proofRow, p.programRow, p.membersRow, p.failingRow,
		p.serverRow, p.proxyRow)
}

func (p *settingPage) appearance() {
	var theme, size fyne.CanvasObject
	p.theme, theme = p.either(func(i int) { p.change(func(s *vpn.Settings) { s.Theme = themes[i] }) }, themeWords())
	p.size, size = p.either(func(i int) { p.change(func(s *vpn.Settings) { s.TextSize = sizes[i] }) }, sizeWords())
	p.still = p.on(func(s *vpn.Settings, on bool) { s.ReducedMotion = on })
	offered := languages()
	words := make([]string, len(offered))
	for i, l := range offered {
		words[i] = languageWord(l)
	}
	p.language = newPicker(func(i int) { p.change(func(s *vpn.Settings) { s.Language = offered[i] }) }, words...)
	p.mind(p.language, &p.language.pressable)
	p.langRestart = p.button("rotate-ccw", lang.L("Restart now"), p.restart)
	p.langRow = newSettingRow(lang.L("Language"), lang.L("Counts at the next start."), p.language, p.langRestart)
	rows := []*settingRow{
		newSettingRow(lang.L("Theme"), "", theme),
		newSettingRow(lang.L("Text size"), lang.L("Everything in the window grows with it."), size),
		newSettingRow(lang.L("Reduced motion"), lang.L("Nothing moves by itself."), p.still),
	}
	if languageIsOurs {
		rows = append(rows, p.langRow)
	}
	p.sheet.add(lang.L("Appearance"), rows...)
}

func (p *settingPage) notifications() {
	p.up = p.on(func(s *vpn.Settings, on bool) { s.QuietConnected = !on })
	p.lost = p.on(func(s *vpn.Settings, on bool) { s.QuietLost = !on })
	p.gaveUp = p.on(func(s *vpn.Settings, on bool) { s.QuietGaveUp = !on })
	p.sheet.add(lang.L("Notifications"),
		newSettingRow(lang.L("Connected"), lang.L("A connection came up, and nobody was looking at the window."), p.up),
		newSettingRow(lang.L("Connection lost"), lang.L("It ended though nobody asked, and what to do."), p.lost),
		newSettingRow(lang.L("Node given up"), lang.L("The node keeps stopping and is not started again."), p.gaveUp))
}

// change saves what the user wants. The page shows it at once; the rest of the window follows when it is in force.
func (p *settingPage) change(do func(*vpn.Settings)) {
	s := p.now
	do(&s)
	p.apply(s)
}

func (p *settingPage) apply(s vpn.Settings) {
	if s != p.now {
		p.w.o.Save(s)
	}
	p.draw(s)
}

// draw shows settings.
func (p *settingPage) draw(s vpn.Settings) {
	if !p.told {
		p.atStart, p.told = s, true
	}
	p.now = s
	p.connect.set(s.ConnectOnStart)
	p.login.set(s.StartAtLogin)
	p.hidden.set(s.StartHidden)
	p.network.show(max(slices.Index(networks, cmp.Or(s.Network, vpn.Sandbox)), 0))
	p.networkRow.about.say(networkAbout(s.Network)+" "+lang.L("Counts at the next start."), mutedTone)
	// The start of a core in another process is not the window's.
	p.netRestart.Hidden = cmp.Or(s.Network, vpn.Sandbox) == cmp.Or(p.atStart.Network, vpn.Sandbox) || p.w.apart()
	p.still.set(s.ReducedMotion)
	p.up.set(!s.QuietConnected)
	p.lost.set(!s.QuietLost)
	p.gaveUp.set(!s.QuietGaveUp)
	p.drawCounting(s.CountUsage)
	p.theme.show(max(slices.Index(themes, s.Theme), 0))
	p.size.show(max(slices.Index(sizes, s.TextSize), 0))
	p.language.set(max(slices.Index(languages(), s.Language), 0))
	p.langRestart.Hidden = s.Language == p.atStart.Language

	p.device.draw()
	p.members.set(s.ListRestricted)
	p.failing.set(s.ListFailing)
	for _, r := range []*settingRow{p.programRow, p.membersRow, p.failingRow} {
		r.canvas.Hidden = s.Network != vpn.Mysterium
	}
	p.own.draw(s.Network)
	p.program.show(s.NodeProgram)
	kind, own := dnsKind(s.DNS), ""
	if kind == dnsOwn {
		own = s.DNS
	}
	if kind == dnsOwn || p.dnsOwn {
		kind = dnsOwn
	}
	p.dns.show(kind)
	p.serverRow.about.say(dnsAbout(kind), mutedTone)
	p.servers.show(own)
	p.serverBox.Hidden = kind != dnsOwn

	host, port, err := net.SplitHostPort(cmp.Or(s.Proxy, p.w.status.Proxy.SOCKS5))
	if err != nil {
		host, port = "", ""
	}
	p.host.show(host)
	p.port.show(port)
	p.proxyRestart.Hidden = s.Proxy == p.atStart.Proxy || p.w.apart()
	p.drawTyped()
}

// drawTyped shows the buttons that apply what was typed.
func (p *settingPage) drawTyped() {
	p.progApply.Hidden = !p.program.edited()
	p.dnsApply.Hidden = p.serverBox.Hidden || !p.servers.edited()
	p.proxyApply.Hidden = !p.host.edited() && !p.port.edited()
	p.relayout()
}

// relayout makes room for what came and takes back what went.
func (p *settingPage) relayout() {
	if p.body != nil {
		p.body.Refresh()
		p.scroll.Refresh()
	}
}

// reveal scrolls so that a control is seen.
func (p *settingPage) reveal(o fyne.CanvasObject) { reveal(o, p.body, p.scroll) }

// reveal scrolls a page so that something in its body is seen.
func reveal(o, body fyne.CanvasObject, scroll *container.Scroll) {
	const around = 24
	d := fyne.CurrentApp().Driver()
	top := d.AbsolutePositionForObject(o).Y - d.AbsolutePositionForObject(body).Y
	at, high := scroll.Offset.Y, scroll.Size().Height
	to := at
	if bottom := top + o.Size().Height + around; bottom > at+high {
		to = bottom - high
	}
	if top-around < to {
		to = max(top-around, 0)
	}
	if to != at {
		scroll.ScrollToOffset(fyne.NewPos(0, to))
	}
}
