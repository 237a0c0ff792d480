package leaks

import (
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"golang.org/x/sys/unix"
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
	seen      []int   // frames of shots, and of what they have led to, by kind
	sent      []int   // shots, by kind
	inside    []int   // shots that were sent while it was shut, by kind
	foreign   []frame // what must not be there
}

// judge goes through frames. Foreign is each that the allow-list does not name, if it is a shot that was sent while
// the firewall was shut, by its mark, or if it came while it was shut, whoever has sent it, by the clock.
func (v *volleys) judge(frames []frame, s *shutter, entries ...netip.AddrPort) verdict {
	v.mu.Lock()
	defer v.mu.Unlock()
	out := verdict{frames: len(frames), seen: make([]int, len(v.list)), inside: make([]int, len(v.list)), sent: make([]int, len(v.list))}
	for kind := range v.shots {
		out.sent[kind] = len(v.shots[kind])
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
		if kind, n, ok := v.whoseLocked(f); ok {
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

// TestTheVerdict: what the judge takes for foreign. It needs no root, and no storm.
func TestTheVerdict(t *testing.T) {
	at := func(ms int) time.Time { return time.Unix(1000, 0).Add(time.Duration(ms) * time.Millisecond) }
	var s shutter
	s.open(at(0)) // nobody has shut it
	s.shut(at(100))
	s.shut(at(150)) // it was already
	s.open(at(1000))
	s.shut(at(2000))
	shots := func(from, to int) *volleys {
		v := &volleys{list: sorts()}
		v.shots = make([][]shot, len(v.list))
		for kind := range v.list {
			v.shots[kind] = []shot{{at(from), at(to)}}
		}
		return v
	}
	mark := append([]byte(marked), 0, 0, 0, 0, 0)
	packet := func(seen int) frame {
		return frame{kind: unix.ETH_P_IP, proto: unix.IPPROTO_UDP, dst: site4, dport: 9, payload: mark, at: at(seen)}
	}
	syn := frame{kind: unix.ETH_P_IP, proto: unix.IPPROTO_TCP, dst: site4, dport: 80, sport: firstPort, payload: make([]byte, 12), at: at(1100)}
	for _, c := range []struct {
		what     string
		from, to int
		f        frame
		foreign  bool
	}{
		{"before", 50, 60, packet(60), false},
		{"while it is being shut", 99, 101, packet(120), false},
		{"while it is shut", 200, 201, packet(201), true},
		{"while it is shut, and seen later", 200, 201, packet(1100), true},
		{"at the user's wish", 999, 1001, packet(1001), false},
		{"after it", 1500, 1501, packet(1501), false},
		{"before, and seen long after", 50, 60, packet(300), true},
		{"while it is shut again", 2500, 2501, packet(2501), true},
		{"a SYN while it is shut", 200, 201, syn, true},
		{"a SYN while it is open", 1100, 1101, syn, false},
	} {
		v := shots(c.from, c.to).judge([]frame{c.f}, &s, entryA)
		assert.Equal(t, c.foreign, len(v.foreign) == 1, c.what)
	}
	other := frame{kind: unix.ETH_P_IP, proto: unix.IPPROTO_GRE, dst: site4, at: at(500)}
	assert.Len(t, shots(0, 1).judge([]frame{other}, &s).foreign, 1, "whoever has sent it")
	wg := frame{proto: unix.IPPROTO_UDP, dst: entryA.Addr(), dport: entryA.Port(), payload: append([]byte{4, 0, 0, 0}, make([]byte, 28)...), at: at(500)}
	assert.Empty(t, shots(0, 1).judge([]frame{wg}, &s, entryA).foreign)
	assert.Len(t, shots(0, 1).judge([]frame{wg}, &s, entryB).foreign, 1, "an exit that is not on the list")
}
