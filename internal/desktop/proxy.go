package desktop

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/mysteriumvpn/desktop/internal/store"
)

// ProxyOptions say where the desktop's settings are. Only File must be there.
type ProxyOptions struct {
	File       string // keeps what was there, from before the first change until all is put back
	Current    string // XDG_CURRENT_DESKTOP
	KDEVersion string // KDE_SESSION_VERSION
}

// Proxy is the proxy setting of the desktop, which most programs with a window follow.
//
// Set writes down all that was there before it changes anything, so Restore can put it back in the same run, at quit,
// or at the next start after a crash, wherever the crash came.
type Proxy struct {
	o ProxyOptions
}

// NewProxy makes one. Nothing is looked at yet.
func NewProxy(o ProxyOptions) *Proxy { return &Proxy{o: o} }

// Usable is nil where the desktop's proxy can be set, else an *UnknownDesktopError or a *NoProgramError.
func (p *Proxy) Usable() error {
	_, err := p.backend(KindOf(p.o.Current))
	return err
}

// Kept reports whether the desktop's settings were changed and not put back yet.
func (p *Proxy) Kept() bool {
	_, err := os.Stat(p.o.File)
	return err == nil
}

// value is a setting as the desktop's own program prints it.
type value struct {
	Text  string `json:"text"`
	Unset bool   `json:"unset,omitempty"` // nobody has set it
}

// entry is one setting: what was there, and what we put there.
type entry struct {
	Group string `json:"group"`
	Key   string `json:"key"`
	Unit  string `json:"unit,omitempty"` // which proxy it is the address of, or part of; "" = of none
	Was   value  `json:"was"`
	Ours  value  `json:"ours"`
}

func (e entry) name() string { return e.Group + " " + e.Key }

// kept is the file. The first entry is the one that switches the others on.
type kept struct {
	Desktop string  `json:"desktop"`
	Entries []entry `json:"entries"`
}

// backend is one desktop's way to keep settings.
type backend interface {
	kind() Kind
	entries(host, port string) []entry                    // what to set for this proxy; Was is empty
	read(ctx context.Context, e []entry) ([]value, error) // as they are now
	write(ctx context.Context, e entry, v value) error    // one of them
	announce(ctx context.Context, entries []entry) error  // tell programs that run already
}

func (p *Proxy) backend(k Kind) (backend, error) {
	switch k {
	case GNOME:
		return newGNOME()
	case KDE:
		return newKDE(p.o.KDEVersion)
	default:
		return nil, &UnknownDesktopError{p.o.Current}
	}
}

// Set makes addr, host:port, the desktop's proxy for HTTP, HTTPS and SOCKS. What an earlier Set has left is put back
// first. After an error all is as it was, as far as the desktop allows; what it does not, the next Restore tries again.
func (p *Proxy) Set(ctx context.Context, addr string) error {
	if _, err := p.Restore(ctx); err != nil {
		return err
	}
	b, err := p.backend(KindOf(p.o.Current))
	if err != nil {
		return err
	}
	host, port, err := dialable(addr)
	if err != nil {
		return err
	}
	k := kept{Desktop: b.kind().String(), Entries: b.entries(host, port)}
	now, err := b.read(ctx, k.Entries)
	if err != nil {
		return fmt.Errorf("read the desktop's proxy: %w", err)
	}
	for i := range k.Entries {
		k.Entries[i].Was = now[i]
	}
	if err := store.WriteJSON(p.o.File, k); err != nil {
		return fmt.Errorf("keep the desktop's proxy, so nothing was changed: %w", err)
	}
	err = set(ctx, b, k.Entries)
	if err == nil {
		return nil
	}
	// What has been changed must not stay because the caller's time is over.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), programLimit)
	defer cancel()
	_, back := p.Restore(ctx)
	return errors.Join(fmt.Errorf("set the desktop's proxy: %w", err), back)
}

// set writes the addresses first and the switch last, and looks whether the desktop has taken them.
func set(ctx context.Context, b backend, entries []entry) error {
	for i := len(entries) - 1; i >= 0; i-- {
		if e := entries[i]; e.Was != e.Ours {
			if err := b.write(ctx, e, e.Ours); err != nil {
				return err
			}
		}
	}
	now, err := b.read(ctx, entries)
	if err != nil {
		return err
	}
	for i, e := range entries {
		if now[i] != e.Ours {
			return fmt.Errorf("the desktop did not take %s", e.name())
		}
	}
	return b.announce(ctx, entries)
}

// Restore puts back what was there before Set; with nothing kept it does nothing. What somebody else has set meanwhile
// is left alone and named in theirs. After an error what was there is still kept, and Restore may be called again.
func (p *Proxy) Restore(ctx context.Context) (theirs []string, err error) {
	var k kept
	switch err := store.ReadJSON(p.o.File, &k); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("put the desktop's proxy back: %w", err)
	}
	kind := Unknown
	for _, x := range []Kind{GNOME, KDE} {
		if x.String() == k.Desktop {
			kind = x
		}
	}
	b, err := p.backend(kind)
	if err != nil {
		return nil, fmt.Errorf("put the desktop's proxy back: %w", err)
	}
	now, err := b.read(ctx, k.Entries)
	if err != nil {
		return nil, fmt.Errorf("put the desktop's proxy back: %w", err)
	}
	put, theirs := back(k.Entries, now)
	for _, e := range put {
		if err := b.write(ctx, e, e.Was); err != nil {
			return theirs, fmt.Errorf("put the desktop's proxy back: %w", err)
		}
	}
	if err := b.announce(ctx, k.Entries); err != nil {
		return theirs, fmt.Errorf("put the desktop's proxy back: %w", err)
	}
	if err := os.Remove(p.o.File); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return theirs, fmt.Errorf("the desktop's proxy is put back, but not forgotten: %w", err)
	}
	return theirs, nil
}

// back decides what to put back, the switch first, and what was changed by somebody else. A proxy's host and port stay
// together. While an address is somebody else's, the switch stays too: it switches theirs.
func back(entries []entry, now []value) (put []entry, theirs []string) {
	foreign := map[string]bool{}
	for i, e := range entries {
		if now[i] != e.Was && now[i] != e.Ours {
			theirs = append(theirs, e.name())
			if e.Unit != "" {
				foreign[e.Unit] = true
			}
		}
	}
	for i, e := range entries {
		stays := foreign[e.Unit] || i == 0 && len(foreign) > 0
		if now[i] == e.Ours && e.Was != e.Ours && !stays {
			put = append(put, e)
		}
	}
	return put, theirs
}

// dialable is an address that programs of this computer can dial: a proxy that listens everywhere is reached by loopback.
func dialable(addr string) (host, port string, err error) {
	host, port, err = net.SplitHostPort(addr)
	if err != nil {
		return "", "", fmt.Errorf("set the desktop's proxy: %w", err)
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return host, port, nil
}

// programLimit bounds what putting things back after an error may take, and each program that is asked.
const programLimit = 5 * time.Second
