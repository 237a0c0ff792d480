package ui

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/probes"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// someRules are the helper's rules in a situation, as a kernel lists them.
func someRules(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile("../proof/testdata/" + name + ".txt")
	require.NoError(t, err)
	return string(b)
}

// someProbes are a test in which so many probes have left.
func someProbes(leaks int) probes.Result {
	r := probes.Result{At: noon, Took: 4 * time.Millisecond, Phase: "connected", Counted: 1234}
	for _, way := range []string{"", "wlp3s0"} {
		for _, k := range probes.Kinds() {
			for _, six := range []bool{false, true} {
				p := probes.Probe{Kind: k, IPv6: six, Interface: way, To: "192.0.2.1:80", Outcome: probes.Tunnel}
				switch {
				case way != "" && six:
					p.Outcome, p.Why = probes.Untested, probes.NoAddress
				case way != "":
					p.Outcome = probes.Blocked
				}
				if way != "" && !six && leaks > 0 {
					p.Outcome = probes.Left
					leaks--
				}
				r.Probes = append(r.Probes, p)
			}
		}
	}
	return r
}

func proofStage(t *testing.T, rules string) (*stage, *fakeHelper) {
	s, h := deviceStage(t)
	h.rules = func() (string, error) { return rules, nil }
	h.probe = func() (probes.Result, error) { return someProbes(0), nil }
	s.status(inPhase(vpn.Up))
	s.toggleProof()
	s.lane.Run()
	return s, h
}

func (s *stage) page() string { return textsIn(s.proofs.canvas) }

// TestTheProofPageShowsEveryRuleInWords, in its group, with what it has refused; and reads them anew each second while it
// is open.
func TestTheProofPageShowsEveryRuleInWords(t *testing.T) {
	rules := someRules(t, "connected-lan")
	s, h := proofStage(t, rules)
	page := s.page()
	for _, want := range []string{
		"Connected", "What may leave", "Everything, through the tunnel.", "What is refused, and how often so far",
		"What may come in", "What is rewritten", "203.0.113.2:51820", "The local network can be reached, too.",
	} {
		assert.Contains(t, page, want)
	}
	for _, r := range s.proofs.now.Rules {
		assert.Contains(t, strings.ReplaceAll(page, "  ", " "), firstWords(ruleText(r)))
	}
	assert.NotContains(t, page, "oifname")

	h.rules = func() (string, error) {
		return strings.Replace(rules, "meta l4proto 6 counter packets 0 bytes 0", "meta l4proto 6 counter packets 1234567 bytes 9", 1), nil
	}
	s.fire()
	assert.Contains(t, s.page(), "1\u202f234\u202f567")

	s.proofs.fold.press()
	assert.Contains(t, s.page(), "oifname \"mysterium0\" accept", "the kernel's own words")
	s.window.Resize(fyne.NewSize(720, 520))
	assert.Contains(t, s.page(), "icmpv6 type 133")
	s.proofs.copy.press()
	text := s.app.Clipboard().Content()
	assert.Contains(t, text, "Everything, through the tunnel.")
	assert.Contains(t, text, "chain through {")

	reads := 0
	h.rules = func() (string, error) { reads++; return rules, nil }
	s.toggleProof()
	s.fire()
	assert.Zero(t, reads, "nobody looks")
}

// firstWords are as much of a sentence as stands on one line.
func firstWords(s string) string {
	words := strings.Fields(s)
	return strings.Join(words[:min(len(words), 4)], " ")
}

// TestARuleOfSomebodyElseIsShownAsItStands, and so is a chain that lets everything pass.
func TestARuleOfSomebodyElseIsShownAsItStands(t *testing.T) {
	rules := strings.Replace(someRules(t, "blocked"), "oifname \"lo\" accept", "ip daddr 198.51.100.0/24 accept", 1)
	s, _ := proofStage(t, strings.Replace(rules, "hook input priority 0; policy drop;", "hook input priority 0; policy accept;", 1))
	assert.Contains(t, s.page(), "ip daddr 198.51.100.0/24 accept")
	assert.Contains(t, s.page(), "This should not be")
	assert.Contains(t, s.page(), "Nothing leaves but what gives")
	assert.NotContains(t, s.page(), "Mysterium node")
	n, _ := proofStage(t, someRules(t, "blocked-node"))
	assert.Contains(t, n.page(), "The Mysterium node passes beside all that.")
	assert.Contains(t, n.page(), "user 990")
	other, _ := proofStage(t, strings.Replace(someRules(t, "blocked-node"), "meta skuid 990", "meta skuid 1000", 1))
	assert.NotContains(t, other.page(), "The Mysterium node passes beside all that.", "it is not the node's user")
	assert.Contains(t, other.page(), "meta skuid 1000")
}

// TestRulesThatHoldNothingBackAreAnOpenNetwork, and the page says which line of them it is.
func TestRulesThatHoldNothingBackAreAnOpenNetwork(t *testing.T) {
	s, _ := proofStage(t, strings.Replace(someRules(t, "connected"), "{\n", "{\n\tflags dormant\n", 1))
	assert.Contains(t, s.page(), "hold nothing back")
	assert.Contains(t, s.page(), "switched off (dormant)")
	assert.NotContains(t, s.page(), "There is no rule of MysteriumVPN")
}

// TestTheProofPageSaysWhyThereIsNothingToShow: an open network, no helper, no answer.
func TestTheProofPageSaysWhyThereIsNothingToShow(t *testing.T) {
	s, h := proofStage(t, "")
	assert.Contains(t, s.page(), "There is no rule of MysteriumVPN")
	h.rules = func() (string, error) { return "", errAbsent }
	s.fire()
	assert.Contains(t, s.page(), "does not answer")
	assert.True(t, s.proofs.setup.Visible())
	assert.True(t, s.proofs.test.off)
	h.rules = func() (string, error) { return "", errors.New("nft: no such file") }
	s.fire()
	assert.Contains(t, s.page(), "Nft: no such file.")
	assert.False(t, s.proofs.setup.Visible())
}

