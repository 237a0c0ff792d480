package tequilapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mysteriumvpn/desktop/tequilapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// askers are the methods that ask the node for something.
func askers() []string {
	var out []string
	for m := range reflect.TypeFor[*tequilapi.Client]().Methods() {
		if !slices.Contains([]string{"BaseURL", "Close", "SetToken"}, m.Name) {
			out = append(out, m.Name)
		}
	}
	return out
}

// invoke calls a method with whatever fits and gives its error; of an iterator, its first one.
func invoke(ctx context.Context, c *tequilapi.Client, method string) error {
	f := reflect.ValueOf(c).MethodByName(method)
	var args []reflect.Value
	for in := range f.Type().Ins() {
		switch in.Kind() {
		case reflect.Interface:
			args = append(args, reflect.ValueOf(ctx))
		case reflect.String:
			args = append(args, reflect.ValueOf("x"))
		default:
			args = append(args, reflect.Zero(in))
		}
	}
	out := f.Call(args)
	last := out[len(out)-1]
	if last.Kind() == reflect.Func {
		for _, e := range last.Seq2() {
			last = e
			break
		}
	}
	if last.Kind() == reflect.Func { // it yielded nothing
		return nil
	}
	err, _ := last.Interface().(error)
	return err
}

func callEach(ctx context.Context, c *tequilapi.Client, each func(name string, err error)) {
	for _, name := range askers() {
		each(name, invoke(ctx, c, name))
	}
}

// Each method refuses redirects, has a limit for what comes, and ends with its context.
func TestEachCallIsBounded(t *testing.T) {
	answer := func(status int, contentType string, body io.Reader) tequilapi.Option {
		return tequilapi.WithTransport(roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Status: "302 Found", Header: http.Header{"Content-Type": {contentType}, "Location": {"/"}}, Body: io.NopCloser(body)}, nil
		}))
	}
	seen := 0
	callEach(t.Context(), client(t, "127.0.0.1:1", answer(302, "", strings.NewReader(""))), func(name string, err error) {
		require.ErrorIs(t, err, tequilapi.ErrRedirect, name)
		seen++
	})
	assert.Greater(t, seen, 50)

	nothing := []string{ // what comes does not matter to these, and is not kept
		"AgreeTerms", "Disconnect", "Logout", "Register", "ReportToSupport", "SetPassword", "Stop", "UnlockIdentity",
	}
	endless := readerFunc(func(b []byte) (int, error) { b[0] = ' '; return 1, nil })
	for kind, skip := range map[string]string{"application/json": "Events", "text/event-stream": ""} {
		c := client(t, "127.0.0.1:1", tequilapi.WithMaxBody(1000), answer(200, kind, endless))
		callEach(t.Context(), c, func(name string, err error) {
			switch {
			case name == skip, slices.Contains(nothing, name):
			case kind == "text/event-stream" && name != "Events" && !slices.Contains([]string{"UIFeatures", "ExportIdentity"}, name):
				require.ErrorIs(t, err, tequilapi.ErrBadAnswer, name)
			default:
				require.ErrorIs(t, err, tequilapi.ErrTooLarge, name)
			}
		})
	}

	gone := errors.New("the window is closed")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(gone)
	callEach(ctx, client(t, "127.0.0.1:1", tequilapi.WithTransport(silent{})), func(name string, err error) {
		if name == "Events" {
			require.NoError(t, err, "it ends without an error")
			return
		}
		require.ErrorIs(t, err, gone, name)
	})
}

func TestWordsOfLaterNodesSurvive(t *testing.T) {
	for text, v := range map[string]any{
		`{"status":"Dreaming","registered":false}`: new(tequilapi.Registration),
		`{"type":"wormhole"}`:                      new(tequilapi.NAT),
		`{"status":"Teleporting"}`:                 new(tequilapi.Connection),
	} {
		require.NoError(t, json.Unmarshal([]byte(text), v))
		b, err := json.Marshal(v)
		require.NoError(t, err)
		assert.JSONEq(t, text, string(b))
	}
	var o tequilapi.Order
	require.NoError(t, json.Unmarshal([]byte(`{"status":"haggling","public_gateway_data":{"new":[1,2.50]}}`), &o))
	assert.False(t, o.Status.Paid() || o.Status.Failed(), "still waited for")
	assert.JSONEq(t, `{"new":[1,2.50]}`, string(o.GatewayData))
	b, err := json.Marshal(o)
	require.NoError(t, err)
	assert.Contains(t, string(b), `"status":"haggling"`)
	var s tequilapi.Session
	require.NoError(t, json.Unmarshal([]byte(`{"direction":"Sideways","status":"Paused","ip_type":"orbital","created_at":"2026-11-01T00:00:00Z"}`), &s))
	assert.Equal(t, []string{"Sideways", "Paused", "orbital"}, []string{s.Direction, s.Status, s.IPType})
}
