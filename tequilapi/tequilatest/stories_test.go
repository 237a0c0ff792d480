package tequilatest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mysteriumvpn/desktop/tequilapi"
	"github.com/mysteriumvpn/desktop/tequilapi/tequilatest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	me       = "0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	provider = "0x1111111111111111111111111111111111111111"
)

var offer = tequilapi.Proposal{
	ProviderID: provider, ServiceType: tequilapi.ServiceWireGuard, Location: tequilapi.ProposalLocation{Country: "DE"},
	Price: tequilapi.Price{Currency: "MYST", PerHour: tequilapi.Wei(6e13), PerGiB: tequilapi.Wei(1e17)},
}

// connected is a node that is connected to provider.
func connected(t *testing.T) (*tequilatest.Node, *tequilapi.Client) {
	t.Helper()
	node := tequilatest.NewNode(t, tequilatest.InMemory())
	node.AddIdentity(me, "", tequilapi.Wei(5e18))
	node.SetProposals(offer)
	c := node.Client()
	require.NoError(t, c.UnlockIdentity(t.Context(), me, ""))
	_, err := c.Connect(t.Context(), tequilapi.ConnectRequest{ConsumerID: me})
	require.NoError(t, err)
	return node, c
}

func status(t *testing.T, c *tequilapi.Client) tequilapi.ConnectionStatus {
	t.Helper()
	k, err := c.Connection(t.Context(), 0)
	require.NoError(t, err)
	return k.Status
}

func TestARegistrationGoesThroughItsStatuses(t *testing.T) {
	node := tequilatest.NewNode(t)
	c := node.Client()
	ctx := t.Context()
	node.AddIdentity(me, "", tequilapi.Money{})
	node.SetRegistration(me, tequilapi.Unregistered)
	_, err := c.Connect(ctx, tequilapi.ConnectRequest{ConsumerID: me})
	require.ErrorIs(t, err, tequilapi.ErrNotRegistered)
	require.ErrorIs(t, c.Register(ctx, me, tequilapi.RegisterRequest{}), tequilapi.ErrLocked)
	require.NoError(t, c.UnlockIdentity(ctx, me, ""))

	free, err := c.FreeRegistration(ctx, me)
	require.NoError(t, err)
	assert.False(t, free)
	node.SetFreeRegistration(true)
	free, err = c.FreeRegistration(ctx, me)
	require.NoError(t, err)
	assert.True(t, free)
	node.SetRegistrationFee(tequilapi.Wei(3e17))
	fees, err := c.Fees(ctx)
	require.NoError(t, err)
	assert.Equal(t, tequilapi.Wei(3e17), fees.Current.Registration.Money)
	assert.True(t, fees.Current.ValidUntil.After(fees.ServerTime))

	node.OnRegister(func(string) error { return errors.New("the transactor is away") })
	err = c.Register(ctx, me, tequilapi.RegisterRequest{})
	require.ErrorIs(t, err, tequilapi.ErrRegister)
	assert.ErrorContains(t, err, "the transactor is away")
	asked := make(chan string, 1)
	node.OnRegister(func(id string) error { asked <- id; return nil })
	require.NoError(t, c.Register(ctx, me, tequilapi.RegisterRequest{}))
	assert.Equal(t, me, <-asked)
	require.ErrorIs(t, c.Register(ctx, me, tequilapi.RegisterRequest{}), tequilapi.ErrRegistrationProgress)
	for _, s := range []tequilapi.RegistrationStatus{tequilapi.RegistrationPending, tequilapi.RegistrationFailed, tequilapi.Registered} {
		node.SetRegistration(me, s)
		r, err := c.IdentityRegistration(ctx, me)
		require.NoError(t, err)
		assert.Equal(t, tequilapi.Registration{Status: s, Registered: s == tequilapi.Registered}, r)
	}
	require.NoError(t, c.Register(ctx, me, tequilapi.RegisterRequest{}), "registered already: nothing to do")
}

