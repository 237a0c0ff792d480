package nodeproc

import (
	"math"
	"time"
)

// giveUpAfter is how many quick failures in a row are too many.
const giveUpAfter = 5

// rate counts failures. Each counts one, and the count halves in every halfLife of running time. Time spent waiting
// does not count: else the growing pauses alone would forgive a node that never runs.
type rate struct {
	halfLife time.Duration
	score    float64
	quick    int // failures since the count was last forgiven by half a life of running
}

// add counts the failure of a child that had been running for ran.
func (r *rate) add(ran time.Duration) {
	if ran >= r.halfLife/2 {
		r.quick = 0
	}
	r.score = r.score*math.Exp2(-float64(ran)/float64(r.halfLife)) + 1
	r.quick++
}

// tooMany is true after giveUpAfter failures with little running time between them.
func (r *rate) tooMany() bool { return r.score > giveUpAfter-0.5 }

// backoff is first, doubled n times, and at most last.
func backoff(n int, first, last time.Duration) time.Duration {
	d := first
	for range n {
		if d >= last {
			break
		}
		d *= 2
	}
	return min(d, last)
}
