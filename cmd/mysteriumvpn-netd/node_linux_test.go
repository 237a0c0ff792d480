package main

import (
	"context"
	"fmt"
	"net"
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

// nodeScript is the node's script in a mount namespace that can be spoilt, with a node that does what a test wants.
func nodeScript(t *testing.T, node, story string) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root, for mount namespaces")
	}
	folder, err := os.MkdirTemp("", "node-") //nolint:usetesting // others than root look into it
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	require.NoError(t, os.Chmod(folder, 0o755))
	script, err := os.ReadFile("../../packaging/linux/netd/node")
	require.NoError(t, err)
	at := func(name string) string { return filepath.Join(folder, name) }
	require.NoError(t, os.WriteFile(at("script"), script, 0o755))
	require.NoError(t, os.WriteFile(at("myst"), []byte("#!/bin/sh\n"+node+"\n"), 0o755))
	require.NoError(t, os.Mkdir(at("said"), 0o777))
	require.NoError(t, os.Chmod(at("said"), 0o777))
	require.NoError(t, os.WriteFile(at("resolv.conf"), []byte("nameserver 192.0.2.1\n"), 0o644))
	require.NoError(t, syscall.Mkfifo(at("said/fifo"), 0o666))
	require.NoError(t, os.Chmod(at("said/fifo"), 0o666))
	l, err := net.Listen("unix", at("supervisor.sock"))
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	require.NoError(t, os.Chmod(at("supervisor.sock"), 0o666))
	const world = `set -eu; cd %s
cp -a /etc copy; mount --bind copy /etc; rm -f /etc/resolv.conf; echo nameserver 198.51.100.1 >/etc/resolv.conf
export NODE_USER=daemon NODE_HOME=$PWD/home NODE_PROGRAM=$PWD/myst
node() { "$PWD/script" "$1" "$PWD"; }
`
	ctx, stop := context.WithTimeout(t.Context(), time.Minute) // a fifo that nobody reads would hold it for ever
	defer stop()
	cmd := exec.CommandContext(ctx, "unshare", "--mount", "--propagation", "private", "sh", "-c", fmt.Sprintf(world, folder)+story)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	log, _ := os.ReadFile(at("log"))
	require.NoError(t, err, "%s\n%s", out, log)
	return string(out)
}

// TestTheNodeKeepsItsNameServers, whoever renames a new resolv.conf into its place, and hears of newer ones. It is nobody
// but its user, has no capability, and finds our socket and nothing else in /run. The loop opens the fifo anew if it finds
// nothing in it: whoever wrote last may not have closed it when it comes back.
func TestTheNodeKeepsItsNameServers(t *testing.T) {
	out := nodeScript(t, `cd "$HOME/../said"; id -un; grep CapBnd /proc/self/status; ls /run; while :; do read -r _ <fifo || continue; cat /etc/resolv.conf >now; mv now told; done`, `
node start
echo >said/fifo; while ! [ -e said/told ]; do :; done; cat said/told; rm said/told
echo nameserver 10.88.0.1 >/etc/new; mv /etc/new /etc/resolv.conf
echo >said/fifo; while ! [ -e said/told ]; do :; done; cat said/told; rm said/told
echo nameserver 192.0.2.2 >resolv.conf
echo >said/fifo; while ! [ -e said/told ]; do :; done; cat said/told
cat /etc/resolv.conf; ls /run | grep -c myst.sock || true
node stop; cat log`)
	assert.Equal(t, "nameserver 192.0.2.1\nnameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 10.88.0.1\n0\n"+
		"daemon\nCapBnd:\t0000000000000000\nmyst.sock\n", out)
}

// TestANodeThatIsStoppedAtOnceEnds, before it has become its user; and one that runs is not started twice.
func TestANodeThatIsStoppedAtOnceEnds(t *testing.T) {
	for range 5 {
		out := nodeScript(t, "exec sleep 60", `node start; read -r pid _ <pid; node stop; [ -d /proc/$pid ] && grep State /proc/$pid/status || echo ended`)
		assert.True(t, strings.Contains(out, "ended") || strings.Contains(out, "Z (zombie)"), out)
	}
	out := nodeScript(t, "exec sleep 60", `node start; read -r a _ <pid; node start; read -r b _ <pid; [ $a = $b ] && echo the same; node stop`)
	assert.Equal(t, "the same\n", out)
}

// TestANodeThatIsNotInstalledIsSaid.
func TestANodeThatIsNotInstalledIsSaid(t *testing.T) {
	out := nodeScript(t, "", `unset NODE_PROGRAM; mount -t tmpfs none /usr/local/bin; if [ -e /usr/bin/myst ] || [ -e /opt/myst ]; then echo no Mysterium node is installed; else node start 2>&1 || echo refused; fi`)
	assert.Contains(t, out, "no Mysterium node is installed")
}
