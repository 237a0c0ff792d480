package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/usage"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// countAbout is the one sentence with which the user is asked, here and at the first start.
func countAbout() string {
	return lang.L("How often connecting works, how long it takes, why it fails and how much passes are counted in rough figures, without names, places or addresses; the counts stay on this computer and nothing sends them.")
}

// privacy is the group that counts how the program is used, and shows exactly what there is.
func (p *settingPage) privacy() {
	p.count = p.on(func(s *vpn.Settings, on bool) { s.CountUsage = on })
	p.countRow = newSettingRow(lang.L("Count how the program is used"), countAbout(), p.count)
	show := p.button("eye", lang.L("Show"), p.showCounts)
	show.Show()
	p.exportCounts = p.button("upload", lang.L("Export…"), func() { p.w.saveAs("mysteriumvpn-usage.json", usage.Encode(p.counts)) })
	p.eraseCounts = p.button("trash-2", lang.L("Erase…"), p.askErase)
	p.countsRow = newSettingRow(lang.L("What was counted"), lang.L("Nothing has been counted."), nil, show, p.exportCounts, p.eraseCounts)
	p.sheet.add(lang.L("Privacy"), p.countRow, p.countsRow)
}

// drawCounts shows that there are counts, or that there are none.
func (p *settingPage) drawCounts(c usage.Counts) {
	p.counts = c
	p.exportCounts.Hidden, p.eraseCounts.Hidden = c.Zero(), c.Zero()
	about := lang.L("Nothing has been counted.")
	if !c.Zero() {
		about = lang.L("Since {{.Day}}, on this computer.", map[string]string{"Day": c.Since.String()})
	}
	p.countsRow.about.say(about, mutedTone)
	p.drawCounting(p.now.CountUsage)
	p.relayout()
}

// drawCounting shows whether usage is counted. What is switched off leaves what it has counted.
func (p *settingPage) drawCounting(on bool) {
	p.count.set(on)
	note := ""
	if !on && !p.counts.Zero() {
		note = lang.L("Nothing more is counted. What was counted stays here until you erase it.")
	}
	p.countsRow.say(note, mutedTone)
}

func (p *settingPage) askErase() {
	p.ask(widget.DangerImportance, lang.L("Erase what was counted?"), lang.L("The counts and their file are gone then. Counting goes on only if it is switched on."),
		lang.L("Erase"), lang.L("Keep it"), func() {
			p.handBack(p.eraseCounts, p.count)
			p.w.o.EraseCounts()
		}, func() {})
}

// showCounts opens a sheet with all there is, line by line as `mysteriumvpn usage show` prints it.
func (p *settingPage) showCounts() {
	c := p.w.window.Canvas()
	var over *widget.PopUp
	shut := newHelpKey(lang.L("Close"), func() { over.Hide() })
	text := &essay{}
	for _, l := range p.counts.Lines(usageWord) {
		if l.Value == "" {
			text.add(14, newLabel(l.Name, 13, assets.SemiBold, inkTone))
			continue
		}
		text.add(6, newLabel(l.Name, 11.5, assets.Regular, mutedTone))
		text.add(1, newProse(l.Value, 12.5, inkTone))
	}
	if p.counts.Zero() {
		text.add(0, newLabel(lang.L("Nothing has been counted."), 13, assets.Regular, inkTone))
	}
	body := container.New(text, text.objects()...)
	text.width = countsWide // a container begins with none
	high := body.MinSize().Height
	list := container.NewVScroll(pad(0, 0, 14, 0, body))
	list.SetMinSize(fyne.NewSize(countsWide+14, min(high+4, c.Size().Height-140)))
	shut.scroll = list
	head := container.NewBorder(nil, nil, newLabel(lang.L("What was counted"), 19, assets.Display, inkTone), shut)
	over = widget.NewModalPopUp(pad(14, 10, 14, 14, column(12, head, list)), c)
	over.Show()
	c.Focus(shut)
}

const countsWide = 400

// usageWord translates a word of usage.Words. Codes and spans are the same in every language.
func usageWord(s string) string {
	switch s {
	case "Counted since":
		return lang.L("Counted since")
	case "Counted last by version":
		return lang.L("Counted last by version")
	case "Sandbox":
		return lang.L("Sandbox")
	case "Mysterium Network":
		return lang.L("Mysterium Network")
	case "Own servers":
		return lang.L("Own servers")
	case "Tries":
		return lang.L("Tries")
	case "Time to connect":
		return lang.L("Time to connect")
	case "Why tries failed":
		return lang.L("Why tries failed")
	case "Time connected":
		return lang.L("Time connected")
	case "Received":
		return lang.L("Received")
	case "Sent":
		return lang.L("Sent")
	case "Brought back":
		return lang.L("Brought back")
	case "Why connections were lost":
		return lang.L("Why connections were lost")
	case "connected":
		return lang.X("usage.connected", "connected")
	case "failed":
		return lang.X("usage.failed", "failed")
	case "cancelled":
		return lang.X("usage.cancelled", "cancelled")
	case "other":
		return lang.X("usage.other", "other")
	}
	return s
}
