package usage_test

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/usage"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// program is one as the counter sees it, in a bubble where time is not real.
type program struct {
	t      *testing.T
	path   string
	lane   *bus.Lane
	counts *bus.State[usage.Counts]
	said   []string
	on     vpn.Network // "" = the sandbox
	*vpn.Topics
	*usage.Counter
}

func start(t *testing.T, path string, on bool) *program {
	b := bus.New(bus.Options{})
	p := &program{t: t, path: path, Topics: vpn.NewTopics(b, vpn.Settings{CountUsage: on}), lane: b.Go("usage")}
	p.counts = bus.NewState(b, "usage", usage.Counts{})
	p.Counter = usage.New(usage.Options{
		Path: path, Version: "1.2.3", Lane: p.lane,
		Moves: p.Topics.Moves.Via(p.lane), Traffic: p.Topics.Traffic.Via(p.lane), Settings: p.Topics.Settings.Via(p.lane), Counts: p.counts,
		Say: func(s string) { p.said = append(p.said, s) },
	})
	t.Cleanup(func() { p.lane.Post(func() {}); b.Close() })
	synctest.Wait()
	return p
}

// personal are words that say who somebody is or where they go. They are in all that the counter is told.
var personal = []string{"0xprovider", "ZZ", "Secretville", "198.51.100.7", "0xidentity", "residential"}

func (p *program) phase(to vpn.Phase, why ...vpn.Code) {
	s := vpn.Status{
		Phase: to, Since: time.Now(), Network: cmp.Or(p.on, vpn.Sandbox),
		Exit:  vpn.Exit{ProviderID: "0xprovider", Country: "ZZ", City: "Secretville", IPType: "residential"},
		Proxy: vpn.Proxy{SOCKS5: "198.51.100.7:1"},
	}
	if len(why) > 0 {
		s.Reason = vpn.Reason{Code: why[0], A: "0xidentity", B: "198.51.100.7"}
	}
	p.Topics.Moves.Send(s)
	synctest.Wait()
}

func (p *program) flow(sent, received uint64) {
	p.Topics.Traffic.Send(vpn.Traffic{BytesSent: sent, BytesReceived: received, At: time.Now()})
	synctest.Wait()
}

func (p *program) turn(on bool) {
	p.Topics.Settings.Send(vpn.Settings{CountUsage: on})
	synctest.Wait()
}

// connect takes a connection up, down and over.
func (p *program) connect() {
	p.phase(vpn.Finding)
	time.Sleep(500 * time.Millisecond)
	p.phase(vpn.Dialing)
	time.Sleep(1700 * time.Millisecond)
	p.phase(vpn.Up)
	time.Sleep(2 * time.Minute)
	p.flow(2<<20, 50<<20)
	p.phase(vpn.Closing)
	p.phase(vpn.Down)
}

func story(t *testing.T, on bool, tell func(t *testing.T, p *program)) {
	path := filepath.Join(t.TempDir(), "usage.json")
	synctest.Test(t, func(t *testing.T) { tell(t, start(t, path, on)) })
}

// TestNoUsageFieldCanHoldPersonalData: every field, however deep, is one of our closed types or a plain count; there is no
// text, no list that grows, no pointer, and no key but a name of a closed list.
func TestNoUsageFieldCanHoldPersonalData(t *testing.T) {
	allowed := []reflect.Type{reflect.TypeFor[usage.Day](), reflect.TypeFor[usage.Version](), reflect.TypeFor[uint64]()}
	names := []reflect.Type{
		reflect.TypeFor[usage.Tally[usage.Outcome]](), reflect.TypeFor[usage.Tally[usage.Wait]](), reflect.TypeFor[usage.Tally[usage.Reason]](),
		reflect.TypeFor[usage.Tally[usage.Length]](), reflect.TypeFor[usage.Tally[usage.Size]](),
	}
	fields := 0
	var walk func(at string, typ reflect.Type)
	walk = func(at string, typ reflect.Type) {
		switch {
		case slices.Contains(names, typ):
			assert.Equal(t, reflect.Uint64, typ.Elem().Kind(), at)
			fields++
		case slices.Contains(allowed, typ):
			fields++
		case typ == reflect.TypeFor[usage.Counts](), typ == reflect.TypeFor[usage.Tallies]():
			for f := range typ.Fields() {
				assert.True(t, f.IsExported(), "%s.%s is not in the file, so nobody is shown it", at, f.Name)
				walk(at+"."+f.Name, f.Type)
			}
		default:
			assert.Fail(t, "a type that could hold anything", "%s is %s", at, typ)
		}
	}
	walk("Counts", reflect.TypeFor[usage.Counts]())
	assert.Equal(t, 2+3*8, fields)
	for _, small := range allowed[:2] { // what is behind their text is numbers, too small for an address
		for _, kind := range kinds(small) {
			assert.Equal(t, reflect.Uint16, kind, small)
		}
	}
}

