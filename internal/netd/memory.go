package netd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// memory is what outlives the helper: the switches, which a reboot keeps, and who holds the connection, which it does
// not, because the rules are gone then too. What cannot be read counts as the stricter: a damaged file never opens.
type memory struct {
	kept string // file of the switches
	held string // file of the holder
}

func newMemory(p Paths) memory {
	return memory{kept: filepath.Join(p.Kept, "switches"), held: filepath.Join(p.Run, "held")}
}

// load reads the state that a helper begins with.
func (m memory) load() State {
	s, ok := m.switches()
	if !ok {
		s = State{Lockdown: true, Notice: "the file of the switches is damaged, so lockdown is on; switch it off to go on"}
	}
	b, err := os.ReadFile(m.held)
	if errors.Is(err, os.ErrNotExist) {
		return s
	}
	s.Held = true
	s.Notice = "the helper has started again; everything is blocked until the program connects again or the user disconnects"
	if _, scan := fmt.Sscanf(string(b), "held by %d\n", &s.Owner); err != nil || scan != nil {
		s.Owner = 0
	}
	return s
}

// switches are those that are written down; not ok if that cannot be read.
func (m memory) switches() (s State, ok bool) {
	b, err := os.ReadFile(m.kept)
	if errors.Is(err, os.ErrNotExist) {
		return s, true
	}
	ok = err == nil && readSwitches(string(b), &s)
	return s, ok
}

func readSwitches(text string, s *State) bool {
	var lockdown, lan string
	if n, err := fmt.Sscanf(text, "lockdown %s\nlan %s\n", &lockdown, &lan); n != 2 || err != nil {
		return false
	}
	s.Lockdown, s.LAN = lockdown == "on", lan == "on"
	return (s.Lockdown || lockdown == "off") && (s.LAN || lan == "off")
}

func onOff(v bool) string {
	if v {
		return "on"
	}
	return "off"
}

// storeSwitches writes what a reboot keeps, unless it is written down already.
func (m memory) storeSwitches(s *State) error {
	if kept, ok := m.switches(); ok && kept.Lockdown == s.Lockdown && kept.LAN == s.LAN {
		return nil
	}
	return writeWhole(m.kept, fmt.Sprintf("lockdown %s\nlan %s\n", onOff(s.Lockdown), onOff(s.LAN)), 0o600)
}

// storeHeld writes who holds the connection. It is called before the rules of a hold and after the opening.
func (m memory) storeHeld(s *State) error {
	if s.Held {
		return writeWhole(m.held, fmt.Sprintf("held by %d\n", s.Owner), 0o600)
	}
	return removeIfThere(m.held)
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// writeWhole writes a file beside path and renames it there, so that there is the old one or the new one. The folder
// is made if need be; it is root's.
func writeWhole(path, text string, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".mysteriumvpn-*")
	if err != nil {
		return err
	}
	_, err = strings.NewReader(text).WriteTo(f)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
