//go:build unix

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMain plays the other roles too: the test binary starts itself as the far site and as a client program.
func TestMain(m *testing.M) {
	switch os.Getenv("E2E_ROLE") {
	case "site":
		playSite()
	case "client":
		playClient()
	case "myst":
		playNode()
	case "guarded":
		playGuarded()
	case "fakenet":
		playNetwork()
	case "outlet":
		playOutlet()
	case "freeport":
		playFreePort()
	default:
		os.Exit(m.Run())
	}
}

// cannot ends a test that this machine cannot run.
func cannot(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("E2E_REQUIRED") != "" {
		require.Failf(t, "needed here", format, args...)
	}
	t.Skipf(format, args...)
}

// program is the path of the program without a window; it is built if the caller did not.
func program(t *testing.T) string {
	t.Helper()
	if p := os.Getenv("MYSTERIUMVPN_BIN"); p != "" {
		return p
	}
	bin := filepath.Join(t.TempDir(), "mysteriumvpn")
	cmd := exec.Command("go", "build", "-tags", "headless,migrated_fynedo", "-o", bin, "../../cmd/mysteriumvpn")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return bin
}

// self is this test binary, to be started in another role.
func self(t *testing.T) string {
	t.Helper()
	p, err := os.Executable()
	require.NoError(t, err)
	return p
}
