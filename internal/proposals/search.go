package proposals

import (
	"strings"
	"sync"
)

// Hit is one thing found: a proposal, or a whole country when Proposal is nil. Country is never nil. Both point into
// the snapshot.
type Hit struct {
	Country  *Country
	Proposal *Proposal
}

// match says how well a text fits what was typed; less is better.
type match uint8

const (
	exactCode match = iota
	exactName
	prefix
	wordPrefix
	within
	misspelt
	matches        // how many kinds there are
	noMatch = 0xff // none of them
)

const (
	maxQuery  = 64 // bytes of a query that are looked at
	typoFrom  = 4  // letters from which one slip is forgiven
	idFrom    = 4  // digits from which a query may be the start of a provider id
	maxTokens = 6
)

// index is what Search reads: every text folded once, when the snapshot is made.
type index struct {
	all     []Hit      // the answer to an empty query: all countries
	names   [][]string // per country: its name, then its aliases
	codes   []string   // per country: its code
	cities  []city
	cityOf  []int32 // per proposal: its city; -1 = none
	country []int32 // per proposal: its country
}

type city struct {
	text    string
	country int32
}

func newIndex(s *Snapshot, called map[string]string) index {
	x := index{
		all:     make([]Hit, len(s.Countries)),
		names:   make([][]string, len(s.Countries)),
		codes:   make([]string, len(s.Countries)),
		cityOf:  make([]int32, 0, len(s.Proposals)),
		country: make([]int32, 0, len(s.Proposals)),
	}
	for i := range s.Countries {
		c := &s.Countries[i]
		x.all[i] = Hit{Country: c}
		x.names[i] = namesOf(c.Code, c.Name)
		if name := fold(called[c.Code]); name != "" {
			x.names[i] = append(x.names[i], name)
		}
		x.codes[i] = strings.ToLower(c.Code)
		seen := map[string]int32{} // by the name as written; a city belongs to one country
		for j := range c.Proposals {
			x.country = append(x.country, int32(i))
			name := c.Proposals[j].City
			at, ok := seen[name]
			if !ok {
				at = -1
				if text := fold(name); text != "" {
					at = int32(len(x.cities))
					x.cities = append(x.cities, city{text, int32(i)})
				}
				seen[name] = at
			}
			x.cityOf = append(x.cityOf, at)
		}
	}
	return x
}

func namesOf(code, name string) []string {
	names := []string{fold(name)}
	if l := landOf(code); l != nil && l.aliases != "" {
		for alias := range strings.SplitSeq(l.aliases, "|") {
			names = append(names, fold(alias))
		}
	}
	return names
}

