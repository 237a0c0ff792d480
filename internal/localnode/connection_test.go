package localnode

import (
	"context"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mysteriumvpn/desktop/internal/supervisor"
	"github.com/mysteriumvpn/desktop/tequilapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheSupervisorIsAskedAsTheRealNodeAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, f := open(t, t.TempDir())
		_, put := unlocked(t, n)
		var c tequilapi.Connection
		ask(t, n, "PUT", "/connection", put, &c)
		assert.Equal(t, tequilapi.Connected, c.Status)
		assert.Equal(t, n.offers[0].Proposal, *c.Proposal)
		assert.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, c.SessionID)
		assert.Equal(t, []string{"open", "discover-gateway", "exclude-route", "wg-up", "wg-stats"}, f.said())

		assert.Equal(t, "myst0", f.conf.Iface)
		assert.Equal(t, 24, f.conf.Subnet.Bits())
		assert.True(t, netip.MustParsePrefix("10.182.1.0/24").Contains(f.conf.Subnet.Addr()))
		assert.Equal(t, []netip.Addr{netip.MustParseAddr("10.182.1.1")}, f.conf.DNS, "the exit answers names")
		assert.Equal(t, n.offers[0].public, f.conf.Peer.PublicKey)
		assert.Equal(t, 18, f.conf.Peer.Keepalive)
		assert.Equal(t, "127.0.0.1:51820", f.conf.Peer.Endpoint.String())

		<-time.After(5 * time.Second)
		synctest.Wait()
		f.mu.Lock()
		polls := 0
		for _, s := range f.calls {
			if s == "wg-stats" {
				polls++
			}
		}
		f.mu.Unlock()
		assert.Equal(t, 6, polls, "one for the handshake, then one each second")

		ask(t, n, "DELETE", "/connection", "", nil)
		assert.Equal(t, []string{"open", "discover-gateway", "exclude-route", "wg-up", "wg-stats", "wg-down", "delete-route", "discover-gateway", "drop"}, f.said())
		f.clean(t)
	})
}

func TestDNSOptions(t *testing.T) {
	for option, want := range map[string][]netip.Addr{
		"":                 {netip.MustParseAddr("10.182.1.1")},
		"auto":             {netip.MustParseAddr("10.182.1.1")},
		"provider":         {netip.MustParseAddr("10.182.1.1")},
		"system":           nil,
		"1.1.1.1, 8.8.8.8": {netip.MustParseAddr("1.1.1.1"), netip.MustParseAddr("8.8.8.8")},
	} {
		n, f := open(t, t.TempDir())
		_, put := unlocked(t, n)
		ask(t, n, "PUT", "/connection", strings.Replace(put, `"dns":"provider"`, `"dns":"`+option+`"`, 1), nil)
		assert.Equal(t, want, f.conf.DNS, option)
		ask(t, n, "DELETE", "/connection", "", nil)
	}
	n, _ := open(t, t.TempDir())
	_, put := unlocked(t, n)
	status, code, _ := refused(t, n, "PUT", "/connection", strings.Replace(put, `"dns":"provider"`, `"dns":"1.1.1.1,nonsense"`, 1))
	assert.Equal(t, 400, status)
	assert.Equal(t, "parse_failed", code)
}

// Whichever step is under way, DELETE ends the attempt at once, all is undone, and PUT fails as in the real node.
func TestAnAttemptCanBeCancelledAtEachStep(t *testing.T) {
	for _, step := range []string{"discover-gateway", "exclude-route", "wg-up", "wg-stats"} {
		t.Run(step, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n, f := open(t, t.TempDir())
				_, put := unlocked(t, n)
				reached := make(chan struct{})
				f.set(func() { f.hang[step] = reached })
				answer := make(chan *httptest.ResponseRecorder, 1)
				go func() { answer <- call(t, n, "PUT", "/connection", put) }()
				<-reached
				assert.Equal(t, tequilapi.Connecting, state(t, n).Status)
				f.set(func() { delete(f.hang, step) })
				status, code, _ := refused(t, n, "PUT", "/connection", put)
				assert.Equal(t, 422, status)
				assert.Equal(t, "err_connection_already_exists", code)

				begin := time.Now()
				assert.Equal(t, 202, call(t, n, "DELETE", "/connection", "").Code)
				assert.Zero(t, time.Since(begin))
				w := <-answer
				assert.Equal(t, 500, w.Code)
				assert.Contains(t, w.Body.String(), `"err_connect"`)
				assert.Contains(t, w.Body.String(), "context canceled")
				assert.Equal(t, tequilapi.Connection{Status: tequilapi.NotConnected}, state(t, n))
				f.clean(t)
				if step == "wg-up" {
					assert.Contains(t, f.said(), "wg-down", "without an answer it may be up")
				}
				ask(t, n, "PUT", "/connection", put, nil) // and it can be tried again
			})
		})
	}
}

