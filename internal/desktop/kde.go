package desktop

import (
	"context"
	"fmt"
	"os/exec"
	"strings"

	"github.com/godbus/dbus/v5"
)

// kde keeps settings in the file kioslaverc, through the programs that come with the desktop: they know about the
// system's defaults, about locks, and about keys that an administrator has fixed.
type kde struct{ readProgram, writeProgram string }

// unsetMark is what kreadconfig is asked to print for a key that nobody has set.
const unsetMark = "\x1anot set"

const kdeGroup = "Proxy Settings"

func newKDE(version string) (backend, error) {
	order := []string{"6", "5"}
	if version == "5" {
		order = []string{"5", "6"}
	}
	var missing error
	for _, v := range order {
		r, err := exec.LookPath("kreadconfig" + v)
		if err == nil {
			var w string
			if w, err = exec.LookPath("kwriteconfig" + v); err == nil {
				return &kde{r, w}, nil
			}
		}
		if missing == nil {
			missing = &NoProgramError{"kwriteconfig" + v, err}
		}
	}
	return nil, missing
}

func (*kde) kind() Kind { return KDE }

func (*kde) entries(host, port string) []entry {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	at := func(key, unit, text string) entry {
		return entry{Group: kdeGroup, Key: key, Unit: unit, Ours: value{Text: text}}
	}
	return []entry{
		at("ProxyType", "", "1"), // by hand
		at("NoProxyFor", "", "localhost,127.0.0.0/8,::1"),
		at("ReversedException", "", "false"), // or the list above would name the only hosts that use the proxy
		at("httpProxy", "http", "http://"+host+" "+port),
		at("httpsProxy", "https", "http://"+host+" "+port),
		at("socksProxy", "socks", "socks://"+host+" "+port),
	}
}

func (k *kde) read(ctx context.Context, entries []entry) ([]value, error) {
	values := make([]value, len(entries))
	for i, e := range entries {
		out, err := ask(ctx, k.readProgram, "--file", "kioslaverc", "--group", e.Group, "--key", e.Key, "--default", unsetMark)
		if err != nil {
			return nil, err
		}
		values[i] = value{Text: strings.TrimSuffix(out, "\n")}
		if values[i].Text == unsetMark {
			values[i] = value{Unset: true}
		}
	}
	return values, nil
}

func (k *kde) write(ctx context.Context, e entry, v value) error {
	args := []string{"--file", "kioslaverc", "--group", e.Group, "--key", e.Key}
	if v.Unset {
		args = append(args, "--delete", "")
	} else {
		args = append(args, "--", v.Text) // a value may begin with a dash
	}
	_, err := ask(ctx, k.writeProgram, args...)
	return err
}

// announce tells programs that run already to read the file again. Without a bus there are none to tell.
func (*kde) announce(ctx context.Context, _ []entry) error {
	conn, err := session(ctx)
	if err != nil {
		return fmt.Errorf("tell programs of the new proxy: %w", err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.Emit("/KIO/Scheduler", "org.kde.KIO.Scheduler.reparseSlaveConfiguration", ""); err != nil {
		return fmt.Errorf("tell programs of the new proxy: %w", err)
	}
	// The bus has passed the signal on once it answers what was sent after it.
	return conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.GetId", 0).Err
}

// session is a connection of our own to the session bus: the caller closes it.
func session(ctx context.Context) (*dbus.Conn, error) {
	return dbus.ConnectSessionBus(dbus.WithContext(ctx))
}