func kinds(typ reflect.Type) []reflect.Kind {
	if typ.Kind() != reflect.Struct {
		return []reflect.Kind{typ.Kind()}
	}
	var out []reflect.Kind
	for f := range typ.Fields() {
		out = append(out, kinds(f.Type)...)
	}
	return out
}

// TestCountsTellNothingOfWhoAndWhere: the counter is told of exits, places and addresses, and none of it is in the file.
func TestCountsTellNothingOfWhoAndWhere(t *testing.T) {
	story(t, true, func(t *testing.T, p *program) {
		p.connect()
		p.phase(vpn.Finding)
		p.phase(vpn.Failed, vpn.ProviderFailed)
		p.phase(vpn.Finding)
		p.phase(vpn.Up)
		p.phase(vpn.Failed, "a_code_that_names_198.51.100.7")
		b, err := os.ReadFile(p.path)
		require.NoError(t, err)
		for _, word := range personal {
			assert.NotContains(t, string(b), word)
		}
		for _, moment := range []string{":00", "T0", time.Now().Format("15:")} {
			assert.NotContains(t, string(b), moment, "nor when")
		}
		assert.EqualValues(t, 1, p.Counts().Sandbox.Losses[0], "a reason of no list is any other")
	})
}

func TestNothingIsCountedBeforeTheUserAsks(t *testing.T) {
	story(t, false, func(t *testing.T, p *program) {
		p.connect()
		assert.True(t, p.Counts().Zero())
		left, err := os.ReadDir(filepath.Dir(p.path))
		require.NoError(t, err)
		assert.Empty(t, left, "no file")

		p.phase(vpn.Finding) // begins before it is asked for
		p.turn(true)
		p.phase(vpn.Up)
		p.phase(vpn.Down)
		assert.True(t, p.Counts().Zero(), "what began before is not counted")
		p.connect()
		assert.EqualValues(t, 1, p.Counts().Sandbox.Tries[usage.Connected])

		p.turn(false)
		was := p.Counts()
		p.connect()
		assert.Equal(t, was, p.Counts(), "and what was counted stays until it is erased")
		assert.FileExists(t, p.path)
	})
}

func TestWhatIsCounted(t *testing.T) {
	story(t, true, func(t *testing.T, p *program) {
		p.connect()
		n := p.Counts().Sandbox
		assert.EqualValues(t, 1, n.Tries[usage.Connected])
		assert.EqualValues(t, 1, n.TimeToConnect[usage.WaitOf(2*time.Second)], "from the wish on")
		assert.EqualValues(t, 1, n.TimeConnected[usage.LengthOf(2*time.Minute)])
		assert.EqualValues(t, 1, n.Received[usage.SizeOf(50<<20)])
		assert.EqualValues(t, 1, n.Sent[usage.SizeOf(2<<20)])
		assert.Equal(t, usage.DayOf(time.Now()), p.Counts().Since)
		assert.Equal(t, "1.2.3", p.Counts().Version.String())

		p.phase(vpn.Finding)
		p.phase(vpn.Failed, vpn.NoExitInCountry)
		p.phase(vpn.Finding)
		p.phase(vpn.Closing)
		p.phase(vpn.Down)
		n = p.Counts().Sandbox
		assert.EqualValues(t, 1, n.Tries[usage.Failed])
		assert.EqualValues(t, 1, n.Failures[usage.ReasonOf(vpn.NoExitInCountry)])
		assert.EqualValues(t, 1, n.Tries[usage.Cancelled])

		p.phase(vpn.Finding)
		p.phase(vpn.Up)
		p.phase(vpn.Reconnecting)
		p.phase(vpn.Up)
		p.phase(vpn.Dialing) // on to another exit
		p.phase(vpn.Up)
		p.phase(vpn.Reconnecting)
		p.phase(vpn.Failed, vpn.NodeGaveUp)
		n = p.Counts().Sandbox
		assert.EqualValues(t, 1, n.Reconnects)
		assert.EqualValues(t, 3, n.Tries[usage.Connected])
		assert.EqualValues(t, 1, n.Losses[usage.ReasonOf(vpn.NodeGaveUp)])
		assert.Equal(t, p.counts.Load(), p.Counts(), "and whoever shows them is told")
		assert.Zero(t, p.Counts().Mysterium)
	})
}

