package usage

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Day is a day of the calendar, without a time: the number of days since 1 January 1970. Zero is none.
type Day uint16

// DayOf is the day of a moment, in UTC. Moments before 1970 or after 2149 have none.
func DayOf(t time.Time) Day {
	n := t.Unix() / (24 * 60 * 60)
	if n < 0 || n > 1<<16-1 {
		return 0
	}
	return Day(n)
}

// String is the day as 2026-11-26; "" = none.
func (d Day) String() string {
	if d == 0 {
		return ""
	}
	return time.Unix(int64(d)*24*60*60, 0).UTC().Format(time.DateOnly)
}

// MarshalText gives String.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText gave.
func (d *Day) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = 0
		return nil
	}
	t, err := time.Parse(time.DateOnly, string(b))
	if err != nil || DayOf(t) == 0 {
		return fmt.Errorf("%q is no day", b)
	}
	*d = DayOf(t)
	return nil
}

// Version is a version of this program; a build without a version is zero.
type Version struct{ Major, Minor, Patch uint16 }

// VersionOf reads a version such as 1.2.3. What follows the three numbers is left out.
func VersionOf(s string) Version {
	s, _, _ = strings.Cut(s, "-")
	s, _, _ = strings.Cut(s, "+")
	var v Version
	if v.UnmarshalText([]byte(s)) != nil {
		return Version{}
	}
	return v
}

// String is the version as 1.2.3.
func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch) }

// MarshalText gives String.
func (v Version) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what MarshalText gave.
func (v *Version) UnmarshalText(b []byte) error {
	parts := strings.Split(string(b), ".")
	if len(parts) != 3 {
		return fmt.Errorf("%q is no version", b)
	}
	var n [3]uint16
	for i, p := range parts {
		x, err := strconv.ParseUint(p, 10, 16)
		if err != nil || strconv.FormatUint(x, 10) != p {
			return fmt.Errorf("%q is no version", b)
		}
		n[i] = uint16(x)
	}
	*v = Version{n[0], n[1], n[2]}
	return nil
}
