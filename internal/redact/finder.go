package redact

import (
	"cmp"
	"slices"
)

// span is a secret in a line.
type span struct {
	lo, hi int
	kind   Kind
	id     string // what it is, in one spelling; own for what needs no number
}

// finder finds the secrets of one line after another. It keeps its memory between them.
type finder struct {
	known *known
	work  int // bytes looked at since find began
	found []span
	views [layers + 1]view // the first is the line
	inner *finder          // for what base64 hides
	depth int
	plain []byte // of base64
}

// find gives what must be replaced in the line, in order and apart from one another. It is valid up to the next call.
//
// The line is read as it stands and once more for each layer of escapes that can be taken off: which reading is meant
// cannot be told (C:\Users\nick). Where readings overlap all of it goes, under the name of the longest.
func (f *finder) find(line []byte) []span {
	f.work, f.found = 0, f.found[:0]
	f.views[0] = view{b: line}
	f.scan(&f.views[0])
	f.layers(false)
	if hasSpaces(line) {
		f.layers(true)
	}
	f.found = merge(line, f.found)
	return f.found
}

// layers looks at what the line becomes without its escapes.
func (f *finder) layers(spaces bool) {
	for i := range layers {
		from, to := &f.views[i], &f.views[i+1]
		if f.enough() || !hasEscapes(from.b, spaces) {
			return
		}
		f.work += len(from.b)
		if !to.unescape(from, spaces) {
			return
		}
		f.scan(to)
	}
}

// enough reports whether all that is asked is known: inside of base64 it is only whether there is anything.
func (f *finder) enough() bool { return f.depth > 0 && len(f.found) > 0 }

// merge puts spans in order and joins those that overlap.
func merge(line []byte, all []span) []span {
	if len(all) == 0 {
		return nil
	}
	slices.SortFunc(all, func(a, b span) int { return cmp.Or(cmp.Compare(a.lo, b.lo), cmp.Compare(b.hi, a.hi)) })
	out := all[:0]
	longest := 0
	for _, s := range all {
		for s.lo > 0 && line[s.lo]&0xc0 == 0x80 { // never a part of a rune
			s.lo--
		}
		for s.hi < len(line) && line[s.hi]&0xc0 == 0x80 {
			s.hi++
		}
		if n := len(out); n > 0 && s.lo < out[n-1].hi {
			last := &out[n-1]
			if n := s.hi - s.lo; n > longest || n == longest && last.kind == Host { // mysterium://0x… is an identity
				longest, last.kind, last.id = n, s.kind, s.id
			}
			last.hi = max(last.hi, s.hi)
			continue
		}
		out = append(out, s)
		longest = s.hi - s.lo
	}
	return out
}

// scanner walks over one view.
type scanner struct {
	*finder
	v      *view
	s      []byte
	floor  int // nothing before it is looked back at: an escape, a placeholder
	base64 int // up to here runs of base64's letters were looked at
	colons int // up to here runs of hexadecimal digits and colons were looked at
	at     int // an @ before it is that of a URL's credentials
}

func (f *finder) scan(v *view) {
	sc := scanner{finder: f, v: v, s: v.b}
	sc.secrets()
	f.known.literals(&sc)
	sc.walk()
}

// add notes a secret at s[lo:hi], unless a placeholder is all that is there.
func (sc *scanner) add(lo, hi int, k Kind, id string) {
	if lo >= hi {
		return
	}
	if end := placeholder(sc.s, lo); end > 0 && hi <= end {
		return
	}
	lo, hi = sc.v.source(lo, hi)
	sc.found = append(sc.found, span{lo: lo, hi: hi, kind: k, id: id})
}

// secrets adds what Secrets would hide.
func (sc *scanner) secrets() {
	s := sc.s
	for at := 0; at < len(s); {
		lo, hi, ok := secret(s, at, &sc.work)
		if !ok {
			sc.work += len(s) - at
			return
		}
		sc.work += hi - at
		switch text := s[lo:hi]; {
		case len(text) > 3 && string(text[:3]) == "eyJ":
			sc.add(lo, hi, Token, string(text))
		default:
			if id, ok := keyID(text); ok {
				sc.add(lo, hi, Key, id)
				break
			}
			sc.add(lo, hi, Secret, string(text))
		}
		at = max(hi, placeholder(s, lo))
	}
}

