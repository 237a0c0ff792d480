package core

import (
	"crypto/rand"
	"encoding/base32"
	"slices"
	"sync"
	"time"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// How much of the past is kept in memory.
const (
	mostStories = 50
	firstSteps  = 40 // of one story; with those that follow it is bounded
	lastSteps   = 80
)

// stories are the timelines of the newest connections. core's lane writes, anybody reads.
type stories struct {
	mu   sync.Mutex
	list []*vpn.Story // oldest first; a story's Steps are only appended to while it is told
}

// tell takes a status in. Only changes of phase, exit, attempt and cause make a step.
func (s *stories) tell(target vpn.Target, v vpn.Status, now time.Time) {
	if v.Connection == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	step := vpn.Step{At: now, Phase: v.Phase, Attempt: v.Attempt, Exit: v.Exit, Reason: v.Reason}
	n := len(s.list)
	if n == 0 || s.list[n-1].ID != v.Connection {
		if n > 0 && !s.list[n-1].Over() { // switched: what was before ends with it
			old := s.list[n-1]
			last := &old.Steps[len(old.Steps)-1]
			last.Took = now.Sub(last.At)
			old.Steps = append(old.Steps, vpn.Step{At: now, Phase: vpn.Down, Exit: last.Exit})
		}
		s.list = append(s.list, &vpn.Story{ID: v.Connection, Target: target, Begun: now, Steps: []vpn.Step{step}})
		if over := len(s.list) - mostStories; over > 0 {
			s.list = slices.Delete(s.list, 0, over)
		}
		return
	}
	story := s.list[n-1]
	last := &story.Steps[len(story.Steps)-1]
	if story.Over() || last.Phase == step.Phase && last.Exit == step.Exit && last.Attempt == step.Attempt && last.Reason == step.Reason {
		return
	}
	if step.Exit == (vpn.Exit{}) && step.Phase == vpn.Down {
		step.Exit = last.Exit // where it was, though nothing leaves there any more
	}
	last.Took = now.Sub(last.At)
	story.Steps = append(story.Steps, step)
	if len(story.Steps) > firstSteps+lastSteps {
		story.Steps = slices.Delete(story.Steps, firstSteps, firstSteps+1)
		story.Omitted++
	}
}

// all are copies, oldest first.
func (s *stories) all() []vpn.Story {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]vpn.Story, len(s.list))
	for i, t := range s.list {
		out[i] = *t
		out[i].Steps = slices.Clone(t.Steps)
	}
	return out
}

// Stories gives the timelines of the newest connections of this run, at most fifty, oldest first. The caller owns them.
func (c *Core) Stories() []vpn.Story { return c.stories.all() }

// newConnection makes an id for a connection: short enough to be read out, and no other one's in any log.
func newConnection() string {
	var b [5]byte
	_, _ = rand.Read(b[:]) // never fails
	return letters.EncodeToString(b[:])
}

// letters leaves out those that are taken for others.
var letters = base32.NewEncoding("abcdefghijkmnpqrstuvwxyz23456789").WithPadding(base32.NoPadding)
