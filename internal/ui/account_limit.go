package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/account"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// limitRow is a row with an amount of MYST that is a setting. An empty one is none.
type limitRow struct {
	page  *accountPage
	row   *settingRow
	field *field
	apply *pill
	set   func(s *vpn.Settings, wei string)
}

func (p *accountPage) newLimit(name, about string, set func(s *vpn.Settings, wei string)) *limitRow {
	l := &limitRow{page: p, set: set}
	l.field = p.field(lang.L("No limit"), l.take)
	l.apply = p.button("check", lang.L("Apply"), true, l.take)
	l.row = newSettingRow(name, about, row(8, container.NewGridWrap(fyne.NewSize(120, 36), l.field), middle(newLabel("MYST", 12.5, assets.Medium, mutedTone))), l.apply)
	return l
}

func (l *limitRow) take() {
	if !l.field.edited() {
		return
	}
	wei := ""
	if text := l.field.Text; text != "" {
		m, err := proposals.ParsePrice(text)
		if err != nil || m.Cmp(account.Money{}) <= 0 {
			l.row.say(reasonText(vpn.Reason{Code: vpn.NoAmount, A: text}), troubleTone)
			l.page.relayout()
			return
		}
		wei = m.Wei()
	}
	l.row.say("", mutedTone)
	l.field.shown = l.field.Text
	s := l.page.w.settings
	l.set(&s, wei)
	l.page.w.o.Save(s)
	l.page.relayout()
}

func (l *limitRow) draw(m account.Money) {
	text := ""
	if !m.IsZero() {
		text = m.MYST()
	}
	l.field.show(text)
	l.apply.Hidden = !l.field.edited()
}
