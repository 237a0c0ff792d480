package bus

// ring is a queue that grows as it must and allocates only then. The zero ring is empty.
type ring[T any] struct {
	buf  []T // its length is a power of two, or 0
	head int // index of the oldest
	n    int
}

// keep is how many places an empty ring holds on to. A flood's memory is given back once it has been worked off.
const keep = 1024

func (r *ring[T]) push(v T) {
	if r.n == len(r.buf) {
		r.grow()
	}
	r.buf[(r.head+r.n)&(len(r.buf)-1)] = v
	r.n++
}

// pop takes the oldest out. The ring must not be empty.
func (r *ring[T]) pop() T {
	var zero T
	v := r.buf[r.head]
	r.buf[r.head] = zero // the collector may have it
	r.head = (r.head + 1) & (len(r.buf) - 1)
	r.n--
	if r.n == 0 && len(r.buf) > keep {
		*r = ring[T]{}
	}
	return v
}

// replace overwrites the newest. The ring must not be empty.
func (r *ring[T]) replace(v T) { r.buf[(r.head+r.n-1)&(len(r.buf)-1)] = v }

func (r *ring[T]) grow() {
	buf := make([]T, max(1, 2*len(r.buf)))
	n := copy(buf, r.buf[r.head:])
	copy(buf[n:], r.buf[:r.head])
	r.buf, r.head = buf, 0
}
