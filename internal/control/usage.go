package control

import (
	"context"
	"net/http"

	"github.com/mysteriumvpn/desktop/internal/usage"
)

// Usage is the running program's counting of how it is used. All may be called from any goroutine.
type Usage interface {
	Counting() bool // whether the user has asked for it
	Count(on bool)  // the user asks for it, or no longer
	Counts() usage.Counts
	Erase() error // forget all counts; it may wait for a disk
}

// UsageDoc is what `usage show --json` prints: all there is.
type UsageDoc struct {
	Counting bool          `json:"counting"`
	Counts   *usage.Counts `json:"counts"` // null = nothing has been counted
}

// NewUsageDoc makes one.
func NewUsageDoc(counting bool, c usage.Counts) UsageDoc {
	d := UsageDoc{Counting: counting}
	if !c.Zero() {
		d.Counts = &c
	}
	return d
}

// usageWish asks for counting to be switched, or for the counts to be erased.
type usageWish struct {
	Count *bool `json:"count,omitempty"` // null = as it is
	Erase bool  `json:"erase,omitempty"`
}

func (s *server) usage(w http.ResponseWriter, _ *http.Request) {
	if s.Usage == nil {
		refuse(w, http.StatusBadRequest, uncounted)
		return
	}
	answer(w, s.usageDoc())
}

func (s *server) usageWish(w http.ResponseWriter, r *http.Request) {
	var in usageWish
	if !read(w, r, &in) {
		return
	}
	if s.Usage == nil {
		refuse(w, http.StatusBadRequest, uncounted)
		return
	}
	if in.Count != nil {
		s.Usage.Count(*in.Count)
	}
	if in.Erase {
		if err := s.Usage.Erase(); err != nil {
			refuse(w, http.StatusInternalServerError, &Error{Code: "not_erased", Text: sentence(err.Error())})
			return
		}
	}
	answer(w, s.usageDoc())
}

var uncounted = &Error{Code: "bad_request", Text: "The running program counts nothing."}

func (s *server) usageDoc() UsageDoc { return NewUsageDoc(s.Usage.Counting(), s.Usage.Counts()) }

// Usage asks for what the running program has counted so far.
func (c *Client) Usage(ctx context.Context) (UsageDoc, error) {
	var doc UsageDoc
	return doc, c.older(c.ask(ctx, "/usage", &doc))
}

// CountUsage switches the running program's counting.
func (c *Client) CountUsage(ctx context.Context, on bool) error {
	return c.tell(ctx, "/usage", usageWish{Count: &on})
}

// EraseUsage has the running program forget what it has counted, and returns when the file is gone.
func (c *Client) EraseUsage(ctx context.Context) error {
	return c.tell(ctx, "/usage", usageWish{Erase: true})
}
