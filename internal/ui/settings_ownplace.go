package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"github.com/mysteriumvpn/desktop/internal/own"
)

// askPlace asks where a server is, for its flag and its place on the map. An answer that is no country comes back, with
// the reason, to be put right.
func (r *ownRows) askPlace(name, country, city, why string) {
	land, town := widget.NewEntry(), widget.NewEntry()
	land.SetPlaceHolder(lang.L("Country, by name or code"))
	land.SetText(country)
	town.SetPlaceHolder(lang.L("City"))
	town.SetText(city)
	about := widget.NewLabel(lang.L("The list of exits and the map show it there. Nothing is looked up."))
	about.Wrapping = fyne.TextWrapWord
	if why != "" {
		about.SetText(why)
		about.Importance = widget.DangerImportance
	}
	body := column(10, container.New(&askWidth{}, about), land, town)
	with := map[string]string{"Name": name}
	keep := r.p.w.ask(widget.HighImportance, lang.L("Where is {{.Name}}?", with), body, lang.L("Keep"), lang.L("Cancel"), func() {
		code, ok := countryCodeOf(land.Text)
		if !ok && strings.TrimSpace(land.Text) != "" { // none is fine
			r.askPlace(name, land.Text, town.Text, lang.L("This is no country that is known. Write its name, or a code such as CH."))
			return
		}
		servers := r.p.w.o.Own
		place := own.Place{Country: code, City: town.Text}
		r.p.w.beside(func() func() {
			err := servers.Locate(name, place)
			return func() {
				if err != nil {
					r.say(sentenceOf(err), troubleTone)
					return
				}
				r.say("", mutedTone)
				r.changed()
			}
		})
	}, func() {})
	c := r.p.w.window.Canvas()
	land.OnSubmitted = func(string) { c.Focus(town) }
	town.OnSubmitted = func(string) { keep() }
	c.Focus(land)
}
