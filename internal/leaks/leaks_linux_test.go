package leaks

import (
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/mysteriumvpn/desktop/internal/netd/wire"
	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

// ask goes to the site from the client, over TCP and UDP of both families, and gives the addresses that the site saw.
func (w *world) ask(t testing.TB) []string {
	t.Helper()
	var saw []string
	for _, a := range []netip.Addr{site4, site6} {
		for _, network := range []string{"tcp", "udp"} {
			port := map[string]uint16{"tcp": 80, "udp": 9}[network]
			var c net.Conn
			var err error
			w.client.in(func() { c, err = net.DialTimeout(network, netip.AddrPortFrom(a, port).String(), patience) })
			require.NoError(t, err)
			require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
			_, err = io.WriteString(c, "hello")
			require.NoError(t, err)
			b := make([]byte, 100)
			n, err := c.Read(b)
			require.NoError(t, err)
			saw = append(saw, strings.TrimSpace(string(b[:n])))
			_ = c.Close()
		}
	}
	return saw
}

func (w *world) requireTunnel(t testing.TB) {
	t.Helper()
	exit4 := entryA.Addr().String() // the exits leave by their computer's first address
	assert.Equal(t, []string{exit4, exit4, site6.String(), site6.String()}, w.ask(t), "the site sees the exit")
}

func (w *world) requireDirect(t testing.TB) {
	t.Helper()
	assert.Equal(t, []string{client4.String(), client4.String(), client6.String(), client6.String()}, w.ask(t), "the site sees the client")
}

// network is all that a helper might leave behind.
func (w *world) network(t testing.TB) string {
	t.Helper()
	resolv, err := os.ReadFile(w.resolv)
	require.NoError(t, err)
	return w.client.tool(t, "", "sh", "-c", "ip rule; ip -6 rule; ip route show table all | grep -v cache; ip -6 route show table all; ip -br link; nft list ruleset; cat /proc/sys/net/ipv4/conf/all/src_valid_mark") + string(resolv)
}

// Whole: from open to connected, the app killed, blocked, and open again as if nothing had been.
func TestWholeStory(t *testing.T) {
	w := newWorld(t)
	w.serve(t)
	before := w.network(t)
	w.requireAll(t) // 0: the positive control
	w.requireDirect(t)

	a := w.newApp(t)
	assert.Equal(t, "CapEff:\t0000000000000000", a.say(t, "rights"))
	w.connect(t, a, entryA)
	w.requireTunnel(t)
	w.requireNothing(t, entryA)

	from := w.seen.len()
	a.kill()
	w.until(t, wire.Blocked)
	w.requireNothing(t)
	onlyAllowed(t, w.seen.since(from), entryA)

	w.command(t, "unblock")
	assert.Equal(t, before, w.network(t))
	w.requireAll(t)
	w.requireDirect(t)
}

// 0: the negative control. The same probes are seen at once if the rules are gone while the tunnel stands, so what
// keeps them in is the rules.
func TestWithoutTheRulesProbesAreSeen(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "--lease", "1h")
	a := w.newApp(t)
	w.connect(t, a, entryA)
	require.NoError(t, w.netd.cmd.Process.Signal(unix.SIGSTOP)) // or it would set them again
	w.client.tool(t, "", "nft", "delete", "table", "inet", "mysteriumvpn")
	frames := w.fire(t, probes())
	for _, p := range probes() {
		if p.dev != "" {
			assert.True(t, has(frames, p.seen), "%s was not seen", p.name)
		}
	}
	require.NoError(t, w.netd.cmd.Process.Signal(unix.SIGCONT))
}

