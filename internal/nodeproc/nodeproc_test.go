//go:build unix

package nodeproc

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// dead reports whether no process has the pid.
func dead(pid int) bool { return unix.Kill(pid, 0) == unix.ESRCH }

func TestNodeRunsUntilItIsAskedToStop(t *testing.T) {
	s := begin(t, "serve", nil)
	starting := s.next()
	assert.Equal(t, Starting, starting.Phase)
	running := s.next()
	assert.Equal(t, State{Phase: Running, PID: starting.PID, Version: "1.2.3", API: s.api}, running)
	assert.Equal(t, running, s.State())
	leader, err := unix.Getpgid(running.PID)
	require.NoError(t, err)
	assert.Equal(t, running.PID, leader, "Ctrl-C in a terminal goes to our group, and the node is not in it")

	// it leaves with exit status 1, and yet that is no failure
	assert.Equal(t, []State{
		{Phase: Stopping, PID: running.PID, Version: "1.2.3", API: s.api}, {Phase: Stopped, API: s.api},
	}, s.end())
	assert.True(t, dead(running.PID))
	assert.Equal(t, "serving\nstopping as asked\n", s.out.String())
}

func TestNodeThatCrashesAtOnceIsGivenUpWithItsLastLines(t *testing.T) {
	s := begin(t, "crash", nil)
	for round := range 2 {
		starts := 0
		var failed State
		for failed.Phase != Failed {
			if failed = s.next(); failed.Phase == Starting {
				starts++
			}
		}
		assert.Equal(t, 5, starts)
		e := errorOf[*GaveUpError](t, failed.Err)
		require.Len(t, e.LastLines, 20)
		all := strings.Join(e.LastLines, ",") + ","
		for i := 22; i <= 30; i++ { // the two streams may overtake each other
			assert.Contains(t, all, fmt.Sprintf("line %d,", i))
		}
		assert.Equal(t, "exit status 3", errorOf[*WentAwayError](t, failed.Err).How)
		assert.Contains(t, e.Error(), "the node keeps stopping: the node went away (exit status 3): line ")
		if round == 0 {
			s.Retry()
		}
	}
}

func TestNodeKilledAfterRunningIsBackAtOnce(t *testing.T) {
	s := begin(t, "serve", func(o *Options) {
		o.Timing.FirstPause, o.Timing.LastPause, o.Timing.ShortPause = time.Hour, time.Hour, 0
		o.Timing.Settled, o.Timing.HalfLife = time.Nanosecond, time.Nanosecond // any running time is long
	})
	for range 7 { // more than would be forgiven if it had not been running for long
		first := s.until(Running)
		require.NoError(t, unix.Kill(first.PID, unix.SIGKILL))
		waiting := s.next()
		assert.Equal(t, Waiting, waiting.Phase)
		assert.Equal(t, "signal: killed", errorOf[*WentAwayError](t, waiting.Err).How)
		waiting = s.next()
		assert.Equal(t, Waiting, waiting.Phase)
		assert.LessOrEqual(t, time.Until(waiting.Until), 250*time.Millisecond)
	}
}

func TestNodeThatHangsInStartIsPutDown(t *testing.T) {
	s := begin(t, "hang", func(o *Options) {
		o.Timing.ProbeTimeout, o.Timing.StartLimit = 20*time.Millisecond, 100*time.Millisecond
	})
	pid := s.until(Starting).PID
	failed := s.until(Failed)
	assert.Equal(t, "no answer within 100ms", errorOf[*WentAwayError](t, failed.Err).How)
	assert.True(t, dead(pid))
}

func TestNodeThatStopsAnsweringIsRestarted(t *testing.T) {
	s := begin(t, "serve", func(o *Options) { o.Timing.ProbeTimeout = 300 * time.Millisecond })
	first := s.until(Running)
	post(t, "http://"+s.api+"/hang")
	waiting := s.next()
	assert.Equal(t, "it stopped answering", errorOf[*WentAwayError](t, waiting.Err).How)
	assert.True(t, dead(first.PID))
	assert.NotEqual(t, first.PID, s.until(Running).PID)
}

