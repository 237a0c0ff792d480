package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/proposals"
)

// facts is what one should know of an exit before connecting: five lines of word and value.
type facts struct {
	values [5]*label
	canvas *fyne.Container
}

func newFacts() *facts {
	f := &facts{}
	words := [len(f.values)]string{lang.L("Exit"), lang.L("Quality"), lang.L("Line"), lang.L("Per GiB"), lang.L("Per hour")}
	var lines []fyne.CanvasObject
	for i, word := range words {
		f.values[i] = newLabel("", 12.5, assets.Medium, inkTone)
		lines = append(lines, container.New(&factLine{}, newLabel(word, 12, assets.Regular, mutedTone), f.values[i]))
	}
	f.canvas = middle(column(7, lines...))
	return f
}

func (f *facts) draw(p proposals.Proposal) {
	where := p.City
	if where == "" {
		where = countryName(p.Country)
	}
	if p.IPType != "" {
		where = joined(where, lang.L(p.IPType))
	}
	if p.Restricted {
		where = joined(where, lang.L("members only"))
	}
	f.values[0].say(where)
	f.values[1].say(gradeWords(p.Quality))
	line := lineWords(p.Latency, p.Bandwidth)
	if line == "" {
		line = lang.L("not measured yet")
	}
	f.values[2].say(line)
	f.values[3].say(priceWords(p.PerGiB.Human()))
	f.values[4].say(priceWords(p.PerHour.Human()))
}

func gradeWords(quality float64) string {
	switch proposals.GradeOf(quality) {
	case proposals.Low:
		return lang.L("low")
	case proposals.Medium:
		return lang.L("medium")
	case proposals.High:
		return lang.L("high")
	default:
		return lang.L("not measured yet")
	}
}

func priceWords(human string) string {
	s := priceText(human)
	if s == lang.L("free") {
		return s
	}
	return s + " MYST"
}

// factLine has the words in one column and the values in the next.
type factLine struct{}

func (factLine) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(160, o[1].MinSize().Height)
}

func (factLine) Layout(o []fyne.CanvasObject, size fyne.Size) {
	const words = 78
	h := o[0].MinSize().Height
	o[0].Resize(fyne.NewSize(words, h))
	o[0].Move(place(0, (size.Height-h)/2))
	o[1].Resize(fyne.NewSize(size.Width-words, size.Height))
	o[1].Move(place(words, 0))
}
