package tequilapi

import (
	"bytes"
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

// AgreeTerms agrees, as a consumer, to a version of the terms. It is the user who agrees: call it when they did.
func (c *Client) AgreeTerms(ctx context.Context, version string) error {
	in := struct {
		AgreedConsumer bool   `json:"agreed_consumer"`
		AgreedVersion  string `json:"agreed_version"`
	}{true, version}
	return c.do(ctx, call{method: http.MethodPost, path: "/terms", in: in})
}

// Config is a tree of configuration keys. Numbers in it are json.Number: durations are nanoseconds, and do not fit a
// float64.
type Config map[string]any

// configJSON is how it travels.
type configJSON struct {
	Data Config `json:"data"`
}

func (c *configJSON) UnmarshalJSON(b []byte) error {
	type plain configJSON
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return d.Decode((*plain)(c))
}

// UserConfig gets the settings that were set over the node's defaults.
func (c *Client) UserConfig(ctx context.Context) (Config, error) {
	var w configJSON
	err := c.do(ctx, call{method: http.MethodGet, path: "/config/user", out: &w})
	return w.Data, err
}

// SetUserConfig merges keys into the user's settings and returns the result. A nil value deletes its key. The node
// keeps any key, also such as it does not know.
func (c *Client) SetUserConfig(ctx context.Context, change Config) (Config, error) {
	var w configJSON
	err := c.do(ctx, call{method: http.MethodPost, path: "/config/user", in: configJSON{change}, out: &w})
	return w.Data, err
}
