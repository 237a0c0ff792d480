package logs

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func said1(lines []Line) (out []string) {
	for _, l := range lines {
		out = append(out, l.Text)
	}
	return out
}

func TestReadGivesLinesInOrderOfArrival(t *testing.T) {
	r := NewRing(1000)
	for i := range 9 {
		r.Append(Line{Source: Source(i % 4), Text: fmt.Sprint(i)})
	}
	lines, next, lost := r.Read(0, 5)
	assert.Equal(t, []string{"0", "1", "2", "3", "4"}, said1(lines))
	assert.Equal(t, uint64(5), next)
	assert.Zero(t, lost)
	lines, next, _ = r.Read(next, 100)
	assert.Equal(t, []string{"5", "6", "7", "8"}, said1(lines))
	assert.Equal(t, Source(1), lines[0].Source)
	assert.False(t, lines[0].At.IsZero())
	lines, next, lost = r.Read(next, 100)
	assert.Empty(t, lines)
	assert.Equal(t, r.Last(), next)
	assert.Zero(t, lost)
	lines, _, _ = r.Read(12345, 100)
	assert.Len(t, lines, 9, "a cursor of another ring begins anew")
	lines, _, _ = r.Read(r.Tail(2), 100)
	assert.Len(t, lines, 2)
	for n, want := range map[int][]string{0: nil, 1: {"6"}, 2: {"2", "6"}, 3: {"2", "6"}, -1: {"2", "6"}} {
		var got []string
		lines, _, _ = r.Read(r.TailOf(Node, n), 100)
		for _, l := range lines {
			if l.Source == Node {
				got = append(got, l.Text)
			}
		}
		assert.Equal(t, want, got, n)
	}
	lines, next, lost = r.Read(4, 0)
	assert.Empty(t, lines)
	assert.Equal(t, uint64(4), next)
	assert.Zero(t, lost)
}

func TestWhatIsAppendedIsOneCleanLine(t *testing.T) {
	r := NewRing(100)
	r.Append(Line{Text: "a\nb\x1b[31m\xff", Fields: "k=\r\u202ev"})
	lines, _, _ := r.Read(0, 1)
	assert.Equal(t, "a b\ufffd", lines[0].Text)
	assert.Equal(t, "k=v", lines[0].Fields)
}

func TestAFloodLeavesOtherSourcesAlone(t *testing.T) {
	r := NewRing(300)
	for i := range 90 {
		r.Append(Line{Source: App, Text: fmt.Sprint("app ", i)})
	}
	for range 100_000 {
		r.Append(Line{Source: Node, Text: "flood"})
	}
	lines, _, lost := r.Read(0, 1<<20)
	app := 0
	for _, l := range lines {
		if l.Source == App {
			app++
		}
	}
	assert.Equal(t, 90, app)
	assert.Len(t, lines, 190)
	assert.Equal(t, uint64(100_000-100), lost)
}

func TestARingIsBoundedInLinesAndBytes(t *testing.T) {
	r := NewRing(300)
	long := strings.Repeat("x", 100<<10)
	for range 1000 {
		r.Append(Line{Source: App, Text: long, Fields: long})
	}
	lines, _, _ := r.Read(0, 1<<20)
	kept := 0
	for _, l := range lines {
		assert.LessOrEqual(t, len(l.Text)+len(l.Fields), maxLine)
		kept += len(l.Text) + len(l.Fields)
	}
	s := &r.shelves[App]
	assert.LessOrEqual(t, kept, s.maxBytes)
	assert.LessOrEqual(t, len(s.buf), s.maxBytes)
	assert.LessOrEqual(t, len(s.list), s.maxLines)
	assert.NotEmpty(t, lines)
}