func TestNodeThatIgnoresSIGTERMIsKilled(t *testing.T) {
	s := begin(t, "deaf", func(o *Options) { o.Timing.Grace = 50 * time.Millisecond })
	pid := s.until(Running).PID
	rest := s.end()
	assert.Equal(t, Stopped, rest[len(rest)-1].Phase)
	assert.True(t, dead(pid))
}

// stuck is a writer that takes nothing before it is opened.
type stuck struct{ open chan struct{} }

func (s stuck) Write(b []byte) (int, error) {
	<-s.open
	return len(b), nil
}

func TestFloodNeitherBlocksTheNodeNorGrowsMemory(t *testing.T) {
	to := stuck{make(chan struct{})}
	s := begin(t, "flood", func(o *Options) { o.Stdout, o.Stderr = to, to })
	t.Cleanup(func() { close(to.open) }) // before begin's clean-up
	s.until(Running)                     // so it could write its 64 MiB
}

func TestChildIsGoneWhateverThePhaseAtTheEnd(t *testing.T) {
	hour := func(o *Options) { o.Timing.FirstPause, o.Timing.LastPause = time.Hour, time.Hour }
	for _, c := range []struct {
		part  string
		phase Phase
	}{{"mute", Starting}, {"hang", Starting}, {"crash", Waiting}} {
		s := begin(t, c.part, hour)
		st := s.until(c.phase)
		rest := s.end()
		assert.Equal(t, Stopped, rest[len(rest)-1].Phase)
		assert.True(t, st.PID == 0 || dead(st.PID))
	}
}

func TestRetryEndsAPause(t *testing.T) {
	s := begin(t, "crash", func(o *Options) { o.Timing.FirstPause, o.Timing.LastPause = time.Hour, time.Hour })
	for s.until(Waiting).Until.IsZero() {
		continue
	}
	s.Retry()
	assert.Equal(t, Starting, s.next().Phase)
}

func TestProgramThatCannotRunFailsAtOnce(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text")
	require.NoError(t, os.WriteFile(text, []byte("hello"), 0o600))
	noexec := filepath.Join(t.TempDir(), "noexec")
	require.NoError(t, os.WriteFile(noexec, []byte("hello"), 0o700)) //nolint:gosec // it must be executable
	for path, want := range map[string]error{
		filepath.Join(t.TempDir(), "nothing"):  fs.ErrNotExist,
		"mysterium-node-that-is-not-installed": exec.ErrNotFound,
		text:                                   fs.ErrPermission,
		noexec:                                 unix.ENOEXEC,
	} {
		s := begin(t, "", func(o *Options) { o.Spec.Path = path })
		failed := s.next()
		assert.Equal(t, Failed, failed.Phase)
		assert.Equal(t, path, errorOf[*NotFoundError](t, failed.Err).Path)
		require.ErrorIs(t, failed.Err, want)
		s.Retry()
		assert.Equal(t, Failed, s.next().Phase)
	}
}

func TestProgramInAWrapperIsOurs(t *testing.T) {
	s := begin(t, "serve", func(o *Options) {
		o.Spec.Path, o.Spec.Args = "/bin/sh", []string{"-c", `"$0"; exit $?`, os.Args[0]}
	})
	assert.False(t, s.until(Running).Adopted)
}

func TestWhatTheNodeHasStartedEndsWithIt(t *testing.T) {
	control := listen(t, "127.0.0.1:0")
	s := begin(t, "", func(o *Options) {
		o.Spec.Env = environment("parent", o.Spec.API, control.Addr().String())
		o.Timing.RunInterval = time.Hour // or else its silence would be noticed, too
	})
	other, err := control.Accept()
	require.NoError(t, err)
	defer func() { _ = other.Close() }()
	require.NoError(t, unix.Kill(s.until(Running).PID, unix.SIGKILL))
	_, err = io.Copy(io.Discard, other) // to the end, which comes when the other one is gone
	if err != nil {
		require.ErrorIs(t, err, unix.ECONNRESET)
	}
}

