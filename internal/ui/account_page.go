package ui

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/account"
	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// accountPage shows who pays and with what: the balance, what is spent, how to get more, and the identity that owns it.
type accountPage struct {
	w    *Window
	do   bus.Sender[account.Wish]
	now  account.State
	seen bool

	back    *pill
	balance *settingRow
	refresh *pill
	spent   *settingRow
	run     *limitRow
	day     *limitRow

	buy   *topUp
	ident *identityRows

	sheet  *sheet
	body   *fyne.Container
	scroll *container.Scroll
	canvas *fyne.Container
}

func newAccountPage(w *Window) *accountPage {
	p := &accountPage{w: w, do: w.o.Wishes, sheet: &sheet{}}
	p.back = newPill("arrow-left", lang.L("Back"), p.leave)
	p.refresh = newPill("refresh-cw", lang.L("Refresh"), func() { p.wish(account.Wish{Verb: account.Refresh}) })
	p.mind(p.refresh, &p.refresh.pressable)
	p.balance = newSettingRow(unknownWord, " ", p.refresh)
	p.balance.name.t.TextSize = 22
	p.balance.name.t.FontSource = assets.Font(assets.Display)
	p.spent = newSettingRow(lang.L("Spent"), " ", nil)
	p.run = p.newLimit(lang.L("Limit for one connection"), lang.L("A connection that has cost that much is ended, with a notice."),
		func(s *vpn.Settings, wei string) { s.SpendLimit = wei })
	p.day = p.newLimit(lang.L("Limit for a day"), lang.L("Likewise for all connections of one day."),
		func(s *vpn.Settings, wei string) { s.SpendLimitDay = wei })
	p.sheet.add(lang.L("Balance"), p.balance, p.spent, p.run.row, p.day.row)
	p.buy = newTopUp(p)
	p.ident = newIdentityRows(p)
	p.body = container.New(p.sheet, p.sheet.objects()...)
	p.scroll = container.NewVScroll(p.body)
	head := pad(18, 16, 18, 14, container.NewBorder(nil, nil, middle(p.back), nil, pad(14, 0, 8, 0, newLabel(lang.L("Account"), 19, assets.Display, inkTone))))
	p.canvas = container.NewStack(newBox(func(p *Palette) colour { return p.Ground }, nil, 0),
		container.NewBorder(head, nil, nil, nil, container.New(widthFirst{p.sheet}, p.scroll)))
	p.draw(account.State{})
	return p
}

func (p *accountPage) object() fyne.CanvasObject { return p.canvas }
func (p *accountPage) first() fyne.Focusable     { return p.back }
func (p *accountPage) leave()                    { p.w.toggle(accountPageName) }

// opened draws what has changed while nobody looked, and asks for what is asked for only here.
func (p *accountPage) opened() {
	p.seen = true
	p.draw(p.now)
	if p.now.Network == vpn.Mysterium && p.now.Ready && p.now.Gateways == nil {
		p.wish(account.Wish{Verb: account.LookUp})
	}
}

// closed forgets what was typed and not applied: passphrases above all.
func (p *accountPage) closed() {
	p.seen = false
	p.run.field.reset()
	p.day.field.reset()
	p.buy.reset()
	p.ident.reset()
	p.scroll.ScrollToTop()
}

func (p *accountPage) wish(w account.Wish) { p.do.Send(w) }

func (p *accountPage) mind(o fyne.CanvasObject, b *pressable) {
	b.onFocus = func() { reveal(o, p.body, p.scroll) }
}

// button makes a pill for below a row.
func (p *accountPage) button(icon, word string, loud bool, do func()) *pill {
	b := newPill(icon, word, do)
	b.loud = loud
	p.mind(b, &b.pressable)
	return b
}

func (p *accountPage) field(hint string, apply func()) *field {
	f := newField(hint, apply, p.drawTyped)
	f.keys, f.leave, f.onSeen = p.w.typedShortcut, p.leave, func() { reveal(f, p.body, p.scroll) }
	return f
}

// secret is a field whose text is not shown.
func (p *accountPage) secret(hint string, apply func()) *field {
	f := p.field(hint, apply)
	f.Password = true
	return f
}

// draw shows a state.
func (p *accountPage) draw(s account.State) {
	p.now = s
	if !p.seen && p.w.stack != nil {
		return
	}
	p.drawBalance()
	p.run.draw(s.LimitRun)
	p.day.draw(s.LimitDay)
	p.buy.draw(s)
	p.ident.draw(s)
	p.relayout()
}

