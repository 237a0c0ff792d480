package tequilapi

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Session is one paid use of a proposal, from the node's history.
type Session struct {
	ID              string
	Direction       string // Consumed or Provided
	ConsumerID      string
	HermesID        string
	ProviderID      string
	ServiceType     string
	ConsumerCountry string
	ProviderCountry string
	CreatedAt       time.Time
	Duration        time.Duration
	BytesReceived   uint64
	BytesSent       uint64
	Tokens          Money
	Status          string // SessionNew or SessionCompleted
	IPType          string
}

// Words of a Session known today.
const (
	Consumed         = "Consumed"
	Provided         = "Provided"
	SessionNew       = "New" // for ever if the node died in it
	SessionCompleted = "Completed"
)

type sessionJSON struct {
	ID              string    `json:"id"`
	Direction       string    `json:"direction"`
	ConsumerID      string    `json:"consumer_id"`
	HermesID        string    `json:"hermes_id"`
	ProviderID      string    `json:"provider_id"`
	ServiceType     string    `json:"service_type"`
	ConsumerCountry string    `json:"consumer_country"`
	ProviderCountry string    `json:"provider_country"`
	CreatedAt       time.Time `json:"created_at"`
	Duration        int64     `json:"duration"` // seconds
	BytesReceived   uint64    `json:"bytes_received"`
	BytesSent       uint64    `json:"bytes_sent"`
	Tokens          Money     `json:"tokens"`
	Status          string    `json:"status"`
	IPType          string    `json:"ip_type"`
}

// MarshalJSON writes the node's spelling.
func (s Session) MarshalJSON() ([]byte, error) {
	return json.Marshal(sessionJSON{
		s.ID, s.Direction, s.ConsumerID, s.HermesID, s.ProviderID, s.ServiceType, s.ConsumerCountry, s.ProviderCountry,
		s.CreatedAt, int64(s.Duration / time.Second), s.BytesReceived, s.BytesSent, s.Tokens, s.Status, s.IPType,
	})
}

// UnmarshalJSON reads the node's spelling.
func (s *Session) UnmarshalJSON(b []byte) error {
	var w sessionJSON
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*s = Session{
		w.ID, w.Direction, w.ConsumerID, w.HermesID, w.ProviderID, w.ServiceType, w.ConsumerCountry, w.ProviderCountry,
		w.CreatedAt, seconds(w.Duration), w.BytesReceived, w.BytesSent, w.Tokens, w.Status, w.IPType,
	}
	return nil
}

// SessionQuery narrows the history. Fields that are zero ask for nothing.
type SessionQuery struct {
	From, To    time.Time // only the dates count
	Direction   string
	ConsumerID  string
	HermesID    string
	ProviderID  string
	ServiceType string
	Status      string
	Page        int // from 1
	PageSize    int // 50 if not set
}

// Values is the query as it travels.
func (q SessionQuery) Values() url.Values {
	v := url.Values{}
	for _, p := range [][2]string{
		{"direction", q.Direction},
		{"consumer_id", q.ConsumerID},
		{"hermes_id", q.HermesID},
		{"provider_id", q.ProviderID},
		{"service_type", q.ServiceType},
		{"status", q.Status},
	} {
		if p[1] != "" {
			v.Set(p[0], p[1])
		}
	}
	if !q.From.IsZero() {
		v.Set("date_from", q.From.Format(time.DateOnly))
	}
	if !q.To.IsZero() {
		v.Set("date_to", q.To.Format(time.DateOnly))
	}
	if q.Page != 0 {
		v.Set("page", strconv.Itoa(q.Page))
	}
	if q.PageSize != 0 {
		v.Set("page_size", strconv.Itoa(q.PageSize))
	}
	return v
}

// SessionPage is one page of the history, newest first.
type SessionPage struct {
	Items      []Session `json:"items"`
	Page       int       `json:"page"`
	PageSize   int       `json:"page_size"`
	TotalItems int       `json:"total_items"`
	TotalPages int       `json:"total_pages"`
}

// Sessions gets a page of the history; AllSessions goes through all of them. A page beyond the last is the last again.
func (c *Client) Sessions(ctx context.Context, q SessionQuery) (SessionPage, error) {
	var p SessionPage
	err := c.do(ctx, call{method: http.MethodGet, path: "/sessions", query: q.Values(), out: &p})
	return p, err
}

// AllSessions goes through the history, newest first, and asks for the next page when it is needed. It begins at
// q.Page. It ends with the first error, after having yielded it. A session that begins meanwhile moves the pages, so
// that another comes twice; that is left out here.
func (c *Client) AllSessions(ctx context.Context, q SessionQuery) iter.Seq2[Session, error] {
	return func(yield func(Session, error) bool) {
		seen := map[string]bool{}
		q := q // the loop may be run again
		for q.Page = max(1, q.Page); ; q.Page++ {
			p, err := c.Sessions(ctx, q)
			if err != nil {
				yield(Session{}, err)
				return
			}
			for _, s := range p.Items {
				if seen[s.ID] {
					continue
				}
				seen[s.ID] = true
				if !yield(s, nil) {
					return
				}
			}
			if len(p.Items) == 0 || q.Page >= p.TotalPages {
				return
			}
		}
	}
}
