package logs

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/mysteriumvpn/desktop/internal/redact"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// NewLogger makes the program's logger: its lines go into the ring as of source App, and to the cores given besides.
// Those get lines as they were said, secrets and all: they are for tests.
func NewLogger(r *Ring, more ...zapcore.Core) *zap.Logger {
	core := NewCore(r, App)
	if len(more) > 0 {
		core = zapcore.NewTee(append([]zapcore.Core{core}, more...)...)
	}
	return zap.New(core)
}

// NewCore makes a zap core that puts lines into the ring as of this source, from the ring's level on.
func NewCore(r *Ring, src Source) zapcore.Core { return &core{ring: r, src: src} }

type core struct {
	ring   *Ring
	src    Source
	prefix string // of field names: the namespaces opened, each with a dot
	with   []byte // fields of With, as text
	conn   string // likewise: the field "connection"
}

// connectionField is the field that names a line's connection, for all loggers.
const connectionField = "connection"

// Enabled asks the ring, so that the level may change while the program runs.
func (c *core) Enabled(l zapcore.Level) bool { return uint32(levelOf(l)) >= c.ring.level.Load() }

func levelOf(l zapcore.Level) Level {
	switch {
	case l >= zapcore.ErrorLevel:
		return Error
	case l == zapcore.WarnLevel:
		return Warn
	case l == zapcore.InfoLevel:
		return Info
	}
	return Debug
}

// Check adds the core to the entry when it is enabled.
func (c *core) Check(e zapcore.Entry, ce *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return ce.AddCore(e, c)
	}
	return ce
}

// With makes a core whose lines have these fields.
func (c *core) With(fields []zapcore.Field) zapcore.Core {
	t := text{b: slices.Clone(c.with), prefix: c.prefix}
	conn := c.conn
	for i := range fields {
		if id, ok := connectionOf(&fields[i]); ok {
			conn = id
			continue
		}
		t.add(&fields[i])
	}
	return &core{ring: c.ring, src: c.src, prefix: t.prefix, with: t.b, conn: conn}
}

func connectionOf(f *zapcore.Field) (id string, ok bool) {
	if f.Type != zapcore.StringType || f.Key != connectionField {
		return "", false
	}
	return cut(oneLine(f.String), maxConnection), true
}

// Sync does nothing: the ring is memory.
func (c *core) Sync() error { return nil }

// texts are the two buffers that a line needs: as it was said, and without its secrets.
type texts struct{ said, kept text }

var pool = sync.Pool{New: func() any { return new(texts) }}

// Write puts one line into the ring.
func (c *core) Write(e zapcore.Entry, fields []zapcore.Field) error {
	t := pool.Get().(*texts)
	said := &t.said
	said.b, said.prefix = append(said.b[:0], c.with...), c.prefix
	if e.LoggerName != "" {
		said.key("logger")
		said.value(e.LoggerName)
	}
	conn := c.conn
	for i := range fields {
		if id, ok := connectionOf(&fields[i]); ok {
			conn = id
			continue
		}
		said.add(&fields[i])
	}
	if e.Stack != "" {
		said.key("stack")
		said.value(e.Stack)
	}
	kept := said.b
	if b, found := redact.AppendSecrets(t.kept.b[:0], said.b); found {
		t.kept.b, kept = b, b
	}
	put(c.ring, c.src, entry{at: e.Time, level: levelOf(e.Level), conn: conn}, redact.Secrets(oneLine(e.Message)), kept)
	if cap(said.b) <= 4*maxLine {
		pool.Put(t)
	}
	return nil
}

// text writes fields as key=value, parted by spaces; a value with anything but plain characters is quoted.
type text struct {
	b      []byte
	prefix string
}

func (t *text) key(k string) {
	if len(t.b) > 0 {
		t.b = append(t.b, ' ')
	}
	t.b = append(t.b, t.prefix...)
	if plain(k) {
		t.b = append(t.b, k...)
	} else {
		t.b = strconv.AppendQuote(t.b, k)
	}
	t.b = append(t.b, '=')
}

func (t *text) value(v string) {
	v = cut(v, 2*maxLine) // more would be cut later, but the work would be done
	if plain(v) {
		t.b = append(t.b, v...)
		return
	}
	t.b = strconv.AppendQuote(t.b, v)
}

// plain reports whether a value reads without quotes.
func plain(v string) bool {
	for i := range len(v) {
		if c := v[i]; c <= ' ' || c == '"' || c == '=' || c == '\\' || c >= utf8.RuneSelf || c == 0x7f {
			return false
		}
	}
	return v != ""
}

func (t *text) add(f *zapcore.Field) {
	switch f.Type {
	case zapcore.SkipType:
	case zapcore.NamespaceType:
		t.prefix += f.Key + "."
	case zapcore.StringType:
		t.key(f.Key)
		t.value(f.String)
	case zapcore.Int64Type, zapcore.Int32Type, zapcore.Int16Type, zapcore.Int8Type:
		t.key(f.Key)
		t.b = strconv.AppendInt(t.b, f.Integer, 10)
	case zapcore.Uint64Type, zapcore.Uint32Type, zapcore.Uint16Type, zapcore.Uint8Type:
		t.key(f.Key)
		t.b = strconv.AppendUint(t.b, uint64(f.Integer), 10)
	case zapcore.BoolType:
		t.key(f.Key)
		t.b = strconv.AppendBool(t.b, f.Integer == 1)
	case zapcore.DurationType:
		t.key(f.Key)
		t.b = append(t.b, time.Duration(f.Integer).String()...)
	case zapcore.Float64Type:
		t.key(f.Key)
		t.b = strconv.AppendFloat(t.b, math.Float64frombits(uint64(f.Integer)), 'g', -1, 64)
	case zapcore.ErrorType, zapcore.StringerType:
		t.key(f.Key)
		t.value(said(f.Interface))
	default:
		t.other(f)
	}
}

// other leaves the rare kinds of fields to zap.
func (t *text) other(f *zapcore.Field) {
	m := zapcore.NewMapObjectEncoder()
	f.AddTo(m)
	for k, v := range m.Fields {
		t.key(k)
		switch v := v.(type) {
		case string:
			t.value(v)
		case time.Time:
			t.value(v.Format(stamp))
		case []byte:
			t.value(string(v))
		default:
			j, err := json.Marshal(v)
			if err != nil {
				j = fmt.Appendf(nil, "%v", v)
			}
			t.value(string(j))
		}
	}
}

// said asks a value for its text. A nil pointer in an interface panics on that; a log line must not.
func said(v any) (s string) {
	defer func() {
		if p := recover(); p != nil {
			s = fmt.Sprintf("<%T: %v>", v, p)
		}
	}()
	switch v := v.(type) {
	case error:
		return v.Error()
	case fmt.Stringer:
		return v.String()
	}
	return "<nil>"
}
