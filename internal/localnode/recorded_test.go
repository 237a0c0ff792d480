package localnode

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// meant are the differences from the real node that are wanted, with their reasons. A key is a recording, or "*", and a
// JSON path; "-" before the path means that we leave it out, "+" that we add it, "*" at its end all that begin so.
var meant = map[string]string{
	"* +.proposal.location.ip_type":                             "our providers all say what kind of address they have; some real ones do not",
	"* +.payload.consumer.connection.proposal.location.ip_type": "likewise",
	"* -.proposals[].access_policies[]*":                        "no provider of the sandbox is for some consumers only",
	"* -.proposal.access_policies[]*":                           "likewise",
	"proposals-preset1 +.proposals[].access_policies":           "the real node leaves an absent list out; ours is there and empty, as in most of its answers",
	"proposals-countries +.*":                                   "the sandbox has more countries",
	"config-get -.data.*":                                       "our node has few settings",
	"config-default -.data.*":                                   "likewise",
	"fail-gateways -[]*":                                        "nobody sells MYST in the sandbox",
	"fail-orders -[]*":                                          "likewise",
}

// excused are the keys of meant that were needed.
var excused = map[string]bool{}

// Differences that paths do not show, with their reasons:
//   - a new identity is Registered at once: there is no chain to register it on, and no money to register it with;
//   - hermes_id and channel_address are made up: the sandbox pays nobody;
//   - any Origin header is refused; the real node lets local ones pass, which nobody needs;
//   - a proxy port other than 0 is refused at PUT /connection: the app has its own proxy;
//   - a connection ends as soon as the supervisor has lost the tunnel; the real node needs about 30 s, and may go OnHold,
//     which needs a provider that is not this computer;
//   - the wait for a handshake is 10 s, not a minute: the exit is on this computer;
//   - fees are nothing, and an order is refused: the sandbox takes no money;
//   - the price list is the middle of what the sandbox's providers ask;
//   - NAT is "none": the exits are on this computer. The newest release is not looked up, and play money has no price;
//   - locations are empty: the sandbox does not know where this computer is, and its traffic leaves from here;
//   - the process ends with code 0 after POST /stop; the real one with 1.

// recording is one answer of a real node.
type recording struct {
	Curl   string          `json:"curl"`
	Status string          `json:"status"`
	Body   json.RawMessage `json:"body"`
}

func readRecording(t *testing.T, name string) (status int, body []byte) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name + ".json")
	require.NoError(t, err)
	var r recording
	require.NoError(t, json.Unmarshal(b, &r))
	status, err = strconv.Atoi(strings.Fields(r.Status)[1])
	require.NoError(t, err)
	return status, r.Body
}

// shape lists the paths of a JSON value with the types found there. Elements of a list are laid over each other.
func shape(t *testing.T, b []byte) map[string]string {
	t.Helper()
	var v any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	require.NoError(t, d.Decode(&v), "%s", b)
	out := map[string]string{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		kind := fmt.Sprintf("%T", v)
		switch v := v.(type) {
		case map[string]any:
			for k, e := range v {
				walk(path+"."+k, e)
			}
		case []any:
			for _, e := range v {
				walk(path+"[]", e)
			}
		case json.Number:
			kind = "number"
		}
		if have, ok := out[path]; ok && have != kind && kind != "<nil>" {
			kind = have + " or " + kind
		}
		out[path] = kind
	}
	walk("", v)
	return out
}

// differences compares shapes: what is missing, what is more, what has another type.
func differences(name string, theirs, ours map[string]string) []string {
	var out []string
	note := func(sign, path, text string) {
		for key := range meant {
			rec, p, _ := strings.Cut(key, " ")
			prefix, open := strings.CutSuffix(p, "*")
			if (rec == "*" || rec == name) && (p == sign+path || open && strings.HasPrefix(sign+path, prefix)) {
				excused[key] = true
				return
			}
		}
		out = append(out, name+": "+sign+path+text)
	}
	for p, kind := range theirs {
		switch have, ok := ours[p]; {
		case !ok:
			note("-", p, "")
		case have != kind:
			note("~", p, ": "+have+", not "+kind)
		}
	}
	for p := range ours {
		if _, ok := theirs[p]; !ok {
			note("+", p, "")
		}
	}
	sort.Strings(out)
	return out
}

