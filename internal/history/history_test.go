package history_test

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/history"
	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const gib = 1 << 30

// world is a program as the recorder sees it, in a bubble where time is not real.
type world struct {
	t    *testing.T
	path string
	bus  *bus.Bus
	lane *bus.Lane
	*vpn.Topics
	*history.Recorder
	said []string
}

func newWorld(t *testing.T, path string) *world {
	b := bus.New(bus.Options{})
	w := &world{t: t, path: path, bus: b, Topics: vpn.NewTopics(b, vpn.Settings{})}
	lane := b.Go("history")
	w.lane = lane
	w.Recorder = history.New(history.Options{
		Path: path, Lane: lane, Moves: w.Topics.Moves.Via(lane), Traffic: w.Topics.Traffic.Via(lane), Commands: w.Topics.Commands.Via(lane),
		Changed: bus.NewState(b, "history", uint64(0)),
		Price: func(id string) (perHour, perGiB tequilapi.Money, ok bool) {
			return tequilapi.Wei(3600), tequilapi.Wei(100), id != "0xnew"
		},
		Say: func(s string) { w.said = append(w.said, s) },
	})
	t.Cleanup(func() { lane.Post(func() {}); b.Close() })
	synctest.Wait()
	return w
}

func (w *world) phase(p vpn.Phase, provider string, why ...vpn.Code) {
	s := vpn.Status{Phase: p, Since: time.Now(), Network: vpn.Sandbox}
	if provider != "" {
		s.Exit = vpn.Exit{ProviderID: provider, Country: "CH", City: "Zürich"}
	}
	if len(why) > 0 {
		s.Reason = vpn.Reason{Code: why[0], A: "a", B: "b"}
	}
	w.Topics.Moves.Send(s)
	synctest.Wait()
}

func (w *world) flow(sent, received uint64) {
	w.Topics.Traffic.Send(vpn.Traffic{BytesSent: sent, BytesReceived: received, At: time.Now()})
	synctest.Wait()
}

func (w *world) file() []history.Entry {
	entries, skipped, err := history.Read(w.path)
	require.NoError(w.t, err)
	require.Zero(w.t, skipped)
	return entries
}

// story tells one in a bubble.
func story(t *testing.T, tell func(t *testing.T, w *world)) {
	path := filepath.Join(t.TempDir(), "state", "history.jsonl")
	synctest.Test(t, func(t *testing.T) { tell(t, newWorld(t, path)) })
}

func TestAConnectionIsOneEntry(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		start := time.Now().Add(3 * time.Second)
		w.phase(vpn.Finding, "")
		w.phase(vpn.Dialing, "0xa")
		time.Sleep(3 * time.Second)
		w.flow(10, 20)
		w.phase(vpn.Up, "0xa")
		time.Sleep(time.Hour)
		w.flow(gib, 2*gib)
		w.phase(vpn.Closing, "0xa")
		time.Sleep(5 * time.Second)
		w.flow(gib+1, 2*gib)
		w.phase(vpn.Down, "")
		got := w.file()
		require.Len(t, got, 1)
		e := got[0]
		assert.True(t, start.Equal(e.Start), "when traffic first passed")
		assert.Equal(t, time.Hour, e.Length(), "closing does not count")
		assert.Equal(t, history.Disconnected, e.Why)
		assert.False(t, e.Open)
		assert.Equal(t, []any{"CH", "Zürich", "0xa", vpn.Sandbox}, []any{e.Country, e.City, e.ProviderID, e.Network})
		assert.EqualValues(t, gib+1, e.BytesSent)
		assert.EqualValues(t, 2*gib, e.BytesReceived)
		cost, ok := e.Cost()
		assert.True(t, ok)
		assert.Equal(t, tequilapi.Wei(3600+300), cost)
		assert.True(t, e.PlayMoney())
		assert.Equal(t, got, w.Newest())
		info, err := os.Stat(w.path)
		require.NoError(t, err)
		if os.PathSeparator == '/' {
			assert.EqualValues(t, 0o600, info.Mode().Perm())
		}
	})
}

func TestAnAttemptThatNeverCameUpIsNoConnection(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.phase(vpn.Dialing, "0xa")
		w.phase(vpn.Failed, "", vpn.ProviderFailed)
		assert.Empty(t, w.file())
	})
}

func TestReconnectsAreCountedAndTheirBytesAdded(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.phase(vpn.Up, "0xa")
		w.flow(100, 1000)
		w.phase(vpn.Reconnecting, "0xa", vpn.TunnelStalled)
		w.Topics.Traffic.Send(vpn.Traffic{})
		time.Sleep(time.Second)
		w.flow(5, 50) // a new tunnel counts from nothing
		w.phase(vpn.Up, "0xa")
		time.Sleep(time.Second)
		w.flow(6, 60)
		time.Sleep(time.Second)
		w.phase(vpn.Up, "0xa") // the reconnecting in between was merged away
		w.phase(vpn.Blocked, "0xa", vpn.OnHold)
		time.Sleep(time.Second)
		w.phase(vpn.Up, "0xa")
		w.phase(vpn.Down, "")
		got := w.file()
		require.Len(t, got, 1)
		assert.Equal(t, 2, got[0].Reconnects, "being held is none")
		assert.EqualValues(t, 106, got[0].BytesSent)
		assert.EqualValues(t, 1060, got[0].BytesReceived)
	})
}

