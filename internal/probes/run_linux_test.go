package probes

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/mysteriumvpn/desktop/internal/proof"
)

const childKey = "PROBES_CHILD"

// alone runs a test again in a network namespace of its own, as root. It reports whether this is that run.
func alone(t *testing.T) bool {
	t.Helper()
	if os.Getenv(childKey) == t.Name() {
		return true
	}
	for _, program := range []string{"nft", "ip"} {
		if _, err := exec.LookPath(program); err != nil || os.Getuid() != 0 {
			t.Skip("needs root, nft and ip, for a network namespace of its own")
		}
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

func run(t *testing.T, words ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), words[0], words[1:]...).CombinedOutput()
	require.NoError(t, err, "%v: %s", words, out)
	return string(out)
}

// computer is this namespace as a computer: a card that leads to a router, and a tunnel whose packets the test reads.
type computer struct {
	t   *testing.T
	tun *os.File
	see atomic.Pointer[func(packet []byte)]
}

func newComputer(t *testing.T) *computer {
	c := &computer{t: t}
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Skipf("no /dev/net/tun: %v", err)
	}
	r, err := unix.NewIfreq(tunnelInterface)
	require.NoError(t, err)
	r.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	require.NoError(t, unix.IoctlIfreq(fd, unix.TUNSETIFF, r))
	c.tun = os.NewFile(uintptr(fd), "tun") //nolint:gosec // a file
	t.Cleanup(func() { c.tun.Close() })
	require.NoError(t, os.WriteFile("/proc/sys/net/ipv4/ping_group_range", []byte("0 2147483647"), 0o600)) // as desktops have it
	script := `set -e
for f in all default; do echo 0 > /proc/sys/net/ipv4/conf/$f/rp_filter; done
ip link set lo up
ip link add eth0 type veth peer name router
ip link set router up; ip link set eth0 up
ip addr add 192.168.77.2/24 dev eth0; ip addr add 2001:db8:77::2/64 dev eth0 nodad
ip neigh add 192.168.77.1 lladdr 02:00:00:00:00:09 dev eth0; ip neigh add 2001:db8:77::1 lladdr 02:00:00:00:00:09 dev eth0
ip route add default via 192.168.77.1; ip route add default via 2001:db8:77::1 dev eth0
`
	run(t, "sh", "-c", script)
	return c
}

// carry sends everything into the tunnel, and reads it there.
func (c *computer) carry() {
	run(c.t, "sh", "-c", `set -e
ip link set mysterium0 up
ip addr add 10.88.0.2/32 dev mysterium0; ip addr add fd88::2/128 dev mysterium0 nodad
ip route add default dev mysterium0 table 77; ip -6 route add default dev mysterium0 table 77
ip rule add priority 100 table 77; ip -6 rule add priority 100 table 77
`)
	ready := make(chan struct{})
	go func() {
		close(ready)
		buf := make([]byte, 2000)
		for {
			n, err := c.tun.Read(buf)
			if err != nil {
				return
			}
			if see := c.see.Load(); see != nil {
				(*see)(buf[:n])
			}
		}
	}()
	<-ready
}

// rules puts one of the helper's rulesets in place.
func (c *computer) rules(name string) {
	run(c.t, "nft", "-f", filepath.Join("..", "netd", "testdata", "rules-"+name+".nft"))
}

func listed(ctx context.Context) (proof.Listing, error) {
	out, err := exec.CommandContext(ctx, "sh", "-c", "nft --numeric list table inet mysteriumvpn 2>/dev/null || true").Output()
	return proof.Parse(string(out)), err
}

func (c *computer) options() Options {
	return Options{Rules: listed, Observe: func(see func([]byte)) (func() bool, bool) {
		c.see.Store(&see)
		return func() bool { return true }, true
	}}
}

func blind(func([]byte)) (func() bool, bool) { return func() bool { return false }, false }

// outcomes are how often each outcome was, of probes sent as programs do and of those bound to the card.
func outcomes(r Result) (free, bound map[Outcome]int) {
	free, bound = map[Outcome]int{}, map[Outcome]int{}
	for _, p := range r.Probes {
		switch p.Interface {
		case "":
			free[p.Outcome]++
		case "eth0":
			bound[p.Outcome]++
		}
	}
	return free, bound
}

func logProbes(t *testing.T, r Result) {
	for _, p := range r.Probes {
		t.Logf("%-8s ipv6=%-5v %-5s %-20s %-9s %s %s", p.Kind, p.IPv6, p.Interface, p.To, p.Outcome, p.Why, p.Said)
	}
	t.Logf("took %s, counted %d", r.Took.Round(time.Microsecond), r.Counted)
}

