package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"rsc.io/qr"
)

// isTerminal tells whether out is a file at all, and whether it is a terminal.
func isTerminal(out io.Writer) (file, terminal bool) {
	f, ok := out.(*os.File)
	if !ok {
		return false, false
	}
	fi, err := f.Stat()
	return true, err == nil && fi.Mode()&os.ModeCharDevice != 0
}

// printQR prints text as a QR code: two modules in a character. On a terminal it brings its own colours, since cameras
// want dark on light; elsewhere the light modules are the ones that are printed.
func printQR(out io.Writer, text []byte) error {
	code, err := qr.Encode(string(text), qr.L)
	if err != nil {
		return fmt.Errorf("make the QR code: %w", err)
	}
	begin, end := "", ""
	if file, terminal := isTerminal(out); file && terminal {
		begin, end = "\x1b[40;97m", "\x1b[0m"
	}
	const quiet = 2 // modules around it
	var b strings.Builder
	for y := -quiet; y < code.Size+quiet; y += 2 {
		b.WriteString(begin)
		for x := -quiet; x < code.Size+quiet; x++ {
			upper, lower := !code.Black(x, y), !code.Black(x, y+1)
			switch {
			case upper && lower:
				b.WriteRune('█')
			case upper:
				b.WriteRune('▀')
			case lower:
				b.WriteRune('▄')
			default:
				b.WriteByte(' ')
			}
		}
		b.WriteString(end + "\n")
	}
	_, err = io.WriteString(out, b.String())
	return err
}
