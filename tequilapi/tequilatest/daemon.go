package tequilatest

import (
	"crypto/rand"
	"maps"
	"net/http"
	"net/mail"
	"strings"
	"time"

	"github.com/mysteriumvpn/desktop/tequilapi"
)

func (n *Node) stop(w http.ResponseWriter, _ *http.Request) {
	n.change(func() {
		select {
		case <-n.stopped:
		default:
			close(n.stopped)
		}
	})
	w.WriteHeader(http.StatusAccepted)
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

// defaults are a few of the real node's settings.
func defaults() map[string]any {
	return map[string]any{"auto-reconnect": false, "chain-id": 137, "default-currency": "MYST", "keep-connected-on-fail": false}
}

func (n *Node) settingsLocked() any {
	all := defaults()
	maps.Copy(all, n.config)
	return map[string]any{"data": all}
}

func (n *Node) configure(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Data tequilapi.Config `json:"data"`
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

func (n *Node) latestRelease(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.latest == "" {
		refuse(w, r, tequilapi.Error{Status: http.StatusInternalServerError, Code: "err_latest_release_information", Message: "Could not fetch latest release information"})
		return
	}
	answer(w, http.StatusOK, map[string]string{"version": n.latest})
}

func (n *Node) natType(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.nat == (tequilapi.NAT{}) {
		refuse(w, r, tequilapi.Error{Status: http.StatusInternalServerError, Code: "err_nat_probe", Message: "NAT probe failed"})
		return
	}
	answer(w, http.StatusOK, n.nat)
}

// door knows who may call a node.
type door struct {
	username, password string
	tokens             map[string]bool
	closed             bool // a token is asked for
}

// letIn checks the token of a node that is secured.
func (n *Node) letIn(w http.ResponseWriter, r *http.Request) bool {
	switch r.URL.Path {
	case "/auth/authenticate", "/auth/login", "/healthcheck", "/config/ui/features":
		return true
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case !n.door.closed:
		return true
	case !ok || token == "":
		w.WriteHeader(http.StatusBadRequest)
	case !n.door.tokens[token]:
		w.WriteHeader(http.StatusUnauthorized)
	default:
		return true
	}
	return false
}

func unauthorized(w http.ResponseWriter, r *http.Request) {
	refuse(w, r, tequilapi.Error{Status: http.StatusUnauthorized, Code: "shall_not_pass", Message: "Unauthorized"})
}

func (n *Node) login(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Username string `json:"username"`
		Password string `json:"password"`
	}
	if !read(w, r, &in) {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if in.Username != n.door.username || in.Password != n.door.password {
		unauthorized(w, r)
		return
	}
	t := tequilapi.Token{Token: rand.Text(), ExpiresAt: time.Now().UTC().Add(48 * time.Hour).Truncate(time.Second)}
	if n.door.tokens == nil {
		n.door.tokens = map[string]bool{}
	}
	n.door.tokens[t.Token] = true
	answer(w, http.StatusOK, t)
}

func (n *Node) setPassword(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Username string `json:"username"`
		Old      string `json:"old_password"`
		New      string `json:"new_password"`
	}
	if !read(w, r, &in) {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if in.Username != n.door.username || in.Old != n.door.password {
		unauthorized(w, r)
		return
	}
	n.door.password = in.New
}

// feedback takes a report, which Requests shows, and sends it nowhere.
func (n *Node) feedback(status int, out any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in tequilapi.SupportReport
		if !read(w, r, &in) || !required(w, r, "email", in.Email != "") {
			return
		}
		if _, err := mail.ParseAddress(in.Email); err != nil {
			invalid(w, r, "email", "Invalid email address")
			return
		}
		if len(strings.TrimSpace(in.Description)) < 30 {
			invalid(w, r, "description", "Description too short. Provide at least 30 character long description.")
			return
		}
		if out == nil {
			w.WriteHeader(status)
			return
		}
		answer(w, status, out)
	}
}
