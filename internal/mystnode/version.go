package mystnode

import (
	"strconv"
	"strings"
)

// Oldest is the oldest version that is started: the one that Mysterium's own desktop program brought along in 2024, with
// the arguments that we use.
const Oldest = "1.29.2"

// Usable reports whether a version can be worked with. One without numbers was built by hand: whoever did that knows.
func Usable(version string) bool {
	v, ok := numbers(version)
	if !ok {
		return true
	}
	oldest, _ := numbers(Oldest)
	for i := range v {
		if v[i] != oldest[i] {
			return v[i] > oldest[i]
		}
	}
	return true
}

// numbers reads 1.2.3, with or without something behind a hyphen or plus.
func numbers(version string) (out [3]int, ok bool) {
	plain, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), "-")
	plain, _, _ = strings.Cut(plain, "+")
	parts := strings.Split(plain, ".")
	if len(parts) != len(out) {
		return out, false
	}
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil || n < 0 {
			return out, false
		}
		out[i] = n
	}
	return out, true
}
