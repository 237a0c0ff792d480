package desktop

import (
	"context"
	"fmt"
	"strings"

	"github.com/godbus/dbus/v5"
)

// The names on the session bus that this file asks.
const (
	watcherName   = "org.kde.StatusNotifierWatcher"
	portalName    = "org.freedesktop.portal.Desktop"
	portalPath    = dbus.ObjectPath("/org/freedesktop/portal/desktop")
	portalSetting = "org.freedesktop.portal.Settings"
	lookGroup     = "org.freedesktop.appearance"
	lookKey       = "color-scheme"
)

// HasBus reports whether programs of this desktop can talk to each other: without that there is no tray either.
func HasBus(ctx context.Context) bool {
	conn, err := session(ctx)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// TrayHost reports whether the desktop shows tray icons.
func TrayHost(ctx context.Context) bool {
	conn, err := session(ctx)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	return owned(ctx, conn)
}

func owned(ctx context.Context, conn *dbus.Conn) bool {
	var has bool
	err := conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.NameHasOwner", 0, watcherName).Store(&has)
	return err == nil && has
}

// WaitTrayHost waits until the desktop shows tray icons, and reports false if it does not before ctx ends: what starts
// at login may be there before the panel is.
func WaitTrayHost(ctx context.Context) bool {
	conn, err := session(ctx)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	signals := make(chan *dbus.Signal, 8)
	conn.Signal(signals)
	if err := conn.AddMatchSignalContext(ctx, dbus.WithMatchInterface("org.freedesktop.DBus"),
		dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, watcherName)); err != nil {
		return false
	}
	for !owned(ctx, conn) {
		select {
		case <-ctx.Done():
			return false
		case _, ok := <-signals:
			if !ok {
				return false
			}
		}
	}
	return true
}

// WatchPanel tells whether the desktop's panel is light, first as it is and then after each change, until ctx ends. It
// returns at once where that cannot be known; then the panel is taken for dark, as most are. tell is called on this
// goroutine.
func WatchPanel(ctx context.Context, current string, tell func(light bool)) error {
	if blackPanel(current) {
		return nil
	}
	conn, err := session(ctx)
	if err != nil {
		return fmt.Errorf("ask for the panel's colours: %w", err)
	}
	defer func() { _ = conn.Close() }()
	signals := make(chan *dbus.Signal, 8)
	conn.Signal(signals)
	if err := conn.AddMatchSignalContext(ctx, dbus.WithMatchInterface(portalSetting),
		dbus.WithMatchMember("SettingChanged"), dbus.WithMatchArg(0, lookGroup)); err != nil {
		return fmt.Errorf("ask for the panel's colours: %w", err)
	}
	var v dbus.Variant
	// Read wraps its answer twice, and is what old portals have; ReadOne is newer.
	err = conn.Object(portalName, portalPath).CallWithContext(ctx, portalSetting+".Read", 0, lookGroup, lookKey).Store(&v)
	if err == nil {
		tell(prefersLight(v))
	} else if light, known := lightByGSettings(ctx); known {
		tell(light)
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case s, ok := <-signals:
			if !ok {
				return nil
			}
			if len(s.Body) == 3 && s.Body[0] == lookGroup && s.Body[1] == lookKey {
				if v, ok := s.Body[2].(dbus.Variant); ok {
					tell(prefersLight(v))
				}
			}
		}
	}
}

// blackPanel reports whether a desktop's panel is dark whatever the colour scheme: GNOME's bar always is.
func blackPanel(current string) bool {
	for name := range strings.SplitSeq(strings.ToLower(current), ":") {
		if name == "gnome" || name == "gnome-classic" || name == "unity" || name == "pantheon" {
			return true
		}
	}
	return false
}

// prefersLight reads a colour scheme: 0 = no preference, 1 = dark, 2 = light.
func prefersLight(v dbus.Variant) bool {
	inner := v.Value()
	for {
		w, ok := inner.(dbus.Variant)
		if !ok {
			n, ok := inner.(uint32)
			return ok && n == 2
		}
		inner = w.Value()
	}
}

// lightByGSettings asks where there is no portal.
func lightByGSettings(ctx context.Context) (light, known bool) {
	b, err := newGNOME()
	if err != nil {
		return false, false
	}
	out, err := ask(ctx, b.(*gnome).program, "get", "org.gnome.desktop.interface", "color-scheme")
	if err != nil {
		return false, false
	}
	return strings.Contains(out, "prefer-light"), true
}
