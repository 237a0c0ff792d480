package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/lang"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/account"
	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// Window is the one window of the program, and its tray icon.
type Window struct {
	o      Options
	window fyne.Window
	subs   bus.Scope
	shown  bool
	closed bool

	exits   *exits
	world   *worldMap
	card    *card
	banner  *banner
	alarm   *alarm
	notice  *noticeBar
	node    *nodeLine
	log     *logPage
	past    *connectionsPage
	choice  *settingPage
	pays    *accountPage
	problem *reportPage
	proofs  *proofPage
	upAt    vpn.Exit // where the connection was up last
	wide    *pill    // back to the whole world
	gear    *pill
	home    fyne.CanvasObject
	main    fyne.CanvasObject // sidebar and pages
	gone    *gonePage         // nil = the core is there
	first   *welcome          // nil = the terms are accepted, and the first start is over
	stack   *pageStack
	tray    *tray
	places  *places

	status   vpn.Status
	settings vpn.Settings
	chosen   vpn.Target
	far      bool // the user asked for the whole world
	looking  bool // the window has the focus
	computer vpn.Computer
	stay     func() // answers the question that is open with what changes nothing; nil = none is
	stopTick func()
	stopCopy func()
}

// New makes the window. It is not shown yet.
func New(o Options) *Window {
	o.fill()
	w := &Window{o: o, stopTick: func() {}, stopCopy: func() {}}
	if err := loadWords(); err != nil {
		fyne.LogError("read translations", err)
	}
	o.Book.Call(namesOfCountries())
	o.App.Settings().SetTheme(&Theme{})
	o.App.SetIcon(assets.AppIcon(256))
	w.places = newPlaces(o.Places, func(p Places) { o.Keep(p); w.drawTray() })
	w.window = o.App.NewWindow("MysteriumVPN")
	w.window.SetPadded(false)
	w.window.SetMaster()
	w.build()
	w.window.Resize(fyne.NewSize(1180, 740))
	w.window.SetCloseIntercept(w.closeAsked)
	w.bindKeys()
	if host, ok := o.App.(desktop.App); ok && !o.NoTray {
		w.tray = &tray{host: host, do: w.trayPressed, apart: w.apart()}
	}
	w.subscribe()
	return w
}

func (w *Window) build() {
	w.exits = newExits(w.o.Book, w.places, w.choose, w.connect, w.narrowed, w.keepFilter)
	w.exits.search.keys = w.typedShortcut
	w.world = newWorldMap(func(code string) { w.choose(vpn.Target{Country: code}) }, w.countryLabel, w.o.Home)
	w.world.moves = func() bool { return w.visibleHome() && w.moves() }
	w.card = newCard(w.pressed, func() { w.connect(w.chosen) }, w.copyProxy, w.toggleDetails, w.copyDetail)
	w.card.use.onPress = w.switchComputer
	w.banner, w.notice = newBanner(), newNoticeBar(func() { w.openPage(accountPageName) })
	w.node = newNodeLine(func() { w.send(vpn.RestartNode, vpn.Target{}) }, w.toggleLog)
	w.log = newLogPage(w.o.Ring, w.o.Tap, w.o.App.Clipboard(), w.toggleLog, w.saveAs, w.typedShortcut)
	w.past = w.newHistory()
	w.choice = newSettingPage(w)
	w.pays = newAccountPage(w)
	w.problem = newReportPage(w)
	w.proofs = newProofPage(w)
	w.wide = newPill("globe", lang.L("World"), w.toggleFar)
	w.wide.Hide()

	side := container.NewStack(
		newBox(func(p *Palette) colour { return p.Side }, nil, 0),
		topFirst(w.header(), w.foot(), nil, nil, w.exits.canvas))
	w.home = container.NewStack(w.world, container.New(&overMap{w: w}, w.banner.canvas, w.wide, w.notice.canvas, w.card.canvas))
	w.stack = newPageStack(w.home, map[pageName]page{logsPage: w.log, historyPage: w.past, settingsPage: w.choice, accountPageName: w.pays, reportPageName: w.problem, proofPageName: w.proofs})
	w.main = container.New(&twoPanes{}, side, w.stack.canvas)
	w.alarm = newAlarm(w.openWelcome(w.main))
	w.window.SetContent(w.alarm.over)
}

// header has the program's name and its menu.
func (w *Window) header() fyne.CanvasObject {
	name := newLabel("MysteriumVPN", 17, assets.Display, inkTone)
	w.gear = newIconButton("settings", w.openMenu).says(lang.L("Menu"))
	return pad(18, 16, 12, 14, container.NewBorder(nil, nil, nil, w.gear, row(10, middle(newGlyph(markName, 27, inkTone)), middle(name))))
}

