package leaks

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// space is a network namespace without a name: it ends with its thread and with what runs in it, whatever becomes of
// the test.
type space struct {
	tid  int
	work chan func()
}

// newSpace makes a namespace and a thread in it that lives as long as the test.
func newSpace(t testing.TB) *space {
	s := &space{work: make(chan func())}
	ready := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		err := unix.Unshare(unix.CLONE_NEWNET)
		s.tid = unix.Gettid()
		ready <- err
		for f := range s.work {
			f()
		}
	}()
	require.NoError(t, <-ready)
	t.Cleanup(func() { close(s.work) })
	return s
}

// in runs f in the namespace. Sockets that it opens stay there; goroutines that it starts do not.
func (s *space) in(f func()) {
	done := make(chan struct{})
	s.work <- func() { defer close(done); f() }
	<-done
}

// ip gives lines to ip(8) in the namespace.
func (s *space) ip(t testing.TB, lines ...string) {
	t.Helper()
	s.tool(t, strings.Join(lines, "\n")+"\n", "ip", "-batch", "-")
}

// tool runs a program in the namespace and gives what it says.
func (s *space) tool(t testing.TB, stdin, name string, args ...string) string {
	t.Helper()
	var out []byte
	var err error
	s.in(func() {
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Stdin = strings.NewReader(stdin)
		out, err = cmd.CombinedOutput()
	})
	require.NoError(t, err, "%s %v: %s", name, args, out)
	return string(out)
}

func (s *space) sysctl(t testing.TB, name, value string) {
	t.Helper()
	var err error
	s.in(func() { err = os.WriteFile("/proc/sys/"+name, []byte(value), 0o600) })
	require.NoError(t, err)
}

// child is a process in a namespace. It ends with the test, by a signal to it alone.
type child struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string // of stdout and stderr; closed at its end
	ended chan struct{}

	mu  sync.Mutex
	all []string
}

// start runs a program in s. A zero uid is root; any other has no rights at all.
func (s *space) start(t testing.TB, uid uint32, env []string, name string, args ...string) *child {
	t.Helper()
	c := &child{cmd: exec.Command(name, args...), lines: make(chan string, 10000), ended: make(chan struct{})}
	c.cmd.Env = append(os.Environ(), env...)
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if uid != 0 {
		c.cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uid, Gid: uid}
	}
	var err error
	c.in, err = c.cmd.StdinPipe()
	require.NoError(t, err)
	r, w, err := os.Pipe()
	require.NoError(t, err)
	c.cmd.Stdout, c.cmd.Stderr = w, w
	s.in(func() { err = c.cmd.Start() }) // Pdeathsig is the thread's, and that one stays
	_ = w.Close()
	require.NoError(t, err)
	go func() {
		defer close(c.ended)
		for l := bufio.NewScanner(r); l.Scan(); {
			c.mu.Lock()
			c.all = append(c.all, l.Text())
			c.mu.Unlock()
			c.lines <- l.Text()
		}
		_ = r.Close()
		_ = c.cmd.Wait()
		close(c.lines)
	}()
	t.Cleanup(func() {
		c.kill()
		if t.Failed() {
			t.Logf("%s %v said:\n%s", name, args, strings.Join(c.said(), "\n"))
		}
	})
	return c
}

func (c *child) said() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.all...)
}

// kill ends it at once, as SIGKILL does.
func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	<-c.ended
}

// wait reads lines up to one that contains what.
func (c *child) wait(t testing.TB, what string) string {
	t.Helper()
	for {
		select {
		case l, ok := <-c.lines:
			require.True(t, ok, "it ended before it said %q: %q", what, c.said())
			if strings.Contains(l, what) {
				return l
			}
		case <-t.Context().Done():
			require.Fail(t, "the test is over", "it did not say %q: %q", what, c.said())
		}
	}
}

// say gives one line and waits for its answer, which must be OK; the rest of it is returned.
func (c *child) say(t testing.TB, format string, args ...any) string {
	t.Helper()
	line := fmt.Sprintf(format, args...)
	said := c.try(t, line)
	rest, is := strings.CutPrefix(said, "OK")
	require.True(t, is, "%s: %s", line, said)
	return strings.TrimSpace(rest)
}

// try gives one line and the answer to it: OK and a result, or NO and an error.
func (c *child) try(t testing.TB, line string) string {
	t.Helper()
	_, err := fmt.Fprintln(c.in, line)
	require.NoError(t, err)
	for {
		select {
		case l, ok := <-c.lines:
			require.True(t, ok, "it ended: %q", c.said())
			if strings.HasPrefix(l, "OK") || strings.HasPrefix(l, "NO ") {
				return l
			}
		case <-t.Context().Done():
			require.Fail(t, "no answer", "%s", line)
		}
	}
}
