package unixsock_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/unixsock"
)

const (
	longPathsWork = true
	roleKey       = "UNIXSOCK_TEST_ROLE"
	pathKey       = "UNIXSOCK_TEST_PATH"
	nobody        = 65534
)

// play is what this test binary does when it is started as another user.
func play(role string) int {
	path := os.Getenv(pathKey)
	switch role {
	case "dial": // says what it was told
		c, err := unixsock.Dial(context.Background(), path)
		if err != nil {
			fmt.Println("error:", err)
			return 0
		}
		defer func() { _ = c.Close() }()
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		got, err := io.ReadAll(c)
		fmt.Printf("told %q %v\n", got, err)
	case "listen": // says when it is ready, then serves until its input ends
		l, err := unixsock.Listen(path)
		if err != nil {
			fmt.Println("error:", err)
			return 0
		}
		defer func() { _ = l.Close() }()
		if err := os.Chmod(path, 0o666); err != nil {
			fmt.Println("error:", err)
			return 0
		}
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = io.WriteString(c, "secret")
				_ = c.Close()
			}
		}()
		fmt.Println("ready")
		_, _ = io.Copy(io.Discard, os.Stdin)
	}
	return 0
}

// as starts this test binary again as user nobody. It is opened here and run through /proc, since the folder it is in
// lets no other user in.
func as(t *testing.T, role, path string) *exec.Cmd {
	if os.Getuid() != 0 {
		t.Skip("only root can become another user")
	}
	exe, err := os.Open("/proc/self/exe")
	require.NoError(t, err)
	t.Cleanup(func() { _ = exe.Close() })
	cmd := exec.CommandContext(t.Context(), "/proc/self/fd/3")
	cmd.ExtraFiles = []*os.File{exe}
	cmd.Dir = "/"
	cmd.Env = []string{roleKey + "=" + role, pathKey + "=" + path}
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Credential: &syscall.Credential{Uid: nobody, Gid: nobody},
		Pdeathsig:  syscall.SIGKILL,
	}
	return cmd
}

// The folder and the mode are opened up here, so that the check of the peer alone is what stops it.
func TestOtherUserIsNotAccepted(t *testing.T) {
	dir := shortDir(t)
	path := filepath.Join(dir, "s")
	l := listen(t, path)
	require.NoError(t, os.Chmod(dir, 0o755))
	require.NoError(t, os.Chmod(path, 0o666))
	other := as(t, "dial", path)
	served := make(chan struct{})
	go func() {
		defer close(served)
		c, err := l.Accept() // passes over the other user and takes ourselves
		if !assert.NoError(t, err) {
			return
		}
		uid, err := unixsock.PeerUID(c)
		assert.NoError(t, err)
		assert.Equal(t, os.Getuid(), uid)
		_ = c.Close()
	}()
	out, err := other.Output()
	require.NoError(t, err)
	assert.Contains(t, string(out), `told ""`)
	c, err := unixsock.Dial(t.Context(), path)
	require.NoError(t, err)
	<-served
	require.NoError(t, c.Close())
}

func TestSocketModeKeepsOtherUsersOut(t *testing.T) {
	dir := shortDir(t)
	path := filepath.Join(dir, "s")
	listen(t, path)
	require.NoError(t, os.Chmod(dir, 0o755))
	out, err := as(t, "dial", path).Output()
	require.NoError(t, err)
	assert.Contains(t, string(out), "permission denied")
}

func TestDialRefusesAListenerOfAnotherUser(t *testing.T) {
	dir := shortDir(t)
	path := filepath.Join(dir, "s")
	cmd := as(t, "listen", path)
	require.NoError(t, os.Chown(dir, nobody, nobody))
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	defer func() {
		_ = in.Close()
		assert.NoError(t, cmd.Wait())
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "ready\n", line)
	_, err = unixsock.Dial(t.Context(), path)
	require.ErrorIs(t, err, unixsock.ErrForeign)
	require.ErrorContains(t, err, "65534")
}

func TestOtherUserCannotListenInOurFolder(t *testing.T) {
	dir := shortDir(t)
	require.NoError(t, os.Chmod(dir, 0o755))
	out, err := as(t, "listen", filepath.Join(dir, "s")).Output()
	require.NoError(t, err)
	assert.Contains(t, string(out), "unsafe folder")
}

func TestPeerOfAPacketSocket(t *testing.T) {
	l, err := net.ListenUnix("unixpacket", &net.UnixAddr{Name: filepath.Join(shortDir(t), "s"), Net: "unixpacket"})
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	c, err := net.DialUnix("unixpacket", nil, l.Addr().(*net.UnixAddr))
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	uid, err := unixsock.PeerUID(c)
	require.NoError(t, err)
	assert.Equal(t, os.Geteuid(), uid)
}
