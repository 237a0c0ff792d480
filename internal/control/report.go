package control

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/mysteriumvpn/desktop/internal/report"
)

// report makes a problem report: here, where all that belongs into it is in memory. It leaves the program without
// anything that would tell who the user is.
func (s *server) report(w http.ResponseWriter, _ *http.Request) {
	if s.Report == nil {
		refuse(w, http.StatusNotFound, &Error{Code: codeNoCall, Text: "The running MysteriumVPN makes no reports."})
		return
	}
	answer(w, s.Report())
}

// Report has the running program make a problem report.
func (c *Client) Report(ctx context.Context) (report.Report, error) {
	var r report.Report
	return r, c.ask(ctx, "/report", &r)
}

// feedbackDoc is what a user tells the node's developers, and their number for it.
type feedbackDoc struct {
	Email string `json:"email,omitempty"`
	Words string `json:"words,omitempty"`
	Issue string `json:"issue,omitempty"`
	Error *Error `json:"error,omitempty"`
}

func (s *server) feedback(w http.ResponseWriter, r *http.Request) {
	if s.Feedback == nil {
		refuse(w, http.StatusBadRequest, &Error{Code: "no_feedback", Text: "Only a node of the Mysterium Network has developers to tell. Start with --network mysterium."})
		return
	}
	var d feedbackDoc
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&d); err != nil {
		refuse(w, http.StatusBadRequest, &Error{Code: "bad_feedback", Text: "That is too long, or no JSON."})
		return
	}
	// The node may need minutes, and the head of an answer has to come sooner.
	out := newStream(w)
	if out.write(nil) != nil {
		return
	}
	var told feedbackDoc
	issue, err := s.Feedback(r.Context(), d.Email, d.Words)
	if told.Issue = issue; err != nil {
		told.Error = &Error{Code: "feedback_refused", Text: sentence(err.Error())}
	}
	_ = out.write(encode(told))
}

// feedbackTime is how long the node may take to send its log files away.
const feedbackTime = 3 * time.Minute

// Feedback has the running program's node send words and its own log files to its developers, and gives their number
// for it.
func (c *Client) Feedback(ctx context.Context, email, words string) (issue string, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, feedbackTime, ErrSilent)
	defer cancel()
	r, err := c.do(ctx, http.MethodPost, "/feedback", feedbackDoc{Email: email, Words: words})
	if err != nil {
		return "", c.older(err)
	}
	defer func() { _ = r.Close() }()
	var d feedbackDoc
	if err := json.NewDecoder(r).Decode(&d); err != nil {
		return "", fmt.Errorf("read the running program's answer: %w", cmp.Or(context.Cause(ctx), err))
	}
	if d.Error != nil {
		return "", d.Error
	}
	return d.Issue, nil
}
