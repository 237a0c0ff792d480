package tequilapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mysteriumvpn/desktop/tequilapi"
	"github.com/mysteriumvpn/desktop/tequilapi/tequilatest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// roundTrip is a transport made of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestRequestsAreWhatTheNodeExpects(t *testing.T) {
	const id = "0xc0aa711e3c6931cf7adc82648aeb4eece462068c"
	var have, body, contentType string
	c := client(t, "http://127.0.0.1:4050/base/", tequilapi.WithTransport(roundTrip(func(r *http.Request) (*http.Response, error) {
		have, body, contentType = r.Method+" "+r.URL.String(), "", r.Header.Get("Content-Type")
		if r.Body != nil {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			body = string(b)
		}
		assert.Empty(t, r.Header.Get("Origin"))
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader("{}"))}, nil
	})))
	ctx := t.Context()
	day := time.Date(2026, 11, 1, 23, 0, 0, 0, time.UTC)
	drop := func(_ any, err error) error { return err }
	for _, k := range []struct {
		call       func() error
		want, body string
	}{
		{func() error { return c.Stop(ctx) }, "POST /stop", ""},
		{func() error { return drop(c.Identities(ctx)) }, "GET /identities", ""},
		{func() error { return drop(c.CreateIdentity(ctx, "")) }, "POST /identities", `{"passphrase":""}`},
		{func() error { return drop(c.CurrentIdentity(ctx, "", "")) }, "PUT /identities/current", `{"passphrase":""}`},
		{func() error { return drop(c.CurrentIdentity(ctx, id, "p")) }, "PUT /identities/current", `{"id":"` + id + `","passphrase":"p"}`},
		{func() error { return c.UnlockIdentity(ctx, id, "") }, "PUT /identities/" + id + "/unlock", `{"passphrase":""}`},
		{func() error { return drop(c.Identity(ctx, "a/../b?c#d")) }, "GET /identities/a%2F..%2Fb%3Fc%23d", ""},
		{func() error { return drop(c.IdentityRegistration(ctx, id)) }, "GET /identities/" + id + "/registration", ""},
		{func() error { return drop(c.Proposals(ctx, tequilapi.ProposalQuery{})) }, "GET /proposals", ""},
		{func() error {
			return drop(c.Proposals(ctx, tequilapi.ProposalQuery{
				ProviderID: "0x1", ServiceType: "wireguard", LocationCountry: "DE", IPType: "residential", AccessPolicy: "all", AccessPolicySource: "s",
				CompatibilityMin: 1, CompatibilityMax: 3, QualityMin: 1.5, NATCompatibility: "auto", IncludeMonitoringFailed: true, PresetID: 2,
			}))
		}, "GET /proposals?access_policy=all&access_policy_source=s&compatibility_max=3&compatibility_min=1&include_monitoring_failed=true&ip_type=residential&location_country=DE&nat_compatibility=auto&preset_id=2&provider_id=0x1&quality_min=1.5&service_type=wireguard", ""},
		{func() error { return drop(c.ProposalCountries(ctx, tequilapi.ProposalQuery{ServiceType: "dvpn"})) }, "GET /proposals/countries?service_type=dvpn", ""},
		{func() error { return drop(c.FilterPresets(ctx)) }, "GET /proposals/filter-presets", ""},
		{func() error { return drop(c.Connection(ctx, 0)) }, "GET /connection", ""},
		{func() error { return drop(c.Connection(ctx, 10000)) }, "GET /connection?id=10000", ""},
		{func() error { return c.Disconnect(ctx, 0) }, "DELETE /connection", ""},
		{func() error { return c.Disconnect(ctx, -1) }, "DELETE /connection?id=-1", ""},
		{func() error {
			return drop(c.Connect(ctx, tequilapi.ConnectRequest{ConsumerID: id, ProviderID: "0x1", ServiceType: "wireguard"}))
		}, "PUT /connection", `{"consumer_id":"` + id + `","provider_id":"0x1","service_type":"wireguard","connect_options":{"kill_switch":true}}`},
		{func() error {
			return drop(c.Connect(ctx, tequilapi.ConnectRequest{ConsumerID: id, Filter: tequilapi.ConnectFilter{CountryCode: "DE"}, DNS: "provider", KillSwitch: true, ProxyPort: 7}))
		}, "PUT /connection", `{"consumer_id":"` + id + `","filter":{"country_code":"DE"},"connect_options":{"dns":"provider","kill_switch":false,"proxy_port":7}}`},
		{func() error { return drop(c.ConnectionStatistics(ctx, "")) }, "GET /connection/statistics", ""},
		{func() error { return drop(c.ConnectionStatistics(ctx, "a b")) }, "GET /connection/statistics?id=a+b", ""},
		{func() error { return drop(c.ConnectionIP(ctx)) }, "GET /connection/ip", ""},
		{func() error { return drop(c.ConnectionLocation(ctx)) }, "GET /connection/location", ""},
		{func() error { return drop(c.Location(ctx)) }, "GET /location", ""},
		{func() error { return drop(c.Terms(ctx)) }, "GET /terms", ""},
		{func() error { return c.AgreeTerms(ctx, "0.0.53") }, "POST /terms", `{"agreed_consumer":true,"agreed_version":"0.0.53"}`},
		{func() error { return drop(c.UserConfig(ctx)) }, "GET /config/user", ""},
		{func() error {
			return drop(c.SetUserConfig(ctx, tequilapi.Config{"a": nil, "b": json.Number("600000000000")}))
		}, "POST /config/user", `{"data":{"a":null,"b":600000000000}}`},
		{func() error {
			return drop(c.Sessions(ctx, tequilapi.SessionQuery{
				From: day, To: day, Direction: "Consumed", ConsumerID: "c", HermesID: "h", ProviderID: "p", ServiceType: "s", Status: "New", Page: 2, PageSize: 10,
			}))
		}, "GET /sessions?consumer_id=c&date_from=2026-11-01&date_to=2026-11-01&direction=Consumed&hermes_id=h&page=2&page_size=10&provider_id=p&service_type=s&status=New", ""},
		{func() error { return drop(c.Config(ctx)) }, "GET /config", ""},
		{func() error { return drop(c.DefaultConfig(ctx)) }, "GET /config/default", ""},
		{func() error { return drop(c.UIFeatures(ctx)) }, "GET /config/ui/features", ""},
		{func() error { return drop(c.LatestRelease(ctx)) }, "GET /node/latest-release", ""},
		{func() error { return drop(c.NATType(ctx)) }, "GET /nat/type", ""},
		{func() error { return drop(c.Authenticate(ctx, "myst", "p")) }, "POST /auth/authenticate", `{"username":"myst","password":"p"}`},
		{func() error { return drop(c.Login(ctx, "myst", "p")) }, "POST /auth/login", `{"username":"myst","password":"p"}`},
		{func() error { return c.Logout(ctx) }, "DELETE /auth/logout", ""},
		{func() error { return c.SetPassword(ctx, "myst", "p", "q") }, "PUT /auth/password", `{"username":"myst","old_password":"p","new_password":"q"}`},
		{func() error { return drop(c.RefreshBalance(ctx, id)) }, "PUT /identities/" + id + "/balance/refresh", ""},
		{func() error { return c.Register(ctx, id, tequilapi.RegisterRequest{}) }, "POST /identities/" + id + "/register", `{}`},
		{func() error {
			return c.Register(ctx, id, tequilapi.RegisterRequest{ReferralToken: "t", Beneficiary: "0x1", Fee: tequilapi.Wei(9007199254740993)})
		}, "POST /identities/" + id + "/register", `{"referral_token":"t","beneficiary":"0x1","fee":9007199254740993}`},
		{func() error { return drop(c.FreeRegistration(ctx, id)) }, "GET /identities/" + id + "/eligibility", ""},
		{func() error { return drop(c.Fees(ctx)) }, "GET /v2/transactor/fees", ""},
		{func() error {
			return drop(c.ImportIdentity(ctx, tequilapi.ImportRequest{File: []byte(`{"version":3}`), Passphrase: "a", SetDefault: true}))
		}, "POST /identities-import", `{"data":"eyJ2ZXJzaW9uIjozfQ==","current_passphrase":"a","new_passphrase":"","set_default":true}`},
		{func() error { return drop(c.AccessLists(ctx)) }, "GET /access-policies", ""},
		{func() error { return drop(c.CurrentPrice(ctx, "")) }, "GET /prices/current", ""},
		{func() error { return drop(c.CurrentPrice(ctx, "dvpn")) }, "GET /prices/current?service_type=dvpn", ""},
		{func() error { return drop(c.ExchangeRate(ctx, "usd")) }, "GET /exchange/myst/usd", ""},
		{func() error { return drop(c.Estimate(ctx, tequilapi.Wei(5e17))) }, "GET /entertainment?amount=0.5", ""},
		{func() error { return drop(c.ConnectionTraffic(ctx, 0)) }, "GET /connection/traffic", ""},
		{func() error { return drop(c.ConnectionTraffic(ctx, 7)) }, "GET /connection/traffic?id=7", ""},
		{func() error { return drop(c.ProxyIP(ctx, 7)) }, "GET /connection/proxy/ip?port=7", ""},
		{func() error { return drop(c.ProxyLocation(ctx, 7)) }, "GET /connection/proxy/location?port=7", ""},
		{func() error {
			return drop(c.SessionsStats(ctx, tequilapi.SessionQuery{From: day, Page: 2, PageSize: 9}))
		}, "GET /sessions/stats-aggregated?date_from=2026-11-01", ""},
		{func() error {
			return drop(c.DailyStats(ctx, tequilapi.SessionQuery{Direction: tequilapi.Consumed, Page: 2}))
		}, "GET /sessions/stats-daily?direction=Consumed", ""},
		{func() error {
			return drop(c.CreateOrder(ctx, id, "coingate", tequilapi.OrderRequest{USD: "10.00", PayCurrency: "BTC", Country: "US", State: "CA"}))
		}, "POST /v2/identities/" + id + "/coingate/payment-order", `{"myst_amount":"","amount_usd":"10.00","pay_currency":"BTC","country":"US","state":"CA","project_id":"","gateway_caller_data":{"lightning_network":false}}`},
		{func() error {
			return drop(c.CreateOrder(ctx, id, "stripe", tequilapi.OrderRequest{MYST: tequilapi.Wei(25e17), Lightning: true, Project: "mysteriumvpn"}))
		}, "POST /v2/identities/" + id + "/stripe/payment-order", `{"myst_amount":"2.5","amount_usd":"","pay_currency":"","country":"","state":"","project_id":"mysteriumvpn","gateway_caller_data":{"lightning_network":true}}`},
		{func() error {
			return drop(c.CreateOrder(ctx, id, "x", tequilapi.OrderRequest{CallerData: json.RawMessage(`{"a":1}`)}))
		}, "POST /v2/identities/" + id + "/x/payment-order", `{"myst_amount":"","amount_usd":"","pay_currency":"","country":"","state":"","project_id":"","gateway_caller_data":{"a":1}}`},
		{func() error { return drop(c.Order(ctx, id, "o/1")) }, "GET /v2/identities/" + id + "/payment-order/o%2F1", ""},
		{func() error { return drop(c.RegistrationPaid(ctx, id)) }, "GET /v2/identities/" + id + "/registration-payment", ""},
		{func() error { return drop(c.ReportIssue(ctx, tequilapi.Report{Email: "a@b.c", Description: "d"})) }, "POST /feedback/issue", `{"email":"a@b.c","description":"d"}`},
		{func() error { return drop(c.ReportBug(ctx, tequilapi.Report{Email: "a@b.c", Description: "d"})) }, "POST /feedback/bug-report", `{"email":"a@b.c","description":"d"}`},
		{func() error {
			return c.ReportToSupport(ctx, tequilapi.SupportReport{Report: tequilapi.Report{Email: "a@b.c", Description: "d"}, UserID: "u", UserType: "t"})
		}, "POST /feedback/issue/intercom", `{"email":"a@b.c","description":"d","user_id":"u","user_type":"t"}`},
	} {
		require.NoError(t, k.call(), k.want)
		method, path, _ := strings.Cut(k.want, " ")
		assert.Equal(t, method+" http://127.0.0.1:4050/base"+path, have)
		if k.body == "" {
			assert.Empty(t, body)
		} else {
			assert.JSONEq(t, k.body, body)
			assert.Equal(t, "application/json", contentType)
		}
	}
	have = ""
	for _, bad := range []string{"", ".", ".."} {
		require.ErrorIs(t, c.UnlockIdentity(ctx, bad, "secret"), tequilapi.ErrBadRequest)
		require.ErrorIs(t, drop(c.Identity(ctx, bad)), tequilapi.ErrBadRequest)
		require.ErrorIs(t, drop(c.IdentityRegistration(ctx, bad)), tequilapi.ErrBadRequest)
		require.ErrorIs(t, drop(c.RefreshBalance(ctx, bad)), tequilapi.ErrBadRequest)
		require.ErrorIs(t, c.Register(ctx, bad, tequilapi.RegisterRequest{}), tequilapi.ErrBadRequest)
		require.ErrorIs(t, drop(c.FreeRegistration(ctx, bad)), tequilapi.ErrBadRequest)
		require.ErrorIs(t, drop(c.ExchangeRate(ctx, bad)), tequilapi.ErrBadRequest)
		require.ErrorIs(t, drop(c.CreateOrder(ctx, bad, "coingate", tequilapi.OrderRequest{})), tequilapi.ErrBadRequest)
		require.ErrorIs(t, drop(c.CreateOrder(ctx, id, bad, tequilapi.OrderRequest{})), tequilapi.ErrBadRequest)
		require.ErrorIs(t, drop(c.Orders(ctx, bad)), tequilapi.ErrBadRequest)
		require.ErrorIs(t, drop(c.Order(ctx, bad, "o")), tequilapi.ErrBadRequest)
		require.ErrorIs(t, drop(c.Order(ctx, id, bad)), tequilapi.ErrBadRequest)
		require.ErrorIs(t, drop(c.RegistrationPaid(ctx, bad)), tequilapi.ErrBadRequest)
	}
	require.ErrorIs(t, drop(c.ExportIdentity(ctx, "", "p")), tequilapi.ErrBadRequest)
	assert.Empty(t, have, "nothing was sent")
}

