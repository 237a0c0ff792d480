package nodeproc

import (
	"context"
	"os"
)

// adopted is a process that we have not started.
type adopted struct {
	proc   *os.Process // on Linux a pidfd: its signals reach that very process or nobody
	left   chan struct{}
	cancel context.CancelFunc
	done   chan struct{}
}

// adopt watches a process, from before it returns. Where it cannot be found, gone is never told; then its silence on the
// port must do.
func adopt(pid int) *adopted {
	ctx, cancel := context.WithCancel(context.Background())
	a := &adopted{left: make(chan struct{}), cancel: cancel, done: make(chan struct{})}
	if proc, err := os.FindProcess(pid); err == nil {
		a.proc = proc
	}
	watched := make(chan struct{})
	go func() {
		defer close(a.done)
		if awaitGone(ctx, pid, func() { close(watched) }) {
			close(a.left)
		}
	}()
	<-watched
	return a
}

func (a *adopted) release() {
	a.cancel()
	<-a.done
	if a.proc != nil {
		_ = a.proc.Release()
	}
}

func (a *adopted) gone() <-chan struct{} { return a.left }

func (a *adopted) terminate() {
	if a.proc != nil {
		_ = terminateOther(a.proc)
	}
}

func (a *adopted) kill() {
	if a.proc != nil {
		_ = a.proc.Kill()
	}
}
