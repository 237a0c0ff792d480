package tunnel

import "time"

const (
	stallTick    = 250 * time.Millisecond // how often the counters are read
	probeTimeout = time.Second            // without an answer for this long, a probe is missed
	probeMisses  = 3
	silentLimit  = 15 * time.Second // WireGuard's own KeepaliveTimeout + RekeyTimeout: by then a live peer has spoken
	tickGapLimit = 5 * time.Second  // a longer pause between two ticks: the computer slept, and nothing is known
	thinProbes   = 3                // answers in a row to probes alone, after which larger packets may be lost
	thinAnswer   = 200              // bytes that the answer to a probe has at most, with WireGuard's own
	moveLimit    = 30 * time.Second // without a word from the exit, that moves excuse: some networks change all the time
	quietLimit   = 10 * time.Second // that a program may wait for more before the exit is asked whether it is there
)

// StallInfo says why a tunnel counts as stalled.
type StallInfo struct {
	Silent time.Duration // since the first packet that nothing came back for
	Misses int           // probes in a row that were not answered; 0 = this exit is not known to answer them
}

// counters are what the rule looks at. Those that count only grow.
type counters struct {
	sent     uint64 // packets of programs that went into the tunnel; WireGuard's own keepalives are not among them
	received uint64 // bytes from the exit, WireGuard's own included
	open     bool   // a program has a connection
	away     bool   // the computer has no network that leads to the exit
	moves    uint64 // how often it has got another
}

// verdict is what a step of the rule asks for.
type verdict struct {
	probe bool // send one now
	thin  bool // probes come back and nothing else does: what is larger than they are may be lost
	stall *StallInfo
	alive bool
}

// stall is the rule by which a tunnel counts as dead, with no clock and no goroutine of its own. Packets went out and
// not a byte came in: that may be a program that expects no answer, or an exit that is gone. So probes are sent, but
// they count only if this exit has answered one before, since many answer none. Three misses at 1 s, or 15 s without
// the keepalive that a live WireGuard peer owes for data, and it has stalled. Any byte received clears everything.
// Our own network gone counts for nothing: while no way leads to the exit nothing is asked, and what was silent when the
// network changed begins anew.
// A program that only receives sends nothing by which a dead exit would show: so while there are connections and all is
// quiet, an exit that is known to answer is asked now and then.
type stall struct {
	last    counters
	ticked  time.Time
	heardAt time.Time // when something came last; zero = not yet
	since   time.Time // likewise, or when the network came back; moves do not count
	silent  time.Time // since when packets are out that nothing came back for; zero = there are none
	probing bool      // one is on its way
	probed  bool      // since silent, at least once
	misses  int
	answers bool   // this exit has answered a probe
	asked   uint64 // bytes received when the one on its way was sent
	alone   int    // probes in a row whose answer was all that came
	stalled bool
}

// tick takes the counters as they are at now.
func (s *stall) tick(now time.Time, c counters) verdict {
	slept := !s.ticked.IsZero() && now.Sub(s.ticked) > tickGapLimit
	s.ticked = now
	sent, heard, moved := c.sent > s.last.sent, c.received > s.last.received, c.moves != s.last.moves
	s.last = c
	switch {
	case heard:
		s.heardAt, s.since = now, now
		if c.received-s.asked > thinAnswer {
			s.alone = 0
		}
		return s.heard()
	case c.received == 0:
		return verdict{} // the exit has never spoken: that is not a stall but a connection that was not made
	case slept || c.away: // what was silent before is not the exit's doing
		s.silent, s.misses, s.heardAt, s.since = time.Time{}, 0, now, now
	case moved && now.Sub(s.since) < moveLimit:
		s.silent, s.misses, s.heardAt = time.Time{}, 0, now
	}
	if c.away {
		return verdict{}
	}
	waiting := c.open && s.answers && !s.heardAt.IsZero() && now.Sub(s.heardAt) >= quietLimit
	if (sent || waiting) && s.silent.IsZero() {
		s.silent = now
	}
	if s.silent.IsZero() {
		return verdict{}
	}
	if !s.stalled && now.Sub(s.silent) >= silentLimit {
		return s.stall(now)
	}
	// An exit that is not known to answer gets one probe for each silence: so it can become known.
	if s.probing || s.probed && !s.answers {
		return verdict{}
	}
	s.probing, s.probed, s.asked = true, true, c.received
	return verdict{probe: true}
}

// answered says that the exit answered a probe; c are the counters now.
func (s *stall) answered(c counters) verdict {
	s.answers, s.probing = true, false
	if s.asked > 0 && c.received-s.asked <= thinAnswer {
		s.alone++
	} else {
		s.alone = 0
	}
	v := s.heard()
	if s.alone == thinProbes {
		s.alone, v.thin = 0, true
	}
	return v
}

// missed says that a probe was not answered in time; c are the counters at now.
func (s *stall) missed(now time.Time, c counters) verdict {
	s.probing = false
	if c.received > s.last.received {
		s.last = c
		return s.heard()
	}
	if s.silent.IsZero() || !s.answers || c.away {
		return verdict{}
	}
	s.misses++
	if !s.stalled && s.misses >= probeMisses {
		return s.stall(now)
	}
	s.probing = true
	return verdict{probe: true}
}

func (s *stall) heard() verdict {
	was := s.stalled
	s.silent, s.probed, s.misses, s.stalled = time.Time{}, false, 0, false
	return verdict{alive: was}
}

func (s *stall) stall(now time.Time) verdict {
	s.stalled = true
	return verdict{stall: &StallInfo{Silent: now.Sub(s.silent), Misses: s.misses}}
}
