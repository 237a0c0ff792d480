package tequilatest_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mysteriumvpn/desktop/tequilapi"
	"github.com/mysteriumvpn/desktop/tequilapi/tequilatest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wanted are differences from the real node's answers: what is left out (-) or more (+), and why.
var wanted = map[string]string{
	"config-get -":      "few settings",
	"config-default -":  "few settings",
	"identity-export -": "there is no key in the file",
}

func paths(v any, at string, out map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			paths(e, at+"."+k, out)
		}
	case []any:
		for _, e := range v {
			paths(e, at+"[]", out)
		}
	default:
		kind := fmt.Sprintf("%T", v)
		out[at+" "+kind] = true
	}
}

var (
	anID    = regexp.MustCompile(`0x[0-9a-f]{40}`)
	hideIDs = func(s string) string { return anID.ReplaceAllString(s, "ID") }
)

// The fake answers what a real node answered to the same: the status, the code and the words of a refusal, and the
// fields of everything else.
func TestAnswersAreTheRealNodes(t *testing.T) {
	node := tequilatest.NewNode(t)
	tr := node.Transport()
	defer tr.CloseIdleConnections()
	found := map[string]bool{}
	is := func(recording, method, path, body string) {
		t.Helper()
		b, err := os.ReadFile("../testdata/" + recording + ".json")
		require.NoError(t, err)
		var want struct {
			Status string
			Body   json.RawMessage
		}
		require.NoError(t, json.Unmarshal(b, &want))
		status, err := strconv.Atoi(strings.Fields(want.Status)[1])
		require.NoError(t, err)
		r, err := http.NewRequestWithContext(t.Context(), method, node.URL()+path, strings.NewReader(body))
		require.NoError(t, err)
		res, err := tr.RoundTrip(r)
		require.NoError(t, err)
		defer func() { _ = res.Body.Close() }()
		have, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.Equal(t, status, res.StatusCode, "%s: %s", recording, have)
		if string(want.Body) == "null" {
			assert.Empty(t, string(have), recording)
			return
		}
		if status >= 400 {
			assert.Equal(t, "application/vnd.mysterium.error+json", res.Header.Get("Content-Type"))
			var theirs, ours struct {
				Error  struct{ Code, Message, Detail string }
				Status int
				Path   string
			}
			require.NoError(t, json.Unmarshal(want.Body, &theirs))
			require.NoError(t, json.Unmarshal(have, &ours), "%s: %s", recording, have)
			theirs.Path, ours.Path = hideIDs(theirs.Path), hideIDs(ours.Path)
			theirs.Error.Message, ours.Error.Message = hideIDs(theirs.Error.Message), hideIDs(ours.Error.Message)
			assert.Equal(t, theirs, ours, recording)
			return
		}
		var theirs, ours any
		require.NoError(t, json.Unmarshal(want.Body, &theirs))
		require.NoError(t, json.NewDecoder(bytes.NewReader(have)).Decode(&ours), "%s: %s", recording, have)
		a, o := map[string]bool{}, map[string]bool{}
		paths(theirs, "", a)
		paths(ours, "", o)
		for sign, d := range map[string][2]map[string]bool{"-": {a, o}, "+": {o, a}} {
			for _, p := range slices.Sorted(maps.Keys(d[0])) {
				if d[1][p] {
					continue
				}
				_, ok := wanted[recording+" "+sign]
				assert.True(t, ok, "%s: %s%s", recording, sign, p)
				found[recording+" "+sign] = true
			}
		}
	}

	node.AddIdentity(me, "", tequilapi.Wei(5e18))
	is("auth-login", "POST", "/auth/login", `{"username":"myst","password":"mystberry"}`)
	is("auth-login-wrong", "POST", "/auth/login", `{"username":"myst","password":"wrong"}`)
	is("auth-password-wrong", "PUT", "/auth/password", `{"username":"myst","old_password":"wrong","new_password":"x"}`)
	is("auth-password", "PUT", "/auth/password", `{"username":"myst","old_password":"mystberry","new_password":"x"}`)
	is("auth-logout", "DELETE", "/auth/logout", "")
	is("config-get", "GET", "/config", "")
	is("config-default", "GET", "/config/default", "")
	is("ui-features", "GET", "/config/ui/features", "")
	is("order-create-locked", "POST", "/v2/identities/"+me+"/coingate/payment-order", `{"amount_usd":"10.00","pay_currency":"BTC","country":"US"}`)
	is("orders-locked", "GET", "/v2/identities/"+me+"/payment-order", "")
	is("registration-payment", "GET", "/v2/identities/"+me+"/registration-payment", "")
	is("register-registered", "POST", "/identities/"+me+"/register", "{}")
	node.SetRegistration(me, tequilapi.Unregistered)
	is("register-locked", "POST", "/identities/"+me+"/register", "{}")
	is("identity-unlock", "PUT", "/identities/"+me+"/unlock", `{"passphrase":""}`)
	is("register", "POST", "/identities/"+me+"/register", "{}")
	is("fail-register-again", "POST", "/identities/"+me+"/register", "{}")
	node.SetRegistration(me, tequilapi.Registered)
	is("identity-get", "GET", "/identities/"+me, "")
	is("identity-status", "GET", "/identities/"+me+"/status", "")
	is("identity-registration", "GET", "/identities/"+me+"/registration", "")
	is("identity-balance-refresh", "PUT", "/identities/"+me+"/balance/refresh", "")
	is("identity-eligibility", "GET", "/identities/"+me+"/eligibility", "")
	is("fail-transactor-fees-v2", "GET", "/v2/transactor/fees", "")
	is("identity-export-nopass", "POST", "/identities/export", `{"identity":"`+me+`"}`)
	is("identity-export", "POST", "/identities/export", `{"identity":"`+me+`","newpassphrase":"secret12"}`)
	file, err := node.Client().ExportIdentity(t.Context(), me, "secret12")
	require.NoError(t, err)
	data := base64.StdEncoding.EncodeToString(file)
	is("import-again", "POST", "/identities-import", `{"data":"`+data+`","current_passphrase":"secret12"}`)
	is("import-wrong", "POST", "/identities-import", `{"data":"`+data+`","current_passphrase":"wrong"}`)
	is("import-nopass", "POST", "/identities-import", `{"data":"`+data+`"}`)
	is("import-no-key", "POST", "/identities-import", `{"data":"`+base64.StdEncoding.EncodeToString([]byte(`{"version":0}`))+`","current_passphrase":"x"}`)

	is("connection-put-noprovider", "PUT", "/connection", `{"consumer_id":"`+me+`"}`)
	node.SetProposals(offer)
	node.SetBalance(me, tequilapi.Wei(1000))
	is("connection-put-poor", "PUT", "/connection", `{"consumer_id":"`+me+`"}`)
	node.SetBalance(me, tequilapi.Wei(5e18))
	is("connection-put-bad-json", "PUT", "/connection", "{")
	is("connection-put-empty", "PUT", "/connection", "{}")
	is("connection-traffic", "GET", "/connection/traffic", "")
	is("prices-current", "GET", "/prices/current", "")
	is("prices-current-v2", "GET", "/v2/prices/current", "")
	is("prices-current-unknown", "GET", "/prices/current?service_type=teleport", "")
	is("entertainment", "GET", "/entertainment?amount=10", "")
	is("exchange", "GET", "/exchange/myst/usd", "")
	node.SetExchangeRate("USD", "")
	is("fail-exchange-usd", "GET", "/exchange/myst/usd", "")
	node.SetExchangeRate("USD", "0.25")
	is("sessions", "GET", "/sessions", "")
	is("sessions-beyond", "GET", "/sessions?page=9&page_size=3", "")
	is("sessions-page-zero", "GET", "/sessions?page=0", "")
	is("sessions-bad-page", "GET", "/sessions?page=x", "")
	is("sessions-bad-date", "GET", "/sessions/stats-daily?date_from=soon", "")
	is("sessions-agg", "GET", "/sessions/stats-aggregated", "")
	is("sessions-daily", "GET", "/sessions/stats-daily?date_from=2026-11-01&date_to=2026-11-22", "")
	is("fail-gateways", "GET", "/v2/payment-order-gateways", "")
	is("fail-order-create", "POST", "/v2/identities/"+me+"/coingate/payment-order", `{"amount_usd":"10.00","pay_currency":"BTC","country":"US"}`)
	is("fail-order-get", "GET", "/v2/identities/"+me+"/payment-order/order-1", "")
	is("fail-orders", "GET", "/v2/identities/"+me+"/payment-order", "")
	is("feedback-bad-email", "POST", "/feedback/bug-report", `{"email":"x","description":"It does not connect, whatever I choose."}`)
	node.SetLatestRelease("")
	is("latest-release", "GET", "/node/latest-release", "")
	node.SetNAT(tequilapi.NAT{})
	is("nat-type", "GET", "/nat/type", "")
	for d := range wanted {
		assert.True(t, found[d], "no longer a difference: %s", d)
	}
}
