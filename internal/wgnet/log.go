package wgnet

import (
	"fmt"
	"regexp"

	"golang.zx2c4.com/wireguard/device"
)

// Level is the weight of a log line.
type Level uint8

// The levels that wireguard-go knows.
const (
	LevelUnknown Level = iota
	LevelDebug
	LevelError
)

// LogFunc takes one line of wireguard-go's log, without a line end. It is called from many goroutines and should not
// wait.
type LogFunc func(level Level, text string)

// keyText matches anything that may hold a key in base64 or hex, whole or damaged. wireguard-go shortens peers to
// peer(AbCd…WxYz); those stay, they tell peers apart and are public.
var keyText = regexp.MustCompile(`[A-Za-z0-9+/]{43,}=?`)

func hideKeys(s string) string { return keyText.ReplaceAllString(s, "(key)") }

// deviceLogger gives wireguard-go's lines to log. Its own logger would write to stdout.
func deviceLogger(log LogFunc) *device.Logger {
	if log == nil {
		return &device.Logger{Verbosef: device.DiscardLogf, Errorf: device.DiscardLogf}
	}
	at := func(level Level) func(string, ...any) {
		return func(format string, args ...any) { log(level, hideKeys(fmt.Sprintf(format, args...))) }
	}
	return &device.Logger{Verbosef: at(LevelDebug), Errorf: at(LevelError)}
}
