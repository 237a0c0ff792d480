package tequilatest

import (
	"bytes"
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
		n.mu.Lock()
		n.requests = append(n.requests, Request{r.Method, r.URL.Path, r.URL.RawQuery, string(body)})
		n.mu.Unlock()
		fail, ok := n.meet(r)
		switch {
		case !ok: // the caller has gone
		case fail != nil:
			refuse(w, r, *fail)
		case n.letIn(w, r):
			mux.ServeHTTP(w, r)
		}
	})
}

func localHost(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return host == "localhost" || net.ParseIP(strings.Trim(host, "[]")) != nil
}

// show answers with a value that is read under the lock.
func (n *Node) show(value func() any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		n.mu.Lock()
		defer n.mu.Unlock()
		answer(w, http.StatusOK, value())
	}
}

func (n *Node) mux() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthcheck", n.show(func() any {
		h := n.health
		h.Uptime = time.Since(n.started)
		return h
	}))
	mux.HandleFunc("POST /stop", n.stop)
	mux.HandleFunc("GET /terms", n.show(func() any { return n.terms }))
	mux.HandleFunc("POST /terms", n.agree)
	mux.HandleFunc("GET /config", n.show(func() any { return n.settingsLocked() }))
	mux.HandleFunc("GET /config/default", n.show(func() any { return map[string]any{"data": defaults()} }))
	mux.HandleFunc("GET /config/user", n.show(func() any { return map[string]any{"data": n.config} }))
	mux.HandleFunc("POST /config/user", n.configure)
	mux.HandleFunc("GET /config/ui/features", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /node/latest-release", n.latestRelease)
	mux.HandleFunc("GET /nat/type", n.natType)
	mux.HandleFunc("POST /auth/authenticate", n.login)
	mux.HandleFunc("POST /auth/login", n.login)
	mux.HandleFunc("PUT /auth/password", n.setPassword)
	mux.HandleFunc("DELETE /auth/logout", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /feedback/issue", n.feedback(http.StatusOK, map[string]string{"issue_id": "1"}))
	mux.HandleFunc("POST /feedback/bug-report", n.feedback(http.StatusOK, tequilapi.BugReport{Message: "report 1"}))
	mux.HandleFunc("POST /feedback/issue/intercom", n.feedback(http.StatusCreated, nil))

	mux.HandleFunc("GET /identities", n.listIdentities)
	mux.HandleFunc("POST /identities", n.createIdentity)
	mux.HandleFunc("PUT /identities/current", n.useIdentity)
	mux.HandleFunc("POST /identities/export", n.exportIdentity)
	mux.HandleFunc("POST /identities-import", n.importIdentity)
	mux.HandleFunc("PUT /identities/{id}/unlock", n.unlock)
	mux.HandleFunc("GET /identities/{id}", n.getIdentity)
	mux.HandleFunc("GET /identities/{id}/status", n.getIdentity)
	mux.HandleFunc("GET /identities/{id}/registration", n.getRegistration)
	mux.HandleFunc("PUT /identities/{id}/balance/refresh", n.refreshBalance)
	mux.HandleFunc("POST /identities/{id}/register", n.register)
	mux.HandleFunc("GET /identities/{id}/eligibility", n.show(func() any { return map[string]bool{"eligible": n.free} }))
	mux.HandleFunc("GET /v2/transactor/fees", n.show(func() any {
		f := n.fees
		f.ServerTime = time.Now().UTC()
		return f
	}))

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
	mux.HandleFunc("GET /proposals/filter-presets", n.show(func() any {
		return map[string]any{"items": []tequilapi.FilterPreset{{ID: 1, Name: "Media Streaming"}, {ID: 2, Name: "Browsing"}, {ID: 3, Name: "Download"}}}
	}))
	mux.HandleFunc("GET /access-policies", n.show(func() any { return map[string]any{"entries": []tequilapi.AccessList{}} }))
	mux.HandleFunc("GET /prices/current", n.currentPrice)
	mux.HandleFunc("GET /v2/prices/current", n.show(func() any { return prices() }))
	mux.HandleFunc("GET /exchange/myst/{currency}", n.exchange)
	mux.HandleFunc("GET /entertainment", n.estimate)

	mux.HandleFunc("GET /connection", n.show(func() any { return n.conn.Connection }))
	mux.HandleFunc("PUT /connection", n.connect)
	mux.HandleFunc("DELETE /connection", n.disconnect)
	mux.HandleFunc("GET /connection/statistics", n.show(func() any { return n.statisticsLocked() }))
	mux.HandleFunc("GET /connection/traffic", n.show(func() any {
		s := n.statisticsLocked()
		return tequilapi.Traffic{BytesSent: s.BytesSent, BytesReceived: s.BytesReceived}
	}))
	where := n.show(func() any { return n.location })
	ip := n.show(func() any { return map[string]string{"ip": n.location.IP} })
	mux.HandleFunc("GET /location", where)
	mux.HandleFunc("GET /connection/location", where)
	mux.HandleFunc("GET /connection/ip", ip)
	mux.HandleFunc("GET /connection/proxy/location", where)
	mux.HandleFunc("GET /connection/proxy/ip", ip)

	mux.HandleFunc("GET /sessions", n.listSessions)
	mux.HandleFunc("GET /sessions/stats-aggregated", n.sumSessions)
	mux.HandleFunc("GET /sessions/stats-daily", n.sumDays)

	mux.HandleFunc("GET /v2/payment-order-gateways", n.show(func() any { return n.gateways }))
	mux.HandleFunc("POST /v2/identities/{id}/{gateway}/payment-order", n.createOrder)
	mux.HandleFunc("GET /v2/identities/{id}/payment-order", n.listOrders)
	mux.HandleFunc("GET /v2/identities/{id}/payment-order/{order}", n.getOrder)
	mux.HandleFunc("GET /v2/identities/{id}/registration-payment", n.registrationPaid)
	mux.HandleFunc("GET /events/state", n.events)
	return mux
}

func (n *Node) statisticsLocked() tequilapi.Statistics {
	if n.conn.Statistics == nil {
		return tequilapi.Statistics{}
	}
	return *n.conn.Statistics
}
