package assets

import (
	_ "embed"
	"strconv"
	"strings"
)

//go:embed world/zones.txt
var zones string

// ZonePlace gives the place on earth that a time zone is named after, in degrees, by the zone's name in the tz database
// ("Europe/Vilnius") or an older one. Zones that belong to no place, such as UTC, have none.
func ZonePlace(name string) (lon, lat float64, ok bool) {
	for range 2 { // an alias leads to a place, never to another alias
		rest, found := zoneLine(name)
		if !found {
			return 0, 0, false
		}
		if rest[0] == '=' {
			name = rest[1:]
			continue
		}
		x, y, _ := strings.Cut(rest, " ")
		lon, err1 := strconv.ParseFloat(x, 64)
		lat, err2 := strconv.ParseFloat(y, 64)
		return lon, lat, err1 == nil && err2 == nil
	}
	return 0, 0, false
}

func zoneLine(name string) (rest string, ok bool) {
	for line := range strings.Lines(zones) {
		if zone, rest, _ := strings.Cut(strings.TrimSpace(line), " "); zone == name && rest != "" {
			return rest, true
		}
	}
	return "", false
}
