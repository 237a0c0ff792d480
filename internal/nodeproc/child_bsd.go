//go:build unix && !linux

package nodeproc

import "syscall"

// attributes: a process group of its own. There is no way here to have the child end when we are killed; the next
// start adopts it.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// awaitExit is not to be had everywhere.
func awaitExit(int) bool { return false }
