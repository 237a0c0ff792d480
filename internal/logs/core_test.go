package logs

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

const (
	wgKey   = "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk="
	hexKey  = "c80f9ff48c5f957255b9d7b5e1b6e2df39530d7e1e8bd85b2e0e9b8f25e80441"
	jwtText = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJteXN0IiwiZXhwIjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
)

type nilStringer struct{ s string }

func (n *nilStringer) String() string { return n.s }

func TestZapFieldsBecomeText(t *testing.T) {
	r := NewRing(100)
	r.SetLevel(Debug)
	log := NewLogger(r).Named("core").With(zap.String("network", "sandbox"))
	var none *nilStringer
	log.Debug("a\nb\x1b[31mred\x1b[0m", zap.Int("n", -1), zap.Uint8("u", 7), zap.Bool("ok", true), zap.Duration("took", 1500*time.Millisecond),
		zap.Float64("q", 2.5), zap.Error(errors.New("no \"route\"")), zap.Stringer("nil", none), zap.String("empty", ""), zap.String("two", "a b"),
		zap.Strings("list", []string{"x", "y"}), zap.Time("at", time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)), zap.Any("m", map[string]int{"a": 1}),
		zap.Namespace("deep"), zap.Int("er", 1), zap.Error(nil), zap.Skip())
	lines, _, _ := r.Read(0, 10)
	require.Len(t, lines, 1)
	l := lines[0]
	assert.Equal(t, App, l.Source)
	assert.Equal(t, Debug, l.Level)
	assert.Equal(t, "a bred", l.Text)
	assert.Equal(t, `network=sandbox logger=core n=-1 u=7 ok=true took=1.5s q=2.5 error="no \"route\"" nil="<*logs.nilStringer: runtime error: invalid memory address or nil pointer dereference>"`+
		` empty="" two="a b" list="[\"x\",\"y\"]" at=2026-01-02T03:04:05.000Z m="{\"a\":1}" deep.er=1`, l.Fields)
}

func TestLevels(t *testing.T) {
	r := NewRing(100)
	log := NewLogger(r)
	log.Debug("kept out")
	log.Info("1")
	r.SetLevel(Warn)
	log.Info("kept out")
	log.Warn("2")
	log.Error("3")
	lines, _, _ := r.Read(0, 10)
	assert.Equal(t, []string{"1", "2", "3"}, said1(lines))
	assert.Equal(t, []Level{Info, Warn, Error}, []Level{lines[0].Level, lines[1].Level, lines[2].Level})
}

func TestOtherCoresHearToo(t *testing.T) {
	r := NewRing(100)
	var out strings.Builder
	log := NewLogger(r, zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(&out), zap.WarnLevel))
	log.Info("one")
	log.Warn("two")
	assert.Equal(t, uint64(2), r.Last())
	assert.NotContains(t, out.String(), "one")
	assert.Contains(t, out.String(), "two")
}

func TestSecretsNeverReachTheRing(t *testing.T) {
	r := NewRing(100)
	log := NewLogger(r).With(zap.String("private_key", wgKey))
	log.Info("unlock with passphrase=hunter2", zap.String("passphrase", "correct horse battery"), zap.Error(fmt.Errorf("PUT http://myst:mystberry@127.0.0.1: token %s", jwtText)))
	r.Append(Line{Source: Tunnel, Text: "private_key=" + hexKey, Fields: "preshared_key=" + wgKey})
	w := Writer(r, Node)
	_, _ = fmt.Fprintf(w, "%s\n", `{"level":"debug","private_key":"`+wgKey+`","nested":{"passphrase":"hunter2"},"message":"got \"private_key\":\"`+wgKey+`\""}`)
	_, _ = fmt.Fprintf(w, "2026-01-02T03:04:05 DBG x.go:1 > wg-up {\"private_key\":\"%s\"} passphrase=hunter2", wgKey)
	_ = w.Close()
	lines, _, _ := r.Read(0, 10)
	require.Len(t, lines, 4)
	for _, l := range lines {
		for _, secret := range []string{wgKey, hexKey, jwtText, "hunter2", "horse", "mystberry"} {
			assert.NotContains(t, l.String(), secret)
		}
		assert.Contains(t, l.String(), "[redacted]")
	}
	assert.NotContains(t, string(r.shelves[App].buf)+string(r.shelves[Node].buf)+string(r.shelves[Tunnel].buf), "hunter2", "not even in memory")
}

func TestLoggingMakesNoGarbage(t *testing.T) {
	r := NewRing(1000)
	c := NewCore(r, App)
	fields := []zapcore.Field{zap.String("a", "x"), zap.Int("b", 1), zap.Duration("c", time.Second)}
	e := zapcore.Entry{Level: zap.InfoLevel, Time: time.Now(), Message: "tunnel up"}
	for range 2000 {
		_ = c.Write(e, fields)
	}
	assert.LessOrEqual(t, testing.AllocsPerRun(1000, func() { _ = c.Write(e, fields) }), 1.0)
	log := zap.New(c)
	assert.Zero(t, testing.AllocsPerRun(1000, func() { log.Debug("off") }))
	assert.Zero(t, testing.AllocsPerRun(1000, func() { // zap's fields cost their slice, unless one asks first
		if ce := log.Check(zap.DebugLevel, "off"); ce != nil {
			ce.Write(zap.String("a", "x"), zap.Int("b", 1))
		}
	}))
}

func BenchmarkLogger(b *testing.B) {
	r := NewRing(10_000)
	log := NewLogger(r)
	b.Run("info, 3 fields", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			log.Info("connection state changed", zap.String("provider", "0x1111111111111111111111111111111111111111"), zap.Int("attempt", 3), zap.Duration("took", 1234*time.Millisecond))
		}
	})
	b.Run("info, 3 fields, parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				log.Info("connection state changed", zap.String("provider", "0x1111111111111111111111111111111111111111"), zap.Int("attempt", 3), zap.Duration("took", 1234*time.Millisecond))
			}
		})
	})
	b.Run("disabled", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			log.Debug("connection state changed")
		}
	})
	b.Run("disabled, 3 fields", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			log.Debug("connection state changed", zap.String("provider", "0x11"), zap.Int("attempt", 3), zap.Duration("took", time.Second))
		}
	})
}

// TestLinesKnowTheirConnection: the app's by their field, the node's and the tunnel's by what is wished for as they come.
func TestLinesKnowTheirConnection(t *testing.T) {
	r := NewRing(100)
	log := NewLogger(r)
	r.SetConnection("k7")
	log.With(zap.String("connection", "k6")).Info("an older one", zap.Int("n", 1))
	log.Info("settings saved")
	log.Info("dial", zap.String("connection", "k7"))
	r.Append(Line{Source: Tunnel, Text: "handshake"})
	r.Append(Line{Source: Node, Text: "of a program elsewhere", Connection: "k3"})
	r.Append(Line{Source: Node, Text: "said an hour ago", Said: time.Now().Add(-time.Hour)})
	r.Append(Line{Source: Node, Text: "said a moment ago", Said: time.Now().Add(-time.Second)})
	r.SetConnection("")
	r.Append(Line{Source: Node, Text: "idle"})
	lines, _, _ := r.Read(0, 10)
	var got []string
	for _, l := range lines {
		got = append(got, l.Connection)
	}
	assert.Equal(t, []string{"k6", "", "k7", "k7", "k3", "", "k7", ""}, got)
	assert.Equal(t, "n=1", lines[0].Fields, "it stands once")
	assert.Contains(t, lines[2].String(), "dial connection=k7")
}
