package logs

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// lumberjack starts one goroutine per file, to delete old files, and has no way to end it.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("gopkg.in/natefinch/lumberjack%2ev2.(*Logger).millRun"),
		goleak.IgnoreTopFunction("gopkg.in/natefinch/lumberjack.v2.(*Logger).millRun"))
}

func TestNamesAreReadBack(t *testing.T) {
	for s := range sources {
		var got Source
		require.NoError(t, got.UnmarshalText([]byte(s.String())))
		assert.Equal(t, s, got)
	}
	for l := range Error + 1 {
		var got Level
		require.NoError(t, got.UnmarshalText([]byte(l.String())))
		assert.Equal(t, l, got)
	}
	s, l := App, Info
	require.Error(t, s.UnmarshalText([]byte("router")))
	require.Error(t, l.UnmarshalText([]byte("loud")))
	assert.Zero(t, s)
	assert.Zero(t, l)
}

func TestALineAsFileAndJSONHaveIt(t *testing.T) {
	l := Line{Seq: 3, At: time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC), Source: Node, Level: Warn, Text: "no answer", Fields: "after=3s"}
	assert.Equal(t, "2026-01-02T03:04:05.006Z warn    node    no answer after=3s", l.String())
	j, err := json.Marshal(l)
	require.NoError(t, err)
	assert.JSONEq(t, `{"seq":3,"time":"2026-01-02T03:04:05.006Z","source":"node","level":"warn","text":"no answer","fields":"after=3s"}`, string(j))
}
