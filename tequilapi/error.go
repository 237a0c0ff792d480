package tequilapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Error is an answer of the node that says no.
type Error struct {
	Method  string
	Path    string                // as we asked, without the query
	Status  int                   // HTTP status
	Code    string                // the node's stable code; "" where it sent none (404 of the router, 403 of its filters)
	Message string                // the node's words
	Detail  string                // more of them; often ""
	Fields  map[string]FieldError // which fields of the request were wrong; nil for most errors
}

// FieldError is what was wrong with one field of a request.
type FieldError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Error names method, path, status, code and the node's words.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %d", e.Method, e.Path, e.Status)
	if e.Code != "" {
		b.WriteString(" " + e.Code)
	}
	text := e.Message
	if strings.HasPrefix(e.Detail, text) {
		text = e.Detail
	} else if e.Detail != "" {
		text += ": " + e.Detail
	}
	switch {
	case text != "":
		b.WriteString(": " + text)
	case e.Status == http.StatusForbidden:
		b.WriteString(": the node's Host and Origin filter refused the request")
	default:
		b.WriteString(": " + strings.ToLower(http.StatusText(e.Status)))
	}
	return b.String()
}

// parseError makes an Error of an answer's body. It always gives one: what cannot be read as the node's JSON is taken
// as text.
func parseError(method, path string, status int, body []byte) *Error {
	var wire struct {
		Error struct {
			Code    string                `json:"code"`
			Message string                `json:"message"`
			Detail  string                `json:"detail"`
			Fields  map[string]FieldError `json:"fields"`
		} `json:"error"`
	}
	e := &Error{Method: method, Path: path, Status: status}
	if err := json.Unmarshal(body, &wire); err != nil || wire.Error.Code == "" && wire.Error.Message == "" {
		e.Message = clean(string(body), 200)
		return e
	}
	e.Code = clean(wire.Error.Code, 100)
	e.Message = clean(wire.Error.Message, 2000)
	e.Detail = clean(wire.Error.Detail, 2000)
	e.Fields = wire.Error.Fields
	return e
}

// clean makes foreign text fit for one line of a log: valid UTF-8, no control characters, at most max bytes.
func clean(s string, max int) string {
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	s = strings.TrimSpace(s)
	if len(s) > max {
		cut := max
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	return s
}
