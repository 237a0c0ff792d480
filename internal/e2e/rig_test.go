//go:build unix

package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// publicEnd is an address of the internet, as providers have one: in device mode WireGuard is let out to no other.
const publicEnd = "203.0.113.2"

// rich is what an identity of the rig owns, in wei.
const rich = "5000000000000000000"

// newRig is a realm of two real nodes, offline: one is a provider beside the stand-ins for the network's services and
// the site, in a network namespace of their own; the other is the app's. Neither namespace leads anywhere.
func newRig(t *testing.T) *realm {
	t.Helper()
	node, err := filepath.Abs(os.Getenv("MYST"))
	require.NoError(t, err)
	for _, tool := range []string{"ip", "iptables", "curl", "setpriv", "unshare"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%d stories of a real node were not told: the program %s is missing", len(stories), tool)
		}
	}
	r := newRealm(t)
	user := r.app
	require.NoError(t, r.namespaces())
	r.real, r.serves, r.site, r.url = true, "API started on", siteAddr, "http://"+siteAddr+":8080"
	for _, line := range []string{
		"-n " + r.near() + " route add default via " + farEnd,
		"-n " + r.beyond() + " addr add " + publicEnd + "/32 dev lo",
		"-n " + r.beyond() + " route replace 10.213.7.0/24 dev far src " + publicEnd, // and it speaks from there
		// The provider wants a way out, and a device for it. It leads nowhere.
		"-n " + r.beyond() + " tuntap add dev out0 mode tun",
		"-n " + r.beyond() + " addr add 10.77.0.1/24 dev out0",
		"-n " + r.beyond() + " link set out0 up",
		"-n " + r.beyond() + " route add default via 10.77.0.254 dev out0",
	} {
		out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput()
		require.NoError(t, err, "ip %s: %s", line, out)
	}
	require.NoError(t, r.command(r.far, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1").Run())
	r.app = append(append([]string{}, r.app...), user...)

	// Copied, as its folder may be one that the app's user cannot look into.
	program := filepath.Join(filepath.Dir(r.bin), "real-node")
	copyProgram(t, node, program)
	// A node calls `sudo ip …` even as root.
	sudo := "#!/bin/sh\nwhile [ \"${1#-}\" != \"$1\" ]; do shift; done\nexec \"$@\"\n"
	roots := filepath.Join(filepath.Dir(r.bin), "roots")
	require.NoError(t, os.Mkdir(roots, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(roots, "sudo"), []byte(sudo), 0o755))

	r.startSite()
	network := r.start("network", r.role(r.far, "fakenet", publicEnd))
	network.line(t, "ready", 20*time.Second)
	r.registration = func(registered bool, balance string) {
		out, err := r.command(r.far, "curl", "-sf", fmt.Sprintf("http://%s:%d/rig/set?registered=%t&balance=%s", publicEnd, networkPort, registered, balance)).CombinedOutput()
		require.NoError(r.t, err, string(out))
	}
	r.network = func(up bool) {
		to := map[bool]string{true: "up", false: "down"}[up]
		require.NoError(r.t, exec.Command("ip", "-n", r.near(), "link", "set", "near", to).Run())
		if up {
			require.NoError(r.t, exec.Command("ip", "-n", r.near(), "route", "add", "default", "via", farEnd).Run())
		}
	}

	flags := networkFlags(publicEnd)
	r.flags, r.program = strings.Join(flags, " "), program
	r.node("exec '" + program + "' " + strings.Join(flags, " ") + ` "$@"`)
	home := filepath.Join(filepath.Dir(r.bin), "provider")
	args := append([]string{
		"--data-dir=" + home, "--config-dir=" + home, "--log-dir=" + home + "/logs", "--runtime-dir=" + home, "--script-dir=" + home,
		"--tequilapi.port=4051", "--ui.enable=false", "--local-service-discovery=false", "--discovery.type=api", "--firewall.protected.networks=",
	}, flags...)
	args = append(args, "service", "--agreed-terms-and-conditions", "--active-services=wireguard", "--access-policy.list=")
	require.NoError(t, os.Mkdir(home, 0o700))
	provider := r.command(r.far, program, args...)
	provider.Env = append(os.Environ(), "HOME="+home, "PATH="+roots+":"+os.Getenv("PATH"))
	r.provider = r.start("provider", provider)
	network.line(t, "a provider offers", 60*time.Second)
	return r
}

// near and beyond are the names of the namespaces: the app's, and that of everything else.
func (r *realm) near() string   { return "mvpn-app-" + strconv.Itoa(os.Getpid()) }
func (r *realm) beyond() string { return "mvpn-far-" + strconv.Itoa(os.Getpid()) }

// networkFlags point a node at the stand-ins.
func networkFlags(at string) []string {
	f := "http://" + net.JoinHostPort(at, strconv.Itoa(networkPort))
	return []string{
		"--quality.type=none", "--location.type=oracle", "--location.address=" + f + "/location", "--ip-detector=" + f + "/location",
		"--broker-address=" + net.JoinHostPort(at, strconv.Itoa(brokerPort)), "--discovery.address=" + f + "/api/v4",
		"--transactor.address=" + f + "/transactor", "--observer.address=" + f, "--ether.client.rpcl1=" + f + "/chain",
		"--ether.client.rpcl2=" + f + "/chain", "--pilvytis.address=" + f + "/pilvytis", "--affiliator.address=" + f + "/affiliator",
		"--mmn.api-address=" + f + "/mmn", "--feedback.url=" + f + "/feedback", "--access-policy.address=" + f + "/access-policies/",
		"--stun-servers=127.0.0.1:3478",
	}
}
