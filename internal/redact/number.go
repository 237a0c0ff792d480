package redact

import (
	"encoding/base64"
	"encoding/hex"
)

// hex looks in a word for long hexadecimal numbers: identities, keys, hashes, ids without dashes.
func (sc *scanner) hex(lo, hi int) {
	s := sc.s
	sc.work += hi - lo
	for i := lo; i < hi; {
		if class[s[i]]&cHex == 0 {
			i++
			continue
		}
		begin := i
		var have uint8
		for ; i < hi && class[s[i]]&cHex != 0; i++ {
			have |= class[s[i]]
		}
		n := i - begin
		prefixed := begin >= 2 && s[begin-1]|0x20 == 'x' && s[begin-2] == '0'
		switch {
		case n < 32 || have&(cLower|cUpper) == 0 && !prefixed:
			continue
		case !prefixed && sc.afterChecksum(begin):
			continue
		}
		from := begin
		if prefixed {
			from -= 2
		}
		switch {
		case n == 40:
			sc.add(from, i, Identity, lower(s[begin:i]))
		case n == 64 && !prefixed:
			id, _ := keyID(s[begin:i])
			sc.add(from, i, Key, id)
		case n > 40:
			sc.add(from, i, Hash, lower(s[begin:i]))
		case n == 32 && have&cDigit != 0 && !sc.is(begin-1, cASCII) && !sc.is(i, cASCII):
			sc.add(begin, i, Session, lower(s[begin:i]))
		}
	}
}

// afterChecksum reports whether the word before i says that the number is a checksum or a revision.
func (sc *scanner) afterChecksum(i int) bool {
	var word [lookBack]byte
	w := letters(&word, sc.s, max(sc.floor, i-24), i)
	if len(w) == 0 && sc.byteAt(i-1) == ':' {
		w = letters(&word, sc.s, max(sc.floor, i-24), i-1)
	}
	for _, v := range checksumWords {
		if ends(w, v) {
			return true
		}
	}
	return false
}

var checksumWords = []string{"commit", "revision", "sha1", "sha256", "sha512", "md5", "checksum", "digest", "buildid"}

// uuids looks in a word for 8-4-4-4-12 hexadecimal digits.
func (sc *scanner) uuids(lo, hi int) {
	s := sc.s
	sc.work += hi - lo
	for i := lo + 8; i+28 <= hi; i++ {
		if s[i] != '-' || s[i+5] != '-' || s[i+10] != '-' || s[i+15] != '-' {
			continue
		}
		var id [32]byte
		n := 0
		for _, c := range s[i-8 : i+28] {
			if class[c]&cHex != 0 && n < len(id) {
				id[n] = fold(c)
				n++
			}
		}
		sc.work += 36
		if n == len(id) {
			sc.add(i-8, i+28, Session, string(id[:]))
		}
	}
}

// keyID is the 32 bytes that a key in base64 or hexadecimal stands for.
func keyID(b []byte) (string, bool) {
	var key [33]byte
	switch len(b) {
	case 64:
		if n, err := hex.Decode(key[:], b); err == nil {
			return string(key[:n]), true
		}
	case 66:
		if b[0] == '0' && b[1]|0x20 == 'x' {
			return keyID(b[2:])
		}
	case 43, 44:
		var std [43]byte
		for i, c := range b[:43] {
			switch c {
			case '-':
				c = '+'
			case '_':
				c = '/'
			}
			std[i] = c
		}
		if n, err := base64.RawStdEncoding.Decode(key[:], std[:]); err == nil && (len(b) == 43 || b[43] == '=') {
			return string(key[:n]), true
		}
	}
	return "", false
}

// dots looks at … at place i: peer(yAnz…fBmk), as wireguard-go writes a key, and 0xc0aa…068c, as people are shown an
// identity.
func (sc *scanner) dots(i int) {
	s := sc.s
	if len(s) < i+5 || string(s[i:i+3]) != "…" {
		return
	}
	if i >= 9 && string(s[i-9:i-4]) == "peer(" && sc.byteAt(i+7) == ')' {
		sc.add(i-4, i+7, Key, string(s[i-4:i+7]))
		return
	}
	lo, hi := i, i+3
	for lo > max(sc.floor, i-16) && class[s[lo-1]]&cHex != 0 {
		lo--
	}
	for hi < min(len(s), i+19) && class[s[hi]]&cHex != 0 {
		hi++
	}
	if lo > i-3 || hi < i+6 || lo < 2 || s[lo-1]|0x20 != 'x' || s[lo-2] != '0' {
		return
	}
	sc.add(lo-2, hi, Identity, lower(s[lo:hi]))
}

// short is how a secret is written where there is little room: the first and last four letters.
func short(s string) string { return s[:4] + "…" + s[len(s)-4:] }

func lower(b []byte) string {
	out := make([]byte, len(b))
	for i, c := range b {
		out[i] = fold(c)
	}
	return string(out)
}
