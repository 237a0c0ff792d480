package tequilatest

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/mysteriumvpn/desktop/tequilapi"
)

const maxBody = 1 << 20

// handler is the node's filters around its calls.
func (n *Node) handler() http.Handler {
	mux := n.mux()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !localHost(r.Host) || r.Header.Get("Origin") != "" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		key := r.Method + " " + r.URL.Path
		n.mu.Lock()
		n.requests = append(n.requests, Request{r.Method, r.URL.Path, r.URL.RawQuery, string(body)})
		var fail *tequilapi.Error
		if left := n.fails[key]; len(left) > 0 {
			fail, n.fails[key] = left[0], left[1:]
		}
		n.mu.Unlock()
		if fail != nil {
			refuse(w, r, *fail)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func localHost(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return host == "localhost" || net.ParseIP(strings.Trim(host, "[]")) != nil
}

func (n *Node) mux() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthcheck", func(w http.ResponseWriter, _ *http.Request) {
		n.mu.Lock()
		h := n.health
		n.mu.Unlock()
		h.Uptime = time.Since(n.started)
		answer(w, http.StatusOK, h)
	})
	mux.HandleFunc("POST /stop", func(w http.ResponseWriter, _ *http.Request) {
		n.change(func() {
			select {
			case <-n.stopped:
			default:
				close(n.stopped)
			}
		})
		w.WriteHeader(http.StatusAccepted)
	})
	mux.HandleFunc("GET /terms", func(w http.ResponseWriter, _ *http.Request) {
		n.mu.Lock()
		defer n.mu.Unlock()
		answer(w, http.StatusOK, n.terms)
	})
	mux.HandleFunc("POST /terms", n.agree)
	mux.HandleFunc("GET /config/user", func(w http.ResponseWriter, _ *http.Request) {
		n.mu.Lock()
		defer n.mu.Unlock()
		answer(w, http.StatusOK, map[string]any{"data": n.config})
	})
	mux.HandleFunc("POST /config/user", n.configure)
	mux.HandleFunc("GET /identities", n.listIdentities)
	mux.HandleFunc("POST /identities", n.createIdentity)
	mux.HandleFunc("PUT /identities/current", n.useIdentity)
	mux.HandleFunc("PUT /identities/{id}/unlock", n.unlock)
	mux.HandleFunc("GET /identities/{id}", n.getIdentity)
	mux.HandleFunc("GET /identities/{id}/registration", n.getRegistration)
	mux.HandleFunc("GET /proposals", func(w http.ResponseWriter, r *http.Request) {
		answer(w, http.StatusOK, map[string]any{"proposals": n.offers(r)})
	})
	mux.HandleFunc("GET /proposals/countries", func(w http.ResponseWriter, r *http.Request) {
		count := map[string]int{}
		for _, p := range n.offers(r) {
			count[p.Location.Country]++
		}
		answer(w, http.StatusOK, count)
	})
	mux.HandleFunc("GET /proposals/filter-presets", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"items": []tequilapi.FilterPreset{{ID: 1, Name: "Media Streaming"}, {ID: 2, Name: "Browsing"}, {ID: 3, Name: "Download"}}})
	})
	mux.HandleFunc("GET /connection", func(w http.ResponseWriter, _ *http.Request) {
		n.mu.Lock()
		defer n.mu.Unlock()
		answer(w, http.StatusOK, n.conn.Connection)
	})
	mux.HandleFunc("PUT /connection", n.connect)
	mux.HandleFunc("DELETE /connection", n.disconnect)
	mux.HandleFunc("GET /connection/statistics", func(w http.ResponseWriter, _ *http.Request) {
		n.mu.Lock()
		defer n.mu.Unlock()
		var s tequilapi.Statistics
		if n.conn.Statistics != nil {
			s = *n.conn.Statistics
		}
		answer(w, http.StatusOK, s)
	})
	mux.HandleFunc("GET /connection/ip", func(w http.ResponseWriter, _ *http.Request) {
		n.mu.Lock()
		defer n.mu.Unlock()
		answer(w, http.StatusOK, map[string]string{"ip": n.location.IP})
	})
	where := func(w http.ResponseWriter, _ *http.Request) {
		n.mu.Lock()
		defer n.mu.Unlock()
		answer(w, http.StatusOK, n.location)
	}
	mux.HandleFunc("GET /connection/location", where)
	mux.HandleFunc("GET /location", where)
	mux.HandleFunc("GET /sessions", func(w http.ResponseWriter, _ *http.Request) {
		n.mu.Lock()
		defer n.mu.Unlock()
		answer(w, http.StatusOK, tequilapi.SessionPage{Items: append([]tequilapi.Session{}, n.sessions...), Page: 1, PageSize: 50, TotalItems: len(n.sessions), TotalPages: 1})
	})
	mux.HandleFunc("GET /events/state", n.events)
	return mux
}

func (n *Node) agree(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Consumer *bool  `json:"agreed_consumer"`
		Provider *bool  `json:"agreed_provider"`
		Version  string `json:"agreed_version"`
	}
	if !read(w, r, &in) {
		return
	}
	n.change(func() {
		if in.Consumer != nil {
			n.terms.AgreedConsumer = *in.Consumer
		}
		if in.Provider != nil {
			n.terms.AgreedProvider = *in.Provider
		}
		n.terms.AgreedVersion = in.Version
	})
	w.WriteHeader(http.StatusOK)
}

