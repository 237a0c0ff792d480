package wgconf

import (
	"bytes"
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Parse reads a file. Keys and sections may be in any case, lines may end with CRLF, and a byte order mark is passed
// over. It says everything at once that is wrong with the file: the error is an *Error. Notes are there in either case,
// in the order of lines.
func Parse(file []byte) (c *Config, notes []Problem, err error) {
	if len(file) > MaxSize {
		return nil, nil, &Error{[]Problem{{Code: TooBig}}}
	}
	file = bytes.TrimPrefix(file, []byte("\ufeff"))
	if !utf8.Valid(file) || bytes.IndexByte(file, 0) >= 0 {
		return nil, nil, &Error{[]Problem{{Code: NotText}}}
	}
	p := &parser{at: map[string]int{}}
	for text := range strings.SplitSeq(string(file), "\n") {
		p.line++
		p.read(strings.TrimSpace(text))
	}
	p.whole()
	slices.SortStableFunc(p.problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	var bad []Problem
	for _, problem := range p.problems {
		if problem.Note() {
			notes = append(notes, problem)
		} else {
			bad = append(bad, problem)
		}
	}
	if len(bad) > 0 {
		return nil, notes, &Error{bad}
	}
	return &p.config, notes, nil
}

type parser struct {
	config   Config
	line     int
	section  string         // "Interface", "Peer", "" before the first one, "?" in one that is not known
	at       map[string]int // lines of sections and keys
	problems []Problem

	said, noted int // problems, and notes
}

// say takes a problem down; of each sort so many that a person would read them.
func (p *parser) say(code Code, key, value string) {
	problem := Problem{p.line, code, key, shown(value)}
	said := &p.said
	if problem.Note() {
		said = &p.noted
	}
	if *said++; *said <= maxProblems {
		p.problems = append(p.problems, problem)
	}
}

// secretRun is how many letters and digits in a row are taken for a piece of a key: names of hosts have fewer as a rule.
const secretRun = 20

// shown is a value that may be repeated: not one that could be a key that stands in the wrong place.
func shown(value string) string {
	run := 0
	for _, r := range value {
		switch {
		case r == '/' || r == '+' || r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			run++
		default:
			run = 0
		}
		if run == secretRun || !unicode.IsPrint(r) {
			return ""
		}
	}
	if len(value) > 100 {
		return ""
	}
	return value
}

// known are the keys of a section and what reads them; nil = the key means nothing here.
var known = map[string]map[string]func(p *parser, key, value string){
	"Interface": {
		"PrivateKey": (*parser).key, "Address": (*parser).addresses, "DNS": (*parser).dns, "MTU": (*parser).mtu,
		"ListenPort": nil, "Table": nil, "FwMark": nil, "SaveConfig": nil,
	},
	"Peer": {
		"PublicKey": (*parser).key, "PresharedKey": (*parser).key, "Endpoint": (*parser).endpoint,
		"AllowedIPs": (*parser).allowed, "PersistentKeepalive": (*parser).keepalive,
	},
}

var (
	hooks = []string{"PreUp", "PostUp", "PreDown", "PostDown"}
	lists = []string{"Address", "DNS", "AllowedIPs"} // may stand more than once
)

func (p *parser) read(text string) {
	if comment, ok := strings.CutPrefix(text, "#"); ok {
		p.comment(comment)
		return
	}
	text, _, _ = strings.Cut(text, "#")
	text = strings.TrimSpace(text)
	if name, ok := strings.CutPrefix(text, "["); ok {
		p.open(strings.TrimSuffix(name, "]"), strings.HasSuffix(name, "]"))
		return
	}
	key, value, ok := strings.Cut(text, "=")
	key, value = strings.TrimSpace(key), strings.TrimSpace(value)
	switch {
	case text == "":
	case !ok || key == "":
		p.say(Stray, "", "")
	case named(key, hooks) != "": // wherever it stands
		p.say(RunsCommand, named(key, hooks), "")
	case p.section == "":
		p.say(NoSection, "", "")
	case p.section != "?":
		p.assign(key, value)
	}
}

// named finds a name in any case; "" = it is none of these.
func named(text string, names []string) string {
	for _, n := range names {
		if strings.EqualFold(n, text) {
			return n
		}
	}
	return ""
}

func (p *parser) open(name string, closed bool) {
	found := named(strings.TrimSpace(name), []string{"Interface", "Peer"})
	switch {
	case !closed:
		p.section = cmp.Or(p.section, "?")
		p.say(Stray, "", "")
	case found == "":
		p.section = "?"
		p.say(UnknownSection, "", "")
	case p.at[found] != 0:
		p.section = "?" // what is in it belongs to another server
		p.say(SecondSection, found, "")
	default:
		p.section = found
		p.at[found] = p.line
	}
}

func (p *parser) assign(key, value string) {
	var names []string
	for n := range known[p.section] {
		names = append(names, n)
	}
	name := named(key, names)
	read := known[p.section][name]
	switch {
	case name == "":
		p.say(UnknownKey, shown(key), "")
	case read == nil:
		p.say(NotUsed, name, "")
	case value == "":
		if name != "DNS" && name != "AllowedIPs" { // wg-quick lets lists be empty
			p.at[name] = p.line
			p.say(NoValue, name, "")
		}
	case p.at[name] != 0 && !slices.Contains(lists, name):
		p.say(Repeated, name, "")
	default:
		p.at[name] = p.line
		read(p, name, value)
	}
}

// whole says what is wrong with the file beyond its lines.
func (p *parser) whole() {
	p.line = 0
	c := &p.config
	if p.at["Interface"] == 0 {
		p.say(NoInterface, "", "")
		return // the rest would only repeat that
	}
	if p.at["Peer"] == 0 {
		p.say(NoPeer, "", "")
		return
	}
	for _, need := range []struct{ section, key string }{
		{"Interface", "PrivateKey"}, {"Interface", "Address"}, {"Peer", "PublicKey"}, {"Peer", "Endpoint"}, {"Peer", "AllowedIPs"},
	} {
		if p.at[need.key] == 0 {
			p.line = p.at[need.section]
			p.say(Missing, need.key, "")
		}
	}
	if public, err := c.PrivateKey.PublicKey(); err == nil && !c.PrivateKey.Zero() && public == c.Peer.PublicKey {
		p.line = p.at["PublicKey"]
		p.say(OwnKey, "PublicKey", "")
	}
	if len(c.DNS) == 0 {
		p.line = p.at["Interface"]
		p.say(NoDNS, "DNS", "")
	}
	six := slices.ContainsFunc(c.Addresses, func(n netip.Prefix) bool { return n.Addr().Is6() })
	if six && c.MTU != 0 && c.MTU < 1280 {
		p.line = p.at["MTU"]
		p.say(BadMTU, "MTU", "")
	}
}
