package localnode

import (
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"github.com/mysteriumvpn/desktop/tequilapi"
)

func (n *Node) connectionCalls(mux *http.ServeMux) {
	mux.HandleFunc("GET /connection", n.getConnection)
	mux.HandleFunc("PUT /connection", n.putConnection)
	mux.HandleFunc("DELETE /connection", n.deleteConnection)
	mux.HandleFunc("GET /connection/statistics", n.getStatistics)
	mux.HandleFunc("GET /connection/traffic", n.getTraffic)
	mux.HandleFunc("GET /connection/ip", func(w http.ResponseWriter, r *http.Request) {
		if n.o.Own != "" { // who would know is asked only by the user
			refuse(w, r, http.StatusServiceUnavailable, "err_get_ip", "Failed to get IP address: this node asks nobody for it")
			return
		}
		answer(w, http.StatusOK, map[string]string{"ip": n.address.String()})
	})
	// Whatever exit is chosen, the traffic leaves from this computer; where that is, the sandbox does not know and does
	// not make up.
	where := func(w http.ResponseWriter, _ *http.Request) {
		if n.o.Own != "" {
			answer(w, http.StatusOK, tequilapi.Location{})
			return
		}
		answer(w, http.StatusOK, tequilapi.Location{IP: n.address.String(), ISP: sandboxISP})
	}
	mux.HandleFunc("GET /connection/location", where)
	mux.HandleFunc("GET /location", where)
}

// connectionID reads ?id=, or answers that it is no number.
func connectionID(w http.ResponseWriter, r *http.Request) (id int, ok bool) {
	s := r.URL.Query().Get("id")
	if s == "" {
		return 0, true
	}
	id, err := strconv.Atoi(s)
	if err != nil {
		refuse(w, r, http.StatusBadRequest, "parse_failed", "Could not parse request")
	}
	return id, err == nil
}

func (n *Node) getConnection(w http.ResponseWriter, r *http.Request) {
	id, ok := connectionID(w, r)
	if !ok {
		return
	}
	view := tequilapi.Connection{Status: tequilapi.NotConnected}
	if id == 0 { // there is no other
		n.mu.Lock()
		view = n.view
		n.mu.Unlock()
	}
	answer(w, http.StatusOK, view)
}

// getStatistics takes the session's id, not the connection's, and answers zeros for others.
func (n *Node) getStatistics(w http.ResponseWriter, r *http.Request) {
	var now tequilapi.Statistics
	n.mu.Lock()
	if id := r.URL.Query().Get("id"); n.stats != nil && (id == "" || id == n.view.SessionID) {
		now = *n.stats
	}
	n.mu.Unlock()
	answer(w, http.StatusOK, now)
}

func (n *Node) getTraffic(w http.ResponseWriter, r *http.Request) {
	id, ok := connectionID(w, r)
	if !ok {
		return
	}
	var now tequilapi.Traffic
	n.mu.Lock()
	if n.stats != nil && id == 0 {
		now = tequilapi.Traffic{BytesSent: n.stats.BytesSent, BytesReceived: n.stats.BytesReceived}
	}
	n.mu.Unlock()
	answer(w, http.StatusOK, now)
}

// putConnection connects, and answers when that is done. The attempt goes on if the one who asked goes away.
func (n *Node) putConnection(w http.ResponseWriter, r *http.Request) {
	var in tequilapi.ConnectRequest
	if !read(w, r, &in) || !required(w, r, "consumer_id", in.ConsumerID != "") {
		return
	}
	dns, ok := parseDNS(in.DNS)
	if !ok {
		refuse(w, r, http.StatusBadRequest, "parse_failed", "Could not parse request")
		return
	}
	l, status, why := n.begin(&in, dns)
	if l == nil {
		refuseWith(w, r, status, why)
		return
	}
	select {
	case <-l.settled:
	case <-r.Context().Done():
		return
	}
	if l.err != nil {
		refuseWith(w, r, http.StatusInternalServerError, failed(l.err.Error()))
		return
	}
	answer(w, http.StatusCreated, l.result)
}

func failed(text string) reason {
	return reason{Code: "err_connect", Message: "Failed to connect: " + text}
}

// resolvers is what a connection uses for names.
type resolvers struct {
	exit  bool         // the exit's own
	addrs []netip.Addr // else these; none = the system's
}

func parseDNS(s string) (d resolvers, ok bool) {
	switch s {
	case "", "auto", "provider":
		return resolvers{exit: true}, true
	case "system":
		return resolvers{}, true
	}
	for part := range strings.SplitSeq(s, ",") {
		a, err := netip.ParseAddr(strings.TrimSpace(part))
		if err != nil {
			return resolvers{}, false
		}
		d.addrs = append(d.addrs, a)
	}
	return d, len(d.addrs) <= 8 // what a supervisor takes
}

// begin starts an attempt, or says why not; the order of the questions is the real node's.
func (n *Node) begin(r *tequilapi.ConnectRequest, dns resolvers) (l *link, status int, why reason) {
	n.mu.Lock()
	i := n.identityLocked(r.ConsumerID)
	n.mu.Unlock()
	if i == nil {
		return nil, http.StatusUnprocessableEntity, reason{
			Code:    "err_id_not_registered",
			Message: "Identity " + strconv.Quote(r.ConsumerID) + " is not registered. Please register the identity first",
		}
	}
	o := n.choose(r)
	n.change(func() {
		switch {
		case n.life.Err() != nil:
			status, why = http.StatusInternalServerError, failed("the node is stopping: context canceled")
			return
		case n.link != nil:
			status, why = http.StatusUnprocessableEntity, reason{Code: "err_connection_already_exists", Message: "Connection already exists"}
			return
		}
		n.used = true
		n.view = tequilapi.Connection{Status: tequilapi.NotConnected}
		switch {
		case r.ProxyPort != 0:
			status, why = http.StatusInternalServerError, failed("proxy ports are not supported by this node")
		case o == nil:
			status, why = http.StatusInternalServerError, failed("failed to lookup proposal: no providers available for the filter")
		case !n.unlocked[i.ID]:
			status, why = http.StatusInternalServerError, failed("unlock required")
		default:
			l = newLink(n.life, o, dns)
			n.link = l
			n.view = tequilapi.Connection{Status: tequilapi.Connecting, ConsumerID: i.ID, HermesID: n.hermes(), Proposal: &o.Proposal}
			n.runs.Go(func() { n.run(l) })
		}
	})
	return l, status, why
}

// deleteConnection ends the connection, or the attempt at one, and answers when all is undone. Where there is none it
// is an error, unless there never was one.
func (n *Node) deleteConnection(w http.ResponseWriter, r *http.Request) {
	id, ok := connectionID(w, r)
	if !ok {
		return
	}
	n.mu.Lock()
	l, used := n.link, n.used
	n.mu.Unlock()
	switch {
	case id != 0 && id != -1: // never used
	case l != nil:
		l.cancel()
		<-l.done // undoing has its own limit
	case used && id == 0:
		refuse(w, r, http.StatusUnprocessableEntity, "err_no_connection_exists", "No connection exists")
		return
	}
	w.WriteHeader(http.StatusAccepted)
}
