package logs

// Gaps finds lines that a reader has missed, by source: each source numbers its lines without gaps. It belongs to one
// reader of a Ring; get one from Ring.Gaps.
type Gaps struct{ seen [sources]uint64 }

// Gaps begins after cursor. Lines after it that have left the ring already are missing, and nobody knows any more whose
// they were; from then on Gaps knows. From 0, the very beginning, it knows all.
func (r *Ring) Gaps(cursor uint64) (g Gaps, missing uint64) {
	if cursor == 0 {
		return g, 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	last := r.last.Load()
	missing = last - min(cursor, last)
	for i := range r.shelves {
		s := &r.shelves[i]
		at := s.after(cursor)
		g.seen[i] = s.gone + uint64(at) //nolint:gosec // a count
		missing -= uint64(s.n - at)     //nolint:gosec // a count
	}
	return g, missing
}

// Before takes the next line that was read and tells how many of the same source were missed right before it.
func (g *Gaps) Before(l Line) (lost uint64) {
	if l.Source >= sources || l.Nth == 0 { // not from a ring
		return 0
	}
	if seen := &g.seen[l.Source]; l.Nth > *seen {
		lost = l.Nth - *seen - 1
		*seen = l.Nth
	}
	return lost
}

// Gone tells how many lines of a source had to make room for newer ones.
func (r *Ring) Gone(src Source) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.shelves[min(src, sources-1)].gone
}
