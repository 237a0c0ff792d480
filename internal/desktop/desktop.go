// Package desktop is what differs by desktop: the entry and the service that start the program at login, the proxy that programs of
// this computer use, the tray's host and the panel's colours. What it changes it puts back as it was.
//
// cmd makes its parts and tells them what the user wishes; the ui hears of it through the bus.
//
// A Proxy and an Autostart are used by one goroutine at a time; the functions may be called from any. Everything that
// asks another program is bounded in time and may take seconds, so none of it belongs on the window's goroutine.
package desktop

import (
	"fmt"
	"strings"
)

// Kind says in whose settings the desktop's proxy is kept.
type Kind uint8

// The kinds.
const (
	Unknown Kind = iota // a desktop whose settings we do not know, or none
	GNOME               // GNOME, and those that keep its settings: Unity, Cinnamon, Pantheon, Budgie
	KDE                 // Plasma
)

// String is the kind's name, in the file that keeps what was there too.
func (k Kind) String() string {
	switch k {
	case GNOME:
		return "gnome"
	case KDE:
		return "kde"
	default:
		return "unknown"
	}
}

// KindOf reads XDG_CURRENT_DESKTOP: names with colons between, the most particular first.
func KindOf(current string) Kind {
	for name := range strings.SplitSeq(strings.ToLower(current), ":") {
		switch name {
		case "gnome", "gnome-classic", "gnome-flashback", "unity", "x-cinnamon", "cinnamon", "pantheon", "budgie":
			return GNOME
		case "kde":
			return KDE
		}
	}
	return Unknown
}

// UnknownDesktopError says that the desktop's proxy cannot be set because nobody knows where this desktop keeps it.
type UnknownDesktopError struct {
	Desktop string // as it calls itself; "" = it does not say
}

// Error is a sentence.
func (e *UnknownDesktopError) Error() string {
	if e.Desktop == "" {
		return "this desktop does not say what it is, so its proxy cannot be set"
	}
	return fmt.Sprintf("the desktop %s has no proxy setting that is known here", e.Desktop)
}

// NoProgramError says that the program which changes the desktop's settings, or the settings themselves, are missing.
type NoProgramError struct {
	Program string
	Err     error
}

// Error is a sentence.
func (e *NoProgramError) Error() string {
	return fmt.Sprintf("the program %s, which sets the desktop's proxy, cannot be used: %v", e.Program, e.Err)
}

// Unwrap gives the cause.
func (e *NoProgramError) Unwrap() error { return e.Err }
