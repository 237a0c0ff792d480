package logs

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestASourcesOwnTimeIsKeptBesideThatOfArrival reads it from all the forms in which nodes and libraries print it.
func TestASourcesOwnTimeIsKeptBesideThatOfArrival(t *testing.T) {
	arrival := time.Date(2026, 1, 2, 3, 4, 6, 0, time.Local)
	utc := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	local := time.Date(2026, 1, 2, 3, 4, 5, 0, time.Local)
	for in, want := range map[string]time.Time{
		`{"level":"warn","time":"2026-01-02T03:04:05Z","message":"zerolog"}`:         utc,
		`{"level":"warn","time":"2026-01-02T03:04:05.25+02:00","message":"zerolog"}`: utc.Add(250*time.Millisecond - 2*time.Hour),
		`{"level":"info","ts":1767323045.5,"msg":"zap"}`:                             utc.Add(500 * time.Millisecond),
		`{"time":1767323045500,"message":"milliseconds"}`:                            utc.Add(500 * time.Millisecond),
		`{"time":1767323045500000000,"message":"nanoseconds"}`:                       utc.Add(500 * time.Millisecond),
		`{"ts":"2026-01-02T03:04:05.000+0000","msg":"zap, ISO 8601"}`:                utc,
		"2026-01-02T03:04:05.123 INF ../../core/node.go:120 > zerolog's console":     local.Add(123 * time.Millisecond),
		"2026-01-02T03:04:05.000Z\tINFO\tzap console":                                utc,
		"2026/01/02 03:04:05 DEBUG Go's own":                                         local,
		"03:04:05.5 WRN only the time of day":                                        local.Add(500 * time.Millisecond),
		"3:04PM ERR a minute is too wide":                                            {},
		`{"time":"soon","message":"no time"}`:                                        {},
		`{"time":true,"message":"no time"}`:                                          {},
		`{"time":12,"message":"since the start, perhaps"}`:                           {},
		`{"time":"9999-01-02T03:04:05Z","message":"nonsense"}`:                       {},
		"plain text": {},
	} {
		p := parse(oneLine(in))
		assert.True(t, want.Equal(p.when.on(arrival)), "%s: %s", in, p.when.on(arrival))
	}
	p := parse(`{"time":"soon","message":"no time"}`)
	assert.Equal(t, "time=soon", p.Fields, "what is no time is kept as what it is")
}

func TestATimeOfDayIsThatOfTheNearestDay(t *testing.T) {
	c := readClock("23:59:59")
	require.Equal(t, timeOfDay, c.kind)
	assert.Equal(t, time.Date(2026, 1, 1, 23, 59, 59, 0, time.UTC), c.on(time.Date(2026, 1, 2, 0, 0, 1, 0, time.UTC)))
	assert.Equal(t, time.Date(2026, 1, 3, 0, 0, 1, 0, time.UTC), readClock("00:00:01").on(time.Date(2026, 1, 2, 23, 59, 59, 0, time.UTC)))
}

// TestSkewIsShown: where the source's clock and the arrival differ, the line says by how much; JSON has both.
func TestSkewIsShown(t *testing.T) {
	r := NewRing(100)
	at := time.Date(2026, 1, 2, 3, 4, 9, 0, time.UTC)
	r.Append(Line{At: at, Said: at.Add(-3500 * time.Millisecond), Source: Node, Text: "kept back"})
	r.Append(Line{At: at, Said: at.Add(time.Hour), Source: Node, Text: "ahead"})
	r.Append(Line{At: at, Said: at.Add(-900 * time.Millisecond), Source: Node, Text: "whole seconds"})
	lines, _, _ := r.Read(0, 10)
	assert.Contains(t, lines[0].String(), "kept back skew=3.5s")
	assert.Contains(t, lines[1].String(), "ahead skew=-1h0m0s")
	assert.NotContains(t, lines[2].String(), "skew")
	assert.True(t, lines[2].Said.Equal(at.Add(-900*time.Millisecond)), "it is kept all the same")
}

func FuzzClock(f *testing.F) {
	for _, c := range clockForms {
		f.Add(c.layout)
	}
	f.Add("1767323045.5")
	now := time.Now()
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range []clock{readClock(s), readEpoch([]byte(s))} {
			at := c.on(now)
			if c.kind == noClock != at.IsZero() {
				t.Fatal(fmt.Sprint(c, at))
			}
			if !at.IsZero() && !time.Unix(0, at.UnixNano()).Equal(at) {
				t.Fatalf("%s does not fit", at)
			}
		}
	})
}