func TestWhyAConnectionEnded(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(w *world)
		want history.Why
		code vpn.Code
	}{
		"switched":            {func(w *world) { w.phase(vpn.Finding, "") }, history.Switched, ""},
		"switched, merged":    {func(w *world) { w.phase(vpn.Up, "0xnew"); w.phase(vpn.Down, "") }, history.Switched, ""},
		"cancelled":           {func(w *world) { w.phase(vpn.Reconnecting, "0xa"); w.phase(vpn.Down, "") }, history.Disconnected, ""},
		"disconnected, again": {func(w *world) { w.phase(vpn.Closing, "0xa"); w.phase(vpn.Finding, "") }, history.Disconnected, ""},
		"again, merged":       {func(w *world) { w.phase(vpn.Closing, "0xa"); w.phase(vpn.Up, "0xa"); w.phase(vpn.Down, "") }, history.Disconnected, ""},
		"exit lost": {func(w *world) {
			w.phase(vpn.Closing, "0xa", vpn.ProviderFailed)
			w.phase(vpn.Failed, "0xa", vpn.ProviderFailed)
		}, history.Failed, vpn.ProviderFailed},
		"another exit took over": {func(w *world) {
			w.phase(vpn.Reconnecting, "0xa", vpn.TunnelStalled)
			broke := time.Now()
			time.Sleep(time.Minute)
			w.Topics.Moves.Send(vpn.Status{
				Phase: vpn.Reconnecting, Since: broke, Exit: vpn.Exit{ProviderID: "0xb"}, Reason: vpn.Reason{Code: vpn.TryingNext},
			})
			synctest.Wait()
			w.phase(vpn.Up, "0xb")
			w.phase(vpn.Down, "")
		}, history.Failed, vpn.TunnelStalled},
		"node lost": {func(w *world) { w.phase(vpn.Failed, "0xa", vpn.NodeGaveUp) }, history.NodeDied, vpn.NodeGaveUp},
		"quit": {func(w *world) {
			w.Topics.Commands.Send(vpn.Command{Verb: vpn.Quit})
			w.phase(vpn.Closing, "0xa")
			w.phase(vpn.Down, "")
		}, history.Quit, ""},
		"interrupted": {func(w *world) { w.phase(vpn.Closing, "0xa"); w.Ending(); w.phase(vpn.Down, "") }, history.Quit, ""},
		"closed":      {func(w *world) { w.Close(); w.Close() }, history.Quit, ""},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(t *testing.T, w *world) {
				w.phase(vpn.Up, "0xa")
				time.Sleep(time.Minute)
				c.end(w)
				got := w.file()
				require.NotEmpty(t, got)
				assert.Equal(t, c.want, got[0].Why)
				assert.Equal(t, c.code, got[0].Code)
				assert.Equal(t, time.Minute, got[0].Length())
			})
		})
	}
}

func TestACrashLosesHalfAMinuteAtMost(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.jsonl")
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, path)
		w.phase(vpn.Up, "0xa")
		for i := range 100 {
			time.Sleep(time.Second)
			w.flow(uint64(i+1), 0)
		}
		w.bus.Close() // nobody says good-bye
	})
	entries, _, err := history.Read(path)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	assert.True(t, entries[0].Open)
	assert.GreaterOrEqual(t, entries[0].Length(), 70*time.Second)
	assert.GreaterOrEqual(t, entries[0].BytesSent, uint64(70))
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.LessOrEqual(t, bytes.Count(b, []byte("\n")), 5, "and the disk is left alone between")
	require.NoError(t, os.WriteFile(path, append(b, `{"start":"2026-0`...), 0o600)) // died in the middle of a line

	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, path)
		require.Len(t, w.said, 1)
		got := w.file()
		require.Len(t, got, 1)
		assert.False(t, got[0].Open)
		assert.Equal(t, history.Unknown, got[0].Why)
		assert.Equal(t, "unknown", got[0].WhyWord())
		assert.Equal(t, entries[0].End, got[0].End)
		assert.Equal(t, got, w.Newest())
	})
	b, err = os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, 1, bytes.Count(b, []byte("\n")), "written anew")
}

