// Package own keeps the user's own servers: a folder of WireGuard configuration files, one a server, each private to
// the user. The name of a server is its file's without ".conf".
//
// The command line and the window add and remove; our node lists them as its proposals. They are different processes:
// each reads the folder when it wants to know, and a file is written whole or not at all.
//
// A Folder holds nothing but its path and may be used from any goroutine.
package own

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mysteriumvpn/desktop/internal/store"
	"github.com/mysteriumvpn/desktop/internal/wgconf"
)

const (
	ending     = ".conf"
	maxServers = 1000 // more than anybody has
	maxName    = 60   // runes
)

// Folder is where own servers are kept. The zero Folder is none.
type Folder struct{ Path string }

// Server is one file of the folder. It holds the private key, which prints as "(key)".
type Server struct {
	Name     string
	ID       string         // in the form of a provider's; the same as long as key and endpoint are; "" if it cannot be used
	Config   *wgconf.Config // nil if it cannot be used
	Problems []wgconf.Problem
}

// Place is where a server is, for files that do not say. The zero Place says nothing.
type Place struct{ Country, City string }

// ExistsError says that a server is there already.
type ExistsError struct {
	Name string // of the one that is there
	Same bool   // it is the same server, whatever its name
}

// Error is a sentence for the user.
func (e *ExistsError) Error() string {
	if e.Same {
		return fmt.Sprintf("this server is there already as %s", e.Name)
	}
	return fmt.Sprintf("there is a server named %s already; remove it first, or give another name", e.Name)
}

// List reads all servers, by name. A folder that is not there has none. A file that cannot be used, or not even be
// read, is listed with what is wrong with it. The error is that the folder cannot be listed; it has the folder's path.
func (f Folder) List() ([]Server, error) { return f.list(read) }

