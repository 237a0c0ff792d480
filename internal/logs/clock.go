package logs

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// clock is what a line tells of its own time, which may be less than all of it.
type clock struct {
	at   time.Time
	kind clockKind
}

type clockKind uint8

const (
	noClock   clockKind = iota
	whole               // a moment
	timeOfDay           // without a date
)

// on gives the moment for a line that arrived at the given one: of a time of day, that on the nearest day.
func (c clock) on(arrival time.Time) time.Time {
	switch c.kind {
	case whole:
		return c.at
	case timeOfDay:
		y, m, d := arrival.Date()
		t := time.Date(y, m, d, c.at.Hour(), c.at.Minute(), c.at.Second(), c.at.Nanosecond(), arrival.Location())
		switch late := arrival.Sub(t); {
		case late > 12*time.Hour:
			return t.AddDate(0, 0, 1)
		case late < -12*time.Hour:
			return t.AddDate(0, 0, -1)
		}
		return t
	case noClock:
	}
	return time.Time{}
}

// The forms in which zerolog, zap, logrus and Go's own log write the time; those without a zone are this computer's. One
// that tells minutes only, as zerolog's console does unless told otherwise, is not worth comparing with.
var clockForms = []struct {
	layout string
	kind   clockKind
}{
	{time.RFC3339Nano, whole},
	{"2006-01-02T15:04:05.999999999Z0700", whole},
	{"2006-01-02T15:04:05.999999999", whole},
	{"2006-01-02 15:04:05.999999999Z07:00", whole},
	{"2006-01-02 15:04:05.999999999", whole},
	{"2006/01/02 15:04:05.999999999", whole},
	{"15:04:05.999999999", timeOfDay},
}

// readClock reads a time as it stands in a line; noClock if it is none.
func readClock(s string) clock {
	if len(s) < 4 || len(s) > 40 {
		return clock{}
	}
	for _, f := range clockForms {
		if t, err := time.ParseInLocation(f.layout, s, time.Local); err == nil && sane(t, f.kind) {
			return clock{at: t, kind: f.kind}
		}
	}
	return clock{}
}

// sane keeps out what UnixNano could not hold.
func sane(t time.Time, k clockKind) bool {
	return k == timeOfDay || t.Year() >= 1970 && t.Year() < 2200
}

// readEpoch reads seconds since 1970, or milli-, micro- or nanoseconds, as zap and zerolog write them into JSON.
func readEpoch(raw json.RawMessage) clock {
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || f < 1e8 || f > 1e19 {
		return clock{}
	}
	for f > 1e11 {
		f /= 1000
	}
	s, part := math.Modf(f)
	t := time.Unix(int64(s), int64(part*1e9))
	if !sane(t, whole) {
		return clock{}
	}
	return clock{at: t, kind: whole}
}
