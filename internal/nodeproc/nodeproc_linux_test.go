package nodeproc

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestChildDiesWithUs(t *testing.T) {
	control := listen(t, "127.0.0.1:0")
	middle := exec.Command(os.Args[0])
	middle.Env = environment("middle", freePort(t), control.Addr().String())
	stdin, err := middle.StdinPipe()
	require.NoError(t, err)
	stdout, err := middle.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, middle.Start())
	child, err := control.Accept()
	require.NoError(t, err)
	defer func() { _ = child.Close() }()
	in := bufio.NewReader(child)
	pid := pidFrom(t, in)
	leader, err := unix.Getpgid(pid)
	require.NoError(t, err)
	assert.Equal(t, pid, leader, "no signal to our group could have reached it")

	// While threads come and go in the middle, the child stays.
	_, err = io.WriteString(stdin, "\n")
	require.NoError(t, err)
	said, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "churned\n", said)
	_, err = io.WriteString(child, "\n")
	require.NoError(t, err)
	_, err = in.ReadByte()
	require.NoError(t, err)

	require.NoError(t, middle.Process.Kill())
	require.Error(t, middle.Wait())
	_, err = in.ReadByte() // the end of the connection is the end of the child
	require.ErrorIs(t, err, io.EOF)
}

func TestNodeOfAnotherUserIsNotAdopted(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can make another user's socket")
	}
	var l net.Listener
	made := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: this thread is another user's for the file system, and ends so
		if err := unix.Setfsuid(65534); err != nil {
			made <- err
			return
		}
		var err error
		l, err = net.Listen("tcp", "127.0.0.1:0")
		made <- err
	}()
	require.NoError(t, <-made)
	server := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, health(os.Getpid(), "9"))
	})}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	s := begin(t, "mute", func(o *Options) { o.Spec.API = l.Addr().String() })
	e := errorOf[*PortTakenError](t, s.next().Err)
	require.EqualError(t, e.Err, "it is a node of another user")
	s.end()
	s = begin(t, "mute", func(o *Options) { o.Spec.API, o.Spec.Owner = l.Addr().String(), 65533 })
	require.EqualError(t, errorOf[*PortTakenError](t, s.next().Err).Err, "it is a node of another user", "nor of another one that is named")
	s.end()
	s = begin(t, "mute", func(o *Options) { o.Spec.API, o.Spec.Owner = l.Addr().String(), 65534 })
	st := s.next()
	assert.Equal(t, Running, st.Phase, "%v: this one runs it for us", st.Err)
	assert.True(t, st.Adopted)
	s.end()

	// nor is it taken for our child, whatever process it says it is
	c := &child{pid: os.Getpid()}
	assert.False(t, s.ours(Health{PID: c.pid}, c))
	require.NoError(t, server.Close())
	require.ErrorIs(t, <-done, http.ErrServerClosed)
}
