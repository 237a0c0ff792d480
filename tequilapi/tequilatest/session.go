package tequilatest

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/mysteriumvpn/desktop/tequilapi"
)

// AddSessions puts sessions into the history, as those of an earlier life of the node.
func (n *Node) AddSessions(s ...tequilapi.Session) {
	n.change(func() {
		n.sessions = append(n.sessions, s...)
		slices.SortStableFunc(n.sessions, func(a, b tequilapi.Session) int { return a.CreatedAt.Compare(b.CreatedAt) })
	})
}

// beginSessionLocked writes the connection into the history.
func (n *Node) beginSessionLocked() {
	p := n.conn.Proposal
	n.sessions = append(n.sessions, tequilapi.Session{
		ID: n.conn.SessionID, Direction: tequilapi.Consumed, ConsumerID: n.conn.ConsumerID, HermesID: HermesID,
		ProviderID: p.ProviderID, ServiceType: p.ServiceType, ConsumerCountry: n.location.Country, ProviderCountry: p.Location.Country,
		CreatedAt: n.since.UTC().Truncate(time.Second), Status: tequilapi.SessionNew, IPType: p.Location.IPType,
	})
}

// endSessionLocked completes what beginSessionLocked began, if that is not done.
func (n *Node) endSessionLocked() {
	for i := range n.sessions {
		s := &n.sessions[i]
		if s.ID != n.conn.SessionID || s.Status != tequilapi.SessionNew {
			continue
		}
		c := n.statisticsLocked()
		s.Status = tequilapi.SessionCompleted
		s.BytesReceived, s.BytesSent, s.Tokens = c.BytesReceived, c.BytesSent, c.TokensSpent
		s.Duration = time.Since(n.since).Truncate(time.Second)
	}
}

// number reads a number of a query; it is false if the request was refused. So does date.
func number(w http.ResponseWriter, r *http.Request, key string, without int) (int, bool) {
	text := r.URL.Query().Get(key)
	if text == "" {
		return without, true
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		invalid(w, r, key, "Cannot parse "+key)
		return 0, false
	}
	return max(1, n), true
}

func date(w http.ResponseWriter, r *http.Request, key string, without time.Time) (time.Time, bool) {
	text := r.URL.Query().Get(key)
	if text == "" {
		return without, true
	}
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		invalid(w, r, key, "Cannot parse '"+key+"'")
		return at, false
	}
	return at, true
}

// span is the time that a query is about; from and to are what it is if the query does not say.
func span(w http.ResponseWriter, r *http.Request, from, to time.Time) (time.Time, time.Time, bool) {
	from, ok := date(w, r, "date_from", from)
	if !ok {
		return from, to, false
	}
	to, ok = date(w, r, "date_to", to)
	return from, to, ok
}

// pastLocked are the sessions that a query asks for, newest first.
func (n *Node) pastLocked(r *http.Request, from, to time.Time) []tequilapi.Session {
	q := r.URL.Query()
	is := func(key, have string) bool { return q.Get(key) == "" || q.Get(key) == have }
	out := []tequilapi.Session{}
	for _, s := range slices.Backward(n.sessions) {
		if is("direction", s.Direction) && is("consumer_id", s.ConsumerID) && is("hermes_id", s.HermesID) && is("provider_id", s.ProviderID) &&
			is("service_type", s.ServiceType) && is("status", s.Status) &&
			!s.CreatedAt.Before(from) && (to.IsZero() || s.CreatedAt.Before(to.AddDate(0, 0, 1))) {
			out = append(out, s)
		}
	}
	return out
}

func (n *Node) listSessions(w http.ResponseWriter, r *http.Request) {
	from, to, ok := span(w, r, time.Time{}, time.Time{})
	if !ok {
		return
	}
	size, ok := number(w, r, "page_size", 50)
	if !ok {
		return
	}
	page, ok := number(w, r, "page", 1)
	if !ok {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	all := n.pastLocked(r, from, to)
	pages := max(1, (len(all)+size-1)/size)
	page = min(page, pages) // a page beyond the last is the last
	items := all[(page-1)*size : min(page*size, len(all))]
	answer(w, http.StatusOK, tequilapi.SessionPage{Items: items, Page: page, PageSize: size, TotalItems: len(all), TotalPages: pages})
}

func sum(sessions []tequilapi.Session) tequilapi.SessionsStats {
	var out tequilapi.SessionsStats
	consumers := map[string]bool{}
	tokens := tequilapi.Money{}.Big()
	for _, s := range sessions {
		out.Count++
		consumers[s.ConsumerID] = true
		out.BytesReceived += s.BytesReceived
		out.BytesSent += s.BytesSent
		out.Duration += s.Duration
		tokens.Add(tokens, s.Tokens.Big())
	}
	out.Consumers = len(consumers)
	m, err := tequilapi.MoneyFromBig(tokens)
	if err != nil {
		panic("tequilatest: sessions that cost more MYST than there is")
	}
	out.Tokens = m
	return out
}

func (n *Node) sumSessions(w http.ResponseWriter, r *http.Request) {
	from, to, ok := span(w, r, time.Time{}, time.Time{})
	if !ok {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	answer(w, http.StatusOK, map[string]any{"stats": sum(n.pastLocked(r, from, to))})
}

func (n *Node) sumDays(w http.ResponseWriter, r *http.Request) {
	today := time.Now().UTC().Truncate(24 * time.Hour)
	from, to, ok := span(w, r, today.AddDate(0, 0, -30), today)
	if !ok {
		return
	}
	if to.Sub(from) > 10*366*24*time.Hour {
		panic("tequilatest: more than ten years by day")
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	out := tequilapi.DailyStats{Days: map[string]tequilapi.SessionsStats{}, Total: sum(n.pastLocked(r, from, to))}
	for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
		out.Days[day.Format(time.DateOnly)] = sum(n.pastLocked(r, day, day))
	}
	answer(w, http.StatusOK, out)
}
