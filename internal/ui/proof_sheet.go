package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/proof"
)

// proofSheet lays out the cards of the proof page: the test, the rules by group, the rules as they are listed. It makes
// lines when it needs more, and keeps those that it has.
type proofSheet struct {
	fold, setup fyne.CanvasObject
	cards       []*proofCard
	test        *probeTable
	raw         *listingText
	width, high float32
	grown       func() // another width needs another number of lines
}

// proofCard is a group of rules under a title.
type proofCard struct {
	title *label
	card  *box
	rows  []*proofRow
	used  int
}

// proofRow is one rule: a sign, the sentence, how often.
type proofRow struct {
	icon  *glyph
	text  *prose
	count *label
}

func newProofSheet(fold, setup fyne.CanvasObject) *proofSheet {
	s := &proofSheet{fold: fold, setup: setup, test: newProbeTable(), raw: newListingText()}
	for _, g := range proofGroups() {
		s.cards = append(s.cards, &proofCard{title: newLabel(g.title, 12.5, assets.SemiBold, mutedTone), card: newProofBox()})
	}
	return s
}

func newProofBox() *box {
	return newBox(func(p *Palette) colour { return p.Card }, func(p *Palette) colour { return p.Edge }, 14)
}

// show takes what the page knows.
func (s *proofSheet) show(p *proofPage) {
	s.test.show(p)
	for i, g := range proofGroups() {
		rules := p.now.Of(g.group)
		if p.problem != nil {
			rules = nil
		}
		s.cards[i].show(g.group, rules)
	}
	s.raw.shown = p.raw && p.problem == nil
	s.raw.fit(s.column())
	s.raw.say(p.now.Text)
}

func (c *proofCard) show(g proof.Group, rules []proof.Rule) {
	c.used = len(rules)
	for len(c.rows) < len(rules) {
		c.rows = append(c.rows, &proofRow{icon: newGlyph("arrow-right", 15, mutedTone), text: newProse("", 13, inkTone), count: newLabel("", 13, assets.SemiBold, mutedTone)})
	}
	for i, r := range rules {
		x := c.rows[i]
		icon, t := "minus", mutedTone
		switch g {
		case proof.Leaves:
			icon, t = "arrow-up", upTone
		case proof.Refused:
			icon, t = "circle-x", linkTone
		case proof.Enters:
			icon, t = "arrow-down", upTone
		case proof.Other:
		}
		ink := inkTone
		if r.Code == "" || r.Broken() { // none of the helper's
			icon, t, ink = "triangle-alert", busyTone, busyTone
		}
		if r.Broken() {
			t, ink = troubleTone, troubleTone
		}
		x.icon.set(icon, t)
		x.text.say(ruleText(r), ink)
		count, tone := "", mutedTone
		if r.Counted {
			count = countText(r.Packets)
			if r.Packets > 0 {
				tone = inkTone
			}
		}
		x.count.set(count, tone)
	}
}

func (s *proofSheet) objects() []fyne.CanvasObject {
	out := append([]fyne.CanvasObject{s.setup}, s.test.objects()...)
	for _, c := range s.cards {
		if c.used == 0 {
			continue
		}
		out = append(out, c.title, c.card)
		for _, r := range c.rows[:c.used] {
			out = append(out, r.icon, r.text, r.count)
		}
	}
	out = append(out, s.fold)
	return append(out, s.raw.objects()...)
}

// column is how wide the cards are.
func (s *proofSheet) column() float32 { return min(s.width-2*sheetSide, sheetMost) }

// arrange places everything for the width that the sheet was given.
func (s *proofSheet) arrange() {
	w := s.column()
	x := max(sheetSide, (s.width-w)/2)
	y := float32(2)
	if s.setup.Visible() {
		m := s.setup.MinSize()
		put(s.setup, x, y, m.Width, m.Height)
		y += m.Height + 18
	}
	y = s.test.arrange(x, y, w)
	for _, c := range s.cards {
		if c.used > 0 {
			y = c.arrange(x, y, w)
		}
	}
	if s.fold.Visible() {
		m := s.fold.MinSize()
		put(s.fold, x, y, m.Width, m.Height)
		y += m.Height + 12
	}
	s.high = s.raw.arrange(x, y, w) + 8
}

func (c *proofCard) arrange(x, y, w float32) float32 {
	const side, top, sign, gapX, between = 16, 10, 15, 11, 7
	h := c.title.MinSize().Height
	put(c.title, x+4, y, w-4, h)
	y += h + 8
	from := y
	wide := float32(0)
	for _, r := range c.rows[:c.used] {
		wide = max(wide, r.count.MinSize().Width)
	}
	text := w - 2*side - sign - gapX
	if wide > 0 {
		text -= wide + 16
	}
	y += top
	for i, r := range c.rows[:c.used] {
		if i > 0 {
			y += between
		}
		h := r.text.heightFor(text)
		put(r.icon, x+side, y+1, sign, sign)
		put(r.text, x+side+sign+gapX, y, text, h)
		m := r.count.MinSize()
		put(r.count, x+w-side-m.Width, y, m.Width, m.Height)
		y += h
	}
	y += top
	put(c.card, x, from, w, y-from)
	return y + 20
}

func (s *proofSheet) MinSize([]fyne.CanvasObject) fyne.Size {
	s.arrange()
	return fyne.NewSize(320, s.high)
}

func (s *proofSheet) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	s.width = size.Width
	s.arrange()
}

// proofWidth tells the sheet its width before the scroller around it asks for its height.
type proofWidth struct{ sheet *proofSheet }

func (proofWidth) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }

func (l proofWidth) Layout(o []fyne.CanvasObject, size fyne.Size) {
	if l.sheet.width != size.Width {
		l.sheet.width = size.Width
		l.sheet.raw.fit(l.sheet.column())
		l.sheet.grown()
	}
	put(o[0], 0, 0, size.Width, size.Height)
}

// leakTitle is what the card of the test is called.
func leakTitle() string { return lang.L("Leak self-test") }