// The ring must agree with a plain list of everything that was ever put in.
func TestWhatIsReadIsWhatWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := NewRing(rapid.IntRange(0, 600).Draw(t, "lines"))
		var all []Line
		var cursor, seen, missed uint64
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			n := rapid.IntRange(0, 60).Draw(t, "append")
			size := rapid.SampledFrom([]int{0, 3, 60, 900, 5000}).Draw(t, "size")
			src := Source(rapid.IntRange(0, 3).Draw(t, "source"))
			for range n {
				l := Line{Source: src, Text: fmt.Sprintf("%d %s", len(all)+1, strings.Repeat("t", size)), Fields: strings.Repeat("f", size/3)}
				r.Append(l)
				all = append(all, l)
			}
			lines, next, lost := r.Read(cursor, rapid.IntRange(0, 80).Draw(t, "most"))
			for _, l := range lines {
				want := all[l.Seq-1]
				if l.Text != want.Text || l.Fields != want.Fields || l.Source != want.Source {
					t.Fatalf("line %d is %q of %v, not %q of %v", l.Seq, l.Text, l.Source, want.Text, want.Source)
				}
				if l.Seq <= cursor || l.Seq > next {
					t.Fatalf("line %d outside of (%d, %d]", l.Seq, cursor, next)
				}
			}
			cursor, seen, missed = next, seen+uint64(len(lines)), missed+lost
			if seen+missed != cursor {
				t.Fatalf("%d seen and %d lost do not make %d", seen, missed, cursor)
			}
		}
	})
}

func TestOnAppendIsCoalesced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRing(100)
		var calls []uint64
		cancel := r.OnAppend(func(last uint64) { calls = append(calls, last) })
		time.Sleep(time.Second)
		synctest.Wait()
		assert.Empty(t, calls, "nothing new, no call")
		for range 1000 {
			r.Append(Line{Text: "x"})
		}
		time.Sleep(coalesce)
		synctest.Wait()
		assert.Equal(t, []uint64{1000}, calls)
		r.Append(Line{Text: "y"})
		time.Sleep(coalesce)
		synctest.Wait()
		assert.Equal(t, []uint64{1000, 1001}, calls)
		r.Append(Line{Text: "z"})
		cancel()
		cancel()
		time.Sleep(time.Second)
		synctest.Wait()
		assert.Len(t, calls, 2, "no call after cancel")
	})
}

func TestOnAppendFromManySides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRing(100)
		r.Append(Line{Text: "nobody watches yet"})
		var mu sync.Mutex
		last := map[int]uint64{}
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				defer r.OnAppend(func(n uint64) { mu.Lock(); last[i] = max(last[i], n); mu.Unlock() })()
			})
			wg.Go(func() {
				for range 100 {
					r.Append(Line{Source: Source(i), Text: "x"})
				}
			})
		}
		wg.Wait()
		// The four above have gone by now; one that stays must see the end whatever they did.
		var end uint64
		defer r.OnAppend(func(n uint64) { mu.Lock(); end = n; mu.Unlock() })()
		r.Append(Line{Text: "last"})
		time.Sleep(coalesce)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		assert.Equal(t, uint64(402), end)
	})
}

func TestConcurrentUse(t *testing.T) {
	r := NewRing(300)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for n := range 2000 {
				r.Append(Line{Source: Source(i), Text: fmt.Sprint(i, " ", n), Fields: "a=b"})
			}
		})
		wg.Go(func() {
			var cursor, got, lost uint64
			for cursor < 8000 {
				lines, next, l := r.Read(cursor, 100)
				cursor, got, lost = next, got+uint64(len(lines)), lost+l
			}
			assert.Equal(t, uint64(8000), got+lost)
		})
	}
	wg.Wait()
	require.Equal(t, uint64(8000), r.Last())
}

func BenchmarkAppend(b *testing.B) {
	r := NewRing(10_000)
	b.ReportAllocs()
	for b.Loop() {
		r.Append(Line{Source: Node, Text: "connection state changed from connecting to connected, provider answered", Fields: "session=12 latency=33ms"})
	}
}

func BenchmarkRead100(b *testing.B) {
	r := NewRing(10_000)
	for i := range 10_000 {
		r.Append(Line{Source: Source(i % 4), Text: "connection state changed from connecting to connected", Fields: "session=12 latency=33ms"})
	}
	b.ReportAllocs()
	for b.Loop() {
		r.Read(r.Last()-100, 100)
	}
}
