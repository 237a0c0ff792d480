package logs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"gopkg.in/natefinch/lumberjack.v2"
)

// FileOptions say how much is kept on disk. The zero FileOptions keeps three old files of 5 MB.
type FileOptions struct {
	MaxMB  int // of one file; 0 = 5
	MaxOld int // files besides the newest; 0 = 3
}

// File keeps a ring's lines on disk, in a folder and files that only this user can read, and starts a new file when one
// is full. It never fails: a full disk or a folder that cannot be written to is said once, in the ring, and tried again
// with every batch of lines. Once it works again, the ring and the file say how many lines are not in the file.
type File struct {
	lines *Follower
	out   *rotated
}

// OpenFile begins to write the ring's lines to path. Close it to write the last ones.
func OpenFile(r *Ring, path string, o FileOptions) *File {
	if o.MaxMB <= 0 {
		o.MaxMB = 5
	}
	if o.MaxOld <= 0 {
		o.MaxOld = 3
	}
	out := &rotated{path: path, log: lumberjack.Logger{Filename: path, MaxSize: o.MaxMB, MaxBackups: o.MaxOld}}
	say := func(err error, lost int) {
		l := Line{Source: App, Level: Info, Text: fmt.Sprintf("the log file is written again; lines that are not in it: %d", lost), Fields: fileField(path)}
		if err != nil {
			l.Level = Warn
			l.Text = fmt.Sprintf("the log file cannot be written: %v; make room or mend the folder, lines are only shown until then", err)
		}
		r.Append(l)
	}
	return &File{lines: Follow(r, 0, out, say), out: out}
}

func fileField(path string) string {
	var t text
	t.key("file")
	t.value(path)
	return string(t.b)
}

// Close writes what is left and closes the file. It may be called twice.
func (f *File) Close() error {
	_ = f.lines.Close()
	return f.out.Close()
}

// rotated is lumberjack behind a door: it would make folders that others can read, and it keeps a descriptor of a file
// that somebody has moved away.
type rotated struct {
	path string

	mu    sync.Mutex // guards what follows
	ready bool
	torn  bool // the last line is not whole
	log   lumberjack.Logger
}

func (o *rotated) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.ready {
		if err := o.prepare(); err != nil {
			return 0, err
		}
		o.ready = true
	}
	var n int
	var err error
	if o.torn {
		_, err = o.log.Write([]byte{'\n'})
	}
	if err == nil {
		o.torn = false
		n, err = o.log.Write(p)
	}
	if err != nil {
		_ = o.log.Close() // open it anew next time: the folder may be another one by then
		o.ready = false
		o.torn = o.torn || n > 0
		return n, plainError(err)
	}
	return n, nil
}

// prepare makes the folder and puts the modes right of what is there from before.
func (o *rotated) prepare() error {
	dir := filepath.Dir(o.path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return plainError(err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return plainError(err)
	}
	if err := os.Chmod(o.path, 0o600); err != nil && !errors.Is(err, os.ErrNotExist) {
		return plainError(err)
	}
	return nil
}

// plainError keeps an error's cause: the path stands beside it, and the call means nothing to the reader.
func plainError(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return fmt.Errorf("%s: %w", p.Path, p.Err)
	}
	return err
}

func (o *rotated) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.log.Close()
}
