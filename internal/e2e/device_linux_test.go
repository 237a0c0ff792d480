package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheWholeDevice is the story of a computer whose every packet goes through a server of its user's, or nowhere: with
// the helper as root, and the app as it is. What the helper's rules do with each kind of packet, internal/leaks proves.
func TestTheWholeDevice(t *testing.T) {
	w := newWorld(t)
	if !w.split {
		t.Skip("needs root, for network namespaces")
	}
	w.startSite()
	url := "http://" + w.site + ":8080"
	h := newHelper(w, w.app)
	folder, socket, resolv, serve := h.folder, h.socket, h.resolv, h.serve
	guard := serve()

	// The exit is on the machine between here and the site, at an address of the internet: the firewall lets WireGuard
	// out to no other. Nothing leads past it.
	const public = "203.0.113.2"
	for _, c := range []*exec.Cmd{
		w.command(w.far, "ip", "addr", "add", public+"/32", "dev", "lo"), w.command(w.app, "ip", "route", "add", public, "via", farEnd),
	} {
		said, err := c.CombinedOutput()
		require.NoError(t, err, string(said))
	}
	exit := w.start("exit", w.command(w.far, w.bin, "exit", "--quiet", "--listen", public+":51820", "--out", filepath.Join(folder, "exit"),
		"--exit.allow", w.site+"/32", "--exit.dns", w.site+":5353"))
	exit.line(t, "The exit listens at ", 10*time.Second)
	out, code := w.ctl("own", "add", filepath.Join(folder, "exit", "own-exit.conf"), "--name", "home")
	require.Zero(t, code, out)

	out, code = w.ctl("run", "--network", "sandbox", "--mode", "device")
	assert.Equal(t, 1, code)
	assert.Contains(t, out, "this very computer")

	w.runArgs = []string{"run", "--network", "own", "--mode", "device", "--netd", socket}
	app := w.startApp()
	w.await(20*time.Second, func(s status) bool { return s.Node.State == "running" })
	out, code = w.ctl("connect")
	require.Zero(t, code, out)
	type guarded struct {
		Phase, Mode   string
		Blocked       *struct{ Code, Text string }
		Lockdown, LAN bool
	}
	how := func() (g guarded) {
		out, code := w.ctl("status", "--json")
		require.Zero(t, code, out)
		require.NoError(t, json.Unmarshal([]byte(out), &g), out)
		return g
	}
	assert.Equal(t, guarded{Phase: "up", Mode: "device"}, how())

	direct := func() (string, error) { return w.client("direct", url+"/ip") }
	out, err := direct()
	require.NoError(t, err, "every program goes through the tunnel: %s", out)
	assert.Contains(t, out, w.site)
	out, err = w.client("direct", url+"/file")
	require.NoError(t, err, out)
	assert.Equal(t, fmt.Sprint(fileHash(), " ", fileSize), strings.Join(strings.Fields(out)[:2], " "))
	out, err = w.client("socks5", w.status().Proxy.SOCKS5, url+"/ip")
	require.NoError(t, err, "programs that use the proxy, too: %s", out)
	text, err := os.ReadFile(resolv)
	require.NoError(t, err)
	assert.NotContains(t, string(text), "192.0.2.53", "names are looked up inside")

	// What the rules are, and where packets go, as anybody can ask.
	evidence := func(words ...string) (p proofDoc) {
		t.Helper()
		out, code := w.ctl(append([]string{"proof", "--json"}, words...)...)
		require.Zero(t, code, out)
		require.NoError(t, json.Unmarshal([]byte(out), &p), out)
		for _, r := range p.Rules {
			assert.NotEmpty(t, r.Code, "a rule that the program does not know: %s", r.Rule)
		}
		return p
	}
	said, err := w.command(w.app, "sh", "-c", "echo 0 2147483647 > /proc/sys/net/ipv4/ping_group_range").CombinedOutput()
	require.NoError(t, err, "everybody may ping, as desktops have it: %s", said)
	p := evidence("--test")
	assert.Equal(t, "connected", p.Phase)
	free, bound := p.outcomes("near")
	assert.GreaterOrEqual(t, free["tunnel"], 7, "all kinds over IPv4, as programs send: %v", p.Test.Probes)
	assert.Zero(t, free["left"]+bound["left"], "%v", p.Test.Probes)
	assert.Equal(t, 8, bound["blocked"], "past the tunnel, by the card: %v", p.Test.Probes)
	assert.Positive(t, p.RefusedPackets)
	assert.Positive(t, p.Test.Counted)
	out, code = w.ctl("proof", "--test")
	require.Zero(t, code, out)
	assert.Contains(t, out, "Everything, through the tunnel.")
	assert.Contains(t, out, public+":51820")
	out, code = w.ctl("proof", "--raw")
	require.Zero(t, code, out)
	assert.Contains(t, out, "chain out {")

	// A goodbye that never comes.
	require.NoError(t, app.Process.Kill())
	<-app.done
	out, err = direct()
	require.Error(t, err, "the app was killed, and everything is blocked: %s", out)
	app = w.startApp()
	s := w.await(20*time.Second, func(s status) bool { return s.Node.State == "running" && s.Phase == "blocked" })
	require.NotNil(t, s.Reason)
	assert.Equal(t, "left_blocked", s.Reason.Code)
	require.NotNil(t, how().Blocked)
	out, err = direct()
	require.Error(t, err, "and stays so: %s", out)
	p = evidence("--test")
	assert.Equal(t, "blocked", p.Phase)
	free, bound = p.outcomes("near")
	assert.Zero(t, free["left"]+bound["left"]+free["tunnel"], "%v", p.Test.Probes)
	assert.Equal(t, 8, bound["blocked"], "%v", p.Test.Probes)
	out, code = w.ctl("connect")
	require.Zero(t, code, out)
	out, err = direct()
	require.NoError(t, err, "the same user goes on where it was: %s", out)

	out, code = w.ctl("disconnect")
	require.Zero(t, code, out)
	w.await(10*time.Second, func(s status) bool { return s.Phase == "down" })
	text, err = os.ReadFile(resolv)
	require.NoError(t, err)
	assert.Equal(t, "nameserver 192.0.2.53\n", string(text), "put back as it was")
	rules, err := w.command(w.app, "nft", "list", "ruleset").CombinedOutput()
	require.NoError(t, err, string(rules))
	assert.NotContains(t, string(rules), "drop", "the user wants out, and is")
	assert.Equal(t, "open", evidence().Phase)
	out, code = w.ctl("proof", "--test")
	assert.Equal(t, 1, code, "every probe would leave, so none is sent")
	assert.Contains(t, out, "The network is open")

	t.Run("lockdown", func(t *testing.T) {
		out, code := w.ctl("lockdown", "on")
		require.Zero(t, code, out)
		g := how()
		assert.True(t, g.Lockdown)
		require.NotNil(t, g.Blocked)
		assert.Equal(t, "lockdown", g.Blocked.Code)
		p := evidence("--test")
		assert.Equal(t, "blocked", p.Phase)
		free, bound := p.outcomes("near")
		assert.Zero(t, free["left"]+bound["left"], "%v", p.Test.Probes)
		out, code = w.ctl("mode", "proxy")
		require.Zero(t, code, out)
		out, code = w.ctl("connect")
		assert.Equal(t, 1, code)
		assert.Contains(t, out, "Lockdown blocks this computer")
		out, code = w.ctl("mode", "device")
		require.Zero(t, code, out)
		out, code = w.ctl("connect")
		require.Zero(t, code, out)
		out, err := direct()
		require.NoError(t, err, out)
		out, code = w.ctl("lockdown", "off")
		require.Zero(t, code, out)
	})

	t.Run("the network changes", func(t *testing.T) {
		ip := func(args ...string) {
			t.Helper()
			said, err := w.command(w.app, "ip", args...).CombinedOutput()
			require.NoError(t, err, "%v: %s", args, said)
		}
		ip("addr", "flush", "dev", "near")
		out, err := direct()
		require.Error(t, err, "there is no network: %s", out)
		ip("addr", "add", "10.213.7.99/24", "dev", "near") // another address, as behind another access point
		ip("route", "replace", public, "via", farEnd)
		back := time.Now()
		for {
			if out, err = direct(); err == nil {
				break
			}
			require.Less(t, time.Since(back), 30*time.Second, "%s", out)
		}
		t.Logf("traffic passes again %s after the network is back", time.Since(back).Round(10*time.Millisecond))
		w.await(30*time.Second, func(s status) bool { return s.Phase == "up" })
		assert.Less(t, time.Since(back), 5*time.Second, "the tunnel stays up, and so there is no reconnection to wait for")

		// A narrower network: packets inside become smaller. 1360 bytes less 60, and a multiple of 16.
		ip("link", "set", "near", "mtu", "1360")
		for narrow := time.Now(); ; {
			said, err := w.command(w.app, "ip", "link", "show", "mysterium0").CombinedOutput()
			require.NoError(t, err, string(said))
			if strings.Contains(string(said), "mtu 1296") {
				t.Logf("the interface's MTU fits %s after the network became narrower", time.Since(narrow).Round(10*time.Millisecond))
				break
			}
			require.Less(t, time.Since(narrow), 30*time.Second, "%s", said)
		}
		out, err = w.client("direct", url+"/file")
		require.NoError(t, err, out)
		ip("link", "set", "near", "mtu", "1500")
	})

	t.Run("the helper is gone", func(t *testing.T) {
		require.NoError(t, guard.Process.Kill())
		<-guard.done
		s := w.await(30*time.Second, func(s status) bool { return s.Phase == "blocked" })
		require.NotNil(t, s.Reason)
		assert.Equal(t, "helper_lost", s.Reason.Code)
		for _, words := range [][]string{{"proof"}, {"proof", "--test"}, {"lockdown", "on"}} {
			out, code := w.ctl(words...)
			assert.Equal(t, 1, code, words)
			assert.Contains(t, out, "does not answer", words)
		}
		out, err := direct()
		require.Error(t, err, "its rules are the kernel's: %s", out)
		guard = serve()
		out, code := w.ctl("connect")
		require.Zero(t, code, out)
		out, err = direct()
		require.NoError(t, err, out)
	})

	require.NoError(t, app.Process.Signal(syscall.SIGINT))
	<-app.done
	t.Run("the Mysterium network", func(t *testing.T) { throughANode(t, w, h) })
	rules, err = w.command(w.app, "nft", "list", "ruleset").CombinedOutput()
	require.NoError(t, err, string(rules))
	assert.NotContains(t, string(rules), "drop", "who quits wants out")
}

// proofDoc is what `proof --json` prints, as far as the story reads it.
type proofDoc struct {
	Phase          string
	RefusedPackets uint64 `json:"refused_packets"`
	Rules          []struct{ Code, Rule string }
	Test           struct {
		Counted uint64
		Probes  []struct {
			Kind, Interface, Outcome string
			IPv6                     bool
		}
	}
}

// outcomes are how often each was: of what was sent as programs do, and of what was bound to a card.
func (p *proofDoc) outcomes(card string) (free, bound map[string]int) {
	free, bound = map[string]int{}, map[string]int{}
	for _, x := range p.Test.Probes {
		switch x.Interface {
		case "":
			free[x.Outcome]++
		case card:
			bound[x.Outcome]++
		}
	}
	return free, bound
}
