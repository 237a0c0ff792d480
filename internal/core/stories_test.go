package core

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

func phasesOf(s vpn.Story) (out []string) {
	for _, step := range s.Steps {
		out = append(out, step.Phase.String())
	}
	return out
}

// TestOneIDRunsFromTheClickToTheTunnel: the phases, what is asked of the node and what the supervisor does carry it.
func TestOneIDRunsFromTheClickToTheTunnel(t *testing.T) {
	inRig(t, func(r *rig) {
		r.running()
		r.connect(vpn.Target{Country: "DE"})
		id := r.topics.Status.Load().Connection
		require.Len(t, id, 8)
		assert.Equal(t, []string{"", id}, r.live)
		r.wish(vpn.Disconnect)
		assert.Equal(t, []string{"", id, ""}, r.live)

		said := map[string]bool{}
		for _, e := range r.log.All() {
			name := e.Message
			if m := e.ContextMap()["method"]; m != nil {
				name = fmt.Sprint(m, " ", e.ContextMap()["path"])
			}
			if e.ContextMap()["connection"] == id {
				said[name] = true
			} else if e.ContextMap()["from"] != "unknown" { // before the click
				assert.NotContains(t, []string{"phase", "dial", "tunnel up"}, name, e.ContextMap())
			}
		}
		for _, want := range []string{"phase", "dial", "tunnel up", "PUT /connection", "DELETE /connection", "PUT /identities/current"} {
			assert.True(t, said[want], "%s in %v", want, said)
		}

		r.connect(vpn.Target{Country: "DE"})
		assert.NotEqual(t, id, r.topics.Status.Load().Connection, "each wish has its own")
		second := r.topics.Status.Load().Connection
		r.connect(vpn.Target{Country: "DE"})
		assert.Equal(t, second, r.topics.Status.Load().Connection, "but one that is met already has none")
	})
}

func TestAConnectionsPhasesAreRemembered(t *testing.T) {
	inRig(t, func(r *rig) {
		r.running()
		r.connect(vpn.Target{Country: "DE"})
		r.pass(time.Minute)
		r.wish(vpn.Disconnect)
		all := r.core.Stories()
		require.Len(t, all, 1)
		s := all[0]
		assert.Equal(t, r.topics.Status.Load().Connection, s.ID)
		assert.Equal(t, vpn.Target{Country: "DE"}, s.Target)
		assert.Equal(t, "up closing down", fmt.Sprintf("%s %s %s", s.Steps[len(s.Steps)-3].Phase, s.Steps[len(s.Steps)-2].Phase, s.Last().Phase))
		up := s.Steps[len(s.Steps)-3]
		assert.Equal(t, time.Minute, up.Took)
		assert.Equal(t, "0xde1", s.Last().Exit.ProviderID)
		assert.True(t, s.Over())

		r.connect(vpn.Target{Country: "DE"})
		r.connect(vpn.Target{Country: "NL"})
		all = r.core.Stories()
		require.Len(t, all, 3)
		assert.True(t, all[1].Over(), "a switch ends what was before: %v", phasesOf(all[1]))
		assert.Equal(t, vpn.Up, all[2].Last().Phase)
		assert.Equal(t, "NL", all[2].Last().Exit.Country)
	})
}

func TestStoriesAreBounded(t *testing.T) {
	var s stories
	at := time.Unix(0, 0)
	tell := func(id int, p vpn.Phase, attempt int) {
		at = at.Add(time.Second)
		s.tell(vpn.Target{}, vpn.Status{Connection: fmt.Sprint(id), Phase: p, Attempt: attempt}, at)
	}
	s.tell(vpn.Target{}, vpn.Status{Phase: vpn.Down}, at)
	assert.Empty(t, s.all(), "nothing was asked for")
	for id := range 60 {
		tell(id, vpn.Finding, 1)
		tell(id, vpn.Failed, 0)
		tell(id, vpn.Failed, 0)
		tell(id, vpn.Down, 0)
	}
	all := s.all()
	require.Len(t, all, mostStories)
	assert.Equal(t, "10", all[0].ID)
	assert.Equal(t, []string{"finding", "failed"}, phasesOf(all[0]), "what comes after the end is of no story")
	for i := range 500 {
		tell(100, vpn.Reconnecting, i)
	}
	last := s.all()[mostStories-1]
	assert.Len(t, last.Steps, firstSteps+lastSteps)
	assert.Equal(t, 500-firstSteps-lastSteps, last.Omitted)
	assert.Equal(t, 0, last.Steps[0].Attempt)
	assert.Equal(t, 499, last.Last().Attempt)
	assert.Equal(t, time.Second, last.Steps[3].Took)
}