func TestClearForgetsAllButWhatIsUp(t *testing.T) {
	for name, clear := range map[string]func(w *world){
		"in the window":    func(w *world) { w.Clear() },
		"from outside":     func(w *world) { require.NoError(w.t, history.Clear(w.path)); w.Look() },
		"by a file viewer": func(w *world) { require.NoError(w.t, os.Remove(w.path)); w.Look() },
		"outside, not seen": func(w *world) {
			require.NoError(w.t, history.Clear(w.path))
			time.Sleep(time.Minute)
			w.flow(1, 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(t *testing.T, w *world) {
				w.phase(vpn.Up, "0xold")
				w.phase(vpn.Finding, "")
				time.Sleep(time.Second)
				w.phase(vpn.Up, "0xa")
				clear(w)
				synctest.Wait()
				all := w.Newest()
				require.Len(t, all, 1)
				assert.Equal(t, "open", all[0].WhyWord())
				w.phase(vpn.Down, "")
				require.Len(t, w.file(), 1)
				assert.Equal(t, "0xa", w.file()[0].ProviderID)
				clear(w)
				synctest.Wait()
				w.Look()
				synctest.Wait()
				assert.Empty(t, w.file())
				assert.Empty(t, w.Newest())
			})
		})
	}
}

// TestAConnectionOfAMomentIsKept: it may come and go while the lane is busy writing.
func TestAConnectionOfAMomentIsKept(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		busy := make(chan struct{})
		w.lane.Post(func() { <-busy })
		w.Topics.Moves.Send(vpn.Status{Phase: vpn.Up, Since: time.Now(), Exit: vpn.Exit{ProviderID: "0xa"}})
		w.Topics.Moves.Send(vpn.Status{Phase: vpn.Closing, Since: time.Now(), Exit: vpn.Exit{ProviderID: "0xa"}})
		w.Topics.Moves.Send(vpn.Status{Phase: vpn.Down, Since: time.Now()})
		close(busy)
		synctest.Wait()
		require.Len(t, w.file(), 1)
		assert.Equal(t, history.Disconnected, w.file()[0].Why)
	})
}

func TestTheFileStaysSmall(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		for i := range 5100 {
			w.Topics.Moves.Send(vpn.Status{Phase: vpn.Up, Since: time.Now(), Exit: vpn.Exit{ProviderID: strings.Repeat("x", 1+i%100)}})
			synctest.Wait()
			w.Topics.Moves.Send(vpn.Status{Phase: vpn.Down})
			synctest.Wait()
			time.Sleep(time.Second)
		}
		n := len(w.Newest())
		assert.LessOrEqual(t, n, 5000)
		assert.GreaterOrEqual(t, n, 4000)
		info, err := os.Stat(w.path)
		require.NoError(t, err)
		assert.Less(t, info.Size(), int64(2<<20+1000))
		newest := w.Newest()
		assert.Len(t, newest[0].ProviderID, 1+5099%100, "the oldest go")
	})
}

func TestWhoLooksSeesTheNewestCounters(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.phase(vpn.Up, "0xa")
		time.Sleep(3 * time.Second)
		w.flow(7, 8)
		assert.Zero(t, w.Newest()[0].BytesSent)
		w.Look()
		synctest.Wait()
		assert.EqualValues(t, 7, w.Newest()[0].BytesSent)
		assert.Equal(t, 3*time.Second, w.Newest()[0].Length())
		assert.Zero(t, w.file()[0].BytesSent, "the disk is left alone")
	})
}

func TestAPriceThatIsNotKnownIsNoPrice(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.phase(vpn.Up, "0xnew")
		time.Sleep(time.Hour)
		w.phase(vpn.Down, "")
		_, ok := w.file()[0].Cost()
		assert.False(t, ok)
	})
}

func TestTheTableIsOneThatSpreadsheetsReadAndDoNotRun(t *testing.T) {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("", 7200))
	e := history.Entry{
		Start: start, End: start.Add(90 * time.Second), Network: vpn.Sandbox, Country: "CH", City: `=HYPERLINK("http://x","Zürich, CH")`, ProviderID: "@0xa",
		BytesReceived: 1 << 30, Priced: true, PerGiB: tequilapi.Wei(5e17), Why: history.Failed, Code: vpn.ProviderFailed, A: "0xa", B: "said \"no\"\r\nand left",
	}
	var b bytes.Buffer
	require.NoError(t, history.WriteCSV(&b, []history.Entry{e, {Start: start, End: start}}))
	assert.True(t, strings.HasPrefix(b.String(), "start,end,seconds,network,country,city,provider,bytes_received,bytes_sent,cost_myst,play_money,reconnects,why,reason\r\n2026-03-01T10:00:00Z,"))
	rows, err := csv.NewReader(&b).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 3)
	assert.Equal(t, []string{
		"2026-03-01T10:00:00Z", "2026-03-01T10:01:30Z", "90", "sandbox", "CH", `'=HYPERLINK("http://x","Zürich, CH")`, "'@0xa", "1073741824", "0",
		"0.5", "true", "0", "failed", "Provider 0xa could not be reached: said \"no\"\nand left. Choose another exit.",
	}, rows[1])
	assert.Empty(t, rows[2][9], "no price is not a price of nothing")
	assert.Equal(t, "unknown", rows[2][12])
	for _, c := range []string{"=1", "+1", "-1", "@x", "\tx", "|x", "＝1"} {
		b.Reset()
		require.NoError(t, history.WriteCSV(&b, []history.Entry{{City: c}}))
		assert.Contains(t, b.String(), "'"+c)
	}
}
