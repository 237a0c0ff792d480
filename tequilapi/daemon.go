package tequilapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Health is what a running node says of itself.
type Health struct {
	Uptime  time.Duration
	PID     int
	Version string
	Build   Build
}

// Build says what a node was built from.
type Build struct {
	Commit string `json:"commit"`
	Branch string `json:"branch"`
	Number string `json:"build_number"`
}

type healthJSON struct {
	Uptime    string `json:"uptime"`
	Process   int    `json:"process"`
	Version   string `json:"version"`
	BuildInfo Build  `json:"build_info"`
}

// MarshalJSON writes the node's spelling.
func (h Health) MarshalJSON() ([]byte, error) {
	return json.Marshal(healthJSON{h.Uptime.String(), h.PID, h.Version, h.Build})
}

// UnmarshalJSON reads it, and refuses an object without process and version: whatever sent that is not a node.
func (h *Health) UnmarshalJSON(b []byte) error {
	var w healthJSON
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	up, err := time.ParseDuration(w.Uptime)
	if err != nil {
		return fmt.Errorf("uptime: %w", err)
	}
	if w.Process <= 0 || w.Version == "" {
		return fmt.Errorf("healthcheck without process and version")
	}
	*h = Health{up, w.Process, w.Version, w.BuildInfo}
	return nil
}

// Healthcheck asks whether the node is up. It takes at most two seconds.
func (c *Client) Healthcheck(ctx context.Context) (Health, error) {
	var h Health
	err := c.do(ctx, call{method: http.MethodGet, path: "/healthcheck", out: &h, timeout: min(healthTimeout, c.timeout)})
	return h, err
}

// Stop asks the node to disconnect and end. It returns when the node has heard it, not when it is gone.
func (c *Client) Stop(ctx context.Context) error {
	return c.do(ctx, call{method: http.MethodPost, path: "/stop"})
}

// Terms says which terms and conditions were agreed to, and which are current.
type Terms struct {
	AgreedProvider bool   `json:"agreed_provider"`
	AgreedConsumer bool   `json:"agreed_consumer"`
	AgreedVersion  string `json:"agreed_version"`
	CurrentVersion string `json:"current_version"`
}

// Terms gets the state of the terms and conditions.
func (c *Client) Terms(ctx context.Context) (Terms, error) {
	var t Terms
	err := c.do(ctx, call{method: http.MethodGet, path: "/terms", out: &t})
	return t, err
}

// AgreeTerms agrees, as a consumer, to a version of the terms, such as Terms.CurrentVersion. It is the user who agrees:
// call it when they did.
func (c *Client) AgreeTerms(ctx context.Context, version string) error {
	in := struct {
		AgreedConsumer bool   `json:"agreed_consumer"`
		AgreedVersion  string `json:"agreed_version"`
	}{true, version}
	return c.do(ctx, call{method: http.MethodPost, path: "/terms", in: in})
}

// LatestRelease asks which release of the node is the newest. ErrLatestRelease means that the node could not find out.
func (c *Client) LatestRelease(ctx context.Context) (version string, err error) {
	var w struct {
		Version string `json:"version"`
	}
	err = c.do(ctx, call{method: http.MethodGet, path: "/node/latest-release", out: &w, timeout: slowTimeout})
	return w.Version, err
}

// NAT is how the network between the node and the world treats it.
type NAT struct {
	Type  string `json:"type"`            // one of the words below, or one of a later node
	Error string `json:"error,omitempty"` // why it was not found out
}

// The types of NAT known today, the easiest to get through first.
const (
	NATNone               = "none"
	NATFullCone           = "fullcone"
	NATRestrictedCone     = "rcone"
	NATPortRestrictedCone = "prcone"
	NATSymmetric          = "symmetric"
)

// NATType finds out the type of NAT, with the help of servers, which takes seconds. ErrNATProbe means that none
// answered.
func (c *Client) NATType(ctx context.Context) (NAT, error) {
	var n NAT
	err := c.do(ctx, call{method: http.MethodGet, path: "/nat/type", out: &n, timeout: slowTimeout})
	return n, err
}
