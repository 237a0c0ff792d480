package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// past is what `history --json` prints.
func past(t *testing.T, home string) (docs []connectionDoc) {
	t.Helper()
	out, code := call(t, "history", "--json", "--home", home)
	require.Zero(t, code, out)
	require.NoError(t, json.Unmarshal([]byte(out), &docs), out)
	return docs
}

// pastOnce is what `history --json` prints once the newest connection has ended, or not, as why says: the program writes
// it down beside what it answers.
func pastOnce(t *testing.T, home, why string) (docs []connectionDoc) {
	t.Helper()
	for {
		docs = past(t, home)
		if len(docs) > 0 && docs[0].Why == why {
			return docs
		}
		require.NoError(t, t.Context().Err())
	}
}

func TestHistoryOfARun(t *testing.T) {
	home := t.TempDir()
	assert.Empty(t, past(t, home), "none yet, and nothing runs")
	stop := running(t, home)
	for _, args := range [][]string{{"connect", "germany"}, {"connect", "NL"}} {
		out, code := call(t, append(args, "--home", home)...)
		require.Zero(t, code, out)
	}
	docs := pastOnce(t, home, "open")
	for docs[0].Country != "NL" {
		docs = pastOnce(t, home, "open")
	}
	require.Len(t, docs, 2)
	assert.Equal(t, []string{"NL", "open"}, []string{docs[0].Country, docs[0].Why})
	assert.Nil(t, docs[0].End)
	assert.Equal(t, []string{"DE", "switched"}, []string{docs[1].Country, docs[1].Why})
	require.NotNil(t, docs[1].Cost)
	assert.True(t, docs[1].Cost.PlayMoney)
	assert.NotZero(t, docs[1].BytesSent, "a handshake at least")

	out, code := call(t, "disconnect", "--home", home)
	require.Zero(t, code, out)
	pastOnce(t, home, "disconnected")
	out, code = call(t, "connect", "FR", "--home", home)
	require.Zero(t, code, out)
	stop()
	assert.Equal(t, "quit", past(t, home)[0].Why)

	out, code = call(t, "history", "--home", home)
	require.Zero(t, code, out)
	assert.Contains(t, out, "program ended")
	assert.Equal(t, 4, strings.Count(out, "\n"), out)
	out, code = call(t, "history", "--csv", "--home", home)
	require.Zero(t, code, out)
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	require.NoError(t, err)
	assert.Len(t, rows, 4)

	out, code = call(t, "history", "--clear", "--home", home)
	require.Zero(t, code, out)
	assert.Empty(t, past(t, home))
	out, code = call(t, "history", "--clear", "--csv", "--home", home)
	assert.Equal(t, exitUsage, code, out)
}

func TestWhatWasUpWhenTheProgramDiedWasCutOff(t *testing.T) {
	home := t.TempDir()
	line := `{"start":"2026-03-01T12:00:00Z","end":"2026-03-01T12:10:00Z","open":true,"provider":"0xa","country":"CH"}` + "\n"
	require.NoError(t, os.WriteFile(filepath.Join(home, "history.jsonl"), []byte(line+`{"sta`), 0o600))
	out, code := call(t, "history", "--home", home)
	require.Zero(t, code, out)
	assert.Contains(t, out, "cut off")
	assert.Contains(t, out, "left out: 1")
	running(t, home)()
	docs := past(t, home)
	require.Len(t, docs, 1)
	assert.Equal(t, "unknown", docs[0].Why)
	assert.EqualValues(t, 600, docs[0].Seconds)
}
