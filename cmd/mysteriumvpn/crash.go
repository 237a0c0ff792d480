package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
)

// crashFile is where the Go runtime writes how this run ended, if it ends in the middle of something.
func (f folders) crashFile() string { return filepath.Join(f.state, "crash.txt") }

// lastCrash is how the last run that ended so did.
func (f folders) lastCrash() string { return filepath.Join(f.state, "crash-last.txt") }

// keepCrashes puts away what the last run left, and has the runtime write into a file of this one's, which only this
// user can read. crashed tells that there was something. Only one program may do it at a time.
func keepCrashes(f folders) (crashed bool, err error) {
	if err := os.MkdirAll(f.state, 0o700); err != nil {
		return false, fmt.Errorf("keep crashes: %w", err)
	}
	if fi, err := os.Stat(f.crashFile()); err == nil && fi.Size() > 0 {
		if err := os.Rename(f.crashFile(), f.lastCrash()); err != nil {
			return true, fmt.Errorf("keep the last crash: %w", err)
		}
		crashed = true
	}
	file, err := os.OpenFile(f.crashFile(), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return crashed, fmt.Errorf("keep crashes: %w", err)
	}
	defer func() { _ = file.Close() }() // the runtime has a descriptor of its own
	return crashed, debug.SetCrashOutput(file, debug.CrashOptions{})
}

// endCrashes tells the runtime that the run ended well, and takes the empty file away.
func endCrashes(f folders) {
	_ = debug.SetCrashOutput(nil, debug.CrashOptions{})
	if fi, err := os.Stat(f.crashFile()); err == nil && fi.Size() == 0 {
		_ = os.Remove(f.crashFile())
	}
}

// crashToRead is the newest crash: that of a run that nobody has followed yet, or the one put away.
func (f folders) crashToRead() string {
	if fi, err := os.Stat(f.crashFile()); err == nil && fi.Size() > 0 || errors.Is(err, fs.ErrPermission) {
		return f.crashFile()
	}
	return f.lastCrash()
}
