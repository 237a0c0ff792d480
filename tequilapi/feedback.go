package tequilapi

import (
	"context"
	"net/http"
)

// Report is what a user has to say. The node adds its own logs, and sends all of it to Mysterium. It refuses, with
// ErrValidation, an e-mail address that is none and a description of less than 30 bytes, and takes one report a minute:
// ErrTooOften. ErrUnavailable and ErrFeedback mean that it could not be sent.
type Report struct {
	Email       string `json:"email"`
	Description string `json:"description"`
}

// ReportIssue sends a report to the issues of Mysterium's developers and returns the issue's number.
func (c *Client) ReportIssue(ctx context.Context, r Report) (issue string, err error) {
	var w struct {
		IssueID string `json:"issue_id"`
	}
	err = c.do(ctx, call{method: http.MethodPost, path: "/feedback/issue", in: r, out: &w, timeout: uploadTimeout})
	return w.IssueID, err
}

// BugReport is a report as it was taken, for the user to go on with at Mysterium's support.
type BugReport struct {
	Message     string `json:"message"`
	Email       string `json:"email"`
	Identity    string `json:"identity"`
	NodeCountry string `json:"node_country"`
	IPType      string `json:"ip_type"`
	IP          string `json:"ip"`
}

// ReportBug sends a report with logs and returns the message that support is to be given.
func (c *Client) ReportBug(ctx context.Context, r Report) (BugReport, error) {
	var b BugReport
	err := c.do(ctx, call{method: http.MethodPost, path: "/feedback/bug-report", in: r, out: &b, timeout: uploadTimeout})
	return b, err
}

// SupportReport is a Report for Mysterium's support, which knows its users by an id and a type of its own.
type SupportReport struct {
	Report
	UserID   string `json:"user_id"`
	UserType string `json:"user_type"`
}

// ReportToSupport sends a report to Mysterium's support.
func (c *Client) ReportToSupport(ctx context.Context, r SupportReport) error {
	return c.do(ctx, call{method: http.MethodPost, path: "/feedback/issue/intercom", in: r, timeout: uploadTimeout})
}
