package logs

import (
	"bytes"
	"fmt"
	"io"
	"sync"
)

const (
	batch = 512       // lines read at once
	piece = 128 << 10 // bytes from which on they are written
)

// Follower writes lines to w as they come, in its own goroutine, so that whoever logs never waits for a disk or a
// terminal. Make one with Follow.
type Follower struct {
	stop func()
	once sync.Once
}

// Follow begins with the line after cursor. fail is called with the first error of a row of failed writes, and with nil
// when one works again and how many lines could not be written meanwhile: they are lost to w, not to the ring. fail may
// be nil. Close the Follower to write what is left and end it; w is not closed.
func Follow(r *Ring, cursor uint64, w io.Writer, fail func(err error, lost int)) *Follower {
	wake := make(chan struct{}, 1)
	quit, done := make(chan struct{}), make(chan struct{})
	poke := func() {
		select {
		case wake <- struct{}{}:
		default: // it has been told already
		}
	}
	cancel := r.OnAppend(func(uint64) { poke() })
	poke() // for what is there already
	f := &follow{ring: r, cursor: cursor, w: w, fail: fail}
	f.gaps, _ = r.Gaps(cursor)
	go func() {
		defer close(done)
		for {
			select {
			case <-wake:
				f.drain()
			case <-quit:
				f.drain()
				return
			}
		}
	}()
	return &Follower{stop: func() {
		cancel()
		close(quit)
		<-done
	}}
}

// Close writes what is left and returns when that is done. It may be called twice.
func (f *Follower) Close() error {
	f.once.Do(f.stop)
	return nil
}

type follow struct {
	ring   *Ring
	cursor uint64
	gaps   Gaps
	w      io.Writer
	fail   func(err error, lost int)
	failed bool
	lost   int // lines, while failed
	buf    []byte
}

func (f *follow) drain() {
	until := f.ring.Last() // not for ever, when somebody floods
	for f.cursor < until {
		lines, next, _ := f.ring.Read(f.cursor, batch)
		f.cursor = next
		f.buf = f.buf[:0]
		for i := range lines {
			if lost := f.gaps.Before(lines[i]); lost > 0 {
				f.buf = Line{
					At: lines[i].At, Source: lines[i].Source, Level: Warn,
					Text: fmt.Sprintf("%d lines of %s came too fast to be written", lost, lines[i].Source),
				}.AppendTo(f.buf)
				f.buf = append(f.buf, '\n')
			}
			f.buf = lines[i].AppendTo(f.buf)
			f.buf = append(f.buf, '\n')
			if len(f.buf) > piece {
				f.write()
			}
		}
		f.write()
	}
}

func (f *follow) write() {
	if len(f.buf) == 0 {
		return
	}
	n, err := f.w.Write(f.buf)
	was := f.lost
	if err != nil {
		f.lost += bytes.Count(f.buf[min(max(n, 0), len(f.buf)):], []byte{'\n'})
	} else {
		f.lost = 0
	}
	f.buf = f.buf[:0]
	if failed := err != nil; failed != f.failed {
		f.failed = failed
		if f.fail != nil {
			f.fail(err, was)
		}
	}
}