func (f Folder) list(read func(path string) ([]byte, error)) ([]Server, error) {
	entries, err := os.ReadDir(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list the own servers: %w", err)
	}
	var out []Server
	for _, e := range entries {
		name, is := strings.CutSuffix(e.Name(), ending)
		if !is || name == "" || strings.HasPrefix(name, ".") || !e.Type().IsRegular() || len(out) == maxServers {
			continue
		}
		s := Server{Name: name}
		text, err := read(filepath.Join(f.Path, e.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed just now
		}
		if err != nil { // it must not hide the others. Why is left out: it has the path
			s.Problems = []wgconf.Problem{{Code: wgconf.Unreadable}}
			out = append(out, s)
			continue
		}
		s.Config, s.Problems, err = wgconf.Parse(text)
		if bad, ok := errors.AsType[*wgconf.Error](err); ok {
			s.Problems = slices.Concat(bad.Problems, s.Problems)
		} else {
			s.ID = id(s.Config)
		}
		out = append(out, s)
	}
	return out, nil
}

// read reads as much of a file as Parse needs to see that it is too large.
func read(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return Read(file)
}

// Read reads a configuration from anywhere: at most as much as Parse needs to see that it is too large.
func Read(r io.Reader) ([]byte, error) { return io.ReadAll(io.LimitReader(r, wgconf.MaxSize+1)) }

// id derives an identifier of a server that is in nobody's way: that of a key, in the form of an address of an
// identity.
func id(c *wgconf.Config) string {
	h := sha256.Sum256([]byte("mysteriumvpn own server " + c.Peer.PublicKey.Base64() + " " + c.Peer.Endpoint.String()))
	return fmt.Sprintf("0x%x", h[:20])
}

// Add keeps a file under a name, which is cleaned: see CleanName. What place says goes into the file, as a comment, and
// wins over what the file says. A file that cannot be used is a *wgconf.Error and is not kept; a server that is there
// is an *ExistsError.
func (f Folder) Add(name string, text []byte, place Place) (Server, error) {
	s := Server{Name: CleanName(name)}
	var err error
	if s.Config, s.Problems, err = wgconf.Parse(text); err != nil {
		return Server{}, err // lines are those of the file as the user has it
	}
	if place != (Place{}) {
		text = withPlace(text, place)
		if s.Config, s.Problems, err = wgconf.Parse(text); err != nil {
			return Server{}, err
		}
	}
	s.ID = id(s.Config)
	have, err := f.List()
	if err != nil {
		return Server{}, err
	}
	for _, h := range have {
		switch {
		case h.ID == s.ID:
			return Server{}, &ExistsError{Name: h.Name, Same: true}
		case strings.EqualFold(h.Name, s.Name): // some file systems take them for one
			return Server{}, &ExistsError{Name: h.Name}
		}
	}
	return s, store.WriteFile(filepath.Join(f.Path, s.Name+ending), text)
}

// withPlace puts comments above the text: of two that say the same the first counts.
func withPlace(text []byte, p Place) []byte {
	head := ""
	if c := wgconf.CountryCode(p.Country); c != "" {
		head += "# country: " + c + "\n"
	}
	if c := wgconf.CityName(p.City); c != "" {
		head += "# city: " + c + "\n"
	}
	return append([]byte(head), []byte(strings.TrimPrefix(string(text), "\ufeff"))...)
}

// Locate writes into a server's file where it is, in place of what the file said of that; the zero Place leaves it unsaid.
// A server that is not there is fs.ErrNotExist, a file that cannot be used a *wgconf.Error.
func (f Folder) Locate(name string, place Place) error {
	path, err := f.file(name)
	if err != nil {
		return fmt.Errorf("find the server %s: %w", name, err)
	}
	text, err := read(path)
	if err != nil {
		return fmt.Errorf("read the server %s: %w", name, err)
	}
	if _, _, err := wgconf.Parse(text); err != nil { // it may be longer than what was read
		return err
	}
	text = withPlace(wgconf.WithoutPlace(text), place)
	if _, _, err := wgconf.Parse(text); err != nil {
		return err
	}
	return store.WriteFile(path, text)
}

// Remove deletes a server's file. One that is not there is fs.ErrNotExist.
func (f Folder) Remove(name string) error {
	path, err := f.file(name)
	if err == nil {
		err = os.Remove(path)
	}
	if err != nil {
		return fmt.Errorf("remove the server %s: %w", name, err)
	}
	return nil
}

// file is a server's file. It is looked for in the folder, so that no name leads out of it.
func (f Folder) file(name string) (string, error) {
	entries, err := os.ReadDir(f.Path)
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		if e.Name() == name+ending && e.Type().IsRegular() {
			return filepath.Join(f.Path, e.Name()), nil
		}
	}
	return "", fs.ErrNotExist
}

// CleanName makes any text the name of a server, and so of a file: without a folder and without ".conf", letters,
// digits and - _ . only, and none that an operating system keeps for itself.
func CleanName(s string) string {
	s = strings.ReplaceAll(s, `\`, "/")
	s = s[strings.LastIndexByte(s, '/')+1:]
	s = withoutEnding(s)
	var out []rune
	for _, r := range s {
		if r == utf8.RuneError || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.", r) {
			r = '-'
		}
		if r == '-' && len(out) > 0 && out[len(out)-1] == '-' {
			continue
		}
		out = append(out, r)
	}
	name := ""
	for next := string(out[:min(len(out), maxName)]); next != name; {
		name = next
		next = strings.Trim(withoutEnding(name), "-. ")
	}
	stem, _, _ := strings.Cut(strings.ToUpper(name), ".")
	if name == "" || slices.Contains(reserved, stem) {
		return strings.TrimSuffix("server-"+name, "-")
	}
	return name
}

func withoutEnding(s string) string {
	if n := len(s) - len(ending); n > 0 && strings.EqualFold(s[n:], ending) {
		return s[:n]
	}
	return s
}

// reserved are names of devices on Windows, with whatever ending.
var reserved = []string{
	"CON", "PRN", "AUX", "NUL", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9",
	"LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
}
