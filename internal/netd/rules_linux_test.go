package netd

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEveryPacketGoesWhereTheRulesSay: for every ruleset, what the kernel does with each packet of the table.
func TestEveryPacketGoesWhereTheRulesSay(t *testing.T) {
	if !alone(t) {
		return
	}
	b := newBox(t)
	port := 20000
	for _, name := range slices.Sorted(maps.Keys(situations())) {
		s := situations()[name]
		if name == "open" {
			continue
		}
		require.NoError(t, b.set(s, ruleset(&s)))
		port += 10
		for _, c := range rulecases(port) {
			for _, p := range c.before {
				b.pass(p)
			}
			assert.Equal(t, c.want(&s), b.pass(c.packet), "%s: %s", name, c.name)
		}
	}
}

// mutant is a ruleset with one thing less, or one policy turned round.
type mutant struct{ what, text string }

// mutants takes away each rule in turn, each address or port of a list, and each policy.
func mutants(text string) []mutant {
	lines := strings.Split(text, "\n")
	var all []mutant
	with := func(i int, what string, line ...string) {
		m := slices.Concat(lines[:i], line, lines[i+1:])
		all = append(all, mutant{what + ": " + strings.TrimSpace(lines[i]), strings.Join(m, "\n")})
	}
	list := regexp.MustCompile(`\{ ([^}]*) \}`)
	for i, l := range lines {
		for _, m := range list.FindAllStringSubmatch(l, -1) {
			elements := strings.Split(m[1], ", ")
			for n, gone := range elements {
				if rest := slices.Delete(slices.Clone(elements), n, n+1); len(rest) > 0 {
					with(i, "without "+gone, strings.Replace(l, m[0], "{ "+strings.Join(rest, ", ")+" }", 1))
				}
			}
		}
		switch l = strings.TrimSpace(l); {
		case strings.Contains(l, "policy drop;"):
			with(i, "open", strings.Replace(lines[i], "policy drop", "policy accept", 1))
		case strings.HasSuffix(l, "accept"), strings.HasSuffix(l, "drop"), strings.HasSuffix(l, "masquerade"),
			strings.Contains(l, "reject"), strings.Contains(l, "mark set"):
			with(i, "without")
		}
	}
	return all
}

// notSeen are mutants that no packet tells from the rules, with why they are rules all the same.
var notSeen = map[string]string{
	"open: type filter hook output priority filter; policy drop;":  flushed,
	"open: type filter hook input priority filter; policy drop;":   flushed,
	"open: type filter hook forward priority filter; policy drop;": flushed,
	"without: counter drop": "the policy drops the same, but not in the instant in which rules are replaced",
}

const flushed = "the last rule takes all that is left; the policy is for rules that somebody flushes"

// TestEveryRuleIsNeeded: without any one rule, element of a list or policy, some packet goes where it should not, in
// one of the situations at least. So a rule that is lost fails TestEveryPacketGoesWhereTheRulesSay. (Where the local
// network is shared, some rules allow what that allows anyway.)
func TestEveryRuleIsNeeded(t *testing.T) {
	if os.Getenv("LEAKS") == "" {
		t.Skip("make test-leaks runs it")
	}
	if !alone(t) {
		return
	}
	b := newBox(t)
	port, count := 20000, 0
	told := map[string]string{} // by mutant: the packet that tells
	for _, name := range slices.Sorted(maps.Keys(situations())) {
		s := situations()[name]
		if name == "open" {
			continue
		}
		for _, m := range mutants(ruleset(&s)) {
			if port += 10; port > 60000 {
				port = 20000
			}
			count++
			require.NoError(t, b.set(s, m.text), m.what)
			if told[m.what] == "" {
				told[m.what] = b.firstWrong(&s, port)
			}
		}
	}
	for what, packet := range told {
		if why, known := notSeen[what]; known {
			assert.Empty(t, packet, "%s is told after all: %s", what, why)
		} else {
			assert.NotEmpty(t, packet, "no packet tells %s", what)
		}
	}
	t.Logf("%d mutants, %d different", count, len(told))
}

// firstWrong names the first packet that does not go where it should.
func (b *box) firstWrong(s *State, port int) string {
	for _, c := range rulecases(port) {
		for _, p := range c.before {
			b.pass(p)
		}
		if b.pass(c.packet) != c.want(s) {
			return c.name
		}
	}
	return ""
}
