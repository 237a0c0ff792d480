package proof

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// listings are what the kernel lists of every ruleset of the helper, recorded from nft 1.0.6 with --numeric.
func listings(t testing.TB) map[string]string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	rulesets, err := filepath.Glob("../netd/testdata/rules-*.nft")
	require.NoError(t, err)
	require.Len(t, files, len(rulesets), "there is a ruleset that was not recorded")
	all := map[string]string{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		require.NoError(t, err)
		all[strings.TrimSuffix(filepath.Base(f), ".txt")] = string(b)
	}
	return all
}

// TestEveryRuleOfTheHelperIsInWords, in every situation; so one that is not is none of the helper's.
func TestEveryRuleOfTheHelperIsInWords(t *testing.T) {
	said := map[Code]bool{}
	for name, text := range listings(t) {
		l := Parse(text)
		for _, r := range l.Rules {
			assert.NotEmpty(t, r.Code, "%s: %s: %q is not known", name, r.Chain, r.Text)
			assert.NotContains(t, r.Words(), "%!", r.Code)
			assert.NotContains(t, r.Words(), " : ", "%s: %s: nothing stands where A should", name, r.Code)
			assert.Equal(t, r.Group == Refused, r.Counted, "%s: %s: what is refused is counted, and nothing else", name, r.Text)
			said[r.Code] = true
		}
		want, _, _ := strings.Cut(name, "-")
		assert.Equal(t, want, l.Phase.String(), name)
	}
	said[PolicyOpen], said[NeverAsked], said[TableAsleep] = true, true, true
	for _, c := range Codes() {
		assert.True(t, said[c], "%s is said of no rule", c)
	}
}

// TestTheOtherSpellingIsKnown: nft lists without --numeric, and newer versions, in other words for the same rules.
func TestTheOtherSpellingIsKnown(t *testing.T) {
	files, err := filepath.Glob("../netd/testdata/rules-*.nft") // as they are written: words in place of numbers
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		b, err := os.ReadFile(f)
		require.NoError(t, err)
		_, text, _ := strings.Cut(string(b), "delete table arp mysteriumvpn\n")
		for _, r := range Parse(text).Rules {
			assert.NotEmpty(t, r.Code, "%s: %q", f, r.Text)
		}
	}
}

// TestValuesAndCountersAreShown: whom datagrams may reach, and how often something was refused.
func TestValuesAndCountersAreShown(t *testing.T) {
	text := strings.Replace(listings(t)["connected-lan"], "meta l4proto 6 counter packets 0 bytes 0 reject", "meta l4proto 6 counter packets 12 bytes 720 reject", 1)
	text = strings.Replace(text, "{ 203.0.113.2 . 51820 }", "{ 203.0.113.2 . 51820,\n\t\t\t     198.51.100.7 . 443 }", 1)
	l := Parse(text)
	words := map[Group][]string{}
	for _, r := range l.Rules {
		words[r.Group] = append(words[r.Group], r.Words())
		if r.Code == OtherTCP {
			assert.Equal(t, [2]uint64{12, 720}, [2]uint64{r.Packets, r.Bytes})
			assert.Equal(t, "meta l4proto 6 reject with tcp reset", r.Text)
		}
	}
	assert.Contains(t, words[Leaves], "WireGuard's encrypted datagrams to the exit at 203.0.113.2:51820, 198.51.100.7:443, from this program's sockets only.")
	assert.Contains(t, words[Leaves], "WireGuard's encrypted datagrams to the exit at [2001:db8:113::2]:51820, from this program's sockets only.")
	assert.Contains(t, words[Refused], "Packets from the local network to 10.88.0.2, which this computer has inside the tunnel alone.")
	assert.Contains(t, words[Enters], "The local network: 10.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16.")
	assert.Len(t, l.Of(Other), 4)
	packets, bytes := l.Blocked()
	assert.Equal(t, [2]uint64{12, 720}, [2]uint64{packets, bytes})
}

// TestWhatIsNotOursIsShownAsItStands: a rule that somebody has added, a hole that looks like one of ours, a chain that
// lets everything pass.
func TestWhatIsNotOursIsShownAsItStands(t *testing.T) {
	base := listings(t)["connected-lan"]
	for added, group := range map[string]Group{
		"ip daddr 192.0.2.9 accept":                                    Leaves,
		"ip daddr { 10.0.0.0/8, 8.8.8.8 } accept":                      Leaves,
		"ip daddr { 0.0.0.0/0 } accept":                                Leaves,
		"meta mark 0x2e000000/8 ip daddr . udp dport @entry4 accept":   Leaves,
		"oifname \"eth0\" accept":                                      Leaves,
		"tcp dport 22 counter packets 3 bytes 9 drop comment \"mine\"": Refused,
		"jump elsewhere":                                               Other,
		"meta skuid 0-4294967294 ct mark set 0x2d000000 accept":        Leaves,
		"meta skuid { 990, 1000 } ct mark set 0x2d000000 accept":       Leaves,
		"meta skuid != 990 ct mark set 0x2d000000 accept":              Leaves,
		"meta skuid @users ct mark set 0x2d000000 accept":              Leaves,
	} {
		l := Parse(strings.Replace(base, "\t\toifname \"lo\" accept\n", "\t\toifname \"lo\" accept\n\t\t"+added+"\n", 1))
		var found []Rule
		for _, r := range l.Rules {
			if r.Code == "" {
				found = append(found, r)
			}
		}
		require.Len(t, found, 1, added)
		assert.Equal(t, group, found[0].Group, added)
		assert.Equal(t, "inet out", found[0].Chain)
		assert.Equal(t, found[0].Text, found[0].Words())
		assert.Contains(t, strings.Replace(added, "counter packets 3 bytes 9 ", "", 1), found[0].Text)
	}
	for _, r := range Parse(strings.ReplaceAll(base, "}\ntable", "}table")).Rules {
		assert.NotEmpty(t, r.Code, "tables that stand close: %s", r.Text)
	}
	open := Parse(strings.Replace(base, "hook output priority 0; policy drop;", "hook output priority 0; policy accept;", 1))
	assert.Equal(t, PolicyOpen, open.Rules[3].Code)
	assert.Equal(t, Leaves, open.Rules[3].Group)
	lone := Parse("something else\n}\n")
	require.Len(t, lone.Rules, 2, "%v", lone.Rules)
	assert.Equal(t, "something else", lone.Rules[0].Words())
	assert.Equal(t, Open, Parse("").Phase)
}

