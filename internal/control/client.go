package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/mysteriumvpn/desktop/internal/logs"
	"github.com/mysteriumvpn/desktop/internal/unixsock"
)

const (
	callTime   = 10 * time.Second // in which a plain question must be answered
	cancelTime = 15 * time.Second // in which a connect must be taken back
	numberTime = 2 * time.Second  // in which a connect must have got its number
)

// Client talks to the running program. It holds no connection between calls and may be used by many goroutines.
type Client struct {
	http    http.Client
	version string
}

// NewClient makes a client of the program that listens at path; version is the caller's own, for people.
func NewClient(path, version string) *Client {
	return newClient(version, func(ctx context.Context) (net.Conn, error) { return unixsock.Dial(ctx, path) })
}

func newClient(version string, dial func(context.Context) (net.Conn, error)) *Client {
	return &Client{version: version, http: http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, callTime)
			defer cancel()
			return dial(ctx)
		},
		DisableKeepAlives:     true,
		ResponseHeaderTimeout: callTime, // of streams too: they begin at once
	}}}
}

// Status asks for the status now.
func (c *Client) Status(ctx context.Context) (StatusDoc, error) {
	var doc StatusDoc
	return doc, c.ask(ctx, "/status", &doc)
}

// Countries lists the countries with something on offer, by name.
func (c *Client) Countries(ctx context.Context) ([]CountryDoc, error) {
	var docs []CountryDoc
	return docs, c.ask(ctx, "/countries", &docs)
}

// Proposals lists what is on offer in a country, given by code or name; "" = in all.
func (c *Client) Proposals(ctx context.Context, country string) ([]ProposalDoc, error) {
	var docs []ProposalDoc
	return docs, c.ask(ctx, "/proposals?"+url.Values{"country": {country}}.Encode(), &docs)
}

// Timeline lists the newest connections of the running program, oldest first.
func (c *Client) Timeline(ctx context.Context) ([]StoryDoc, error) {
	var docs []StoryDoc
	return docs, c.ask(ctx, "/timeline", &docs)
}

// Raise brings the program's window to the front. An Error with CodeNoWindow says that there is none.
func (c *Client) Raise(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, callTime, ErrSilent)
	defer cancel()
	r, err := c.do(ctx, http.MethodPost, "/raise", nil)
	if err != nil {
		return err
	}
	return r.Close()
}

// Quit has the program disconnect and end, and returns when it has.
func (c *Client) Quit(ctx context.Context) error {
	r, err := c.do(ctx, http.MethodPost, "/quit", nil)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	_, _ = io.Copy(io.Discard, r) // ends, one way or another, when the program does
	return context.Cause(ctx)
}

// Retry has the node looked for and started again: one that was not found, was given up, or waits for something.
func (c *Client) Retry(ctx context.Context) error {
	r, err := c.do(ctx, http.MethodPost, "/retry", nil)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	_, err = io.Copy(io.Discard, r)
	return err
}

// Watch calls fn with the status now, and with every change, until fn gives an error, which it returns, or ctx ends.
// ErrEnded says that the program ended.
func (c *Client) Watch(ctx context.Context, fn func(StatusDoc) error) error {
	return follow(ctx, c, "/watch", fn)
}

// LogQuery says which log lines are wanted. The zero LogQuery wants all that the program still has.
type LogQuery struct {
	Follow bool        // and then those that come
	Source logs.Source // SourceUnknown = of all
	Cursor uint64      // those after this line
	Tail   int         // the last so many; wins over Cursor. 0 = all
	New    bool        // none of those that are there; wins over Tail

	Connection string // only lines of the connection with this id, or LastConnection; "" = all
}

// Logs calls fn with each line, oldest first, until there are no more, fn gives an error, which it returns, or ctx ends.
// With Follow, ErrEnded says that the program ended.
func (c *Client) Logs(ctx context.Context, q LogQuery, fn func(LogDoc) error) error {
	v := url.Values{}
	if q.Follow {
		v.Set("follow", "true")
	}
	if q.Source != logs.SourceUnknown {
		v.Set("source", q.Source.String())
	}
	if q.Connection != "" {
		v.Set("connection", q.Connection)
	}
	if q.Cursor > 0 {
		v.Set("cursor", strconv.FormatUint(q.Cursor, 10))
	}
	if q.New {
		q.Tail = 0
	}
	if q.Tail > 0 || q.New {
		v.Del("cursor")
		v.Set("tail", strconv.Itoa(q.Tail))
	}
	err := follow(ctx, c, "/logs?"+v.Encode(), fn)
	if errors.Is(err, ErrEnded) && !q.Follow {
		return nil
	}
	return err
}

// ConnectOptions say what happens along the way.
type ConnectOptions struct {
	OnStatus func(StatusDoc) // called with each step; nil = not wanted
	// TakeBack: when ctx ends before the outcome is known, disconnect, unless somebody has asked for something else
	// meanwhile. Without it the program goes on connecting.
	TakeBack bool
}