func TestAnOrderIsPaidAndTheBalanceFollows(t *testing.T) {
	node := tequilatest.NewNode(t)
	c := node.Client()
	ctx := t.Context()
	node.AddIdentity(me, "", tequilapi.Money{})
	node.SetProposals(offer)
	ask := tequilapi.OrderRequest{USD: "10.00", PayCurrency: "BTC", Country: "LT"}
	_, err := c.CreateOrder(ctx, me, "coingate", ask)
	require.ErrorIs(t, err, tequilapi.ErrLocked)
	_, err = c.Orders(ctx, me)
	require.ErrorIs(t, err, tequilapi.ErrLocked)
	require.NoError(t, c.UnlockIdentity(ctx, me, ""))
	_, err = c.Connect(ctx, tequilapi.ConnectRequest{ConsumerID: me})
	require.ErrorIs(t, err, tequilapi.ErrInsufficientBalance)
	_, err = c.CreateOrder(ctx, me, "barter", ask)
	require.ErrorIs(t, err, tequilapi.ErrPayment)

	g, err := c.Gateways(ctx, "USD")
	require.NoError(t, err)
	assert.Equal(t, json.Number("4.5"), g[0].Options.Minimum)
	o, err := c.CreateOrder(ctx, me, g[0].Name, ask)
	require.NoError(t, err)
	got, err := o.Receives()
	require.NoError(t, err)
	assert.Equal(t, "20 MYST", got.String(), "10 dollars at 0.5")
	assert.False(t, o.Status.Paid() || o.Status.Failed())
	pay, err := o.Payment()
	require.NoError(t, err)
	assert.NotEmpty(t, pay.URL)
	second, err := c.CreateOrder(ctx, me, "coingate", tequilapi.OrderRequest{MYST: tequilapi.Wei(5e17), PayCurrency: "ETH"})
	require.NoError(t, err)
	assert.Equal(t, []string{"0.5", "0.25"}, []string{second.ReceiveMYST, second.OrderTotal})

	paid, err := c.RegistrationPaid(ctx, me)
	require.NoError(t, err)
	assert.False(t, paid)
	node.SetOrderStatus(second.ID, tequilapi.OrderExpired)
	node.SetOrderStatus(o.ID, tequilapi.OrderPaid)
	all, err := c.Orders(ctx, me)
	require.NoError(t, err)
	assert.Equal(t, node.Orders(), all)
	o, err = c.Order(ctx, me, o.ID)
	require.NoError(t, err)
	assert.True(t, o.Status.Paid() && all[1].Status.Failed())
	_, err = c.Order(ctx, me, "order-9")
	require.ErrorIs(t, err, tequilapi.ErrPayment)
	paid, err = c.RegistrationPaid(ctx, me)
	require.NoError(t, err)
	assert.True(t, paid)

	node.SetBalance(me, got)
	m, err := c.RefreshBalance(ctx, me)
	require.NoError(t, err)
	assert.Equal(t, got, m)
	_, err = c.Connect(ctx, tequilapi.ConnectRequest{ConsumerID: me})
	require.NoError(t, err)
}

func TestAProviderThatGoesAwayEndsOrHoldsTheConnection(t *testing.T) {
	for keep, want := range map[bool]tequilapi.ConnectionStatus{false: tequilapi.NotConnected, true: tequilapi.OnHold} {
		node, c := connected(t)
		_, err := c.SetUserConfig(t.Context(), tequilapi.Config{"keep-connected-on-fail": keep})
		require.NoError(t, err)
		node.ProviderGone(provider)
		assert.Equal(t, want, status(t, c))
		offers, err := c.Proposals(t.Context(), tequilapi.ProposalQuery{})
		require.NoError(t, err)
		assert.Empty(t, offers)
		if keep {
			require.NoError(t, c.Disconnect(t.Context(), 0))
			assert.Equal(t, tequilapi.NotConnected, status(t, c))
		}
	}
}

func TestADropInPriceEndsTheConnection(t *testing.T) {
	for hour, want := range map[uint64]tequilapi.ConnectionStatus{
		12e13: tequilapi.Connected, 5.41e13: tequilapi.Connected, 5.4e13: tequilapi.NotConnected, 0: tequilapi.NotConnected,
	} {
		node, c := connected(t)
		node.SetPrice(provider, tequilapi.Price{Currency: "MYST", PerHour: tequilapi.Wei(hour), PerGiB: tequilapi.Wei(1e17)})
		assert.Equal(t, want, status(t, c), hour)
		offers, err := c.Proposals(t.Context(), tequilapi.ProposalQuery{})
		require.NoError(t, err)
		assert.Equal(t, tequilapi.Wei(hour), offers[0].Price.PerHour)
	}
}

