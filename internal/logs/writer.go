package logs

import (
	"bytes"
	"io"
	"strconv"
	"time"

	"github.com/mysteriumvpn/desktop/internal/redact"
)

// Writer makes the end of a child's pipe: every line written to it goes into the ring as of this source. Lines of
// zerolog and zap, as JSON and as they print for humans, are taken apart into level, text and fields. A line over 8 KiB
// is cut and says so. Close keeps what stands there without a line end. Write never fails.
//
// A Writer belongs to one goroutine; give stdout and stderr one each.
func Writer(r *Ring, src Source) io.WriteCloser { return &writer{ring: r, src: src} }

type writer struct {
	ring *Ring
	src  Source
	part []byte // of a line whose end has not come
	over int    // bytes of it that were thrown away
	cr   bool   // the last byte was a carriage return: a line feed after it ends nothing
}

func (w *writer) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		if w.cr && p[0] == '\n' {
			p = p[1:]
		}
		w.cr = false
		i := bytes.IndexAny(p, "\r\n") // a lone CR is how progress is painted over itself
		if i < 0 {
			w.keep(p)
			break
		}
		w.keep(p[:i])
		w.end()
		w.cr = p[i] == '\r'
		p = p[i+1:]
	}
	return n, nil
}

func (w *writer) keep(p []byte) {
	room := maxLine - len(w.part)
	if len(p) > room {
		w.over += len(p) - room
		p = p[:room]
	}
	w.part = append(w.part, p...)
}

func (w *writer) end() {
	text := oneLine(string(w.part))
	over := w.over
	w.part, w.over = w.part[:0], 0
	if text == "" {
		return
	}
	l := parse(text)
	if over > 0 {
		if l.Fields != "" {
			l.Fields += " "
		}
		l.Text = cut(l.Text, maxLine-len(l.Fields)-40)
		l.Fields += "bytes_cut=" + strconv.Itoa(over)
	}
	w.ring.keep(w.src, time.Now(), l)
}

// keep puts in a line that a child said, as it was taken apart.
func (r *Ring) keep(src Source, at time.Time, p parsed) {
	e := entry{at: at, level: p.Level}
	if said := p.when.on(at); !said.IsZero() {
		e.said = said.UnixNano()
	}
	put(r, src, e, redact.Secrets(p.Text), redact.Secrets(p.Fields))
}

// Close puts in what stands there without a line end. It may be called twice.
func (w *writer) Close() error {
	w.end()
	return nil
}
