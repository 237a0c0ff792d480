package wgnet

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.zx2c4.com/wireguard/device"
)

// Level is the weight of a log line.
type Level uint8

// The levels that wireguard-go knows, and one between them for what a user wants to find later.
const (
	LevelUnknown Level = iota
	LevelDebug
	LevelError
	LevelInfo
)

// LogFunc takes one line of wireguard-go's log, without a line end. It is called from many goroutines and should not
// wait.
type LogFunc func(level Level, text string)

// keyText matches anything that may hold a key in base64 or hex, whole or damaged. wireguard-go shortens peers to
// peer(AbCd…WxYz); those stay, they tell peers apart and are public.
var keyText = regexp.MustCompile(`[A-Za-z0-9+/]{43,}=?`)

func hideKeys(s string) string { return keyText.ReplaceAllString(s, "(key)") }

// housekeeping are beginnings of wireguard-go's debug lines about itself: the hundred goroutines it starts and stops, every
// setting it is given. They say nothing of a connection, and would push out of any log what does.
var housekeeping = []string{"Routine: ", "UAPI: ", "Interface ", "UDP bind "}

// aboutItself reports whether a format of wireguard-go is housekeeping; its peer may stand before it.
func aboutItself(format string) bool {
	format = strings.TrimPrefix(format, "%v - ")
	return slices.ContainsFunc(housekeeping, func(start string) bool { return strings.HasPrefix(format, start) })
}

// deviceLogger gives wireguard-go's lines to log, but for housekeeping. Its own logger would write to stdout.
func deviceLogger(log LogFunc) *device.Logger {
	if log == nil {
		return &device.Logger{Verbosef: device.DiscardLogf, Errorf: device.DiscardLogf}
	}
	at := func(level Level) func(string, ...any) {
		return func(format string, args ...any) { log(level, hideKeys(fmt.Sprintf(format, args...))) }
	}
	debug := at(LevelDebug)
	return &device.Logger{Errorf: at(LevelError), Verbosef: func(format string, args ...any) {
		if !aboutItself(format) {
			debug(format, args...)
		}
	}}
}
