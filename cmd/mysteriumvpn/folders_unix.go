//go:build unix

package main

import (
	"os"
	"syscall"
)

// owned reports whether dir is a folder of ours that nobody else can write.
func owned(dir string) bool {
	i, err := os.Lstat(dir)
	if err != nil || !i.IsDir() || i.Mode().Perm()&0o022 != 0 {
		return false
	}
	s, ok := i.Sys().(*syscall.Stat_t)
	return ok && int(s.Uid) == os.Getuid()
}
