package tequilapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

func randomFloat() float64 { return rand.Float64() }

// call is one request and what is expected back.
type call struct {
	method  string
	path    string
	query   url.Values
	in      any     // nil = no body
	out     any     // nil = the body of the answer does not matter
	raw     *[]byte // gets the body as it is, whatever its type, instead of out
	timeout time.Duration
}

// do makes the call. Every error begins with method and path.
func (c *Client) do(ctx context.Context, k call) error {
	if k.timeout == 0 {
		k.timeout = c.timeout
	}
	ctx, cancel := context.WithTimeoutCause(ctx, k.timeout, fmt.Errorf("%w within %s", ErrNoAnswer, k.timeout))
	defer cancel()
	if err := c.exchange(ctx, k); err != nil {
		var own *Error
		switch {
		case errors.As(err, &own):
			return err // it names method and path itself
		case ctx.Err() != nil:
			// net/http says "deadline exceeded" for the caller's deadline and for ours alike; the cause tells them apart.
			return fmt.Errorf("%s %s: %w", k.method, k.path, context.Cause(ctx))
		}
		return fmt.Errorf("%s %s: %w", k.method, k.path, err)
	}
	return nil
}

func (c *Client) exchange(ctx context.Context, k call) (err error) {
	res, err := c.send(ctx, k, "application/json")
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if k.raw != nil {
		*k.raw, err = readAll(res.Body, c.maxBody)
		return err
	}
	if k.out == nil {
		_, err = io.Copy(io.Discard, io.LimitReader(res.Body, errorMaxBody)) // lets the connection be used again
		return err
	}
	if err := wantType(res, "application/json"); err != nil {
		return err
	}
	body, err := readAll(res.Body, c.maxBody)
	if err != nil {
		return err
	}
	if trimmed := bytes.TrimSpace(body); len(trimmed) == 0 || bytes.Equal(trimmed, []byte("null")) {
		return fmt.Errorf("%w: the answer is empty", ErrBadAnswer)
	}
	if err := json.Unmarshal(body, k.out); err != nil {
		return fmt.Errorf("%w: %w", ErrBadAnswer, err)
	}
	return nil
}

// send makes the request and returns an answer with a 2xx status, whose body the caller closes. Any other answer is an
// error.
func (c *Client) send(ctx context.Context, k call, accept string) (*http.Response, error) {
	var body io.Reader
	if k.in != nil {
		b, err := json.Marshal(k.in)
		if err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
		body = bytes.NewReader(b)
	}
	u := *c.base
	u.Path, u.RawPath = "", ""
	addr := u.String() + c.base.EscapedPath() + k.path
	if len(k.query) > 0 {
		addr += "?" + k.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, k.method, addr, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", accept)
	if t := c.token.Load(); t != nil && *t != "" {
		req.Header.Set("Authorization", "Bearer "+*t)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	began := time.Now()
	res, err := c.http.Do(req)
	if err != nil {
		if ue, ok := errors.AsType[*url.Error](err); ok {
			err = ue.Err // it repeats method and address
		}
		c.tell(ctx, k, 0, began, err)
		return nil, err
	}
	err = checked(k, res)
	c.tell(ctx, k, res.StatusCode, began, err)
	if err != nil {
		return nil, err
	}
	return res, nil
}

// tell traces a request.
func (c *Client) tell(ctx context.Context, k call, status int, began time.Time, err error) {
	if c.trace != nil {
		c.trace(ctx, Call{Method: k.method, Path: k.path, Status: status, Took: time.Since(began), Err: err})
	}
}

// checked makes an error of an answer without a 2xx status, and closes it.
func checked(k call, res *http.Response) error {
	switch {
	case res.StatusCode >= 200 && res.StatusCode < 300:
		return nil
	case res.StatusCode >= 300 && res.StatusCode < 400:
		_ = res.Body.Close()
		return fmt.Errorf("%w (%s)", ErrRedirect, res.Status)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := readAll(res.Body, errorMaxBody)
	if err != nil {
		return fmt.Errorf("read the answer %s: %w", res.Status, err)
	}
	return parseError(k.method, k.path, res.StatusCode, b)
}

func readAll(r io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, limit)
	}
	return b, nil
}

// wantType checks the content type; "application/json" also admits "application/anything+json".
func wantType(res *http.Response, want string) error {
	have := res.Header.Get("Content-Type")
	t, _, err := mime.ParseMediaType(have)
	if err == nil && (t == want || want == "application/json" && strings.HasPrefix(t, "application/") && strings.HasSuffix(t, "+json")) {
		return nil
	}
	return fmt.Errorf("%w: content type %q, want %s", ErrBadAnswer, clean(have, 100), want)
}

// segment makes s one segment of a path. An empty or dotted one would call something else.
func segment(s string) (string, error) {
	if s == "" || s == "." || s == ".." {
		return "", fmt.Errorf("%q: %w", clean(s, 100), ErrBadRequest)
	}
	return url.PathEscape(s), nil
}

// within is the path below an identity.
func within(id, rest string) (string, error) {
	s, err := segment(id)
	return "/identities/" + s + rest, err
}
