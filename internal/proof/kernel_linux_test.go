package proof

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEveryRuleIsKnownAsThisKernelListsIt: the rulesets are given to the kernel, in a network of their own, and read
// back by the nft that is here.
func TestEveryRuleIsKnownAsThisKernelListsIt(t *testing.T) {
	for _, program := range []string{"unshare", "nft"} {
		if _, err := exec.LookPath(program); err != nil || os.Getuid() != 0 {
			t.Skip("needs root, unshare and nft")
		}
	}
	files, err := filepath.Glob("../netd/testdata/rules-*.nft")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	const asleep = `nft -f "$0"; nft add table inet mysteriumvpn '{ flags dormant; }'; nft --numeric list table inet mysteriumvpn`
	out, err := exec.CommandContext(t.Context(), "unshare", "-n", "sh", "-ec", asleep, "../netd/testdata/rules-connected.nft").CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Equal(t, Open, Parse(string(out)).Phase, "switched off: %s", out)
	for _, f := range files {
		for _, option := range []string{"--numeric", ""} {
			const script = `nft -f "$0"; for t in inet arp; do if nft list table $t mysteriumvpn >/dev/null 2>&1; then nft $1 list table $t mysteriumvpn; fi; done`
			out, err := exec.CommandContext(t.Context(), "unshare", "-n", "sh", "-ec", script, f, option).CombinedOutput()
			require.NoError(t, err, string(out))
			l := Parse(string(out))
			name := strings.TrimPrefix(filepath.Base(f), "rules-")
			assert.True(t, strings.HasPrefix(name, l.Phase.String()), "%s is %s", name, l.Phase)
			for _, r := range l.Rules {
				assert.NotEmpty(t, r.Code, "%s: %s: %q", f, r.Chain, r.Text)
			}
		}
	}
}