func TestFaultsLastUntilTheyAreHealed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := tequilatest.NewNode(t, tequilatest.InMemory())
		c := node.Client()
		node.FailAlways("GET", "/terms", tequilapi.Error{Status: 503, Code: "unavailable"})
		node.Fail("GET", "/terms", tequilapi.Error{Status: 500, Code: "internal"})
		for _, want := range []error{tequilapi.ErrInternal, tequilapi.ErrUnavailable, tequilapi.ErrUnavailable} {
			_, err := c.Terms(t.Context())
			require.ErrorIs(t, err, want)
		}
		node.Heal("GET", "/terms")
		_, err := c.Terms(t.Context())
		require.NoError(t, err)

		node.Slow("GET", "/location", 3*time.Second)
		begin := time.Now()
		_, err = c.Location(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 3*time.Second, time.Since(begin))

		node.Hang("GET", "/location")
		_, err = c.Location(t.Context())
		require.ErrorIs(t, err, tequilapi.ErrNoAnswer)
		answered := make(chan error, 1)
		go func() {
			_, err := c.Location(t.Context())
			answered <- err
		}()
		synctest.Wait()
		assert.Empty(t, answered)
		node.Heal("GET", "/location")
		require.NoError(t, <-answered)
	})
}

func TestANodeThatHangsAnswersOnceItResumes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := tequilatest.NewNode(t, tequilatest.InMemory())
		c := node.Client()
		resume := node.HangAll()
		assert.Panics(t, func() { node.HangAll() })
		begin := time.Now()
		_, err := c.Healthcheck(t.Context())
		require.ErrorIs(t, err, tequilapi.ErrNoAnswer)
		assert.Equal(t, 2*time.Second, time.Since(begin))
		answered := make(chan error, 1)
		go func() {
			_, err := c.Identities(t.Context())
			answered <- err
		}()
		synctest.Wait()
		resume()
		require.NoError(t, <-answered)
		resume() // twice is fine
		node.HangAll()
		go func() {
			_, err := c.Identities(t.Context())
			answered <- err
		}()
		synctest.Wait()
		node.Kill()
		require.Error(t, <-answered, "a node that hangs can be killed")
	})
}

func TestTheHistoryHasPagesFiltersAndSums(t *testing.T) {
	node, c := connected(t)
	ctx := t.Context()
	node.SetStatistics(tequilapi.Statistics{BytesReceived: 7, TokensSpent: tequilapi.Wei(9)})
	live, err := c.Sessions(ctx, tequilapi.SessionQuery{})
	require.NoError(t, err)
	assert.Equal(t, tequilapi.SessionNew, live.Items[0].Status)
	require.NoError(t, c.Disconnect(ctx, 0))
	day := time.Date(2020, 11, 1, 12, 0, 0, 0, time.UTC)
	for i := range 5 {
		node.AddSessions(tequilapi.Session{
			ID: fmt.Sprint("old-", i), Direction: tequilapi.Consumed, ConsumerID: me, ProviderID: provider, Status: tequilapi.SessionCompleted,
			CreatedAt: day.AddDate(0, 0, i), Duration: time.Minute, BytesReceived: 10, BytesSent: 1, Tokens: tequilapi.Wei(1e18),
		})
	}
	p, err := c.Sessions(ctx, tequilapi.SessionQuery{PageSize: 4, Page: 2})
	require.NoError(t, err)
	assert.Equal(t, []int{2, 4, 6, 2, 2}, []int{p.Page, p.PageSize, p.TotalItems, p.TotalPages, len(p.Items)})

	var ids []string
	for s, err := range c.AllSessions(ctx, tequilapi.SessionQuery{To: day.AddDate(0, 0, 10), PageSize: 2}) {
		require.NoError(t, err)
		ids = append(ids, s.ID)
	}
	assert.Equal(t, []string{"old-4", "old-3", "old-2", "old-1", "old-0"}, ids)
	p, err = c.Sessions(ctx, tequilapi.SessionQuery{PageSize: 4, Page: 9})
	require.NoError(t, err)
	assert.Equal(t, 2, p.Page, "a page beyond the last is the last")

	past := tequilapi.SessionQuery{From: day, To: day.AddDate(0, 0, 2), ProviderID: provider}
	sum, err := c.SessionsStats(ctx, past)
	require.NoError(t, err)
	want := tequilapi.SessionsStats{Count: 3, Consumers: 1, BytesReceived: 30, BytesSent: 3, Duration: 3 * time.Minute, Tokens: tequilapi.Wei(3e18)}
	assert.Equal(t, want, sum)
	daily, err := c.DailyStats(ctx, past)
	require.NoError(t, err)
	assert.Equal(t, want, daily.Total)
	assert.Len(t, daily.Days, 3)
	assert.Equal(t, 1, daily.Days["2020-11-02"].Count)
	now, err := c.Sessions(ctx, tequilapi.SessionQuery{From: day.AddDate(0, 0, 5)})
	require.NoError(t, err)
	if assert.Len(t, now.Items, 1) {
		assert.Equal(t, tequilapi.SessionCompleted, now.Items[0].Status)
		assert.Equal(t, uint64(7), now.Items[0].BytesReceived)
		assert.Equal(t, tequilapi.Wei(9), now.Items[0].Tokens)
	}
}

