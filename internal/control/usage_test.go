package control

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/usage"
)

// tills is a counting that the test plays.
type tills struct {
	mu     sync.Mutex // guards what follows
	on     bool
	counts usage.Counts
	fails  error
}

func (f *tills) Counting() bool       { f.mu.Lock(); defer f.mu.Unlock(); return f.on }
func (f *tills) Count(on bool)        { f.mu.Lock(); defer f.mu.Unlock(); f.on = on }
func (f *tills) Counts() usage.Counts { f.mu.Lock(); defer f.mu.Unlock(); return f.counts }
func (f *tills) Erase() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fails == nil {
		f.counts = usage.Counts{}
	}
	return f.fails
}

func TestUsageIsShownSwitchedAndErased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCore(t)
		f := &tills{}
		f.counts.Since = 20000
		f.counts.Sandbox.Tries[usage.Failed] = 2
		c.deps.Usage = f
		l := newPipes()
		c.serve(l)
		client := newClient("another", l.dial) // a command of another version may ask
		doc, err := client.Usage(t.Context())
		require.NoError(t, err)
		assert.False(t, doc.Counting)
		assert.Equal(t, &f.counts, doc.Counts)
		assert.Equal(t, `{"counting":false,"counts":{"since":"2024-10-04","version":"0.0.0",`+
			`"sandbox":{"tries":{"failed":2},"time_to_connect":{},"failures":{},"time_connected":{},"received":{},"sent":{},"reconnects":0,"losses":{}},`+
			`"mysterium":{"tries":{},"time_to_connect":{},"failures":{},"time_connected":{},"received":{},"sent":{},"reconnects":0,"losses":{}},`+
			`"own":{"tries":{},"time_to_connect":{},"failures":{},"time_connected":{},"received":{},"sent":{},"reconnects":0,"losses":{}}}}`,
			string(bytes.TrimSpace(encode(doc))), "scripts read it")

		require.NoError(t, client.CountUsage(t.Context(), true))
		assert.True(t, f.on)
		f.fails = errors.New("erase the counts of usage: no")
		require.EqualError(t, client.EraseUsage(t.Context()), "Erase the counts of usage: no.")
		f.fails = nil
		require.NoError(t, client.EraseUsage(t.Context()))
		doc, err = client.Usage(t.Context())
		require.NoError(t, err)
		assert.Equal(t, UsageDoc{Counting: true}, doc, "erasing does not switch it off")
	})
}

func TestAProgramThatCountsNothingSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startCore(t)
		_, err := c.client.Usage(context.Background())
		require.ErrorContains(t, err, "counts nothing")
		require.ErrorContains(t, c.client.EraseUsage(t.Context()), "counts nothing")
	})
}
