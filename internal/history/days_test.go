package history

import (
	"testing"
	"time"

	_ "time/tzdata" // the zones below, wherever the test runs

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/tequilapi"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	require.NoError(t, err)
	return z
}

// TestDaysFollowTheCalendarWhereClocksChange: 23 and 25 hours, a midnight that is not there, and one that is there twice.
func TestDaysFollowTheCalendarWhereClocksChange(t *testing.T) {
	for _, c := range []struct {
		zone    string
		y, m, d int
		first   string // of the day
		hours   float64
	}{
		{"Europe/Berlin", 2026, 3, 29, "00:00", 23},
		{"Europe/Berlin", 2026, 10, 25, "00:00", 25},
		{"Europe/Berlin", 2026, 6, 1, "00:00", 24},
		{"America/Sao_Paulo", 2018, 11, 4, "01:00", 23},
		{"America/Sao_Paulo", 2018, 2, 17, "00:00", 25},
		{"America/Havana", 2024, 11, 3, "00:00", 25},
		{"Australia/Lord_Howe", 2026, 10, 4, "00:00", 23.5},
		{"Asia/Beirut", 2024, 3, 31, "01:00", 23},
	} {
		z := zone(t, c.zone)
		now := time.Date(c.y, time.Month(c.m), c.d+1, 18, 0, 0, 0, z)
		start := now.AddDate(0, 0, -8)
		days := Days([]Entry{{Start: start, End: now, BytesSent: 1 << 40}}, now, 5)
		require.Len(t, days, 5)
		for i, d := range days {
			assert.Equal(t, now.AddDate(0, 0, i-4).Format(time.DateOnly), d.Start.Format(time.DateOnly), c.zone)
		}
		assert.Equal(t, c.first, days[3].Start.Format("15:04"), c.zone)
		assert.Equal(t, c.hours, days[3].Length.Hours(), c.zone)
		assert.Equal(t, days[4].Start.Sub(days[3].Start), days[3].Length, c.zone)
	}
}

func TestAConnectionOverMidnightIsSharedOut(t *testing.T) {
	z := zone(t, "Europe/Vilnius")
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, z)
	e := Entry{
		Start: time.Date(2026, 3, 1, 23, 0, 0, 0, z), End: time.Date(2026, 3, 2, 2, 0, 0, 0, z), Network: "sandbox",
		BytesSent: 300, BytesReceived: 3000, Priced: true, PerHour: tequilapi.Wei(10),
	}
	days := Days([]Entry{e}, now, 14)
	assert.Equal(t, Day{Start: days[12].Start, BytesSent: 100, BytesReceived: 1000, Length: time.Hour, Cost: tequilapi.Wei(10), PlayMoney: true}, days[12])
	assert.Equal(t, Day{Start: days[13].Start, BytesSent: 200, BytesReceived: 2000, Length: 2 * time.Hour, Cost: tequilapi.Wei(20), PlayMoney: true}, days[13])
	assert.Zero(t, days[11].Length)
}

func TestAConnectionOfAnInstantCountsOnce(t *testing.T) {
	midnight := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	days := Days([]Entry{{Start: midnight, End: midnight, BytesSent: 7}, {Start: midnight, End: midnight.Add(-time.Hour), BytesSent: 1}}, midnight.Add(time.Hour), 2)
	assert.Zero(t, days[0].BytesSent)
	assert.EqualValues(t, 8, days[1].BytesSent, "a clock that was set back makes no negative day")
	assert.Empty(t, Days(nil, midnight, 0))
}
