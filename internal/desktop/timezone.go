package desktop

import (
	"os"
	"path/filepath"
	"strings"
)

// TimeZone is the name of this computer's time zone in the tz database, for example "Europe/Vilnius", as the TZ variable
// or the link /etc/localtime has it. "" = it cannot be told, as on Windows, which has names of its own.
func TimeZone() string { return timeZone(os.Getenv("TZ"), "/etc/localtime") }

func timeZone(variable, link string) string {
	if variable != "" {
		name := strings.TrimPrefix(variable, ":")
		if filepath.IsAbs(name) {
			return zoneOf(name)
		}
		return name
	}
	target, err := os.Readlink(link)
	if err != nil {
		return ""
	}
	return zoneOf(target)
}

// zoneOf is the zone that a file of the tz database is for.
func zoneOf(path string) string {
	_, name, _ := strings.Cut(filepath.ToSlash(path), "zoneinfo/")
	for _, kind := range []string{"posix/", "right/"} {
		name = strings.TrimPrefix(name, kind)
	}
	return name
}
