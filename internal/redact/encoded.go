package redact

const (
	leastHidden = 7   // bytes of text that can hide a secret: 1.1.1.1
	twice       = 2   // layers of base64
	none        = 255 // no letter of base64's
)

// digit gives the value of a letter in either of base64's alphabets.
var digit = func() (d [256]uint8) {
	for c := range d {
		d[c] = none
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		d[c] = uint8(i)
	}
	d['-'], d['_'] = 62, 63
	return d
}()

// encoded looks at the run of base64's letters that s[i] is in: a key, or text with a secret.
func (sc *scanner) encoded(i int) {
	s := sc.s
	lo, hi := i, i
	for lo > max(sc.floor, sc.base64) && (s[lo-1] == '+' || s[lo-1] == '/') {
		lo--
	}
	parted := false
	for ; hi < len(s) && digit[s[hi]] != none; hi++ {
		parted = parted || class[s[hi]]&cAlnum == 0
	}
	sc.base64 = hi
	sc.work += hi - lo
	end := hi
	for end < len(s) && end < hi+2 && s[end] == '=' {
		end++
	}
	switch {
	case hi-lo >= 43 && sc.key(lo, hi, end):
	case hi-lo >= 10 && sc.hides(s[lo:hi], parted):
		sc.add(lo, end, Encoded, string(s[lo:hi]))
	case hi-lo >= 44 && sc.looksRandom(lo, hi):
		sc.add(lo, end, Key, string(s[lo:hi])) // a signature, a line of a private key in PEM
	}
}

// looksRandom reports whether the kind of letter changes as often as in random bytes. Words and paths do not come near.
func (sc *scanner) looksRandom(lo, hi int) bool {
	others := 0
	for _, c := range sc.s[lo:hi] {
		if class[c]&(cHex|cLower|cUpper) == cLower || class[c]&(cHex|cLower|cUpper) == cUpper {
			others++ // than hexadecimal digits
		}
	}
	changes, pairs := sc.mixture(lo, hi)
	return changes > (hi-lo)*2/5 && pairs > (hi-lo)/16 && others > (hi-lo)/3 && !readable(sc.s[lo:lo+32])
}

// readable reports whether the 32 letters are base64 of plain text.
func readable(b []byte) bool {
	for ; len(b) >= 4; b = b[4:] {
		v := uint32(digit[b[0]])<<18 | uint32(digit[b[1]])<<12 | uint32(digit[b[2]])<<6 | uint32(digit[b[3]])
		for _, c := range [...]byte{byte(v >> 16), byte(v >> 8), byte(v)} {
			if c < ' ' && c != '\n' && c != '\t' || c >= 0x7f {
				return false
			}
		}
	}
	return true
}

// mixture counts how often the kind of letter changes, and how often there are two capitals in a row, or a digit: in names
// written LikeThis there are none.
func (sc *scanner) mixture(lo, hi int) (changes, pairs int) {
	for i := lo + 1; i < hi; i++ {
		before, c := class[sc.s[i-1]]&cAlnum, class[sc.s[i]]&cAlnum
		switch {
		case before != c:
			changes++
		case c == cUpper:
			pairs++
		}
		if c == cDigit {
			pairs++
		}
	}
	sc.work += hi - lo
	return changes, pairs
}

// key adds s[lo:hi] if its end is 32 bytes in base64: 43 letters and one =, or by themselves if they look random.
func (sc *scanner) key(lo, hi, end int) bool {
	s := sc.s
	from := hi - 43
	end = min(end, hi+1)
	if from > lo && class[s[from-1]]&cASCII != 0 || digit[s[hi-1]]&3 != 0 {
		return false
	}
	var have uint8
	for _, c := range s[from:hi] {
		have |= class[c]
	}
	changes, pairs := sc.mixture(from, hi)
	if have&cLower == 0 || have&cUpper == 0 || end == hi && (changes < 12 || pairs == 0) {
		return false
	}
	id, ok := keyID(s[from:hi])
	if ok {
		sc.add(from, end, Key, id)
	}
	return ok
}

// hides reports whether text in base64 has a secret in it. Where such text begins in a run that has other parts is not
// known, so it is read from each of the four places that are different.
func (sc *scanner) hides(b []byte, parted bool) bool {
	if sc.depth >= twice {
		return false
	}
	starts := 1
	if parted {
		starts = 4
	}
	for start := range starts {
		if sc.hidesFrom(b[start:]) {
			return true
		}
	}
	return false
}

func (sc *scanner) hidesFrom(b []byte) bool {
	if sc.inner == nil {
		sc.inner = &finder{known: sc.known, depth: sc.depth + 1}
	}
	in := sc.inner
	sc.work += len(b)
	text, hidden := in.plain[:0], false
	end := func() {
		if len(text) >= leastHidden && !hidden {
			hidden = len(in.find(text)) > 0
			sc.work += in.work
		}
		text = text[:0]
	}
	put := func(c byte) {
		if c >= ' ' && c < 0x7f {
			text = append(text, c)
		} else {
			end()
		}
	}
	for len(b) >= 2 && !hidden {
		v := uint32(digit[b[0]])<<18 | uint32(digit[b[1]])<<12
		n := min(len(b), 4)
		if n > 2 {
			v |= uint32(digit[b[2]]) << 6
		}
		if n > 3 {
			v |= uint32(digit[b[3]])
		}
		put(byte(v >> 16))
		if n > 2 {
			put(byte(v >> 8))
		}
		if n > 3 {
			put(byte(v))
		}
		b = b[n:]
	}
	end()
	in.plain = text[:0]
	return hidden
}
