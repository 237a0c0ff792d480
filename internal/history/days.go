package history

import (
	"math/bits"
	"time"

	"github.com/mysteriumvpn/desktop/tequilapi"
)

// Day is what passed on one day of the calendar.
type Day struct {
	Start         time.Time // its first moment, in the zone that was asked for
	BytesSent     uint64
	BytesReceived uint64
	Length        time.Duration   // connected
	Cost          tequilapi.Money // of connections whose price was known
	PlayMoney     bool            // some of Cost is
}

// Days gives totals for the n days that end with the one now is in, oldest first, by the calendar of now's zone; a day
// has 23 or 25 hours where clocks change. A connection over midnight is shared out by time.
func Days(entries []Entry, now time.Time, n int) []Day {
	days := make([]Day, n)
	ends := make([]time.Time, n)
	y, m, d := now.Date()
	for i := range days {
		days[i].Start = dayStart(y, m, d-n+1+i, now.Location())
		ends[i] = dayStart(y, m, d-n+2+i, now.Location())
	}
	for _, e := range entries {
		length := e.Length()
		if n == 0 || e.Start.Add(length).Before(days[0].Start) || !e.Start.Before(ends[n-1]) {
			continue
		}
		cost, _ := e.Cost()
		for i := range days {
			from, to := later(e.Start, days[i].Start), e.Start.Add(length)
			if to.After(ends[i]) {
				to = ends[i]
			}
			within := to.Sub(from)
			switch {
			case length == 0:
				if e.Start.Before(days[i].Start) || !e.Start.Before(ends[i]) {
					continue
				}
				days[i].add(e, cost, 1, 1)
			case within > 0:
				days[i].Length += within
				days[i].add(e, cost, uint64(within), uint64(length)) //nolint:gosec // both above zero
			}
		}
	}
	return days
}

func (d *Day) add(e Entry, cost tequilapi.Money, of, whole uint64) {
	share := func(n uint64) uint64 {
		hi, lo := bits.Mul64(n, of)
		q, _ := bits.Div64(hi, lo, whole) // of <= whole, so it fits
		return q
	}
	d.BytesSent += share(e.BytesSent)
	d.BytesReceived += share(e.BytesReceived)
	if cost.IsZero() {
		return
	}
	d.PlayMoney = d.PlayMoney || e.PlayMoney()
	if part, err := cost.Part(of, whole); err == nil {
		d.Cost = plus(d.Cost, part)
	}
}

// plus is a+b, or a where that is more than there can be.
func plus(a, b tequilapi.Money) tequilapi.Money {
	if m, err := a.Plus(b); err == nil {
		return m
	}
	return a
}

// dayStart is the first moment of a day. Where clocks change at midnight, 0:00 is not there, or there twice.
func dayStart(y int, m time.Month, d int, zone *time.Location) time.Time {
	t := time.Date(y, m, d, 0, 0, 0, 0, zone)
	day := time.Date(y, m, d, 12, 0, 0, 0, zone).Day()
	if t.Day() != day {
		if t = t.Add(time.Hour).Truncate(time.Minute); t.Day() != day {
			return t
		}
	}
	if before := t.Add(-time.Hour); before.Day() == day {
		return before
	}
	return t
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Total adds days up; its Start is the first one's.
func Total(days []Day) (t Day) {
	for i, d := range days {
		if i == 0 {
			t.Start = d.Start
		}
		t.BytesSent += d.BytesSent
		t.BytesReceived += d.BytesReceived
		t.Length += d.Length
		t.PlayMoney = t.PlayMoney || d.PlayMoney
		t.Cost = plus(t.Cost, d.Cost)
	}
	return t
}
