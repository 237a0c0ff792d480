package history

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mysteriumvpn/desktop/internal/store"
)

// Clear empties the file at path. A program that runs notices before it writes again.
//
// Race: a recorder that writes its file anew at this very moment, which takes milliseconds at its start and after each
// megabyte, puts back what it had read.
func Clear(path string) error {
	if err := store.WriteFile(path, nil); err != nil {
		return fmt.Errorf("clear the history: %w", err)
	}
	return nil
}

// file is the file as its one writer sees it.
type file struct {
	path string
	was  os.FileInfo // as our last write left it; nil = there is none
}

// changed reports whether somebody else has written the file, or removed it.
func (f *file) changed() bool {
	now, err := os.Stat(f.path)
	if err != nil || f.was == nil {
		return (err == nil) != (f.was != nil)
	}
	return !os.SameFile(f.was, now) || f.was.Size() != now.Size()
}

func (f *file) look() { f.was, _ = os.Stat(f.path) } // without one, was is nil

// add appends a line. lasting = it must survive a power cut.
func (f *file) add(e Entry, lasting bool) (err error) {
	line, err := encode(e)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return err
	}
	w, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, w.Close())
		f.look()
	}()
	if _, err := w.Write(line); err != nil {
		return err
	}
	if lasting {
		return w.Sync()
	}
	return nil
}

// large reports whether the file should be written anew.
func (f *file) large() bool { return f.was != nil && f.was.Size() > maxBytes }

// replace writes the file anew with these entries, and gives those that had room. The limit is left well below the one
// of large, so that it is not reached again with the next line.
func (f *file) replace(entries []Entry) ([]Entry, error) {
	lines := make([][]byte, 0, len(entries))
	size := 0
	for i := len(entries) - 1; i >= 0; i-- {
		line, err := encode(entries[i])
		if err != nil {
			return entries, err
		}
		if size += len(line); size > maxBytes*3/4 {
			entries = entries[i+1:]
			break
		}
		lines = append(lines, line)
	}
	var b bytes.Buffer
	for i := len(lines) - 1; i >= 0; i-- {
		b.Write(lines[i])
	}
	err := store.WriteFile(f.path, b.Bytes())
	f.look()
	return entries, err
}

// encode makes a line; a text that cannot be shown is made to.
func encode(e Entry) ([]byte, error) {
	e.Start, e.End = e.Start.UTC(), e.End.UTC()
	e.Country, e.City, e.ProviderID = tidy(e.Country), tidy(e.City), tidy(e.ProviderID)
	e.A, e.B = tidy(e.A), tidy(e.B)
	b, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("write down a connection: %w", err)
	}
	return append(b, '\n'), nil
}
