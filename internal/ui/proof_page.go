package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/probes"
	"github.com/mysteriumvpn/desktop/internal/proof"
)

// proofPage shows the firewall's rules as the kernel has them, in words and with what they have refused, and tests
// whether anything leaves beside them. It reads them each second while it is open.
type proofPage struct {
	w     *Window
	seen  bool
	round int // an answer to an older question is dropped
	stop  func()

	back, copy, test, fold, setup *pill
	top                           *helpKey // is back, and scrolls
	phase                         *label
	about                         *prose
	sheet                         *proofSheet
	body                          *fyne.Container
	scroll                        *container.Scroll
	canvas                        *fyne.Container

	now     proof.Listing
	read    bool  // now was read
	problem error // why it was not
	result  *probes.Result
	refusal error // why there is no result
	testing bool
	raw     bool // the rules are shown as nft lists them, too
}

// proofEvery is how often the rules are read.
const proofEvery = time.Second

// proofNarrow is the width below which the phase stands with its sentence.
const proofNarrow = 460

func newProofPage(w *Window) *proofPage {
	p := &proofPage{w: w, stop: func() {}}
	p.top = newHelpKey(lang.L("Back"), func() { w.toggle(proofPageName) })
	p.top.icon = "arrow-left"
	p.back = &p.top.pill
	p.copy = newIconButton("copy", func() { w.o.App.Clipboard().SetContent(p.text()) }).says(lang.L("Copy"))
	p.test = newLoudPill("activity", lang.L("Test for leaks"), p.run)
	p.setup = newPill("settings", lang.L("Set up the helper…"), func() { w.openHelper(func() {}) })
	p.fold = newPill("chevron-right", "", p.toggleRaw)
	p.phase = newLabel("", 15, assets.SemiBold, inkTone)
	p.about = newProse("", 12.5, mutedTone)
	p.sheet = newProofSheet(p.fold, p.setup)
	p.body = container.New(p.sheet, p.sheet.objects()...)
	p.sheet.grown = func() { p.body.Objects = p.sheet.objects() }
	p.scroll = container.NewVScroll(p.body)
	p.top.scroll = p.scroll
	p.fold.onFocus = func() { reveal(p.fold, p.body, p.scroll) }
	title := newTail(12, 0, newLabel(lang.L("Proof"), 19, assets.Display, inkTone), p.phase)
	head := pad(18, 16, 18, 6, container.NewBorder(nil, nil, middle(p.top), row(8, middle(p.copy), middle(p.test)), pad(14, 0, 8, 0, title)))
	words := &proses{}
	say := pad(18, 0, 18, 10, container.New(words, p.about))
	p.canvas = container.NewStack(newBox(func(p *Palette) colour { return p.Ground }, nil, 0),
		container.New(&widthTeller{words, 36}, topFirst(column(0, head, say), nil, nil, nil, container.New(proofWidth{p.sheet}, p.scroll))))
	p.draw()
	return p
}

func (p *proofPage) object() fyne.CanvasObject { return p.canvas }
func (p *proofPage) first() fyne.Focusable     { return p.top }

func (p *proofPage) opened() {
	if !p.seen {
		p.seen = true
		p.look()
	}
}

// closed forgets what was tested: it was true then.
func (p *proofPage) closed() {
	p.seen = false
	p.round++
	p.stop()
	p.stop = func() {}
	p.result, p.refusal, p.testing = nil, nil, false
	p.scroll.ScrollToTop()
}

// look reads the rules, and again in a second for as long as somebody sees them.
func (p *proofPage) look() {
	p.round++
	mine := p.round
	p.w.beside(func() func() {
		l, err := p.w.o.Device.Rules()
		return func() {
			if p.round != mine || !p.seen || p.w.closed {
				return
			}
			p.now, p.problem, p.read = l, err, true
			p.draw()
			p.stop = p.w.o.After(proofEvery, func() {
				p.w.o.Lane.Post(func() {
					if p.round == mine && p.seen && !p.w.closed {
						p.look()
					}
				})
			})
		}
	})
}

// run tests for leaks.
func (p *proofPage) run() {
	if p.testing {
		return
	}
	p.testing, p.result, p.refusal = true, nil, nil
	p.draw()
	p.w.beside(func() func() {
		r, err := p.w.o.Device.Probe()
		return func() {
			if !p.seen || !p.testing {
				return
			}
			p.testing = false
			if p.refusal = err; err == nil {
				p.result = &r
			}
			p.draw()
			p.scroll.ScrollToTop()
		}
	})
}

func (p *proofPage) toggleRaw() {
	p.raw = !p.raw
	p.draw()
	reveal(p.fold, p.body, p.scroll)
}

// draw shows all that is known.
func (p *proofPage) draw() {
	phase, about, t := p.words()
	if w := p.canvas.Size().Width; w > 0 && w < proofNarrow { // there is no room for it beside the title
		phase, about = "", phase+". "+about
	}
	p.phase.set(phase, t)
	p.about.say(about, mutedTone)
	p.test.off = p.testing || p.problem != nil || !p.read
	word := lang.L("Test for leaks")
	if p.testing {
		word = lang.L("Testing…")
	}
	p.test.set("activity", word)
	p.test.Refresh()
	p.copy.off = !p.read || p.problem != nil
	p.copy.Refresh()
	p.setup.Hidden = p.problem == nil || !absentHelper(p.problem)
	p.fold.Hidden = p.now.Text == "" || p.problem != nil
	icon, fold := "chevron-right", lang.L("Show the rules as the kernel lists them")
	if p.raw {
		icon, fold = "chevron-down", lang.L("Hide the rules as the kernel lists them")
	}
	p.fold.set(icon, fold)
	p.sheet.show(p)
	p.body.Objects = p.sheet.objects()
	p.body.Refresh()
	p.scroll.Refresh()
	p.canvas.Refresh()
}
