package control

import (
	"net/http"
	"time"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// StoryDoc is one connection: what was asked for and all that came of it.
type StoryDoc struct {
	ID      string    `json:"id"`      // as in status and in the log
	Country string    `json:"country"` // what was asked for: ISO 3166-1 alpha-2; "" = any
	Asked   string    `json:"asked_provider_id"`
	Begun   time.Time `json:"begun"`
	Over    bool      `json:"over"`
	Omitted int       `json:"omitted"` // steps left out in the middle
	Steps   []StepDoc `json:"steps"`   // oldest first
}

// StepDoc is a time in which nothing changed.
type StepDoc struct {
	At      time.Time  `json:"at"`
	Seconds float64    `json:"seconds"` // how long it took; 0 = it lasts, or was over at once
	Phase   vpn.Phase  `json:"phase"`
	Attempt int        `json:"attempt"` // which try it is, from 1; 0 = none
	Exit    *ExitDoc   `json:"exit"`    // null = none was chosen
	Reason  *ReasonDoc `json:"reason"`  // null = there is nothing to explain
}

// StoryDocs makes documents of stories.
func StoryDocs(all []vpn.Story) []StoryDoc {
	out := make([]StoryDoc, 0, len(all))
	for _, s := range all {
		d := StoryDoc{ID: s.ID, Country: s.Target.Country, Asked: s.Target.ProviderID, Begun: s.Begun, Over: s.Over(), Omitted: s.Omitted}
		for _, step := range s.Steps {
			d.Steps = append(d.Steps, StepDoc{
				At: step.At, Seconds: step.Took.Round(time.Millisecond).Seconds(), Phase: step.Phase, Attempt: step.Attempt,
				Exit: exitDocOrNil(step.Exit), Reason: reasonDoc(step.Reason),
			})
		}
		out = append(out, d)
	}
	return out
}

func (s *server) timeline(w http.ResponseWriter, _ *http.Request) { answer(w, StoryDocs(s.stories())) }
