package nodeproc

import (
	"os"

	"golang.org/x/sys/unix"
)

// socketOwner is not to be had without root.
func socketOwner(string) owner { return owner{} }

// portOwner tells whose process pid is. Race: pid is what the node says of itself, and another user's program could
// name a process of ours. Darwin has no way for a plain user to ask whose a socket is.
func portOwner(_ string, pid int) owner {
	if pid <= 0 {
		return owner{}
	}
	k, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil || int(k.Proc.P_pid) != pid {
		return owner{}
	}
	uid := int(k.Eproc.Ucred.Uid)
	return owner{
		pid: pid, program: unix.ByteSliceToString(k.Proc.P_comm[:]),
		known: true, trusted: uid == 0 || uid == os.Getuid(),
	}
}
