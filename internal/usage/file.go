package usage

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mysteriumvpn/desktop/internal/store"
)

// maxFile is the size in bytes beyond which a file cannot be counts.
const maxFile = 64 << 10

// Encode gives c as the file has it, and an export.
func Encode(c Counts) []byte {
	b, _ := json.MarshalIndent(c, "", "  ") // numbers and words of ours only: cannot fail
	return append(b, '\n')
}

// Decode reads what Encode gave. Anything that is not of ours is an error, so that what is shown is all there is.
func Decode(b []byte) (Counts, error) {
	if len(b) > maxFile {
		return Counts{}, errors.New("it is too large to be counts of usage")
	}
	var c Counts
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return Counts{}, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Counts{}, errors.New("there is more after the counts")
	}
	return c, nil
}

// Read gives the counts in the file at path. A file that is not there has none.
func Read(path string) (Counts, error) {
	b, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Counts{}, nil
	}
	if err != nil {
		return Counts{}, fmt.Errorf("read the counts of usage: %w", err)
	}
	c, err := Decode(b)
	if err != nil {
		return Counts{}, fmt.Errorf("read the counts of usage in %s: %w", path, err)
	}
	return c, nil
}

func read(path string) (b []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}

func write(path string, c Counts) error {
	if err := store.WriteFile(path, Encode(c)); err != nil {
		return fmt.Errorf("keep the counts of usage: %w", err)
	}
	return nil
}

// Remove takes the file at path away, and what a crash has left of one in the making. That there is none is no error.
func Remove(path string) error {
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".new-*"))
	for _, p := range append(left, path) {
		if e := os.Remove(p); !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	if err != nil {
		return fmt.Errorf("erase the counts of usage: %w", err)
	}
	return nil
}