func (w *Window) foot() fyne.CanvasObject {
	line := newBox(func(p *Palette) colour { return p.Edge }, nil, 0)
	return container.New(&ruled{}, line, w.node.canvas)
}

func (w *Window) subscribe() {
	w.subs.Add(w.o.Settings.On(w.drawSettings))
	w.subs.Add(w.o.Proposals.On(func(uint64) { w.drawProposals() }))
	w.subs.Add(w.o.Status.On(w.draw))
	w.subs.Add(w.o.Traffic.On(func(t vpn.Traffic) { w.card.sample(t, w.visibleHome(), w.o.Now()) }))
	w.subs.Add(w.o.Notices.On(w.hear))
	if w.o.Counts != nil {
		w.subs.Add(w.o.Counts.On(w.choice.drawCounts))
	}
	w.watchDesktop()
	if w.o.Account != nil {
		w.subs.Add(w.o.Account.On(w.drawAccount))
	}
	if w.o.Gone != nil {
		w.subs.Add(w.o.Gone.On(w.drawGone))
	}
	w.subs.Add(w.o.Raise.On(func(vpn.Raise) { w.Raise() }))
	w.subs.Add(w.o.Logs.On(func(uint64) { w.log.load() }))
}

// draw shows a status. Everything on the page follows from it, the snapshot and the choice.
func (w *Window) draw(s vpn.Status) {
	was := w.status
	w.status = s
	w.tell(was, s)
	// By the exit, not the phase: the way from one exit to the next may pass unseen.
	if s.Phase == vpn.Up && (was.Phase != vpn.Up || s.Exit != was.Exit) && w.places.visit(s.Exit.Country) {
		w.exits.find()
	}
	if s.Phase.Wanted() && s.Exit != was.Exit && s.Exit.Country != "" {
		w.far = false
	}
	w.banner.draw(s.Network)
	w.notice.drawStatus(s)
	w.drawStanding()
	w.drawAlarm(s.Guard)
	w.node.draw(s)
	if w.stack.at == settingsPage { // it draws itself when it is opened
		w.choice.device.draw()
	}
	w.exits.draw(s)
	w.drawHome()
	w.drawTray()
	w.tick()
}

// drawHome draws what depends on both the status and the choice.
func (w *Window) drawHome() {
	w.card.draw(w.status, w.chosen, w.o.Book.Load(), w.exits.offers, w.o.Now())
	code, phase := w.chosen.Country, vpn.Down
	if s := w.status; (s.Phase.Wanted() || s.Phase == vpn.Closing) && s.Exit.Country != "" && (code == "" || code == s.Exit.Country || s.Phase != vpn.Up) {
		code, phase = s.Exit.Country, s.Phase
	}
	if w.status.Phase == vpn.Failed && code != "" {
		phase = vpn.Failed
	}
	w.wide.Hidden = code == ""
	icon := "globe"
	if w.far {
		icon = "locate-fixed"
	}
	w.wide.set(icon, w.wide.text)
	w.world.mark(code, phase, !w.far)
	w.home.Refresh()
}

func (w *Window) drawProposals() {
	if p, ok := w.o.Book.Load().Provider(w.chosen.ProviderID); ok && w.chosen.ProviderID != "" { // where it is was said anew
		w.chosen.Country = p.Country
		w.exits.chosen = w.chosen
	}
	w.exits.load()
	w.narrowed()
	w.drawTray()
	if w.welcoming() {
		w.first.draw()
	}
}

// narrowed draws the list of exits that the filter leaves.
func (w *Window) narrowed() {
	w.world.offer(w.exits.offers)
	w.drawHome()
}

func (w *Window) drawSettings(s vpn.Settings) {
	w.settings = s
	w.drawComputer(w.computer)
	w.exits.drawSettings(s)
	want := Theme{Force: s.Theme, Text: s.TextSize}
	if t, ok := w.o.App.Settings().Theme().(*Theme); !ok || *t != want {
		w.o.Zoom(ZoomFor(s.TextSize))
		w.o.App.Settings().SetTheme(&want)
		w.window.Content().Refresh() // Fyne tells its windows only once its loop runs
	}
	w.choice.draw(s)
	if w.welcoming() {
		w.first.drawNetwork(s.Network)
		w.first.drawCounting(s.CountUsage)
	}
}

func (w *Window) drawAccount(s account.State) {
	w.pays.draw(s)
	w.node.pays(s)
	w.drawStanding()
}

