// Package tequilapi is a client of TequilAPI, the HTTP interface that a Mysterium node offers to programs on the same
// computer: identities, proposals, the connection, sessions, and a stream of events. It needs nothing but the standard
// library and knows nothing of any user interface.
//
// Any program may call it. Make one Client per node with New, call its methods, and Close it. A method is one HTTP
// request: nothing is cached and nothing is tried again, except by Events, which reconnects.
//
// A Client may be used from any number of goroutines. It starts none of its own beyond those of net/http.
package tequilapi

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Client talks to one node.
type Client struct {
	base    *url.URL
	http    *http.Client
	timeout time.Duration
	maxBody int64
	jitter  func() float64              // 0 to 1
	token   atomic.Pointer[string]      // nil or "" = none is sent
	trace   func(context.Context, Call) // nil = nobody listens
}

// Option changes a Client while it is made.
type Option func(*Client)

// WithTransport replaces the transport: for tests, and for nodes that are not reached by TCP. The Client still refuses
// redirects. Close closes the transport's idle connections.
func WithTransport(t http.RoundTripper) Option { return func(c *Client) { c.http.Transport = t } }

// WithTimeout sets how long an ordinary call may take from first to last byte; 10 seconds if not set. Healthcheck
// takes at most 2 seconds, because a node that is starting accepts connections and does not answer. Calls for which the
// node itself waits for others have their own, longer, time: Connect 3 minutes; feedback 2 minutes; Disconnect, NATType,
// LatestRelease, ProxyIP, ProxyLocation, registration, payment, and export and import 30 seconds.
func WithTimeout(d time.Duration) Option { return func(c *Client) { c.timeout = d } }

// WithMaxBody sets how many bytes an answer, or one event, may have; 32 MiB if not set.
func WithMaxBody(n int64) Option { return func(c *Client) { c.maxBody = n } }

const (
	defaultTimeout    = 10 * time.Second
	healthTimeout     = 2 * time.Second
	connectTimeout    = 3 * time.Minute // the node has no upper bound of its own
	disconnectTimeout = 30 * time.Second
	slowTimeout       = 30 * time.Second // what asks the chain, a server far away, or works on a key
	uploadTimeout     = 2 * time.Minute  // what sends the node's logs away
	defaultMaxBody    = 32 << 20
	errorMaxBody      = 64 << 10
)

// New makes a Client for the node at baseURL, for example "http://127.0.0.1:4050" or just "127.0.0.1:4050". It does
// not connect. Proxies named in the environment are not used: a node is on this computer.
func New(baseURL string, opts ...Option) (*Client, error) {
	if !strings.Contains(baseURL, "://") {
		baseURL = "http://" + baseURL
	}
	u, err := url.Parse(baseURL)
	switch {
	case err != nil:
		return nil, fmt.Errorf("node address %q: %w", baseURL, err)
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("node address %q: scheme must be http or https", baseURL)
	case u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("node address %q: want http://host:port", baseURL)
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	c := &Client{base: u, timeout: defaultTimeout, maxBody: defaultMaxBody, jitter: randomFloat}
	c.http = &http.Client{
		Transport: &http.Transport{
			DialContext:            (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			MaxIdleConnsPerHost:    4,
			IdleConnTimeout:        30 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			DisableCompression:     true, // a small answer must not unpack into a large one
		},
		// The node never redirects; something that does is not a node, and must not be followed with a passphrase.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	for _, o := range opts {
		o(c)
	}
	return c, nil
}

// BaseURL is the address that requests go to.
func (c *Client) BaseURL() string { return c.base.String() }

// Close closes idle connections. Calls that are under way are not cut; end them by their contexts.
func (c *Client) Close() { c.http.CloseIdleConnections() }
