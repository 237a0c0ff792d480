// Package locale mends the environment before Fyne looks at it. Fyne reads the user's language while its packages are
// initialised and prints an error for "C.UTF-8", which is what containers, services and many servers have; so every
// command of a build with a window would print it.
//
// cmd imports it for its side effect alone. Go initialises packages in the order of their paths as soon as what they
// import is ready (The Go Programming Language Specification, "Program initialization"), and Fyne waits for packages
// whose paths come after this one's; a test of the built program shows that it still works.
//
// It runs before main, on one goroutine.
package locale

import (
	"os"
	"strings"
)

func init() { mend() }

// mend replaces C locales with an encoding by the plain "C", which means the same to everybody and is understood.
func mend() {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"} {
		if v := os.Getenv(name); strings.HasPrefix(v, "C.") || strings.HasPrefix(v, "POSIX.") {
			_ = os.Setenv(name, "C") // cannot fail for such a name and value
		}
	}
}
