package proof

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Parse reads what `nft list table` prints, with --numeric or without, of one table or several. It reads any text: what
// it cannot make sense of becomes a rule that is shown as it stands.
func Parse(text string) Listing {
	l := Listing{Text: text}
	p := parser{l: &l, asked: map[string]bool{}, sets: map[string]string{}}
	for line := range strings.Lines(strings.ReplaceAll(text, "}table ", "}\ntable ")) { // listings may be joined without a line end
		p.line(strings.TrimSpace(line))
	}
	for i := range l.Rules { // sets may be listed behind what uses them
		if set, ok := strings.CutPrefix(l.Rules[i].A, "@"); ok {
			l.Rules[i].A = p.sets[set]
		}
	}
	if p.unhooked() {
		l.Phase = Open
		return l
	}
	l.Phase = phaseOf(l.Rules)
	return l
}

// phaseOf is what the rules let out, if the kernel asks them.
func phaseOf(rules []Rule) Phase {
	now := Blocked
	for _, r := range rules {
		switch {
		case r.Chain != "inet out":
		case r.Code == PolicyOpen, r.Text == "accept":
			return Open
		case r.Code == ThroughTunnel:
			now = Connected
		case r.Code == ToExit && now == Blocked:
			now = Connecting
		}
	}
	return now
}

// hooks are where the kernel has to ask the chains that refuse.
var hooks = map[string]string{"inet out": "output", "inet in": "input", "inet through": "forward"}

// parser walks the braces of a listing.
type parser struct {
	l     *Listing
	asked map[string]bool // chains of hooks whose line says that the kernel asks them
	table string
	chain string
	set   string
	sets  map[string]string // elements, by name
	more  bool              // of the set's elements are on the next line

	asleep bool // the table that has what leaves is there, and is asked nothing
}

// unhooked tells that no chain of ours is asked about what leaves.
func (p *parser) unhooked() bool { return p.asleep || !p.asked["inet out"] }

// dormant finds that flag among those of a table.
func dormant(flags []string) bool {
	return slices.ContainsFunc(flags, func(f string) bool { return slices.Contains(strings.Split(f, ","), "dormant") })
}

// unasked says at the end of a chain, as loudly as a rule, that the kernel never asks it though it should.
func (p *parser) unasked() {
	where := chainOf(p.table, p.chain)
	if hooks[where] != "" && !p.asked[where] {
		p.l.Rules = append(p.l.Rules, Rule{Group: Leaves, Code: NeverAsked, A: p.chain, Text: "chain " + p.chain, Chain: where})
	}
}

func (p *parser) line(s string) {
	words := strings.Fields(s)
	switch {
	case s == "":
	case p.set != "" && (p.more || s == "}" || slices.Contains(setWords, words[0])):
		p.element(s)
	case s == "}" && p.chain != "":
		p.unasked()
		p.chain = ""
	case s == "}" && p.table != "":
		p.table = ""
	case p.table == "" && len(words) == 4 && words[0] == "table" && words[3] == "{":
		p.table = words[1] + " " + words[2]
	case p.table != "" && p.chain == "" && len(words) == 3 && words[0] == "set" && words[2] == "{":
		p.set = words[1]
	case p.table != "" && p.chain == "" && len(words) == 3 && words[0] == "chain" && words[2] == "{":
		p.chain = words[1]
		p.asked[chainOf(p.table, p.chain)] = false
	case p.table != "" && p.chain == "" && len(words) > 1 && words[0] == "flags" && dormant(words[1:]):
		p.asleep = p.asleep || strings.HasPrefix(p.table, "inet ")
		p.l.Rules = append(p.l.Rules, Rule{Group: Leaves, Code: TableAsleep, A: p.table, Text: s, Chain: chainOf(p.table, "")})
	case p.chain != "" && len(words) > 3 && words[0] == "type" && words[2] == "hook":
		p.policy(s)
	default:
		p.l.Rules = append(p.l.Rules, ruleOf(chainOf(p.table, p.chain), s))
	}
}

// setWords begin the lines of a set. What else stands there is shown as it stands.
var setWords = []string{"type", "typeof", "flags", "elements", "size", "timeout", "gc-interval", "auto-merge", "comment", "policy"}

// element takes a line of a set.
func (p *parser) element(s string) {
	if s == "}" && !p.more {
		p.set = ""
		return
	}
	list, begins := strings.CutPrefix(s, "elements = {")
	if !begins && !p.more {
		return // its type and flags
	}
	p.more = !strings.Contains(list, "}")
	list, _, _ = strings.Cut(list, "}")
	for e := range strings.SplitSeq(list, ",") {
		e = strings.TrimSpace(e)
		if addr, port, ok := strings.Cut(e, " . "); ok {
			if strings.Contains(addr, ":") {
				addr = "[" + addr + "]"
			}
			e = addr + ":" + port
		}
		if e != "" {
			p.sets[p.set] = strings.TrimPrefix(p.sets[p.set]+", "+e, ", ")
		}
	}
}

