//go:build !headless

package main

import (
	"context"
	"path/filepath"

	"go.uber.org/zap"

	"github.com/mysteriumvpn/desktop/internal/account"
	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/logs"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/report"
	"github.com/mysteriumvpn/desktop/internal/ui"
	"github.com/mysteriumvpn/desktop/internal/usage"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// side is what a window stands on: topics in this process that say what is true, and the ways for what the user wishes.
// The core behind them is in this process, or in another.
type side struct {
	folders folders
	bus     *bus.Bus
	topics  *vpn.Topics
	purse   *account.Topics
	book    *proposals.Book
	ring    *logs.Ring
	log     *zap.Logger

	past        ui.History
	pastVersion *bus.State[uint64]
	counts      *bus.State[usage.Counts]
	eraseCounts func()

	save func(vpn.Settings)
	tap  *busTap

	device   ui.Device
	report   func() (report.Report, error)
	feedback func(email, words string) error
	gone     *bus.State[bool] // whether the core, which is in another process, has ended; nil = it is in this one

	// serve runs until ctx ends, or with a core of its own until the user quits, and leaves nothing behind.
	serve func(ctx context.Context) error
}

// window is the socket of the one window.
func (f folders) window() string { return filepath.Join(f.runtime, "window.sock") }

// side is the app's own: the core is in this process.
func (a *app) side() *side {
	return &side{
		folders: a.folders, bus: a.bus, topics: a.topics, purse: a.purse, book: a.book, ring: a.ring, log: a.log,
		tap: a.tap, device: hereDevice{a: a}, report: func() (report.Report, error) { return a.report(), nil },
		feedback: func(email, words string) error {
			_, err := a.feedback(context.Background(), email, words)
			return err
		},
		past: a.past, pastVersion: a.pastVersion, counts: a.counts, eraseCounts: a.counter.EraseSoon, save: saver{a.topics}.Send, serve: a.serve,
	}
}

// options are the window's: all but what belongs to the desktop.
func (s *side) options(lane *bus.Lane) ui.Options {
	t := s.topics
	o := ui.Options{
		Lane:   lane,
		Status: t.Status.Via(lane), Traffic: t.Traffic.Via(lane), Settings: t.Settings.Via(lane),
		Proposals: t.Proposals.Via(lane), Logs: t.Logs.Via(lane), Notices: t.Notices.Via(lane), Raise: t.Window.Via(lane),
		Commands: t.Commands, Book: s.book, Ring: s.ring, Tap: s.tap.on,
		Report: s.report, Feedback: s.feedback,
		Account: s.purse.State.Via(lane), Wishes: s.purse.Wishes,
		Device: s.device, Own: s.folders.own(),
		History: s.past, HistoryChanged: s.pastVersion.Via(lane),
		Counts: s.counts.Via(lane), EraseCounts: s.eraseCounts,
		Save: s.save, Computer: t.Computer.Via(lane),
		Agreed: s.agreed(), Agree: s.agree,
	}
	if s.gone != nil {
		o.Gone = s.gone.Via(lane)
	}
	return o
}
