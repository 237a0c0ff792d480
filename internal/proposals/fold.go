package proposals

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Letters of Latin scripts without their marks, by code point from the constant's first rune on; a dot stands for a
// letter that needs two, or that has no plain form.
const (
	foldC0 = "aaaaaa.ceeeeiiiidnooooo.ouuuuy..aaaaaa.ceeeeiiiidnooooo.ouuuuy.yaaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii..jjkkkllllll..llnnnnnnnnnoooooo..rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs" +
		"...............e..f.............oo.............uu............................aaiioouuuuuuuuuu.aaaa....ggkkoooo..j...gg..nnaa....aaaaeeeeiiiioooorrrruuuusstt..hh......aaeeooooooooyy............................"
	fold1E00 = "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwy.s....aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy......"
)

// fold gives text in the one form in which it is compared: lower case, without marks, words parted by one space,
// apostrophes left out, so that "Côte d'Ivoire" is "cote divoire" and "Guinea-Bissau" is "guinea bissau".
func fold(s string) string { return string(appendFold(make([]byte, 0, len(s)), s)) }

func appendFold(dst []byte, s string) []byte {
	start := len(dst)
	space := func() {
		if len(dst) > start && dst[len(dst)-1] != ' ' {
			dst = append(dst, ' ')
		}
	}
	for _, r := range s {
		if r >= utf8.RuneSelf {
			r = unicode.ToLower(r)
		}
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			dst = append(dst, byte(r))
		case 'A' <= r && r <= 'Z':
			dst = append(dst, byte(r)+'a'-'A')
		case r == '\'' || r == '’' || r == 'ʻ' || r == '`':
		case r < utf8.RuneSelf:
			space()
		case r == 'ß':
			dst = append(dst, "ss"...)
		case r == 'æ':
			dst = append(dst, "ae"...)
		case r == 'œ':
			dst = append(dst, "oe"...)
		case r == 'þ':
			dst = append(dst, "th"...)
		case r == 'ə':
			dst = append(dst, 'e')
		case r >= 0xC0 && int(r) < 0xC0+len(foldC0) && foldC0[r-0xC0] != '.':
			dst = append(dst, foldC0[r-0xC0])
		case r >= 0x1E00 && int(r) < 0x1E00+len(fold1E00) && fold1E00[r-0x1E00] != '.':
			dst = append(dst, fold1E00[r-0x1E00])
		case unicode.Is(unicode.Mn, r): // a mark of its own, as in decomposed text
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			dst = utf8.AppendRune(dst, r)
		default:
			space()
		}
	}
	for len(dst) > start && dst[len(dst)-1] == ' ' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// clean makes a foreign text fit for a screen and a log: valid UTF-8, no control or formatting characters (which could
// turn text around or hide it), single spaces, at most maxRunes runes.
func clean(s string, maxRunes int) string {
	if len(s) > 16*maxRunes {
		s = s[:16*maxRunes] // whatever is beyond would be cut below; do not even look at it
	}
	plain, runes := true, 0
	for i, r := range s {
		runes++
		if r < ' ' || r > '~' || r == ' ' && (i == 0 || i == len(s)-1 || s[i-1] == ' ') {
			plain = false
			break
		}
	}
	if plain && runes <= maxRunes {
		return s
	}
	var b strings.Builder
	n, gap := 0, false
	for _, r := range s {
		switch {
		case r == utf8.RuneError:
			continue
		case unicode.IsSpace(r):
			gap = n > 0
			continue
		case !unicode.IsGraphic(r): // Cc, Cf, Cs, Co, Cn
			continue
		}
		if gap {
			if n+2 > maxRunes {
				break
			}
			b.WriteByte(' ')
			n, gap = n+1, false
		}
		if n == maxRunes {
			break
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}
