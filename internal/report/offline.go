package report

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mysteriumvpn/desktop/internal/store"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// Files are where a program leaves what a report needs.
type Files struct {
	Settings string
	Log      string // its older ones stand beside it
	Crash    string
}

// Offline adds to a subject what is in files. What cannot be read is Missing, never an error: a report is made because
// something is wrong.
func (s *Subject) Offline(f Files) {
	var set vpn.Settings
	switch err := store.ReadJSON(f.Settings, &set); {
	case err == nil:
		s.Settings = &set
	case !errors.Is(err, fs.ErrNotExist):
		s.Missing = append(s.Missing, "the settings: "+err.Error())
	}
	text, gone, err := end(f.Log, mostLog)
	switch {
	case err == nil:
		s.Log = Log{Text: text, From: filepath.Base(f.Log)}
		if gone > 0 {
			s.Log.From += fmt.Sprintf(", its last %d KB", mostLog>>10)
		} else if older, before, ok := olderLog(f.Log, mostLog-int64(len(text))); ok { // a new file was begun
			s.Log.Text, s.Log.From = before+text, older+" and "+s.Log.From
		}
	case !errors.Is(err, fs.ErrNotExist):
		s.Missing = append(s.Missing, "the log: "+err.Error())
	default:
		s.Missing = append(s.Missing, "the log: there is none")
	}
	s.ReadCrash(f.Crash)
}

// olderLog reads the end of the newest of the files that were put away beside a log; their names have the time.
func olderLog(path string, most int64) (name, text string, ok bool) {
	ext := filepath.Ext(path)
	all, err := filepath.Glob(strings.TrimSuffix(path, ext) + "-*" + ext)
	if err != nil || len(all) == 0 || most <= 0 {
		return "", "", false
	}
	newest := slices.Max(all)
	text, _, err = end(newest, most)
	return filepath.Base(newest), text, err == nil && text != ""
}

// ReadCrash takes what the last run left when it ended in the middle of something.
func (s *Subject) ReadCrash(path string) {
	text, _, err := end(path, mostCrash)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			s.Missing = append(s.Missing, "how the last run ended: "+err.Error())
		}
		return
	}
	s.Crash.Text = text
	if fi, err := os.Stat(path); err == nil {
		s.Crash.At = fi.ModTime()
	}
	if s.Now.Sub(s.Crash.At) > crashFor {
		s.Crash = Crash{}
	}
}

// How much of a file goes into a report, in bytes.
const (
	mostLog   = 2 << 20
	mostCrash = 256 << 10

	crashFor = 30 * 24 * time.Hour // what is older tells of another program
)

// end reads the last bytes of a file, from the beginning of a line, and tells how many before them are left out.
func end(path string, most int64) (text string, gone int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = f.Close() }()
	fi, err := f.Stat()
	if err != nil {
		return "", 0, err
	}
	gone = max(fi.Size()-most, 0)
	b, err := io.ReadAll(io.NewSectionReader(f, gone, most))
	if err != nil {
		return "", 0, err
	}
	if gone > 0 {
		for i, c := range b {
			if c == '\n' {
				return string(b[i+1:]), gone + int64(i) + 1, nil
			}
		}
	}
	return string(b), gone, nil
}
