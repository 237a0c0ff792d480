package tequilapi

import (
	"encoding/json"
	"errors"
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

// Is makes errors.Is(err, ErrLocked) and the like work.
func (e *Error) Is(target error) bool {
	k, ok := target.(*kind)
	return ok && k.is(e)
}

// kind is an error of the node that callers must tell apart: by code, and where the node uses one code for many
// things also by words in its message.
type kind struct {
	text  string
	codes []string
	words string // in the message of an err_connect; "" = codes decide
}

func (k *kind) Error() string { return k.text }

func (k *kind) is(e *Error) bool {
	for _, c := range k.codes {
		if e.Code == c {
			return true
		}
	}
	return k.words != "" && e.Code == "err_connect" && strings.Contains(e.Message, k.words)
}

// The errors of the node that callers can compare with errors.Is.
var (
	ErrConnectionExists     error = &kind{text: "a connection exists already", codes: []string{"err_connection_already_exists"}}
	ErrNoConnection         error = &kind{text: "there is no connection", codes: []string{"err_no_connection_exists"}}
	ErrNotRegistered        error = &kind{text: "the identity is not registered", codes: []string{"err_id_not_registered"}}
	ErrRegistrationProgress error = &kind{text: "the identity is being registered", codes: []string{"err_id_registration_in_progress"}}
	ErrRegistrationUnknown  error = &kind{text: "the identity's registration could not be checked", codes: []string{"err_id_registration_status_check", "err_id_status_unknown"}}
	ErrUnlock               error = &kind{text: "the passphrase does not unlock the identity", codes: []string{"err_id_unlock"}}
	ErrUseOrCreate          error = &kind{text: "the identity could not be used or created", codes: []string{"err_to_id_use_or_create"}}
	ErrConnect              error = &kind{text: "the connection could not be made", codes: []string{"err_connect"}} // also true for those below
	ErrProposalsQuery       error = &kind{text: "proposals could not be had", codes: []string{"err_proposals_query"}}
	ErrValidation           error = &kind{text: "the request is not valid", codes: []string{"validation_failed"}}
	ErrParse                error = &kind{text: "the request could not be parsed", codes: []string{"parse_failed"}}
	ErrNotFound             error = &kind{text: "not found", codes: []string{"not_found"}}
	ErrUnauthorized         error = &kind{text: "not authorised", codes: []string{"unauthorized"}}
	ErrUnavailable          error = &kind{text: "not available now", codes: []string{"unavailable"}}
	ErrInternal             error = &kind{text: "the node failed inside", codes: []string{"internal"}}

	// The node tells these by the words of an err_connect only.
	ErrLocked              error = &kind{text: "the identity is locked", codes: []string{"err_id_locked"}, words: "unlock required"}
	ErrInsufficientBalance error = &kind{text: "the balance is too low", words: "insufficient balance"}
	ErrNoProposals         error = &kind{text: "no provider matches", words: "no providers available for the filter"}
	ErrProviderTimeout     error = &kind{text: "the provider did not answer in time", words: "context deadline exceeded"}
	ErrDNS                 error = &kind{text: "name resolution could not be set up", words: "could not set DNS"}
	// ErrCancelled: somebody ended the attempt by Disconnect. The node has a code for it and mostly does not use it.
	ErrCancelled error = &kind{text: "connecting was cancelled", codes: []string{"err_connection_cancelled"}, words: "context canceled"}
)

// Errors of this side.
var (
	ErrNoAnswer   = errors.New("no answer")                              // the call's own time is over; the caller's context is not
	ErrBadAnswer  = errors.New("the answer is not a node's")             // wrong content type, not JSON, wrong shape
	ErrTooLarge   = errors.New("the answer is too large")                // see WithMaxBody
	ErrRedirect   = errors.New("the answer is a redirect, not a node's") // never followed
	ErrBadRequest = errors.New("not a name the node could know")         // an empty identity, for example; nothing was sent
)

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
