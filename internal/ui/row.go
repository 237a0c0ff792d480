package ui

import (
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// entry is one line of the list of exits: a country, or one provider's offer.
type entry struct {
	proposals.Hit
	nested bool // an offer shown below its country, which says the rest
}

// target is where the entry leads.
func (e entry) target() vpn.Target {
	if e.Proposal != nil {
		return vpn.Target{Country: e.Proposal.Country, ProviderID: e.Proposal.ProviderID}
	}
	return vpn.Target{Country: e.Country.Code}
}

// bearing is how an entry stands to everything else.
type bearing struct {
	chosen, open, favourite bool
	focused                 bool      // the list has the focus, and this is the chosen entry
	phase                   vpn.Phase // of the connection, if this entry is where it leads; else Down
}

// exitRow draws one entry. The list has as many rows as fit its height and binds them again and again while it
// scrolls, so set touches only what differs, and flags are images shared by all rows.
type exitRow struct {
	widget.BaseWidget
	flag            *canvas.Image
	kind            *canvas.Image // what sort of line a nested offer has
	name, sub       *canvas.Text
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
	colours *Palette
}

func newExitRow() *exitRow {
	r := &exitRow{
		flag: &canvas.Image{FillMode: canvas.ImageFillContain}, kind: &canvas.Image{FillMode: canvas.ImageFillContain},
		name: newText(13.5, assets.SemiBold), sub: newText(11.5, assets.Regular), price: newText(11.5, assets.Regular),
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
	r.shown, r.bearing, r.colours = e, b, p
	quality, perGiB := e.quality(), ""
	if e.Proposal != nil {
		r.setOffer(e, p)
		perGiB = e.Proposal.PerGiB.Human()
	} else {
		r.setCountry(e, p)
		perGiB = e.Country.PerGiB.Human()
	}
	if b.phase != vpn.Down {
		r.subAll = phaseWords(b.phase)
	}
	perGiB = priceText(perGiB)
	r.setKeys(p)
	w := r.Size().Width
	setText(r.name, fitText(r.name, r.nameAll, r.textRoom(w)), p.Ink)
	subColour := p.Muted
	if b.phase != vpn.Down {
		subColour = phaseTone(b.phase)(p)
	}
	setText(r.sub, fitText(r.sub, r.subAll, r.textRoom(w)), subColour)
	setText(r.price, perGiB, p.Muted)
	r.setBars(quality, p)
	r.ring.Hidden = !b.focused
	r.ring.StrokeColor = p.Link
	r.mark.Hidden = b.phase == vpn.Down
	r.mark.FillColor = subColour
	r.arrange(r.Size())
	canvas.Refresh(r.mark)
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
	r.subAll = shortID(o.ProviderID)
	if e.nested {
		r.flag.Hidden, r.kind.Hidden = true, false
		icon := "server"
		switch o.IPType {
		case "residential":
			icon = "house"
		case "":
			icon = "map-pin"
		}
		setTint(r.kind, icon, p.Muted)
	} else {
		r.setFlag(o.Country)
		r.kind.Hidden = true
		r.subAll = countryName(e.Country.Code) + " · " + r.subAll
	}
	if o.IPType != "" {
		r.subAll += " · " + remembered(o.IPType)
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
	r.star.Hidden = !offers || !b.chosen && !b.favourite
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
	r.price.Hidden = b.chosen && !r.act.Hidden
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
	if t.Text != s || t.Color != color.Color(c) {
		t.Text, t.Color = s, c
		canvas.Refresh(t)
	}
}

// What lies along a row: text from textLeft on, and from the right edge the chevron, then price or button, then the star.
const (
	textLeft     = 54
	chevronWidth = 32
	priceWidth   = 48
	actWidth     = 72
	starWidth    = 26
)

func (r *exitRow) textRoom(w float32) float32 {
	room := w - textLeft - chevronWidth - 6
	if r.bearing.chosen && r.bearing.phase == vpn.Down {
		room -= actWidth
	} else {
		room -= priceWidth
	}
	if !r.star.Hidden {
		room -= starWidth
	}
	return max(room, 40)
}

func (r *exitRow) arrange(size fyne.Size) {
	w, h := size.Width, size.Height
	if w == 0 {
		return
	}
	r.ring.Resize(fyne.NewSize(w-6, h-6))
	r.ring.Move(place(3, 3))
	r.mark.Resize(fyne.NewSize(3, h-20))
	r.mark.Move(place(2, 10))
	r.flag.Resize(fyne.NewSquareSize(28))
	r.flag.Move(place(14, (h-28)/2))
	r.kind.Resize(fyne.NewSquareSize(16))
	r.kind.Move(place(26, (h-16)/2))
	room := r.textRoom(w)
	r.name.Move(place(textLeft, 7))
	r.name.Resize(fyne.NewSize(room, 18))
	r.sub.Move(place(textLeft, h-24))
	r.sub.Resize(fyne.NewSize(room, 16))
	right := w - chevronWidth - 4
	r.price.Move(place(right-priceWidth, h-24))
	r.price.Resize(fyne.NewSize(priceWidth, 16))
	for i, bar := range r.bars {
		bh := float32(4 + 3*i)
		bar.Resize(fyne.NewSize(3, bh))
		bar.Move(place(right-18+float32(i)*5, 23-bh))
	}
	r.open.Resize(fyne.NewSize(28, h))
	r.open.Move(place(w-32, 0))
	r.act.Resize(fyne.NewSize(actWidth, 28))
	r.act.Move(place(right-actWidth, (h-28)/2))
	star := right - priceWidth - starWidth
	if !r.act.Hidden {
		star = right - actWidth - starWidth
	}
	r.star.Resize(fyne.NewSize(24, h))
	r.star.Move(place(star, 0))
}

// Refresh is called by Fyne when the theme changes.
func (r *exitRow) Refresh() {
	if r.shown.Country != nil && r.colours != colours() {
		r.set(r.shown, r.bearing)
	}
}

func (r *exitRow) CreateRenderer() fyne.WidgetRenderer { return &exitRowRenderer{r} }

type exitRowRenderer struct{ r *exitRow }

func (x *exitRowRenderer) Destroy()           {}
func (x *exitRowRenderer) Refresh()           { x.r.Refresh() }
func (x *exitRowRenderer) MinSize() fyne.Size { return fyne.NewSize(220, rowHeight) }

const rowHeight = 50

func (x *exitRowRenderer) Objects() []fyne.CanvasObject {
	r := x.r
	return []fyne.CanvasObject{
		r.ring, r.mark, r.flag, r.kind, r.name, r.sub, r.price,
		r.bars[0], r.bars[1], r.bars[2], r.bars[3], r.star, r.act, r.open,
	}
}

func (x *exitRowRenderer) Layout(size fyne.Size) {
	r := x.r
	room := r.textRoom(size.Width)
	r.name.Text = fitText(r.name, r.nameAll, room)
	r.sub.Text = fitText(r.sub, r.subAll, room)
	r.arrange(size)
}

// counted is exitCount, remembered: plural rules cost ten times what the rest of a row does.
func counted(n int) string {
	s, ok := counts[n]
	if !ok {
		if len(counts) > 4096 {
			clear(counts)
		}
		s = exitCount(n)
		counts[n] = s
	}
	return s
}

// remembered is lang.L for rows, likewise. The words are those of a network, so their number has an end too.
func remembered(s string) string {
	w, ok := words[s]
	if !ok {
		if len(words) > 256 {
			clear(words)
		}
		w = lang.L(s)
		words[s] = w
	}
	return w
}

var (
	counts = map[int]string{}    // only on the UI lane
	words  = map[string]string{} // likewise
)

// priceText shows two decimals at least, so that prices stand below each other.
func priceText(human string) string {
	dot := strings.IndexByte(human, '.')
	switch {
	case strings.Trim(human, "0.") == "":
		return remembered("free")
	case dot < 0:
		return human + ".00"
	case dot == len(human)-2:
		return human + "0"
	}
	return human
}