// 1 and 21: nobody answers at the entry; nothing leaves but the questions to it, and those are only WireGuard's.
func TestConnectingLetsOnlyWireGuardOut(t *testing.T) {
	w := newWorld(t)
	w.serve(t)
	a := w.newApp(t)
	key, err := wgnet.NewPrivateKey().PublicKey()
	require.NoError(t, err)
	a.say(t, "begin %s", nobody)
	w.barrier(t)
	from := w.seen.len()
	assert.Equal(t, wire.Connecting, w.status(t).Phase)
	w.requireNothing(t, nobody)
	a.say(t, "tunnel both")
	a.say(t, "up %s %s", nobody, key.Base64())
	w.requireNothing(t, nobody)
	for _, how := range []string{"udp", "tcp"} {
		a.say(t, "shout %s %s", how, nobody) // from the app's own user, by a socket that is not marked
	}
	assert.Equal(t, "operation not permitted", a.say(t, "mark"), "nobody marks a socket without being root")
	assert.Equal(t, "refused", a.say(t, "stray %s", "203.0.113.9:9"), "a marked socket reaches nothing but the entry")
	w.barrier(t)
	onlyAllowed(t, w.seen.since(from), nobody)
}

// 2 and 18: over an entry of either family, with a tunnel of both families or of IPv4 alone.
func TestConnectedEverythingIsInside(t *testing.T) {
	w := newWorld(t)
	w.serve(t)
	for _, entry := range []netip.AddrPort{entryA, entryC} {
		a := w.newApp(t)
		w.connect(t, a, entry)
		w.requireTunnel(t)
		w.requireNothing(t, entry)
		a.say(t, "disconnect")
	}
	a := w.newApp(t)
	key := w.exits.say(t, "peer %s %s", entryA, a.say(t, "key"))
	a.say(t, "begin %s", entryA)
	a.say(t, "tunnel four")
	a.say(t, "up %s %s", entryA, key)
	w.requireNothing(t, entryA)
	var err error
	w.client.in(func() { _, err = net.Dial("tcp", netip.AddrPortFrom(site6, 80).String()) })
	require.Error(t, err, "IPv6 goes nowhere, and at once")
	a.say(t, "disconnect")
	w.requireDirect(t)
}

// 3: the exit dies.
func TestTheExitDies(t *testing.T) {
	w := newWorld(t)
	w.serve(t)
	a := w.newApp(t)
	w.connect(t, a, entryA)
	w.requireTunnel(t)
	w.exits.kill()
	w.requireNothing(t, entryA)
}

// 4 and 5: connections, switches, new sockets and disconnects under lockdown, with probes all the time. Not one frame
// may leave that is not WireGuard's.
func TestNothingLeavesBetweenStates(t *testing.T) {
	w := newWorld(t)
	w.serve(t)
	w.command(t, "lockdown", "on")
	from := w.seen.len()
	p := w.ping(t)
	const rounds = 30
	for range rounds {
		a := w.newApp(t)
		keyB := w.exits.say(t, "peer %s %s", entryB, a.say(t, "key"))
		w.connect(t, a, entryA)
		a.say(t, "rebind")
		a.say(t, "endpoints %s %s", entryA, entryB)
		a.say(t, "peer %s %s", entryB, keyB)
		a.say(t, "endpoints %s", entryB)
		a.say(t, "tunnel both") // and a new interface
		a.say(t, "disconnect")
		a.kill()
	}
	p.end()
	w.barrier(t)
	frames := w.seen.since(from)
	onlyAllowed(t, frames, entryA, entryB)
	t.Logf("%d rounds of 7 transitions, %d probes, %d frames left, all of WireGuard or address configuration", rounds, p.sent, len(frames))
	w.command(t, "lockdown", "off")
	w.requireDirect(t)
}

// 6 and 8: the app is killed, or stands still, in each state.
func TestTheAppEndsInEachState(t *testing.T) {
	w := newWorld(t)
	w.serve(t, "--lease", "300ms")
	for _, state := range []string{"begun", "tunnel", "connected"} {
		for _, how := range []unix.Signal{unix.SIGKILL, unix.SIGSTOP} {
			a := w.newApp(t)
			key := w.exits.say(t, "peer %s %s", entryA, a.say(t, "key"))
			from := w.seen.len()
			a.say(t, "begin %s", entryA)
			a.say(t, "keep")
			if state != "begun" {
				a.say(t, "tunnel both")
			}
			if state == "connected" {
				a.say(t, "up %s %s", entryA, key)
			}
			require.NoError(t, a.cmd.Process.Signal(how))
			w.until(t, wire.Blocked)
			w.requireNothing(t, entryA) // what WireGuard has sent may still be under way
			w.requireNothing(t)
			onlyAllowed(t, w.seen.since(from), entryA)
			a.kill()
		}
	}
	assert.Contains(t, w.command(t, "unblock"), "open")
	w.requireDirect(t)
}