// A session that begins between two pages moves the others; each still comes once, and none is left out.
func TestAllSessionsComeOnceThoughPagesMove(t *testing.T) {
	node := tequilatest.NewNode(t)
	day := time.Date(2020, 11, 1, 12, 0, 0, 0, time.UTC)
	for i := range 6 {
		node.AddSessions(tequilapi.Session{ID: fmt.Sprint(i), CreatedAt: day.AddDate(0, 0, i)})
	}
	var ids []string
	for s, err := range node.Client().AllSessions(t.Context(), tequilapi.SessionQuery{PageSize: 2}) {
		require.NoError(t, err)
		ids = append(ids, s.ID)
		if s.ID == "4" {
			node.AddSessions(tequilapi.Session{ID: "new", CreatedAt: day.AddDate(0, 0, 9)})
		}
	}
	assert.Equal(t, []string{"5", "4", "3", "2", "1", "0"}, ids)

	node.FailAlways("GET", "/sessions", tequilapi.Error{Status: 500, Code: "err_session_list"})
	var errs []error
	for _, err := range node.Client().AllSessions(t.Context(), tequilapi.SessionQuery{}) {
		errs = append(errs, err)
	}
	require.Len(t, errs, 1, "it ends with the first error")
	require.ErrorIs(t, errs[0], tequilapi.ErrSessions)
}

func TestASecuredNodeWantsAToken(t *testing.T) {
	node := tequilatest.NewNode(t, tequilatest.Secured("anna", "secret"))
	c := node.Client()
	ctx := t.Context()
	_, err := c.Healthcheck(ctx)
	require.NoError(t, err, "open to all")
	_, err = c.Terms(ctx)
	require.ErrorIs(t, err, tequilapi.ErrUnauthorized)
	_, err = node.Client(tequilapi.WithToken("made up")).Terms(ctx)
	require.ErrorIs(t, err, tequilapi.ErrUnauthorized)
	for _, err := range c.Events(ctx) {
		require.ErrorIs(t, err, tequilapi.ErrUnauthorized)
		break
	}
	_, err = c.Login(ctx, "anna", "wrong")
	require.ErrorIs(t, err, tequilapi.ErrUnauthorized)
	token, err := c.Authenticate(ctx, "anna", "secret")
	require.NoError(t, err)
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %s", token, token, token, token), token.Token)
	assert.True(t, token.ExpiresAt.After(time.Now()))
	c.SetToken(token.Token)
	_, err = c.Terms(ctx)
	require.NoError(t, err)
	for e, err := range c.Events(ctx) {
		require.NoError(t, err)
		assert.Equal(t, tequilapi.StateChange, e.Type)
		break
	}
	require.ErrorIs(t, c.SetPassword(ctx, "anna", "wrong", "x"), tequilapi.ErrUnauthorized)
	require.NoError(t, c.SetPassword(ctx, "anna", "secret", "x"))
	_, err = c.Login(ctx, "anna", "x")
	require.NoError(t, err)
	require.NoError(t, c.Logout(ctx))
}

