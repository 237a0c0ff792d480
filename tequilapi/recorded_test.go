package tequilapi

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// recording is one answer of a real node.
type recording struct {
	Curl   string          `json:"curl"`
	Status string          `json:"status"`
	Body   json.RawMessage `json:"body"`
}

var curlForm = regexp.MustCompile(`(?:-X (\w+) )?(?:-H .*?)?http://[^/\s]+(/[^\s?]*)(?:\?(\S*))?(?: -d (.*))?$`)

func readRecording(t *testing.T, file string) (r recording, method, path, in string, status int) {
	t.Helper()
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &r))
	m := curlForm.FindStringSubmatch(r.Curl)
	require.NotNil(t, m, r.Curl)
	method, path, in = m[1], m[2], m[4]
	if method == "" {
		method = http.MethodGet
	}
	words := strings.Fields(r.Status)
	require.Greater(t, len(words), 1)
	status, err = strconv.Atoi(words[1])
	require.NoError(t, err)
	return r, method, path, in, status
}

// method calls the Client's method for a recorded request and returns what it made of the answer, in the node's form.
func clientMethod(c *Client, method, path, in string) func(context.Context) (any, error) {
	id := ""
	for p := range strings.SplitSeq(path, "/") {
		if strings.HasPrefix(p, "0x") {
			id = p
			path = strings.Replace(path, id, "{id}", 1)
		}
	}
	switch method + " " + path {
	case "GET /healthcheck":
		return func(ctx context.Context) (any, error) { return c.Healthcheck(ctx) }
	case "POST /stop":
		return func(ctx context.Context) (any, error) { return nil, c.Stop(ctx) }
	case "GET /terms":
		return func(ctx context.Context) (any, error) { return c.Terms(ctx) }
	case "POST /terms":
		return func(ctx context.Context) (any, error) { return nil, c.AgreeTerms(ctx, "0.0.53") }
	case "GET /config/user":
		return func(ctx context.Context) (any, error) {
			v, err := c.UserConfig(ctx)
			return map[string]any{"data": v}, err
		}
	case "POST /config/user":
		return func(ctx context.Context) (any, error) {
			v, err := c.SetUserConfig(ctx, Config{"x": nil})
			return map[string]any{"data": v}, err
		}
	case "GET /identities":
		return func(ctx context.Context) (any, error) {
			ids, err := c.Identities(ctx)
			refs := []identityRef{}
			for _, id := range ids {
				refs = append(refs, identityRef{id})
			}
			return map[string]any{"identities": refs}, err
		}
	case "POST /identities":
		return func(ctx context.Context) (any, error) {
			id, err := c.CreateIdentity(ctx, "")
			return identityRef{id}, err
		}
	case "PUT /identities/current":
		return func(ctx context.Context) (any, error) {
			id, err := c.CurrentIdentity(ctx, "", "")
			return identityRef{id}, err
		}
	case "PUT /identities/{id}/unlock":
		return func(ctx context.Context) (any, error) { return nil, c.UnlockIdentity(ctx, id, "") }
	case "GET /identities/{id}", "GET /identities/{id}/status":
		return func(ctx context.Context) (any, error) { return c.Identity(ctx, id) }
	case "GET /identities/{id}/registration":
		return func(ctx context.Context) (any, error) { return c.IdentityRegistration(ctx, id) }
	case "GET /proposals":
		return func(ctx context.Context) (any, error) {
			p, err := c.Proposals(ctx, ProposalQuery{})
			return map[string]any{"proposals": p}, err
		}
	case "GET /proposals/countries":
		return func(ctx context.Context) (any, error) { return c.ProposalCountries(ctx, ProposalQuery{}) }
	case "GET /proposals/filter-presets":
		return func(ctx context.Context) (any, error) {
			p, err := c.FilterPresets(ctx)
			return map[string]any{"items": p}, err
		}
	case "GET /connection":
		return func(ctx context.Context) (any, error) { return c.Connection(ctx, 0) }
	case "PUT /connection":
		var r ConnectRequest
		_ = json.Unmarshal([]byte(in), &r) // one of the recorded requests is not JSON
		return func(ctx context.Context) (any, error) { return c.Connect(ctx, r) }
	case "DELETE /connection":
		return func(ctx context.Context) (any, error) { return nil, c.Disconnect(ctx, 0) }
	case "GET /connection/traffic":
		return func(ctx context.Context) (any, error) { return c.ConnectionTraffic(ctx, 0) }
	case "GET /connection/statistics":
		return func(ctx context.Context) (any, error) { return c.ConnectionStatistics(ctx, "") }
	case "GET /connection/ip":
		return func(ctx context.Context) (any, error) {
			ip, err := c.ConnectionIP(ctx)
			return map[string]string{"ip": ip}, err
		}
	case "GET /connection/location":
		return func(ctx context.Context) (any, error) { return c.ConnectionLocation(ctx) }
	case "GET /location":
		return func(ctx context.Context) (any, error) { return c.Location(ctx) }
	case "GET /sessions":
		return func(ctx context.Context) (any, error) { return c.Sessions(ctx, SessionQuery{}) }
	case "GET /sessions/stats-aggregated":
		return func(ctx context.Context) (any, error) {
			v, err := c.SessionsStats(ctx, SessionQuery{})
			return map[string]any{"stats": v}, err
		}
	case "GET /sessions/stats-daily":
		return func(ctx context.Context) (any, error) { return c.DailyStats(ctx, SessionQuery{}) }
	}
	return clientMethodForMoney(c, method, path, id, in)
}

