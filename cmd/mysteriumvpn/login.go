package main

import (
	"path/filepath"

	"go.uber.org/zap"

	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/desktop"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// login keeps the entry that starts the window at login as the settings want it. It belongs to the window, wherever the
// core is.
type login struct {
	entry   *desktop.Autostart // nil = nothing is started at login
	now     func() vpn.Settings
	save    func(vpn.Settings)
	notices bus.Sender[vpn.Notice]
	log     *zap.Logger

	on  bool // as the entry is
	off bool // the user has switched it off in the desktop's settings, and ours do not say so yet
}

// loginEntry is the entry for a window that keeps everything under home, "" = in the usual places.
func loginEntry(home string) *desktop.Autostart {
	e := &desktop.Autostart{ID: appID, Name: "MysteriumVPN", Program: ownProgram(), Args: []string{"--hidden"}}
	if home != "" {
		if abs, err := filepath.Abs(home); err == nil {
			home = abs
		}
		e.Args = append(e.Args, "--home", home)
	}
	return e
}

// read looks at the entry at the start. If the user has switched it off in the desktop's own settings, ours follow; if
// it is on it is written again, since the program may have moved.
func (l *login) read() {
	s := l.now()
	if l.entry == nil || !s.StartAtLogin {
		return
	}
	on, err := l.entry.On()
	if err == nil && on {
		err = l.entry.Set(true)
	}
	l.on = err == nil && on
	if err != nil {
		l.log.Warn("start at login", zap.Error(err))
	}
	if !on {
		s.StartAtLogin = false
		l.save(s)
		l.off = l.now().StartAtLogin // where they are kept in another process, they say so later
	}
}

// follow switches starting at login as the settings want it.
func (l *login) follow(s vpn.Settings) {
	l.off = l.off && s.StartAtLogin
	if l.entry == nil || l.off || s.StartAtLogin == l.on {
		return
	}
	if err := l.entry.Set(s.StartAtLogin); err != nil {
		l.log.Warn("start at login", zap.Error(err))
		l.notices.Send(vpn.Notice{Severity: vpn.Warning, Reason: vpn.Reason{Code: vpn.NotAtLogin, A: err.Error()}})
		s.StartAtLogin = l.on
		l.save(s)
		return
	}
	l.on = s.StartAtLogin
}