func listen(t *testing.T, addr string) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func TestPortTakenBySomethingElseIsSaidAndRetried(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(net.Conn)
		want   string
		limit  time.Duration
	}{
		{"garbage", func(c net.Conn) { _, _ = io.WriteString(c, "220 mail.example.org ESMTP\r\n") }, "it does not speak HTTP", 5 * time.Second},
		{"hangs up", func(net.Conn) {}, "it does not speak HTTP", 5 * time.Second},
		{"silent", func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }, "it accepts connections but does not answer", 50 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := listen(t, "127.0.0.1:0")
			done := make(chan struct{})
			go func() {
				defer close(done)
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					c.answer(conn)
					_ = conn.Close()
				}
			}()
			s := begin(t, "serve", func(o *Options) {
				o.Spec.API = l.Addr().String()
				o.Timing.ProbeTimeout = c.limit
			})
			for range 7 { // more often than a crash would be forgiven
				st := s.next()
				assert.Equal(t, Waiting, st.Phase)
				assert.False(t, st.Until.IsZero())
				e := errorOf[*PortTakenError](t, st.Err)
				assert.Equal(t, s.api, e.API)
				_, port, _ := net.SplitHostPort(s.api)
				assert.Equal(t, port, e.Port())
				require.EqualError(t, e.Err, c.want)
				if portOwner(s.api, 0).known { // Linux
					assert.Equal(t, os.Getpid(), e.PID)
					assert.Equal(t, filepath.Base(os.Args[0]), e.Program)
					assert.Contains(t, e.Error(), fmt.Sprintf("port %s is taken by %s, process %d: ", port, e.Program, e.PID))
				}
			}
			require.NoError(t, l.Close())
			<-done
			s.until(Running)
		})
	}
}

func TestWrongProgramOnThePortIsNamed(t *testing.T) {
	for want, answer := range map[string]http.HandlerFunc{
		"GET /healthcheck gave status 404":                           http.NotFound,
		"GET /healthcheck gave status 302":                           func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/x", http.StatusFound) },
		"its answer to GET /healthcheck has no process and version":  func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") },
		"its answer to GET /healthcheck has no process and version ": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1<<20)) },
	} {
		l := listen(t, "127.0.0.1:0")
		server := http.Server{Handler: answer}
		done := make(chan error, 1)
		go func() { done <- server.Serve(l) }()
		s := begin(t, "serve", func(o *Options) { o.Spec.API = l.Addr().String() })
		e := errorOf[*WrongProgramError](t, s.until(Waiting).Err)
		assert.Equal(t, strings.TrimSpace(want), e.Said)
		assert.Contains(t, e.Error(), "which is no node: ")
		s.end()
		require.NoError(t, server.Close())
		assert.ErrorIs(t, <-done, http.ErrServerClosed)
	}
}

func TestNodeThatLeavesAsItsPortIsTakenHasNotCrashed(t *testing.T) {
	control := listen(t, "127.0.0.1:0")
	s := begin(t, "", func(o *Options) { o.Spec.Env = environment("late", o.Spec.API, control.Addr().String()) })
	for range 7 {
		s.until(Starting)
		c, err := control.Accept()
		require.NoError(t, err)
		l := listen(t, s.api)
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				_ = conn.Close()
			}
		}()
		_, err = c.Write([]byte{'\n'}) // told to leave
		require.NoError(t, err)
		for {
			st := s.next()
			require.NotEqual(t, Failed, st.Phase)
			if st.Phase == Waiting && !st.Until.IsZero() {
				_ = errorOf[*PortTakenError](t, st.Err)
				break
			}
		}
		require.NoError(t, l.Close())
		<-closed
		require.NoError(t, c.Close())
	}
}

// someNode starts a node that is not Proc's. It is killed with the test, if it is still there.
func someNode(t *testing.T) (api string, pid int, ended <-chan struct{}) {
	t.Helper()
	api = freePort(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = environment("serve", api, "")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "serving\n", line)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-done
	})
	return api, cmd.Process.Pid, done
}

