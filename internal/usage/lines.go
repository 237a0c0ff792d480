package usage

import (
	"strconv"
	"strings"
)

// Line is one line of the counts in words. Value "" makes it a heading.
type Line struct{ Name, Value string }

// Words are the English ones in Lines, for translations; codes of reasons and spans are the same in every language.
var Words = []string{
	"Counted since", "Counted last by version", "Sandbox", "Mysterium Network", "Own servers", "Tries", "Time to connect", "Why tries failed",
	"Time connected", "Received", "Sent", "Brought back", "Why connections were lost", "connected", "failed", "cancelled", "other",
}

// Lines are all that has been counted, for people: nothing is left out but zeros. word translates a word of Words; nil
// leaves it English. There are none if nothing has been counted.
func (c Counts) Lines(word func(string) string) []Line {
	if word == nil {
		word = func(s string) string { return s }
	}
	if c.Zero() {
		return nil
	}
	out := []Line{{word("Counted since"), c.Since.String()}, {word("Counted last by version"), c.Version.String()}}
	for _, n := range []struct {
		name string
		t    Tallies
	}{{"Sandbox", c.Sandbox}, {"Mysterium Network", c.Mysterium}, {"Own servers", c.Own}} {
		if n.t == (Tallies{}) {
			continue
		}
		out = append(out, Line{word(n.name), ""})
		for _, l := range []Line{
			{"Tries", tallyText(n.t.Tries, word)},
			{"Time to connect", tallyText(n.t.TimeToConnect, word)},
			{"Why tries failed", tallyText(n.t.Failures, word)},
			{"Time connected", tallyText(n.t.TimeConnected, word)},
			{"Received", tallyText(n.t.Received, word)},
			{"Sent", tallyText(n.t.Sent, word)},
			{"Brought back", countText(n.t.Reconnects)},
			{"Why connections were lost", tallyText(n.t.Losses, word)},
		} {
			if l.Value != "" {
				out = append(out, Line{word(l.Name), l.Value})
			}
		}
	}
	return out
}

// tallyText is a tally as "3 × connected, 1 × failed".
func tallyText[K name](t Tally[K], word func(string) string) string {
	var parts []string
	for i, n := range t {
		if n > 0 {
			parts = append(parts, strconv.FormatUint(n, 10)+" × "+word(K(i).String())) //nolint:gosec // slots are few
		}
	}
	return strings.Join(parts, ", ")
}

func countText(n uint64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 10) + " ×"
}