// TestTheNodesRuleIsOfTheNodesUser: one by which another passes, or any while the helper runs no node, is shown as it
// stands, and everything else stays what it was.
func TestTheNodesRuleIsOfTheNodesUser(t *testing.T) {
	const rule = "meta skuid 990 ct mark set 0x2d000000 accept"
	l := Parse(listings(t)["blocked-node"])
	at := slices.IndexFunc(l.Rules, func(r Rule) bool { return r.Code == NodeBeside })
	require.GreaterOrEqual(t, at, 0)
	assert.Equal(t, l.Rules, l.Checked(990).Rules)
	for _, node := range []uint32{0, 99, 1000} {
		checked := l.Checked(node)
		r := checked.Rules[at]
		assert.Equal(t, Rule{Group: Leaves, Text: rule, Chain: "inet out"}, r)
		assert.Equal(t, rule, r.Words())
		assert.Equal(t, slices.Delete(slices.Clone(l.Rules), at, at+1), slices.Delete(checked.Rules, at, at+1))
		assert.Equal(t, node, *checked.Node)
	}
	assert.Equal(t, NodeBeside, l.Rules[at].Code, "what was parsed is left alone")
	assert.Nil(t, l.Node)
}

// TestRulesThatNobodyAsksAreOpen: a table that is switched off, a chain that hangs nowhere or elsewhere, one that is not
// there, and one that lets everything pass, hold nothing back, whatever else is listed. Each is said, and none of the
// helper's own listings is taken for one.
func TestRulesThatNobodyAsksAreOpen(t *testing.T) {
	const hook = "\t\ttype filter hook output priority 0; policy drop;\n"
	for name, text := range listings(t) {
		if name == "open" {
			continue
		}
		require.Contains(t, text, hook)
		for what, x := range map[string]struct {
			text string
			said string
		}{
			"asleep":        {strings.Replace(text, "mysteriumvpn {\n", "mysteriumvpn {\n\tflags dormant\n\n", 1), "the table “inet mysteriumvpn” is switched off"},
			"asleep, owned": {strings.Replace(text, "mysteriumvpn {\n", "mysteriumvpn {\n\tflags dormant,owner # progname x\n\n", 1), "the table “inet mysteriumvpn” is switched off"},
			"no hook":       {strings.Replace(text, hook, "", 1), "does not ask the chain “out”"},
			"another hook":  {strings.Replace(text, hook, strings.Replace(hook, "output", "input", 1), 1), "does not ask the chain “out”"},
			"another type":  {strings.Replace(text, hook, strings.Replace(hook, "filter", "nat", 1), 1), "does not ask the chain “out”"},
			"no chain":      {strings.Replace(text, "\tchain out {", "\tchain gone {", 1), "oifname \"lo\" accept"},
			"policy":        {strings.Replace(text, hook, strings.Replace(hook, "drop", "accept", 1), 1), "no rule of the chain “out” refuses"},
			"first of all":  {strings.Replace(text, hook, hook+"\t\tcounter packets 1 bytes 2 accept\n", 1), "accept"},
		} {
			l := Parse(x.text)
			assert.Equal(t, Open, l.Phase, "%s: %s", name, what)
			var said []string
			for _, r := range l.Of(Leaves) {
				said = append(said, r.Words())
			}
			assert.Contains(t, strings.Join(said, "\n"), x.said, "%s: %s", name, what)
		}
		in := Parse(strings.Replace(text, "\t\ttype filter hook input priority 0; policy drop;\n", "", 1))
		assert.NotEqual(t, Open, in.Phase, "%s: what leaves is held back all the same", name)
		assert.True(t, slices.ContainsFunc(in.Rules, func(r Rule) bool { return r.Code == NeverAsked && r.A == "in" }), name)
	}
}

// FuzzParse: no text makes it panic, and no line with a verdict in it is left out.
func FuzzParse(f *testing.F) {
	for _, text := range listings(f) {
		f.Add(text)
	}
	f.Add("table inet x {\n\tset a {\n\t\telements = {\n\t\tip accept\n")
	f.Add("table inet mysteriumvpn {\nchain out {\ncounter packets 99999999999999999999 bytes 1 accept\n")
	f.Fuzz(func(t *testing.T, text string) {
		l := Parse(text)
		shown := map[string]bool{}
		for _, r := range l.Rules {
			assert.NotEmpty(t, r.Words(), "a rule without words: %+v", r)
			assert.Equal(t, r.Code == "", Sentence(r.Code) == "")
			shown[r.Text] = true
		}
		_, _ = l.Blocked()
		if strings.Contains(text, "elements") || strings.Contains(text, "counter") || strings.Contains(text, "set") {
			return // counters are cut out of rules, and elements are no rules
		}
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); strings.HasSuffix(line, " accept") && !strings.Contains(line, "hook") {
				assert.True(t, shown[line], "%q was left out", line)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	text := listings(b)["connected-lan"]
	for b.Loop() {
		Parse(text)
	}
}
