// Package proof puts the firewall's rules, as the kernel lists them, into plain words: one sentence a rule, with how
// often it has refused something. What it does not know it shows as it stands; it leaves nothing out.
//
// The window's page and the command line call it with what the root helper gives; the leak self-test reads the counters.
//
// Pure functions over plain data: they may be called from any goroutine.
package proof

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Group says what a rule is about.
type Group uint8

// The groups, in the order in which they are shown.
const (
	Other   Group = iota // what is neither: addresses and marks that are rewritten
	Leaves               // what may leave this computer
	Refused              // what may not, or may not come in
	Enters               // what may come in
)

// String is the group's name, for programs.
func (g Group) String() string {
	return [...]string{"other", "leaves", "refused", "enters"}[min(g, Enters)]
}

// Phase is what the rules let out, read from them alone.
type Phase uint8

// The phases.
const (
	Open       Phase = iota // there is no rule of ours, or none that the kernel asks about everything that leaves
	Blocked                 // nothing but address configuration, and the local network if that is shared
	Connecting              // also WireGuard's datagrams to the exit
	Connected               // also what goes through the tunnel
)

// String is the phase's name.
func (p Phase) String() string {
	return [...]string{"open", "blocked", "connecting", "connected"}[min(p, Connected)]
}

// Rule is one rule in words.
type Rule struct {
	Group   Group
	Code    Code   // names the sentence; "" = not known, and Text is all there is
	A       string // what the sentence is about: addresses, ports
	Counted bool   // the rule has a counter
	Packets uint64 // that the rule has met since the rules were set
	Bytes   uint64 // likewise
	Text    string // the rule as the kernel lists it, its counter left out
	Chain   string // table and chain it stands in
}

// Listing is all of the rules.
type Listing struct {
	Phase Phase
	Rules []Rule  // in the kernel's order
	Text  string  // as it was listed
	Node  *uint32 // user that the helper runs the node as, 0 = none; nil = it was not asked, or not by Checked
}

// Checked compares the rules with what the helper says of itself: node is the user that it runs the node as, 0 = none. A
// rule by which another user passes beside the tunnel is none of the helper's, and is shown as it stands.
func (l Listing) Checked(node uint32) Listing {
	l.Node, l.Rules = &node, slices.Clone(l.Rules)
	for i := range l.Rules {
		if r := &l.Rules[i]; r.Code == NodeBeside && r.A != strconv.FormatUint(uint64(node), 10) {
			r.Code, r.A = "", ""
		}
	}
	return l
}

// Words is the sentence in English; of a rule that is not known it is the rule.
func (r Rule) Words() string {
	s, ok := sentences[r.Code]
	if !ok {
		return r.Text
	}
	return fmt.Sprintf(s+"%.0[1]s", r.A)
}

// Broken tells of a line that says that the helper's rules do not hold back what they should: somebody has changed them.
func (r Rule) Broken() bool {
	return r.Code == PolicyOpen || r.Code == NeverAsked || r.Code == TableAsleep
}

// Of gives the rules of a group.
func (l Listing) Of(g Group) []Rule {
	return slices.DeleteFunc(slices.Clone(l.Rules), func(r Rule) bool { return r.Group != g })
}

// Blocked counts what was refused since the rules were set, packets and bytes.
func (l Listing) Blocked() (packets, bytes uint64) {
	for _, r := range l.Rules {
		if r.Group == Refused {
			packets += r.Packets
			bytes += r.Bytes
		}
	}
	return packets, bytes
}

// chainOf is where a rule stands, as sentences are keyed by it.
func chainOf(table, chain string) string {
	family, _, _ := strings.Cut(table, " ")
	return family + " " + chain
}
