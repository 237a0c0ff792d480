package desktop

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// gnomeSchema has the mode, and below it a schema per protocol.
const gnomeSchema = "org.gnome.system.proxy"

// gnome keeps settings through the program gsettings. It prints the effective value: one that was never set is put
// back by writing the default.
type gnome struct{ program string }

func newGNOME() (backend, error) {
	path, err := exec.LookPath("gsettings")
	if err != nil {
		return nil, &NoProgramError{"gsettings", err}
	}
	return &gnome{path}, nil
}

func (*gnome) kind() Kind { return GNOME }

func (*gnome) entries(host, port string) []entry {
	at := func(s string) value { return value{Text: s} }
	list := []entry{
		{Group: gnomeSchema, Key: "mode", Ours: at("'manual'")},
		{Group: gnomeSchema, Key: "ignore-hosts", Ours: at("['localhost', '127.0.0.0/8', '::1']")},
	}
	for _, unit := range []string{"http", "https", "socks"} {
		list = append(list,
			entry{Group: gnomeSchema + "." + unit, Key: "host", Unit: unit, Ours: at("'" + host + "'")},
			entry{Group: gnomeSchema + "." + unit, Key: "port", Unit: unit, Ours: at(port)})
	}
	return list
}

// read takes lines of "schema key value".
func (g *gnome) read(ctx context.Context, entries []entry) ([]value, error) {
	out, err := ask(ctx, g.program, "list-recursively", gnomeSchema)
	if err != nil {
		return nil, err
	}
	have := map[[2]string]string{}
	for line := range strings.Lines(out) {
		if f := strings.SplitN(strings.TrimSpace(line), " ", 3); len(f) == 3 {
			have[[2]string{f[0], f[1]}] = f[2]
		}
	}
	values := make([]value, len(entries))
	for i, e := range entries {
		text, ok := have[[2]string{e.Group, e.Key}]
		if !ok {
			return nil, &NoProgramError{"gsettings", fmt.Errorf("it does not know %s", e.name())}
		}
		values[i].Text = text
	}
	return values, nil
}

func (g *gnome) write(ctx context.Context, e entry, v value) error {
	_, err := ask(ctx, g.program, "set", e.Group, e.Key, v.Text)
	return err
}

// announce has nothing to do: GNOME tells programs itself.
func (*gnome) announce(context.Context, []entry) error { return nil }
