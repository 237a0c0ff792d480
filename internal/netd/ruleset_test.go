package netd

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRulesetsAreAsWritten: every change of a rule shows in a file that people can read. UPDATE=1 writes them.
func TestRulesetsAreAsWritten(t *testing.T) {
	for name, s := range situations() {
		file := "testdata/rules-" + name + ".nft"
		if os.Getenv("UPDATE") != "" {
			require.NoError(t, os.WriteFile(file, []byte(ruleset(&s)), 0o644))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, string(want), ruleset(&s), name)
	}
}

// TestAnOpenFirewallHasNoRuleOfOurs: disconnected without lockdown, the device is as if we were not there.
func TestAnOpenFirewallHasNoRuleOfOurs(t *testing.T) {
	assert.NotContains(t, ruleset(&State{LAN: true}), "{")
	for name, s := range situations() {
		assert.Equal(t, name == "open", !strings.Contains(ruleset(&s), "policy drop"), name)
	}
}

// TestNoChainLeavesTheRestToItsPolicy: while rules are replaced a new chain has none yet.
func TestNoChainLeavesTheRestToItsPolicy(t *testing.T) {
	for name, s := range situations() {
		var last string
		held := false
		for line := range strings.Lines(ruleset(&s)) {
			line = strings.TrimSpace(line)
			if line == "}" && held {
				assert.Contains(t, []string{"counter drop", "counter reject with icmpx admin-prohibited"}, last, name)
			}
			held = line != "}" && (held || strings.Contains(line, "policy drop"))
			last = line
		}
	}
}
