package redact

import "strings"

// known is what was known before the first text, made ready.
type known struct {
	user  string // lower case, as are the others
	host  string // with its domain, if that is known
	short string // without
	all   []literal
	first [256]bool // bytes that a literal begins with
	keep  []string
}

// literal is text that must go wherever it stands.
type literal struct {
	text string // lower case
	kind Kind
	id   string
	part bool // also inside of a word
}

const leastLiteral = 3 // bytes of a name that is replaced anywhere; shorter ones are in too many words

// everybody are names that say nothing: of a user, or of a computer that was given none.
var everybody = set("root user admin administrator guest default public shared nobody ubuntu debian fedora linux localhost home me test system daemon pi vagrant node mysterium myst all none host")

func newKnown(k Known) known {
	n := known{user: strings.ToLower(k.User)}
	add := func(text string, kind Kind, id string, part bool) {
		text = strings.ToLower(text)
		n.all = append(n.all, literal{text: text, kind: kind, id: id, part: part})
		n.first[text[0]] = true
		n.first[text[0]&^0x20] = n.first[text[0]&^0x20] || class[text[0]]&cLower != 0
	}
	if home := strings.TrimRight(k.Home, `/\`); len(home) > 2 && home != "/root" {
		add(home, Home, own, false)
		if forward := strings.ReplaceAll(home, `\`, "/"); forward != home {
			add(forward, Home, own, false)
		}
	}
	if i := strings.LastIndexByte(n.user, '\\'); i >= 0 { // DOMAIN\name
		n.user = n.user[i+1:]
	}
	if len(n.user) >= leastLiteral && !everybody[n.user] {
		add(n.user, User, own, false)
	}
	n.host = strings.ToLower(strings.TrimRight(k.Host, "."))
	short, domain, _ := strings.Cut(n.host, ".")
	if len(short) >= leastLiteral && !everybody[short] {
		n.short = short
		add(short, Host, n.host, false)
	}
	if domain != "" && short != "localhost" {
		add(n.host, Host, n.host, false)
	}
	for _, s := range k.Secrets {
		if len(s) < 4 {
			continue
		}
		hex := strings.TrimPrefix(strings.ToLower(s), "0x")
		if len(hex) == 40 && allHex(hex, 0, 40) {
			continue // found by its form, in either spelling
		}
		add(s, Secret, strings.ToLower(s), true)
	}
	for _, h := range k.Keep {
		n.keep = append(n.keep, strings.ToLower(strings.Trim(h, ".")))
	}
	return n
}

// keeps reports whether a host, in lower case, may stay.
func (k *known) keeps(host string) bool {
	for _, h := range k.keep {
		if host == h || len(host) > len(h) && strings.HasSuffix(host, h) && host[len(host)-len(h)-1] == '.' {
			return true
		}
	}
	return false
}

// userID tells the user's own name from others.
func (k *known) userID(name string) string {
	if name == k.user {
		return own
	}
	return name
}

// literals finds what is known by its text.
func (k *known) literals(sc *scanner) {
	if len(k.all) == 0 {
		return
	}
	s := sc.s
	sc.work += len(s)
	for i := 0; i < len(s); i++ {
		if !k.first[s[i]] {
			continue
		}
		if end := placeholder(s, i); end > 0 {
			i = end - 1
			continue
		}
		for j := range k.all {
			l := &k.all[j]
			end := i + len(l.text)
			if end > len(s) || !l.part && sc.is(i-1, cASCII) && class[l.text[0]]&cAlnum != 0 || !equalLetters(s[i:end], l.text, &sc.work) {
				continue
			}
			if !l.part && sc.is(end, cASCII) || l.kind == Home && (sc.is(i-1, cASCII|cDash|cDot|cUnder) || !sc.pathEnds(end)) {
				continue
			}
			sc.add(i, end, l.kind, l.id)
		}
	}
}

// pathEnds reports whether the name of a folder that is read up to i ends there: /home/bob, not /home/bob-old.
func (sc *scanner) pathEnds(i int) bool {
	return !sc.is(i, cAlnum|cDash|cUnder) && !(sc.byteAt(i) == '.' && sc.is(i+1, cAlnum))
}

func equalLetters(b []byte, lower string, work *int) bool {
	for i := range b {
		if fold(b[i]) != lower[i] {
			*work += i
			return false
		}
	}
	*work += len(b)
	return true
}

// home looks for home folders at the / or \ at place i: /home/name, /Users/name, C:\Users\name.
func (sc *scanner) home(i int) bool {
	s := sc.s
	switch sc.byteAt(i+1) | 0x20 {
	case 'h', 'u', 'd':
	default:
		return false
	}
	name := 0
	for _, f := range homeFolders {
		if end := i + 1 + len(f); end < len(s) && equalFold(s, i+1, end, f) && (s[end] == '/' || s[end] == '\\') {
			name = end + 1
			break
		}
	}
	if name == 0 {
		return false
	}
	if s[i] == '\\' && sc.byteAt(name) == '\\' { // C:\\Users\\name: the reading without the escapes has it whole
		name++
	}
	end := sc.folder(name, s[i] == '\\' || sc.byteAt(i-1) == ':')
	if end == name {
		return false
	}
	folder := lower(s[name:end])
	if everybody[folder] && folder != sc.known.user {
		return false
	}
	if folder != sc.known.user {
		sc.add(name, end, User, folder)
		return true
	}
	lo := i
	switch {
	case sc.byteAt(i-1) == ':' && sc.is(i-2, cLower|cUpper) && !sc.is(i-3, cAlnum): // the drive's letter
		lo = i - 2
	case sc.is(i-1, cASCII|cDash|cDot|cUnder):
		sc.add(name, end, User, own)
		return true
	}
	sc.add(lo, end, Home, own)
	return true
}

var homeFolders = []string{"home", "users", "documents and settings"}

// folder gives the end of the name of a folder that begins at i. On Windows it may have spaces, if a backslash follows.
func (sc *scanner) folder(i int, windows bool) int {
	s := sc.s
	end := i
	if placeholder(s, i) > 0 {
		return i
	}
	for end < len(s) && (class[s[end]]&cWord != 0 || s[end] == '+' || s[end] == '$' || s[end] == '@' || s[end] == 0xe2) {
		end++
	}
	for spaced := end; windows && spaced < len(s) && spaced < end+lookBack; spaced++ {
		switch c := s[spaced]; {
		case c == '\\' && spaced > end && s[spaced-1] != ' ':
			end = spaced
			windows = false
		case class[c]&cWord == 0 && c != ' ':
			windows = false
		}
	}
	for end > i && class[s[end-1]]&(cAlnum|cDash|cUnder) == 0 && s[end-1] != 0xe2 {
		end--
	}
	sc.work += end - i
	return end
}
