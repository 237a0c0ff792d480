// Package ui is the window and the tray icon: it draws what the topics say and sends what the user wishes. It decides
// nothing about the connection and keeps no truth of its own.
//
// cmd calls New once, after it has made the Fyne app (this package never imports fyne/v2/app, so it builds and tests
// without C and without a display), and shows the window.
//
// Everything here runs on the UI lane: receivers must deliver on it, and Fyne calls widgets on it. There is no lock
// and no fyne.Do.
package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/account"
	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/logs"
	"github.com/mysteriumvpn/desktop/internal/own"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/report"
	"github.com/mysteriumvpn/desktop/internal/usage"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// Options are what a window needs. App, Lane, Book, Ring, the receivers and Commands must be there; the rest may be
// left out.
type Options struct {
	App  fyne.App
	Lane *bus.Lane // of Fyne's goroutine: bus.Lane("ui", fyne.Do)

	// The receiving halves, all on Lane.
	Status    bus.Receiver[vpn.Status]
	Traffic   bus.Receiver[vpn.Traffic]
	Settings  bus.Receiver[vpn.Settings]
	Proposals bus.Receiver[uint64] // the version of Book's snapshot
	Logs      bus.Receiver[uint64] // the newest line in Ring
	Notices   bus.Receiver[vpn.Notice]
	Raise     bus.Receiver[vpn.Raise]
	Commands  bus.Sender[vpn.Command]

	Book     *proposals.Book
	Ring     *logs.Ring
	Report   func() (report.Report, error)  // makes a problem report, which takes a moment; nil = that cannot be had
	Feedback func(email, text string) error // has the node send words and its own log to its developers, which takes a moment; nil likewise
	Tap      func() (untap func())          // has what travels on the bus put into Ring; nil = that cannot be had

	Account bus.Receiver[account.State] // who pays, on Lane; nil = nobody tells
	Wishes  bus.Sender[account.Wish]    // what the user wants of it; nil with it

	Device Device // the root helper; nil = this system can have none

	Own OwnServers // where own servers are kept; nil = they cannot be changed here

	History        History              // nil = none is kept
	HistoryChanged bus.Receiver[uint64] // a higher number when there is something new, on Lane; may be nil with it

	Counts      bus.Receiver[usage.Counts] // of how the program is used, on Lane; nil = nobody counts
	EraseCounts func()                     // forget them

	Save   func(vpn.Settings) // the user changed a setting; the answer comes back through Settings
	Places Places             // as kept from the last time
	Keep   func(Places)       // the user's favourites or recent countries changed

	Zoom      func(by float32)        // draw everything by that much larger, from the next theme on
	Restart   func()                  // end the program as Quit does, or the window alone with Leave, and start it again
	CanListen func(addr string) error // whether the proxy could be at host:port

	Computer   bus.Receiver[vpn.Computer] // whether this computer's programs are sent to the tunnel, on Lane; nil = nobody can tell
	LightPanel bus.Receiver[bool]         // whether the tray's icon stands on a light panel, on Lane; nil = on a dark one

	// For a window whose core is in another process; nil = it is in this one.
	Leave func()             // end the window, and leave the core as it is
	Gone  bus.Receiver[bool] // whether that core has ended, on Lane

	Agreed string               // the version of the terms that was accepted; "" = none
	Agree  func(version string) // the user accepts the terms; nil = nobody keeps that

	NoTray   bool        // there is no message bus, on which tray icons are
	TrayHost func() bool // whether the desktop has a panel that shows our icon; nil = it has not
	Home     *Point      // where the user is; nil = not known

	Now    func() time.Time                            // nil = time.Now
	Beside func(work func())                           // runs what takes a moment, on a goroutine of its own; nil = go
	After  func(time.Duration, func()) (cancel func()) // calls once, on any goroutine; nil = time.AfterFunc
}

// OwnServers are where own servers are kept. Calls read and write files, so they are made beside the lane; they may come
// from any goroutine.
type OwnServers interface {
	List() ([]own.Server, error)
	Add(name string, text []byte, place own.Place) (own.Server, error)
	Locate(name string, place own.Place) error
	Remove(name string) error
}

func (o *Options) fill() {
	if o.Wishes == nil {
		o.Wishes = nobody{}
	}
	if o.History == nil {
		o.History = noHistory{}
	}
	if o.Device == nil {
		o.Device = noDevice{}
	}
	if o.EraseCounts == nil {
		o.EraseCounts = func() {}
	}
	if o.Save == nil {
		o.Save = func(vpn.Settings) {}
	}
	if o.Keep == nil {
		o.Keep = func(Places) {}
	}
	if o.Agree == nil {
		o.Agree = func(string) {}
	}
	if o.Zoom == nil {
		o.Zoom = func(float32) {}
	}
	if o.Restart == nil {
		o.Restart = func() {}
	}
	if o.CanListen == nil {
		o.CanListen = func(string) error { return nil }
	}
	if o.TrayHost == nil {
		o.TrayHost = func() bool { return false }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Beside == nil {
		o.Beside = func(work func()) { go work() }
	}
	if o.After == nil {
		o.After = func(d time.Duration, f func()) func() {
			t := time.AfterFunc(d, f)
			return func() { t.Stop() }
		}
	}
}

// loadWords gives Fyne our translations. English has an entry only where a plural needs one.
func loadWords() error { return lang.AddTranslationsFS(assets.Translations, "translations") }

// nobody hears wishes.
type nobody struct{}

func (nobody) Send(account.Wish) {}
