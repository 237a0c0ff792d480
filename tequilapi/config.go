package tequilapi

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
)

// Config is a tree of configuration keys. Numbers in it are json.Number: durations are nanoseconds and amounts are wei,
// and neither fits a float64.
type Config map[string]any

// UnmarshalJSON keeps every digit.
func (c *Config) UnmarshalJSON(b []byte) error {
	type plain Config
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return d.Decode((*plain)(c))
}

// configJSON is how it travels.
type configJSON struct {
	Data Config `json:"data"`
}

func (c *Client) config(ctx context.Context, path string) (Config, error) {
	var w configJSON
	err := c.do(ctx, call{method: http.MethodGet, path: path, out: &w})
	return w.Data, err
}

// Config gets all settings as they count: the node's defaults, its command line, and the user's over them.
func (c *Client) Config(ctx context.Context) (Config, error) { return c.config(ctx, "/config") }

// DefaultConfig gets the node's defaults.
func (c *Client) DefaultConfig(ctx context.Context) (Config, error) {
	return c.config(ctx, "/config/default")
}

// UserConfig gets the settings that were set over the node's defaults.
func (c *Client) UserConfig(ctx context.Context) (Config, error) {
	return c.config(ctx, "/config/user")
}

// SetUserConfig merges keys into the user's settings and returns the result. A nil value deletes its key. The node
// keeps any key, also such as it does not know; "keep-connected-on-fail" and "auto-reconnect" count at once, most others
// when the node starts again. The node keeps numbers as floating point: a whole one above 2^53 does not come back as it was,
// so give it as text. ErrConfigSave means that its file could not be written.
func (c *Client) SetUserConfig(ctx context.Context, change Config) (Config, error) {
	var w configJSON
	err := c.do(ctx, call{method: http.MethodPost, path: "/config/user", in: configJSON{change}, out: &w})
	return w.Data, err
}

// UIFeatures lists what the node's web page is told to show; often nothing.
func (c *Client) UIFeatures(ctx context.Context) ([]string, error) {
	var text []byte
	if err := c.do(ctx, call{method: http.MethodGet, path: "/config/ui/features", raw: &text}); err != nil {
		return nil, err
	}
	return strings.FieldsFunc(string(text), func(r rune) bool { return r == ',' || r == ' ' || r == '\n' }), nil
}
