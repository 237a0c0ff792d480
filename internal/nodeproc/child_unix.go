//go:build unix

package nodeproc

import (
	"os"

	"golang.org/x/sys/unix"
)

// group is a process group, by its leader's pid.
type group struct{ leader int }

func newGroup(p *os.Process) group { return group{leader: p.Pid} }

func (g group) terminate() { _ = unix.Kill(-g.leader, unix.SIGTERM) } // ESRCH: it was faster

func (g group) kill() { _ = unix.Kill(-g.leader, unix.SIGKILL) }

func (g group) close() {}

func (g group) holds(pid int) bool {
	leader, err := unix.Getpgid(pid)
	return err == nil && leader == g.leader
}
