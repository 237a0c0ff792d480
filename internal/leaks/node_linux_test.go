package leaks

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/netd/wire"
	"github.com/mysteriumvpn/desktop/internal/unixsock"
)

// nodeUser stands in for the user mysteriumvpn-node.
const nodeUser = 4555

// node has the helper run a node for the app, and tells who connects to its socket first.
func (a *app) node() (string, error) {
	l, uid, err := a.c.Node()
	if err != nil || l == nil {
		return fmt.Sprint(uid), err
	}
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		who, err := unixsock.PeerUID(c)
		fmt.Println("the node is", who, err)
		_ = c.Close()
	}()
	return fmt.Sprint(uid), nil
}

// serveNode starts a helper with a program that keeps count of what it is told.
func (w *world) serveNode(t testing.TB) (record string) {
	t.Helper()
	record = filepath.Join(w.folder, "record")
	script, passwd := filepath.Join(w.folder, "node"), filepath.Join(w.folder, "passwd")
	require.NoError(t, os.WriteFile(script, fmt.Appendf(nil, "#!/bin/sh\necho $1 >>%s\n", record), 0o755))
	require.NoError(t, os.WriteFile(passwd, fmt.Appendf(nil, "root:x:0:0::/:/bin/sh\nmysteriumvpn-node:x:%d:%[1]d::/:/bin/false\n", nodeUser), 0o644))
	w.serve(t, "--node", script, "--passwd", passwd)
	return record
}

// seenProbes are frames with the text of a shout.
func (w *world) seenProbes(t testing.TB, from int) (out []string) {
	t.Helper()
	w.barrier(t)
	for _, f := range w.seen.since(from) {
		if bytes.Contains(f.data, []byte("probe ")) {
			out = append(out, f.String())
		}
	}
	return out
}

// The node passes beside the tunnel, asks the link's servers for names, and is told where to ask us; nobody else passes
// with it. It runs as long as the app that wanted it.
func TestTheNodePassesAlone(t *testing.T) {
	w := newWorld(t)
	record := w.serveNode(t)
	a := w.newApp(t)
	assert.Equal(t, itoa(nodeUser), a.say(t, "node"))
	assert.Equal(t, itoa(nodeUser), a.say(t, "node"), "again: it may have ended")
	said := func() string { b, _ := os.ReadFile(record); return strings.ReplaceAll(string(b), "\n", " ") }
	assert.Equal(t, "start start ", said())
	folder := filepath.Join(w.folder, "state", "run", "node")
	b, err := os.ReadFile(filepath.Join(folder, "resolv.conf"))
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(string(b), "nameserver 192.168.77.9\n"), "and maybe what resolved has here: %s", b)

	role := func(uid uint32) *child {
		c := w.client.start(t, uid, []string{roleKey + "=app"}, selfProgram)
		c.wait(t, "ready")
		return c
	}
	node, other := role(nodeUser), role(4777)
	node.say(t, "shout unix %s", filepath.Join(folder, "supervisor.sock"))
	assert.Contains(t, a.wait(t, "the node is"), itoa(nodeUser))

	second := w.newApp(t)
	assert.Contains(t, second.try(t, "node"), "another program")

	passes := func(c *child, to string) bool {
		from := w.seen.len()
		c.say(t, "shout udp %s", to)
		return len(w.seenProbes(t, from)) > 0
	}
	const site, dns = "203.0.113.9:9", "192.168.77.9:53"
	check := func(phase string) {
		t.Helper()
		for _, to := range []string{site, dns, "[2001:db8:113::9]:9"} {
			assert.True(t, passes(node, to), "%s: the node to %s", phase, to)
			assert.False(t, passes(other, to), "%s: another user to %s", phase, to)
		}
	}
	a.say(t, "begin")
	check("connecting to nobody yet")
	w.connect(t, a, entryA)
	w.requireTunnel(t)
	check("connected")
	w.requireNothing(t, entryA)
	assert.NotContains(t, node.say(t, "shout tcp 203.0.113.9:80"), "refused", "answers come, too")
	a.say(t, "disconnect")
	assert.Equal(t, wire.Open, w.status(t).Phase)
	assert.Equal(t, "start start ", said(), "it goes on: the app looks for exits")

	a.say(t, "lockdown on")
	check("lockdown")
	a.say(t, "lockdown off")
	w.connect(t, a, entryA)
	check("connected again")
	a.kill()
	w.until(t, wire.Blocked)
	assert.False(t, passes(node, site), "without an app it does not pass")
	assert.Equal(t, "start start stop ", said())
	assert.NoDirExists(t, folder)
}

