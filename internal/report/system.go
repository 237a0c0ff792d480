package report

import (
	"os"
	"runtime"
	"strconv"
	"strings"
)

// Fact is one thing to know of a system.
type Fact struct{ Name, Value string }

// System tells what this system is, so roughly that it does not tell one computer from another of its kind.
func System() []Fact {
	return []Fact{
		{"system", runtime.GOOS + " " + runtime.GOARCH},
		{"release", release()},
		{"kernel", kernel()},
		{"desktop", os.Getenv("XDG_CURRENT_DESKTOP")},
		{"session", os.Getenv("XDG_SESSION_TYPE")},
		{"language", language(os.Getenv("LANG"))},
		{"processors", strconv.Itoa(runtime.NumCPU())},
		{"memory", memory()},
		{"built by", runtime.Version()},
	}
}

// release is the distribution's own name for itself, "" where there is none.
func release() string {
	b, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return ""
	}
	return field(string(b), "PRETTY_NAME", "=")
}

func kernel() string {
	b, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

func memory() string {
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return ""
	}
	kb, err := strconv.Atoi(strings.TrimSuffix(field(string(b), "MemTotal", ":"), " kB"))
	if err != nil {
		return ""
	}
	return strconv.Itoa((kb+1<<19)>>20) + " GiB"
}

// language leaves out the country.
func language(locale string) string {
	l, _, _ := strings.Cut(locale, ".")
	l, _, _ = strings.Cut(l, "_")
	return l
}

// field finds the value of a name in lines of name, separator and value.
func field(text, name, separator string) string {
	for line := range strings.Lines(text) {
		k, v, ok := strings.Cut(line, separator)
		if ok && strings.TrimSpace(k) == name {
			return strings.Trim(strings.TrimSpace(v), `"`)
		}
	}
	return ""
}
