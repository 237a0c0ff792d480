package tequilatest

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/mysteriumvpn/desktop/tequilapi"
)

// offers filters by what tests use: provider, service type and country.
func (n *Node) offers(r *http.Request) []tequilapi.Proposal {
	n.mu.Lock()
	defer n.mu.Unlock()
	q := r.URL.Query()
	match := func(key, have string) bool { return q.Get(key) == "" || q.Get(key) == have }
	out := []tequilapi.Proposal{}
	for _, p := range n.proposals {
		if match("provider_id", p.ProviderID) && match("service_type", p.ServiceType) && match("location_country", p.Location.Country) {
			out = append(out, p)
		}
	}
	return out
}

func (n *Node) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	for {
		n.mu.Lock()
		changed := n.changed
		state := tequilapi.State{
			ServiceInfo: []json.RawMessage{}, Sessions: []tequilapi.Session{}, Channels: []json.RawMessage{},
			Consumer: tequilapi.Consumer{Connection: n.conn}, Identities: []tequilapi.Identity{},
		}
		if n.conn.Status == tequilapi.NotConnected { // GET keeps the old proposal; the stream does not
			state.Consumer.Connection = tequilapi.LiveConnection{Connection: tequilapi.Connection{Status: tequilapi.NotConnected}}
		}
		for _, i := range n.ids {
			state.Identities = append(state.Identities, i.viewLocked())
		}
		n.mu.Unlock()
		b, err := json.Marshal(tequilapi.Event{Type: tequilapi.StateChange, State: state})
		if err != nil {
			panic(err)
		}
		if _, err := fmt.Fprintf(w, "data: %s\n\n", b); err != nil {
			return
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}
