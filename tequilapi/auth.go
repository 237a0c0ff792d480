package tequilapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// A node on a desktop asks for no token on its own port, so most programs need nothing of this file. One that is
// secured, as on phones and behind its web page, refuses calls without a token with ErrUnauthorized; open are
// Healthcheck, Login, Authenticate and UIFeatures.

// Token lets its bearer call a secured node until it expires, about two days after it was given.
type Token struct {
	Token     string
	ExpiresAt time.Time
}

type tokenJSON struct {
	Token     string    `json:"token"`
	ExpiresAt time.Time `json:"expires_at"`
}

// MarshalJSON writes the node's spelling.
func (t Token) MarshalJSON() ([]byte, error) { return json.Marshal(tokenJSON(t)) }

// UnmarshalJSON reads the node's spelling.
func (t *Token) UnmarshalJSON(b []byte) error {
	var w tokenJSON
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*t = Token(w)
	return nil
}

// String does not show the token, so that it does not end up in a log.
func (t Token) String() string { return "token until " + t.ExpiresAt.Format(time.RFC3339) }

// GoString is the same for %#v.
func (t Token) GoString() string { return t.String() }

// WithToken makes a Client send a token with each call: for a node that is secured. SetToken replaces it.
func WithToken(token string) Option { return func(c *Client) { c.token.Store(&token) } }

// SetToken replaces the token of later calls; "" sends none. Calls under way keep the one they began with.
func (c *Client) SetToken(token string) { c.token.Store(&token) }

type credentialsJSON struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// Authenticate gets a token for a name and a password; the node's own are "myst" and "mystberry" until somebody changes
// them. The Client does not use it by itself: give it to SetToken. Wrong ones are ErrUnauthorized.
func (c *Client) Authenticate(ctx context.Context, username, password string) (Token, error) {
	var t Token
	err := c.do(ctx, call{method: http.MethodPost, path: "/auth/authenticate", in: credentialsJSON{username, password}, out: &t})
	return t, err
}

// Login is Authenticate, and sets a cookie, which a browser would keep and a Client does not.
func (c *Client) Login(ctx context.Context, username, password string) (Token, error) {
	var t Token
	err := c.do(ctx, call{method: http.MethodPost, path: "/auth/login", in: credentialsJSON{username, password}, out: &t})
	return t, err
}

// Logout clears Login's cookie. Tokens stay good until they expire.
func (c *Client) Logout(ctx context.Context) error {
	return c.do(ctx, call{method: http.MethodDelete, path: "/auth/logout"})
}

// SetPassword changes the password of the node's web page and of Authenticate. A wrong old one is ErrUnauthorized.
func (c *Client) SetPassword(ctx context.Context, username, old, password string) error {
	in := struct {
		Username string `json:"username"`
		Old      string `json:"old_password"`
		New      string `json:"new_password"`
	}{username, old, password}
	return c.do(ctx, call{method: http.MethodPut, path: "/auth/password", in: in})
}