// TestTheLeakTestSaysWhereEachProbeWent: a leak is said loudly, and what could not be tested is no success.
func TestTheLeakTestSaysWhereEachProbeWent(t *testing.T) {
	s, h := proofStage(t, someRules(t, "connected"))
	assert.Contains(t, s.page(), "Not run yet.")
	s.proofs.test.press()
	s.lane.Run()
	page := s.page()
	assert.Contains(t, page, "No leak: 24 probes went through the tunnel or nowhere; 8 could not be tested.")
	assert.NotContains(t, page, "too many")
	for _, want := range []string{"As programs send", "Past the tunnel, by wlp3s0", "Through the tunnel", "Blocked", "Not tested: no address", "DNS over TLS", "1\u202f234"} {
		assert.Contains(t, page, want)
	}
	assert.NotContains(t, page, "LEFT")

	h.probe = func() (probes.Result, error) { return someProbes(3), nil }
	s.proofs.test.press()
	s.lane.Run()
	assert.Contains(t, s.page(), "3 of 32 probes LEFT this computer")
	text, tone := verdict(s.proofs.result)
	assert.Contains(t, text, "LEFT")
	assert.Equal(t, troubleTone(colours()), tone(colours()))

	h.probe = func() (probes.Result, error) { return probes.Result{}, probes.ErrOpen }
	s.proofs.test.press()
	s.lane.Run()
	assert.Contains(t, s.page(), "every probe would leave")
	all := probes.Result{Probes: []probes.Probe{{Outcome: probes.Tunnel}, {Outcome: probes.Blocked}}, LeftOut: 7}
	text, tone = verdict(&all)
	assert.Equal(t, "No leak: 2 probes went through the tunnel or nowhere.", text)
	assert.Equal(t, upTone(colours()), tone(colours()))
	assert.Contains(t, besideWords(&all), "because there are too many: 7.")
	none := someProbes(0)
	for i := range none.Probes {
		none.Probes[i].Outcome = probes.Untested
	}
	text, _ = verdict(&none)
	assert.Contains(t, text, "nothing was tested")

	s.toggleProof()
	s.toggleProof()
	s.lane.Run()
	assert.Contains(t, s.page(), "Not run yet.", "what was tested was true then")
}

// TestTheProofPageIsReachedByKeyboard, and scrolled by it.
func TestTheProofPageIsReachedByKeyboard(t *testing.T) {
	s, _ := proofStage(t, someRules(t, "connected-lan"))
	c := s.window.Canvas()
	assert.Same(t, s.proofs.top, c.Focused())
	s.proofs.top.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	assert.Greater(t, s.proofs.scroll.Offset.Y, float32(0))
	s.proofs.top.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	assert.Equal(t, homePage, s.stack.at)
	c.(interface{ TypedShortcut(fyne.Shortcut) }).TypedShortcut(control(fyne.KeyK))
	assert.Equal(t, proofPageName, s.stack.at)
	s.toggleSettings()
	s.lane.Run()
	s.choice.device.proof.press()
	assert.Equal(t, proofPageName, s.stack.at, "the settings lead here")
}

// TestDeviceScreens draws what there is of the whole device: go test -run TestDeviceScreens -screens DIR.
func TestDeviceScreens(t *testing.T) {
	if *screens == "" {
		t.Skip("needs -screens DIR")
	}
	for _, look := range []string{"dark", "light"} {
		s, h := proofStage(t, strings.Replace(someRules(t, "connected-lan"), "meta l4proto 6 counter packets 0 bytes 0", "meta l4proto 6 counter packets 1234 bytes 9", 1))
		s.topics.Settings.Send(vpn.Settings{Network: vpn.Own, Mode: vpn.DeviceMode, Theme: look})
		s.offer(sandbox(61))
		s.shoot(look+"-proof", 1180, 740)
		s.proofs.test.press()
		s.lane.Run()
		s.shoot(look+"-proof-tested", 1180, 740)
		h.probe = func() (probes.Result, error) { return someProbes(3), nil }
		s.proofs.test.press()
		s.lane.Run()
		s.shoot(look+"-proof-left", 900, 640)
		s.proofs.toggleRaw()
		s.shoot(look+"-proof-raw", 720, 520)
		s.toggleSettings()
		s.lane.Run()
		s.choice.reveal(s.choice.device.lanRow.canvas)
		s.shoot(look+"-device", 1180, 740)
		h.answer, h.here = errAbsent, Setup{Installed: true, Start: "pkexec systemctl enable --now mysteriumvpn-netd.socket", Terminal: "sudo x"}
		s.fire()
		s.shoot(look+"-device-none", 1180, 740)
		s.openHelper(func() {})
		s.lane.Run()
		s.shoot(look+"-helper", 1180, 740)
		s.escape()
		s.toggleSettings()
		now := inPhase(vpn.Blocked)
		now.Guard = vpn.Guard{Held: true, Blocked: true}
		now.Reason = vpn.Reason{Code: vpn.LeftBlocked}
		s.status(now)
		s.shoot(look+"-blocked-device", 1180, 740)
		now = inPhase(vpn.Up)
		now.Guard = vpn.Guard{Held: true, Exposed: true, Notice: "nft -f -: exit status 1: Operation not permitted"}
		s.status(now)
		s.shoot(look+"-exposed", 1180, 740)
	}
}