// TestWhatIsShownIsWhatThereIs: the file, the live counts and what is read back from the file are the same, and each
// count is in the words that people are shown.
func TestWhatIsShownIsWhatThereIs(t *testing.T) {
	story(t, true, func(t *testing.T, p *program) {
		p.connect()
		p.phase(vpn.Finding)
		p.phase(vpn.Failed, vpn.NodePortTaken)
		kept, err := usage.Read(p.path)
		require.NoError(t, err)
		assert.Equal(t, p.Counts(), kept)
		b, err := os.ReadFile(p.path)
		require.NoError(t, err)
		assert.Equal(t, string(usage.Encode(kept)), string(b))
		if runtime.GOOS != "windows" {
			fi, err := os.Stat(p.path)
			require.NoError(t, err)
			assert.Equal(t, os.FileMode(0o600), fi.Mode().Perm())
		}
		text := ""
		for _, l := range kept.Lines(nil) {
			text += l.Name + ": " + l.Value + "\n"
		}
		assert.Equal(t, `Counted since: 2000-01-01
Counted last by version: 1.2.3
Sandbox: 
Tries: 1 × connected, 1 × failed
Time to connect: 1 × 1-3 s
Why tries failed: 1 × node_port_taken
Time connected: 1 × 1-10 min
Received: 1 × 10-100 MiB
Sent: 1 × 1-10 MiB
`, text)
	})
	// Every count that there can be is in words.
	full := everything()
	text := ""
	for _, l := range full.Lines(nil) {
		text += l.Name + " " + l.Value + "\n"
	}
	var doc map[string]any
	require.NoError(t, json.Unmarshal(usage.Encode(full), &doc))
	for _, network := range []string{"sandbox", "mysterium", "own"} {
		for _, tally := range doc[network].(map[string]any) {
			if names, ok := tally.(map[string]any); ok {
				for name := range names {
					assert.Contains(t, text, " × "+name)
				}
			}
		}
	}
	assert.Empty(t, usage.Counts{}.Lines(nil))
}

// TestEachNetworkIsCountedForItself: own servers are neither play nor somebody's network.
func TestEachNetworkIsCountedForItself(t *testing.T) {
	story(t, true, func(t *testing.T, p *program) {
		for _, n := range []vpn.Network{vpn.Sandbox, vpn.Mysterium, vpn.Own} {
			p.on = n
			p.connect()
		}
		for _, n := range []usage.Tallies{p.Counts().Sandbox, p.Counts().Mysterium, p.Counts().Own} {
			assert.EqualValues(t, 1, n.Tries[usage.Connected])
		}
	})
}

// everything has every name of every list once.
func everything() usage.Counts {
	c := usage.Counts{Since: 20000, Version: usage.Version{Major: 1, Minor: 2, Patch: 3}}
	for _, n := range []*usage.Tallies{&c.Sandbox, &c.Mysterium, &c.Own} {
		fill(&n.Tries)
		fill(&n.TimeToConnect)
		fill(&n.Failures)
		fill(&n.TimeConnected)
		fill(&n.Received)
		fill(&n.Sent)
		fill(&n.Losses)
		n.Reconnects = 1
	}
	return c
}

func fill[K interface {
	~uint8
	String() string
}](t *usage.Tally[K],
) {
	for i := range t {
		if K(i).String() != "" { //nolint:gosec // slots are few
			t[i] = uint64(i) + 1
		}
	}
}

