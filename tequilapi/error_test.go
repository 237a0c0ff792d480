package tequilapi

import (
	"errors"
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
	all := []error{
		ErrConnectionExists, ErrNoConnection, ErrNotRegistered, ErrRegistrationProgress, ErrRegistrationUnknown, ErrUnlock, ErrUseOrCreate,
		ErrProposalsQuery, ErrValidation, ErrParse, ErrNotFound, ErrUnauthorized, ErrUnavailable, ErrInternal,
		ErrLocked, ErrInsufficientBalance, ErrNoProposals, ErrProviderTimeout, ErrDNS, ErrCancelled,
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
		{&Error{Code: "not_found"}, ErrNotFound},
		{connect("unlock required"), ErrLocked},
		{connect("validation: insufficient balance"), ErrInsufficientBalance},
		{connect("failed to lookup proposal: no providers available for the filter"), ErrNoProposals},
		{connect("p2p dialer failed: context canceled"), ErrCancelled},
		{connect("p2p dialer failed: context deadline exceeded"), ErrProviderTimeout},
		{connect("could not set DNS: fork/exec"), ErrDNS},
		{connect("something new"), nil},
		{&Error{Code: "internal", Message: "unlock required"}, ErrInternal}, // words count in an err_connect only
	} {
		for _, k := range all {
			assert.Equal(t, c.want != nil && k.Error() == c.want.Error(), errors.Is(c.err, k), "%v is %v", c.err, k)
		}
		assert.Equal(t, c.err.Code == "err_connect", errors.Is(c.err, ErrConnect))
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
