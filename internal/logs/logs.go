// Package logs keeps what the program, its node and its tunnel say: one ring in memory, in the order of arrival, read by
// cursor; one file on disk; secrets taken out before a line is kept anywhere.
//
// cmd makes the Ring, gives every part a zap logger or a Writer that ends in it, and follows it into the File. The
// window, the control socket and the problem report read it.
//
// Everything here may be used from any goroutine, but for one Writer: that belongs to whoever copies the child's pipe.
package logs

import (
	"fmt"
	"time"
)

// Source says who spoke.
type Source uint8

// The sources.
const (
	SourceUnknown Source = iota
	App                  // this program
	Node                 // the node process
	Tunnel               // WireGuard
	sources              // how many there are
)

var sourceNames = [...]string{"unknown", "app", "node", "tunnel"}

// String is the source's name as the command line takes and prints it.
func (s Source) String() string {
	if int(s) < len(sourceNames) {
		return sourceNames[s]
	}
	return sourceNames[SourceUnknown]
}

// MarshalText gives the name, for JSON.
func (s Source) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a name that MarshalText gave.
func (s *Source) UnmarshalText(b []byte) error {
	for i, n := range sourceNames {
		if n == string(b) {
			*s = Source(i)
			return nil
		}
	}
	*s = SourceUnknown
	return fmt.Errorf("%q is no log source: app, node and tunnel are", b)
}

// Level says how much a line matters. The zero Level is that of a line that did not say.
type Level uint8

// The levels.
const (
	LevelUnknown Level = iota
	Debug
	Info
	Warn
	Error
)

var levelNames = [...]string{"unknown", "debug", "info", "warn", "error"}

// String is the level's name.
func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return levelNames[LevelUnknown]
}

// MarshalText gives the name, for JSON.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads a name that MarshalText gave.
func (l *Level) UnmarshalText(b []byte) error {
	for i, n := range levelNames {
		if n == string(b) {
			*l = Level(i)
			return nil
		}
	}
	*l = LevelUnknown
	return fmt.Errorf("%q is no log level", b)
}

// Line is one thing said.
type Line struct {
	Seq    uint64    `json:"seq"`              // from 1, without gaps, over all sources
	At     time.Time `json:"time"`             // of arrival
	Source Source    `json:"source"`           // who spoke
	Level  Level     `json:"level"`            // how much it matters
	Text   string    `json:"text"`             // one line, valid UTF-8, no control characters, secrets replaced
	Fields string    `json:"fields,omitempty"` // "key=value key=value", likewise
}

const stamp = "2006-01-02T15:04:05.000Z07:00"

// AppendTo writes the line as the file and the terminal have it, without a line end.
func (l Line) AppendTo(b []byte) []byte {
	b = l.At.AppendFormat(b, stamp)
	b = append(b, ' ')
	b = append(b, pad(l.Level.String())...)
	b = append(b, ' ')
	b = append(b, pad(l.Source.String())...)
	b = append(b, ' ')
	b = append(b, l.Text...)
	if l.Fields != "" {
		b = append(b, ' ')
		b = append(b, l.Fields...)
	}
	return b
}

// pad makes names of levels and sources stand in columns.
func pad(name string) string {
	const column = "         "
	if len(name) < 7 {
		return name + column[:7-len(name)]
	}
	return name
}

// String is the line as the file has it.
func (l Line) String() string { return string(l.AppendTo(nil)) }
