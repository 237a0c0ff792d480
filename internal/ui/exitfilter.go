package ui

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// exitFilter is the drop-down with order and filters. What it changes shows in the list behind it at once.
type exitFilter struct {
	up     *widget.PopUp
	count  *label
	clear  *pill
	rows   []*segments
	change func(proposals.Filter, proposals.Order)
	filter proposals.Filter
	order  proposals.Order
}

// ipTypes are the kinds of address that can be asked for, as nodes name them.
var ipTypes = []string{"", "residential", "hosting"}

// openFilter shows the drop-down below the button. steps are prices to choose from.
func openFilter(below *pill, c fyne.Canvas, f proposals.Filter, o proposals.Order, snapshot *proposals.Snapshot, network vpn.Network, change func(proposals.Filter, proposals.Order)) *exitFilter {
	d := &exitFilter{change: change, filter: f, order: o, count: newLabel("", 12, assets.Regular, mutedTone)}
	steps := snapshot.PriceSteps()
	if !f.PerGiB.IsZero() && !slices.Contains(steps, f.PerGiB) {
		steps = append(steps[:min(len(steps), 2):2], f.PerGiB)
		slices.SortFunc(steps, func(a, b proposals.Price) int { return a.Cmp(b) })
	}
	prices := []string{lang.L("Any")}
	at := 0
	for i, p := range steps {
		prices = append(prices, "≤ "+priceText(p.Human()))
		if p == f.PerGiB {
			at = i + 1
		}
	}
	lines := []fyne.CanvasObject{
		d.choice(lang.L("Order"), int(o), func(i int) { d.order = proposals.Order(i) }, //nolint:gosec // one of three
			lang.L("Name"), lang.L("Best"), lang.L("Cheapest")),
		d.choice(lang.L("Quality at least"), max(int(f.Quality)-1, 0), func(i int) {
			d.filter.Quality = [...]proposals.Grade{proposals.UnknownGrade, proposals.Medium, proposals.High}[i]
		}, lang.L("Any"), lang.L("Medium"), lang.L("High")),
		d.choice(lang.L("Kind of address"), max(slices.Index(ipTypes, f.IPType), 0), func(i int) { d.filter.IPType = ipTypes[i] },
			lang.L("Any"), lang.L("Residential"), lang.L("Hosting")),
	}
	if presets := snapshot.Presets[:min(len(snapshot.Presets), 3)]; len(presets) > 0 {
		words, at := []string{lang.L("Any")}, 0
		for i, p := range presets {
			words = append(words, presetWord(p))
			if p.ID == f.Preset {
				at = i + 1
			}
		}
		lines = append(lines, d.choice(lang.L("Good for"), at, func(i int) {
			d.filter.Preset = 0
			if i > 0 {
				d.filter.Preset = presets[i-1].ID
			}
		}, words...))
	}
	if len(steps) > 0 {
		lines = append(lines, d.choice(lang.L("MYST per GiB at most"), at, func(i int) {
			d.filter.PerGiB = proposals.Price{}
			if i > 0 {
				d.filter.PerGiB = steps[i-1]
			}
		}, prices...))
	}
	if network == vpn.Mysterium {
		at := 0
		if f.NAT {
			at = 1
		}
		lines = append(lines, d.choice(lang.L("Reachable from here"), at, func(i int) { d.filter.NAT = i == 1 }, lang.L("Any"), lang.L("As the node finds")))
	}
	d.clear = newPill("x", lang.L("Clear filters"), func() {
		d.up.Hide()
		change(proposals.Filter{}, d.order)
	})
	lines = append(lines, container.NewBorder(nil, nil, nil, d.clear, d.count))
	d.up = widget.NewPopUp(pad(12, 10, 12, 12, column(12, lines...)), c)
	position := fyne.CurrentApp().Driver().AbsolutePositionForObject(below)
	size := d.up.MinSize()
	d.up.ShowAtPosition(place(max(position.X+below.Size().Width-size.Width, 8), position.Y+below.Size().Height+4))
	for i, s := range d.rows {
		s.typed = func(e *fyne.KeyEvent) {
			switch e.Name {
			case fyne.KeyUp:
				c.Focus(d.rows[max(i-1, 0)])
			case fyne.KeyDown:
				c.Focus(d.rows[min(i+1, len(d.rows)-1)])
			case fyne.KeyEscape, fyne.KeyReturn, fyne.KeyEnter:
				d.up.Hide()
			default:
			}
		}
	}
	c.Focus(d.rows[0])
	return d
}