// Connect asks to come out at where: a country's code or name, a provider id, "" for quick connect. It returns when the
// outcome is known. An Error with CodeBadWhere says that where is no such thing; ErrNotTakenBack, that ctx has ended and
// the wish may be met all the same.
func (c *Client) Connect(ctx context.Context, where string, o ConnectOptions) (Outcome, error) {
	if !o.TakeBack {
		return c.wish(ctx, "/connect", connectBody{where}, o.OnStatus, nil)
	}
	if err := context.Cause(ctx); err != nil {
		return Outcome{}, err
	}
	// The request outlives ctx until the command's number is known: what has no number cannot be taken back.
	run, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	numbered := make(chan struct{})
	defer context.AfterFunc(ctx, func() {
		wait := time.NewTimer(numberTime)
		defer wait.Stop()
		select {
		case <-numbered:
		case <-run.Done():
		case <-wait.C:
		}
		stop(context.Cause(ctx))
	})()
	var number uint64
	out, err := c.wish(run, "/connect", connectBody{where}, o.OnStatus, func(n uint64) {
		number = n
		close(numbered)
	})
	if ctx.Err() != nil && err != nil && number > 0 {
		back, cancel := context.WithTimeout(context.WithoutCancel(ctx), cancelTime)
		defer cancel()
		if _, e := c.wish(back, "/disconnect", disconnectBody{IfCommand: number}, o.OnStatus, nil); e != nil {
			err = fmt.Errorf("%w (%w)", ErrNotTakenBack, e)
		}
	} else if ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) { // it has no number, but may have been heard
		err = fmt.Errorf("%w (%w)", ErrNotTakenBack, err)
	}
	return out, err
}

// Disconnect asks to disconnect, or to cancel the connect under way, and returns when nothing is connected any more.
func (c *Client) Disconnect(ctx context.Context) (Outcome, error) {
	return c.wish(ctx, "/disconnect", disconnectBody{}, nil, nil)
}

func (c *Client) wish(ctx context.Context, path string, body any, onStatus func(StatusDoc), onNumber func(uint64)) (Outcome, error) {
	r, err := c.do(ctx, http.MethodPost, path, body)
	if err != nil {
		return Outcome{}, err
	}
	defer func() { _ = r.Close() }()
	for d := json.NewDecoder(r); ; {
		var e event
		if err := d.Decode(&e); err != nil {
			return Outcome{}, ended(ctx, err)
		}
		if e.Command > 0 && onNumber != nil {
			onNumber(e.Command)
			onNumber = nil
		}
		if e.Status != nil && onStatus != nil {
			onStatus(*e.Status)
		}
		if e.Outcome != nil {
			return *e.Outcome, nil
		}
	}
}

func follow[T any](ctx context.Context, c *Client, path string, fn func(T) error) error {
	r, err := c.do(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	for d := json.NewDecoder(r); ; {
		var doc T
		if err := d.Decode(&doc); err != nil {
			return ended(ctx, err)
		}
		if err := fn(doc); err != nil {
			return err
		}
	}
}

// ended says why a stream came to its end.
func ended(ctx context.Context, err error) error {
	var syntax *json.SyntaxError
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &syntax):
		return fmt.Errorf("read the running program's answer: %w", err)
	}
	return ErrEnded
}

func (c *Client) ask(ctx context.Context, path string, doc any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, callTime, ErrSilent)
	defer cancel()
	r, err := c.do(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	switch err := json.NewDecoder(r).Decode(doc); {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	default:
		return fmt.Errorf("read the running program's answer: %w", err)
	}
}

// do sends a request and gives the body of a good answer, to be closed by the caller.
func (c *Client) do(ctx context.Context, method, path string, body any) (io.ReadCloser, error) {
	var sent io.Reader
	if body != nil {
		sent = bytes.NewReader(encode(body))
	}
	q, err := http.NewRequestWithContext(ctx, method, "http://mysteriumvpn"+path, sent)
	if err != nil {
		return nil, fmt.Errorf("ask the running program: %w", err)
	}
	q.Header.Set(headerProtocol, strconv.Itoa(protocol))
	q.Header.Set(headerVersion, c.version)
	r, err := c.http.Do(q)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(err, unixsock.ErrNobody):
		return nil, ErrNotRunning
	case errors.Is(err, unixsock.ErrForeign), errors.Is(err, fs.ErrPermission):
		return nil, ErrOtherUser
	case timedOut(err):
		return nil, ErrSilent
	default:
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err // the address in it is made up
		}
		return nil, fmt.Errorf("ask the running program: %w", err)
	}
	if r.Header.Get(headerProtocol) != strconv.Itoa(protocol) {
		_ = r.Body.Close()
		return nil, versionError(r.Header.Get(headerVersion), c.version)
	}
	if r.StatusCode != http.StatusOK {
		defer func() { _ = r.Body.Close() }()
		var doc errorDoc
		if err := json.NewDecoder(io.LimitReader(r.Body, maxBody)).Decode(&doc); err != nil || doc.Error == nil {
			return nil, fmt.Errorf("the running program answered %s", r.Status)
		}
		return nil, doc.Error
	}
	return r.Body, nil
}

func timedOut(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}
