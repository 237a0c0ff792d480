package logs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

const (
	tailEvery = time.Second // how often the file is looked at: there is no way to be told on all systems
	tailBack  = 32 << 10    // bytes of what is there already that are read, so that the story has a beginning
	tailMost  = 4 << 20     // bytes read at one look; more of a flood is passed over, and that is said
)

// Tail reads lines that a program writes into a file of its own, as Writer reads a pipe, until ctx ends. It begins a
// little before the end of what is there, follows the name when the file is replaced by a new one, as rotation does, and
// begins anew when the file is cut. A file that is not there yet is waited for; one that may not be read is said once in
// the ring, as of the same source. Lines that stood there before arrive now, so their skew tells how old they are.
func Tail(ctx context.Context, r *Ring, src Source, path string) {
	t := &tail{path: path, ring: r, src: src, out: Writer(r, src)}
	defer t.shut()
	tick := time.NewTicker(tailEvery)
	defer tick.Stop()
	for first := true; ; first = false {
		t.look(first)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

type tail struct {
	path string
	ring *Ring
	src  Source
	out  io.WriteCloser
	file *os.File
	at   int64 // how far it was read
	said string
}

// look reads what is new.
func (t *tail) look(first bool) {
	now, err := os.Stat(t.path)
	if err == nil && t.file != nil {
		was, serr := t.file.Stat()
		if serr != nil || !os.SameFile(was, now) {
			_ = t.read() // what came before it was put away
			t.shut()
		}
	}
	if t.file == nil && err == nil {
		if now.Mode().IsRegular() || now.IsDir() { // opening a pipe would wait for whoever writes to it
			t.file, err = os.Open(t.path)
		} else {
			err = fmt.Errorf("%s is no file", t.path)
		}
		if err == nil {
			t.out, t.at = Writer(t.ring, t.src), 0
			if first {
				t.skipTo(now.Size() - tailBack)
			}
		}
	}
	if failed := t.read(); err == nil {
		err = failed
	}
	t.tell(err)
}

// skipTo passes over what stands before a place, and over the rest of the line there.
func (t *tail) skipTo(at int64) {
	if at <= 0 {
		return
	}
	var b [4 << 10]byte
	n, _ := t.file.ReadAt(b[:], at)
	for i, c := range b[:n] {
		if c == '\n' {
			t.at = at + int64(i) + 1
			return
		}
	}
	t.at = at
}

func (t *tail) read() error {
	if t.file == nil {
		return nil
	}
	fi, err := t.file.Stat()
	if err != nil {
		return err
	}
	if fi.Size() < t.at { // cut, to be written anew
		_ = t.out.Close() // the part of a line that was there has no end any more
		t.at = 0
	}
	if over := fi.Size() - t.at - tailMost; over > 0 {
		t.ring.Append(Line{Source: t.src, Level: Warn, Text: "its own log file grows too fast: some of it is passed over"})
		_ = t.out.Close()
		t.skipTo(t.at + over)
	}
	n, err := io.Copy(t.out, io.NewSectionReader(t.file, t.at, fi.Size()-t.at))
	t.at += n
	return err
}

// tell says what keeps the file from being read, once.
func (t *tail) tell(err error) {
	text := ""
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		text = "its own log file cannot be read: " + plainError(err).Error()
	}
	if text != t.said && text != "" {
		t.ring.Append(Line{Source: t.src, Level: Warn, Text: text})
	}
	t.said = text
}

func (t *tail) shut() {
	if t.file != nil {
		_ = t.out.Close()
		_ = t.file.Close()
		t.file = nil
	}
}
