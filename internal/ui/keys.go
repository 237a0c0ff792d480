package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/lang"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// shortcut is a key that works wherever the focus is.
type shortcut struct {
	key *desktop.CustomShortcut
	do  func()
}

func control(k fyne.KeyName) *desktop.CustomShortcut {
	return &desktop.CustomShortcut{KeyName: k, Modifier: fyne.KeyModifierShortcutDefault}
}

func (w *Window) shortcuts() []shortcut {
	return []shortcut{
		{control(fyne.KeyF), w.focusSearch},
		{control(fyne.KeyL), w.toggleLog},
		{control(fyne.KeyH), w.toggleHistory},
		{control(fyne.KeyComma), w.toggleSettings},
		{control(fyne.KeyM), w.toggleAccount},
		{control(fyne.KeyR), w.toggleReport},
		{control(fyne.KeyK), w.toggleProof},
		{control(fyne.KeySlash), w.showHelp},
		{control(fyne.KeyP), w.copyProxy},
		{control(fyne.KeyD), w.toggleDetails},
		{control(fyne.KeyQ), w.quit},
		{control(fyne.KeyReturn), w.pressed},
	}
}

// bindKeys makes the shortcuts work while the focus is on something that has none of its own, or on nothing. The search
// field hands on those that it gets.
func (w *Window) bindKeys() {
	c := w.window.Canvas()
	for _, s := range w.shortcuts() {
		c.AddShortcut(s.key, func(fyne.Shortcut) {
			over := c.Overlays().Top() != nil // a question or a menu: what is behind it has no keys
			if !over && (!w.waiting() || s.key.KeyName == fyne.KeyQ) {
				s.do()
			}
		})
	}
	c.SetOnTypedKey(func(e *fyne.KeyEvent) {
		switch {
		case w.waiting():
			w.focusWaiting()
		case e.Name == fyne.KeyEscape:
			w.escape()
		case e.Name == fyne.KeyF1:
			w.showHelp()
		}
	})
}

// typedShortcut does what a shortcut says and reports whether it is one of the window's.
func (w *Window) typedShortcut(typed fyne.Shortcut) bool {
	for _, s := range w.shortcuts() {
		if s.key.ShortcutName() == typed.ShortcutName() {
			s.do()
			return true
		}
	}
	return false
}

// escape goes one step back: from the log, from a search, from a choice.
func (w *Window) escape() {
	switch {
	case w.stay != nil:
		w.stay()
	case w.exits.filter.close():
	case w.window.Canvas().Overlays().Top() != nil:
		w.window.Canvas().Overlays().Top().Hide()
	case w.stack.at != homePage:
		w.toggle(w.stack.at)
	case w.exits.search.Text != "":
		w.exits.search.SetText("")
	case w.card.details.open:
		w.toggleDetails()
	default:
		w.choose(vpn.Target{})
	}
}

func (w *Window) focusSearch() {
	if w.stack.at == logsPage {
		w.window.Canvas().Focus(w.log.search)
		return
	}
	if w.stack.at == historyPage {
		w.window.Canvas().Focus(w.past.search)
		return
	}
	w.window.Canvas().Focus(w.exits.search)
}

// openMenu shows the gear's menu below it.
func (w *Window) openMenu() {
	_, word := wish(w.status.Phase)
	icon := func(name string) string {
		if w.settings.Theme == name {
			return "check"
		}
		return ""
	}
	choices := []choice{
		{icon: "power", text: word, keys: "Ctrl ↵", do: w.pressed},
		{icon: "search", text: lang.L("Search"), keys: "Ctrl F", do: w.focusSearch},
		{icon: "scroll-text", text: lang.L("Log"), keys: "Ctrl L", do: w.toggleLog},
		{icon: "history", text: lang.L("History"), keys: "Ctrl H", do: w.toggleHistory},
		{icon: "wallet", text: lang.L("Account"), keys: "Ctrl M", do: w.toggleAccount},
		{icon: "sliders-horizontal", text: lang.L("Settings"), keys: "Ctrl ,", do: w.toggleSettings},
		{icon: "eye", text: lang.L("Proof"), keys: "Ctrl K", do: w.toggleProof},
		{icon: "circle-alert", text: lang.L("Report a problem…"), keys: "Ctrl R", do: w.toggleReport},
		{icon: "keyboard", text: lang.L("Keyboard"), keys: "F1", do: w.showHelp},
		w.computerChoice(),
		{icon: icon(""), text: lang.L("Look as the desktop has it"), line: true, do: func() { w.look("") }},
		{icon: icon("light"), text: lang.L("Light"), do: func() { w.look("light") }},
		{icon: icon("dark"), text: lang.L("Dark"), do: func() { w.look("dark") }},
		{icon: "log-out", text: quitWord(w.apart()), keys: "Ctrl Q", line: true, do: w.quit},
	}
	if w.o.Report == nil {
		choices = slices.DeleteFunc(choices, func(c choice) bool { return c.icon == "circle-alert" })
	}
	dropDown(w.gear, w.window.Canvas(), choices)
}

// look asks for light, dark, or what the desktop has. The window changes when the setting has.
func (w *Window) look(name string) {
	s := w.settings
	s.Theme = name
	w.o.Save(s)
}

// focusOn gives the keys to an object, if it is in a window. Lists need it when another row is clicked: Fyne's own would do it,
// but looks for the list within ours, which no window knows.
func focusOn(o fyne.Focusable) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(o.(fyne.CanvasObject)); c != nil {
		c.Focus(o)
	}
}