// 6, 7 and 11: the helper is killed, or ended, in each state, and started again. The rules stay all the time.
func TestTheHelperEndsInEachState(t *testing.T) {
	w := newWorld(t)
	w.serve(t)
	p := w.ping(t)
	a := w.newApp(t)
	a.say(t, "begin %s", entryA)
	a.kill()
	w.barrier(t)
	from := w.seen.len()
	for _, how := range []unix.Signal{unix.SIGKILL, unix.SIGTERM} {
		for _, state := range []string{"begun", "connected", "blocked"} {
			a = w.newApp(t)
			switch state {
			case "begun":
				a.say(t, "begin %s", entryA)
			case "connected":
				w.connect(t, a, entryA)
			case "blocked":
				a.say(t, "begin %s", entryA)
				a.kill()
				w.until(t, wire.Blocked)
			}
			require.NoError(t, w.netd.cmd.Process.Signal(how))
			<-w.netd.ended
			w.requireNothing(t, entryA)
			w.serve(t)
			assert.Equal(t, wire.Blocked, w.status(t).Phase, "%s, %s", state, how)
			w.requireNothing(t, entryA)
			a.kill()
		}
	}
	p.end()
	w.barrier(t)
	onlyAllowed(t, w.seen.since(from), entryA)
	assert.Contains(t, w.command(t, "unblock"), "open")
	w.requireDirect(t)
}

// 9: another program throws all rules away. They are set again at once, and that is said.
func TestFlushedRulesAreSetAgain(t *testing.T) {
	w := newWorld(t)
	w.serve(t)
	a := w.newApp(t)
	w.connect(t, a, entryA)
	for range 5 {
		w.client.tool(t, "", "nft", "flush", "ruleset")
		w.netd.wait(t, "set again")
		assert.Contains(t, w.status(t).Notice, "another program")
		w.requireNothing(t, entryA)
	}
	w.client.tool(t, "", "nft", "flush", "chain", "inet", "mysteriumvpn", "out") // one chain alone
	w.netd.wait(t, "set again")
	_ = w.status(t)
	w.requireNothing(t, entryA)
	w.requireTunnel(t)
}

// 10: with lockdown on, everything is blocked before the network comes up, without a helper.
func TestBootBlocksBeforeTheNetwork(t *testing.T) {
	w := newWorld(t)
	w.serve(t)
	w.command(t, "lockdown", "on")
	w.netd.kill()
	require.NoError(t, os.RemoveAll(filepath.Join(w.folder, "state", "run"))) // as a reboot does
	w.client.tool(t, "", "nft", "flush", "ruleset")
	w.client.ip(t, "link set cl0 down")
	assert.Contains(t, w.command(t, "boot"), "blocked")
	from := w.seen.len()
	w.uplink(t)
	w.requireNothing(t)
	onlyAllowed(t, w.seen.since(from))
	w.serve(t)
	assert.Equal(t, wire.Blocked, w.status(t).Phase)
	w.command(t, "lockdown", "off")
	w.requireDirect(t)
}

// 12 and 36: reset puts the network back, with lockdown on and a connection, with a helper and without, after a crash.
func TestResetLeavesNothing(t *testing.T) {
	w := newWorld(t)
	before := w.network(t)
	for _, helper := range []string{"runs", "is killed"} {
		w.serve(t)
		w.command(t, "lockdown", "on")
		a := w.newApp(t)
		w.connect(t, a, entryA)
		require.NotEqual(t, before, w.network(t))
		if helper == "is killed" {
			w.netd.kill()
		}
		w.command(t, "reset")
		assert.Equal(t, before, w.network(t), "the helper %s", helper)
		w.requireAll(t)
		w.requireDirect(t)
		a.kill()
		w.netd.kill()
	}
	left, err := filepath.Glob(filepath.Join(w.folder, "state", "*", "*"))
	require.NoError(t, err)
	assert.Equal(t, []string{filepath.Join(w.folder, "state", "run", "lock")}, left)
}

