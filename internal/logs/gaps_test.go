package logs

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAFloodIsCountedByItsSource: a million lines of one source, as many as 100,000 a second make in ten. The ring's
// memory has a bound, the others lose nothing, and each reader can say how many of whose lines are missing.
func TestAFloodIsCountedByItsSource(t *testing.T) {
	const flood = 1_000_000
	r := NewRing(6000)
	gaps, _ := r.Gaps(0)
	var cursor uint64
	missed, read := map[Source]uint64{}, map[Source]uint64{}
	look := func() {
		lines, next, _ := r.Read(cursor, 1<<20)
		cursor = next
		for _, l := range lines {
			missed[l.Source] += gaps.Before(l)
			read[l.Source]++
		}
	}
	w := Writer(r, Node)
	line := []byte("2026-01-02T03:04:05.123 DBG flood.go:1 > again and again\n")
	for i := range flood {
		_, _ = w.Write(line)
		if i%100_000 == 0 {
			r.Append(Line{Source: App, Text: "still here"})
			r.Append(Line{Source: Tunnel, Text: "still here"})
		}
		if i == 300_000 {
			look()
		}
	}
	look()
	assert.Equal(t, map[Source]uint64{App: 10, Tunnel: 10, Node: read[Node]}, read)
	assert.Equal(t, uint64(flood), read[Node]+missed[Node])
	assert.Zero(t, missed[App]+missed[Tunnel])
	assert.Equal(t, uint64(flood-2000), r.Gone(Node))
	assert.Zero(t, r.Gone(App))
	for i := range r.shelves {
		assert.LessOrEqual(t, len(r.shelves[i].buf), 2000*bytesPerLine)
		assert.LessOrEqual(t, len(r.shelves[i].list), 2000)
	}
}

func TestTheFileSaysWhoseLinesAreMissing(t *testing.T) {
	r := NewRing(0)
	for i := range 1000 {
		r.Append(Line{Source: Node, Text: fmt.Sprint("flood ", i)})
	}
	r.Append(Line{Source: App, Text: "here"})
	var b bytes.Buffer
	f := Follow(r, 0, &b, nil)
	require.NoError(t, f.Close())
	assert.Contains(t, b.String(), fmt.Sprintf("%d lines of node came too fast to be written\n", 1000-minLines))
	assert.NotContains(t, b.String(), "lines of app")
	assert.Contains(t, b.String(), "here")
}

func TestGapsBeginWhereTheReaderDoes(t *testing.T) {
	r := NewRing(0)
	for range 3 * minLines {
		r.Append(Line{Source: Node, Text: "x"})
	}
	early, missing := r.Gaps(1)
	assert.Equal(t, uint64(2*minLines-1), missing)
	late, missing := r.Gaps(r.Last())
	assert.Zero(t, missing)
	for range minLines + 5 {
		r.Append(Line{Source: Node, Text: "y"})
	}
	lines, _, _ := r.Read(0, 1)
	assert.Equal(t, uint64(minLines+5), early.Before(lines[0]), "what had left before it began is no loss")
	assert.Equal(t, uint64(5), late.Before(lines[0]))
	assert.Zero(t, late.Before(Line{Source: Node}), "a line of no ring")
	assert.Zero(t, late.Before(Line{Source: 200, Nth: 7}))
}