func (n *Node) configure(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Data map[string]any `json:"data"`
	}
	if !read(w, r, &in) {
		return
	}
	n.change(func() {
		for k, v := range in.Data {
			if v == nil {
				delete(n.config, k)
			} else {
				n.config[k] = v
			}
		}
		answer(w, http.StatusOK, map[string]any{"data": n.config})
	})
}

type passphrase struct {
	ID         string  `json:"id"`
	Passphrase *string `json:"passphrase"`
}

func (n *Node) listIdentities(w http.ResponseWriter, _ *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	refs := []map[string]string{}
	for _, i := range n.ids {
		refs = append(refs, map[string]string{"id": i.ID})
	}
	answer(w, http.StatusOK, map[string]any{"identities": refs})
}

func (n *Node) createIdentity(w http.ResponseWriter, r *http.Request) {
	var in passphrase
	if !read(w, r, &in) || !required(w, r, "passphrase", in.Passphrase != nil) {
		return
	}
	answer(w, http.StatusOK, map[string]string{"id": n.create(*in.Passphrase).ID})
}

func (n *Node) create(pass string) *identity {
	var b [20]byte
	_, _ = rand.Read(b[:])
	i := &identity{
		Identity:   tequilapi.Identity{ID: fmt.Sprintf("0x%x", b), Registration: tequilapi.Unregistered, HermesID: HermesID},
		passphrase: pass,
	}
	n.change(func() { n.ids = append(n.ids, i) })
	return i
}

func (n *Node) useIdentity(w http.ResponseWriter, r *http.Request) {
	var in passphrase
	if !read(w, r, &in) || !required(w, r, "passphrase", in.Passphrase != nil) {
		return
	}
	n.mu.Lock()
	i := n.identityLocked(in.ID)
	if in.ID == "" && len(n.ids) > 0 {
		i = n.ids[0]
	}
	n.mu.Unlock()
	if i == nil && in.ID == "" {
		i = n.create(*in.Passphrase)
	}
	if i == nil || i.passphrase != *in.Passphrase {
		refuse(w, r, tequilapi.Error{Status: http.StatusInternalServerError, Code: "err_to_id_use_or_create", Message: "Failed to use or create identity"})
		return
	}
	n.change(func() { i.unlocked = true })
	answer(w, http.StatusOK, map[string]string{"id": i.ID})
}

// find answers 404 if the identity in the path is not there.
func (n *Node) find(w http.ResponseWriter, r *http.Request) *identity {
	n.mu.Lock()
	defer n.mu.Unlock()
	i := n.identityLocked(r.PathValue("id"))
	if i == nil {
		refuse(w, r, tequilapi.Error{Status: http.StatusNotFound, Code: "not_found", Message: "Identity not found"})
	}
	return i
}

func (n *Node) unlock(w http.ResponseWriter, r *http.Request) {
	var in passphrase
	if !read(w, r, &in) || !required(w, r, "passphrase", in.Passphrase != nil) {
		return
	}
	i := n.find(w, r)
	switch {
	case i == nil:
	case i.passphrase != *in.Passphrase:
		refuse(w, r, tequilapi.Error{Status: http.StatusForbidden, Code: "err_id_unlock", Message: "Unlock failed"})
	default:
		n.change(func() { i.unlocked = true })
		w.WriteHeader(http.StatusAccepted)
	}
}

func (n *Node) getIdentity(w http.ResponseWriter, r *http.Request) {
	if i := n.find(w, r); i != nil {
		n.mu.Lock()
		defer n.mu.Unlock()
		answer(w, http.StatusOK, i.viewLocked())
	}
}

func (n *Node) getRegistration(w http.ResponseWriter, r *http.Request) {
	if i := n.find(w, r); i != nil {
		n.mu.Lock()
		defer n.mu.Unlock()
		answer(w, http.StatusOK, tequilapi.Registration{Status: i.Registration, Registered: i.Registration == tequilapi.Registered})
	}
}

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

// read decodes a request, or answers as the node does.
func read(w http.ResponseWriter, r *http.Request, v any) bool {
	if err := json.NewDecoder(r.Body).Decode(v); err != nil {
		refuse(w, r, tequilapi.Error{Status: http.StatusBadRequest, Code: "parse_failed", Message: "Could not parse request"})
		return false
	}
	return true
}

func required(w http.ResponseWriter, r *http.Request, field string, ok bool) bool {
	if !ok {
		text := fmt.Sprintf("'%s' is required", field)
		refuse(w, r, tequilapi.Error{
			Status: http.StatusBadRequest, Code: "validation_failed", Message: "Request validation failed",
			Detail: "Request validation failed: " + field + ": " + text + " [required]",
			Fields: map[string]tequilapi.FieldError{field: {Code: "required", Message: text}},
		})
	}
	return ok
}

func answer(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // a test gave a value that has no JSON
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

func refuse(w http.ResponseWriter, r *http.Request, e tequilapi.Error) {
	inner := map[string]any{"code": e.Code, "message": e.Message}
	if e.Detail != "" {
		inner["detail"] = e.Detail
	}
	if len(e.Fields) > 0 {
		inner["fields"] = e.Fields
	}
	b, err := json.Marshal(map[string]any{"error": inner, "status": e.Status, "path": r.URL.RequestURI()})
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/vnd.mysterium.error+json")
	w.WriteHeader(e.Status)
	_, _ = w.Write(b)
}
