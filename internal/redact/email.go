package redact

import "strings"

// email looks at the @ at place i. What is before it must look like a name, what is behind it like a host or an address;
// not like a module's version (x/y@v1.2.3) or a unit (user@1000.service).
func (sc *scanner) email(i int) {
	s := sc.s
	lo := i
	for lo > max(sc.floor, sc.at) && (class[s[lo-1]]&cWord != 0 || s[lo-1] == '+') {
		lo--
	}
	for lo < i && class[s[lo]]&cAlnum == 0 {
		lo++
	}
	hi, dot := i+1, 0
	for hi < len(s) && class[s[hi]]&cWord != 0 {
		if s[hi] == '.' && sc.is(hi+1, cAlnum) {
			dot = hi + 1
		}
		hi++
	}
	sc.work += hi - lo
	for hi > i && class[s[hi-1]]&cAlnum == 0 {
		hi--
	}
	if lo == i || dot == 0 || hi-dot < 1 {
		return
	}
	end := lower(s[dot:min(hi, dot+64)])
	switch {
	case s[i+1] == 'v' && sc.is(i+2, cDigit), unitEndings[end], sourceEndings[end]:
		return
	case class[end[0]]&cLetter == 0 && strings.Count(string(s[i+1:hi]), ".") != 3: // bob@192.0.2.1, but left@1.2.3
		return
	case len(end) < 2 && class[end[0]]&cLetter != 0:
		return
	}
	sc.add(lo, hi, Email, lower(s[lo:hi]))
}
