package nodeproc

import (
	"path/filepath"

	"golang.org/x/sys/windows"
)

// socketOwner is not asked for here: portOwner must do.
func socketOwner(string) owner { return owner{} }

// portOwner tells whose process pid is: this user's, the system's, or the administrators'. Race: pid is what the node
// says of itself, and another user's program could name a process of ours.
func portOwner(_ string, pid int) owner {
	if pid <= 0 {
		return owner{}
	}
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return owner{}
	}
	defer func() { _ = windows.CloseHandle(h) }()
	o := owner{pid: pid, program: imageName(h)}
	var token windows.Token
	if windows.OpenProcessToken(h, windows.TOKEN_QUERY, &token) != nil {
		return o
	}
	defer func() { _ = token.Close() }()
	theirs, err := token.GetTokenUser()
	if err != nil {
		return o
	}
	ours, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return o
	}
	o.known = true
	o.trusted = theirs.User.Sid.Equals(ours.User.Sid) || theirs.User.Sid.IsWellKnown(windows.WinLocalSystemSid) ||
		theirs.User.Sid.IsWellKnown(windows.WinBuiltinAdministratorsSid)
	return o
}

func imageName(h windows.Handle) string {
	buf := make([]uint16, windows.MAX_LONG_PATH)
	n := uint32(len(buf))
	if windows.QueryFullProcessImageName(h, 0, &buf[0], &n) != nil {
		return ""
	}
	return filepath.Base(windows.UTF16ToString(buf[:n]))
}
