package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/control"
	"github.com/mysteriumvpn/desktop/internal/usage"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// shownUsage is what `usage show --json` prints.
func shownUsage(t *testing.T, home string) (doc control.UsageDoc) {
	t.Helper()
	out, code := call(t, "usage", "show", "--json", "--home", home)
	require.Zero(t, code, out)
	require.NoError(t, json.Unmarshal([]byte(out), &doc), out)
	return doc
}

// usageOnce is what it prints once something has come true: counts are written beside what a command answers.
func usageOnce(t *testing.T, home string, ok func(usage.Tallies) bool) usage.Counts {
	t.Helper()
	for late := time.Now().Add(20 * time.Second); ; {
		if doc := shownUsage(t, home); doc.Counts != nil && ok(doc.Counts.Sandbox) {
			return *doc.Counts
		}
		require.True(t, time.Now().Before(late), "the counts never came")
	}
}

func do(t *testing.T, home string, args ...string) string {
	t.Helper()
	out, code := call(t, append(args, "--home", home)...)
	require.Zero(t, code, "%v: %s", args, out)
	return out
}

// TestUsageIsOffUntilAskedFor: a run of the program that nobody asked to count leaves no counts and no file.
func TestUsageIsOffUntilAskedFor(t *testing.T) {
	home := t.TempDir()
	assert.Equal(t, "Counting is off.\nNothing has been counted.\n", do(t, home, "usage", "show"))
	stop := running(t, home)
	do(t, home, "connect", "germany")
	do(t, home, "disconnect")
	assert.Equal(t, control.UsageDoc{}, shownUsage(t, home))
	stop()
	assert.Equal(t, control.UsageDoc{}, shownUsage(t, home))
	assert.NoFileExists(t, filepath.Join(home, "usage.json"))
	out, code := call(t, "usage", "export", "--home", home)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, out, "nothing to export")
}

// TestUsageCommandsWhetherItRunsOrNot: what the commands print is what there is, live while the program runs.
func TestUsageCommandsWhetherItRunsOrNot(t *testing.T) {
	home := t.TempDir()
	file := filepath.Join(home, "usage.json")
	do(t, home, "usage", "on") // before the first start
	assert.True(t, shownUsage(t, home).Counting)

	stop := running(t, home)
	do(t, home, "connect", "germany")
	live := usageOnce(t, home, func(n usage.Tallies) bool { return n.Tries[usage.Connected] == 1 })
	assert.Zero(t, live.Sandbox.TimeConnected, "it is not over")
	assert.Contains(t, do(t, home, "usage", "show"), "1 × connected")
	do(t, home, "disconnect")
	live = usageOnce(t, home, func(n usage.Tallies) bool { return n.TimeConnected[0] == 1 })
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(b), do(t, home, "usage", "export"), "byte by byte")
	assert.Equal(t, string(usage.Encode(live)), string(b))

	do(t, home, "usage", "erase")
	assert.NoFileExists(t, file)
	assert.Equal(t, control.UsageDoc{Counting: true}, shownUsage(t, home))
	do(t, home, "connect", "NL")
	usageOnce(t, home, func(n usage.Tallies) bool { return n.Tries[usage.Connected] == 1 })
	assert.Contains(t, do(t, home, "usage", "off"), "usage erase")
	assert.False(t, shownUsage(t, home).Counting)
	stop()

	doc := shownUsage(t, home)
	assert.False(t, doc.Counting, "kept")
	require.NotNil(t, doc.Counts)
	assert.EqualValues(t, 1, doc.Counts.Sandbox.Tries[usage.Connected])
	out := filepath.Join(t.TempDir(), "mine.json")
	assert.Contains(t, do(t, home, "usage", "export", "--out", out), out)
	exported, err := os.ReadFile(out)
	require.NoError(t, err)
	assert.Equal(t, string(usage.Encode(*doc.Counts)), string(exported))
	do(t, home, "usage", "erase")
	assert.NoFileExists(t, file)
	assert.Equal(t, "Counting is off.\n", do(t, home, "usage", "off"))
}

func TestUsageSaysWhatIsWrong(t *testing.T) {
	home := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(home, "usage.json"), []byte(`{"who":"me"}`), 0o600))
	out, code := call(t, "usage", "show", "--home", home)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, out, "usage erase")
	do(t, home, "usage", "erase")
	do(t, home, "usage", "show")

	broken := filepath.Join(home, "settings.json")
	require.NoError(t, os.WriteFile(broken, []byte(`{"proxy": tru`), 0o600))
	out, code = call(t, "usage", "on", "--home", home)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, out, "Start the program once")
	b, err := os.ReadFile(broken)
	require.NoError(t, err)
	assert.Equal(t, `{"proxy": tru`, string(b), "left as it is")

	for _, args := range [][]string{{"usage", "shwo"}, {"usage", "show", "all"}, {"usage", "export", "--out", ""}} {
		out, code := call(t, append(args, "--home", home)...)
		assert.Equal(t, exitUsage, code, "%v: %s", args, out)
	}
}

// TestSwitchingUsageKeepsTheOtherSettings: the command changes one setting of a program that does not run.
func TestSwitchingUsageKeepsTheOtherSettings(t *testing.T) {
	home := t.TempDir()
	f := foldersAt(home)
	want := vpn.Settings{Network: vpn.Sandbox, Proxy: "127.0.0.1:9", Theme: "dark", LastCountry: "DE"}
	b, err := json.Marshal(want)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(f.settings(), b, 0o600))
	do(t, home, "usage", "on")
	want.CountUsage = true
	got, err := keptSettings(f)
	require.NoError(t, err)
	assert.Equal(t, want, got)
}