func (p *accountPage) drawBalance() {
	s := p.now
	amount, about := unknownWord, lang.L("The node does not run.")
	switch {
	case s.Network == vpn.Sandbox && !s.BalanceAt.IsZero():
		amount, about = mystText(s.Balance), lang.L("The sandbox's play money: there is nothing to top up and nothing to lose.")
	case s.Network == vpn.Own:
		about = lang.L("Own servers cost nothing here: who runs them is paid elsewhere, if at all.")
	case !s.BalanceAt.IsZero():
		amount, about = mystText(s.Balance), joined(p.lasts(), p.age(p.w.o.Now()))
	case s.Ready && s.Locked:
		about = lang.L("Unlock the identity to see it.")
	case s.Ready && s.Identity == "":
		about = lang.L("There is no identity yet: make one below, or restore one.")
	case s.Ready:
		about = lang.L("Not known yet.")
	}
	p.balance.name.say(amount)
	p.balance.about.say(about, mutedTone)
	p.refresh.off = s.Identity == "" || s.Locked || s.Doing == account.Refresh
	p.refresh.tone = inkTone
	if p.refresh.off {
		p.refresh.tone = mutedTone
	}
	p.refresh.Refresh()
	low := ""
	if offer, ok := p.w.priced(); ok && s.Network == vpn.Mysterium && !s.BalanceAt.IsZero() && account.Low(s.Balance, offer.PerHour, offer.PerGiB) {
		low = lang.L("This is not enough for an hour and a GiB at the price of the exit that is chosen. Top up, or choose a cheaper one.")
	}
	why, t := low, busyTone
	if !s.Problem.Zero() && p.problemRow() == p.balance {
		why, t = reasonText(s.Problem), troubleTone
	}
	p.balance.say(why, t)
	p.spent.about.say(joined(lang.L("{{.Amount}} on this connection", map[string]string{"Amount": mystText(s.Spent)}),
		lang.L("{{.Amount}} today", map[string]string{"Amount": mystText(s.Today)})), mutedTone)
}

// lasts tells for how long the balance is enough at the price of the exit in use, or of the one that would be.
func (p *accountPage) lasts() string {
	offer, ok := p.w.priced()
	if !ok {
		return ""
	}
	hours, gib := account.Lasts(p.now.Balance, offer.PerHour, offer.PerGiB)
	where := placeOf(offer.Exit)
	switch {
	case hours < 0 && gib < 0:
		return ""
	case hours < 0:
		return lang.L("Enough for about {{.GiB}} GiB at {{.Place}}", map[string]any{"GiB": gib, "Place": where})
	case gib < 0:
		return lang.L("Enough for about {{.Hours}} h at {{.Place}}", map[string]any{"Hours": hours, "Place": where})
	}
	return lang.L("Enough for about {{.Hours}} h or {{.GiB}} GiB at {{.Place}}", map[string]any{"Hours": hours, "GiB": gib, "Place": where})
}

func (p *accountPage) age(now time.Time) string {
	return lang.L("asked {{.Ago}}", map[string]string{"Ago": agoWords(now.Sub(p.now.BalanceAt))})
}

// problemRow is where a problem is explained: beside what it is about.
func (p *accountPage) problemRow() *settingRow {
	switch p.now.Problem.Code {
	case vpn.PaymentRefused, vpn.NoAmount:
		return p.buy.row
	case vpn.BackupFailed, vpn.BackupSealed:
		return p.ident.backup
	case vpn.RestoreFailed, vpn.NotAKey:
		return p.ident.restore
	case vpn.RegisterRefused:
		return p.ident.registered
	case vpn.WrongPassphrase, vpn.KeyringRefused, vpn.AccountRefused, vpn.NoSuchIdentity, vpn.NoBackupHere:
		return p.ident.wrongRow()
	default:
		return p.balance
	}
}

// drawTyped shows the buttons that apply what was typed.
func (p *accountPage) drawTyped() {
	for _, l := range []*limitRow{p.run, p.day} {
		if l != nil {
			l.apply.Hidden = !l.field.edited()
		}
	}
	p.relayout()
}

func (p *accountPage) relayout() {
	if p.body != nil {
		p.body.Refresh()
		p.scroll.Refresh()
	}
}

// shortMyst is an amount to be seen at a glance: three digits after the point are enough for that.
func shortMyst(m account.Money) string {
	s := m.Human()
	if i := strings.IndexByte(s, '.'); i >= 0 {
		s = s[:min(len(s), i+4)]
	}
	return s + " MYST"
}

// mystText is an amount with its unit.
func mystText(m account.Money) string { return m.Human() + " MYST" }
