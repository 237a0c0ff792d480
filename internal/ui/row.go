package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// entry is one line of the list of exits: a country, one provider's offer, or a heading.
type entry struct {
	proposals.Hit
	nested bool   // an offer shown below its country, which says the rest
	head   string // "" unless it is a heading, which has no hit
}

// target is where the entry leads.
func (e entry) target() vpn.Target {
	if e.head != "" {
		return vpn.Target{}
	}
	if e.Proposal != nil {
		return vpn.Target{Country: e.Proposal.Country, ProviderID: e.Proposal.ProviderID}
	}
	return vpn.Target{Country: e.Country.Code}
}

// bearing is how an entry stands to everything else.
type bearing struct {
	chosen, open, favourite bool
	focused                 bool      // the list has the focus, and this is the chosen entry
	own                     bool      // it is a server of the user's, which has no price
	says                    string    // the phase in words
	phase                   vpn.Phase // of the connection, if this entry is where it leads; else Down
}

// exitRow draws one entry. The list has as many rows as fit its height and binds them again and again while it
// scrolls, so set touches only what differs, and flags are images shared by all rows.
type exitRow struct {
	widget.BaseWidget
	flag            *canvas.Image
	kind            *canvas.Image // what sort of line a nested offer has
	name, sub       *canvas.Text
	note            *canvas.Text // after the name
	price           *canvas.Text
	bars            [4]*canvas.Rectangle
	ring            *canvas.Rectangle // around the row that has the focus
	mark            *canvas.Rectangle // at the left edge: this is where the connection leads
	star, open, act *rowKey

	shown   entry
	bearing bearing
	code    string // of the flag that is drawn
	nameAll string // name and sub before they are cut to fit
	subAll  string
	noteAll string
	noteAt  float32 // where the note begins, from the name's left
	colours *Palette
}

func newExitRow() *exitRow {
	r := &exitRow{
		flag: &canvas.Image{FillMode: canvas.ImageFillContain}, kind: &canvas.Image{FillMode: canvas.ImageFillContain},
		name: newText(13.5, assets.SemiBold), sub: newText(11.5, assets.Regular), price: newText(11.5, assets.Regular), note: newText(11.5, assets.Regular),
		ring: &canvas.Rectangle{CornerRadius: 8, StrokeWidth: 2},
		mark: &canvas.Rectangle{CornerRadius: 1.5}, star: newRowKey(""), open: newRowKey(""), act: newRowKey(lang.L("Connect")),
	}
	r.price.Alignment = fyne.TextAlignTrailing
	for i := range r.bars {
		r.bars[i] = &canvas.Rectangle{CornerRadius: 1}
	}
	r.ExtendBaseWidget(r)
	return r
}

// set binds the row to an entry.
func (r *exitRow) set(e entry, b bearing) {
	p := colours()
	if r.shown == e && r.bearing == b && r.colours == p {
		return
	}
	wasHead := r.shown.head != ""
	r.shown, r.bearing, r.colours = e, b, p
	if e.head != "" || wasHead {
		for _, o := range r.objects() {
			if e.head != "" {
				o.Hide()
			} else {
				o.Show()
			}
		}
	}
	if e.head != "" {
		r.setHead(p)
		return
	}
	quality, price := e.quality(), ""
	r.noteAll = ""
	if e.Proposal != nil {
		r.setOffer(e, p)
		price = offerPrice(e.Proposal.PerGiB.Human(), e.Proposal.PerHour.Human(), e.nested)
	} else {
		r.setCountry(e, p)
		price = priceText(e.Country.PerGiB.Human())
	}
	if b.phase != vpn.Down {
		r.subAll = b.says
	}
	r.setKeys(p)
	w := r.Size().Width
	setText(r.name, fitText(r.name, r.nameAll, r.textRoom(w)), p.Ink)
	r.setNote(w, p)
	subColour := p.Muted
	if b.phase != vpn.Down {
		subColour = phaseTone(b.phase)(p)
	}
	setText(r.sub, fitText(r.sub, r.subAll, r.textRoom(w)), subColour)
	setText(r.price, price, p.Muted)
	r.setBars(quality, p)
	r.ring.Hidden = !b.focused
	r.ring.StrokeColor = p.Link
	r.mark.Hidden = b.phase == vpn.Down
	r.mark.FillColor = subColour
	r.arrange(r.Size())
	canvas.Refresh(r.mark)
}

// setHead draws a heading at the row's foot.
func (r *exitRow) setHead(p *Palette) {
	r.nameAll, r.subAll, r.noteAll = "", r.shown.head, ""
	setText(r.name, "", p.Ink)
	setText(r.note, "", p.Muted)
	r.sub.Hidden = false
	setText(r.sub, fitText(r.sub, r.subAll, max(r.Size().Width-headLeft, 40)), p.Muted)
	r.arrange(r.Size())
}

// setNote writes beside the name what kind of address an offer has, if there is room for the word.
func (r *exitRow) setNote(w float32, p *Palette) {
	note := ""
	if r.noteAll != "" {
		r.noteAt = faceOf(r.name.FontSource).length(r.name.Text)*r.name.TextSize + 8
		if room := w - textLeft - r.noteAt - 36; faceOf(r.note.FontSource).length(r.noteAll)*r.note.TextSize <= room && r.act.Hidden {
			note = r.noteAll
		}
	}
	setText(r.note, note, p.Muted)
}

func (e entry) quality() float64 {
	if e.Proposal != nil {
		return e.Proposal.Quality
	}
	return e.Country.Quality
}

