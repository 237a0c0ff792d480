package logs

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// oneLine makes foreign text fit for one line: valid UTF-8, escape sequences of terminals taken out, control and
// formatting characters too, line ends and tabs a space. It returns s itself when there is nothing to do.
func oneLine(s string) string {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f {
			return rewritten(s)
		}
	}
	return s
}

func rewritten(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == 0x1b:
			i += escape(s[i:])
			continue
		case c == '\n' || c == '\t':
			b.WriteByte(' ')
		case c < ' ' || c == 0x7f:
		case c < utf8.RuneSelf:
			b.WriteByte(c)
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			switch {
			case r == utf8.RuneError && n == 1:
				b.WriteRune(utf8.RuneError)
			case !unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp):
				b.WriteString(s[i : i+n])
			}
			i += n
			continue
		}
		i++
	}
	return b.String()
}

// escape is the length of the escape sequence that s begins with. One that does not end is taken to be the ESC alone.
func escape(s string) int {
	if len(s) < 2 {
		return 1
	}
	switch s[1] {
	case '[': // colours and the like: parameters, then one letter
		for i := 2; i < len(s) && i < 64; i++ {
			if s[i] >= '@' && s[i] <= '~' {
				return i + 1
			}
			if s[i] < ' ' || s[i] > '?' {
				break
			}
		}
		return 2
	case ']': // a title or a link: up to BEL or ESC \
		for i := 2; i < len(s); i++ {
			if s[i] == 7 {
				return i + 1
			}
			if s[i] == 0x1b {
				if i+1 < len(s) && s[i+1] == '\\' {
					return i + 2
				}
				return i
			}
		}
		return len(s)
	}
	return 2
}
