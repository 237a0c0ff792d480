package uplink

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// told is a change and when it was told.
type told struct {
	at time.Duration
	Change
}

// gathering runs gather on the clock of a synctest bubble, and collects what it tells.
func gathering(t *testing.T, slept func() time.Duration) (news chan Change, all func() []told) {
	news = make(chan Change)
	var mu sync.Mutex
	var list []told
	start := time.Now()
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() {
		gather(ctx, news, slept, func(c Change) {
			mu.Lock()
			defer mu.Unlock()
			list = append(list, told{time.Since(start), c})
		})
	})
	t.Cleanup(func() { cancel(); work.Wait() })
	return news, func() []told {
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		return list
	}
}

func awake() time.Duration { return 0 }

// TestABurstIsOneChange, told when it has been quiet for a tenth of a second.
func TestABurstIsOneChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		news, all := gathering(t, awake)
		for _, link := range []int{2, 3, 2} {
			news <- Change{Links: []int{link}}
			time.Sleep(60 * time.Millisecond)
		}
		assert.Empty(t, all(), "it goes on")
		time.Sleep(time.Second)
		require.Equal(t, []told{{220 * time.Millisecond, Change{Links: []int{2, 3}}}}, all())
		news <- Change{Any: true}
		time.Sleep(time.Second)
		require.Len(t, all(), 2)
		assert.Equal(t, Change{Any: true}, all()[1].Change, "the next one has nothing of the first")
	})
}

// TestAChangeThatDoesNotEndIsToldEachSecond: a link that flaps all the time is no reason to wait for ever.
func TestAChangeThatDoesNotEndIsToldEachSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		news, all := gathering(t, awake)
		for range 100 {
			news <- Change{Links: []int{2}}
			time.Sleep(70 * time.Millisecond)
		}
		got := all()
		require.Len(t, got, 6)
		assert.Equal(t, time.Second, got[0].at)
		assert.InDelta(t, time.Second, got[1].at-got[0].at, float64(70*time.Millisecond))
	})
}

// TestASleepIsToldWithinASecond of waking up, and once.
func TestASleepIsToldWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var mu sync.Mutex
		var asleep time.Duration
		slept := sleepBy(func() time.Duration { return time.Since(start) }, func() time.Duration {
			mu.Lock()
			defer mu.Unlock()
			return time.Since(start) + asleep
		}, sleepLeast)
		_, all := gathering(t, slept)
		time.Sleep(10 * time.Second)
		assert.Empty(t, all(), "time goes by, and nobody sleeps")
		mu.Lock()
		asleep = 10 * time.Minute
		mu.Unlock()
		time.Sleep(time.Minute)
		require.Len(t, all(), 1)
		assert.Equal(t, 10*time.Minute, all()[0].Slept)
		assert.LessOrEqual(t, all()[0].at, 11*time.Second)
		mu.Lock()
		asleep += sleepLeast / 2
		mu.Unlock()
		time.Sleep(10 * time.Second)
		assert.Len(t, all(), 1, "clocks are not read at the same moment")
	})
}

// TestTheSystemsClocksAgreeWhileAwake: reading them one after the other is no sleep.
func TestTheSystemsClocksAgreeWhileAwake(t *testing.T) {
	slept := clocks()
	for range 1000 {
		assert.Zero(t, slept())
	}
}

func TestAChangeTouchesWhatItSays(t *testing.T) {
	assert.True(t, Change{Links: []int{2, 5}}.Touches(5))
	assert.False(t, Change{Links: []int{2, 5}}.Touches(3))
	assert.True(t, Change{Any: true}.Touches(3))
	assert.True(t, Change{Slept: time.Second}.Touches(3), "whoever slept knows nothing of what happened")
}
