//go:build !windows

package store

import (
	"errors"
	"os"
	"syscall"
)

// syncFolder brings a folder's names to the disk.
func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil // Some network file systems do not offer it; they could do no better.
	}
	return errors.Join(err, d.Close())
}