func TestAFailureAtAnyStepIsUndone(t *testing.T) {
	for step, want := range map[string]string{
		"open":             "could not create p2p channel during connect: ",
		"discover-gateway": "could not discover the gateway: ",
		"exclude-route":    "could not exclude route: ",
		"wg-up":            "could not configure device: ",
		"wg-stats":         "failed while waiting for a peer handshake: ",
	} {
		n, f := open(t, t.TempDir())
		_, put := unlocked(t, n)
		f.set(func() { f.fail[step] = errDead })
		status, code, message := refused(t, n, "PUT", "/connection", put)
		assert.Equal(t, 500, status)
		assert.Equal(t, "err_connect", code)
		assert.True(t, strings.HasPrefix(message, "Failed to connect: could not "), message)
		assert.Contains(t, message, want+errDead.Error())
		f.clean(t)
		assert.Equal(t, tequilapi.NotConnected, state(t, n).Status)
		f.set(func() { clear(f.fail) })
		ask(t, n, "PUT", "/connection", put, nil)
	}
}

func TestASilentExitFailsAfterTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, f := open(t, t.TempDir())
		_, put := unlocked(t, n)
		f.set(func() { f.silent = true })
		begin := time.Now()
		status, code, message := refused(t, n, "PUT", "/connection", put)
		assert.Equal(t, 10*time.Second, time.Since(begin))
		assert.Equal(t, 500, status)
		assert.Equal(t, "err_connect", code)
		assert.Contains(t, message, "context deadline exceeded")
		f.clean(t)
	})
}

func TestALostTunnelEndsTheConnection(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		after time.Duration
	}{
		"the device is gone": {errGone, time.Second},
		"the socket is dead": {errDead, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n, f := open(t, t.TempDir())
				_, put := unlocked(t, n)
				ask(t, n, "PUT", "/connection", put, nil)
				f.set(func() { f.fail["wg-stats"], f.fail["wg-down"], f.up = c.err, c.err, false })
				<-time.After(c.after)
				synctest.Wait()
				got := state(t, n)
				assert.Equal(t, tequilapi.NotConnected, got.Status)
				assert.NotNil(t, got.Proposal, "the old proposal stays")
				f.clean(t)
				var page tequilapi.SessionPage
				ask(t, n, "GET", "/sessions", "", &page)
				assert.Equal(t, "Completed", page.Items[0].Status)
				f.set(func() { clear(f.fail) })
				ask(t, n, "PUT", "/connection", put, nil)
			})
		})
	}
}

func TestASlowSupervisorIsForgivenForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, f := open(t, t.TempDir())
		_, put := unlocked(t, n)
		ask(t, n, "PUT", "/connection", put, nil)
		f.set(func() { f.hang["wg-stats"] = make(chan struct{}) })
		<-time.After(5 * time.Second)
		synctest.Wait()
		assert.Equal(t, tequilapi.Connected, state(t, n).Status)
		f.set(func() { clear(f.hang) })
		<-time.After(5 * time.Second)
		f.set(func() { f.hang["wg-stats"] = make(chan struct{}) })
		<-time.After(15 * time.Second)
		synctest.Wait()
		assert.Equal(t, tequilapi.NotConnected, state(t, n).Status)
	})
}

func TestAnAttemptGoesOnWithoutTheOneWhoAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, f := open(t, t.TempDir())
		_, put := unlocked(t, n)
		f.set(func() { f.silent = true })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r := httptest.NewRequestWithContext(ctx, "PUT", "http://127.0.0.1/connection", strings.NewReader(put))
		n.handler().ServeHTTP(httptest.NewRecorder(), r)
		assert.Equal(t, tequilapi.Connecting, state(t, n).Status)
		f.set(func() { f.stats.LastHandshake = time.Now() })
		<-time.After(time.Second)
		synctest.Wait()
		assert.Equal(t, tequilapi.Connected, state(t, n).Status)
	})
}

