package uplink

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

const childEnv = "UPLINK_CHILD"

// inNamespace runs the test again in a child with a network of its own, where it is let change all it wants.
func inNamespace(t *testing.T) (child bool) {
	t.Helper()
	if os.Getenv(childEnv) != "" {
		return true
	}
	if os.Getuid() != 0 {
		t.Skip("needs root, for a network namespace of its own")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=50s")
	cmd.Env = append(os.Environ(), childEnv+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Skipf("no namespaces here: %v", err)
	}
	require.NoError(t, err, "%s", out)
	return false
}

func ip(t *testing.T, lines ...string) {
	t.Helper()
	for _, line := range lines {
		out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput()
		require.NoError(t, err, "ip %s: %s", line, out)
	}
}

// watching watches until the test ends.
func watching(t *testing.T, own string) <-chan Change {
	t.Helper()
	changes := make(chan Change, 100)
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(t.Context()))
	over := errors.New("over")
	var work sync.WaitGroup
	work.Go(func() { assert.ErrorIs(t, Watch(ctx, own, func(c Change) { changes <- c }), over) })
	t.Cleanup(func() { cancel(over); work.Wait() })
	return changes
}

func next(t *testing.T, changes <-chan Change, what string) Change {
	t.Helper()
	select {
	case c := <-changes:
		return c
	case <-time.After(10 * time.Second):
		require.Fail(t, "no change was told", what)
		return Change{}
	}
}

// TestTheKernelsChangesAreTold: real links, addresses and routes in a namespace. What comes in one go is one change; our own
// interface is none. The way to the exit is told as the kernel would go it.
func TestTheKernelsChangesAreTold(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	exit := netip.MustParseAddr("203.0.113.9")
	ip(t, "link set lo up", "link add wlan type veth peer name ap", "link add lan type veth peer name switch", "link set ap up", "link set switch up",
		"link add mysterium0 type veth peer name far", "link set far up", "link set mysterium0 up", "link set mysterium0 down")
	_, err := To(exit, 0)
	require.ErrorIs(t, err, ErrNone)
	changes := watching(t, "mysterium0")

	ip(t, "link set wlan up", "addr add 192.0.2.7/24 dev wlan", "route add default via 192.0.2.1")
	first := next(t, changes, "a link comes up")
	way, err := To(exit, 0)
	require.NoError(t, err)
	assert.Equal(t, Way{Link: way.Link, Name: "wlan", Source: netip.MustParseAddr("192.0.2.7"), Gateway: netip.MustParseAddr("192.0.2.1"), MTU: 1500}, way)
	assert.True(t, first.Touches(way.Link))
	assert.Zero(t, first.Slept)
	settle(changes)

	ip(t, "addr del 192.0.2.7/24 dev wlan", "addr add 192.0.2.99/24 dev wlan", "route replace default via 192.0.2.1")
	assert.True(t, next(t, changes, "another address").Touches(way.Link))
	moved, err := To(exit, 0)
	require.NoError(t, err)
	assert.Equal(t, "192.0.2.99", moved.Source.String())
	settle(changes)

	// The loopback's addresses are nobody's way. What comes after shows that it was not told.
	ip(t, "addr add 198.18.0.1/32 dev lo", "link set mysterium0 up", "addr add 10.9.0.2/32 dev mysterium0")
	ip(t, "link set wlan mtu 1400")
	shrunk := next(t, changes, "another MTU")
	assert.True(t, shrunk.Touches(way.Link))
	assert.False(t, shrunk.Touches(link(t, "mysterium0")))
	assert.False(t, shrunk.Touches(link(t, "lo")))
	way, err = To(exit, 0)
	require.NoError(t, err)
	assert.Equal(t, 1400, way.MTU)

	ip(t, "link set lan up", "addr add 198.51.100.7/24 dev lan", "route replace default via 198.51.100.1")
	next(t, changes, "another uplink")
	settle(changes)
	swapped, err := To(exit, 0)
	require.NoError(t, err)
	assert.Equal(t, "lan", swapped.Name)

	ip(t, "link set switch down") // the cable is pulled: routes stay, the carrier is gone
	next(t, changes, "the carrier lost")
	_, err = To(exit, 0)
	require.ErrorIs(t, err, ErrNone)
	ip(t, "link set switch up")
	assert.True(t, next(t, changes, "the carrier back").Touches(swapped.Link))
	settle(changes)

	ip(t, "link set lan down", "link set lan up", "route add default via 198.51.100.1") // IPv4 says no word of a route that goes with its link
	assert.True(t, next(t, changes, "down and up").Touches(swapped.Link))
	settle(changes)
	ip(t, "link set lan down")
	next(t, changes, "down")
	ip(t, "link set lan up")
	next(t, changes, "up")
	settle(changes)
	ip(t, "route add default via 198.51.100.1")
	next(t, changes, "the very route of before")
}

func link(t *testing.T, name string) int {
	t.Helper()
	i, err := net.InterfaceByName(name)
	require.NoError(t, err)
	return i.Index
}

// settle reads changes until a second has passed without one: IPv6 makes sure of its addresses meanwhile.
func settle(changes <-chan Change) {
	for {
		select {
		case <-changes:
		case <-time.After(2 * time.Second):
			return
		}
	}
}

// TestTheWayIsThatOfMarkedSockets: sockets with a mark may go another way than all others, as the helper's do.
func TestTheWayIsThatOfMarkedSockets(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	ip(t, "link add wlan type veth peer name ap", "link set ap up", "link set wlan up", "addr add 192.0.2.7/24 dev wlan", "route add default via 192.0.2.1",
		"link add mysterium0 type veth peer name far", "link set far up", "link set mysterium0 up", "route add default dev mysterium0 table 7",
		"rule add pref 1 fwmark 0x2d000000/0xff000000 lookup main", "rule add pref 2 lookup 7")
	exit := netip.MustParseAddr("203.0.113.9")
	way, err := To(exit, 0)
	require.NoError(t, err)
	assert.Equal(t, "mysterium0", way.Name)
	way, err = To(exit, 0x2d000000)
	require.NoError(t, err)
	assert.Equal(t, "wlan", way.Name)
	_, err = To(netip.MustParseAddr("2001:db8::1"), 0)
	require.ErrorIs(t, err, ErrNone)
}

// TestTheLoopbackIsAWay: the sandbox's exits are on this computer.
func TestTheLoopbackIsAWay(t *testing.T) {
	way, err := To(netip.MustParseAddr("127.0.0.1"), 0)
	require.NoError(t, err)
	assert.Equal(t, "lo", way.Name)
}

func BenchmarkTo(b *testing.B) {
	for b.Loop() {
		if _, err := To(netip.MustParseAddr("127.0.0.1"), 0); err != nil {
			b.Fatal(err)
		}
	}
}
