package logs

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// parsed is a line of a child, taken apart.
type parsed struct {
	Level        Level
	Text, Fields string
	when         clock
}

// parse takes a child's line apart. What it does not know stays as it is, with its level unknown.
func parse(s string) parsed {
	if strings.HasPrefix(s, "{") && strings.HasSuffix(s, "}") {
		if l, ok := parseJSON(s); ok {
			return l
		}
	}
	if l, ok := parseConsole(s); ok {
		return l
	}
	l := parsed{Text: s}
	if strings.HasPrefix(s, "panic:") || strings.HasPrefix(s, "fatal error:") {
		l.Level = Error
	}
	return l
}

var levelWords = map[string]Level{
	"trace": Debug, "debug": Debug, "info": Info, "warn": Warn, "warning": Warn, "error": Error, "fatal": Error, "panic": Error, "dpanic": Error,
	"trc": Debug, "dbg": Debug, "inf": Info, "wrn": Warn, "err": Error, "ftl": Error, "pnc": Error,
}

func levelNamed(word string) Level {
	if len(word) > 7 {
		return LevelUnknown
	}
	return levelWords[strings.ToLower(word)]
}

// parseJSON reads one flat object in its own order. It is a log line if it has a message.
func parseJSON(s string) (parsed, bool) {
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return parsed{}, false
	}
	var l parsed
	var t text
	said := false
	for d.More() {
		k, err := d.Token()
		key, ok := k.(string)
		if err != nil || !ok {
			return parsed{}, false
		}
		var raw json.RawMessage
		if d.Decode(&raw) != nil {
			return parsed{}, false
		}
		value, isText := raw2text(raw)
		switch {
		case isText && !said && (key == "message" || key == "msg"):
			l.Text, said = oneLine(value), true
		case isText && l.Level == LevelUnknown && key == "level" && levelNamed(value) != LevelUnknown:
			l.Level = levelNamed(value)
		case (key == "time" || key == "ts" || key == "timestamp") && l.when.kind == noClock:
			if isText {
				l.when = readClock(value)
			} else {
				l.when = readEpoch(raw)
			}
			if l.when.kind == noClock { // then it is something else
				t.key(key)
				t.value(value)
			}
		default:
			t.key(oneLine(key))
			t.value(value)
		}
	}
	if _, err := d.Token(); err != nil || !said {
		return parsed{}, false
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return parsed{}, false
	}
	l.Fields = string(t.b)
	return l, true
}

func raw2text(raw json.RawMessage) (s string, isText bool) {
	if len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &s) == nil {
		return s, true
	}
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return string(raw), false
	}
	return b.String(), false
}

// parseConsole reads "TIME LEVEL text", as zerolog and zap print for humans: the level is the first or second word, in
// capitals, or the third where the time has two.
func parseConsole(s string) (parsed, bool) {
	rest := s
	var when string
	for n := range 3 {
		word, after, ok := strings.Cut(strings.TrimLeft(rest, " "), " ")
		if !ok {
			return parsed{}, false
		}
		if level := levelNamed(word); level != LevelUnknown && word == strings.ToUpper(word) {
			l := parsed{Level: level, Text: strings.TrimSpace(after), when: readClock(when)}
			if where, said, ok := strings.Cut(l.Text, " > "); ok { // zerolog fills up with spaces
				if where = strings.TrimRight(where, " "); !strings.Contains(where, " ") && strings.Contains(where, ".go:") {
					l.Text, l.Fields = said, "caller="+where
				}
			}
			return l, l.Text != ""
		}
		if n < 2 && !looksLikeTime(word) {
			return parsed{}, false
		}
		if n > 0 {
			when += " "
		}
		when += word
		rest = after
	}
	return parsed{}, false
}

// looksLikeTime accepts what a date or a time of day is written with.
func looksLikeTime(word string) bool {
	digits := 0
	for i := range len(word) {
		switch c := word[i]; {
		case c >= '0' && c <= '9':
			digits++
		case strings.IndexByte(":-+./TZAPM", c) < 0:
			return false
		}
	}
	return digits >= 3 || word == "AM" || word == "PM"
}
