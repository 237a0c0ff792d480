package history

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/tequilapi"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func line(n int, more string) string {
	return fmt.Sprintf(`{"start":%q,"end":%q,"provider":"0x%d"%s}`+"\n", noon.Add(time.Duration(n)*time.Minute).Format(time.RFC3339Nano), noon.Add(time.Hour).Format(time.RFC3339Nano), n, more)
}

func TestLinesThatCannotBeReadAreLeftOutAndCounted(t *testing.T) {
	for name, bad := range map[string]string{
		"no JSON": "hello\n", "a number": "17\n", "no start": `{"provider":"0xa"}` + "\n", "negative price": line(5, `,"per_gib":-1`),
		"escape": line(5, `,"city":"\u001b[31m"`), "turned round": line(5, `,"city":"\u202e"`), "too long": line(5, `,"city":"`+strings.Repeat("x", maxLine)+`"`),
		"too many bytes": line(5, `,"sent":18446744073709551615,"received":1`), "year": `{"start":"9999-01-01T00:00:00Z"}` + "\n",
	} {
		entries, skipped, _ := parse([]byte(line(1, "") + bad + "\n" + line(9, "")))
		assert.Len(t, entries, 2, name)
		assert.Equal(t, Skipped{Lines: 1}, skipped, name)
	}
}

func TestATornLastLineIsSkippedAndSaid(t *testing.T) {
	whole := line(1, "") + line(2, "")
	for cut := len(line(1, "")) + 1; cut < len(whole); cut++ {
		entries, skipped, _ := parse([]byte(whole[:cut]))
		require.Len(t, entries, 1)
		require.Equal(t, Skipped{Lines: 1, Torn: true}, skipped)
	}
}

func TestTheLastLineOfAConnectionCounts(t *testing.T) {
	entries, _, stale := parse([]byte(line(1, `,"open":true`) + line(1, `,"open":true,"sent":5`) + line(1, `,"sent":7`) + line(2, "")))
	assert.Equal(t, 2, stale)
	require.Len(t, entries, 2)
	assert.EqualValues(t, 7, entries[0].BytesSent)
	assert.False(t, entries[0].Open)
}

func TestAFileThatIsMuchTooLargeIsReadFromItsEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h")
	one := line(1, "")
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("x", 9<<20)+"\n"+strings.Repeat(one, 10)+line(2, "")), 0o600))
	entries, skipped, err := Read(path)
	require.NoError(t, err)
	assert.Zero(t, skipped)
	assert.Len(t, entries, 2)
	_, _, err = Read(t.TempDir())
	require.Error(t, err, "a folder")
	entries, _, err = Read(path + "none")
	require.NoError(t, err)
	assert.Empty(t, entries)
}

// FuzzParse: whatever is in the file, what is read of it can be written, read again, added up and shown.
func FuzzParse(f *testing.F) {
	f.Add([]byte(line(1, "")+line(2, `,"per_hour":5,"priced":true,"why":"failed","reason":"on_hold","reason_a":"x"`)), int64(3))
	f.Add([]byte(`{"start":"2026-03-01T12:00:00Z","end":"0001-01-01T00:00:00Z"}`+"\n{"), int64(0))
	f.Add([]byte("\x00\xff\n\n\n"), int64(-5))
	f.Fuzz(func(t *testing.T, data []byte, shift int64) {
		entries, skipped, stale := parse(data)
		require.LessOrEqual(t, len(entries)+skipped.Lines+stale, bytes.Count(data, []byte("\n"))+1)
		var b []byte
		for _, e := range entries {
			require.GreaterOrEqual(t, e.Length(), time.Duration(0))
			_, _ = e.Cost()
			l, err := encode(e)
			require.NoError(t, err)
			b = append(b, l...)
		}
		again, skipped, _ := parse(b)
		require.Zero(t, skipped)
		require.LessOrEqual(t, len(again), len(entries))
		Days(entries, noon.Add(time.Duration(shift)), 30)
		require.NoError(t, WriteCSV(&bytes.Buffer{}, entries))
	})
}

func BenchmarkRead5000(b *testing.B) {
	path := filepath.Join(b.TempDir(), "h")
	var lines []byte
	for i := range 5000 {
		lines = append(lines, line(i, `,"country":"CH","city":"Zürich","sent":123456,"received":7654321,"per_hour":60000000000000,"per_gib":100000000000000000,"why":"disconnected"`)...)
	}
	require.NoError(b, os.WriteFile(path, lines, 0o600))
	b.ReportAllocs()
	for b.Loop() {
		entries, _, err := Read(path)
		if err != nil || len(entries) != 5000 {
			b.Fatal(err, len(entries))
		}
	}
}

func BenchmarkDays5000(b *testing.B) {
	entries := make([]Entry, 5000)
	for i := range entries {
		at := noon.Add(-time.Duration(i) * 9 * time.Minute)
		entries[i] = Entry{Start: at, End: at.Add(8 * time.Minute), BytesSent: 5e9, BytesReceived: 1e9, Priced: true, PerHour: tequilapi.Wei(6e13), PerGiB: tequilapi.Wei(1e17)}
	}
	b.ReportAllocs()
	for b.Loop() {
		Days(entries, noon, 30)
	}
}
