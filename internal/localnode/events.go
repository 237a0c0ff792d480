package localnode

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/mysteriumvpn/desktop/tequilapi"
)

// debounce is how long changes are gathered before the state is sent. States that are shorter are not seen, as in the
// real node.
const debounce = 200 * time.Millisecond

// events streams the whole state: at once, and then after each change.
func (n *Node) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	flush := http.NewResponseController(w)
	for {
		n.mu.Lock()
		changed := n.changed
		b, err := json.Marshal(tequilapi.Event{Type: tequilapi.StateChange, State: n.stateLocked()})
		n.mu.Unlock()
		if err == nil {
			_, err = fmt.Fprintf(w, "data: %s\n\n", b)
		}
		if err == nil {
			err = flush.Flush()
		}
		if err != nil {
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		case <-n.life.Done():
			return
		}
		t := time.NewTimer(debounce)
		select {
		case <-t.C:
		case <-r.Context().Done():
			t.Stop()
			return
		case <-n.life.Done():
			t.Stop()
			return
		}
	}
}

func (n *Node) stateLocked() tequilapi.State {
	s := tequilapi.State{
		ServiceInfo: []json.RawMessage{}, Sessions: []tequilapi.Session{}, // provided ones only: a consumer has none
		Identities: []tequilapi.Identity{}, Channels: []json.RawMessage{},
	}
	for _, i := range n.keys.Identities {
		s.Identities = append(s.Identities, n.viewLocked(i))
	}
	c := &s.Consumer.Connection
	c.Status = n.view.Status
	if c.Status != tequilapi.NotConnected { // GET /connection goes on to name the old proposal; the stream does not
		c.Connection = n.view
	}
	if n.stats != nil {
		now := *n.stats
		c.Statistics = &now
	}
	return s
}
