package main

import (
	"context"
	"sync"

	"go.uber.org/zap"

	"github.com/mysteriumvpn/desktop/internal/logs"
	"github.com/mysteriumvpn/desktop/internal/mystnode"
	"github.com/mysteriumvpn/desktop/internal/nodeproc"
)

// adoptedLog reads the log file of a node that ran before us: it has no pipes that end here.
type adoptedLog struct {
	ring *logs.Ring
	log  *zap.Logger
	off  bool // the sandbox's node has no log file, and a real one beside it is none of our business

	mu   sync.Mutex // guards what follows
	pid  int        // whose file is read; 0 = none
	stop func()
}

// state takes a new state of the node.
func (a *adoptedLog) state(s nodeproc.State) {
	switch {
	case a.off:
	case s.Adopted && s.Phase == nodeproc.Running:
		a.follow(s.PID)
	case !s.Adopted && s.PID != 0: // one of our own, which has pipes
		a.follow(0)
	default: // it may be back in a moment, and then goes on where it was
	}
}

// follow reads the file of one node, and no other's; 0 = of none.
func (a *adoptedLog) follow(pid int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if pid == a.pid {
		return
	}
	if a.pid = pid; a.stop != nil {
		a.stop()
		a.stop = nil
	}
	if pid == 0 {
		return
	}
	path, err := mystnode.LogFile(pid)
	if err != nil {
		a.log.Info("the lines of a node that ran before cannot be had", zap.Error(err))
		return
	}
	a.log.Info("the node ran before; its lines are read from its own log file", zap.String("file", path))
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); logs.Tail(ctx, a.ring, logs.Node, path) }()
	a.stop = func() { stop(); <-done }
}

func (a *adoptedLog) close() { a.follow(0) }