func TestEraseLeavesNothing(t *testing.T) {
	story(t, true, func(t *testing.T, p *program) {
		p.connect()
		require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(p.path), ".usage.json.new-7"), []byte("half of it"), 0o600))
		require.NoError(t, p.Erase())
		left, err := os.ReadDir(filepath.Dir(p.path))
		require.NoError(t, err)
		assert.Empty(t, left)
		assert.True(t, p.Counts().Zero())
		assert.True(t, p.counts.Load().Zero())
		require.NoError(t, p.Erase(), "nothing to erase is no error")
		p.connect()
		assert.EqualValues(t, 1, p.Counts().Sandbox.Tries[usage.Connected], "what was erased does not come back")
		p.EraseSoon()
		synctest.Wait()
		assert.NoFileExists(t, p.path)
	})
}

func TestCountsOutliveTheProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usage.json")
	for range 2 {
		synctest.Test(t, func(t *testing.T) {
			p := start(t, path, true)
			p.connect()
			p.phase(vpn.Finding)
			p.phase(vpn.Up)
			p.Close()
			p.Close()
		})
	}
	c, err := usage.Read(path)
	require.NoError(t, err)
	assert.EqualValues(t, 4, c.Sandbox.Tries[usage.Connected])
	assert.EqualValues(t, 4, c.Sandbox.TimeConnected[0]+c.Sandbox.TimeConnected[1], "the end of the program ends a connection")
}

func TestADamagedFileIsSaidAndReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usage.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"sandbox":{"tries":{"Secretville":1}}}`), 0o600))
	_, err := usage.Read(path)
	require.ErrorContains(t, err, `"Secretville" is nothing that is counted`)
	synctest.Test(t, func(t *testing.T) {
		p := start(t, path, true)
		require.Len(t, p.said, 1)
		assert.Contains(t, p.said[0], "counting begins anew")
		p.connect()
		c, err := usage.Read(path)
		require.NoError(t, err)
		assert.Equal(t, p.Counts(), c)
	})
}

// TestOnlyOurNamesGetIn: whatever a file has in it, what is read from it can be written again and has only our names.
func TestOnlyOurNamesGetIn(t *testing.T) {
	for _, file := range []string{
		``, `[]`, `{} {}`, `{"who":"me"}`, `{"since":"yesterday"}`, `{"since":"2026-11-26T10:00:00Z"}`, `{"version":"1.2"}`, `{"version":"01.2.3"}`,
		`{"version":"1.2.3-me"}`, `{"sandbox":{"tries":{"":1}}}`, `{"sandbox":{"tries":{"DE":1}}}`, `{"sandbox":{"tries":null}}`,
		`{"sandbox":{"tries":{"failed":"0x1"}}}`, `{"sandbox":{"reconnects":-1}}`, strings.Repeat(" ", 65<<10) + "{}",
	} {
		_, err := usage.Decode([]byte(file))
		assert.Error(t, err, file)
	}
	c, err := usage.Decode(usage.Encode(everything()))
	require.NoError(t, err)
	assert.Equal(t, everything(), c)
}

func FuzzDecode(f *testing.F) {
	f.Add(usage.Encode(everything()))
	f.Add([]byte(`{"since":"2026-11-26","sandbox":{"tries":{"connected":18446744073709551615}}}`))
	f.Add([]byte(`{"version":"1.2.3","since":""}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := usage.Decode(b)
		if err != nil {
			return
		}
		again, err := usage.Decode(usage.Encode(c))
		require.NoError(t, err)
		assert.Equal(t, c, again)
		c.Lines(nil)
	})
}

// TestNamesAreCodesThatThereAre: a code that is renamed would be counted as any other.
func TestNamesAreCodesThatThereAre(t *testing.T) {
	found := 0
	for _, c := range vpn.Codes() {
		if r := usage.ReasonOf(c); r != 0 {
			assert.Equal(t, string(c), r.String())
			found++
		}
	}
	last := usage.Reason(0)
	for (last + 1).String() != "" {
		last++
	}
	assert.EqualValues(t, last, found)
	assert.Less(t, int(last), 32, "a tally has no more room")
}

func TestVersionsAreNumbers(t *testing.T) {
	for s, want := range map[string]string{"0.1.0": "0.1.0", "1.20.3-rc1": "1.20.3", "1.2.3+me@home": "1.2.3", "dev": "0.0.0", "": "0.0.0"} {
		assert.Equal(t, want, usage.VersionOf(s).String(), s)
	}
	assert.Zero(t, usage.DayOf(time.Unix(-1, 0)))
	assert.Equal(t, "2026-11-26", usage.DayOf(time.Date(2026, 11, 26, 23, 59, 0, 0, time.UTC)).String())
}
