package nodeproc

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// socketOwner tells whose socket listens at api. The kernel says so: nobody can claim to be somebody else.
func socketOwner(api string) owner {
	o, _ := listening(api)
	return o
}

// portOwner is socketOwner, with the process and its program if we may see them. What the process claims to be (its
// healthcheck's pid) is not needed here.
func portOwner(api string, _ int) owner {
	o, inodes := listening(api)
	if !o.known {
		return o
	}
	o.pid = holder(inodes)
	if o.pid > 0 {
		o.program = program(o.pid)
	}
	return o
}

func listening(api string) (owner, map[string]bool) {
	host, port, err := net.SplitHostPort(api)
	if err != nil {
		return owner{}, nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return owner{}, nil
	}
	var all []listener
	for _, name := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		if b, err := os.ReadFile(name); err == nil { // no tcp6: no IPv6
			all = append(all, parseListeners(string(b))...)
		}
	}
	var exact, wild []listener
	addr, _ := netip.ParseAddr(host)
	for _, l := range all {
		switch {
		case l.port != uint16(n):
		case l.addr == addr.Unmap(), !addr.IsValid() && l.addr.IsLoopback(): // a name: localhost
			exact = append(exact, l)
		case l.addr.IsUnspecified() && (l.addr.Is6() || !addr.Is6()):
			wild = append(wild, l)
		}
	}
	if len(exact) > 0 {
		wild = exact // the kernel prefers them likewise
	}
	if len(wild) == 0 {
		return owner{}, nil
	}
	o, inodes := owner{known: true, trusted: true, user: wild[0].uid}, make(map[string]bool, len(wild))
	for _, l := range wild {
		if l.uid != o.user {
			o.user = 0
		}
		o.trusted = o.trusted && (l.uid == 0 || l.uid == os.Getuid())
		inodes[l.inode] = true
	}
	return o, inodes
}

// holder finds a process that has one of the sockets open. Other users' processes cannot be seen: 0.
func holder(inodes map[string]bool) int {
	procs, err := os.ReadDir("/proc")
	if err != nil {
		return 0
	}
	for _, p := range procs {
		pid, err := strconv.Atoi(p.Name())
		if err != nil {
			continue
		}
		dir := filepath.Join("/proc", p.Name(), "fd")
		fds, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, fd := range fds {
			to, err := os.Readlink(filepath.Join(dir, fd.Name()))
			if err != nil {
				continue
			}
			inode, ok := strings.CutPrefix(to, "socket:[")
			if ok && inodes[strings.TrimSuffix(inode, "]")] {
				return pid
			}
		}
	}
	return 0
}

// program is the name of a process's program.
func program(pid int) string {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	if exe, err := os.Readlink(filepath.Join(dir, "exe")); err == nil {
		return filepath.Base(strings.TrimSuffix(exe, " (deleted)"))
	}
	name, err := os.ReadFile(filepath.Join(dir, "comm"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(name))
}