func TestStatisticsAreTheDevicesCounters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, f := open(t, t.TempDir())
		id, put := unlocked(t, n)
		ask(t, n, "PUT", "/connection", put, nil)
		<-time.After(1500 * time.Millisecond)
		f.set(func() { f.stats.BytesSent, f.stats.BytesReceived = 1000, 1<<30 })
		<-time.After(time.Second)
		synctest.Wait()
		var s tequilapi.Statistics
		ask(t, n, "GET", "/connection/statistics", "", &s)
		price := n.offers[0].Price
		want := tequilapi.Statistics{
			BytesSent: 1000, BytesReceived: 1 << 30, ThroughputSent: 8000, ThroughputReceived: 8 << 30,
			Duration: 2 * time.Second, TokensSpent: cost(price, 2*time.Second, 1<<30+1000),
		}
		assert.Equal(t, want, s)
		assert.Positive(t, s.TokensSpent.Cmp(price.PerGiB))
		ask(t, n, "GET", "/connection/statistics?id="+state(t, n).SessionID, "", &s)
		assert.Equal(t, want, s)
		ask(t, n, "GET", "/connection/statistics?id=10000", "", &s)
		assert.Zero(t, s, "a session it does not know has zeros")

		var page tequilapi.SessionPage
		ask(t, n, "GET", "/sessions", "", &page)
		assert.Equal(t, "New", page.Items[0].Status)
		assert.Equal(t, uint64(1<<30), page.Items[0].BytesReceived)
		f.set(func() { f.stats.BytesSent = 5000 })
		ask(t, n, "DELETE", "/connection", "", nil)
		ask(t, n, "GET", "/sessions?status=Completed&direction=Consumed&date_from=2000-01-01&date_to=2000-01-01&consumer_id="+id, "", &page)
		require.Len(t, page.Items, 1)
		assert.Equal(t, uint64(5000), page.Items[0].BytesSent, "also what passed since the last poll")
		assert.Equal(t, 2*time.Second, page.Items[0].Duration)
		ask(t, n, "GET", "/sessions?date_from=2000-01-02", "", &page)
		assert.Empty(t, page.Items)

		var i tequilapi.Identity
		ask(t, n, "GET", "/identities/"+id, "", &i)
		assert.Equal(t, add(i.Balance, n.spent), tequilapi.Wei(startBalance))
		assert.Equal(t, 1, n.spent.Cmp(tequilapi.Money{}))
		ask(t, n, "GET", "/connection/statistics", "", &s)
		assert.Zero(t, s)
	})
}

func TestDisconnectOfNoneIsAnErrorOnlyAfterTheFirstConnect(t *testing.T) {
	n, _ := open(t, t.TempDir())
	_, put := unlocked(t, n)
	assert.Equal(t, 202, call(t, n, "DELETE", "/connection", "").Code)
	status, code, _ := refused(t, n, "PUT", "/connection", strings.Replace(put, "wireguard", "openvpn", 1))
	assert.Equal(t, 500, status)
	assert.Equal(t, "err_connect", code)
	status, code, _ = refused(t, n, "DELETE", "/connection", "")
	assert.Equal(t, 422, status)
	assert.Equal(t, "err_no_connection_exists", code)
	assert.Equal(t, 202, call(t, n, "DELETE", "/connection?id=10000", "").Code, "that one was never used")
	assert.Equal(t, 202, call(t, n, "DELETE", "/connection?id=-1", "").Code, "all of none")
	assert.Equal(t, 400, call(t, n, "DELETE", "/connection?id=x", "").Code)
}

func TestTheNodeChoosesByFilter(t *testing.T) {
	n, _ := open(t, t.TempDir())
	id, _ := unlocked(t, n)
	var c tequilapi.Connection
	ask(t, n, "PUT", "/connection", `{"consumer_id":"`+id+`","filter":{"country_code":"NL"}}`, &c)
	assert.Equal(t, "NL", c.Proposal.Location.Country)
	for _, o := range n.offers {
		if o.Location.Country == "NL" {
			assert.LessOrEqual(t, o.Quality.Quality, c.Proposal.Quality.Quality, "the best one")
		}
	}
}

func TestStoppingTakesTheConnectionDown(t *testing.T) {
	dir := t.TempDir()
	n, f := open(t, dir)
	_, put := unlocked(t, n)
	ask(t, n, "PUT", "/connection", put, nil)
	assert.Equal(t, 202, call(t, n, "POST", "/stop", "").Code)
	n.runs.Wait()
	f.clean(t)
	status, _, message := refused(t, n, "PUT", "/connection", put)
	assert.Equal(t, 500, status)
	assert.Contains(t, message, "stopping")
}

func TestUndoingHasALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, f := open(t, t.TempDir())
		_, put := unlocked(t, n)
		ask(t, n, "PUT", "/connection", put, nil)
		f.set(func() { f.hang["wg-down"] = make(chan struct{}) })
		begin := time.Now()
		ask(t, n, "DELETE", "/connection", "", nil)
		assert.Equal(t, undoLimit, time.Since(begin))
		assert.Contains(t, f.said(), "delete-route", "what can be undone is")
		f.set(func() { clear(f.hang) })
	})
}

func TestRatesSurviveCountersThatStartAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, f := open(t, t.TempDir())
		_, put := unlocked(t, n)
		ask(t, n, "PUT", "/connection", put, nil)
		f.set(func() { f.stats = supervisor.Stats{BytesSent: 1000, LastHandshake: time.Now()} })
		<-time.After(time.Second)
		f.set(func() { f.stats.BytesSent = 10 })
		<-time.After(time.Second)
		synctest.Wait()
		var s tequilapi.Statistics
		ask(t, n, "GET", "/connection/statistics", "", &s)
		assert.Zero(t, s.ThroughputSent)
	})
}
