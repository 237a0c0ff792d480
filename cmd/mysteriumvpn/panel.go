//go:build !headless

package main

import (
	"context"
	"os"
	"runtime"
	"time"

	"go.uber.org/zap"

	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/desktop"
	"github.com/mysteriumvpn/desktop/internal/ui"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// panelLimit is how long a program that starts at login waits for the desktop's panel before it shows its window.
const panelLimit = 15 * time.Second

// showWithoutTray shows the window of a hidden start if the desktop has no tray that could.
func (s *side) showWithoutTray(ctx context.Context, lane *bus.Lane, w *ui.Window) {
	if runtime.GOOS != "linux" {
		return
	}
	waiting, cancel := context.WithTimeout(ctx, panelLimit)
	defer cancel()
	if desktop.WaitTrayHost(waiting) || ctx.Err() != nil {
		return
	}
	s.log.Info("no tray to start hidden in")
	lane.Post(w.Show)
	s.topics.Notices.Send(vpn.Notice{Severity: vpn.Info, Reason: vpn.Reason{Code: vpn.NoTray}})
}

// watchPanel tells the window whether the desktop's panel is light.
func (s *side) watchPanel(ctx context.Context, panel bus.Sender[bool]) {
	if runtime.GOOS != "linux" {
		return
	}
	if err := desktop.WatchPanel(ctx, os.Getenv("XDG_CURRENT_DESKTOP"), panel.Send); err != nil {
		s.log.Debug("the tray's icon is made for a dark panel", zap.Error(err))
	}
}