// close puts the drop-down away and reports whether it was there.
func (d *exitFilter) close() bool {
	if d == nil || !d.up.Visible() {
		return false
	}
	d.up.Hide()
	return true
}

// choice is a heading with segments below it.
func (d *exitFilter) choice(word string, chosen int, pick func(int), words ...string) fyne.CanvasObject {
	s := newSegments(func(i int) {
		pick(i)
		d.change(d.filter, d.order)
	}, words...)
	s.chosen = chosen
	d.rows = append(d.rows, s)
	return column(5, newLabel(word, 11.5, assets.Medium, mutedTone), container.New(&wideRow{}, s))
}

// say tells how many exits are left.
func (d *exitFilter) say(left, all int) {
	text := exitCount(all)
	if left != all {
		text = lang.X("some.of", "{{.N}} of {{.Exits}}", map[string]any{"N": left, "Exits": exitCount(all)})
	}
	d.count.say(text)
	d.clear.off = d.filter.Parts() == 0
	d.clear.tone = inkTone
	if d.clear.off {
		d.clear.tone = mutedTone
	}
	d.clear.Refresh()
}

// wideRow is as wide as the drop-down should be.
type wideRow struct{}

func (wideRow) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(284, o[0].MinSize().Height)
}
func (wideRow) Layout(o []fyne.CanvasObject, s fyne.Size) { o[0].Resize(s) }

// filterWords says in a few words what a filter asks for.
func filterWords(f proposals.Filter, s *proposals.Snapshot) string {
	var parts []string
	if f.Preset != 0 {
		parts = append(parts, presetNamed(f.Preset, s))
	}
	if f.NAT {
		parts = append(parts, lang.L("reachable"))
	}
	if f.IPType != "" {
		parts = append(parts, lang.L(f.IPType))
	}
	if f.Quality != proposals.UnknownGrade {
		parts = append(parts, qualityFrom(f.Quality))
	}
	if !f.PerGiB.IsZero() {
		parts = append(parts, "≤ "+priceWords(f.PerGiB.Human()))
	}
	return strings.Join(parts, " · ")
}

func qualityFrom(g proposals.Grade) string {
	if g == proposals.High {
		return lang.L("high quality")
	}
	return lang.L("medium quality or better")
}

// presetWord is what the node's own lists are called: those that every node has in the user's language, others as they are.
func presetWord(p proposals.Preset) string {
	switch p.Name {
	case "Media Streaming":
		return lang.L("Streaming")
	case "Browsing":
		return lang.L("Browsing")
	case "Download":
		return lang.L("Downloads")
	}
	return p.Name
}

func presetNamed(id int, s *proposals.Snapshot) string {
	for _, p := range s.Presets {
		if p.ID == id {
			return presetWord(p)
		}
	}
	return lang.L("The node's list {{.N}}", map[string]int{"N": id})
}

// blameWords names the parts of a filter that hide exits.
func blameWords(parts proposals.Parts) string {
	var words []string
	if parts&proposals.QualityPart != 0 {
		words = append(words, lang.L("quality"))
	}
	if parts&proposals.PricePart != 0 {
		words = append(words, lang.L("price"))
	}
	if parts&proposals.IPTypePart != 0 {
		words = append(words, lang.L("kind of address"))
	}
	if parts&proposals.PresetPart != 0 {
		words = append(words, lang.L("what it is good for"))
	}
	return strings.Join(words, ", ")
}
