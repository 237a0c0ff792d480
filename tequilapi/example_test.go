package tequilapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/mysteriumvpn/desktop/tequilapi"
	"github.com/mysteriumvpn/desktop/tequilapi/tequilatest"
)

// The examples talk to a fake node, which demo starts. With a real one they begin with
// tequilapi.New("127.0.0.1:4050").
const (
	anna = "0xa44a1111111111111111111111111111111111aa"
	berl = "0xbe71111111111111111111111111111111111111"
)

func demo() (node *tequilatest.Node, c *tequilapi.Client, end func()) {
	node, err := tequilatest.Start()
	if err != nil {
		panic(err)
	}
	node.SetHealth(tequilapi.Health{PID: 4242, Version: "1.38.3"})
	node.AddIdentity(anna, "", tequilapi.Wei(5e18))
	price := tequilapi.Price{Currency: "MYST", PerHour: tequilapi.Wei(6e13), PerGiB: tequilapi.Wei(1e17)}
	node.SetProposals(
		tequilapi.Proposal{
			ProviderID: berl, ServiceType: tequilapi.ServiceWireGuard, Price: price,
			Location: tequilapi.ProposalLocation{Country: "DE", City: "Berlin", IPType: "residential"}, Quality: tequilapi.Quality{Quality: 2.4, Latency: 31},
		},
		tequilapi.Proposal{
			ProviderID: "0x5e", ServiceType: tequilapi.ServiceWireGuard, Price: price,
			Location: tequilapi.ProposalLocation{Country: "SE", City: "Lund"}, Quality: tequilapi.Quality{Quality: 1.1, Latency: 58},
		},
	)
	return node, node.Client(), func() { check(node.Close()) }
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func ExampleClient_Healthcheck() {
	node, c, end := demo()
	defer end()

	h, err := c.Healthcheck(context.Background())
	check(err)
	fmt.Println("node", h.Version, "process", h.PID)

	node.Kill()
	_, err = c.Healthcheck(context.Background())
	fmt.Println("up:", err == nil)
	// Output:
	// node 1.38.3 process 4242
	// up: false
}

func ExampleClient_SetUserConfig() {
	_, c, end := demo()
	defer end()
	ctx := context.Background()

	_, err := c.SetUserConfig(ctx, tequilapi.Config{"keep-connected-on-fail": true, "ours": map[string]any{"seen": 3}})
	check(err)
	all, err := c.SetUserConfig(ctx, tequilapi.Config{"ours": nil}) // nil deletes
	check(err)
	fmt.Println(all)
	// Output: map[keep-connected-on-fail:true]
}

func ExampleClient_AgreeTerms() {
	_, c, end := demo()
	defer end()
	ctx := context.Background()

	t, err := c.Terms(ctx)
	check(err)
	check(c.AgreeTerms(ctx, t.CurrentVersion)) // the user has read them and said yes
	t, err = c.Terms(ctx)
	check(err)
	fmt.Println(t.AgreedConsumer, t.AgreedVersion == t.CurrentVersion)
	// Output: true true
}

func ExampleClient_UnlockIdentity() {
	_, c, end := demo()
	defer end()
	ctx := context.Background()

	ids, err := c.Identities(ctx)
	check(err)
	err = c.UnlockIdentity(ctx, ids[0], "a guess")
	fmt.Println("wrong passphrase:", errors.Is(err, tequilapi.ErrUnlock))
	check(c.UnlockIdentity(ctx, ids[0], ""))
	i, err := c.Identity(ctx, ids[0])
	check(err)
	fmt.Println(i.Registration, i.Balance)
	// Output:
	// wrong passphrase: true
	// Registered 5 MYST
}

func ExampleClient_Register() {
	node, c, end := demo()
	defer end()
	ctx := context.Background()

	me, err := c.CreateIdentity(ctx, "")
	check(err)
	check(c.UnlockIdentity(ctx, me, ""))
	fees, err := c.Fees(ctx)
	check(err)
	fmt.Println("costs", fees.Current.Registration)
	check(c.Register(ctx, me, tequilapi.RegisterRequest{}))
	for _, s := range []tequilapi.RegistrationStatus{tequilapi.RegistrationPending, tequilapi.Registered} {
		node.SetRegistration(me, s) // a real one takes minutes for it
		r, err := c.IdentityRegistration(ctx, me)
		check(err)
		fmt.Println(r.Status)
	}
	// Output:
	// costs 0.1 MYST
	// InProgress
	// Registered
}

func ExampleClient_ExportIdentity() {
	_, c, end := demo()
	defer end()
	ctx := context.Background()

	file, err := c.ExportIdentity(ctx, anna, "a new passphrase")
	check(err)

	elsewhere, err := tequilatest.Start()
	check(err)
	defer func() { check(elsewhere.Close()) }()
	id, err := elsewhere.Client().ImportIdentity(ctx, tequilapi.ImportRequest{File: file, Passphrase: "a new passphrase", SetDefault: true})
	check(err)
	fmt.Println(id == anna)
	// Output: true
}

func ExampleClient_Proposals() {
	_, c, end := demo()
	defer end()

	offers, err := c.Proposals(context.Background(), tequilapi.ProposalQuery{ServiceType: tequilapi.ServiceWireGuard})
	check(err)
	slices.SortFunc(offers, func(a, b tequilapi.Proposal) int { return int(a.Quality.Latency - b.Quality.Latency) })
	for _, p := range offers {
		fmt.Printf("%s %-6s %2.0f ms  %s per GiB\n", p.Location.Country, p.Location.City, p.Quality.Latency, p.Price.PerGiB)
	}
	// Output:
	// DE Berlin 31 ms  0.1 MYST per GiB
	// SE Lund   58 ms  0.1 MYST per GiB
}

func ExampleClient_CurrentPrice() {
	_, c, end := demo()
	defer end()
	ctx := context.Background()

	p, err := c.CurrentPrice(ctx, tequilapi.ServiceWireGuard)
	check(err)
	rate, err := c.ExchangeRate(ctx, "USD")
	check(err)
	fmt.Println(p.PerGiB, "per GiB; one MYST is", rate.Amount, rate.Currency)
	// Output: 0.1 MYST per GiB; one MYST is 0.5 USD
}

func ExampleClient_Connect() {
	node, c, end := demo()
	defer end()
	ctx := context.Background()

	ask := tequilapi.ConnectRequest{ConsumerID: anna, ProviderID: berl, ServiceType: tequilapi.ServiceWireGuard, KillSwitch: true}
	_, err := c.Connect(ctx, ask)
	if errors.Is(err, tequilapi.ErrLocked) { // after each start of the node
		check(c.UnlockIdentity(ctx, anna, ""))
		_, err = c.Connect(ctx, ask)
	}
	check(err)
	k, err := c.Connection(ctx, 0)
	check(err)
	fmt.Println(k.Status, k.Proposal.Location.City)

	node.SetStatistics(tequilapi.Statistics{BytesReceived: 3 << 20, ThroughputReceived: 12_500_000, Duration: time.Minute, TokensSpent: tequilapi.Wei(293e12)})
	s, err := c.ConnectionStatistics(ctx, "")
	check(err)
	fmt.Println(s.Duration, s.ThroughputReceived, s.TokensSpent)

	check(c.Disconnect(ctx, 0))
	fmt.Println("again:", errors.Is(c.Disconnect(ctx, 0), tequilapi.ErrNoConnection))
	// Output:
	// Connected Berlin
	// 1m0s 12.5 Mbit/s 0.000293 MYST
	// again: true
}

func ExampleClient_Events() {
	node, c, end := demo()
	defer end()
	ctx := context.Background()
	check(c.UnlockIdentity(ctx, anna, ""))

	for e, err := range c.Events(ctx) {
		if err != nil {
			fmt.Println(err) // and it connects again
			continue
		}
		status := e.State.Consumer.Connection.Status
		fmt.Println(status)
		if status == tequilapi.OnHold {
			break // the provider has gone; nothing passes until Disconnect
		}
		node.SetStatus(tequilapi.OnHold)
	}
	// Output:
	// NotConnected
	// OnHold
}

func ExampleClient_AllSessions() {
	node, c, end := demo()
	defer end()
	ctx := context.Background()
	day := time.Date(2026, 11, 1, 20, 0, 0, 0, time.UTC)
	for i := range 3 {
		node.AddSessions(tequilapi.Session{
			ID: fmt.Sprint(i), Direction: tequilapi.Consumed, ProviderCountry: "DE", CreatedAt: day.AddDate(0, 0, i), Duration: time.Hour,
			BytesReceived: 1 << 30, Tokens: tequilapi.Wei(1e17), Status: tequilapi.SessionCompleted,
		})
	}

	q := tequilapi.SessionQuery{Direction: tequilapi.Consumed, PageSize: 2}
	for s, err := range c.AllSessions(ctx, q) {
		check(err)
		fmt.Println(s.CreatedAt.Format(time.DateOnly), s.ProviderCountry, s.Duration, s.Tokens)
	}
	q.From, q.To = day, day.AddDate(0, 0, 1)
	d, err := c.DailyStats(ctx, q)
	check(err)
	for _, date := range slices.Sorted(maps.Keys(d.Days)) {
		fmt.Println(date, d.Days[date].Count)
	}
	fmt.Println("in all", d.Total.Count, d.Total.Tokens)
	// Output:
	// 2026-11-03 DE 1h0m0s 0.1 MYST
	// 2026-11-02 DE 1h0m0s 0.1 MYST
	// 2026-11-01 DE 1h0m0s 0.1 MYST
	// 2026-11-01 1
	// 2026-11-02 1
	// in all 2 0.2 MYST
}

func ExampleClient_CreateOrder() {
	node, c, end := demo()
	defer end()
	ctx := context.Background()
	check(c.UnlockIdentity(ctx, anna, ""))

	ways, err := c.Gateways(ctx, "USD")
	check(err)
	fmt.Println(ways[0].Name, ways[0].Currencies, "from", ways[0].Options.Minimum)
	o, err := c.CreateOrder(ctx, anna, ways[0].Name, tequilapi.OrderRequest{USD: "10.00", PayCurrency: "BTC", Country: "DE"})
	check(err)
	pay, err := o.Payment()
	check(err)
	fmt.Println("pay at", pay.URL, "for", o.ReceiveMYST, "MYST")

	node.SetOrderStatus(o.ID, tequilapi.OrderPaid) // ask every few seconds
	o, err = c.Order(ctx, anna, o.ID)
	check(err)
	fmt.Println("paid:", o.Status.Paid())
	// Output:
	// coingate [BTC ETH MYST] from 4.5
	// pay at https://pay.invalid/1 for 20 MYST
	// paid: true
}

func ExampleClient_Authenticate() {
	node, err := tequilatest.Start(tequilatest.Secured("myst", "mystberry"))
	check(err)
	defer func() { check(node.Close()) }()
	c := node.Client()
	ctx := context.Background()

	_, err = c.Identities(ctx)
	fmt.Println("needs a token:", errors.Is(err, tequilapi.ErrUnauthorized))
	t, err := c.Authenticate(ctx, "myst", "mystberry")
	check(err)
	c.SetToken(t.Token)
	_, err = c.Identities(ctx)
	fmt.Println("with one:", err)
	// Output:
	// needs a token: true
	// with one: <nil>
}

func ExampleClient_ReportIssue() {
	_, c, end := demo()
	defer end()

	_, err := c.ReportIssue(context.Background(), tequilapi.Report{Email: "anna@example.org", Description: "It broke."})
	var e *tequilapi.Error
	if errors.As(err, &e) && errors.Is(err, tequilapi.ErrValidation) {
		fmt.Println(e.Fields["description"].Message)
	}
	// Output: Description too short. Provide at least 30 character long description.
}

func ExampleMoney() {
	m, err := tequilapi.ParseMYST("4.999999999999999999")
	check(err)
	b, err := json.Marshal(m)
	check(err)
	fmt.Println(string(b), "wei") // a float64 would say 5000000000000000000
	fmt.Println(m.Human(), m.Cmp(tequilapi.Wei(5e18)) < 0)
	// Output:
	// 4999999999999999999 wei
	// 4.999999 true
}
