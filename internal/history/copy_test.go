package history_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/history"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// TestACopyFollowsTheFileOfAnotherProgram: a window whose core is in another process shows the same history.
func TestACopyFollowsTheFileOfAnotherProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.jsonl")
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, path)
		lane := w.bus.Go("copy")
		written, changed := bus.NewState(w.bus, "written", uint64(0)), bus.NewState(w.bus, "changed", uint64(0))
		c := history.NewCopy(history.CopyOptions{Path: path, Lane: lane, Written: written.Via(lane), Changed: changed})
		defer c.Close()
		synctest.Wait()
		assert.Empty(t, c.Newest())
		assert.EqualValues(t, 1, changed.Load(), "that there are none is known")

		w.phase(vpn.Up, "0xa")
		w.flow(1, 2)
		w.phase(vpn.Down, "")
		time.Sleep(time.Second)
		w.phase(vpn.Up, "0xb")
		written.Send(1)
		synctest.Wait()
		got := c.Newest()
		require.Len(t, got, 2)
		assert.Equal(t, w.Newest(), got)
		assert.True(t, got[0].Open)
		assert.EqualValues(t, 2, changed.Load())
		written.Send(2)
		synctest.Wait()
		assert.EqualValues(t, 2, changed.Load(), "the same is no news")

		time.Sleep(time.Minute)
		w.flow(7, 8) // which has the recorder write
		c.Look()
		synctest.Wait()
		assert.EqualValues(t, 7, c.Newest()[0].BytesSent)
		c.Clear()
		synctest.Wait()
		assert.Empty(t, c.Newest())
		time.Sleep(time.Minute)
		w.flow(9, 9)
		w.Look()
		c.Look()
		synctest.Wait()
		require.Len(t, c.Newest(), 1, "the one that is up comes back")
		assert.Len(t, w.Newest(), 1, "and the recorder has seen that it was cleared")

		require.NoError(t, os.Remove(path))
		require.NoError(t, os.Mkdir(path, 0o700))
		c.Look()
		synctest.Wait()
		assert.Len(t, c.Newest(), 1, "what cannot be read changes nothing")
	})
}