func TestNodeThatAlreadyAnswersIsAdoptedAndNotStopped(t *testing.T) {
	api, pid, _ := someNode(t)
	var asked Health
	s := begin(t, "serve", func(o *Options) {
		o.Spec.API = api
		o.Spec.Accept = func(h Health) error { asked = h; return nil }
	})
	assert.Equal(t, State{Phase: Running, PID: pid, Version: "1.2.3", API: api, Adopted: true}, s.next())
	assert.Equal(t, Health{PID: pid, Version: "1.2.3", Uptime: "168ms", Commit: "abc", Branch: "main", Build: "7"}, asked)
	assert.Equal(t, []State{{Phase: Stopped, PID: pid, Version: "1.2.3", API: api, Adopted: true}}, s.end())
	_, err := s.probe(t.Context())
	require.NoError(t, err, "it is still there")
}

func TestOurOwnIsStartedWhenTheAdoptedOneGoes(t *testing.T) {
	api, pid, ended := someNode(t)
	s := begin(t, "serve", func(o *Options) {
		o.Spec.API = api
		o.Timing.RunInterval = time.Hour // its end is seen without asking, where the system can tell
		if !portOwner(api, pid).known {
			t.Skip("nothing is adopted here")
		}
	})
	assert.True(t, s.until(Running).Adopted)
	require.NoError(t, unix.Kill(pid, unix.SIGKILL))
	<-ended
	assert.Equal(t, Waiting, s.next().Phase)
	own := s.until(Running)
	assert.False(t, own.Adopted)
	assert.NotEqual(t, pid, own.PID)
}

func TestAdoptedNodeIsStoppedIfToldSo(t *testing.T) {
	api, pid, ended := someNode(t)
	s := begin(t, "serve", func(o *Options) { o.Spec.API, o.StopAdopted = api, true })
	assert.True(t, s.until(Running).Adopted)
	assert.Equal(t, []State{
		{Phase: Stopping, PID: pid, Version: "1.2.3", API: api, Adopted: true}, {Phase: Stopped, API: api},
	}, s.end())
	<-ended
}

func TestAdoptedNodeThatHangsIsNotStopped(t *testing.T) {
	api, pid, _ := someNode(t)
	s := begin(t, "serve", func(o *Options) {
		o.Spec.API = api
		o.Timing.ProbeTimeout = 300 * time.Millisecond
	})
	assert.True(t, s.until(Running).Adopted)
	post(t, "http://"+api+"/hang")
	_ = errorOf[*PortTakenError](t, s.next().Err)
	_ = errorOf[*PortTakenError](t, s.next().Err)
	assert.False(t, dead(pid))
}

func TestNodeOfAnotherBuildIsNotAdopted(t *testing.T) {
	api, pid, _ := someNode(t)
	s := begin(t, "serve", func(o *Options) {
		o.Spec.API = api
		o.Spec.Accept = func(h Health) error { return fmt.Errorf("it is version %s", h.Version) }
	})
	e := errorOf[*PortTakenError](t, s.next().Err)
	assert.Equal(t, pid, e.PID)
	require.EqualError(t, e.Err, "it is version 1.2.3")
}

func TestNodeThatWasFasterOnThePortIsAdopted(t *testing.T) {
	s := begin(t, "mute", nil)
	child := s.until(Starting).PID
	l := listen(t, s.api)
	server := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, health(os.Getpid(), "9"))
	})}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	assert.Equal(t, State{Phase: Running, PID: os.Getpid(), Version: "9", API: s.api, Adopted: true}, s.next())
	assert.True(t, dead(child))
	s.end()
	require.NoError(t, server.Close())
	require.ErrorIs(t, <-done, http.ErrServerClosed)
}

func TestWrongAddressIsAnError(t *testing.T) {
	require.ErrorContains(t, New(Options{Spec: Spec{API: "4050"}}).Serve(context.Background()), "the node's API address")
}

func pidFrom(t *testing.T, in *bufio.Reader) int {
	t.Helper()
	line, err := in.ReadString('\n')
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	require.NoError(t, err)
	return pid
}
