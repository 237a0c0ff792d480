package nodeproc

import (
	"errors"
	"io/fs"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// child is a node that we have started. It leads a process group of its own, so that Ctrl-C in a terminal reaches us
// and not it, and so that whatever it starts can be ended with it.
type child struct {
	cmd  *exec.Cmd
	pid  int
	tail tail
	left chan struct{} // closed when it is gone and its output has been read
	how  string        // how it ended; to be read after left is closed

	mu    sync.Mutex // guards the following
	group group      // what the system needs to end it and all that it started
	ended bool       // it is about to be reaped: its pid may soon be another process's
}

// startChild starts the program. The error is a *NotFoundError if trying again would not help.
func startChild(spec *Spec, out *output) (*child, error) {
	c := &child{left: make(chan struct{})}
	// The environment is ours to give, and the program is the user's choice: that is the point.
	c.cmd = exec.Command(spec.Path, spec.Args...)
	c.cmd.Env, c.cmd.Dir = spec.Env, spec.Dir
	stdout, stderr := &stream{tail: &c.tail, to: out.out}, &stream{tail: &c.tail, to: out.err}
	c.cmd.Stdout, c.cmd.Stderr = stdout, stderr
	// Who has inherited the pipes and left the group may hold them open for ever.
	c.cmd.WaitDelay = 200 * time.Millisecond
	c.cmd.SysProcAttr = attributes()
	if spec.Isolate != nil {
		spec.Isolate(c.cmd.SysProcAttr)
	}

	started := make(chan error)
	go func() {
		// On Linux the kernel ends the child when the *thread* that started it ends (PR_SET_PDEATHSIG). So that thread is
		// kept, by keeping this goroutine on it until the child is gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := c.start(); err != nil {
			started <- err
			return
		}
		started <- nil
		defer close(c.left)
		c.reap()
		stdout.end()
		stderr.end()
	}()
	if err := <-started; err != nil {
		if hopeless(err) {
			return nil, &NotFoundError{Path: spec.Path, Err: err}
		}
		return nil, &WentAwayError{How: err.Error()} // out of memory or processes: it may pass
	}
	return c, nil
}

func (c *child) start() error {
	if err := c.cmd.Start(); err != nil {
		return err
	}
	c.pid = c.cmd.Process.Pid
	c.mu.Lock()
	defer c.mu.Unlock()
	c.group = newGroup(c.cmd.Process)
	return nil
}

// reap waits for the child to end, ends what it has left behind, and collects it.
func (c *child) reap() {
	if awaitExit(c.pid) { // it is dead but keeps its pid, so the group is surely still its own
		c.endGroup()
	}
	err := c.cmd.Wait()
	c.endGroup() // Race: without awaitExit the pid may be another's by now. A group of that number is very unlikely
	c.mu.Lock()
	c.group.close()
	c.mu.Unlock()
	if c.cmd.ProcessState != nil {
		c.how = c.cmd.ProcessState.String()
	} else if err != nil {
		c.how = err.Error()
	}
}

func (c *child) endGroup() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.group.kill()
		c.ended = true
	}
}

func (c *child) gone() <-chan struct{} { return c.left }

func (c *child) terminate() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.group.terminate()
	}
}

func (c *child) kill() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.group.kill()
	}
}

// holds reports whether process pid is one that the child has started.
func (c *child) holds(pid int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.ended && c.group.holds(pid)
}

// hopeless reports whether starting the program will fail again.
func hopeless(err error) bool {
	return errors.Is(err, exec.ErrNotFound) || errors.Is(err, exec.ErrDot) || errors.Is(err, fs.ErrNotExist) ||
		errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOEXEC) || errors.Is(err, syscall.ENOTDIR)
}
