package tequilapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestErrorsNameMethodPathAndWhatWasWrong(t *testing.T) {
	for _, c := range []struct {
		status     int
		body, want string
	}{
		{500, `{"error":{"code":"err_connect","message":"Failed to connect: unlock required"},"status":500,"path":"/connection"}`, "PUT /connection: 500 err_connect: Failed to connect: unlock required"},
		{400, `{"error":{"code":"validation_failed","message":"Request validation failed","detail":"Request validation failed: consumer_id: 'consumer_id' is required [required]"}}`, "PUT /connection: 400 validation_failed: Request validation failed: consumer_id: 'consumer_id' is required [required]"},
		{500, `{"error":{"code":"x","message":"a","detail":"b"}}`, "PUT /connection: 500 x: a: b"},
		{403, ``, "PUT /connection: 403: the node's Host and Origin filter refused the request"},
		{404, "404 page not found\n", "PUT /connection: 404: 404 page not found"},
		{502, ``, "PUT /connection: 502: bad gateway"},
		{500, "<html>\r\n\x1b[31moh</html>", "PUT /connection: 500: <html>   [31moh</html>"},
		{500, `{"error":"text"}`, `PUT /connection: 500: {"error":"text"}`},
		{500, `{"error":{"code":"x","message":"a\nb"}}`, "PUT /connection: 500 x: a b"},
	} {
		assert.Equal(t, c.want, parseError("PUT", "/connection", c.status, []byte(c.body)).Error())
	}
}

func TestErrorsAreToldApart(t *testing.T) {
	connect := func(text string) *Error {
		return &Error{Status: 500, Code: "err_connect", Message: "Failed to connect: " + text}
	}
	for _, c := range []struct {
		err  *Error
		want error
	}{
		{&Error{Code: "err_connection_already_exists"}, ErrConnectionExists},
		{&Error{Code: "err_no_connection_exists"}, ErrNoConnection},
		{&Error{Code: "err_id_not_registered"}, ErrNotRegistered},
		{&Error{Code: "err_id_registration_status_check"}, ErrRegistrationUnknown},
		{&Error{Code: "err_id_unlock"}, ErrUnlock},
		{&Error{Code: "err_connection_cancelled"}, ErrCancelled},
		{&Error{Code: "not_found", Status: 404}, ErrNotFound},
		{&Error{Status: 404, Message: "404 page not found"}, ErrNoSuchCall},
		{&Error{Status: 403}, ErrForeign},
		{&Error{Status: 401}, ErrUnauthorized}, // a secured node: a wrong token
		{&Error{Status: 400}, ErrUnauthorized}, // a secured node: none
		{&Error{Status: 400, Message: "400 Bad Request: malformed Host header"}, nil},
		{&Error{Status: 401, Code: "shall_not_pass"}, ErrUnauthorized},
		{&Error{Status: 429, Code: "rate_limit", Message: "Too many requests"}, ErrTooOften},
		{&Error{Status: 500, Code: "err_transactor_fetch_fees"}, ErrFees},
		{&Error{Status: 422, Code: "err_id_import", Message: "Failed to import identity: could not decrypt key with given password"}, ErrImport},
		{&Error{Status: 500, Code: "err_config_save"}, ErrConfigSave},
		{&Error{Status: 500, Code: "cannot_get_logs"}, ErrFeedback},
		{&Error{Status: 500, Code: "err_session_stats_daily"}, ErrSessions},
		{&Error{Status: 400, Code: "err_proposals_service_type"}, ErrPrices},
		{&Error{Status: 500, Code: "err_disconnect"}, ErrDisconnect},
		{&Error{Status: 500, Code: "err_id_create"}, ErrUseOrCreate},
		{&Error{Status: 503, Code: "unavailable"}, ErrUnavailable},
		{&Error{Status: 403, Code: "err_id_locked"}, ErrLocked},
		{&Error{Code: "err_of_a_later_node"}, nil},
		{connect("unlock required"), ErrLocked},
		{connect("validation: insufficient balance"), ErrInsufficientBalance},
		{connect("failed to lookup proposal: no providers available for the filter"), ErrNoProposals},
		{connect("p2p dialer failed: context canceled"), ErrCancelled},
		{connect("p2p dialer failed: context deadline exceeded"), ErrProviderTimeout},
		{connect("could not set DNS: fork/exec"), ErrDNS},
		{connect("something new"), nil},
		{&Error{Code: "internal", Message: "unlock required"}, ErrInternal}, // words count in an err_connect only
	} {
		isOnly(t, c.err, c.want)
	}
	err := &Error{Status: 500, Code: "err_payment_create", Message: "Failed to create payment order: authentication needed: password or unlock"}
	require.ErrorIs(t, err, ErrLocked, "what signs says it in words of its own")
	require.ErrorIs(t, err, ErrPayment)
}

// isOnly checks that err is want and none of the other kinds; every err_connect is an ErrConnect as well.
func isOnly(t *testing.T, err error, want error) {
	t.Helper()
	var e *Error
	require.ErrorAs(t, err, &e)
	for _, k := range kinds {
		same := errors.Is(k, want) // kinds are not wrapped: this is ==
		assert.Equal(t, same || errors.Is(k, ErrConnect) && e.Code == "err_connect", errors.Is(err, k), "%v is %v", err, k)
	}
}

