package tequilapi

import (
	"errors"
	"net/http"
	"slices"
	"strings"
)

// kind is an error of the node that callers must tell apart.
type kind struct {
	text string
	is   func(*Error) bool
}

func (k *kind) Error() string { return k.text }

// Is makes errors.Is(err, ErrLocked) and the like work.
func (e *Error) Is(target error) bool {
	k, ok := target.(*kind)
	return ok && k.is(e)
}

// code is a kind that has codes of its own.
func code(text string, codes ...string) error {
	return &kind{text, func(e *Error) bool { return slices.Contains(codes, e.Code) }}
}

// words is a kind that the node tells by the words of an err_connect only, or sometimes by a code.
func words(text, words string, codes ...string) error {
	return &kind{text, func(e *Error) bool {
		return e.Code == "err_connect" && strings.Contains(e.Message, words) || slices.Contains(codes, e.Code)
	}}
}

// bare is whether an answer has this status and nothing more, as what stands before the node's calls answers.
func (e *Error) bare(status int) bool { return e.Status == status && e.Code == "" && e.Message == "" }

// The errors of the node that callers can compare with errors.Is.
var (
	ErrConnectionExists     = code("a connection exists already", "err_connection_already_exists")
	ErrNoConnection         = code("there is no connection", "err_no_connection_exists")
	ErrDisconnect           = code("the connection could not be ended", "err_disconnect")
	ErrNotRegistered        = code("the identity is not registered", "err_id_not_registered")
	ErrRegistrationProgress = code("the identity is being registered", "err_id_registration_in_progress")
	ErrRegistrationUnknown  = code("the identity's registration could not be checked",
		"err_id_registration_status_check", "err_id_registration_blockchain_status_check", "err_id_status_unknown")
	ErrRegister       = code("the identity could not be registered", "err_transactor_registration")
	ErrUnlock         = code("the passphrase does not unlock the identity", "err_id_unlock")
	ErrUseOrCreate    = code("the identity could not be used or created", "err_to_id_use_or_create", "err_id_create")
	ErrImport         = code("the key could not be imported", "err_id_import", "err_id_set_default")
	ErrFees           = code("the fees could not be had", "err_transactor_fetch_fees", "err_hermes_fee")
	ErrProposalsQuery = code("proposals could not be had", "err_proposals_query", "err_proposals_countries_query", "err_proposals_presets")
	ErrPrices         = code("prices could not be had", "err_proposals_prices", "err_proposals_detect_location", "err_proposals_service_type")
	ErrSessions       = code("the history could not be read",
		"err_session_list", "err_session_list_paginate", "err_session_stats", "err_session_stats_daily")
	ErrPayment = code("the payment service said no", "err_payment_create", "err_payment_get", "err_payment_list",
		"err_payment_list_currencies", "err_payment_get_order_options", "err_payment_list_gateways")
	ErrNATProbe      = code("the type of NAT could not be found out", "err_nat_probe")
	ErrLatestRelease = code("the newest release could not be found out", "err_latest_release_information")
	ErrConfigSave    = code("the settings could not be written", "err_config_save")
	ErrFeedback      = code("the report could not be sent", "err_feedback_submit", "cannot_get_logs")
	ErrValidation    = code("the request is not valid", "validation_failed") // see Error.Fields
	ErrParse         = code("the request could not be parsed", "parse_failed")
	ErrNotFound      = code("not found", "not_found")
	ErrUnavailable   = code("not available now", "unavailable")
	ErrInternal      = code("the node failed inside", "internal")

	// ErrConnect: the connection could not be made. It is true also of those below.
	ErrConnect = code("the connection could not be made", "err_connect")

	// The node tells these by the words of an err_connect only.
	ErrInsufficientBalance = words("the balance is too low", "insufficient balance")
	ErrNoProposals         = words("no provider matches", "no providers available for the filter")
	ErrProviderTimeout     = words("the provider did not answer in time", "context deadline exceeded")
	ErrDNS                 = words("name resolution could not be set up", "could not set DNS")
	// ErrCancelled: somebody ended the attempt by Disconnect. The node has a code for it and mostly does not use it.
	ErrCancelled = words("connecting was cancelled", "context canceled", "err_connection_cancelled")

	// ErrLocked: the identity must be unlocked first, in this life of the node. What signs says it in words of its own,
	// under any code.
	ErrLocked error = &kind{"the identity is locked", func(e *Error) bool {
		return e.Code == "err_id_locked" || e.Code == "err_connect" && strings.Contains(e.Message, "unlock required") ||
			strings.Contains(e.Message, "authentication needed: password or unlock")
	}}

	// ErrUnauthorized: a wrong password, or, from a node that is secured, a wrong token (401) or none (400, empty).
	ErrUnauthorized error = &kind{"not authorised", func(e *Error) bool {
		return e.Status == http.StatusUnauthorized || e.bare(http.StatusBadRequest)
	}}
	// ErrForeign: the node's Host and Origin filter refused the request. It serves this computer alone.
	ErrForeign error = &kind{"the node serves this computer alone", func(e *Error) bool { return e.bare(http.StatusForbidden) }}
	// ErrNoSuchCall: the node has no such call, because it is older than this package, or newer.
	ErrNoSuchCall error = &kind{"the node has no such call", func(e *Error) bool { return e.Status == http.StatusNotFound && e.Code == "" }}
	// ErrTooOften: the node, or who stands behind it, wants to be asked less often.
	ErrTooOften error = &kind{"asked too often", func(e *Error) bool { return e.Status == http.StatusTooManyRequests }}
)

// Errors of this side.
var (
	ErrNoAnswer   = errors.New("no answer")                              // the call's own time is over; the caller's context is not
	ErrBadAnswer  = errors.New("the answer is not a node's")             // wrong content type, not JSON, wrong shape
	ErrTooLarge   = errors.New("the answer is too large")                // see WithMaxBody
	ErrRedirect   = errors.New("the answer is a redirect, not a node's") // never followed
	ErrBadRequest = errors.New("not a name the node could know")         // an empty identity, for example; nothing was sent
)
