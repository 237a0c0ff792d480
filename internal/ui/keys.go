package ui

import (
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
		{control(fyne.KeyQ), w.quit},
		{control(fyne.KeyReturn), w.pressed},
	}
}

// bindKeys makes the shortcuts work while the focus is on something that has none of its own, or on nothing. The search
// field hands on those that it gets.
func (w *Window) bindKeys() {
	c := w.window.Canvas()
	for _, s := range w.shortcuts() {
		c.AddShortcut(s.key, func(fyne.Shortcut) { s.do() })
	}
	c.SetOnTypedKey(func(e *fyne.KeyEvent) {
		if e.Name == fyne.KeyEscape {
			w.escape()
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
	case w.log.canvas.Visible():
		w.toggleLog()
	case w.exits.search.Text != "":
		w.exits.search.SetText("")
	default:
		w.choose(vpn.Target{})
	}
}

func (w *Window) focusSearch() { w.window.Canvas().Focus(w.exits.search) }

// menu is the gear's.
func (w *Window) menu() *fyne.Menu {
	item := func(text string, key fyne.KeyName, do func()) *fyne.MenuItem {
		m := fyne.NewMenuItem(text, do)
		m.Shortcut = control(key)
		return m
	}
	look := fyne.NewMenuItem(lang.L("Appearance"), nil)
	look.ChildMenu = fyne.NewMenu("", w.look(lang.L("As the desktop"), ""), w.look(lang.L("Light"), "light"), w.look(lang.L("Dark"), "dark"))
	_, word := wish(w.status.Phase)
	press := item(word, fyne.KeyReturn, w.pressed)
	return fyne.NewMenu("", press, item(lang.L("Search"), fyne.KeyF, w.focusSearch), fyne.NewMenuItemSeparator(),
		look, item(lang.L("Log"), fyne.KeyL, w.toggleLog), fyne.NewMenuItemSeparator(), item(lang.L("Quit"), fyne.KeyQ, w.quit))
}

func (w *Window) look(text, name string) *fyne.MenuItem {
	m := fyne.NewMenuItem(text, func() {
		s := w.settings
		s.Theme = name
		w.o.Save(s)
	})
	m.Checked = w.settings.Theme == name
	return m
}
