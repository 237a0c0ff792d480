package redact

import (
	"bytes"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// host looks at a word with dots, or before a colon, in text that says nothing of hosts.
func (sc *scanner) host(lo, hi int) {
	sc.work += hi - lo
	for lo < hi { // .. parts names: "done..next"
		end := bytes.Index(sc.s[lo:hi], []byte(".."))
		if end < 0 {
			end = hi
		} else {
			end += lo
		}
		if last := bytes.LastIndexByte(sc.s[lo:end], '.'); last > 0 {
			if sc.isHost(lo, end, lo+last+1) {
				sc.addHost(lo, end)
			}
		}
		for lo = end; lo < hi && sc.s[lo] == '.'; lo++ {
		}
	}
}

// isHost decides whether s[lo:hi], whose last label begins at last, is a host where nothing says so.
func (sc *scanner) isHost(lo, hi, last int) bool {
	s := sc.s
	tail := s[last:hi]
	if len(tail) < 2 || len(tail) > 63 || class[tail[0]]&cLetter == 0 {
		return false
	}
	var have uint8
	for _, c := range s[lo:hi] {
		have |= class[c]
	}
	end := lower(tail)
	if have&cLower != 0 && end != string(tail) && (!surelyHost[end] || symbolEndings[end]) {
		return false // in other spellings it is a symbol: conn.Run, node.ID
	}
	labels := bytes.Count(s[lo:hi], []byte(".")) + 1
	first := s[lo : lo+bytes.IndexByte(s[lo:hi], '.')]
	port, inPath := sc.portAt(hi), false
	switch sc.byteAt(lo - 1) {
	case '/', '\\':
		inPath = true
	}
	switch {
	case sc.byteAt(hi) == '(' && (!surelyHost[end] || codeWords[lower(first)]), sc.importPath(lo, hi), string(s[lo:hi]) == "rc.local":
		return false
	case port > 0 && !sourceEndings[end] && (!fileEndings[end] || webPorts[port]):
		return true
	case sourceEndings[end], unitEndings[end]:
		return false
	case fileEndings[end] && (labels == 2 || inPath || port > 0):
		return false
	case inPath && maybeFile[end], port > 0 && maybeFile[end], port > 0 && sourceEndings[end]:
		return false
	case !isTLD(end):
		return false
	case surelyHost[end]:
		return true
	case labels == 2 && codeWords[lower(first)], sc.isName(hi):
		return false
	case labels > 2 && surelyHost[lower(first)]: // org.freedesktop.name
		return false
	}
	return true
}

// isName reports whether the word that ends at i is the name of a value: name=, "name":.
func (sc *scanner) isName(i int) bool {
	for sc.byteAt(i) == '\\' {
		i++
	}
	if c := sc.byteAt(i); c == '"' || c == '\'' {
		return sc.byteAt(i+1) == ':'
	}
	return sc.byteAt(i) == '='
}

// portAt gives the number after the colon at i, 0 if there is none that a port could have.
func (sc *scanner) portAt(i int) int {
	if sc.byteAt(i) != ':' {
		return 0
	}
	n, end := 0, i+1
	for ; end < i+6 && sc.is(end, cDigit); end++ {
		n = n*10 + int(sc.s[end]-'0')
	}
	if n > 65535 || sc.is(end, cASCII) {
		return 0
	}
	return n
}

// importPath reports whether the host at s[lo:hi] begins the path of a Go package.
func (sc *scanner) importPath(lo, hi int) bool {
	s := sc.s
	if sc.byteAt(hi) != '/' {
		return sc.byteAt(hi) == '.' && codeHosts[string(s[lo:hi])]
	}
	if codeHosts[string(s[lo:hi])] {
		return true
	}
	end := hi // of the path, as far as is looked
	for end < len(s) && end < hi+lookBack*4 && (class[s[end]]&cWord != 0 || s[end] == '/') {
		end++
	}
	sc.work += end - hi
	switch sc.byteAt(end) {
	case '@':
		return sc.byteAt(end+1) == 'v' && sc.is(end+2, cDigit)
	case '(':
		return bytes.IndexByte(s[bytes.LastIndexByte(s[:end], '/'):end], '.') > 0
	}
	return false
}

// addHost adds a name, unless it says nothing.
func (sc *scanner) addHost(lo, hi int) {
	name := lower(sc.s[lo:hi])
	if strings.HasSuffix(name, ".localhost") || name == "localhost" || name == "localhost.localdomain" || strings.HasPrefix(name, "ip6-l") ||
		sc.known.keeps(name) {
		return
	}
	if name == sc.known.short {
		name = sc.known.host
	}
	sc.add(lo, hi, Host, name)
}

// share looks for a computer's name in \\name\share, where the first \ is at place i.
func (sc *scanner) share(i int) {
	s := sc.s
	if sc.byteAt(i+1) != '\\' || i > 0 && (class[s[i-1]]&cWord != 0 || s[i-1] == ':' || s[i-1] == '\\') {
		return
	}
	hi := i + 2
	for hi < len(s) && class[s[hi]]&cWord != 0 {
		hi++
	}
	sc.work += hi - i
	if hi > i+3 && sc.byteAt(hi) == '\\' && sc.is(hi+1, cAlnum) {
		sc.hostAt(i+2, true)
	}
}

// isTLD reports whether names end so.
func isTLD(label string) bool {
	if specialTLDs[label] {
		return true
	}
	_, icann := publicsuffix.PublicSuffix(label)
	return icann
}

// authority looks at what begins behind ://: credentials, a host, a port.
func (sc *scanner) authority(i int) {
	s := sc.s
	at, end := -1, i
loop:
	for ; end < len(s); end++ {
		switch s[end] {
		case '@':
			at = end
		case '/', '?', '#', ' ', '\t', '\r', '"', '\'', '<', '>', '\\', '`', '|':
			break loop
		case ':':
			if sc.byteAt(end+1) == '/' && sc.byteAt(end+2) == '/' {
				break loop
			}
		}
	}
	sc.work += end - i
	if at >= 0 {
		sc.add(i, at, Secret, string(s[i:at]))
		sc.at = at + 1
		i = at + 1
	}
	sc.hostAt(i, true)
}

// hostAt takes the word at i for a host whatever it looks like, and reports whether there is one. If alone is false it
// must have a dot or a port.
func (sc *scanner) hostAt(i int, alone bool) bool {
	s := sc.s
	lo, hi := i, i
	for hi < len(s) && class[s[hi]]&cWord != 0 {
		hi++
	}
	sc.work += hi - lo
	for hi > lo && class[s[hi-1]]&cAlnum == 0 {
		hi--
	}
	for lo < hi && class[s[lo]]&cAlnum == 0 {
		lo++
	}
	if hi-lo < 1 || sc.byteAt(hi) == ':' && sc.byteAt(hi+1) == '/' && sc.byteAt(hi+2) == '/' {
		return false
	}
	var have uint8
	for _, c := range s[lo:hi] {
		have |= class[c]
	}
	if have&cLetter == 0 && (!alone || have&cDot != 0 || hi-lo < 8) { // a number, or an address that was found by its form
		return false
	}
	if have&cDot == 0 && (!alone && sc.portAt(hi) == 0 || noHosts[lower(s[lo:hi])]) {
		return false
	}
	sc.addHost(lo, hi)
	return true
}
