package unixsock

import (
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// address is what to bind or connect to for path. A path that is too long is reached through an open folder, which
// /proc gives a short name. Call done afterwards; the socket does not need it any more.
func address(path string) (addr string, done func(), err error) {
	if len(path) <= maxPath {
		return path, func() {}, nil
	}
	folder, name := filepath.Split(path)
	fd, err := unix.Open(folder, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", nil, fmt.Errorf("open %s: %w", folder, err)
	}
	addr = fmt.Sprintf("/proc/self/fd/%d/%s", fd, name)
	if len(addr) > maxPath {
		_ = unix.Close(fd)
		return "", nil, tooLong(name)
	}
	var here, there unix.Stat_t
	if unix.Fstat(fd, &here) != nil || unix.Stat(filepath.Dir(addr), &there) != nil || here.Ino != there.Ino || here.Dev != there.Dev {
		_ = unix.Close(fd)
		return "", nil, fmt.Errorf("%w; a longer one needs /proc to be mounted", tooLong(path))
	}
	return addr, func() { _ = unix.Close(fd) }, nil
}