// drawStanding shows what is so for long and should be known: what a node cannot do here, and money without a backup.
func (w *Window) drawStanding() {
	var all []vpn.Reason
	if lack := w.status.Node.Lack; !lack.Zero() {
		all = append(all, lack)
	}
	if s := w.pays.now; s.Network == vpn.Mysterium && s.Identity != "" && !s.Locked && !s.BackedUp && !s.Balance.IsZero() {
		all = append(all, vpn.Reason{Code: vpn.NotBackedUp, A: s.Balance.Human()})
	}
	w.notice.stand(all, w.status.Phase)
}

func (w *Window) keepFilter(f proposals.Filter) {
	s := w.settings
	f.Into(&s)
	w.o.Save(s)
}

func (w *Window) drawTray() {
	if w.tray != nil {
		w.tray.draw(w.status, w.o.Book.Load(), w.places.now)
	}
}

// tick turns the busy ring, twice a second, for as long as something is being worked on and somebody looks.
func (w *Window) tick() {
	w.stopTick()
	w.stopTick = func() {}
	if w.closed || !w.visibleHome() || !w.status.Phase.Busy() && w.status.Phase != vpn.Unknown {
		return
	}
	w.stopTick = w.o.After(500*time.Millisecond, func() {
		w.o.Lane.Post(func() {
			if w.closed {
				return
			}
			if w.moves() {
				w.card.power.step()
			}
			w.card.drawElapsed(w.o.Now())
			w.tick()
		})
	})
}

func (w *Window) visibleHome() bool { return w.shown && w.home.Visible() && !w.waiting() }

// choose makes a target the one that the connect button means. Nothing is connected yet.
func (w *Window) choose(t vpn.Target) {
	w.chosen, w.far = t, false
	w.exits.selectTarget(t)
	w.drawHome()
}

// connect asks for a connection to a target; the zero target leaves the choice to us.
func (w *Window) connect(t vpn.Target) {
	if t != w.chosen {
		w.choose(t)
	}
	w.send(vpn.Connect, t)
}

func (w *Window) pressed() {
	switch verb, _ := wish(w.status.Phase); verb {
	case vpn.Connect:
		w.send(vpn.Connect, w.chosen)
	case vpn.Disconnect:
		w.send(vpn.Disconnect, vpn.Target{})
	default:
	}
}

func (w *Window) send(v vpn.Verb, t vpn.Target) {
	w.o.Commands.Send(vpn.Command{ID: vpn.NextCommand(), Verb: v, Target: t})
}

func (w *Window) farWord() string {
	if w.far {
		return lang.L("Zoom in")
	}
	return lang.L("World")
}

func (w *Window) toggleFar() {
	w.far = !w.far
	w.drawHome()
}

func (w *Window) toggleLog()     { w.toggle(logsPage) }
func (w *Window) toggleAccount() { w.toggle(accountPageName) }
func (w *Window) toggleReport() {
	if w.o.Report != nil {
		w.toggle(reportPageName)
	}
}
func (w *Window) toggleProof()    { w.toggle(proofPageName) }
func (w *Window) toggleSettings() { w.toggle(settingsPage) }

// moves reports whether things may move by themselves.
func (w *Window) moves() bool {
	return w.o.App.Settings().ShowAnimations() && !w.settings.ReducedMotion
}

func (w *Window) copyProxy() {
	w.o.App.Clipboard().SetContent(w.status.Proxy.SOCKS5)
	w.card.copied = true
	w.card.drawProxy()
	w.home.Refresh()
	w.stopCopy()
	w.stopCopy = w.o.After(1500*time.Millisecond, func() {
		w.o.Lane.Post(func() {
			if !w.closed {
				w.card.copied = false
				w.card.drawProxy()
				w.home.Refresh()
			}
		})
	})
}

func (w *Window) countryLabel(code string) string {
	if c, ok := w.o.Book.Load().Country(code); ok {
		return joined(countryName(code), exitCount(c.Count))
	}
	return countryName(code)
}

func (w *Window) sendQuit() { w.send(vpn.Quit, vpn.Target{}) }

// Show shows the window.
func (w *Window) Show() {
	w.shown = true
	w.drawHome()
	w.stack.show(true)
	w.window.Show()
	if w.waiting() {
		w.focusWaiting()
	}
	w.tick()
}

func (w *Window) hide() {
	w.shown = false
	w.stack.show(false)
	w.window.Hide()
	w.tick()
}

// Raise shows the window and brings it to the front.
func (w *Window) Raise() {
	w.Show()
	w.window.RequestFocus()
}

// Content is what the window shows, for tests and screenshots.
func (w *Window) Content() fyne.CanvasObject { return w.window.Content() }

// Close stops listening and timing. The Fyne window itself goes with the app. Call it on the lane, before the lane closes.
func (w *Window) Close() {
	w.closed = true
	w.stopTick()
	w.stopCopy()
	w.subs.Close()
}
