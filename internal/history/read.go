package history

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"unicode"
	"unicode/utf8"
)

const (
	maxEntries = 5000
	maxBytes   = 2 << 20 // of the file, after which it is written anew
	maxLine    = 8 << 10
)

// Skipped is how many lines of a file could not be understood.
type Skipped struct {
	Lines int
	Torn  bool // the last line is not whole: the program died while it wrote
}

// Read gives the entries in the file at path, oldest first, at most 5,000: the newest. Lines that cannot be understood
// are left out and counted. A file that is not there has none.
func Read(path string) ([]Entry, Skipped, error) {
	data, err := readTail(path)
	if err != nil {
		return nil, Skipped{}, fmt.Errorf("read the history: %w", err)
	}
	entries, skipped, _ := parse(data)
	return entries, skipped, nil
}

// readTail reads the file, or of one that is much too large its end.
func readTail(path string) (data []byte, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	const limit = 2 * maxBytes
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	cut := info.Size() > limit
	if cut {
		if _, err := f.Seek(-limit, io.SeekEnd); err != nil {
			return nil, err
		}
	}
	data, err = io.ReadAll(io.LimitReader(f, limit))
	if cut {
		_, data, _ = bytes.Cut(data, []byte("\n"))
	}
	return data, err
}

// parse reads lines. An entry is written several times while it is open; the last line of it counts. stale is how many
// lines a later one has replaced.
func parse(data []byte) (entries []Entry, skipped Skipped, stale int) {
	for len(data) > 0 {
		line, rest, whole := bytes.Cut(data, []byte("\n"))
		data = rest
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		e, ok := parseLine(line)
		if !ok || !whole {
			skipped.Lines++
			skipped.Torn = !whole
			continue
		}
		// A line that replaces another one follows it at once: there is one connection at a time.
		if n := len(entries); n > 0 && entries[n-1].Start.Equal(e.Start) {
			entries[n-1] = e
			stale++
			continue
		}
		entries = append(entries, e)
	}
	// Clocks are set back; for the list that is no reason to lie about what came first.
	slices.SortStableFunc(entries, func(a, b Entry) int { return a.Start.Compare(b.Start) })
	if n := len(entries); n > maxEntries {
		entries = slices.Clone(entries[n-maxEntries:])
	}
	return entries, skipped, stale
}

func parseLine(line []byte) (e Entry, ok bool) {
	if len(line) > maxLine || json.Unmarshal(line, &e) != nil {
		return Entry{}, false
	}
	for _, s := range []string{string(e.Network), e.Country, e.City, e.ProviderID, string(e.Why), string(e.Code), e.A, e.B} {
		if !plain(s) {
			return Entry{}, false
		}
	}
	if e.PerHour.Big().Sign() < 0 || e.PerGiB.Big().Sign() < 0 || e.Reconnects < 0 || e.Start.IsZero() {
		return Entry{}, false
	}
	// The file may have been written by hand: years must be such that they can be written down again.
	if y := e.Start.UTC().Year(); y < 1970 || y > 9000 || e.End.UTC().Year() > 9000 || e.End.UTC().Year() < 1 {
		return Entry{}, false
	}
	if e.Bytes() < e.BytesSent { // more than there are numbers for
		return Entry{}, false
	}
	return e, true
}

// plain reports whether s can be shown on a terminal without doing anything there.
func plain(s string) bool {
	for _, r := range s {
		if unicode.IsControl(r) || r == utf8.RuneError || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Bidi_Control, r) {
			return false
		}
	}
	return true
}

// tidy makes any text plain, and short enough for a line.
func tidy(s string) string {
	const limit = 200
	out := make([]rune, 0, min(len(s), limit))
	for _, r := range s {
		if len(out) == limit {
			break
		}
		if plain(string(r)) {
			out = append(out, r)
		} else {
			out = append(out, ' ')
		}
	}
	return string(out)
}
