package nodeproc

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"time"
)

// output carries what the children print to Options' writers. A child never waits for them: the pipes are read as fast
// as the child writes, and what the writers are too slow for is dropped.
type output struct {
	out, err *spool
}

func newOutput(stdout, stderr io.Writer) *output {
	return &output{out: newSpool(stdout), err: newSpool(stderr)}
}

// close flushes. A writer that has not taken the rest within limit is left alone with it.
func (o *output) close(limit time.Duration) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for _, s := range []*spool{o.out, o.err} {
		if s == nil {
			continue
		}
		s.close()
		select {
		case <-s.done:
		case <-timer.C:
			return
		}
	}
}

// maxSpool bounds what waits for one writer; the same again may be on its way.
const maxSpool = 1 << 20

// spool is a bounded queue of bytes with a goroutine that empties it into a writer.
type spool struct {
	to   io.Writer
	wake chan struct{} // holds at most one
	done chan struct{} // closed when the goroutine has ended

	mu     sync.Mutex // guards the following
	queue  []byte
	lost   int // bytes dropped since the queue last had room
	closed bool
}

// newSpool gives nil for a nil writer.
func newSpool(to io.Writer) *spool {
	if to == nil {
		return nil
	}
	s := &spool{to: to, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go s.empty()
	return s
}

// Write takes b or drops it. It never waits and never fails.
func (s *spool) Write(b []byte) (int, error) {
	if s == nil {
		return len(b), nil
	}
	s.mu.Lock()
	if len(s.queue)+len(b) > maxSpool {
		s.lost += len(b)
	} else {
		if s.lost > 0 {
			s.queue = fmt.Appendf(s.queue, "\n(%d bytes dropped: the node prints faster than its log is written)\n", s.lost)
			s.lost = 0
		}
		s.queue = append(s.queue, b...)
	}
	s.mu.Unlock()
	s.nudge()
	return len(b), nil
}

func (s *spool) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *spool) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.nudge()
}

func (s *spool) empty() {
	defer close(s.done)
	var spare []byte
	for range s.wake {
		s.mu.Lock()
		batch, closed := s.queue, s.closed
		s.queue = spare[:0]
		if closed && s.lost > 0 {
			batch = fmt.Appendf(batch, "\n(%d bytes dropped: the node prints faster than its log is written)\n", s.lost)
			s.lost = 0
		}
		s.mu.Unlock()
		if len(batch) > 0 {
			_, _ = s.to.Write(batch) // a log that cannot be written is no reason to stop the node
		}
		spare = batch
		if closed {
			return
		}
	}
}

const (
	tailLines = 20
	tailWidth = 1024 // bytes kept of each line
)

// tail keeps the last lines of one child's two streams, by arrival.
type tail struct {
	mu    sync.Mutex // guards all, the streams' partial lines too
	lines [tailLines][]byte
	next  int // where the next line goes, counted without end
}

// stream is one of the two: it passes on what is written to it, and keeps the lines.
type stream struct {
	tail *tail
	to   *spool
	part []byte // a line that has not ended yet; guarded by tail.mu
	cut  bool   // that line is longer than what is kept; likewise
}

func (s *stream) Write(b []byte) (int, error) {
	_, _ = s.to.Write(b)
	s.tail.mu.Lock()
	defer s.tail.mu.Unlock()
	for rest := b; len(rest) > 0; {
		line, after, ended := bytes.Cut(rest, []byte{'\n'})
		rest = after
		room := tailWidth - len(s.part)
		s.cut = s.cut || len(line) > room
		s.part = append(s.part, line[:min(len(line), room)]...)
		if ended {
			s.endLocked()
		}
	}
	return len(b), nil
}

// end is for when the child is gone: what it printed last may lack its line feed.
func (s *stream) end() {
	s.tail.mu.Lock()
	defer s.tail.mu.Unlock()
	if len(s.part) > 0 {
		_, _ = s.to.Write([]byte{'\n'})
		s.endLocked()
	}
}

func (s *stream) endLocked() {
	slot := &s.tail.lines[s.tail.next%tailLines]
	*slot = append((*slot)[:0], s.part...)
	if s.cut {
		*slot = append(*slot, "…"...)
	}
	s.tail.next++
	s.part, s.cut = s.part[:0], false
}

// colours are what a node puts into its lines, terminal or not (ECMA-48's control sequences).
var colours = regexp.MustCompile(`\x1b\[[0-?]*[ -/]*[@-~]`)

// last gives the lines, the newest last, fit to be shown.
func (t *tail) last() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []string
	for i := max(0, t.next-tailLines); i < t.next; i++ {
		text := strings.ToValidUTF8(colours.ReplaceAllString(string(t.lines[i%tailLines]), ""), "\ufffd")
		text = strings.Map(func(r rune) rune {
			if r < ' ' && r != '\t' || r == 0x7f {
				return -1
			}
			return r
		}, text)
		if strings.TrimSpace(text) != "" {
			out = append(out, text)
		}
	}
	return out
}
