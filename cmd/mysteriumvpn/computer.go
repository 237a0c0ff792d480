package main

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/mysteriumvpn/desktop/internal/desktop"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// appID is FyneApp.toml's.
const appID = "network.mysterium.vpn.desktop"

// computer keeps the desktop as the settings and the status want it: its proxy, and the entry that starts the window at
// login.
type computer struct {
	login  *login
	proxy  *desktop.Proxy
	topics *vpn.Topics
	log    *zap.Logger

	refused string        // what the desktop said; not asked again before the user or the connection gives a reason to
	limit   time.Duration // of putting back; 0 = putBackLimit
}

// serve works until ctx ends. Then it puts the desktop's proxy back, which takes at most twice putBackLimit.
func (c *computer) serve(ctx context.Context) {
	defer c.leave(ctx)
	if c.proxy.Kept() {
		c.log.Info("the program did not end in order; putting the desktop's proxy back")
		c.putBack(ctx)
	}
	c.login.read()
	changed := make(chan struct{}, 1)
	poke := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	defer c.topics.Status.On(func(vpn.Status) { poke() })()
	defer c.topics.Settings.On(func(vpn.Settings) { poke() })()
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
			c.step(ctx, c.topics.Status.Load(), c.topics.Settings.Load())
		}
	}
}

// step makes the desktop as it is wanted now.
func (c *computer) step(ctx context.Context, status vpn.Status, settings vpn.Settings) {
	c.login.follow(settings)
	kept := c.proxy.Kept()
	wanted := wantsComputer(status.Phase, settings.UseForComputer, kept)
	if !wanted {
		c.refused = ""
	}
	switch {
	case wanted && !kept && c.refused == "":
		if err := c.proxy.Set(ctx, status.Proxy.HTTP); err != nil && ctx.Err() == nil {
			c.log.Error("use for this computer", zap.Error(err))
			c.refused = err.Error()
			c.topics.Notices.Send(vpn.Notice{Severity: vpn.Error, Reason: whyNot(err)})
		}
	case !wanted && kept:
		c.putBack(ctx)
	}
	c.say()
}

// wantsComputer decides whether the desktop's proxy shall be ours. It becomes so only while traffic passes; then it
// stays while the connection is brought back or is on hold, or programs would go out by this computer's own address
// without anybody having asked for it.
func wantsComputer(p vpn.Phase, asked, set bool) bool {
	return asked && (p == vpn.Up || set && p.Wanted())
}

// putBack gives the desktop its own proxy again. What cannot be put back now is tried again at the next change, and at
// the next start. The end of the program does not interrupt it.
func (c *computer) putBack(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cmp.Or(c.limit, putBackLimit))
	defer cancel()
	theirs, err := c.proxy.Restore(ctx)
	if err != nil {
		c.log.Error("put the desktop's proxy back", zap.Error(err))
		c.topics.Notices.Send(vpn.Notice{Severity: vpn.Error, Reason: vpn.Reason{Code: vpn.DesktopRefused, A: err.Error()}})
	}
	if len(theirs) > 0 {
		c.log.Warn("somebody else has changed the desktop's proxy", zap.Strings("left", theirs))
		c.topics.Notices.Send(vpn.Notice{Severity: vpn.Warning, Reason: vpn.Reason{Code: vpn.DesktopTheirs, A: strings.Join(theirs, ", ")}})
	}
}

// putBackLimit bounds how long the desktop may take. The end of the program may have to wait for two of them.
const putBackLimit = 5 * time.Second

func (c *computer) leave(ctx context.Context) {
	if c.proxy.Kept() {
		c.putBack(ctx)
	}
}

// say tells the window how things are.
func (c *computer) say() {
	now := vpn.Computer{Use: vpn.UseOff}
	switch err := c.proxy.Usable(); {
	case c.proxy.Kept():
		now.Use = vpn.UseOn
	case err != nil:
		now.Use, now.Reason = vpn.UseImpossible, whyNot(err)
	case c.refused != "":
		now.Reason = vpn.Reason{Code: vpn.DesktopRefused, A: c.refused}
	}
	c.topics.Computer.Send(now)
}

func whyNot(err error) vpn.Reason {
	if e, ok := errors.AsType[*desktop.UnknownDesktopError](err); ok {
		name := e.Desktop
		if name == "" {
			name = "?"
		}
		return vpn.Reason{Code: vpn.DesktopUnknown, A: name}
	}
	if e, ok := errors.AsType[*desktop.NoProgramError](err); ok {
		return vpn.Reason{Code: vpn.DesktopNoProgram, A: e.Program}
	}
	return vpn.Reason{Code: vpn.DesktopRefused, A: err.Error()}
}

// newComputer makes the keeper of the desktop. Without a window nothing starts at login.
func (a *app) newComputer(o *startOptions) *computer {
	c := &computer{topics: a.topics, log: a.log, proxy: desktop.NewProxy(desktop.ProxyOptions{
		File:    filepath.Join(a.folders.state, "desktop-proxy.json"),
		Current: os.Getenv("XDG_CURRENT_DESKTOP"), KDEVersion: os.Getenv("KDE_SESSION_VERSION"),
	})}
	c.login = &login{now: a.topics.Settings.Load, save: a.topics.Settings.Send, notices: a.topics.Notices, log: a.log}
	if a.window {
		c.login.entry = loginEntry(o.home)
	}
	return c
}
