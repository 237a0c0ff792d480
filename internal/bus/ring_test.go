package bus

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestRingIsAQueue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r ring[int]
		var model []int
		for i, op := range rapid.SliceOf(rapid.IntRange(0, 5)).Draw(t, "ops") {
			switch {
			case op == 0 && len(model) > 0:
				assert.Equal(t, model[0], r.pop())
				model = model[1:]
			case op == 1 && len(model) > 0:
				r.replace(-i)
				model[len(model)-1] = -i
			default:
				r.push(i)
				model = append(model, i)
			}
			assert.Equal(t, len(model), r.n)
		}
		for _, v := range model {
			assert.Equal(t, v, r.pop())
		}
	})
}

func TestRingGivesBackTheMemoryOfAFlood(t *testing.T) {
	var r ring[int]
	for i := range keep + 1 {
		r.push(i)
	}
	for range keep + 1 {
		r.pop()
	}
	assert.Zero(t, cap(r.buf))
}
