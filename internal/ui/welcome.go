package ui

import (
	"cmp"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// welcome is what a first start shows in place of everything else: the terms, which must be accepted, and three steps
// that may be skipped. Where the terms are newer than those that were accepted it shows them alone.
type welcome struct {
	w     *Window
	at    int
	steps []*welcomeStep
	marks []*stepMark
	exit  *welcomeExit

	count                   *option
	sandbox, mysterium, own *option

	stack  *fyne.Container
	canvas *fyne.Container
}

// The steps.
const (
	termsStep = iota
	privacyStep
	networkStep
	connectStep
)

// welcomeStep is one page of it.
type welcomeStep struct {
	name   string
	scroll *container.Scroll
	first  *welcomeKey // has the focus when the step opens
	keys   []*welcomeKey
	canvas *fyne.Container
}

// newWelcome makes it for somebody who accepted another version of the terms, or "" none.
func newWelcome(w *Window, agreed string) *welcome {
	v := &welcome{w: w}
	v.steps = []*welcomeStep{v.terms(agreed != "")}
	if agreed == "" && w.o.Leave == nil { // a core that runs already has its network, and may be connected
		v.steps = append(v.steps, v.privacy(), v.network(), v.connect())
	}
	v.stack = container.NewStack()
	marks := column(12)
	for i, s := range v.steps {
		m := newStepMark(i+1, s.name)
		v.marks = append(v.marks, m)
		marks.Add(m.canvas)
		v.stack.Add(s.canvas)
	}
	if len(v.steps) == 1 {
		marks.Hide()
	}
	name := newLabel("MysteriumVPN", 17, assets.Display, inkTone)
	head := pad(18, 18, 12, 0, row(10, middle(newGlyph(markName, 27, inkTone)), middle(name)))
	say := &essay{side: 24}
	say.add(0, newLabel(lang.L("Pick a country."), 21, assets.Display, inkTone))
	say.add(4, newLabel(lang.L("Come out there."), 21, assets.Display, linkTone))
	side := container.NewStack(
		newBox(func(p *Palette) colour { return p.Side }, nil, 0),
		container.NewBorder(head, pad(24, 0, 20, 28, marks), nil, nil, container.New(&topThird{}, container.New(say, say.objects()...))))
	v.canvas = container.New(&twoPanes{}, side, container.NewStack(newBox(func(p *Palette) colour { return p.Ground }, nil, 0), v.stack))
	v.open(termsStep) // Window.Show gives it the focus: a canvas refuses that to what it does not hold yet
	return v
}

// show opens a step and gives it the focus.
func (v *welcome) show(step int) {
	v.open(step)
	v.focus()
}

func (v *welcome) open(step int) {
	v.at = step
	for i, s := range v.steps {
		s.canvas.Hidden = i != step
		v.marks[i].draw(i, step)
	}
	v.draw()
	v.canvas.Refresh()
}

func (v *welcome) focus() { v.w.window.Canvas().Focus(v.steps[v.at].first) }

// accept keeps that the terms were agreed to, and goes on.
func (v *welcome) accept() {
	v.w.o.Agree(TermsVersion)
	v.next()
}

func (v *welcome) next() {
	if v.at+1 < len(v.steps) {
		v.show(v.at + 1)
		return
	}
	v.done()
}

func (v *welcome) back() {
	if v.at > privacyStep { // what was accepted is accepted
		v.show(v.at - 1)
	}
}

// done makes room for the window proper. Another network than the one that runs needs another start.
func (v *welcome) done() {
	again := v.elsewhere()
	v.w.endWelcome()
	if again {
		v.w.o.Restart()
	}
}

// elsewhere tells whether another network was chosen than the one that runs, and the window can do something about it.
func (v *welcome) elsewhere() bool {
	return !v.w.apart() && cmp.Or(v.w.settings.Network, vpn.Sandbox) != cmp.Or(v.w.status.Network, vpn.Sandbox)
}

// start is the last step's button: a connection to the best exit.
func (v *welcome) start() {
	if !v.elsewhere() {
		v.w.connect(vpn.Target{})
	}
	v.done()
}

// draw shows what quick connect would choose now.
func (v *welcome) draw() {
	if v.exit == nil || v.at != connectStep {
		return
	}
	icon, word := "power", lang.L("Connect")
	if v.elsewhere() {
		icon, word = "rotate-ccw", lang.L("Restart now")
		v.exit.show("", networkWord(v.w.settings.Network), lang.L("Counts at the next start."))
	} else {
		v.exit.draw(v.w.exits.offers, v.w.exits.snapshot.Version)
	}
	v.steps[connectStep].first.set(icon, word)
}

// welcoming tells whether the first start is going on.
func (w *Window) welcoming() bool { return w.first != nil }

// openWelcome shows the first start over everything else, if the terms in force were not accepted yet.
func (w *Window) openWelcome(main fyne.CanvasObject) fyne.CanvasObject {
	if w.o.Agreed == TermsVersion {
		return main
	}
	w.first = newWelcome(w, w.o.Agreed)
	main.Hide()
	return container.NewStack(main, w.first.canvas)
}

func (w *Window) endWelcome() {
	if w.first == nil {
		return
	}
	w.first.canvas.Hide()
	w.first = nil
	w.main.Show()
	w.drawHome()
	w.window.Content().Refresh()
	w.focusSearch()
	w.tick()
}

// welcomeKey is a button of the first start. The arrow keys scroll the text above it, Escape goes a step back.
type welcomeKey struct {
	pill
	v *welcome
}

func (v *welcome) key(icon, text string, loud bool, do func()) *welcomeKey {
	b := &welcomeKey{pill{icon: icon, text: text, size: 13, tone: inkTone, loud: loud, tall: true}, v}
	b.onPress = do
	b.ExtendBaseWidget(b)
	return b
}

func (b *welcomeKey) TypedKey(e *fyne.KeyEvent) {
	const line = 40
	s := b.v.steps[b.v.at].scroll
	by := func(d float32) { s.ScrollToOffset(fyne.NewPos(0, s.Offset.Y+d)) }
	switch e.Name {
	case fyne.KeyUp:
		by(-line)
	case fyne.KeyDown:
		by(line)
	case fyne.KeyPageUp:
		by(-s.Size().Height + line)
	case fyne.KeyPageDown:
		by(s.Size().Height - line)
	case fyne.KeyEscape:
		b.v.back()
	case fyne.KeyF1:
	default:
		b.pill.TypedKey(e)
	}
}