// clientMethodForMoney is the rest: configuration, keys, registration, prices and payment.
func clientMethodForMoney(c *Client, method, path, id, in string) func(context.Context) (any, error) {
	switch method + " " + path {
	case "GET /config":
		return func(ctx context.Context) (any, error) {
			v, err := c.Config(ctx)
			return map[string]any{"data": v}, err
		}
	case "GET /config/default":
		return func(ctx context.Context) (any, error) {
			v, err := c.DefaultConfig(ctx)
			return map[string]any{"data": v}, err
		}
	case "GET /node/latest-release":
		return func(ctx context.Context) (any, error) { return c.LatestRelease(ctx) }
	case "GET /nat/type":
		return func(ctx context.Context) (any, error) { return c.NATType(ctx) }
	case "POST /auth/authenticate":
		return func(ctx context.Context) (any, error) { return c.Authenticate(ctx, "myst", "mystberry") }
	case "POST /auth/login":
		return func(ctx context.Context) (any, error) { return c.Login(ctx, "myst", "mystberry") }
	case "PUT /auth/password":
		return func(ctx context.Context) (any, error) {
			return nil, c.SetPassword(ctx, "myst", "mystberry", "newpass1")
		}
	case "DELETE /auth/logout":
		return func(ctx context.Context) (any, error) { return nil, c.Logout(ctx) }
	case "GET /config/ui/features":
		return func(ctx context.Context) (any, error) {
			v, err := c.UIFeatures(ctx)
			if len(v) > 0 {
				return v, err
			}
			return nil, err
		}
	case "POST /feedback/issue":
		return func(ctx context.Context) (any, error) {
			v, err := c.ReportIssue(ctx, Report{})
			return map[string]string{"issue_id": v}, err
		}
	case "POST /feedback/bug-report":
		return func(ctx context.Context) (any, error) { return c.ReportBug(ctx, Report{}) }
	case "GET /access-policies":
		return func(ctx context.Context) (any, error) { return c.AccessLists(ctx) }
	case "GET /connection/proxy/location":
		return func(ctx context.Context) (any, error) { return c.ProxyLocation(ctx, 7) }
	case "POST /identities-import":
		return func(ctx context.Context) (any, error) {
			id, err := c.ImportIdentity(ctx, ImportRequest{})
			return identityRef{id}, err
		}
	case "GET /v2/identities/{id}/registration-payment":
		return func(ctx context.Context) (any, error) {
			paid, err := c.RegistrationPaid(ctx, id)
			return map[string]bool{"paid": paid}, err
		}
	case "POST /identities/export":
		return func(ctx context.Context) (any, error) {
			file, err := c.ExportIdentity(ctx, "0x1", "secret12")
			return json.RawMessage(file), err
		}
	case "PUT /identities/{id}/balance/refresh":
		return func(ctx context.Context) (any, error) {
			m, err := c.RefreshBalance(ctx, id)
			return balanceJSON{m, Tokens{m}}, err
		}
	case "POST /identities/{id}/register":
		return func(ctx context.Context) (any, error) { return nil, c.Register(ctx, id, RegisterRequest{}) }
	case "GET /identities/{id}/eligibility":
		return func(ctx context.Context) (any, error) {
			free, err := c.FreeRegistration(ctx, id)
			return map[string]bool{"eligible": free}, err
		}
	case "GET /v2/transactor/fees":
		return func(ctx context.Context) (any, error) { return c.Fees(ctx) }
	case "GET /prices/current":
		return func(ctx context.Context) (any, error) { return c.CurrentPrice(ctx, "") }
	case "GET /v2/prices/current":
		return func(ctx context.Context) (any, error) { return c.CurrentPrices(ctx) }
	case "GET /entertainment":
		return func(ctx context.Context) (any, error) { return c.Estimate(ctx, Money{}) }
	case "GET /exchange/myst/usd":
		return func(ctx context.Context) (any, error) { return c.ExchangeRate(ctx, "usd") }
	case "GET /v2/payment-order-gateways":
		return func(ctx context.Context) (any, error) { return c.Gateways(ctx, "USD") }
	case "POST /v2/identities/{id}/coingate/payment-order":
		var r OrderRequest
		_ = json.Unmarshal([]byte(in), &r)
		return func(ctx context.Context) (any, error) { return c.CreateOrder(ctx, id, "coingate", r) }
	case "GET /v2/identities/{id}/payment-order":
		return func(ctx context.Context) (any, error) { return c.Orders(ctx, id) }
	case "GET /v2/identities/{id}/payment-order/order-1":
		return func(ctx context.Context) (any, error) { return c.Order(ctx, id, "order-1") }
	}
	return nil
}

