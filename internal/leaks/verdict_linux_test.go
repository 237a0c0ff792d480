package leaks

import (
	"net/netip"
	"sync"
	"time"
)

// shutter is when the firewall was to be shut, by what helper and user say: from the moment that the helper has said that
// it is, until the user's wish to open it.
type shutter struct {
	mu   sync.Mutex
	list []window // the last one may have no end yet
}

type window struct{ from, to time.Time } // to zero = still shut

func (s *shutter) shutLocked() bool { return len(s.list) > 0 && s.list[len(s.list)-1].to.IsZero() }

func (s *shutter) isShut() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shutLocked()
}

// shut says that it is shut at a time.
func (s *shutter) shut(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.shutLocked() {
		s.list = append(s.list, window{from: at})
	}
}

// open says that it may be open from a time on.
func (s *shutter) open(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shutLocked() {
		s.list[len(s.list)-1].to = at
	}
}

// during tells that it was shut all the time from one time to another.
func (s *shutter) during(from, to time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.list {
		if w.from.Before(from) && (w.to.IsZero() || to.Before(w.to)) {
			return true
		}
	}
	return false
}

// inFlight is how long a frame may take from the program that sends it to the wire. It is of the kernel's making and
// takes microseconds; this is for machines with no time.
const inFlight = 50 * time.Millisecond

// verdict is what frames amount to.
type verdict struct {
	frames    int
	wireguard int
	innocent  int
	seen      []int   // shots on the wire, by kind
	inside    []int   // shots that were sent while it was shut, by kind
	foreign   []frame // what must not be there
}

// judge goes through frames. Foreign is each that the allow-list does not name, if it is a shot that was sent while
// the firewall was shut, by its mark, or if it came while it was shut, whoever has sent it, by the clock.
func (v *volleys) judge(frames []frame, s *shutter, entries ...netip.AddrPort) verdict {
	v.mu.Lock()
	defer v.mu.Unlock()
	out := verdict{frames: len(frames), seen: make([]int, len(v.list)), inside: make([]int, len(v.list))}
	for kind := range v.shots {
		for _, one := range v.shots[kind] {
			if s.during(one.before, one.after) {
				out.inside[kind]++
			}
		}
	}
	for i := range frames {
		f := &frames[i]
		switch {
		case f.innocent():
			out.innocent++
			continue
		case f.toEntry(entries...):
			out.wireguard++
			continue
		}
		foreign := s.during(f.at.Add(-inFlight), f.at)
		if kind, n, ok := v.whose(f); ok {
			out.seen[kind]++
			one := v.shots[kind][n]
			foreign = foreign || s.during(one.before, one.after)
		}
		if foreign {
			out.foreign = append(out.foreign, *f)
		}
	}
	return out
}