// same compares an answer of ours with a recorded one: status, error code, and the shape of the JSON.
func same(t *testing.T, name string, ours *httptest.ResponseRecorder) {
	t.Helper()
	status, body := readRecording(t, name)
	assert.Equal(t, status, ours.Code, "%s: %s", name, ours.Body)
	var text string
	switch {
	case string(body) == "null":
		assert.Empty(t, ours.Body.String(), name)
		return
	case json.Unmarshal(body, &text) == nil:
		assert.Equal(t, text, ours.Body.String(), name)
		assert.Equal(t, "text/plain", ours.Header().Get("Content-Type"))
		return
	}
	var theirs, mine refusal
	if status >= 400 {
		require.NoError(t, json.Unmarshal(body, &theirs))
		require.NoError(t, json.Unmarshal(ours.Body.Bytes(), &mine), "%s: %s", name, ours.Body)
		assert.Equal(t, theirs.Error.Code, mine.Error.Code, name)
		assert.Equal(t, "application/vnd.mysterium.error+json", ours.Header().Get("Content-Type"))
		if theirs.Error.Code != "err_connect" || name == "connection-put-locked" || strings.HasPrefix(name, "connection-put-no") {
			assert.Equal(t, hideIDs(theirs.Error.Message), hideIDs(mine.Error.Message), name)
			assert.Equal(t, theirs.Error.Detail, mine.Error.Detail, name)
		}
		assert.Equal(t, hideIDs(theirs.Path), hideIDs(mine.Path), name)
	} else {
		assert.Equal(t, "application/json; charset=utf-8", ours.Header().Get("Content-Type"))
	}
	assert.Empty(t, differences(name, shape(t, body), shape(t, ours.Body.Bytes())))
}

var anID = regexp.MustCompile(`0x[0-9a-f]{40}`)

func hideIDs(s string) string { return anID.ReplaceAllString(s, "ID") }

func TestAnswersAreTheRealNodes(t *testing.T) {
	t.Run("answers", answers)
	t.Run("events", eventFrames)
	for key := range meant {
		assert.True(t, excused[key], "no longer a difference: %s", key)
	}
}

// answers tells the story that was recorded with a real node again, with ours.
func answers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, f := open(t, t.TempDir())
		used := map[string]bool{}
		is := func(name, method, path, body string) *httptest.ResponseRecorder {
			t.Helper()
			used[name] = true
			w := call(t, n, method, path, body)
			same(t, name, w)
			return w
		}
		is("healthcheck", "GET", "/healthcheck", "")
		is("identities-list-empty", "GET", "/identities", "")
		is("terms-get", "GET", "/terms", "")
		is("connection-get", "GET", "/connection", "")
		is("wireguard-disconnect", "DELETE", "/connection", "")
		is("connection-statistics", "GET", "/connection/statistics", "")
		is("sessions", "GET", "/sessions", "")
		is("sessions-bad-page", "GET", "/sessions?page=x", "")
		is("sessions-bad-date", "GET", "/sessions/stats-daily?date_from=soon", "")
		is("sessions-page-zero", "GET", "/sessions?page=0", "")
		is("connection-get-bad-id", "GET", "/connection?id=x", "")
		is("connection-traffic-bad", "GET", "/connection/traffic?id=x", "")
		is("prices-current-unknown", "GET", "/prices/current?service_type=teleport", "")
		is("sessions-agg", "GET", "/sessions/stats-aggregated", "")
		is("sessions-daily", "GET", "/sessions/stats-daily?date_from=2026-11-01&date_to=2026-11-22", "")
		is("connection-traffic", "GET", "/connection/traffic", "")
		is("config-get", "GET", "/config", "")
		is("config-default", "GET", "/config/default", "")
		is("latest-release", "GET", "/node/latest-release", "")
		is("fail-exchange-usd", "GET", "/exchange/myst/usd", "")
		is("fail-transactor-fees-v2", "GET", "/v2/transactor/fees", "")
		is("prices-current", "GET", "/prices/current", "")
		is("prices-current-v2", "GET", "/v2/prices/current", "")
		is("fail-gateways", "GET", "/v2/payment-order-gateways?options_currency=USD", "")
		is("identities-create-nopass", "POST", "/identities", "{}")
		var id reference
		require.NoError(t, json.Unmarshal(is("identities-create", "POST", "/identities", `{"passphrase":""}`).Body.Bytes(), &id))
		is("identities-list", "GET", "/identities", "")
		is("identity-get-locked", "GET", "/identities/"+id.ID, "")
		is("identity-registration", "GET", "/identities/"+id.ID+"/registration", "")

		put := func(provider, service string) string {
			return fmt.Sprintf(`{"consumer_id":%q,"provider_id":%q,"service_type":%q}`, id.ID, provider, service)
		}
		provider := n.offers[0].ProviderID
		is("connection-put-bad-json", "PUT", "/connection", "{")
		is("connection-put-empty", "PUT", "/connection", "{}")
		is("fail-connect-unregistered", "PUT", "/connection", strings.Replace(put(provider, "wireguard"), id.ID, "0x44a5ddee63fd41c98f6b806bb19b9350660ca201", 1))
		is("connection-put-locked", "PUT", "/connection", put(provider, "wireguard"))
		is("identity-unlock-wrong", "PUT", "/identities/"+id.ID+"/unlock", `{"passphrase":"wrong"}`)
		is("identity-unlock", "PUT", "/identities/"+id.ID+"/unlock", `{"passphrase":""}`)
		is("identity-current", "PUT", "/identities/current", `{"passphrase":""}`)
		is("identity-get", "GET", "/identities/"+id.ID, "")
		is("identity-balance-refresh", "PUT", "/identities/"+id.ID+"/balance/refresh", "")
		is("identity-status", "GET", "/identities/"+id.ID+"/status", "")
		is("registration-payment", "GET", "/v2/identities/"+id.ID+"/registration-payment", "")
		is("register-registered", "POST", "/identities/"+id.ID+"/register", "{}")
		is("identity-eligibility", "GET", "/identities/"+id.ID+"/eligibility", "")
		is("fail-orders", "GET", "/v2/identities/"+id.ID+"/payment-order", "")
		is("connection-put-noprovider", "PUT", "/connection", put("0x9999999999999999999999999999999999999999", "wireguard"))
		is("connection-put-unsupported", "PUT", "/connection", put(provider, "openvpn"))
		is("connection-delete-none", "DELETE", "/connection", "")

		is("proposals", "GET", "/proposals", "")
		is("proposals-wireguard", "GET", "/proposals?service_type=wireguard&quality_min=1&location_country=DE", "")
		is("proposals-preset1", "GET", "/proposals?preset_id=1", "")
		is("proposals-presets", "GET", "/proposals/filter-presets", "")
		is("proposals-countries", "GET", "/proposals/countries", "")
		is("location", "GET", "/location", "")
		is("connection-ip", "GET", "/connection/ip", "")
		is("connection-location", "GET", "/connection/location", "")

		attempt := func(during func()) *httptest.ResponseRecorder {
			answered := make(chan *httptest.ResponseRecorder, 1)
			go func() { answered <- call(t, n, "PUT", "/connection", put(provider, "wireguard")) }()
			synctest.Wait()
			during()
			return <-answered
		}
		f.set(func() { f.silent = true })
		used["connection-put-cancelled"], used["connection-put-deadprovider"] = true, true
		same(t, "connection-put-cancelled", attempt(func() {
			is("connection-get-connecting", "GET", "/connection", "")
			is("connection-put-second", "PUT", "/connection", put(provider, "wireguard"))
			is("connection-delete-during-connect", "DELETE", "/connection", "")
		}))
		same(t, "connection-put-deadprovider", attempt(func() {}))

		f.set(func() { f.silent = false })
		is("noop-connect", "PUT", "/connection", put(provider, "wireguard"))
		is("noop-conn", "GET", "/connection", "")
		is("usermode-stats2", "GET", "/connection/statistics", "")
		is("noop-sessions-live", "GET", "/sessions", "")
		is("noop-disconnect", "DELETE", "/connection", "")
		is("noop-conn-after", "GET", "/connection", "")
		is("noop-sessions", "GET", "/sessions", "")
		is("noop-sessions-agg", "GET", "/sessions/stats-aggregated", "")

		is("terms-post", "POST", "/terms", `{"agreed_consumer":true,"agreed_version":"0.0.53"}`)
		is("terms-get2", "GET", "/terms", "")
		is("config-user", "GET", "/config/user", "")
		is("config-user-post", "POST", "/config/user", `{"data":{"desktop":{"onboarded":true,"dns":"provider"},"keep-connected-on-fail":true}}`)
		is("config-user2", "GET", "/config/user", "")

		is("notfound", "GET", "/nope", "")
		for _, name := range []string{"host-filter", "origin"} {
			used[name] = true
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:4050/healthcheck", nil)
			if name == "origin" {
				r.Header.Set("Origin", "http://evil.com")
			} else {
				r.Host = "evil.com"
			}
			w := httptest.NewRecorder()
			n.handler().ServeHTTP(w, r)
			same(t, name, w)
		}
		is("stop", "POST", "/stop", "")

		all, err := os.ReadDir("testdata")
		require.NoError(t, err)
		for _, e := range all {
			if name, ok := strings.CutSuffix(e.Name(), ".json"); ok {
				assert.True(t, used[name], "%s is not compared with anything", name)
			}
		}
	})
}

