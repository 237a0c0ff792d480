package ui

import (
	"strings"

	"fyne.io/fyne/v2/lang"

	"github.com/mysteriumvpn/desktop/internal/logs"
)

// logFilter says which lines are shown. The zero filter shows all.
type logFilter struct {
	level  logs.Level // the lowest; lines that did not say theirs are always shown
	hidden [5]bool    // by source
	words  []string   // lower case; each must be in the line
}

func (f *logFilter) passes(e *logEntry) bool {
	switch {
	case e.lost > 0 && e.Source == logs.SourceUnknown:
		return true
	case int(e.Source) < len(f.hidden) && f.hidden[e.Source]:
		return false
	case e.lost > 0:
		return true
	case e.Level != logs.LevelUnknown && e.Level < f.level:
		return false
	}
	for _, w := range f.words {
		if !containsFolded(e.Text, w) && !containsFolded(e.Fields, w) && !containsFolded(e.Connection, w) {
			return false
		}
	}
	return true
}

// containsFolded looks for a lower-case word without making a lower-case copy of lines that are ASCII, as nearly all are.
func containsFolded(s, word string) bool {
	if word == "" {
		return true
	}
	for i := range len(s) {
		if s[i] >= 0x80 {
			return strings.Contains(strings.ToLower(s), word)
		}
	}
	first := word[0]
	for i := 0; i+len(word) <= len(s); i++ {
		if lower(s[i]) != first {
			continue
		}
		j := 1
		for j < len(word) && lower(s[i+j]) == word[j] {
			j++
		}
		if j == len(word) {
			return true
		}
	}
	return false
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// logLevels are the segments' levels; their words follow.
var logLevels = [...]logs.Level{logs.LevelUnknown, logs.Info, logs.Warn, logs.Error}

func logLevelWords() []string {
	return []string{lang.L("All"), lang.L("Info"), lang.L("Warnings"), lang.L("Errors")}
}

// newSourceSwitch makes the button that shows or hides a source's lines. Hidden ones have a dash for a sign and no ground.
func newSourceSwitch(s logs.Source, hidden bool, flip func()) *pill {
	b := newPill("", "", flip)
	drawSourceSwitch(b, s, hidden)
	return b
}

func drawSourceSwitch(b *pill, s logs.Source, hidden bool) {
	icon, t := sourceMark(s)
	word := sourceWord(s)
	b.bare, b.tone = hidden, t
	if hidden {
		icon, b.tone = "minus", mutedTone
	}
	b.icon, b.text = icon, word
	b.Refresh()
}
