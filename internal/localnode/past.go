package localnode

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/mysteriumvpn/desktop/tequilapi"
)

// The history as the API shows it: a list with pages, and sums.
func (n *Node) sessionCalls(mux *http.ServeMux) {
	mux.HandleFunc("GET /sessions", n.listSessions)
	mux.HandleFunc("GET /sessions/stats-aggregated", n.sumSessions)
	mux.HandleFunc("GET /sessions/stats-daily", n.sumDays)
}

// dates reads the days that a request is about, or answers what is wrong. from and to are what they are if it does not
// say.
func dates(w http.ResponseWriter, r *http.Request, from, to time.Time) (time.Time, time.Time, bool) {
	for k, v := range map[string]*time.Time{"date_from": &from, "date_to": &to} {
		if s := r.URL.Query().Get(k); s != "" {
			d, err := time.Parse(time.DateOnly, s)
			if err != nil {
				invalid(w, r, k, "invalid_value", "Cannot parse '"+k+"'")
				return from, to, false
			}
			*v = d
		}
	}
	return from, to, true
}

// past lists the sessions that a request asks for, newest first.
func (n *Node) past(r *http.Request, from, to time.Time) []tequilapi.Session {
	q := r.URL.Query()
	is := func(key, have string) bool { return q.Get(key) == "" || q.Get(key) == have }
	found := []tequilapi.Session{}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range slices.Backward(n.history) {
		if is("direction", s.Direction) && is("consumer_id", s.ConsumerID) && is("hermes_id", s.HermesID) && is("provider_id", s.ProviderID) &&
			is("service_type", s.ServiceType) && is("status", s.Status) &&
			!s.CreatedAt.Before(from) && (to.IsZero() || s.CreatedAt.Before(to.AddDate(0, 0, 1))) {
			found = append(found, s)
		}
	}
	return found
}

func (n *Node) listSessions(w http.ResponseWriter, r *http.Request) {
	page, size := 1, 50
	for k, v := range map[string]*int{"page": &page, "page_size": &size} {
		if s := r.URL.Query().Get(k); s != "" {
			i, err := strconv.Atoi(s)
			if err != nil {
				invalid(w, r, k, "invalid_value", "Cannot parse "+k)
				return
			}
			*v = max(1, i)
		}
	}
	from, to, ok := dates(w, r, time.Time{}, time.Time{})
	if !ok {
		return
	}
	found := n.past(r, from, to)
	step := min(size, len(found)+1) // so that no product overflows
	all := tequilapi.SessionPage{PageSize: size, TotalItems: len(found), TotalPages: max(1, (len(found)+step-1)/step)}
	all.Page = min(page, all.TotalPages) // a page beyond the last is the last, as in the real node
	first := (all.Page - 1) * step
	all.Items = found[first:min(first+step, len(found))]
	answer(w, http.StatusOK, all)
}

func sum(sessions []tequilapi.Session) tequilapi.SessionsStats {
	var out tequilapi.SessionsStats
	consumers := map[string]bool{}
	for _, s := range sessions {
		out.Count++
		consumers[s.ConsumerID] = true
		out.BytesReceived += s.BytesReceived
		out.BytesSent += s.BytesSent
		out.Duration += s.Duration
		out.Tokens = add(out.Tokens, s.Tokens)
	}
	out.Consumers = len(consumers)
	return out
}

func (n *Node) sumSessions(w http.ResponseWriter, r *http.Request) {
	if from, to, ok := dates(w, r, time.Time{}, time.Time{}); ok {
		answer(w, http.StatusOK, map[string]any{"stats": sum(n.past(r, from, to))})
	}
}

// mostDays is how many days are summed up at most: whoever asks for more gets the last ones.
const mostDays = 366

func (n *Node) sumDays(w http.ResponseWriter, r *http.Request) {
	today := time.Now().UTC().Truncate(24 * time.Hour)
	from, to, ok := dates(w, r, today.AddDate(0, 0, -30), today)
	if !ok {
		return
	}
	if least := to.AddDate(0, 0, 1-mostDays); from.Before(least) {
		from = least
	}
	found := n.past(r, from, to)
	byDay := map[string][]tequilapi.Session{}
	for _, s := range found {
		key := s.CreatedAt.UTC().Format(time.DateOnly)
		byDay[key] = append(byDay[key], s)
	}
	out := tequilapi.DailyStats{Days: map[string]tequilapi.SessionsStats{}, Total: sum(found)}
	for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
		key := day.Format(time.DateOnly)
		out.Days[key] = sum(byDay[key])
	}
	answer(w, http.StatusOK, out)
}