// the bytes that words have here; high ones are letters of other scripts.
const (
	cLower = 1 << iota
	cUpper
	cDigit
	cHigh
	cDot
	cDash
	cUnder
	cHex
	cLetter = cLower | cUpper | cHigh
	cASCII  = cLower | cUpper | cDigit
	cAlnum  = cLetter | cDigit
	cWord   = cAlnum | cDot | cDash | cUnder
)

var class = func() (k [256]uint8) {
	for c := range k {
		switch {
		case c >= 'a' && c <= 'z':
			k[c] = cLower
		case c >= 'A' && c <= 'Z':
			k[c] = cUpper
		case c >= '0' && c <= '9':
			k[c] = cDigit
		case c >= 0x80 && c != 0xe2: // E2 begins dots, dashes, arrows and quotes
			k[c] = cHigh
		}
		if kind[c]&isHex != 0 {
			k[c] |= cHex
		}
	}
	k['.'], k['-'], k['_'] = cDot, cDash, cUnder
	return k
}()

func (sc *scanner) is(i int, what uint8) bool {
	return i >= 0 && i < len(sc.s) && class[sc.s[i]]&what != 0
}

func (sc *scanner) byteAt(i int) byte {
	if i >= 0 && i < len(sc.s) {
		return sc.s[i]
	}
	return 0
}

func (sc *scanner) walk() {
	s := sc.s
	for i := 0; i < len(s); {
		if class[s[i]]&cWord != 0 {
			begin := i
			var have uint8
			for ; i < len(s) && class[s[i]]&cWord != 0; i++ {
				have |= class[s[i]]
			}
			sc.word(begin, i, have)
			continue
		}
		switch s[i] {
		case '<':
			if end := placeholder(s, i); end > 0 {
				i, sc.floor = end, end
				continue
			}
		case ':':
			if sc.byteAt(i+1) == '/' && sc.byteAt(i+2) == '/' {
				sc.authority(i + 3)
			} else {
				sc.colon(i)
			}
		case '@':
			if i >= sc.at {
				sc.email(i)
			}
		case '/':
			sc.home(i)
		case '\\', '%':
			if s[i] == '\\' {
				sc.share(i)
				if sc.home(i) {
					break
				}
			}
			if _, n := escapeAt(s, i); n > 0 {
				i += n
				sc.floor = i
				continue
			}
		case 0xe2:
			sc.dots(i)
			for n := 0; n < 2 && i+1 < len(s) && s[i+1]&0xc0 == 0x80; n++ {
				i++
			}
		}
		i++
	}
	sc.work += len(s)
}

// word looks at s[lo:hi], a run of letters, digits and . - _ in all scripts.
func (sc *scanner) word(lo, hi int, have uint8) {
	for at := lo; at < hi; at++ { // each part between dots
		begin := at
		if have&(cDot|cHigh) == 0 {
			at = hi
		}
		for at < hi && digit[sc.s[at]] != none {
			at++
		}
		if begin >= sc.base64 && at > begin && (at-begin >= 4 || sc.byteAt(at) == '+' || sc.byteAt(at) == '/') {
			sc.encoded(begin)
		}
	}
	for lo < hi && class[sc.s[lo]]&cAlnum == 0 {
		lo++
	}
	for lo < hi && sc.s[lo]&0xc0 == 0x80 { // the rest of a rune
		lo++
	}
	end := hi
	for hi > lo && class[sc.s[hi-1]]&cAlnum == 0 {
		hi--
	}
	if hi-lo < 2 {
		return
	}
	if hi-lo > 12 && sc.s[lo] == 'S' && string(sc.s[lo:lo+9]) == "S-1-5-21-" { // how Windows calls a user
		sc.add(lo, hi, User, string(sc.s[lo:hi]))
	}
	if have&cHex != 0 || have&cDigit != 0 {
		if have&cDot != 0 && have&cDigit != 0 && hi-lo >= 7 {
			sc.ipv4(lo, hi)
		}
		if have&(cDash|cDot) != 0 && hi-lo >= 14 {
			sc.partedMAC(lo, hi)
		}
		if hi-lo >= 15 && have&cDigit != 0 {
			sc.interfaceMAC(lo, hi)
		}
		if hi-lo >= 32 {
			sc.hex(lo, hi)
			if have&cDash != 0 {
				sc.uuids(lo, hi)
			}
		}
	}
	if have&cDot != 0 || have&cLetter != 0 && sc.byteAt(hi) == ':' {
		sc.host(lo, hi)
	}
	if have&(cLower|cUpper) != 0 {
		sc.label(lo, hi, end)
	}
}
