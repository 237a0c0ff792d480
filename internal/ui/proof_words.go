package ui

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2/lang"

	"github.com/mysteriumvpn/desktop/internal/probes"
	"github.com/mysteriumvpn/desktop/internal/proof"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// words are what the rules let out now: in short, in a sentence, and in what colour.
func (p *proofPage) words() (phase, about string, t tone) {
	if p.problem == nil {
		defer func() { about += besides(p.now.Rules) }()
	}
	switch {
	case p.problem != nil:
		return lang.L("Not known"), whyText(p.problem), troubleTone
	case !p.read:
		return lang.L("Being read…"), " ", mutedTone
	}
	switch p.now.Phase {
	case proof.Connected:
		return lang.L("Connected"), lang.L("Everything goes through the tunnel. Beside it only the tunnel's own datagrams leave, and what gives this computer an address."), upTone
	case proof.Connecting:
		return lang.L("Connecting"), lang.L("Only WireGuard's datagrams to the exit leave, and what gives this computer an address."), busyTone
	case proof.Blocked:
		return lang.L("Blocked"), lang.L("Nothing leaves but what gives this computer an address."), troubleTone
	case proof.Open:
		if len(p.now.Rules) > 0 {
			return lang.X("proof.open", "Open"), lang.L("Everything leaves: the rules of MysteriumVPN are there and hold nothing back. Somebody has changed them. Disconnect and connect again, or start the computer again."), troubleTone
		}
	}
	return lang.X("proof.open", "Open"), lang.L("There is no rule of MysteriumVPN: everything leaves as if it were not there. Rules stand while the whole device is carried, and with lockdown on."), mutedTone
}

// besides are the sentences about what leaves besides, if the user wants that.
func besides(rules []proof.Rule) (text string) {
	has := func(c proof.Code) bool {
		return slices.ContainsFunc(rules, func(r proof.Rule) bool { return r.Code == c })
	}
	if has(proof.ToLAN) {
		text += " " + lang.L("The local network can be reached, too.")
	}
	if has(proof.NodeBeside) {
		text += " " + lang.L("The Mysterium node passes beside all that.")
	}
	return text
}

// absentHelper tells that a helper could be set up.
func absentHelper(err error) bool {
	r, ok := errors.AsType[vpn.Reason](err)
	return ok && r.Code == vpn.HelperAbsent
}

// ruleText is a rule in the user's language. A rule may hold text of others, which must not be taken for a template.
func ruleText(r proof.Rule) string {
	if r.Code == "" {
		return r.Text
	}
	return lang.X("proof."+string(r.Code), r.Words(), map[string]string{"A": r.A})
}

// proofGroups are the groups in the order of the page.
func proofGroups() []struct {
	group proof.Group
	title string
} {
	return []struct {
		group proof.Group
		title string
	}{
		{proof.Leaves, lang.L("What may leave")},
		{proof.Refused, lang.L("What is refused, and how often so far")},
		{proof.Enters, lang.L("What may come in")},
		{proof.Other, lang.L("What is rewritten")},
	}
}

func probeWord(k probes.Kind) string {
	switch k {
	case probes.TCP:
		return "TCP"
	case probes.UDP:
		return "UDP"
	case probes.QUIC:
		return "QUIC"
	case probes.DNS:
		return "DNS"
	case probes.DNSTCP:
		return lang.L("DNS over TCP")
	case probes.DoT:
		return lang.L("DNS over TLS")
	case probes.MDNS:
		return lang.L("Multicast DNS")
	case probes.Ping:
		return lang.L("Ping")
	}
	return string(k)
}

// outcomeWord is where a probe went; one that could not be sent says why.
func outcomeWord(p probes.Probe) string {
	switch p.Outcome {
	case probes.Tunnel:
		return lang.L("Through the tunnel")
	case probes.Blocked:
		return lang.L("Blocked")
	case probes.Left:
		return lang.L("LEFT")
	case probes.Untested:
	}
	switch p.Why {
	case probes.NoRoute:
		return lang.L("Not tested: no way")
	case probes.NoAddress:
		return lang.L("Not tested: no address")
	case probes.NotYours:
		return lang.L("Not tested: not allowed")
	case probes.Other:
	}
	return lang.L("Not tested")
}

func outcomeMark(o probes.Outcome) (icon string, t tone) {
	switch o {
	case probes.Tunnel:
		return "circle-check", upTone
	case probes.Blocked:
		return "circle-x", linkTone
	case probes.Left:
		return "triangle-alert", troubleTone
	case probes.Untested:
	}
	return "minus", mutedTone
}

// wayWord is how probes were sent.
func wayWord(name string) string {
	if name == "" {
		return lang.L("As programs send")
	}
	return lang.L("Past the tunnel, by {{.Interface}}", map[string]string{"Interface": name})
}

// verdict is what a test has shown, in one sentence.
func verdict(r *probes.Result) (text string, t tone) {
	n := len(r.Leaks())
	switch {
	case n > 0:
		return lang.X("probe.left", "{{.N}} of {{.All}} probes LEFT this computer beside the tunnel. Take it off the network, then report this.", map[string]int{"N": n, "All": len(r.Probes)}), troubleTone
	case r.Untested() == len(r.Probes):
		return lang.L("No probe could be sent, so nothing was tested."), busyTone
	}
	not := r.Untested()
	words := map[string]int{"N": len(r.Probes) - not, "M": not}
	if not > 0 {
		return lang.X("probe.kept_some", "No leak: {{.N}} probes went through the tunnel or nowhere; {{.M}} could not be tested.", words), upTone
	}
	return lang.X("probe.kept", "No leak: {{.N}} probes went through the tunnel or nowhere.", words), upTone
}

// besideWords are what there is to say of a test besides.
func besideWords(r *probes.Result) string {
	text := lang.X("probe.counted", "The rules have refused {{.N}} packets meanwhile, those of other programs too.", map[string]string{"N": countText(r.Counted)})
	if r.LeftOut > 0 {
		text += " " + lang.X("probe.left_out", "Network interfaces that were not tried, because there are too many: {{.N}}.", map[string]int{"N": r.LeftOut})
	}
	return text
}

// refusedWord is why there is no result.
func refusedWord(err error) string {
	r, ok := errors.AsType[*probes.Refusal](err)
	if !ok {
		return whyText(err)
	}
	return lang.X("probe."+r.Code, r.Text)
}

// countText is a counter, with what groups its digits in every language: a narrow space.
func countText(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}

// text is the page as text, to be given to somebody.
func (p *proofPage) text() string {
	var b strings.Builder
	phase, about, _ := p.words()
	fmt.Fprintf(&b, "%s. %s\n", phase, about)
	for _, g := range proofGroups() {
		rules := p.now.Of(g.group)
		if len(rules) > 0 {
			fmt.Fprintf(&b, "\n%s\n", g.title)
		}
		for _, r := range rules {
			count := ""
			if r.Counted {
				count = countText(r.Packets) + "  "
			}
			fmt.Fprintf(&b, "  %s%s\n", count, ruleText(r))
		}
	}
	if p.result != nil {
		said, _ := verdict(p.result)
		fmt.Fprintf(&b, "\n%s\n%s %s\n", lang.L("Leak self-test"), said, besideWords(p.result))
		for _, x := range p.result.Probes {
			fmt.Fprintf(&b, "  %s, %s, %s, %s: %s\n", wayWord(x.Interface), probeWord(x.Kind), ipWord(x.IPv6), x.To, outcomeWord(x))
		}
	}
	return b.String() + "\n" + p.now.Text
}

func ipWord(six bool) string {
	if six {
		return "IPv6"
	}
	return "IPv4"
}
