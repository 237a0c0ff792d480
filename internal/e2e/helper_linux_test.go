package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
)

// helper is mysteriumvpn-netd as root in a namespace, with files of its own in place of the system's.
type helper struct {
	w                      *world
	in                     []string // prefix of commands in the namespace
	folder, socket, resolv string
	program, node, passwd  string
}

// nodeUser is who the node runs as; every Debian has this user.
const nodeUser = "daemon"

// newHelper builds one. When the test ends what it has done is undone.
func newHelper(w *world, in []string) *helper {
	w.t.Helper()
	folder, err := os.MkdirTemp("", "mysteriumvpn-netd-") //nolint:usetesting // others cannot look into t.TempDir
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = os.RemoveAll(folder) })
	require.NoError(w.t, os.Chmod(folder, 0o755))
	at := func(name string) string { return filepath.Join(folder, name) }
	h := &helper{
		w: w, in: in, folder: folder, socket: at("netd.sock"), resolv: at("resolv.conf"),
		program: at("mysteriumvpn-netd"), node: at("node"), passwd: at("passwd"),
	}
	build := exec.CommandContext(w.t.Context(), "go", "build", "-o", h.program, "../../cmd/mysteriumvpn-netd")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	said, err := build.CombinedOutput()
	require.NoError(w.t, err, string(said))
	require.NoError(w.t, os.WriteFile(h.resolv, []byte("nameserver 192.0.2.53\n"), 0o600))
	uid, err := exec.Command("id", "-u", nodeUser).Output()
	require.NoError(w.t, err)
	require.NoError(w.t, os.WriteFile(h.passwd, fmt.Appendf(nil, "mysteriumvpn-node:x:%s:\n", strings.TrimSpace(string(uid))), 0o644))
	h.nodeProgram("/nowhere", "")
	w.t.Cleanup(func() { _ = h.command("reset").Run() })
	return h
}

// nodeProgram has the script that is shipped start this program, with more flags, as the node.
func (h *helper) nodeProgram(path, flags string) {
	h.w.t.Helper()
	script, err := filepath.Abs("../../packaging/linux/netd/node")
	require.NoError(h.w.t, err)
	copyProgram(h.w.t, script, filepath.Join(h.folder, "node-script")) // run again as the node's user
	require.NoError(h.w.t, os.WriteFile(h.node, fmt.Appendf(nil,
		"#!/bin/sh\nexport NODE_USER=%s NODE_HOME=%s/node-home NODE_PROGRAM='%s' NODE_FLAGS='%s'\nexec %[2]s/node-script \"$@\"\n", nodeUser, h.folder, path, flags), 0o755))
}

func (h *helper) command(words ...string) *exec.Cmd {
	return h.w.command(h.in, h.program, append(words, "--socket", h.socket, "--state", filepath.Join(h.folder, "state"),
		"--resolv", h.resolv, "--bus", "unix:path=/nowhere", "--node", h.node, "--passwd", h.passwd)...)
}

// serve starts it, for the user that the app is run by.
func (h *helper) serve() *process {
	p := h.w.start("netd", h.command("serve", "--allow", strconv.Itoa(os.Getuid()), "--allow", strconv.Itoa(nobody)))
	p.line(h.w.t, "listens", 10*time.Second)
	return p
}