// What a real node answered is understood, and nothing of it is lost: encoded again it is the same JSON.
func TestRecordedAnswersAreUnderstood(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	require.Greater(t, len(files), 100)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			r, method, path, in, status := readRecording(t, file)
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				body := []byte(r.Body)
				var text string
				switch {
				case string(body) == "null":
					body = nil
				case json.Unmarshal(body, &text) == nil:
					w.Header().Set("Content-Type", "text/plain")
					body = []byte(text)
				case strings.HasSuffix(path, "/export"): // the node gives it no type
					w.Header().Set("Content-Type", "text/plain; charset=utf-8")
				case status >= 400:
					w.Header().Set("Content-Type", "application/vnd.mysterium.error+json")
				default:
					w.Header().Set("Content-Type", "application/json; charset=utf-8")
				}
				w.WriteHeader(status)
				_, _ = w.Write(body)
			}))
			defer srv.Close()
			c, err := New(srv.URL)
			require.NoError(t, err)
			defer c.Close()

			f := clientMethod(c, method, path, in)
			if f == nil { // not ours to call; its errors are the same as all others
				require.GreaterOrEqual(t, status, 400, "%s %s has no method", method, path)
				f = func(ctx context.Context) (any, error) {
					return nil, c.do(ctx, call{method: method, path: path, out: &struct{}{}})
				}
			}
			got, err := f(t.Context())
			if status >= 400 {
				var e *Error
				require.ErrorAs(t, err, &e)
				assert.Equal(t, status, e.Status)
				assert.Contains(t, err.Error(), method+" "+path)
				var want struct {
					Error struct{ Code, Message string }
				}
				if json.Unmarshal(r.Body, &want) == nil {
					assert.Equal(t, want.Error.Code, e.Code)
					assert.Equal(t, clean(want.Error.Message, 2000), e.Message)
				}
				return
			}
			require.NoError(t, err)
			if got == nil {
				assert.Equal(t, "null", string(r.Body))
				return
			}
			b, err := json.Marshal(got)
			require.NoError(t, err)
			assert.Equal(t, exact(t, r.Body), exact(t, b))
		})
	}
}

func TestRecordedEventsAreUnderstood(t *testing.T) {
	files, err := filepath.Glob("testdata/*.jsonl")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, line := range bytes.Split(bytes.TrimSpace(b), []byte("\n")) {
			var e Event
			require.NoError(t, json.Unmarshal(line, &e), file)
			back, err := json.Marshal(e)
			require.NoError(t, err)
			require.Equal(t, exact(t, line), exact(t, back), file)
		}
	}
}

// exact decodes without losing digits.
func exact(t *testing.T, b []byte) any {
	t.Helper()
	var v any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	require.NoError(t, d.Decode(&v))
	return v
}
