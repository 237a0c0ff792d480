//go:build unix

package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// playNode is the stand-in for the real node's program: it takes that one's arguments, fails as that one does, and else
// becomes our own node with the real one's supervisor socket. Faults are files in the folder E2E_FAULTS.
func playNode() {
	args := map[string]string{}
	command := ""
	for _, a := range os.Args[1:] {
		name, value, _ := strings.Cut(a, "=")
		if strings.HasPrefix(a, "--") {
			args[name] = value
		} else {
			command = a
		}
	}
	if _, asked := args["--version"]; asked {
		fmt.Println("Mysterium Node\n  Version: 1.38.3\n  Build info: Branch: stand-in. Build id: 1. Commit: none")
		os.Exit(0)
	}
	if _, consumer := args["--consumer"]; !consumer || command != "daemon" || args["--ui.enable"] != "false" {
		fmt.Println("Incorrect Usage.", os.Args[1:])
		os.Exit(1)
	}
	failed := func(format string, a ...any) {
		fmt.Printf("\x1b[90m2026-11-26T13:32:19.546\x1b[0m \x1b[1m\x1b[31mERR\x1b[0m\x1b[0m mysterium_node.go:68 > Failed to execute command: \x1b[36merror=\x1b[0m\x1b[31m%q\x1b[0m\n", fmt.Sprintf(format, a...))
		os.Exit(1)
	}
	home := args["--data-dir"]
	must(os.MkdirAll(home, 0o700))
	lock, err := os.OpenFile(filepath.Join(home, "standin.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	must(err)
	api := net.JoinHostPort(args["--tequilapi.address"], args["--tequilapi.port"])
	l, err := net.Listen("tcp", api)
	if err != nil {
		failed("the port %s seems to be taken. Either you're already running a node or it is already used by another application: %v", args["--tequilapi.port"], err)
	}
	faulty := func(name string) bool {
		_, err := os.Stat(filepath.Join(os.Getenv("E2E_FAULTS"), name))
		return err == nil
	}
	switch {
	case syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil:
		failed("failed to open boltDB: timeout")
	case faulty("no-network"):
		failed("could not get hermes URL: Get \"https://observer.mysterium.network/api/v1/observed/hermes\": network is unreachable")
	case faulty("hangs"): // accepts and never answers
		for kept := make(chan net.Conn, 10000); ; {
			c, err := l.Accept()
			must(err)
			kept <- c
		}
	}
	must(l.Close())
	fd, err := syscall.Dup(int(lock.Fd())) // kept over the exec, and with it the lock
	must(err)
	_ = fd
	bin := os.Getenv("E2E_BIN")
	socket := "/run/myst.sock"
	must(syscall.Exec(bin, []string{
		bin, "node", "--home", home, "--tequilapi.address", args["--tequilapi.address"], "--tequilapi.port", args["--tequilapi.port"],
		"--supervisor.socket", socket, "--exit.allow", os.Getenv("E2E_SITE") + "/32", "--exit.dns", os.Getenv("E2E_SITE") + ":5353",
	}, os.Environ()))
}

// playFreePort prints a port that nobody has.
func playFreePort() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	fmt.Println(l.Addr().(*net.TCPAddr).Port)
	must(l.Close())
	os.Exit(0)
}

// newStandIns is a realm on this host, whose node is the stand-in.
func newStandIns(t *testing.T) *realm {
	t.Helper()
	r := newRealm(t)
	r.site = ownAddress(t)
	r.url = "http://" + r.site + ":8080"
	faults := filepath.Join(r.tools, "faults")
	require.NoError(t, os.Mkdir(faults, 0o755))
	r.env = append(r.env, "E2E_FAULTS="+faults, "E2E_BIN="+r.bin, "E2E_SITE="+r.site)
	r.node(`E2E_ROLE=myst exec "` + r.world.self + `" "$@"`)
	r.serves = "TequilAPI on"
	r.network = func(up bool) { r.fault("no-network", !up) }
	r.startSite()
	return r
}

// fault switches a fault of the stand-in.
func (r *realm) fault(name string, on bool) {
	r.t.Helper()
	path := filepath.Join(r.tools, "faults", name)
	if on {
		require.NoError(r.t, os.WriteFile(path, nil, 0o644))
		return
	}
	require.NoError(r.t, os.Remove(path))
}
