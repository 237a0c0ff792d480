package ui

import (
	"net/url"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/account"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// topUp is how one gets more MYST: what to order, and then how to pay for it.
type topUp struct {
	page *accountPage

	way, coin              *picker
	amount, country, state *field
	order                  *pill
	row, where, kind       *settingRow

	pay              *settingRow
	code             *canvas.Image // of the address
	codeBox          *fyne.Container
	copy, open, away *pill
	coded            string // what the code says
}

func newTopUp(p *accountPage) *topUp {
	t := &topUp{page: p}
	t.way = newPicker(func(int) { t.coin.set(0); t.draw(p.now) }, unknownWord)
	t.coin = newPicker(func(i int) { t.coin.set(i) }, unknownWord)
	p.mind(t.way, &t.way.pressable)
	p.mind(t.coin, &t.coin.pressable)
	t.amount = p.field("10.00", t.buy)
	t.country = p.field(lang.L("For example Germany"), t.buy)
	t.state = p.field(lang.L("State"), t.buy)
	t.order = p.button("arrow-right", lang.X("order.buy", "Order"), true, t.buy)
	t.kind = newSettingRow(lang.L("Way to pay"), lang.L("Who takes the payment, and in which currency."), row(8,
		container.NewGridWrap(fyne.NewSize(128, 34), t.way), container.NewGridWrap(fyne.NewSize(128, 34), t.coin)))
	t.where = newSettingRow(lang.L("Country"), lang.L("Where you pay taxes. The United States and Canada need the state too."), row(8,
		container.NewGridWrap(fyne.NewSize(176, 36), t.country), container.NewGridWrap(fyne.NewSize(80, 36), t.state)))
	t.row = newSettingRow(lang.L("Amount"), " ", row(8, container.NewGridWrap(fyne.NewSize(120, 36), t.amount), middle(newLabel("USD", 12.5, assets.Medium, mutedTone))), t.order)

	t.code = &canvas.Image{FillMode: canvas.ImageFillOriginal, ScaleMode: canvas.ImageScalePixels}
	t.codeBox = container.NewStack(newBox(func(*Palette) colour { return hex(0xFFFFFF) }, nil, 8), pad(6, 6, 6, 6, container.NewGridWrap(fyne.NewSquareSize(148), t.code)))
	t.copy = p.button("copy", lang.L("Copy the address"), false, func() { p.w.o.App.Clipboard().SetContent(p.now.Order.Address) })
	t.open = p.button("external-link", lang.L("Open the payment page"), true, t.openPage)
	t.away = p.button("x", lang.L("Put away"), false, func() { p.wish(account.Wish{Verb: account.Forget}) })
	t.pay = newSettingRow(" ", " ", t.codeBox, t.open, t.copy, t.away)
	p.sheet.add(lang.L("Top up"), t.kind, t.where, t.row, t.pay)
	return t
}

func (t *topUp) reset() {
	for _, f := range []*field{t.amount, t.country, t.state} {
		f.reset()
	}
	t.row.say("", mutedTone)
	t.where.say("", mutedTone)
}

func (t *topUp) gateway() (account.Gateway, bool) {
	if i := t.way.chosen; i < len(t.page.now.Gateways) {
		return t.page.now.Gateways[i], true
	}
	return account.Gateway{}, false
}

func (t *topUp) draw(s account.State) {
	real := s.Network == vpn.Mysterium && s.Identity != ""
	ordered := s.Order.Stage != account.NoOrder
	for _, r := range []*settingRow{t.kind, t.where, t.row} {
		r.canvas.Hidden = !real || ordered || s.Locked
	}
	t.pay.canvas.Hidden = !ordered
	t.drawWays(s)
	t.order.off = s.Doing != account.NoVerb || len(s.Gateways) == 0
	t.order.set("arrow-right", map[bool]string{true: lang.L("Ordering…"), false: lang.X("order.buy", "Order")}[s.Doing == account.Buy])
	why := ""
	if t.page.problemRow() == t.row && !s.Problem.Zero() {
		why = reasonText(s.Problem)
	}
	t.row.say(why, troubleTone)
	if ordered {
		t.drawOrder(s.Order)
	}
}

// drawWays shows the gateways, and what the chosen one takes.
func (t *topUp) drawWays(s account.State) {
	names, coins, about := []string{unknownWord}, []string{unknownWord}, lang.L("The payment service is asked for the ways to pay.")
	if len(s.Gateways) > 0 {
		names = names[:0]
		for _, g := range s.Gateways {
			names = append(names, gatewayWord(g.Name))
		}
	}
	t.way.rename(names)
	if g, ok := t.gateway(); ok {
		if len(g.Currencies) > 0 {
			coins = g.Currencies
		}
		about = lang.L("In US dollars, before tax.")
		if g.Least != "" {
			about = lang.L("In US dollars, before tax; at least {{.Least}}.", map[string]string{"Least": g.Least})
		}
	}
	t.coin.rename(coins)
	t.row.about.say(about, mutedTone)
}

// buy orders what was chosen. What is missing is said before anybody is asked.
func (t *topUp) buy() {
	g, ok := t.gateway()
	if !ok || t.order.off {
		return
	}
	code, ok := countryCodeOf(t.country.Text)
	state := strings.ToUpper(strings.TrimSpace(t.state.Text))
	switch {
	case !ok:
		t.where.say(lang.L("“{{.Text}}” is no country. Type its name, or its two letters.", map[string]string{"Text": t.country.Text}), troubleTone)
	case (code == "US" || code == "CA") && state == "":
		t.where.say(lang.L("Type the state too, by its two letters."), troubleTone)
	default:
		t.where.say("", mutedTone)
		currency := ""
		if len(g.Currencies) > 0 {
			currency = g.Currencies[min(t.coin.chosen, len(g.Currencies)-1)]
		}
		t.page.wish(account.Wish{Verb: account.Buy, Order: account.OrderWish{
			Gateway: g.Name, USD: strings.ReplaceAll(strings.TrimSpace(t.amount.Text), ",", "."), Currency: currency, Country: code, State: state,
		}})
	}
	t.page.relayout()
}

// drawOrder shows what is to be paid, and where.
func (t *topUp) drawOrder(o account.Order) {
	waits := o.Stage == account.Waiting
	t.pay.name.say(orderTitle(o))
	var lines []string
	if waits {
		switch {
		case o.Address != "":
			lines = append(lines, lang.L("Send exactly {{.Amount}} {{.Currency}} to {{.Address}}", map[string]string{"Amount": o.Pays, "Currency": o.Currency, "Address": o.Address}))
		case o.URL != "":
			lines = append(lines, lang.L("Pay {{.Amount}} {{.Currency}} on the page of the payment service.", map[string]string{"Amount": o.Pays, "Currency": o.Currency}))
		}
		if !o.Expires.IsZero() {
			lines = append(lines, lang.L("Until {{.Time}}.", map[string]string{"Time": o.Expires.In(t.page.w.o.Now().Location()).Format("15:04")}))
		}
	}
	lines = append(lines, orderAbout(o))
	t.pay.about.say(strings.Join(slices.DeleteFunc(lines, func(s string) bool { return s == "" }), " "), mutedTone)
	t.copy.Hidden = !waits || o.Address == ""
	t.open.Hidden = !waits || !webPage(o.URL)
	t.away.set("x", map[bool]string{true: lang.L("Put away"), false: lang.L("Done")}[waits])
	t.codeBox.Hidden = !waits || o.Address == ""
	if o.Address != t.coded {
		t.coded = o.Address
		t.code.Image = qrCode(o.Address)
		canvas.Refresh(t.code)
	}
}

func (t *topUp) openPage() {
	u, err := url.Parse(t.page.now.Order.URL)
	if err == nil && webPage(u.String()) {
		err = t.page.w.o.App.OpenURL(u)
	}
	if err != nil {
		t.pay.say(sentenceOf(err), troubleTone)
		t.page.relayout()
	}
}

// webPage reports whether a link that came from the network leads to a page and not to a program of this computer.
func webPage(link string) bool {
	u, err := url.Parse(link)
	return err == nil && u.Scheme == "https" && u.Host != ""
}