// 14 and 15: DNS by the plain file.
func TestResolvConfIsHeldAndRestored(t *testing.T) {
	w := newWorld(t)
	w.serve(t)
	a := w.newApp(t)
	w.connect(t, a, entryA)
	b, err := os.ReadFile(w.resolv)
	require.NoError(t, err)
	require.Contains(t, string(b), "\nnameserver "+resolver.String()+"\n")
	require.NotContains(t, string(b), "192.168")

	// A DHCP client writes its own. Ours hold, and what it has written is what comes back.
	was := []byte("nameserver 192.168.77.1\n")
	require.NoError(t, os.WriteFile(w.resolv+".dhcp", was, 0o644))
	require.NoError(t, os.Rename(w.resolv+".dhcp", w.resolv))
	for b = nil; !strings.Contains(string(b), resolver.String()); {
		require.NoError(t, t.Context().Err(), "ours has not come back")
		_ = w.status(t) // whatever waits on the helper's lane goes before it
		b, err = os.ReadFile(w.resolv)
		require.NoError(t, err)
	}

	// A crash: the helper dies, the next one restores before anything else.
	w.netd.kill()
	a.kill()
	w.serve(t)
	b, err = os.ReadFile(w.resolv)
	require.NoError(t, err)
	assert.Equal(t, was, b)
	w.command(t, "unblock")
}

// 16: the local network is reached if that is wanted, in every state, and nothing else is; names are not asked there.
func TestLANSharing(t *testing.T) {
	w := newWorld(t)
	w.serve(t)
	a := w.newApp(t)
	key := w.exits.say(t, "peer %s %s", entryA, a.say(t, "key"))
	check := func(state string, lan bool, entries ...netip.AddrPort) {
		t.Helper()
		frames := w.fire(t, probes())
		for _, p := range probes() {
			// A private network that is not here is reached through the tunnel, not by the default route beside it.
			want := lan && p.lan && (state != "connected" || p.to.Addr() != netip.MustParseAddr("10.1.2.3"))
			assert.Equal(t, want, has(frames, p.seen), "%s, LAN %v: %s", state, lan, p.name)
		}
		onlyAllowed(t, slices.DeleteFunc(frames, func(f frame) bool {
			return lan && slices.ContainsFunc(probes(), func(p probe) bool { return p.lan && p.seen(f) })
		}), entries...)
	}
	for _, lan := range []bool{true, false} {
		w.command(t, "lan", map[bool]string{true: "on", false: "off"}[lan])
		w.command(t, "lockdown", "on")
		check("blocked", lan)
		a.say(t, "begin %s", entryA)
		check("connecting", lan)
		a.say(t, "tunnel both")
		a.say(t, "up %s %s", entryA, key)
		check("connected", lan, entryA)
		w.requireTunnel(t)
		a.say(t, "disconnect")
		check("blocked again", lan)
		w.command(t, "lockdown", "off")
	}
}

// 22 and 23: routes that somebody on the local network has announced, more precise than the default, and a local
// network of public addresses.
func TestAnnouncedRoutesAreNotTaken(t *testing.T) {
	w := newWorld(t)
	w.serve(t)
	w.client.ip(t, "route add 0.0.0.0/1 via 192.168.77.9", "route add 128.0.0.0/1 via 192.168.77.9", "route add 203.0.113.9/32 via 192.168.77.9",
		"route add 2001:db8:113::9/128 via 2001:db8:77::9", "route add 203.0.113.2/32 via 192.168.77.1")
	a := w.newApp(t)
	w.connect(t, a, entryA)
	w.requireTunnel(t) // not only blocked: it arrives, through the tunnel
	w.requireNothing(t, entryA)
}

