package nodeproc

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestChildDiesWithUs(t *testing.T) {
	control := listen(t, "127.0.0.1:0")
	middle := exec.Command(os.Args[0])
	middle.Env = environment("middle", freePort(t), control.Addr().String())
	require.NoError(t, middle.Start())
	child, err := control.Accept()
	require.NoError(t, err)
	defer func() { _ = child.Close() }()
	in := bufio.NewReader(child)
	pid := pidFrom(t, in)
	leader, err := unix.Getpgid(pid)
	require.NoError(t, err)
	assert.Equal(t, pid, leader, "no signal to our group could have reached it")

	for range 1000 { // while threads come and go in the middle, the child stays
		_, err = io.WriteString(child, "\n")
		require.NoError(t, err)
		_, err = in.ReadByte()
		require.NoError(t, err)
	}
	require.NoError(t, middle.Process.Kill())
	require.Error(t, middle.Wait())
	_, err = in.ReadByte() // the end of the connection is the end of the child
	require.ErrorIs(t, err, io.EOF)
}
