package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
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

// playGuarded is the stand-in for the real node that the root helper runs: the node of own servers, which calls itself
// another's.
func playGuarded() {
	args := map[string]string{}
	for _, a := range os.Args[1:] {
		name, value, _ := strings.Cut(a, "=")
		args[name] = value
	}
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	at := inner.Addr().String()
	must(inner.Close())
	_, port, _ := net.SplitHostPort(at)
	cmd := exec.Command(os.Getenv("E2E_BIN"), "node", "--network", "own", "--own.dir", os.Getenv("E2E_OWN"), "--home", args["--data-dir"],
		"--tequilapi.port", port, "--supervisor.socket", "/run/myst.sock")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	must(cmd.Start())
	for !listening(at) { //nolint:revive // asking is the waiting
	}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: at})
	proxy.FlushInterval = -1
	proxy.ModifyResponse = func(r *http.Response) error {
		if r.Request.URL.Path != "/healthcheck" {
			return nil
		}
		var doc map[string]any
		if err := json.NewDecoder(r.Body).Decode(&doc); err != nil {
			return err
		}
		doc["version"], doc["process"] = "1.38.3", os.Getpid()
		b, err := json.Marshal(doc)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
		r.Header.Set("Content-Length", fmt.Sprint(len(b)))
		return err
	}
	api := net.JoinHostPort(args["--tequilapi.address"], args["--tequilapi.port"])
	must(http.ListenAndServe(api, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Host = at
		proxy.ServeHTTP(w, r)
	})))
}

// throughANode is the whole device on the network mysterium: the helper runs the node, which passes beside the tunnel.
func throughANode(t *testing.T, w *world, h *helper) {
	was := w.t
	w.t = t
	defer func() { w.t = was }()
	for from, to := range map[string]string{program(t): "mysteriumvpn", self(t): "e2e.test"} {
		copyProgram(t, from, filepath.Join(h.folder, to))
	}
	own := filepath.Join(h.folder, "own")
	require.NoError(t, os.Mkdir(own, 0o755))
	conf, err := os.ReadFile(filepath.Join(h.folder, "exit", "own-exit.conf"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(own, "home.conf"), conf, 0o644))
	node := filepath.Join(h.folder, "myst")
	require.NoError(t, os.WriteFile(node, fmt.Appendf(nil, "#!/bin/sh\nE2E_ROLE=guarded E2E_BIN=%s/mysteriumvpn E2E_OWN=%s exec %[1]s/e2e.test \"$@\"\n", h.folder, own), 0o755))
	h.nodeProgram(node, "")

	w.runArgs = []string{"run", "--network", "mysterium", "--mode", "device", "--netd", h.socket}
	app := w.startApp()
	pid := nodeOfTheHelper(t, w, func() (string, error) { return w.client("direct", "http://"+w.site+":8080/ip") })
	require.NoError(t, app.Process.Signal(syscall.SIGINT))
	<-app.done
	nothingIsLeft(t, w, pid)
}

// nodeOfTheHelper connects, has the node killed, and disconnects, and looks whether every program's traffic goes through
// the tunnel or nowhere. It gives the node's process.
func nodeOfTheHelper(t *testing.T, w *world, direct func() (string, error)) (pid int) {
	t.Helper()
	s := w.await(60*time.Second, func(s status) bool { return s.Node.State == "running" && s.Phase == "down" })
	assert.Equal(t, "127.0.0.1:44050", s.Node.API)
	owner, err := exec.Command("stat", "-c", "%U", fmt.Sprintf("/proc/%d", s.Node.PID)).Output()
	require.NoError(t, err)
	assert.Equal(t, nodeUser, strings.TrimSpace(string(owner)))
	out, code := w.ctl("connect")
	require.Zero(t, code, out)
	out, err = direct()
	require.NoError(t, err, "through the tunnel: %s", out)
	out, code = w.ctl("proof")
	require.Zero(t, code, out)
	assert.Contains(t, out, "Everything of the Mysterium node, beside the tunnel: it runs as user ", "the rule names whom the helper names")
	assert.NotContains(t, out, "skuid")

	require.NoError(t, syscall.Kill(s.Node.PID, syscall.SIGKILL))
	before := s.Node.PID
	w.await(20*time.Second, func(s status) bool { return s.Phase != "up" })
	s = w.await(150*time.Second, func(s status) bool { return s.Phase == "up" })
	assert.NotEqual(t, before, s.Node.PID, "it was started again")
	out, err = direct()
	require.NoError(t, err, "and the tunnel is back: %s", out)

	out, code = w.ctl("disconnect")
	require.Zero(t, code, out)
	s = w.await(20*time.Second, func(s status) bool { return s.Phase == "down" })
	assert.True(t, alive(s.Node.PID), "it goes on, to look for exits")
	return s.Node.PID
}

// nothingIsLeft: not this node, and no rule of ours.
func nothingIsLeft(t *testing.T, w *world, node int) {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); ; {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", node))
		if err != nil || bytes.Contains(b, []byte("(zombie)")) { // it has ended, and waits for init
			break
		}
		require.True(t, time.Now().Before(end), "the node ends with the app")
	}
	rules, err := w.command(w.app[:min(4, len(w.app))], "nft", "list", "ruleset").CombinedOutput()
	require.NoError(t, err, string(rules))
	assert.NotContains(t, string(rules), "drop")
}

// wholeDevice is the story of the whole device with a real node: throughANode tells it with the stand-in.
func wholeDevice(t *testing.T, r *realm) {
	if !r.real {
		t.Skip("TestTheWholeDevice tells it")
	}
	h := newHelper(r.world, r.app[:4]) // as root
	h.serve()
	h.nodeProgram(r.program, r.flags)
	home := r.home
	defer func() { r.home = home }()
	r.home = filepath.Join(home, "device") // its folder is the user's own
	app := r.startAppWith("--mode", "device", "--netd", h.socket)
	pid := nodeOfTheHelper(t, r.world, func() (string, error) {
		out, err := r.client("direct", r.url+"/ip")
		if err == nil {
			assert.Contains(t, out, " 10.182.", "the site sees the tunnel's address")
		}
		return out, err
	})
	r.end(app)
	nothingIsLeft(t, r.world, pid)
}
