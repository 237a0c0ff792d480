//go:build !windows

package unixsock_test

import (
	"context"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/mysteriumvpn/desktop/internal/unixsock"
)

func TestSocketAndFolderArePrivateWhateverTheUmask(t *testing.T) {
	for _, mask := range []int{0, 0o077, 0o777 &^ 0o700} {
		old := syscall.Umask(mask)
		path := filepath.Join(shortDir(t), "made", "s")
		l, err := unixsock.Listen(path)
		syscall.Umask(old)
		require.NoError(t, err)
		fi, err := os.Lstat(path)
		require.NoError(t, err)
		assert.Equal(t, fs.FileMode(0o600), fi.Mode().Perm())
		fi, err = os.Stat(filepath.Dir(path))
		require.NoError(t, err)
		assert.Equal(t, fs.FileMode(0o700), fi.Mode().Perm())
		require.NoError(t, l.Close())
	}
}

func TestFolderThatOthersWriteToIsRefused(t *testing.T) {
	dir := shortDir(t)
	for _, mode := range []fs.FileMode{0o770, 0o707, 0o777, 0o777 | fs.ModeSticky} {
		require.NoError(t, os.Chmod(dir, mode))
		_, err := unixsock.Listen(filepath.Join(dir, "s"))
		require.ErrorIs(t, err, unixsock.ErrUnsafeFolder, mode)
		require.ErrorContains(t, err, "chmod go-w")
	}
	require.NoError(t, os.Chmod(dir, 0o755))
	listen(t, filepath.Join(dir, "s"))
}

func TestFolderOfAnotherUserIsRefused(t *testing.T) {
	dir := shortDir(t)
	if os.Getuid() == 0 {
		require.NoError(t, os.Chown(dir, 65534, -1))
	} else {
		dir = "/"
	}
	_, err := unixsock.Listen(filepath.Join(dir, "s"))
	require.ErrorIs(t, err, unixsock.ErrUnsafeFolder)
}

func TestFileInPlaceOfTheFolderIsAnError(t *testing.T) {
	dir := filepath.Join(shortDir(t), "file")
	require.NoError(t, os.WriteFile(dir, nil, 0o600))
	_, err := unixsock.Listen(filepath.Join(dir, "s"))
	require.ErrorIs(t, err, syscall.ENOTDIR)
}

func TestCloseLeavesTheSocketOfAnother(t *testing.T) {
	path := filepath.Join(shortDir(t), "s")
	first := listen(t, path)
	require.NoError(t, os.Remove(path)) // as a user does who wants to "repair" it
	second := listen(t, path)
	require.NoError(t, first.Close())
	talk(t, second, path)
}

func TestCloseWithoutItsFolderIsFine(t *testing.T) {
	dir := filepath.Join(shortDir(t), "gone")
	l := listen(t, filepath.Join(dir, "s"))
	require.NoError(t, os.RemoveAll(dir))
	require.NoError(t, l.Close())
}

// full makes a listener that accepts nothing and whose queue has no room left.
func full(t *testing.T, path string) (fd int) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = unix.Close(fd) })
	require.NoError(t, unix.Bind(fd, &unix.SockaddrUnix{Name: path}))
	require.NoError(t, unix.Listen(fd, 0))
	c, err := net.Dial("unix", path) // Linux queues one more than was asked for
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return fd
}

func TestListenerThatIsTooBusyToAnswerIsNotDead(t *testing.T) {
	path := filepath.Join(shortDir(t), "s")
	full(t, path)
	_, err := unixsock.Listen(path)
	require.ErrorIs(t, err, unixsock.ErrInUse)
	require.ErrorContains(t, err, "busy")
}

func TestDialWaitsForABusyListener(t *testing.T) {
	path := filepath.Join(shortDir(t), "s")
	fd := full(t, path)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := unixsock.Dial(ctx, path)
	require.ErrorIs(t, err, context.DeadlineExceeded)

	room := time.AfterFunc(20*time.Millisecond, func() {
		if nfd, _, err := unix.Accept(fd); assert.NoError(t, err) {
			_ = unix.Close(nfd)
		}
	})
	defer room.Stop()
	long, cancelLong := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancelLong()
	c, err := unixsock.Dial(long, path)
	require.NoError(t, err)
	require.NoError(t, c.Close())
}

func TestLockedFolderIsWaitedFor(t *testing.T) {
	dir := shortDir(t)
	d, err := os.Open(dir)
	require.NoError(t, err)
	require.NoError(t, unix.Flock(int(d.Fd()), unix.LOCK_EX))
	release := time.AfterFunc(20*time.Millisecond, func() { _ = d.Close() })
	defer release.Stop()
	listen(t, filepath.Join(dir, "s"))
}

func TestLongPath(t *testing.T) {
	path := filepath.Join(shortDir(t), strings.Repeat("long", 20), strings.Repeat("path", 20), "control.sock")
	l, err := unixsock.Listen(path)
	if !longPathsWork {
		require.ErrorIs(t, err, unixsock.ErrTooLong)
		return
	}
	require.NoError(t, err)
	defer func() { assert.NoError(t, l.Close()) }()
	talk(t, l, path)
	assert.Equal(t, path, l.Addr().String())
	_, err = unixsock.Listen(path)
	require.ErrorIs(t, err, unixsock.ErrInUse)
	fi, err := os.Lstat(path)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o600), fi.Mode().Perm())
	require.NoError(t, l.Close())
	_, err = os.Lstat(path)
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = unixsock.Dial(t.Context(), path)
	require.ErrorIs(t, err, unixsock.ErrNobody)
}

func TestLongestShortPath(t *testing.T) {
	dir := shortDir(t)
	for _, n := range []int{102, 103, 104, 105, 107, 108, 109} {
		path := dir + "/" + strings.Repeat("x", n-len(dir)-1-2) + "/s"
		require.Len(t, path, n)
		l, err := unixsock.Listen(path)
		if n > 103 && !longPathsWork {
			require.ErrorIs(t, err, unixsock.ErrTooLong)
			continue
		}
		require.NoError(t, err)
		talk(t, l, path)
		require.NoError(t, l.Close())
	}
}
