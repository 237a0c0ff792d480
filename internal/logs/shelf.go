package logs

import "time"

// shelf holds one source's lines: their bytes in a buffer that is written round and round, and an entry for each. Lines
// are copied in, so that logging makes no garbage and a bound in bytes is a bound in memory. The owner's lock guards it.
type shelf struct {
	maxLines, maxBytes int

	buf  []byte // grows to maxBytes
	head uint64 // bytes ever written; a byte's place is its number modulo len(buf)
	list []entry
	from int // place of the oldest entry in list, which grows to maxLines and is then used round and round
	n    int
	gone uint64 // entries that had to make room
}

type entry struct {
	seq    uint64
	at     time.Time
	said   int64  // by the source's own clock, in nanoseconds since 1970; 0 = not told
	conn   string // the connection
	begin  uint64 // number of the first byte
	text   uint32 // bytes of text
	fields uint32 // bytes of fields, behind the text
	level  Level
}

// at gives the i-th entry, 0 = the oldest.
func (s *shelf) at(i int) *entry {
	if i += s.from; i >= len(s.list) {
		i -= len(s.list)
	}
	return &s.list[i]
}

// after is the place of the first entry that follows line seq; s.n if there is none.
func (s *shelf) after(seq uint64) int {
	lo, hi := 0, s.n
	for lo < hi {
		if mid := (lo + hi) / 2; s.at(mid).seq > seq {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo
}

func (s *shelf) used() int {
	if s.n == 0 {
		return 0
	}
	return int(s.head - s.at(0).begin)
}

func (s *shelf) drop() {
	if s.from++; s.from == len(s.list) {
		s.from = 0
	}
	s.n--
	s.gone++
}

// store makes room for a line and copies it in. It fits: a line is at most maxLine long, maxBytes at least twice that.
func store[F bytestring](s *shelf, e entry, text string, fields F) {
	need := len(text) + len(fields)
	for s.used()+need > len(s.buf) {
		if len(s.buf) < s.maxBytes {
			s.grow(need)
			continue
		}
		s.drop()
	}
	if s.n == len(s.list) {
		if len(s.list) < s.maxLines {
			s.growList()
		} else {
			s.drop()
		}
	}
	e.begin, e.text, e.fields = s.head, uint32(len(text)), uint32(len(fields))
	if len(s.buf) > 0 {
		writeRound(s.buf, s.head, text)
		writeRound(s.buf, s.head+uint64(len(text)), fields)
	}
	s.head += uint64(need)
	s.n++
	*s.at(s.n - 1) = e
}

func writeRound[S bytestring](buf []byte, at uint64, b S) {
	i := int(at % uint64(len(buf)))
	n := copy(buf[i:], b)
	copy(buf, b[n:])
}

// grow doubles the buffer. What is in it moves to its new places.
func (s *shelf) grow(need int) {
	buf := make([]byte, min(max(2*len(s.buf), 4<<10, need), s.maxBytes))
	for i := range s.n {
		e := s.at(i)
		writeRound(buf, e.begin, s.bytes(e))
	}
	s.buf = buf
}

func (s *shelf) growList() {
	list := make([]entry, min(max(2*len(s.list), minLines), s.maxLines))
	for i := range s.n {
		list[i] = *s.at(i)
	}
	s.list, s.from = list, 0
}

// bytes copies an entry's text and fields out.
func (s *shelf) bytes(e *entry) string {
	n := int(e.text + e.fields)
	if n == 0 {
		return ""
	}
	i := int(e.begin % uint64(len(s.buf)))
	if i+n <= len(s.buf) {
		return string(s.buf[i : i+n])
	}
	b := make([]byte, n)
	copy(b[copy(b, s.buf[i:]):], s.buf)
	return string(b)
}

func (s *shelf) line(i int, src Source) Line {
	e := s.at(i)
	b := s.bytes(e)
	l := Line{
		Seq: e.seq, Nth: s.gone + uint64(i) + 1, At: e.at, Source: src, Level: e.level, Connection: e.conn,
		Text: b[:e.text], Fields: b[e.text:],
	}
	if e.said != 0 {
		l.Said = time.Unix(0, e.said)
	}
	return l
}