// What a helper that was killed has left running is ended by the next one, and passes nowhere.
func TestANodeThatWasLeftIsEnded(t *testing.T) {
	w := newWorld(t)
	record := w.serveNode(t)
	a := w.newApp(t)
	a.say(t, "node")
	w.connect(t, a, entryA)
	w.netd.kill()
	w.serveNode(t)
	assert.Equal(t, wire.Blocked, w.status(t).Phase)
	b, err := os.ReadFile(record)
	require.NoError(t, err)
	assert.Equal(t, "start\nstop\n", string(b))
	assert.Zero(t, w.status(t).Node)
}

// Where there is no node, or it does not start, that is said, and nothing passes for it.
func TestANodeThatIsNotThereIsSaid(t *testing.T) {
	w := newWorld(t)
	w.serve(t)
	a := w.newApp(t)
	assert.Contains(t, a.try(t, "node"), "there is no user mysteriumvpn-node")
	w.netd.kill()
	w.serveNode(t)
	require.NoError(t, os.WriteFile(filepath.Join(w.folder, "node"), []byte("#!/bin/sh\necho it is broken >&2; exit 1\n"), 0o755))
	a = w.newApp(t)
	assert.Contains(t, a.try(t, "node"), "it is broken")
	assert.Zero(t, w.status(t).Node)
}

// pelt sends datagrams as fast as it can, and counts those that the kernel has taken.
func (a *app) pelt(to string) {
	defer close(a.done)
	c, err := net.Dial("udp", to)
	if err != nil {
		return
	}
	defer func() { _ = c.Close() }()
	for !a.ceased.Load() {
		if _, err := c.Write([]byte("probe pelt")); err == nil {
			a.pelted++
		}
	}
}

// The node starts and ends, and the local network is shared and not, while the tunnel is up: what goes into the tunnel goes
// on to. An address of the local network's ranges that is not there is one inside the tunnel.
func TestNothingLeavesWhileRoutesChange(t *testing.T) {
	w := newWorld(t)
	w.serveNode(t)
	a, other := w.newApp(t), w.newApp(t)
	w.connect(t, a, entryA)
	a.say(t, "lan on")
	w.requireTunnel(t)
	from := w.seen.len()
	shooter := w.client.start(t, 4777, []string{roleKey + "=app"}, selfProgram)
	shooter.wait(t, "ready")
	shooter.say(t, "pelt 10.99.1.1:9")
	for range 5 {
		other.say(t, "node")
		a.say(t, "lan off")
		other.kill()
		w.untilNoNode(t)
		a.say(t, "lan on")
		other = w.newApp(t)
	}
	sent := shooter.say(t, "cease")
	assert.Empty(t, w.seenProbes(t, from))
	assert.Greater(t, len(sent), 3, "%s were taken", sent)
	t.Logf("%s datagrams went inside meanwhile", sent)
	w.requireTunnel(t)
}

// untilNoNode asks the helper until it says that no node runs.
func (w *world) untilNoNode(t testing.TB) {
	c := w.dial(t)
	defer func() { _ = c.Close() }()
	for {
		a, err := c.Status()
		require.NoError(t, err)
		if a.Node == 0 {
			return
		}
	}
}