func TestAKeyGoesOutAndInAgain(t *testing.T) {
	node := tequilatest.NewNode(t)
	c := node.Client()
	ctx := t.Context()
	node.AddIdentity(me, "", tequilapi.Wei(1))
	_, err := c.ExportIdentity(ctx, me, "")
	require.ErrorIs(t, err, tequilapi.ErrValidation)
	file, err := c.ExportIdentity(ctx, me, "secret12")
	require.NoError(t, err)
	assert.True(t, json.Valid(file))
	_, err = c.ImportIdentity(ctx, tequilapi.ImportRequest{File: file, Passphrase: "secret12"})
	require.ErrorIs(t, err, tequilapi.ErrImport, "it is there already")

	other := tequilatest.NewNode(t).Client()
	for _, bad := range []tequilapi.ImportRequest{{File: file, Passphrase: "wrong"}, {File: []byte(`{"version":3}`), Passphrase: "x"}, {File: []byte("{}"), Passphrase: "x"}, {Passphrase: "x"}} {
		_, err = other.ImportIdentity(ctx, bad)
		require.ErrorIs(t, err, tequilapi.ErrImport)
	}
	_, err = other.ImportIdentity(ctx, tequilapi.ImportRequest{File: file})
	require.ErrorIs(t, err, tequilapi.ErrValidation)
	id, err := other.ImportIdentity(ctx, tequilapi.ImportRequest{File: file, Passphrase: "secret12", NewPassphrase: "p", SetDefault: true})
	require.NoError(t, err)
	assert.Equal(t, me, id)
	id, err = other.CurrentIdentity(ctx, "", "p")
	require.NoError(t, err)
	assert.Equal(t, me, id)
	_, err = other.ExportIdentity(ctx, me, "secret12")
	require.ErrorIs(t, err, tequilapi.ErrInternal, "only keys without a passphrase")
}

func TestTheRestAnswers(t *testing.T) {
	node := tequilatest.NewNode(t)
	c := node.Client()
	ctx := t.Context()
	ok := func(_ any, err error) { t.Helper(); require.NoError(t, err) }
	is := func(want error) func(any, error) {
		return func(_ any, err error) { t.Helper(); require.ErrorIs(t, err, want) }
	}
	ok(c.DefaultConfig(ctx))
	ok(c.SetUserConfig(ctx, tequilapi.Config{"auto-reconnect": true, "big": json.Number("9007199254740993")}))
	all, err := c.Config(ctx)
	require.NoError(t, err)
	assert.Equal(t, true, all["auto-reconnect"])
	assert.Equal(t, json.Number("9007199254740993"), all["big"])
	ok(c.UIFeatures(ctx))
	ok(c.LatestRelease(ctx))
	node.SetLatestRelease("")
	is(tequilapi.ErrLatestRelease)(c.LatestRelease(ctx))
	ok(c.NATType(ctx))
	node.SetNAT(tequilapi.NAT{})
	is(tequilapi.ErrNATProbe)(c.NATType(ctx))
	ok(c.AccessLists(ctx))
	ok(c.CurrentPrice(ctx, ""))
	is(tequilapi.ErrPrices)(c.CurrentPrice(ctx, "teleport"))
	ok(c.CurrentPrices(ctx))
	rate, err := c.ExchangeRate(ctx, "usd")
	require.NoError(t, err)
	assert.Equal(t, tequilapi.ExchangeRate{Amount: "0.5", Currency: "USD"}, rate)
	node.SetExchangeRate("usd", "")
	is(tequilapi.ErrNotFound)(c.ExchangeRate(ctx, "usd"))
	ok(c.Estimate(ctx, tequilapi.Wei(1e18)))
	ok(c.ConnectionTraffic(ctx, 0))
	ok(c.ProxyIP(ctx, 7))
	ok(c.ProxyLocation(ctx, 7))
	long := tequilapi.Report{Email: "anna@example.org", Description: "It does not connect, whatever I choose."}
	ok(c.ReportIssue(ctx, long))
	ok(c.ReportBug(ctx, long))
	require.NoError(t, c.ReportToSupport(ctx, tequilapi.SupportReport{Report: long}))
	for _, bad := range []tequilapi.Report{{Description: long.Description}, {Email: "anna", Description: long.Description}, {Email: long.Email, Description: "short"}} {
		is(tequilapi.ErrValidation)(c.ReportIssue(ctx, bad))
	}
}

func TestStartNeedsNoTest(t *testing.T) {
	node, err := tequilatest.Start()
	require.NoError(t, err)
	c := node.Client()
	_, err = c.Healthcheck(context.Background())
	require.NoError(t, err)
	node.Fail("GET", "/terms", tequilapi.Error{Status: 500})
	require.ErrorContains(t, node.Close(), "GET /terms were never met")
	_, err = c.Healthcheck(context.Background())
	require.Error(t, err)
	assert.True(t, slices.ContainsFunc(node.Requests(), func(r tequilatest.Request) bool { return r.Path == "/healthcheck" }))
}
