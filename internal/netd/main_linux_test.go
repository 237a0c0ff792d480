package netd

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

const childKey = "NETD_CHILD"

// alone runs a test again in a network namespace of its own, as root. It reports whether this is that run.
func alone(t *testing.T) bool {
	t.Helper()
	if os.Getenv(childKey) == t.Name() {
		return true
	}
	if os.Getuid() != 0 {
		t.Skip("needs root, for a network namespace of its own")
	}
	if _, err := os.Stat(SystemPaths().Nft); err != nil {
		t.Skip("needs nft")
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=120s")
	cmd.Env = append(os.Environ(), childKey+"="+t.Name())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Skipf("no namespaces here: %v", err)
	}
	require.NoError(t, err, "%s", out)
	t.Logf("%s", out)
	return false
}

// testPaths are all in a folder of the test's.
func testPaths(t testing.TB) Paths {
	p := SystemPaths()
	dir := t.TempDir()
	p.Kept, p.Run, p.Resolv = filepath.Join(dir, "kept"), filepath.Join(dir, "run"), filepath.Join(dir, "etc", "resolv.conf")
	p.Bus, p.Resolvconf, p.Resolved = "unix:path=/nowhere", filepath.Join(dir, "resolvconf"), filepath.Join(dir, "resolve")
	p.Group, p.Seat = filepath.Join(dir, "group"), filepath.Join(dir, "seat")
	require.NoError(t, os.Mkdir(filepath.Dir(p.Resolv), 0o755))
	return p
}
