package mystnode

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheSystemsNodeIsStartedAsOurs: the script that the root helper calls starts a node for the same as we do.
func TestTheSystemsNodeIsStartedAsOurs(t *testing.T) {
	home := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "sh", "../../packaging/linux/netd/node", "exec")
	cmd.Env = append(os.Environ(), "NODE_PROGRAM=/bin/echo", "NODE_HOME="+home)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	ours := Start{API: GuardedAPI, Home: home, Way: Guarded}.Args()
	assert.ElementsMatch(t, ours, strings.Fields(string(out)))
	assert.Equal(t, "daemon", ours[len(ours)-1])
}
