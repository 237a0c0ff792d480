package tequilapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// BitRate is a throughput in bits per second.
type BitRate uint64

// String is the rate in the unit that fits: "1.5 Mbit/s".
func (r BitRate) String() string {
	for _, u := range []struct {
		least BitRate
		name  string
	}{{1e9, "Gbit/s"}, {1e6, "Mbit/s"}, {1e3, "kbit/s"}} {
		if r >= u.least {
			return fmt.Sprintf("%.1f %s", float64(r)/float64(u.least), u.name)
		}
	}
	return fmt.Sprintf("%d bit/s", uint64(r))
}

// Statistics are the counters of one session.
type Statistics struct {
	BytesSent          uint64
	BytesReceived      uint64
	ThroughputSent     BitRate
	ThroughputReceived BitRate
	Duration           time.Duration
	TokensSpent        Money
}

type statisticsJSON struct {
	BytesSent          uint64  `json:"bytes_sent"`
	BytesReceived      uint64  `json:"bytes_received"`
	ThroughputSent     BitRate `json:"throughput_sent"`
	ThroughputReceived BitRate `json:"throughput_received"`
	Duration           int64   `json:"duration"` // seconds
	TokensSpent        Money   `json:"tokens_spent"`
	SpentTokens        Tokens  `json:"spent_tokens"`
}

// MarshalJSON writes the node's spelling.
func (s Statistics) MarshalJSON() ([]byte, error) {
	return json.Marshal(statisticsJSON{
		s.BytesSent, s.BytesReceived, s.ThroughputSent, s.ThroughputReceived,
		int64(s.Duration / time.Second), s.TokensSpent,
		Tokens{s.TokensSpent},
	})
}

// UnmarshalJSON reads the node's spelling.
func (s *Statistics) UnmarshalJSON(b []byte) error {
	var w statisticsJSON
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*s = Statistics{w.BytesSent, w.BytesReceived, w.ThroughputSent, w.ThroughputReceived, seconds(w.Duration), w.TokensSpent}
	return nil
}

// seconds guards against numbers that would overflow a Duration.
func seconds(n int64) time.Duration {
	const most = int64(1<<63-1) / int64(time.Second)
	return time.Duration(max(0, min(n, most))) * time.Second
}

// ConnectionStatistics gets the counters of a session by its SessionID; "" is that of the usual connection. A session
// the node does not know has zeros, and so has a proxy port, which is no session.
func (c *Client) ConnectionStatistics(ctx context.Context, session string) (Statistics, error) {
	var q url.Values
	if session != "" {
		q = url.Values{"id": {session}}
	}
	var s Statistics
	err := c.do(ctx, call{method: http.MethodGet, path: "/connection/statistics", query: q, out: &s})
	return s, err
}

// Traffic is how much a connection has carried.
type Traffic struct {
	BytesSent     uint64 `json:"bytes_sent"`
	BytesReceived uint64 `json:"bytes_received"`
}

// ConnectionTraffic gets what a connection has carried. The id is its ProxyPort, as for Connection.
func (c *Client) ConnectionTraffic(ctx context.Context, id int) (Traffic, error) {
	var t Traffic
	err := c.do(ctx, call{method: http.MethodGet, path: "/connection/traffic", query: connectionID(id), out: &t})
	return t, err
}
