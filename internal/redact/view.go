package redact

import (
	"bytes"
	"unicode/utf8"
)

// view is text as it is after some layers of escapes were taken off, with the way back.
type view struct {
	b   []byte
	off []int // where b[i] begins in the line; one more than b; nil for the line itself
}

// source gives the part of the line that b[lo:hi] came from.
func (v *view) source(lo, hi int) (int, int) {
	if v.off == nil {
		return lo, hi
	}
	end := hi
	for end < len(v.b) && v.off[end] == v.off[hi-1] { // not within an escape that stands for several bytes
		end++
	}
	return v.off[lo], v.off[end]
}

// layers is how many escapes around one another are taken off.
const layers = 4

func hasEscapes(b []byte, spaces bool) bool {
	return bytes.IndexByte(b, '\\') >= 0 || bytes.IndexByte(b, '%') >= 0 || spaces && bytes.IndexByte(b, '+') >= 0
}

// hasSpaces reports whether the line may be a URL whose query has + for spaces.
func hasSpaces(line []byte) bool {
	if bytes.IndexByte(line, '+') < 0 && !bytes.Contains(line, []byte("%2B")) && !bytes.Contains(line, []byte("%2b")) {
		return false
	}
	return bytes.ContainsAny(line, "%?=")
}

// unescape takes one layer of escapes off: JSON's and Go's \n \" \/ \u0040 \x40, and %40. It reports whether there was one.
// If spaces is set, + is an escape as well: that of a space in a URL's query.
func (v *view) unescape(from *view, spaces bool) bool {
	v.b, v.off = v.b[:0], v.off[:0]
	any := false
	place := func(i int) int {
		if from.off == nil {
			return i
		}
		return from.off[i]
	}
	b := from.b
	for i := 0; i < len(b); {
		r, n := escapeAt(b, i)
		if spaces && b[i] == '+' {
			r, n = ' ', 1
		}
		if n == 0 {
			v.b = append(v.b, b[i])
			v.off = append(v.off, place(i))
			i++
			continue
		}
		any = true
		was := len(v.b)
		if r < 0x100 && n > 1 && (b[i] == '%' || b[i+1] == 'x') {
			v.b = append(v.b, byte(r)) // a byte, not a rune
		} else {
			v.b = utf8.AppendRune(v.b, r)
		}
		for ; was < len(v.b); was++ {
			v.off = append(v.off, place(i))
		}
		i += n
	}
	v.off = append(v.off, place(len(b)))
	return any
}

// escapeAt reads the escape at b[i]: what it stands for, and its length, 0 if there is none.
func escapeAt(b []byte, i int) (rune, int) {
	switch {
	case b[i] == '%' && i+2 < len(b):
		if r, ok := hexRune(b[i+1 : i+3]); ok {
			return r, 3
		}
	case b[i] == '\\' && i+1 < len(b):
		switch c := b[i+1]; c {
		case '"', '\\', '/', '\'', '`':
			return rune(c), 2
		case 'n', 'r', 't', 'b', 'f', 'v', 'a':
			return ' ', 2
		case 'x':
			if i+3 < len(b) {
				if r, ok := hexRune(b[i+2 : i+4]); ok {
					return r, 4
				}
			}
		case 'u':
			if i+5 < len(b) {
				if r, ok := hexRune(b[i+2 : i+6]); ok {
					return r, 6
				}
			}
		}
	}
	return 0, 0
}

func hexRune(b []byte) (rune, bool) {
	var r rune
	for _, c := range b {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case kind[c]&isHex != 0:
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
