package store

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// disk is what writeFile does to the file system, step by step, so that tests can cut the power between any two.
type disk interface {
	makeFolder(folder string) error
	sweep(folder, prefix string)
	create(folder, prefix string) (file, error) // a new file of mode 0600
	rename(from, to string) error
	remove(path string) error
	syncFolder(folder string) error
}

// file is a file being written.
type file interface {
	io.WriteCloser
	Name() string
	Sync() error
}

// writeFile writes beside the file and renames over it. Order matters: the content must be on the disk before the name
// points at it, and the name before the caller is told that all is well.
func writeFile(d disk, path string, data []byte) error {
	folder, name := filepath.Split(path)
	folder = filepath.Clean(folder)
	prefix := "." + name + ".new-"
	if err := d.makeFolder(folder); err != nil {
		return err
	}
	d.sweep(folder, prefix)
	f, err := d.create(folder, prefix)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = d.rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, d.remove(f.Name()))
	}
	return d.syncFolder(folder)
}

// realDisk is the disk of the computer.
type realDisk struct{}

func (realDisk) makeFolder(folder string) error { return os.MkdirAll(folder, 0o700) }

func (realDisk) create(folder, prefix string) (file, error) { return os.CreateTemp(folder, prefix+"*") }

func (realDisk) rename(from, to string) error { return os.Rename(from, to) }

func (realDisk) remove(path string) error { return os.Remove(path) }

func (realDisk) syncFolder(folder string) error { return syncFolder(folder) }

// leftover is how old a half-written file must be to have been left by a crash.
const leftover = time.Hour

// sweep removes what crashes have left in folder. What it cannot remove does no harm.
func (realDisk) sweep(folder, prefix string) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), prefix) {
			continue
		}
		if fi, err := e.Info(); err == nil && time.Since(fi.ModTime()) > leftover {
			_ = os.Remove(filepath.Join(folder, e.Name()))
		}
	}
}