// 25 and 26: the uplink goes down and comes up, with another address, again and again.
func TestTheUplinkChanges(t *testing.T) {
	w := newWorld(t)
	w.serve(t)
	a := w.newApp(t)
	w.connect(t, a, entryA)
	w.requireTunnel(t) // a lost first handshake would be tried again in 5 s
	from := w.seen.len()
	p := w.ping(t)
	for range 10 {
		w.client.ip(t, "link set cl0 down")
		w.uplink(t)
	}
	w.client.ip(t, "addr del 192.168.77.2/24 dev cl0", "addr add 192.168.77.33/24 dev cl0", "route add default via 192.168.77.1")
	a.say(t, "rebind")
	w.requireTunnel(t)
	p.end()
	w.requireNothing(t, entryA)
	onlyAllowed(t, w.seen.since(from), entryA)
}

// 33: users who may not talk to the helper are told so; who fills it up or talks nonsense keeps nobody else out, and a
// second user cannot take over.
func TestHostileClients(t *testing.T) {
	w := newWorld(t)
	const stranger, guest = 4343, 4444
	w.serve(t, "--allow", itoa(guest))
	hostile := func(uid uint32) *child {
		c := w.client.start(t, uid, []string{roleKey + "=hostile"}, selfProgram)
		c.wait(t, "ready")
		return c
	}
	s, g := hostile(stranger), hostile(guest)
	assert.Contains(t, s.say(t, "ask %s", w.socket()), "user 4343 may not use this")
	assert.Equal(t, "<nil>", g.say(t, "ask %s", w.socket()))
	for _, c := range []*child{s, g} {
		c.say(t, "junk %s", w.socket())
		c.say(t, "hold %s", w.socket())
	}
	a := w.newApp(t)
	w.connect(t, a, entryA)
	w.requireTunnel(t)
	assert.Equal(t, wire.Connected, w.status(t).Phase)
	s.kill()
	g.kill()
	a.say(t, "beat")
	w.requireTunnel(t)

	other := w.client.start(t, guest, []string{roleKey + "=app"}, selfProgram)
	other.wait(t, "ready")
	other.say(t, "dial %s", w.socket())
	for _, words := range []string{"begin " + entryB.String(), "tunnel both", "disconnect", "lan on", "lockdown on"} {
		assert.True(t, strings.HasPrefix(other.try(t, words), "NO "), words)
	}
}

// After a crash at any moment the next start has neither rules twice nor routes of before; and what was begun is begun
// again.
func TestConnectAgainAfterACrash(t *testing.T) {
	w := newWorld(t)
	w.serve(t)
	before := w.network(t)
	for range 3 {
		a := w.newApp(t)
		w.connect(t, a, entryA)
		w.requireTunnel(t)
		w.netd.kill()
		w.serve(t)
		a.say(t, "dial %s", w.socket()) // the same program, with the old interface's file still open
		w.connect(t, a, entryB)
		w.requireTunnel(t)
		w.requireNothing(t, entryA, entryB)
		a.say(t, "disconnect")
		assert.Equal(t, before, w.network(t))
	}
}

// 17: rules are replaced again and again while a container sends as fast as it can: not one packet of it is seen. (The
// kernel gives a new chain its policy only some microseconds after it has taken the old chain away.)
func TestAContainerStaysInsideWhileRulesAreReplaced(t *testing.T) {
	w := newWorld(t)
	w.serve(t)
	box := w.newBox(t)
	a := w.newApp(t)
	w.connect(t, a, entryA)
	w.requireTunnel(t)
	var c net.Conn
	var err error
	box.in(func() { c, err = net.Dial("udp", netip.AddrPortFrom(site4, echoPort).String()) })
	require.NoError(t, err)
	w.client.tool(t, "", "ip", "route", "flush", "table", "7727") // the forward rules alone hold it now
	end, sent := make(chan struct{}), make(chan int)
	go func() {
		for n := 0; ; n++ {
			select {
			case <-end:
				sent <- n
				return
			default:
				_, _ = io.WriteString(c, "probe")
			}
		}
	}()
	w.barrier(t)
	from := w.seen.len()
	const changes = 60
	for n := range changes {
		a.say(t, "endpoints %s", []netip.AddrPort{entryA, entryB}[n%2])
	}
	close(end)
	n := <-sent
	_ = c.Close()
	w.barrier(t)
	onlyAllowed(t, w.seen.since(from), entryA, entryB)
	t.Logf("rules replaced %d times, %d packets", changes, n)
	w.command(t, "unblock")
}
