//go:build unix

package localnode

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// lockHome takes the lock file. The system lets go of it when the process ends, however it ends.
func lockHome(path string) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	_ = f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, ErrHomeInUse
	}
	return nil, err
}
