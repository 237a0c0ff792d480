package main

import (
	"errors"
	"net"
	"os"
	"strconv"
)

// speak makes Fyne's translations speak a language, BCP 47; "" leaves them to the desktop. Fyne looks for it in the
// environment, where "C" hides LANGUAGE. It asks again whenever words are added, so before the window is made is soon
// enough. On Windows and macOS it asks the system instead, and this does nothing.
func speak(language string) {
	if language == "" {
		return
	}
	_ = os.Setenv("LANGUAGE", language) // cannot fail for such names and values
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(name); v == "C" || v == "POSIX" {
			_ = os.Setenv(name, language)
		}
	}
}

// zoom draws everything larger by way of FYNE_SCALE, which Fyne's driver reads again with each new theme.
type zoom struct {
	first string // as the user has it
	base  float64
}

// newZoom takes what scales Fyne already; own is the scale of its settings, 0 = none.
func newZoom(own float32) *zoom {
	z := &zoom{first: os.Getenv("FYNE_SCALE"), base: 1}
	switch v, err := strconv.ParseFloat(z.first, 32); {
	case err == nil && v > 0:
		z.base = v
	case z.first != "auto" && own > 0:
		z.base = float64(own)
	}
	return z
}

// to draws everything larger by a factor; 1 is as the user has it.
func (z *zoom) to(by float32) {
	switch {
	case by != 1:
		_ = os.Setenv("FYNE_SCALE", strconv.FormatFloat(z.base*float64(by), 'f', 2, 32))
	case z.first != "":
		_ = os.Setenv("FYNE_SCALE", z.first)
	default:
		_ = os.Unsetenv("FYNE_SCALE")
	}
}

// canListen tells now what would keep the proxy from being at addr at the next start.
func canListen(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err == nil {
		return l.Close()
	}
	if e, ok := errors.AsType[*os.SyscallError](err); ok {
		return e.Err
	}
	return err
}
