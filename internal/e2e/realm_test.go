//go:build unix

package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// realm is where the network mysterium is: a node's program in PATH, the app run by a user without privileges, and the
// switches for what can go wrong. With stand-ins all is on one host; with a real node it lies in two network namespaces.
type realm struct {
	*world
	url    string // of the site that is reached through the tunnel
	tools  string // the folder in PATH with the node's program in it
	serves string // what a node says when its API answers

	real         bool
	program      string   // of the real node
	flags        string   // with which it finds the stand-ins for the network's services
	provider     *process // nil = exits cannot be ended apart from the node
	network      func(up bool)
	registration func(registered bool, balance string) // nil = it cannot be changed
}

// nobody is the user that the app is run by when the test is root.
const nobody = 65534

// newRealm makes the folders, and the prefix of commands that makes them an ordinary user's.
func newRealm(t *testing.T) *realm {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the node's ways are Linux's")
	}
	dir, err := os.MkdirTemp("", "mysteriumvpn-e2e-") //nolint:usetesting // others cannot look into t.TempDir
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755))
	w := &world{t: t, home: filepath.Join(dir, "home"), bin: filepath.Join(dir, "mysteriumvpn"), self: filepath.Join(dir, "e2e.test")}
	copyProgram(t, program(t), w.bin)
	copyProgram(t, self(t), w.self)
	r := &realm{world: w, tools: filepath.Join(dir, "tools")}
	for _, d := range []string{w.home, r.tools, filepath.Join(dir, "user")} {
		require.NoError(t, os.Mkdir(d, 0o755))
		if os.Getuid() == 0 {
			require.NoError(t, os.Chown(d, nobody, nobody))
		}
	}
	if os.Getuid() == 0 {
		if _, err := exec.LookPath("setpriv"); err != nil {
			cannot(t, "setpriv of util-linux is not here")
		}
		w.app = []string{"setpriv", "--reuid", strconv.Itoa(nobody), "--regid", strconv.Itoa(nobody), "--clear-groups"}
	}
	w.env = append(os.Environ(), "HOME="+filepath.Join(dir, "user"), "PATH="+r.tools+":/usr/bin:/bin:/usr/sbin:/sbin", "XDG_RUNTIME_DIR=", "LANG=en_US.UTF-8", "LC_ALL=")
	w.runArgs = []string{"run", "--network", "mysterium"}
	return r
}

func copyProgram(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(to, b, 0o755))
}

// node writes the node's program: a script that adds arguments to a real program, or to the stand-in.
func (r *realm) node(script string) {
	r.t.Helper()
	require.NoError(r.t, os.WriteFile(filepath.Join(r.tools, "myst"), []byte("#!/bin/sh\n"+script+"\n"), 0o755))
}

// other starts a node that is not the app's, as the same user, and waits until it serves.
func (r *realm) other(home string, port int) *process {
	r.t.Helper()
	p := r.start("another node", r.command(r.app, filepath.Join(r.tools, "myst"), "--data-dir="+home, "--config-dir="+home,
		"--log-dir="+filepath.Join(home, "logs"), "--consumer", "--ui.enable=false", "--local-service-discovery=false",
		"--tequilapi.address=127.0.0.1", "--tequilapi.port="+strconv.Itoa(port), "daemon"))
	p.line(r.t, r.serves, 30*time.Second)
	return p
}

// begin starts the app and waits for its node.
func (r *realm) begin(args ...string) *process {
	r.t.Helper()
	p := r.startAppWith(args...)
	r.await(90*time.Second, func(s status) bool { return s.Node.State == "running" && s.Phase == "down" })
	return p
}

// startAppWith starts the app with more arguments than usual.
func (r *realm) startAppWith(args ...string) *process {
	r.t.Helper()
	was := r.runArgs
	defer func() { r.runArgs = was }()
	r.runArgs = append(append([]string{}, was...), args...)
	return r.startApp()
}

// end has the app quit, and waits until it is gone.
func (r *realm) end(app *process) {
	r.t.Helper()
	out, code := r.ctl("quit")
	require.Zero(r.t, code, out)
	select {
	case <-app.done:
	case <-time.After(30 * time.Second):
		require.Fail(r.t, "the app did not end")
	}
}

// because waits for a reason.
func (r *realm) because(code string, limit time.Duration) status {
	r.t.Helper()
	return r.await(limit, func(s status) bool { return s.Reason != nil && s.Reason.Code == code })
}

// up waits for the connection.
func (r *realm) up() status {
	r.t.Helper()
	return r.await(150*time.Second, func(s status) bool { return s.Phase == "up" })
}

// killNode ends the node's process as a crash would.
func (r *realm) killNode() {
	r.t.Helper()
	pid := r.status().Node.PID
	require.NotZero(r.t, pid)
	p, err := os.FindProcess(pid)
	require.NoError(r.t, err)
	require.NoError(r.t, p.Kill())
}

// ask gets a JSON document from the node's API.
func (r *realm) ask(path string, doc any) {
	r.t.Helper()
	out, err := r.command(r.app, "curl", "-sf", "-m", "10", "http://"+r.status().Node.API+path).Output()
	require.NoError(r.t, err, path)
	require.NoError(r.t, json.NewDecoder(bytes.NewReader(out)).Decode(doc), string(out))
}

// freePorts finds ports that nobody has in the namespace of the app.
func (r *realm) freePort() int {
	r.t.Helper()
	out, err := r.role(r.app, "freeport").Output()
	require.NoError(r.t, err)
	n, err := strconv.Atoi(strings.TrimSpace(string(out)))
	require.NoError(r.t, err)
	return n
}

// fetch gets the site's file through the proxy and tells how many bytes came, and which address the site saw.
func (r *realm) fetch() (size int, from string) {
	r.t.Helper()
	at := r.status().Proxy.SOCKS5
	out, err := r.client("socks5", at, r.url+"/file")
	require.NoError(r.t, err, out)
	f := strings.Fields(out)
	require.Equal(r.t, fileHash(), f[0])
	size, err = strconv.Atoi(f[1])
	require.NoError(r.t, err)
	out, err = r.client("socks5", at, r.url+"/ip")
	require.NoError(r.t, err, out)
	from, _, _ = strings.Cut(strings.Fields(out)[2], ":")
	return size, from
}
