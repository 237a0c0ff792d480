package netd

import (
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	testEntry4 = netip.MustParseAddrPort("203.0.113.2:51820")
	testEntry6 = netip.MustParseAddrPort("[2001:db8:113::2]:51820")
	testInner4 = netip.MustParseAddr("10.88.0.2")
	testInner6 = netip.MustParseAddr("fd88::2")
)

// situations are the states that have a ruleset of their own.
func situations() map[string]State {
	begun := State{Held: true, Owner: 1000, Conn: 1, Endpoints: []netip.AddrPort{testEntry4, testEntry6}}
	connected, four := begun, begun
	connected.Tunnel = &Tunnel{Addresses: []netip.Addr{testInner4, testInner6}, MTU: 1420, Serial: 1}
	four.Endpoints = four.Endpoints[:1]
	four.Tunnel = &Tunnel{Addresses: []netip.Addr{testInner4}, MTU: 1420, Serial: 1}
	out := map[string]State{}
	for name, s := range map[string]State{"blocked": {Lockdown: true}, "connecting": begun, "connected": connected, "connected-four": four} {
		out[name] = s
		s.LAN = true
		out[name+"-lan"] = s
	}
	out["open"] = State{}
	return out
}

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
	p.Group, p.Seat = filepath.Join(dir, "group"), filepath.Join(dir, "seat")
	require.NoError(t, os.Mkdir(filepath.Dir(p.Resolv), 0o755))
	return p
}