func (r *exitRow) setCountry(e entry, _ *Palette) {
	r.setFlag(e.Country.Code)
	r.kind.Hidden = true
	r.nameAll, r.subAll = countryName(e.Country.Code), counted(e.Country.Count)
	if e.Country.Count == 1 && e.Country.Proposals[0].City != "" {
		r.subAll = e.Country.Proposals[0].City
	}
}

func (r *exitRow) setOffer(e entry, p *Palette) {
	o := e.Proposal
	r.nameAll = o.City
	if r.nameAll == "" {
		r.nameAll = countryName(e.Country.Code)
	}
	if e.nested {
		r.subAll = lineWords(o.Latency, o.Bandwidth)
		if r.subAll == "" {
			r.subAll = shortID(o.ProviderID)
		}
		if o.IPType != "" {
			r.noteAll = remembered(o.IPType)
		}
		if o.Restricted {
			r.noteAll = remembered("members only")
		}
		r.flag.Hidden, r.kind.Hidden = true, false
		icon := "server"
		switch o.IPType {
		case "residential":
			icon = "house"
		case "":
			icon = "map-pin"
		}
		setTint(r.kind, icon, p.Muted)
	} else if r.bearing.own && o.Country == "" {
		r.flag.Hidden, r.kind.Hidden = true, false
		setTint(r.kind, "server", p.Muted)
		r.subAll = remembered("Own server")
	} else {
		r.setFlag(o.Country)
		r.kind.Hidden = true
		r.subAll = countryName(e.Country.Code) + " · " + shortID(o.ProviderID)
		if o.IPType != "" {
			r.subAll += " · " + remembered(o.IPType)
		}
	}
}

func (r *exitRow) setFlag(code string) {
	r.flag.Hidden = false
	if r.code != code || r.flag.Image == nil {
		r.code = code
		r.flag.Image = assets.FlagImage(code)
		canvas.Refresh(r.flag)
	}
}

// setBars lights one to four bars for a quality of 0 to 3, none for one that is not known.
func (r *exitRow) setBars(quality float64, p *Palette) {
	lit, c := 0, p.Faint
	switch proposals.GradeOf(quality) {
	case proposals.Low:
		lit, c = 1, p.Poor
	case proposals.Medium:
		lit, c = 2, p.Fair
	case proposals.High:
		lit, c = 3, p.Good
		if quality >= 2.5 {
			lit = 4
		}
	default:
	}
	for i, bar := range r.bars {
		want := p.Faint
		if i < lit {
			want = c
		}
		if bar.FillColor != want {
			bar.FillColor = want
			canvas.Refresh(bar)
		}
	}
}

func (r *exitRow) setKeys(p *Palette) {
	b := r.bearing
	offers := r.shown.Proposal == nil
	r.star.Hidden = !offers || r.shown.Country.Code == "" || !b.chosen && !b.favourite
	switch {
	case r.star.Hidden:
	case b.favourite:
		setTint(r.star.img, "star-filled", p.Star)
	default:
		setTint(r.star.img, "star", p.Muted)
	}
	r.open.Hidden = !offers
	if offers {
		icon := "chevron-right"
		if b.open {
			icon = "chevron-down"
		}
		setTint(r.open.img, icon, p.Muted)
	}
	// The connection leads here already: there is nothing to press.
	r.act.Hidden = !b.chosen || b.phase != vpn.Down
	r.price.Hidden = b.own || b.chosen && !r.act.Hidden
	for _, bar := range r.bars {
		bar.Hidden = r.price.Hidden
	}
	if r.act.ground.FillColor != color.Color(p.Primary) {
		r.act.ground.FillColor = p.Primary
		r.act.text.Color = p.OnPrimary
		canvas.Refresh(r.act)
	}
	for _, k := range []*rowKey{r.star, r.open} {
		k.ground.FillColor = alpha(p.Raised, 0)
		k.text.Color = p.Ink
	}
}

func setText(t *canvas.Text, s string, c color.NRGBA) {
	same := t.Color == color.Color(c)
	if t.Text == s && same {
		return
	}
	t.Text = s
	if !same { // a colour put into an interface is an allocation
		t.Color = c
	}
	canvas.Refresh(t)
}

// Refresh is called by Fyne when the theme changes.
func (r *exitRow) Refresh() {
	if (r.shown.Country != nil || r.shown.head != "") && r.colours != colours() {
		r.set(r.shown, r.bearing)
	}
}

// MinSize is known without a renderer: Fyne's list makes a row each time it is refreshed, only to measure it, and a
// renderer would keep that row in memory for a minute.
func (r *exitRow) MinSize() fyne.Size { return fyne.NewSize(220, rowHeight) }

func (r *exitRow) CreateRenderer() fyne.WidgetRenderer { return &exitRowRenderer{r} }

type exitRowRenderer struct{ r *exitRow }

func (x *exitRowRenderer) Destroy()           {}
func (x *exitRowRenderer) Refresh()           { x.r.Refresh() }
func (x *exitRowRenderer) MinSize() fyne.Size { return x.r.MinSize() }

const rowHeight = 50

func (x *exitRowRenderer) Objects() []fyne.CanvasObject { return x.r.objects() }

func (r *exitRow) objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{
		r.ring, r.mark, r.flag, r.kind, r.name, r.note, r.sub, r.price,
		r.bars[0], r.bars[1], r.bars[2], r.bars[3], r.star, r.act, r.open,
	}
}

func (x *exitRowRenderer) Layout(size fyne.Size) {
	r := x.r
	room := r.textRoom(size.Width)
	if r.shown.head != "" {
		room = max(size.Width-headLeft, 40)
	}
	r.name.Text = fitText(r.name, r.nameAll, room)
	r.sub.Text = fitText(r.sub, r.subAll, room)
	r.setNote(size.Width, colours())
	r.arrange(size)
}