func TestKillSwitchIsInvertedOnTheWireOnly(t *testing.T) {
	for _, on := range []bool{false, true} {
		b, err := json.Marshal(tequilapi.ConnectRequest{ConsumerID: "x", KillSwitch: on})
		require.NoError(t, err)
		var wire struct {
			O struct {
				KillSwitch bool `json:"kill_switch"`
			} `json:"connect_options"`
		}
		require.NoError(t, json.Unmarshal(b, &wire))
		assert.Equal(t, !on, wire.O.KillSwitch)
		var back tequilapi.ConnectRequest
		require.NoError(t, json.Unmarshal(b, &back))
		assert.Equal(t, on, back.KillSwitch)
	}
}

func TestWordsOfLaterNodesAreKept(t *testing.T) {
	var k tequilapi.Connection
	require.NoError(t, json.Unmarshal([]byte(`{"status":"Teleporting","new_field":{"a":[1]}}`), &k))
	assert.Equal(t, tequilapi.ConnectionStatus("Teleporting"), k.Status)
	var e tequilapi.Event
	require.NoError(t, json.Unmarshal([]byte(`{"type":"new-thing","payload":17}`), &e))
	assert.Equal(t, "new-thing", e.Type)
	require.Error(t, json.Unmarshal([]byte(`{"payload":{}}`), &e))
}