// policy takes a chain's first line. One that should drop and accepts is said as loudly as a rule; so is one that hangs
// elsewhere than it should.
func (p *parser) policy(s string) {
	where := chainOf(p.table, p.chain)
	hook := hooks[where]
	switch {
	case hook == "":
	case !strings.HasPrefix(s, "type filter hook "+hook+" priority "):
		p.l.Rules = append(p.l.Rules, ruleOf(where, s))
		return
	case !strings.Contains(s, "policy drop;"):
		p.l.Rules = append(p.l.Rules, Rule{Group: Leaves, Code: PolicyOpen, A: p.chain, Text: s, Chain: where})
	}
	p.asked[where] = true
}

var counter = regexp.MustCompile(`(?:^| )counter(?: packets (\d+) bytes (\d+))?(?: |$)`)

// ruleOf puts one rule into words.
func ruleOf(chain, text string) Rule {
	r := Rule{Text: text, Chain: chain}
	if m := counter.FindStringSubmatch(text); m != nil {
		r.Counted = true
		r.Packets, _ = strconv.ParseUint(m[1], 10, 64)
		r.Bytes, _ = strconv.ParseUint(m[2], 10, 64)
		r.Text = strings.TrimSpace(strings.Replace(text, m[0], " ", 1))
	}
	plain := numeric(r.Text)
	for _, k := range known {
		if k.chain != chain {
			continue
		}
		if m := k.rule.FindStringSubmatch(plain); m != nil {
			if (k.code == ToLAN || k.code == FromLAN || k.code == GuestLAN) && !local(m[1]) {
				break // it looks like the rule, and is another one
			}
			r.Group, r.Code = k.group, k.code
			if len(m) > 1 {
				r.A = strings.Replace(m[1], joined, "ff02::/16, ff03::/16, ff04::/16, ff05::/16", 1)
			}
			return r
		}
	}
	r.Group = verdictOf(chain, r.Text)
	if r.Text == "" { // a counter alone
		r.Text = text
	}
	return r
}

// localNetworks are what the helper calls the local network, and how nft joins neighbours among them.
var localNetworks = []string{
	"10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/24", "239.0.0.0/8", "255.255.255.255",
	"fc00::/7", "fe80::/10", "ff02::/16", "ff03::/16", "ff04::/16", "ff05::/16", joined,
}

const joined = "ff02::-ff05:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

func local(list string) bool {
	for e := range strings.SplitSeq(list, ", ") {
		if !slices.Contains(localNetworks, e) {
			return false
		}
	}
	return true
}

// verdictOf sorts a rule that is not known by what it does.
func verdictOf(chain, text string) Group {
	words := strings.Fields(text)
	switch {
	case slices.Contains(words, "drop"), slices.Contains(words, "reject"):
		return Refused
	case !slices.Contains(words, "accept"):
		return Other
	case chain == "inet in" || chain == "arp in" || chain == "inet before":
		return Enters
	}
	return Leaves
}

// spellings are how versions of nft write the same thing, and the one that the rules below are written in.
var spellings = []struct {
	from *regexp.Regexp
	to   string
}{
	{regexp.MustCompile(`meta mark & 0xff000000 == (0x[0-9a-f]{8})`), "meta mark $1/8"},
	{regexp.MustCompile(`icmpv6 code no-route`), "icmpv6 code 0"},
	{regexp.MustCompile(`icmpx (type )?(admin-prohibited|3)`), "icmpx 3"},
	{regexp.MustCompile(`^tcp dport`), "meta l4proto 6 th dport"},
	{regexp.MustCompile(`^udp dport`), "meta l4proto 17 th dport"},
	{regexp.MustCompile(`meta l4proto tcp`), "meta l4proto 6"},
	{regexp.MustCompile(`meta l4proto udp`), "meta l4proto 17"},
	{regexp.MustCompile(`meta l4proto \{ tcp, udp \}`), "meta l4proto { 6, 17 }"},
	{regexp.MustCompile(`established`), "0x2"},
	{regexp.MustCompile(`related`), "0x4"},
	{regexp.MustCompile(`icmp type destination-unreachable`), "icmp type 3"},
	{regexp.MustCompile(`packet-too-big`), "2"},
	{regexp.MustCompile(`nd-router-solicit`), "133"},
	{regexp.MustCompile(`nd-router-advert`), "134"},
	{regexp.MustCompile(`nd-neighbor-solicit`), "135"},
	{regexp.MustCompile(`nd-neighbor-advert`), "136"},
	{regexp.MustCompile(`nd-redirect`), "137"},
	{regexp.MustCompile(`fib daddr type \{ local, broadcast, multicast \}`), "fib daddr type { 2, 3, 5 }"},
}

// numeric brings a rule into one spelling.
func numeric(s string) string {
	for _, x := range spellings {
		s = x.from.ReplaceAllString(s, x.to)
	}
	return s
}
