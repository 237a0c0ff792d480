package netd

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// peer is who is at the other end of a connection, by the kernel's word at the moment it was made.
type peer struct {
	uid    uint32
	groups []uint32
}

func peerOf(c *net.UnixConn) (peer, error) {
	rc, err := c.SyscallConn()
	if err != nil {
		return peer{}, err
	}
	var p peer
	var ask error
	err = rc.Control(func(fd uintptr) {
		var cred *unix.Ucred
		if cred, ask = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); ask != nil {
			return
		}
		p.uid = cred.Uid
		p.groups, ask = peerGroups(fd)
		p.groups = append(p.groups, cred.Gid)
	})
	return p, errors.Join(err, ask)
}

// peerGroups are the supplementary groups. Someone may have up to 65536; who has more than we look at is in none.
func peerGroups(fd uintptr) ([]uint32, error) {
	groups := make([]uint32, 1024)
	size := uint32(len(groups) * 4)
	_, _, e := unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_PEERGROUPS,
		uintptr(unsafe.Pointer(&groups[0])), uintptr(unsafe.Pointer(&size)), 0)
	switch {
	case e == unix.ERANGE || e == unix.ENOPROTOOPT:
		return nil, nil
	case e != 0:
		return nil, e
	}
	return groups[:size/4], nil
}

// guests decides who may talk to the helper: root, the users named at the start by hand, the members of our group, and
// the user who sits at this computer. Files are read each time, so that changes count at once.
type guests struct {
	allow []uint32
	group string // group(5)
	seat  string // what logind says of the seat
}

func (g *guests) admits(p peer) bool {
	if p.uid == 0 || slices.Contains(g.allow, p.uid) {
		return true
	}
	if gid, ok := idOf(g.group, GroupName); ok && slices.Contains(p.groups, gid) {
		return true
	}
	uid, ok := seated(g.seat)
	return ok && uid == p.uid
}

// idOf finds the number of a name in group(5) or passwd(5). 0 is nobody that we look for.
func idOf(file, name string) (uint32, bool) {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) < 3 || f[0] != name {
			continue
		}
		n, err := strconv.ParseUint(f[2], 10, 32)
		return uint32(n), err == nil && n != 0
	}
	return 0, false
}

// seated is the user whose session is in front at the seat. The file is logind's own, of the same form since 2011; the
// C library of systemd reads it likewise.
func seated(file string) (uint32, bool) {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "ACTIVE_UID="); ok {
			n, err := strconv.ParseUint(v, 10, 32)
			return uint32(n), err == nil
		}
	}
	return 0, false
}

// denied tells a stranger what to do.
func denied(uid uint32) error {
	return fmt.Errorf("user %d may not use this: sit at the computer, or have an administrator run `usermod -aG %s` with your name and log in again", uid, GroupName)
}
