package netd

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
)

// node is the Mysterium node in whole-device mode. It has to reach its own services while everything else is blocked, so
// it runs as a user of its own, and that user alone passes. A program of the system starts and stops it; here is what it
// finds when it runs: the socket where it asks for tunnels, at which the app listens, and the name servers of the links.
type node struct {
	program string
	folder  string
	names   *names
	list    []netip.Addr // the links' name servers, as last seen
}

func newNode(p Paths, n *names) node {
	return node{program: p.Node, folder: filepath.Join(p.Run, "node"), names: n}
}

// start has it run, if it does not. fresh: the caller has no socket of it yet, and gets one.
func (n *node) start(fresh bool) (f *os.File, err error) {
	if err := os.MkdirAll(n.folder, 0o755); err != nil {
		return nil, step("make the node's folder", err)
	}
	_ = os.Chmod(n.folder, 0o755) // whatever the umask
	n.tell()
	if fresh {
		if f, err = listenAt(filepath.Join(n.folder, "supervisor.sock")); err != nil {
			return nil, step("open the node's socket", err)
		}
	}
	if _, err := output(n.program, "", "start", n.folder); err != nil {
		f.Close()
		return nil, step("start the node", err)
	}
	return f, nil
}

// listenAt makes a socket that everybody may connect to: who listens looks who it is.
func listenAt(path string) (*os.File, error) {
	if err := removeIfThere(path); err != nil {
		return nil, err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	defer func() { _ = l.Close() }()
	l.SetUnlinkOnClose(false)
	if err := os.Chmod(path, 0o666); err != nil {
		return nil, err
	}
	return l.File()
}

// stop ends it, if it was ever started since the computer was.
func (n *node) stop() error {
	if _, err := os.Stat(n.folder); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	_, err := output(n.program, "", "stop", n.folder)
	if err == nil {
		err = os.RemoveAll(n.folder)
	}
	return step("stop the node", err)
}

// tell writes the name servers of the links for the node, which asks them itself: what the system asks is blocked, or
// goes through a tunnel that it is only about to make. The file is written in place, since it is mounted elsewhere.
func (n *node) tell() {
	p, list := n.names.paths, []netip.Addr(nil)
	for _, file := range []string{p.Resolv, n.names.file.backup, p.Resolved + "/resolv.conf", "/run/NetworkManager/no-stub-resolv.conf"} {
		b, _ := os.ReadFile(file)
		for _, s := range serversOf(string(b)) {
			if a, err := netip.ParseAddr(s); err == nil && !a.IsLoopback() && !slices.Contains(list, a) && !slices.Contains(n.names.wanted, a) {
				list = append(list, a)
			}
		}
	}
	if len(list) > 0 {
		n.list = list
	}
	path := filepath.Join(n.folder, "resolv.conf")
	if os.WriteFile(path, []byte(nameservers(n.list)), 0o644) == nil {
		_ = os.Chmod(path, 0o644)
	}
}
