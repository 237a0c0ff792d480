// Package logs keeps what the program, its node and its tunnel say, and on demand what travels on its bus: one ring in
// memory, in the order of arrival, read by cursor; one file on disk; secrets taken out before a line is kept anywhere.
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
	Bus                  // what is sent between the program's parts, while somebody wants to see it
	sources              // how many there are
)

var sourceNames = [...]string{"unknown", "app", "node", "tunnel", "bus"}

// Sources are all sources that have a name for users, in the order in which they are shown.
func Sources() []Source { return []Source{App, Node, Tunnel, Bus} }

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
	return fmt.Errorf("%q is no log source: app, node, tunnel and bus are", b)
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
	Nth    uint64    `json:"-"`                // from 1, without gaps, over the lines of its source
	At     time.Time `json:"time"`             // of arrival
	Said   time.Time `json:"said,omitzero"`    // by the source's own clock; zero = it did not say
	Source Source    `json:"source"`           // who spoke
	Level  Level     `json:"level"`            // how much it matters
	Text   string    `json:"text"`             // one line, valid UTF-8, no control characters, secrets replaced
	Fields string    `json:"fields,omitempty"` // "key=value key=value", likewise

	// Connection is the id of the connection that the line tells of, as vpn.Status has it; "" = of none. Lines of the
	// node and the tunnel have that of the connection that was wished for when they arrived.
	Connection string `json:"connection,omitempty"`
}

const (
	stamp     = "2006-01-02T15:04:05.000Z07:00"
	skewShown = time.Second // many sources tell whole seconds only
)

// Skew is how much earlier, by its source's own clock, the line was said than it arrived: it was kept back on the way,
// or the two clocks differ. Less than a second, and where the source told no time, is 0.
func (l Line) Skew() time.Duration {
	if l.Said.IsZero() {
		return 0
	}
	d := l.At.Sub(l.Said)
	if d.Abs() < skewShown {
		return 0
	}
	return d.Truncate(time.Millisecond)
}

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
	if l.Connection != "" {
		b = append(append(b, " connection="...), l.Connection...)
	}
	if d := l.Skew(); d != 0 {
		b = append(append(b, " skew="...), d.String()...)
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