func TestConfigNumbersAreExact(t *testing.T) {
	c := client(t, "127.0.0.1:1", tequilapi.WithTransport(roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(`{"data":{"a":{"b":9007199254740993}}}`))}, nil
	})))
	v, err := c.UserConfig(t.Context())
	require.NoError(t, err)
	assert.Equal(t, tequilapi.Config{"a": map[string]any{"b": json.Number("9007199254740993")}}, v)
}

// The story of one connection, told by the fake node, with the errors of a real one.
func TestOneConnection(t *testing.T) {
	const me, provider = "0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "0x1111111111111111111111111111111111111111"
	node := tequilatest.NewNode(t)
	c := node.Client()
	ctx := t.Context()

	h, err := c.Healthcheck(ctx)
	require.NoError(t, err)
	assert.Equal(t, 4242, h.PID)
	require.NoError(t, c.Disconnect(ctx, 0), "202 before the first PUT")

	ask := tequilapi.ConnectRequest{ConsumerID: me, ProviderID: provider, ServiceType: "wireguard"}
	_, err = c.Connect(ctx, ask)
	require.ErrorIs(t, err, tequilapi.ErrNotRegistered)
	node.AddIdentity(me, "pass", tequilapi.Wei(5e18))
	_, err = c.Connect(ctx, ask)
	require.ErrorIs(t, err, tequilapi.ErrNoProposals)
	require.ErrorIs(t, c.Disconnect(ctx, 0), tequilapi.ErrNoConnection, "422 after it")
	node.SetProposals(tequilapi.Proposal{ProviderID: provider, ServiceType: "wireguard", Location: tequilapi.ProposalLocation{Country: "DE"}})
	_, err = c.Connect(ctx, ask)
	require.ErrorIs(t, err, tequilapi.ErrLocked)
	require.ErrorIs(t, c.UnlockIdentity(ctx, me, "wrong"), tequilapi.ErrUnlock)
	require.ErrorIs(t, c.UnlockIdentity(ctx, provider, ""), tequilapi.ErrNotFound)
	i, err := c.Identity(ctx, me)
	require.NoError(t, err)
	assert.True(t, i.Balance.IsZero(), "no balance shows before unlocking")
	require.NoError(t, c.UnlockIdentity(ctx, me, "pass"))
	i, err = c.Identity(ctx, me)
	require.NoError(t, err)
	assert.Equal(t, tequilapi.Wei(5e18), i.Balance)

	k, err := c.Connect(ctx, ask)
	require.NoError(t, err)
	assert.Equal(t, tequilapi.Connected, k.Status)
	_, err = c.Connect(ctx, ask)
	require.ErrorIs(t, err, tequilapi.ErrConnectionExists)
	require.NoError(t, c.Disconnect(ctx, 0))
	k, err = c.Connection(ctx, 0)
	require.NoError(t, err)
	assert.Equal(t, tequilapi.NotConnected, k.Status)
	assert.NotNil(t, k.Proposal, "the old proposal stays")

	dialing := make(chan struct{})
	node.OnConnect(func(ctx context.Context, _ tequilapi.ConnectRequest) error {
		close(dialing)
		<-ctx.Done()
		return errors.New("could not create p2p channel during connect: " + ctx.Err().Error())
	})
	failed := make(chan error)
	go func() {
		_, err := c.Connect(ctx, ask)
		failed <- err
	}()
	<-dialing
	require.NoError(t, c.Disconnect(ctx, 0))
	require.ErrorIs(t, <-failed, tequilapi.ErrCancelled)

	node.Fail("GET", "/connection/ip", tequilapi.Error{Status: 503, Code: "unavailable", Message: "no"})
	_, err = c.ConnectionIP(ctx)
	require.ErrorIs(t, err, tequilapi.ErrUnavailable)
	_, err = c.ConnectionIP(ctx)
	require.NoError(t, err)
	require.NoError(t, c.Stop(ctx))
	<-node.Stopped()
}

func TestFilterRefusesForeignHostAndOrigin(t *testing.T) {
	node := tequilatest.NewNode(t)
	tr := node.Transport()
	defer tr.CloseIdleConnections()
	get := func(change func(*http.Request)) error {
		c := client(t, node.URL(), tequilapi.WithTransport(roundTrip(func(r *http.Request) (*http.Response, error) {
			change(r)
			return tr.RoundTrip(r)
		})))
		_, err := c.Healthcheck(t.Context())
		return err
	}
	require.NoError(t, get(func(*http.Request) {}))
	for _, f := range []func(*http.Request){
		func(r *http.Request) { r.Host = "evil.com" },
		func(r *http.Request) { r.Header.Set("Origin", "http://evil.com") },
	} {
		require.EqualError(t, get(f), "GET /healthcheck: 403: the node's Host and Origin filter refused the request")
	}
}
