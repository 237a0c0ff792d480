//go:build !headless

package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/mysteriumvpn/desktop/internal/control"
	"github.com/mysteriumvpn/desktop/internal/desktop"
	"github.com/mysteriumvpn/desktop/internal/probes"
	"github.com/mysteriumvpn/desktop/internal/proof"
	"github.com/mysteriumvpn/desktop/internal/ui"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// helperLimit bounds how long the window waits for the helper.
const helperLimit = 15 * time.Second

// setup is what a window can do about the helper by itself, wherever its core is: the desktop's password dialog is where
// the window is.
type setup struct{}

func (setup) Setup() ui.Setup { return ui.Setup(desktop.FindHelper()) }
func (setup) Enable() error   { return desktop.EnableHelper(context.Background()) }

// hereDevice is the helper of a window whose core is in this process.
type hereDevice struct {
	setup
	a *app
}

func (d hereDevice) Look() error { return bounded(d.a.lookGuard) }

func (d hereDevice) Switch(what string, on bool) error {
	return bounded(func(ctx context.Context) error { return d.a.switchGuard(ctx, what, on) })
}

func (d hereDevice) Rules() (l proof.Listing, err error) {
	err = bounded(func(ctx context.Context) (err error) { l, err = d.a.rules(ctx); return err })
	return l, err
}

func (d hereDevice) Probe() (r probes.Result, err error) {
	err = bounded(func(ctx context.Context) (err error) { r, err = d.a.probe(ctx); return err })
	return r, err
}

func bounded(ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), helperLimit)
	defer cancel()
	return ask(ctx)
}

// farDevice is that of a window whose core is in another process.
type farDevice struct {
	setup
	a *attached
}

func (d farDevice) Look() error { return ours(d.a.client.LookGuard(d.a.ctx)) }

func (d farDevice) Switch(what string, on bool) error {
	return ours(d.a.client.SwitchGuard(d.a.ctx, what, on))
}

func (d farDevice) Rules() (proof.Listing, error) {
	l, err := d.a.client.Rules(d.a.ctx)
	return l, ours(err)
}

func (d farDevice) Probe() (probes.Result, error) {
	r, err := d.a.client.Probe(d.a.ctx)
	return r, ours(err)
}

// ours makes a refusal that has one of our codes a reason again, which the window says in its own language.
func ours(err error) error {
	e, ok := errors.AsType[*control.Error](err)
	if ok && slices.Contains([]vpn.Code{vpn.HelperAbsent, vpn.HelperDenied, vpn.DeviceNotHere}, vpn.Code(e.Code)) {
		return vpn.Reason{Code: vpn.Code(e.Code)}
	}
	return err
}