// TestWhatTheRulesRefuseIsBlocked, however it is sent, while nobody is connected; and without the rules the same probes
// are seen to leave: the test can fail.
func TestWhatTheRulesRefuseIsBlocked(t *testing.T) {
	if !alone(t) {
		return
	}
	c := newComputer(t)
	for _, name := range []string{"blocked", "blocked-lan", "connecting"} {
		c.rules(name)
		o := c.options()
		o.Observe = blind
		r, err := Run(t.Context(), o)
		require.NoError(t, err)
		logProbes(t, r)
		free, bound := outcomes(r)
		assert.Empty(t, r.Leaks(), name)
		assert.GreaterOrEqual(t, free[Blocked], 15, "%s: all but multicast without an interface", name)
		assert.Equal(t, map[Outcome]int{Blocked: 16}, bound, "%s: past everything, by the card", name)
		assert.True(t, strings.HasPrefix(name, r.Phase))
		assert.GreaterOrEqual(t, r.Counted, uint64(31))
	}

	rules, err := listed(t.Context())
	require.NoError(t, err)
	run(t, "nft", "delete", "table", "inet", "mysteriumvpn")
	r, err := Run(t.Context(), Options{Rules: func(context.Context) (proof.Listing, error) { return rules, nil }, Observe: blind})
	require.NoError(t, err)
	logProbes(t, r)
	free, bound := outcomes(r)
	assert.GreaterOrEqual(t, free[Left], 15, "without the rules they leave")
	assert.Equal(t, map[Outcome]int{Left: 16}, bound)
}

// TestWhatGoesIntoTheTunnelIsSeenThere, and what is bound to a card is blocked while the tunnel carries everything.
func TestWhatGoesIntoTheTunnelIsSeenThere(t *testing.T) {
	if !alone(t) {
		return
	}
	c := newComputer(t)
	c.carry()
	for _, name := range []string{"connected", "connected-lan"} {
		c.rules(name)
		r, err := Run(t.Context(), c.options())
		require.NoError(t, err)
		logProbes(t, r)
		free, bound := outcomes(r)
		assert.Empty(t, r.Leaks(), name)
		assert.GreaterOrEqual(t, free[Tunnel], 15, name)
		assert.Equal(t, map[Outcome]int{Blocked: 16}, bound, name)
	}
	_, err := Run(t.Context(), Options{Rules: listed, Observe: blind})
	require.ErrorIs(t, err, ErrElsewise, "who does not see the tunnel cannot tell")

	o := c.options()
	o.Observe = func(func([]byte)) (func() bool, bool) { return func() bool { return false }, true }
	_, err = Run(t.Context(), o)
	require.ErrorIs(t, err, ErrChanged, "another tunnel meanwhile")

	// A hole for one program's one way is found, and only that is said to leave.
	run(t, "nft", "insert", "rule", "inet", "mysteriumvpn", "out", "oifname", "eth0", "tcp", "dport", "853", "accept")
	r, err := Run(t.Context(), c.options())
	require.NoError(t, err)
	leaks := r.Leaks()
	require.Len(t, leaks, 2)
	for _, p := range leaks {
		assert.Equal(t, DoT, p.Kind)
		assert.Equal(t, "eth0", p.Interface)
	}
}

// TestWhileTheNetworkIsOpenNothingIsSent: every probe would leave.
func TestWhileTheNetworkIsOpenNothingIsSent(t *testing.T) {
	_, err := Run(t.Context(), Options{Rules: func(context.Context) (proof.Listing, error) { return proof.Listing{}, nil }, Observe: blind})
	require.ErrorIs(t, err, ErrOpen)
	const asleep = "table inet mysteriumvpn {\n\tflags dormant\n\n\tchain out {\n\t\ttype filter hook output priority 0; policy drop;\n\t\tcounter packets 0 bytes 0 reject with icmpx 3\n\t}\n}\n"
	_, err = Run(t.Context(), Options{Rules: func(context.Context) (proof.Listing, error) { return proof.Parse(asleep), nil }, Observe: blind})
	require.ErrorIs(t, err, ErrOpen, "rules that are switched off")
	_, err = Run(t.Context(), Options{Rules: func(context.Context) (proof.Listing, error) { return proof.Listing{}, errors.New("no helper") }, Observe: blind})
	require.ErrorIs(t, err, errNoRules)
}
