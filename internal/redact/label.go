package redact

// label looks at the word s[lo:hi] as the name of what comes next: host=, "server_name":, lookup. The run that it stands
// in ends at end.
func (sc *scanner) label(lo, hi, end int) {
	s := sc.s
	if c := s[hi-1] | 0x20; hi-lo < 3 || c != 't' && c != 'e' && c != 'n' && c != 'p' && c != 'i' && c != 'y' && c != 'r' && c != 's' &&
		c != 'd' && c != '4' && c != '6' && c != 'o' || class[s[hi-1]]&cHigh != 0 {
		return
	}
	var word [lookBack]byte
	n := len(word)
	for i := hi - 1; i >= lo && n > len(word)-16; i-- {
		switch c := s[i]; {
		case class[c]&(cLower|cUpper|cDigit) != 0:
			n--
			word[n] = fold(c)
		case c == '.':
			i = lo
		}
	}
	sc.work += hi - lo
	w := word[n:]
	switch {
	case hi < end: // "lookup." ends a sentence
	case ends(w, "host"), ends(w, "hostname"), ends(w, "servername"), ends(w, "domain"), ends(w, "fqdn"), ends(w, "qname"), string(w) == "sni",
		ends(w, "question"), ends(w, "authority"), string(w) == "query", ends(w, "domainname"), ends(w, "nodename"):
		if at, sure := sc.value(hi); at > 0 {
			sc.hostAt(at, sure || s[lo] == 'H' && sc.byteAt(hi) == ':')
		} else if sc.byteAt(hi) == ' ' {
			sc.hostAt(sc.skipQuotes(hi+1), false)
		}
	case ends(w, "addr"), ends(w, "address"), ends(w, "endpoint"), ends(w, "remote"), ends(w, "server"), ends(w, "upstream"), ends(w, "peer"),
		ends(w, "proxy"), ends(w, "gateway"), ends(w, "nameserver"), ends(w, "resolver"), ends(w, "origin"), ends(w, "referer"):
		if at, _ := sc.value(hi); at > 0 && !sc.isCode(at) {
			sc.hostAt(at, false)
		}
	case string(w) == "lookup", string(w) == "resolve", string(w) == "resolving", string(w) == "resolved":
		if sc.byteAt(hi) == ' ' {
			sc.lookup(sc.skipQuotes(hi + 1))
		}
	case string(w) == "tcp", string(w) == "udp", string(w) == "tcp4", string(w) == "udp4", string(w) == "tcp6", string(w) == "udp6", string(w) == "dial",
		string(w) == "to":
		if sc.byteAt(hi) == ' ' {
			sc.dialed(hi + 1)
		}
	case string(w) == "username", string(w) == "logname", string(w) == "proxyuser":
		if at, sure := sc.value(hi); at > 0 && sure {
			sc.user(at)
		}
	}
}

// value gives where the value begins of the name that ends at i, 0 if there is none; sure, if = or quotes say that it is
// one, and not the next word of a sentence.
func (sc *scanner) value(i int) (at int, sure bool) {
	i = sc.skipQuotes(i)
	switch sc.byteAt(i) {
	case '=':
		sure = true
		i++
		if sc.byteAt(i) == '=' {
			i++
		}
	case ':':
		i++
		if sc.byteAt(i) == '=' || sc.byteAt(i) == ':' {
			i++
		}
	default:
		return 0, false
	}
	for n := 0; n < 4 && sc.byteAt(i) == ' '; n++ {
		i++
	}
	if sc.byteAt(i) == '[' {
		i++
	}
	begin := i
	i = sc.skipQuotes(i)
	return i, sure || i > begin
}

// skipQuotes goes past a quote with its backslashes.
func (sc *scanner) skipQuotes(i int) int {
	begin := i
	for i < begin+8 && sc.byteAt(i) == '\\' {
		i++
	}
	switch sc.byteAt(i) {
	case '"', '\'', '`':
		return i + 1
	}
	return begin
}

// isCode reports whether the word at i is a symbol or a file and not a host: remote=main.go:12.
func (sc *scanner) isCode(i int) bool {
	s := sc.s
	hi, dot := i, 0
	for hi < len(s) && class[s[hi]]&cWord != 0 {
		if s[hi] == '.' {
			dot = hi + 1
		}
		hi++
	}
	sc.work += hi - i
	return dot > 0 && (sourceEndings[lower(s[dot:min(hi, dot+12)])] || unitEndings[lower(s[dot:min(hi, dot+12)])])
}

// lookup looks at the word at i behind "lookup": a name with a dot, or one of which is said where it was asked or that it
// is not there.
func (sc *scanner) lookup(i int) {
	s := sc.s
	hi := i
	for hi < len(s) && class[s[hi]]&cWord != 0 {
		hi++
	}
	sc.work += hi - i
	rest := string(s[sc.skipQuotes(hi):min(len(s), sc.skipQuotes(hi)+4)])
	sc.hostAt(i, rest == " on " || len(rest) > 1 && rest[:2] == ": ")
}

// dialed looks at the word at i behind the name of a network: a host if a port follows.
func (sc *scanner) dialed(i int) {
	s := sc.s
	hi := i
	for hi < len(s) && class[s[hi]]&cWord != 0 {
		hi++
	}
	sc.work += hi - i
	if hi > i && sc.portAt(hi) > 0 {
		sc.hostAt(i, false)
	}
}

// user takes the word at i for a user's name.
func (sc *scanner) user(i int) {
	hi := i
	for hi < len(sc.s) && class[sc.s[hi]]&cWord != 0 {
		hi++
	}
	sc.work += hi - i
	name := lower(sc.s[i:hi])
	if !everybody[name] && !noHosts[name] {
		sc.add(i, hi, User, sc.known.userID(name))
	}
}
