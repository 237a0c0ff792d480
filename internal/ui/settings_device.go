package ui

import (
	"cmp"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// deviceRows are the settings of the whole device: what goes through the tunnel, and the helper's switches. The mode is
// a setting of ours; the switches are the helper's, so they show what it says and not what was asked for.
type deviceRows struct {
	p *settingPage

	mode          *segments
	modeRow       *settingRow
	lockdown, lan *toggle
	lockRow       *settingRow
	lanRow        *settingRow
	proofRow      *settingRow
	setup, proof  *pill
	restart       *pill // where the mode counts at the next start

	watch  *helperWatch
	looked bool
	answer error             // of the helper, when it was last looked for
	here   Setup             // of one that does not answer
	said   map[string]string // why the helper refused a switch
	asking map[string]bool   // the switches that are on their way
}

func newDeviceRows(p *settingPage) *deviceRows {
	r := &deviceRows{p: p, said: map[string]string{}, asking: map[string]bool{}}
	var mode fyne.CanvasObject
	r.mode, mode = p.either(r.pick, []string{lang.L("Programs"), lang.L("Whole device")})
	r.restart = p.button("rotate-ccw", lang.L("Restart now"), p.restart)
	r.proof = p.button("eye", lang.L("Show the rules"), func() { p.w.toggle(proofPageName) })
	r.proof.Show()
	r.modeRow = newSettingRow(lang.L("What goes through the tunnel"), " ", mode, r.restart)
	r.proofRow = newSettingRow(lang.L("Proof"), lang.L("What may leave this computer, as its kernel has it, what was refused, and a test for leaks."), r.proof)
	r.lockdown = r.helpers(lockdownSwitch)
	r.setup = p.button("settings", lang.L("Set up the helper…"), func() { p.w.openHelper(func() {}) })
	r.lockRow = newSettingRow(lang.L("Lockdown"),
		lang.L("Nothing leaves this computer while the whole of it is not connected, from before its network comes up. It holds without this program, too."), r.lockdown, r.setup)
	r.lan = r.helpers(lanSwitch)
	r.lanRow = newSettingRow(lang.L("Local network"),
		lang.L("Printers, files and the router can be reached while the whole device is carried. Names are looked up in the tunnel all the same."), r.lan)
	r.watch = newHelperWatch(p.w, func(err error, here Setup) {
		if !r.looked || !sameError(err, r.answer) || here != r.here {
			r.answer, r.here, r.looked = err, here, true
			r.draw()
		}
	})
	return r
}

// helpers makes a toggle for a switch of the helper.
func (r *deviceRows) helpers(what string) *toggle {
	t := newToggle(func(on bool) { r.ask(what, on) })
	r.p.mind(t, &t.pressable)
	return t
}

// ask has the helper switch. Its switch moves when it says so; a refusal is said below it.
func (r *deviceRows) ask(what string, on bool) {
	if r.asking[what] {
		return
	}
	r.asking[what] = true
	delete(r.said, what)
	r.p.w.beside(func() func() {
		err := r.p.w.o.Device.Switch(what, on)
		return func() {
			delete(r.asking, what)
			if err != nil {
				r.said[what] = whyText(err)
			}
			r.draw()
		}
	})
}

// pick chooses what the next connection carries. The whole device needs a helper: without one it is set up first, and
// the choice is made when it answers.
func (r *deviceRows) pick(i int) {
	p := r.p
	if i == 0 {
		p.change(func(s *vpn.Settings) { s.Mode = "" })
		return
	}
	whole := func() { p.change(func(s *vpn.Settings) { s.Mode = vpn.DeviceMode }) }
	r.draw() // not before the helper is there
	p.w.beside(func() func() {
		err := p.w.o.Device.Look()
		return func() {
			if err == nil {
				whole()
				return
			}
			p.w.openHelper(whole)
		}
	})
}

func (r *deviceRows) opened() {
	r.draw()
	r.watch.begin()
}

func (r *deviceRows) closed() {
	r.watch.end()
	clear(r.said)
}

func sameError(a, b error) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return a.Error() == b.Error()
}

// draw shows the mode that is chosen, and the switches as the helper has them.
func (r *deviceRows) draw() {
	p := r.p
	network := cmp.Or(p.now.Network, vpn.Sandbox)
	why := vpn.NoDevice(network)
	whole := vpn.ModeOn(network, p.now) == vpn.DeviceMode
	r.mode.barred = map[bool]int{true: 1}[!why.Zero()]
	r.mode.show(map[bool]int{true: 1}[whole])
	r.mode.Refresh()
	r.modeRow.about.say(modeAbout(whole, network), mutedTone)
	r.restart.Hidden = network != vpn.Mysterium || p.w.status.Network != vpn.Mysterium || p.w.apart() ||
		vpn.ModeOn(network, p.atStart) == vpn.ModeOn(network, p.now)
	r.modeRow.say(reasonText(why), mutedTone)

	g := p.w.status.Guard
	why = vpn.Reason{}
	if g.Lost {
		why.Code = vpn.HelperLost
	}
	text := reasonText(why)
	if r.answer != nil {
		text = whyText(r.answer)
	}
	r.setup.Hidden = !absentHelper(r.answer) || r.here.Terminal == ""
	for _, x := range []struct {
		what string
		on   bool
		t    *toggle
		row  *settingRow
	}{{lockdownSwitch, g.Lockdown, r.lockdown, r.lockRow}, {lanSwitch, g.LAN, r.lan, r.lanRow}} {
		x.t.set(x.on)
		x.t.bar(text != "" || !r.looked)
		if text != "" {
			x.row.say(text, mutedTone)
			text = lang.L("This switch is the helper's, too.") // said once
			continue
		}
		x.row.say(r.said[x.what], troubleTone)
	}
	p.relayout()
}
