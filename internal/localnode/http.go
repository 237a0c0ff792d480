package localnode

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/mysteriumvpn/desktop/tequilapi"
)

const maxRequest = 1 << 20

// handler is all of TequilAPI behind its filters.
func (n *Node) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthcheck", n.healthcheck)
	mux.HandleFunc("POST /stop", n.stop)
	mux.HandleFunc("GET /terms", n.getTerms)
	mux.HandleFunc("POST /terms", n.postTerms)
	mux.HandleFunc("GET /config/user", n.getConfig)
	mux.HandleFunc("POST /config/user", n.postConfig)
	mux.HandleFunc("GET /events/state", n.events)
	mux.HandleFunc("GET /config", n.getSettings)
	mux.HandleFunc("GET /config/default", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"data": defaults()})
	})
	mux.HandleFunc("GET /node/latest-release", func(w http.ResponseWriter, r *http.Request) { // the sandbox asks nobody
		refuse(w, r, http.StatusInternalServerError, "err_latest_release_information", "Could not fetch latest release information")
	})
	mux.HandleFunc("GET /nat/type", func(w http.ResponseWriter, _ *http.Request) { // the exits are on this computer
		answer(w, http.StatusOK, tequilapi.NAT{Type: tequilapi.NATNone})
	})
	n.sessionCalls(mux)
	n.moneyCalls(mux)
	n.identityCalls(mux)
	n.proposalCalls(mux)
	n.connectionCalls(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// There is no password on this port, so a web page must not reach it: neither by a name that its owner points
		// here, nor from a browser.
		if !local(r.Host) || r.Header.Get("Origin") != "" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		if _, pattern := mux.Handler(r); pattern == "" { // also a known path with another method, as in the real node
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte("404 page not found"))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
		mux.ServeHTTP(w, r)
	})
}

// local reports whether a Host header is an address or localhost.
func local(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil || host == "localhost"
}

func (n *Node) healthcheck(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, tequilapi.Health{
		Uptime: time.Since(n.started), PID: os.Getpid(), Version: n.o.Version,
		Build: tequilapi.Build{Branch: "<unknown>", Number: n.o.network()},
	})
}

// stop answers first: Serve lets requests that are under way end.
func (n *Node) stop(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusAccepted)
	n.end()
}

// answer writes JSON.
func answer(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own types all have a JSON
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

// refusal is an error as the node writes it.
type refusal struct {
	Error  reason `json:"error"`
	Status int    `json:"status"`
	Path   string `json:"path"`
}

type reason struct {
	Code    string                          `json:"code"`
	Message string                          `json:"message"`
	Detail  string                          `json:"detail,omitempty"`
	Fields  map[string]tequilapi.FieldError `json:"fields,omitempty"`
}

func refuse(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	refuseWith(w, r, status, reason{Code: code, Message: message})
}

func refuseWith(w http.ResponseWriter, r *http.Request, status int, why reason) {
	b, err := json.Marshal(refusal{why, status, (&url.URL{Path: r.URL.Path, RawQuery: r.URL.RawQuery}).String()})
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/vnd.mysterium.error+json")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

// read decodes a request's body, or answers that it cannot be.
func read(w http.ResponseWriter, r *http.Request, v any) bool {
	d := json.NewDecoder(r.Body)
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		refuse(w, r, http.StatusBadRequest, "parse_failed", "Could not parse request")
		return false
	}
	return true
}

// required answers that a field is missing, unless ok.
func required(w http.ResponseWriter, r *http.Request, field string, ok bool) bool {
	if !ok {
		invalid(w, r, field, "required", fmt.Sprintf("'%s' is required", field))
	}
	return ok
}

func invalid(w http.ResponseWriter, r *http.Request, field, code, text string) {
	const failed = "Request validation failed"
	refuseWith(w, r, http.StatusBadRequest, reason{
		Code: "validation_failed", Message: failed, Detail: fmt.Sprintf("%s: %s: %s [%s]", failed, field, text, code),
		Fields: map[string]tequilapi.FieldError{field: {Code: code, Message: text}},
	})
}
