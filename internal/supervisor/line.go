package supervisor

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// syntax is what may follow a command's name: flags in any order, as -name VALUE or -name=VALUE, and words.
type syntax struct {
	flags []string
	need  []string // the flags that must be there
	words int      // how many plain words must be there
}

var commands = map[string]syntax{
	"version":          {},
	"ping":             {},
	"bye":              {},
	"kill":             {},
	"ta-set-port":      {words: 1},
	"wg-up":            {flags: []string{"uid", "config"}, need: []string{"config"}},
	"wg-down":          {flags: []string{"iface"}, need: []string{"iface"}},
	"wg-stats":         {flags: []string{"iface"}, need: []string{"iface"}},
	"discover-gateway": {},
	"exclude-route":    {flags: []string{"ip", "gw"}, need: []string{"ip", "gw"}},
	"delete-route":     {flags: []string{"ip", "gw"}, need: []string{"ip", "gw"}},
}

// command is a line that has the right shape. Its values are not checked yet.
type command struct {
	name  string
	flags map[string]string
	words []string
}

// parseLine reads one line without its line feed. Its errors repeat nothing of the line but known names, for a line
// may hold a private key anywhere.
func parseLine(line string) (command, error) {
	if len(line) > MaxLine {
		return command{}, errLineTooLong
	}
	f := strings.Fields(line)
	if len(f) == 0 {
		return command{}, errors.New("empty line")
	}
	s, ok := commands[f[0]]
	if !ok {
		return command{}, errors.New("unknown command")
	}
	c := command{name: f[0], flags: make(map[string]string, len(s.flags))}
	for f = f[1:]; len(f) > 0; f = f[1:] {
		if !strings.HasPrefix(f[0], "-") {
			c.words = append(c.words, f[0])
			continue
		}
		name, value, joined := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(f[0], "-"), "-"), "=")
		if !slices.Contains(s.flags, name) {
			return command{}, fmt.Errorf("%s: unknown flag", c.name)
		}
		if _, twice := c.flags[name]; twice {
			return command{}, fmt.Errorf("%s: -%s is given twice", c.name, name)
		}
		if !joined {
			if len(f) < 2 {
				return command{}, fmt.Errorf("%s: -%s has no value", c.name, name)
			}
			value, f = f[1], f[1:]
		}
		if value == "" {
			return command{}, fmt.Errorf("%s: -%s is empty", c.name, name)
		}
		c.flags[name] = value
	}
	for _, n := range s.need {
		if _, ok := c.flags[n]; !ok {
			return command{}, fmt.Errorf("%s: -%s is missing", c.name, n)
		}
	}
	if len(c.words) != s.words {
		return command{}, fmt.Errorf("%s takes %d words beside its flags, not %d", c.name, s.words, len(c.words))
	}
	return c, nil
}

var errLineTooLong = fmt.Errorf("the line is longer than %d bytes", MaxLine)

// checkIface says what is wrong with an interface's name. The limits are those of Linux, the narrowest.
func checkIface(name string) error {
	if name == "" || len(name) > 15 || name == "." || name == ".." {
		return errors.New("an interface's name has 1 to 15 characters")
	}
	for _, r := range name {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-", r) {
			return errors.New("an interface's name consists of letters, digits, '_', '.' and '-'")
		}
	}
	return nil
}
