//go:build !unix && !windows

package nodeproc

import (
	"context"
	"errors"
	"os"
	"syscall"
)

func attributes() *syscall.SysProcAttr { return nil }

// group is the child alone.
type group struct{ proc *os.Process }

func newGroup(p *os.Process) group { return group{proc: p} }

func (g group) terminate() { _ = g.proc.Signal(os.Interrupt) }

func (g group) kill() { _ = g.proc.Kill() }

func (g group) close() {}

func (g group) holds(int) bool { return false }

func awaitExit(int) bool { return false }

func terminateOther(*os.Process) error { return errors.ErrUnsupported }

func awaitGone(_ context.Context, _ int, watched func()) bool { watched(); return false }
