package tequilapi

import (
	"context"
	"time"
)

// Call is one request to the node that has been answered or has failed.
type Call struct {
	Method string
	Path   string        // below the node's address, without its query; it may name an identity
	Status int           // of HTTP; 0 = there was no answer
	Took   time.Duration // to the head of the answer; for Events, which goes on, too
	Err    error         // why there was no answer, or what the node refused; nil = all went well
}

// WithTrace has fn called after each request, on the goroutine of the call and with its context, so that a program can
// write down what it asked. Neither bodies nor passphrases are told.
func WithTrace(fn func(ctx context.Context, c Call)) Option { return func(c *Client) { c.trace = fn } }
