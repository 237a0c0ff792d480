package unixsock_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mysteriumvpn/desktop/internal/unixsock"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(roleKey); role != "" {
		os.Exit(play(role))
	}
	goleak.VerifyTestMain(m)
}

// shortDir is a folder whose path leaves room for a socket, and whose parents let other users in.
func shortDir(t *testing.T) string {
	dir, err := os.MkdirTemp("", "sock") //nolint:usetesting // that of t.TempDir is too long and too private
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	return dir
}

func listen(t *testing.T, path string) net.Listener {
	l, err := unixsock.Listen(path)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, l.Close()) })
	return l
}

// talk dials path and has l's next connection say hello.
func talk(t *testing.T, l net.Listener, path string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, err := unixsock.Dial(ctx, path)
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	s, err := l.Accept()
	require.NoError(t, err)
	_, err = io.WriteString(s, "hello")
	require.NoError(t, err)
	require.NoError(t, s.Close())
	got, err := io.ReadAll(c)
	require.NoError(t, err)
	assert.Equal(t, "hello", string(got))
}

// dead leaves a socket at path that nobody listens on, as a crash does.
func dead(t *testing.T, path string) {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	require.NoError(t, err)
	l.SetUnlinkOnClose(false)
	require.NoError(t, l.Close())
}

func TestListenAndDial(t *testing.T) {
	path := filepath.Join(shortDir(t), "a", "b", "s")
	l := listen(t, path)
	talk(t, l, path)
	talk(t, l, path)
	assert.Equal(t, path, l.Addr().String())
	require.NoError(t, l.Close())
	require.NoError(t, l.Close())
	_, err := l.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
	_, err = os.Lstat(path)
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestRelativePathSurvivesAChangeOfFolder(t *testing.T) {
	dir, other := shortDir(t), shortDir(t)
	t.Chdir(dir)
	l := listen(t, "s")
	talk(t, l, "s")
	t.Chdir(other)
	require.NoError(t, l.Close())
	_, err := os.Lstat(filepath.Join(dir, "s"))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestDialTellsThatNobodyIsThere(t *testing.T) {
	dir := shortDir(t)
	_, err := unixsock.Dial(t.Context(), filepath.Join(dir, "none", "s"))
	require.ErrorIs(t, err, unixsock.ErrNobody)
	require.ErrorIs(t, err, fs.ErrNotExist)
	path := filepath.Join(dir, "dead")
	dead(t, path)
	_, err = unixsock.Dial(t.Context(), path)
	require.ErrorIs(t, err, unixsock.ErrNobody)
}

func TestDialEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	path := filepath.Join(shortDir(t), "s")
	listen(t, path)
	_, err := unixsock.Dial(ctx, path)
	require.ErrorIs(t, err, context.Canceled)
}

func TestDeadSocketIsReplaced(t *testing.T) {
	path := filepath.Join(shortDir(t), "s")
	dead(t, path)
	talk(t, listen(t, path), path)
}

func TestSocketWhoseFileWasRemovedIsMadeAgain(t *testing.T) {
	path := filepath.Join(shortDir(t), "a", "s")
	l := listen(t, path)
	accepted := make(chan error, 1)
	go func() { // who waits in Accept meanwhile notices nothing
		c, err := l.Accept()
		if err == nil {
			err = c.Close()
		}
		accepted <- err
	}()
	require.NoError(t, os.RemoveAll(filepath.Dir(path)))
	unixsock.Mend(l)
	c, err := unixsock.Dial(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, <-accepted)
	require.NoError(t, c.Close())
	talk(t, l, path)
	unixsock.Mend(l)
	talk(t, l, path)
	require.NoError(t, l.Close())
	assert.NoFileExists(t, path)
	unixsock.Mend(l)
	assert.NoFileExists(t, path, "not after Close")
}

func TestMendLeavesTheSocketOfAnother(t *testing.T) {
	path := filepath.Join(shortDir(t), "s")
	l := listen(t, path)
	require.NoError(t, os.Remove(path))
	other := listen(t, path)
	unixsock.Mend(l)
	talk(t, other, path)
}

func TestListenRefusesWhereSomebodyListens(t *testing.T) {
	path := filepath.Join(shortDir(t), "s")
	l := listen(t, path)
	_, err := unixsock.Listen(path)
	require.ErrorIs(t, err, unixsock.ErrInUse)
	probe, err := l.Accept() // the question whether somebody is there
	require.NoError(t, err)
	require.NoError(t, probe.Close())
	talk(t, l, path)
}

func TestOfManyListenersOneWins(t *testing.T) {
	path := filepath.Join(shortDir(t), "s")
	dead(t, path)
	var (
		all  sync.WaitGroup
		mu   sync.Mutex
		won  []net.Listener
		lost []error
	)
	for range 16 {
		all.Go(func() {
			l, err := unixsock.Listen(path)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				lost = append(lost, err)
			} else {
				won = append(won, l)
			}
		})
	}
	all.Wait()
	require.Len(t, won, 1)
	assert.NoError(t, won[0].Close())
	for _, err := range lost {
		assert.ErrorIs(t, err, unixsock.ErrInUse)
	}
}

func TestFileThatIsNoSocketIsLeftAlone(t *testing.T) {
	path := filepath.Join(shortDir(t), "s")
	require.NoError(t, os.WriteFile(path, []byte("mine"), 0o600))
	_, err := unixsock.Listen(path)
	require.ErrorContains(t, err, "no socket")
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "mine", string(got))
}

func TestPeerIsThisProcess(t *testing.T) {
	path := filepath.Join(shortDir(t), "s")
	l := listen(t, path)
	c, err := unixsock.Dial(t.Context(), path)
	require.NoError(t, err)
	s, err := l.Accept()
	require.NoError(t, err)
	for _, end := range []net.Conn{c, s} {
		uid, err := unixsock.PeerUID(end)
		if errors.Is(err, errors.ErrUnsupported) {
			t.Skip("this system does not tell")
		}
		require.NoError(t, err)
		assert.Equal(t, os.Geteuid(), uid)
		pid, err := unixsock.PeerPID(end)
		require.NoError(t, err)
		assert.Equal(t, os.Getpid(), pid)
		require.NoError(t, end.Close())
		_, err = unixsock.PeerUID(end)
		require.Error(t, err, "closed")
	}
}

func TestPeerOfWhatIsNoUnixSocket(t *testing.T) {
	a, b := net.Pipe()
	defer func() { _, _ = a.Close(), b.Close() }()
	_, err := unixsock.PeerUID(a)
	require.Error(t, err)
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = tcp.Close() }()
	c, err := net.Dial("tcp", tcp.Addr().String())
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	_, err = unixsock.PeerPID(c)
	require.Error(t, err)
}

func TestNameTooLongSaysWhatToDo(t *testing.T) {
	path := filepath.Join(shortDir(t), strings.Repeat("n", 120))
	_, err := unixsock.Listen(path)
	require.ErrorIs(t, err, unixsock.ErrTooLong)
	require.ErrorContains(t, err, "choose")
	_, err = unixsock.Dial(t.Context(), path)
	require.ErrorIs(t, err, unixsock.ErrTooLong)
}
