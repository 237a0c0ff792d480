package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/mysteriumvpn/desktop/assets"
)

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