// scratch is what one Search needs besides its answer.
type scratch struct {
	query     []byte
	tokens    []string
	countries []match
	cities    []match
	proposals []match
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// Search finds what was typed among countries, cities and provider ids, the best fit first: a country's code, then
// whole names, then names that begin so, names with a word that begins so, names that have it anywhere, and, when there
// is none of these, names that differ by one slip of the finger. Within one kind countries come first, by name, then
// proposals, best first. Case, accents and punctuation do not matter. An empty query gives all countries.
//
// The answer must not be written to.
func (s *Snapshot) Search(query string) []Hit {
	if isBlank(query) {
		return s.index.all
	}
	return s.AppendSearch(nil, query)
}

// AppendSearch is Search into dst, for callers that search on each key press and want no garbage.
func (s *Snapshot) AppendSearch(dst []Hit, query string) []Hit {
	x := &s.index
	w := scratches.Get().(*scratch)
	defer scratches.Put(w)
	if len(query) > 4*maxQuery {
		query = query[:4*maxQuery]
	}
	w.query = appendFold(w.query[:0], query)
	q := string(w.query[:min(len(w.query), maxQuery)])
	if q == "" {
		if isBlank(query) {
			return append(dst, x.all...)
		}
		return dst // typed, but nothing that a name could have
	}
	w.tokens = appendTokens(w.tokens[:0], q)
	w.countries = resized(w.countries, len(s.Countries))
	w.cities = resized(w.cities, len(x.cities))
	w.proposals = resized(w.proposals, len(s.Proposals))

	var count [matches]int
	for i := range w.countries {
		w.countries[i] = x.country1(q, i)
		if w.countries[i] < matches {
			count[w.countries[i]]++
		}
	}
	for i := range w.cities {
		w.cities[i] = x.city1(q, w.tokens, i)
	}
	id := idQuery(q)
	for i := range w.proposals {
		m := match(noMatch)
		if c := x.cityOf[i]; c >= 0 {
			m = w.cities[c]
		}
		if id != "" {
			m = min(m, matchID(id, s.Proposals[i].ProviderID))
		}
		w.proposals[i] = m
		if m < matches {
			count[m]++
		}
	}
	return s.gather(dst, w, &count)
}

// gather writes the hits kind by kind without sorting them: their number is known, and both lists are in order.
func (s *Snapshot) gather(dst []Hit, w *scratch, count *[matches]int) []Hit {
	total := 0
	for m := range misspelt {
		total += count[m]
	}
	last := misspelt // kinds before it are wanted
	if total == 0 {
		total, last = count[misspelt], matches
	}
	base := len(dst)
	if cap(dst)-base < total {
		dst = append(make([]Hit, 0, base+total), dst...)
	}
	dst = dst[:base+total]
	var at [matches]int
	for m, next := match(0), base; m < last; m++ {
		at[m], next = next, next+count[m]
	}
	for i, m := range w.countries {
		if m < last {
			dst[at[m]] = Hit{Country: &s.Countries[i]}
			at[m]++
		}
	}
	for _, i := range s.found {
		if m := w.proposals[i]; m < last {
			dst[at[m]] = Hit{Country: &s.Countries[s.index.country[i]], Proposal: &s.Proposals[i]}
			at[m]++
		}
	}
	return dst
}

func (x *index) country1(q string, i int) match {
	if q == x.codes[i] {
		return exactCode
	}
	m := match(noMatch)
	for j, name := range x.names[i] {
		m = min(m, compare(q, name))
		if j > 0 && m == exactName {
			m = exactCode // "uk", "usa", "holland": as good as a code
		}
	}
	return m
}

func (x *index) city1(q string, tokens []string, i int) match {
	c := &x.cities[i]
	m := compare(q, c.text)
	if m != noMatch && m != misspelt || len(tokens) < 2 {
		return m
	}
	in := false
	for _, t := range tokens { // "berlin germany", "de berlin"
		if compare(t, c.text) <= wordPrefix {
			in = true
			continue
		}
		if k := x.country1(t, int(c.country)); k > wordPrefix {
			return m
		}
	}
	if !in {
		return m // all of it names the country
	}
	return wordPrefix
}

// compare says how well the folded text fits the folded query.
func compare(q, text string) match {
	if strings.HasPrefix(text, q) {
		if len(text) == len(q) {
			return exactName
		}
		return prefix
	}
	best := match(noMatch)
	if len(q) > 1 {
		if i := strings.Index(text, q); i >= 0 {
			best = within
		}
	}
	for i := 0; i < len(text); i++ {
		if text[i] != ' ' {
			continue
		}
		if strings.HasPrefix(text[i+1:], q) {
			return wordPrefix
		}
	}
	if best == noMatch && len(q) >= typoFrom {
		for rest := text; ; {
			if oneSlip(q, rest) {
				return misspelt
			}
			i := strings.IndexByte(rest, ' ')
			if i < 0 {
				break
			}
			rest = rest[i+1:]
		}
	}
	return best
}

// oneSlip reports whether text begins with q but for one letter too many, too few, wrong, or two changed about. Any one
// slip can be laid at the first place where the two differ, so one pass is enough.
func oneSlip(q, text string) bool {
	i := 0
	for i < len(q) && i < len(text) && q[i] == text[i] {
		i++
	}
	switch {
	case i == len(q):
		return true
	case i == len(text):
		return len(q) == i+1
	}
	rest := text[i+1:]
	return strings.HasPrefix(rest, q[i+1:]) || // wrong
		strings.HasPrefix(text[i:], q[i+1:]) || // too many
		strings.HasPrefix(rest, q[i:]) || // too few
		i+1 < len(q) && i+1 < len(text) && q[i] == text[i+1] && q[i+1] == text[i] && strings.HasPrefix(text[i+2:], q[i+2:])
}

// idQuery gives the part of a query that may be from a provider id, "" if none: letters of words are hex digits
// too, so a few of them prove nothing.
func idQuery(q string) string {
	hex := strings.TrimPrefix(q, "0x")
	for i := range len(hex) {
		if c := hex[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return ""
		}
	}
	if len(hex) < len(q) || len(hex) >= idFrom {
		return q
	}
	return ""
}

func matchID(q, id string) match {
	switch {
	case q == id:
		return exactName
	case strings.HasPrefix(id, q):
		return prefix
	case strings.HasPrefix(id, "0x") && strings.HasPrefix(id[2:], q):
		return prefix
	case len(q) > idFrom && strings.Contains(id, q):
		return within
	}
	return noMatch
}

func appendTokens(dst []string, q string) []string {
	for len(dst) < maxTokens {
		i := strings.IndexByte(q, ' ')
		if i < 0 {
			return append(dst, q)
		}
		dst, q = append(dst, q[:i]), q[i+1:]
	}
	return dst
}

func isBlank(s string) bool { return strings.TrimSpace(s) == "" }

func resized(m []match, n int) []match {
	if cap(m) < n {
		return make([]match, n)
	}
	return m[:n]
}
