package tequilapi

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
)

// frame is one event of a text/event-stream.
type frame struct {
	event string // "" = none named
	data  []byte // lines joined by line feeds
}

// frameReader cuts a text/event-stream into frames, as https://html.spec.whatwg.org/multipage/server-sent-events.html
// says, except that "id" and "retry" are not kept: the node sends neither. It works on bytes, so a character split
// between two reads is nothing special.
type frameReader struct {
	r       *bufio.Reader
	limit   int64 // bytes of data in one frame, and in one line
	started bool  // the byte order mark has been looked for
	afterCR bool  // the last line ended in CR: a LF that follows belongs to it
	line    []byte
}

func newFrameReader(r io.Reader, limit int64) *frameReader {
	return &frameReader{r: bufio.NewReader(r), limit: limit}
}

// next returns the next frame. A frame that the stream's end cut off is dropped, and the error is io.EOF.
func (f *frameReader) next() (frame, error) {
	var out frame
	seen := false // a data line came, even an empty one
	for {
		line, err := f.readLine()
		if err != nil {
			return frame{}, err
		}
		if len(line) == 0 {
			if !seen {
				out = frame{}
				continue
			}
			return out, nil
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(name) { // a comment has no name, and falls out like any other that is not known
		case "data":
			if seen {
				out.data = append(out.data, '\n')
			}
			seen = true
			out.data = append(out.data, value...)
			if int64(len(out.data)) > f.limit {
				return frame{}, fmt.Errorf("%w: an event of more than %d bytes", ErrTooLarge, f.limit)
			}
		case "event":
			out.event = string(value)
		}
	}
}

// readLine returns a line without its end: LF, CR LF, or CR alone. After a CR it does not wait to see whether a LF
// follows: that would hold a frame back until the next one. The line is good until the next call.
func (f *frameReader) readLine() ([]byte, error) {
	f.line = f.line[:0]
	for {
		b, err := f.r.ReadByte()
		if err != nil {
			return nil, err
		}
		skip := f.afterCR && b == '\n'
		f.afterCR = b == '\r'
		switch {
		case skip:
		case b == '\n' || b == '\r':
			if !f.started {
				f.started = true
				f.line = bytes.TrimPrefix(f.line, []byte("\xef\xbb\xbf"))
			}
			return f.line, nil
		default:
			if int64(len(f.line)) > f.limit+16 {
				return nil, fmt.Errorf("%w: a line of more than %d bytes", ErrTooLarge, f.limit)
			}
			f.line = append(f.line, b)
		}
	}
}
