package mystnode

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// isolated starts the test binary as nodeproc starts a node: by way of Enter, in a namespace.
func isolated(socket string, program ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], append([]string{socket}, program...)...)
	cmd.Env = append(os.Environ(), partVar+"=enter")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	Isolate(cmd.SysProcAttr)
	cmd.Stderr = os.Stderr
	return cmd
}

// nodePart is a command line that makes the test binary the node.
func nodePart() []string { return []string{"/usr/bin/env", partVar + "=node", os.Args[0]} }

func TestTheNodeFindsOurSocketWhereItLooks(t *testing.T) {
	runtime.LockOSThread() // the child ends with the thread that started it
	defer runtime.UnlockOSThread()
	socket := socketThatAnswers(t)
	isolatedHere(t, socket)
	_, before := os.Lstat(SocketPath)
	cmd := isolated(socket, nodePart()...)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	pipe, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	out := bufio.NewReader(pipe)
	var lines []string
	for {
		line, err := out.ReadString('\n')
		require.NoError(t, err, lines)
		if line == "that is all\n" {
			break
		}
		lines = append(lines, strings.TrimSpace(line))
	}

	assert.Equal(t, "pong", lines[0])
	assert.Equal(t, fmt.Sprintf("uid %d gid %d", os.Getuid(), os.Getgid()), lines[1], "it is this very user")
	status := strings.Join(lines, "\n")
	for _, set := range []string{"CapInh", "CapPrm", "CapEff", "CapAmb"} {
		assert.Contains(t, status, set+":\t0000000000000000", "it has no privileges, not even in its namespace")
	}
	_, after := os.Lstat(SocketPath)
	assert.Equal(t, before, after, "nobody else sees the link")

	// All that was in /run is there as well.
	was, err := os.ReadDir("/run")
	require.NoError(t, err)
	now, err := os.ReadDir(fmt.Sprintf("/proc/%d/root/run", cmd.Process.Pid))
	require.NoError(t, err)
	names := map[string]os.FileMode{}
	for _, e := range now {
		names[e.Name()] = e.Type()
	}
	for _, e := range was {
		kind, there := names[e.Name()]
		if _, err := os.Lstat(filepath.Join("/run", e.Name())); err == nil && e.Name() != "myst.sock" { // not gone meanwhile
			assert.True(t, there, e.Name())
			assert.Equal(t, e.Type(), kind, e.Name())
		}
	}
	require.NoError(t, in.Close())
	require.NoError(t, cmd.Wait())
}

// TestTheLinkOutlivesTheSocketsFile: a socket whose file was made anew is found by a node that runs already.
func TestTheLinkOutlivesTheSocketsFile(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	dir := t.TempDir()
	socket := filepath.Join(dir, "s.sock")
	first, err := net.Listen("unix", socket)
	require.NoError(t, err)
	isolatedHere(t, socket)
	cmd := isolated(socket, "/bin/sh", "-c", "echo ready; read x; exec "+strings.Join(nodePart(), " "))
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	pipe, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	out := bufio.NewReader(pipe)
	line, err := out.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "ready\n", line)
	require.NoError(t, first.Close())
	second, err := net.Listen("unix", socket)
	require.NoError(t, err)
	defer func() { _ = second.Close() }()
	_, err = io.WriteString(in, "\n")
	require.NoError(t, err)
	c, err := second.Accept()
	require.NoError(t, err)
	_, err = bufio.NewReader(c).ReadString('\n')
	require.NoError(t, err)
	_, err = io.WriteString(c, "pong\n")
	require.NoError(t, err)
	line, err = out.ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "pong\n", line)
	require.NoError(t, c.Close())
	require.NoError(t, in.Close())
	_, _ = io.Copy(io.Discard, out)
	require.NoError(t, cmd.Wait())
}

// TestTheNodeEndsWithUs: though it was started by way of two execs that change its privileges.
func TestTheNodeEndsWithUs(t *testing.T) {
	socket := socketThatAnswers(t)
	isolatedHere(t, socket)
	middle := exec.Command(os.Args[0], socket)
	middle.Env = append(os.Environ(), partVar+"=middle")
	pipe, err := middle.StdoutPipe()
	require.NoError(t, err)
	in, err := middle.StdinPipe()
	require.NoError(t, err)
	defer func() { _ = in.Close() }()
	require.NoError(t, middle.Start())
	out := bufio.NewReader(pipe)
	for line := ""; line != "that is all\n"; {
		line, err = out.ReadString('\n')
		require.NoError(t, err)
	}
	require.NoError(t, middle.Process.Kill())
	_, err = out.ReadString('\n') // the pipe is the node's as well: it ends when both have
	require.ErrorIs(t, err, io.EOF)
	require.Error(t, middle.Wait())
}

// playMiddle is a program that has started a node.
func playMiddle(args []string) int {
	runtime.LockOSThread()
	cmd := isolated(args[0], nodePart()...)
	cmd.Stdout = os.Stdout
	r, w, err := os.Pipe() // held open: only its parent's end ends it
	if err != nil {
		return 1
	}
	cmd.Stdin = r
	if err := cmd.Start(); err != nil {
		return 1
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	runtime.KeepAlive(w)
	select {}
}

func TestASocketThatNobodyListensAtIsNoWay(t *testing.T) {
	isolatedHere(t, socketThatAnswers(t))
	err := TryIsolated(t.Context(), []string{os.Args[0], filepath.Join(t.TempDir(), "none")})
	require.ErrorContains(t, err, "reach our socket in a namespace")
}
