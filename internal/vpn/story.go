package vpn

import "time"

// Story is the timeline of one connection: a wish to be connected and all that came of it. core keeps the newest ones in
// memory, for whoever asks why it took so long or why it broke; they travel on no topic. It names where the user went, so
// it is personal: it is shown and never counted.
type Story struct {
	ID      string    // as in Status.Connection and in the log
	Target  Target    // what was asked for
	Begun   time.Time // when
	Steps   []Step    // oldest first, at least one; frozen
	Omitted int       // steps left out between the first and the last ones, of a connection that broke very often
}

// Step is a time in which nothing changed.
type Step struct {
	At      time.Time     // when it began
	Took    time.Duration // 0 = it lasts, or was over at once
	Phase   Phase
	Attempt int    // as in Status
	Exit    Exit   // likewise
	Reason  Reason // likewise
}

// Over reports whether the story has come to its end.
func (s Story) Over() bool {
	switch s.Steps[len(s.Steps)-1].Phase {
	case Down, Failed:
		return true
	default:
		return false
	}
}

// Last is the step that the story has come to.
func (s Story) Last() Step { return s.Steps[len(s.Steps)-1] }