// kinds are all of them; TestKindsAreAllHere watches over it.
var kinds = []error{
	ErrConnectionExists, ErrNoConnection, ErrDisconnect, ErrNotRegistered, ErrRegistrationProgress, ErrRegistrationUnknown,
	ErrRegister, ErrUnlock, ErrUseOrCreate, ErrImport, ErrFees, ErrProposalsQuery, ErrPrices, ErrSessions, ErrPayment,
	ErrNATProbe, ErrLatestRelease, ErrConfigSave, ErrFeedback, ErrValidation, ErrParse, ErrNotFound, ErrUnavailable,
	ErrInternal, ErrConnect, ErrInsufficientBalance, ErrNoProposals, ErrProviderTimeout, ErrDNS, ErrCancelled, ErrLocked,
	ErrUnauthorized, ErrForeign, ErrNoSuchCall, ErrTooOften,
}

func TestKindsAreAllHere(t *testing.T) {
	src, err := os.ReadFile("kinds.go")
	require.NoError(t, err)
	src, _, _ = bytes.Cut(src, []byte("// Errors of this side."))
	assert.Len(t, regexp.MustCompile(`(?m)^\tErr\w+ +(error )?= `).FindAll(src, -1), len(kinds))
}

// lockedToo are refused because the identity is locked, under the code of the call.
var lockedToo = map[string]error{"order-create-locked": ErrPayment, "orders-locked": ErrPayment, "register-locked": ErrRegister}

// Each refusal that was recorded with a real node is of the kind that it should be.
func TestRecordedRefusalsAreTyped(t *testing.T) {
	want := map[string]error{
		"connection-put-locked": ErrLocked, "connection-put-noprovider": ErrNoProposals, "connection-put-unsupported": ErrNoProposals,
		"connection-put-cancelled": ErrCancelled, "connection-put-deadprovider": ErrProviderTimeout, "crash-connect-dns-auto": ErrDNS,
		"connection-put-empty": ErrValidation, "connection-put-bad-json": ErrParse, "connection-put-second": ErrConnectionExists,
		"fail-connect-unregistered": ErrNotRegistered, "connection-delete-none": ErrNoConnection, "connection-delete-none2": ErrNoConnection,
		"identities-create-nopass": ErrValidation, "identity-unlock-wrong": ErrUnlock, "fail-register-again": ErrRegistrationProgress,
		"fail-offline-identity": ErrRegistrationUnknown, "fail-offline-proposals": ErrProposalsQuery, "fail-exchange-usd": ErrNotFound,
		"exchange-usd": ErrInternal, "latest-release": ErrLatestRelease, "nat-type": ErrNATProbe, "payment-gateways": ErrPayment,
		"payment-orders": ErrPayment, "transactor-fees": ErrFees, "transactor-fees-v2": ErrFees, "wireguard-connect": ErrConnect,
		"connection-put-poor": ErrInsufficientBalance, "auth-login-wrong": ErrUnauthorized, "auth-password-wrong": ErrUnauthorized,
		"identity-export-nopass": ErrValidation, "import-nopass": ErrValidation, "import-again": ErrImport, "import-wrong": ErrImport,
		"import-no-key": ErrImport, "prices-current-unknown": ErrPrices, "feedback-bad": ErrValidation, "feedback-bad-email": ErrValidation,
		"feedback-failed": ErrInternal, "sessions-bad": ErrValidation, "sessions-bad-page": ErrValidation, "sessions-bad-date": ErrValidation,
		"connection-traffic-bad": ErrParse, "connection-get-bad-id": ErrParse, "proxy-location-none": ErrUnavailable, "access-policies-failed": ErrInternal,
		"host-filter": ErrForeign, "origin": ErrForeign, "notfound": ErrNoSuchCall,
	}
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	for _, file := range files {
		r, method, path, _, status := readRecording(t, file)
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		if status < 400 {
			continue
		}
		body := []byte(r.Body)
		var text string
		if json.Unmarshal(body, &text) == nil {
			body = []byte(text)
		}
		if kind, ok := lockedToo[name]; ok {
			err := parseError(method, path, status, body)
			require.ErrorIs(t, err, ErrLocked)
			require.ErrorIs(t, err, kind)
			continue
		}
		kind, ok := want[name]
		if assert.True(t, ok, "%s: what kind of error is %s?", name, body) {
			isOnly(t, parseError(method, path, status, body), kind)
		}
		delete(want, name)
	}
	for name := range want {
		t.Errorf("%s is no recorded refusal", name)
	}
}

func FuzzErrorBody(f *testing.F) {
	for _, s := range []string{
		"", "404 page not found", `{"error":{"code":"a","message":"b","detail":"c","fields":{"x":{"code":"y","message":"z"}}},"status":500,"path":"/"}`,
		`{"error":null}`, `[]`, "\xff\xfe\x00", strings.Repeat("é", 3000), `{"error":{"message":"` + strings.Repeat("é", 3000) + `"}}`,
	} {
		f.Add([]byte(s), 500)
	}
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		e := parseError("GET", "/x", status, body)
		text := e.Error()
		require.True(t, strings.HasPrefix(text, "GET /x: "))
		require.Less(t, len(text), 4500)
		for _, r := range text {
			require.False(t, unicode.IsControl(r), "%q", text)
		}
	})
}
