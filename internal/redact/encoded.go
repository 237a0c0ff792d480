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
	if hi-lo < 43 || !sc.key(lo, hi, end) {
		if hi-lo >= 10 && sc.hides(s[lo:hi], parted) {
			sc.add(lo, end, Encoded, string(s[lo:hi]))
		}
	}
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
	changes, pairs := 0, 0 // of kind; two capitals, or a digit, in a row: names written LikeThis have none
	for i := from; i < hi; i++ {
		c := class[s[i]]
		have |= c
		if i == from {
			continue
		}
		if before := class[s[i-1]]; before&cAlnum != c&cAlnum {
			changes++
		} else if c&cUpper != 0 {
			pairs++
		}
		if c&cDigit != 0 {
			pairs++
		}
	}
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
