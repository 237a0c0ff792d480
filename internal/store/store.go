// Package store keeps small files that are written whole or not at all: a reader, and a start after a power cut, finds
// the old content or the new, never half of either. Files are private to the user.
//
// Settings, keys and snapshots are kept with it.
//
// All of it may be called from any goroutine. Of two that write one file at the same moment, the later to finish wins.
package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

// WriteFile makes data the content of the file at path, which gets mode 0600; folders that are missing get 0700. When
// it returns nil, the content will survive a power cut. After an error the file holds the old content, or, if only
// the last step went wrong, the new.
func WriteFile(path string, data []byte) error {
	if err := writeFile(realDisk{}, path, data); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// WriteJSON writes v as JSON that people can read.
func WriteJSON(path string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return WriteFile(path, append(data, '\n'))
}

// ReadJSON reads the file at path into v. Fields that the file does not name keep what v holds, so defaults go in
// there first. If there is no file, the error is fs.ErrNotExist. If the file cannot be understood, it is moved aside
// and the error is a *BadFileError. After any error v is as it was, but for what its maps and pointers point at.
func ReadJSON[T any](path string, v *T) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	fresh := *v
	if err := json.Unmarshal(data, &fresh); err != nil {
		return setAside(path, err)
	}
	*v = fresh
	return nil
}

// BadFileError says that a file could not be understood and where it has been moved, so that the next write does not
// destroy what a person may still make sense of.
type BadFileError struct {
	Path string // of the file
	Kept string // where it is now; "" = it could not be moved
	Err  error  // what is wrong with it
}

// Error is a sentence.
func (e *BadFileError) Error() string {
	if e.Kept == "" {
		return fmt.Sprintf("read %s: it is damaged: %v", e.Path, e.Err)
	}
	return fmt.Sprintf("read %s: it is damaged and was kept as %s: %v", e.Path, e.Kept, e.Err)
}

// Unwrap gives what is wrong with the file.
func (e *BadFileError) Unwrap() error { return e.Err }

func setAside(path string, why error) error {
	kept := path + ".bad-" + time.Now().UTC().Format("20060102T150405.000000")
	if err := os.Rename(path, kept); err != nil {
		return &BadFileError{Path: path, Err: errors.Join(why, err)}
	}
	return &BadFileError{Path: path, Kept: kept, Err: why}
}
