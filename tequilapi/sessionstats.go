package tequilapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// SessionsStats sums sessions up.
type SessionsStats struct {
	Count         int
	Consumers     int // how many different ones
	BytesReceived uint64
	BytesSent     uint64
	Duration      time.Duration
	Tokens        Money
}

type sessionsStatsJSON struct {
	Count         int    `json:"count"`
	Consumers     int    `json:"count_consumers"`
	BytesReceived uint64 `json:"sum_bytes_received"`
	BytesSent     uint64 `json:"sum_bytes_sent"`
	Duration      int64  `json:"sum_duration"` // seconds
	Tokens        Money  `json:"sum_tokens"`
}

// MarshalJSON writes the node's spelling.
func (s SessionsStats) MarshalJSON() ([]byte, error) {
	return json.Marshal(sessionsStatsJSON{s.Count, s.Consumers, s.BytesReceived, s.BytesSent, int64(s.Duration / time.Second), s.Tokens})
}

// UnmarshalJSON reads the node's spelling.
func (s *SessionsStats) UnmarshalJSON(b []byte) error {
	var w sessionsStatsJSON
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*s = SessionsStats{w.Count, w.Consumers, w.BytesReceived, w.BytesSent, seconds(w.Duration), w.Tokens}
	return nil
}

// SessionsStats sums the sessions of a query up; its pages do not matter.
func (c *Client) SessionsStats(ctx context.Context, q SessionQuery) (SessionsStats, error) {
	var w struct {
		Stats SessionsStats `json:"stats"`
	}
	q.Page, q.PageSize = 0, 0
	err := c.do(ctx, call{method: http.MethodGet, path: "/sessions/stats-aggregated", query: q.Values(), out: &w})
	return w.Stats, err
}

// DailyStats sums sessions up by day.
type DailyStats struct {
	Days  map[string]SessionsStats `json:"items"` // by date: "2026-11-01"; days without sessions are there too
	Total SessionsStats            `json:"stats"`
}

// DailyStats sums the sessions of a query up by day, of the last month if From and To are not set.
func (c *Client) DailyStats(ctx context.Context, q SessionQuery) (DailyStats, error) {
	var d DailyStats
	q.Page, q.PageSize = 0, 0
	err := c.do(ctx, call{method: http.MethodGet, path: "/sessions/stats-daily", query: q.Values(), out: &d})
	return d, err
}