// eventFrames compares the frames of the stream, state for state.
func eventFrames(t *testing.T) {
	theirs := map[string]map[string]string{}
	b, err := os.ReadFile("testdata/noop-sse.jsonl")
	require.NoError(t, err)
	for _, line := range bytes.Split(bytes.TrimSpace(b), []byte("\n")) {
		theirs[frameKey(t, line)] = shape(t, line)
	}
	require.Len(t, theirs, 5, "NotConnected, Connecting, Connected without and with counters, Disconnecting")

	seen := map[string]bool{}
	for _, line := range storyOfFrames(t) {
		key := frameKey(t, line)
		want, ok := theirs[key]
		require.True(t, ok, "the real node has no frame like %s", line)
		assert.Empty(t, differences("noop-sse", want, shape(t, line)))
		seen[key] = true
	}
	for _, key := range []string{"NotConnected", "Connecting", "Connected", "Connected+statistics"} {
		assert.True(t, seen[key], key)
	}
}

// frameKey tells frames apart: by status, and whether there are counters.
func frameKey(t *testing.T, line []byte) string {
	t.Helper()
	var e struct {
		Payload struct {
			Consumer struct {
				Connection struct {
					Status     string          `json:"status"`
					Statistics json.RawMessage `json:"statistics"`
				} `json:"connection"`
			} `json:"consumer"`
		} `json:"payload"`
	}
	require.NoError(t, json.Unmarshal(line, &e))
	c := e.Payload.Consumer.Connection
	if c.Statistics != nil {
		return c.Status + "+statistics"
	}
	return c.Status
}
