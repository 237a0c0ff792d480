package mystnode

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheLogOfANodeThatRanBeforeIsFound asks real processes.
func TestTheLogOfANodeThatRanBeforeIsFound(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"with =":        {[]string{"--log-dir=/var/log/myst"}, "/var/log/myst/mysterium-node.log"},
		"apart":         {[]string{"--log-dir", "/var/log/myst", "daemon"}, "/var/log/myst/mysterium-node.log"},
		"with one dash": {[]string{"-log-dir=/var/log/myst"}, "/var/log/myst/mysterium-node.log"},
		"relative":      {[]string{"--log-dir=logs"}, filepath.Join(dir, "logs/mysterium-node.log")},
		"not named":     {[]string{"daemon"}, "/home/somebody/.mysterium/logs/mysterium-node.log"},
		"cut off":       {[]string{"--log-dir"}, "/home/somebody/.mysterium/logs/mysterium-node.log"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "/bin/sh", append([]string{"-c", "read x", "sh"}, c.args...)...)
			cmd.Dir, cmd.Env = dir, []string{"HOME=/home/somebody"}
			in, err := cmd.StdinPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			got, err := LogFile(cmd.Process.Pid)
			require.NoError(t, in.Close())
			_ = cmd.Wait()
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
	_, err := LogFile(1 << 30)
	require.ErrorContains(t, err, "look where the node writes its log")
}
