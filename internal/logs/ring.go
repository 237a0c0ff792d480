package logs

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/mysteriumvpn/desktop/internal/redact"
)

const (
	maxLine      = 8 << 10               // bytes of one line's text and fields
	bytesPerLine = 256                   // on average; with the number of lines it bounds a ring's memory
	minLines     = 64                    // of one source
	coalesce     = 50 * time.Millisecond // between two calls of one OnAppend function
)

// Ring keeps the newest lines. Each source has a third of the room for itself, so that a flood from one leaves the lines
// of the others where they are. The bus, which is silent unless somebody asks, has a third besides. Make one with NewRing.
type Ring struct {
	level      atomic.Uint32 // the lowest Level that the program's own loggers let through
	last       atomic.Uint64
	connection atomic.Pointer[string] // the one that is wished for; nil = none

	mu      sync.Mutex // guards what follows
	shelves [sources]shelf

	watchers watchers
}

// NewRing makes a ring for so many lines, of 256 bytes on average; long lines make it fewer.
func NewRing(lines int) *Ring {
	r := &Ring{}
	own := max(lines/3, minLines)
	for i := range r.shelves {
		r.shelves[i] = shelf{maxLines: own, maxBytes: max(own*bytesPerLine, 2*maxLine)}
	}
	r.SetLevel(Info)
	return r
}

// SetLevel sets the lowest level that loggers made by NewLogger keep; at first Info. Lines of child processes are kept
// whatever their level.
func (r *Ring) SetLevel(l Level) { r.level.Store(uint32(l)) }

// Append puts in a line: made one line of plain text, secrets replaced, what is too long cut, Seq given, At too if it is zero.
func (r *Ring) Append(l Line) {
	if l.At.IsZero() {
		l.At = time.Now()
	}
	e := entry{at: l.At, level: l.Level, conn: cut(oneLine(l.Connection), maxConnection)}
	if !l.Said.IsZero() {
		e.said = l.Said.UnixNano()
	}
	put(r, l.Source, e, redact.Secrets(oneLine(l.Text)), redact.Secrets(oneLine(l.Fields)))
}

// maxConnection is how long the id of a connection may be, in bytes.
const maxConnection = 32

// SetConnection tells which connection is wished for, "" = none: lines of the node and the tunnel that come from now on
// belong to it.
func (r *Ring) SetConnection(id string) {
	if id == "" {
		r.connection.Store(nil)
		return
	}
	id = cut(oneLine(id), maxConnection)
	r.connection.Store(&id)
}

// put keeps a line that is free of secrets already, in the place that e does not say yet. It copies text and fields.
func put[F bytestring](r *Ring, src Source, e entry, text string, fields F) {
	if src >= sources {
		src = SourceUnknown
	}
	if id := r.connection.Load(); id != nil && e.conn == "" && (src == Node || src == Tunnel) && !e.old() {
		e.conn = *id
	}
	text = cut(text, maxLine)
	fields = cut(fields, maxLine-len(text))
	r.mu.Lock()
	seq := r.last.Load() + 1
	e.seq = seq
	store(&r.shelves[src], e, text, fields)
	r.last.Store(seq)
	r.mu.Unlock()
	r.watchers.tell(r)
}

// bytestring is text in either form.
type bytestring interface{ ~string | ~[]byte }

// old reports that a line was said long before it arrived: it may be about another connection than the one of now.
func (e *entry) old() bool {
	const late = 10 * time.Second
	return e.said != 0 && e.at.UnixNano()-e.said > int64(late)
}

// cut shortens s to n bytes, at the edge of a rune.
func cut[S bytestring](s S, n int) S {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}

// Last is the number of the newest line, 0 before the first.
func (r *Ring) Last() uint64 { return r.last.Load() }

// Read gives up to most lines that follow the one numbered cursor, oldest first, the cursor for the next call, and how
// many lines between the two are not here any more. Begin with 0. A cursor from another ring's life, beyond the newest
// line, begins anew.
func (r *Ring) Read(cursor uint64, most int) (lines []Line, next, lost uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := r.last.Load()
	if cursor > last {
		cursor = 0
	}
	var from [sources]int
	found := 0
	for i := range r.shelves {
		from[i] = r.shelves[i].after(cursor)
		found += r.shelves[i].n - from[i]
	}
	if n := min(found, most); n > 0 {
		lines = make([]Line, 0, n)
	}
	for len(lines) < cap(lines) {
		first, seq := 0, ^uint64(0)
		for i := range r.shelves {
			if s := &r.shelves[i]; from[i] < s.n && s.at(from[i]).seq < seq {
				first, seq = i, s.at(from[i]).seq
			}
		}
		lines = append(lines, r.shelves[first].line(from[first], Source(first)))
		from[first]++
	}
	next = last
	if len(lines) < found {
		next = cursor
		if len(lines) > 0 {
			next = lines[len(lines)-1].Seq
		}
	}
	return lines, next, next - cursor - uint64(len(lines))
}

// Tail gives the cursor from which Read gives at most n lines that are there now, the newest.
func (r *Ring) Tail(n int) uint64 {
	if last := r.Last(); n >= 0 && uint64(n) < last {
		return last - uint64(n)
	}
	return 0
}

// TailOf gives the cursor from which Read gives, among others, at most n lines of one source that are there now, the
// newest.
func (r *Ring) TailOf(src Source, n int) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &r.shelves[min(src, sources-1)]
	switch {
	case n == 0:
		return r.last.Load()
	case n < 0 || n >= s.n:
		return 0
	}
	return s.at(s.n-n).seq - 1
}

// OnAppend calls fn with the number of the newest line soon after lines came in: many lines make one call, at most one
// in 50 ms. fn runs on a goroutine of its own, one call at a time. After cancel returns no new call begins.
func (r *Ring) OnAppend(fn func(last uint64)) (cancel func()) {
	return r.watchers.add(r, fn)
}
