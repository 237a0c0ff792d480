package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// computerWords are the icon and the word of the switch that uses the tunnel for this computer. The icon is a check
// mark while it is on; where the desktop's proxy cannot be set, the word says that there is something to read.
func computerWords(c vpn.Computer, asked bool) (icon, text string) {
	switch {
	case c.Use == vpn.UseImpossible:
		return "terminal", lang.L("Use in programs…")
	case c.Use == vpn.UseOn:
		return "check", lang.L("On for this computer")
	case asked:
		return "check", lang.L("On once connected")
	default:
		return "monitor", lang.L("Use for this computer")
	}
}

// watchDesktop follows what the desktop's keeper tells, and whether the window has the focus.
func (w *Window) watchDesktop() {
	if w.o.Computer != nil {
		w.subs.Add(w.o.Computer.On(w.drawComputer))
	}
	if w.o.LightPanel != nil {
		w.subs.Add(w.o.LightPanel.On(w.drawPanel))
	}
	w.watchFocus()
}

// drawComputer shows how this computer's programs stand to the tunnel.
func (w *Window) drawComputer(c vpn.Computer) {
	w.computer = c
	w.card.use.Hidden = c.Use == vpn.UseUnknown
	icon, text := computerWords(c, w.settings.UseForComputer)
	w.card.use.set(icon, text)
	w.card.keys.Refresh()
}

// switchComputer is a press on the switch.
func (w *Window) switchComputer() {
	s := w.settings
	if w.computer.Use == vpn.UseImpossible {
		w.showLines()
		return
	}
	s.UseForComputer = !s.UseForComputer
	if s.UseForComputer {
		w.notice.show(vpn.Notice{Severity: vpn.Info, Reason: vpn.Reason{Code: vpn.DesktopUsed}}, w.status.Phase)
	}
	w.o.Save(s)
}

// useLines are what the user can do by hand: a line for curl, and what most programs in a terminal look at. socks5h has
// names resolved at the far end.
func useLines(p vpn.Proxy) (curl, env string) {
	curl = "curl --proxy socks5h://" + p.SOCKS5 + " https://example.org"
	env = strings.Join([]string{
		"export http_proxy=http://" + p.HTTP,
		"export https_proxy=http://" + p.HTTP,
		"export all_proxy=socks5h://" + p.SOCKS5,
		"export no_proxy=localhost,127.0.0.1,::1",
	}, "\n")
	return curl, env
}

// showLines explains why the desktop's proxy cannot be set, and offers what can be copied instead.
func (w *Window) showLines() {
	curl, env := useLines(w.status.Proxy)
	why := widget.NewLabel(reasonText(w.computer.Reason))
	why.Wrapping = fyne.TextWrapWord
	body := column(10, pad(-8, -6, 0, 0, why), // a label of Fyne's has a border of its own
		newLabel(lang.L("To try it in a terminal:"), 12.5, assets.Medium, mutedTone), w.copyBlock(curl),
		newLabel(lang.L("For programs started from one terminal:"), 12.5, assets.Medium, mutedTone), w.copyBlock(env), gap(4))
	d := dialog.NewCustom(lang.L("Use in programs"), lang.L("Close"), body, w.window)
	size := w.window.Canvas().Size()
	d.Resize(fyne.NewSize(min(620, size.Width-40), d.MinSize().Height))
	d.Show()
}

// copyBlock is text as it is typed in a terminal, and a button that copies it.
func (w *Window) copyBlock(text string) fyne.CanvasObject {
	var lines []fyne.CanvasObject
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, newLabel(line, 12.5, assets.Medium, inkTone))
	}
	var button *pill
	button = newPill("copy", lang.L("Copy"), func() {
		w.o.App.Clipboard().SetContent(text)
		button.set("check", lang.L("Copied"))
	})
	return container.NewStack(newBox(func(p *Palette) colour { return p.Field }, func(p *Palette) colour { return p.Edge }, 10),
		pad(12, 10, 10, 10, container.NewBorder(nil, nil, nil, middle(button), middle(column(4, lines...)))))
}

// computerChoice is the switch in the gear's menu: a narrow card has no room for it.
func (w *Window) computerChoice() choice {
	c := choice{text: lang.L("Use for this computer"), line: true, do: w.switchComputer}
	if w.computer.Use == vpn.UseImpossible {
		c.text = lang.L("Use in programs…")
	} else if w.settings.UseForComputer {
		c.icon = "check"
	}
	return c
}

// drawPanel has the tray's icon stand out from a light panel, or a dark one.
func (w *Window) drawPanel(light bool) {
	if w.tray != nil {
		w.tray.light = light
		w.drawTray()
	}
}
