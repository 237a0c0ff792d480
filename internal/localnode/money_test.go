package localnode

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/mysteriumvpn/desktop/tequilapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheSandboxTakesNoMoney(t *testing.T) {
	n, _ := open(t, t.TempDir())
	id, _ := unlocked(t, n)
	w := call(t, n, "POST", "/identities/"+id+"/register", "{}")
	assert.Equal(t, http.StatusOK, w.Code, "registered already")
	status, code, _ := refused(t, n, "POST", "/identities/0x1/register", "{}")
	assert.Equal(t, 404, status)
	assert.Equal(t, "not_found", code)
	_, code, _ = refused(t, n, "PUT", "/identities/0x1/balance/refresh", "")
	assert.Equal(t, "not_found", code)

	var fees tequilapi.Fees
	ask(t, n, "GET", "/v2/transactor/fees", "", &fees)
	assert.True(t, fees.Current.Registration.IsZero() && fees.Current.Settlement.IsZero())
	assert.True(t, fees.Current.ValidUntil.After(fees.ServerTime))
	var ways []tequilapi.Gateway
	ask(t, n, "GET", "/v2/payment-order-gateways", "", &ways)
	assert.Empty(t, ways)
	_, code, message := refused(t, n, "POST", "/v2/identities/"+id+"/coingate/payment-order", "{}")
	assert.Equal(t, "err_payment_create", code)
	assert.Contains(t, message, "this node takes no money")
}

func TestThePriceListIsTheMiddleOfWhatIsAsked(t *testing.T) {
	n, _ := open(t, t.TempDir())
	var p tequilapi.CurrentPrice
	ask(t, n, "GET", "/prices/current?service_type=wireguard", "", &p)
	less, more := 0, 0
	for _, o := range n.offers {
		switch c := o.Price.PerGiB.Cmp(p.PerGiB); {
		case c < 0:
			less++
		case c > 0:
			more++
		}
	}
	assert.LessOrEqual(t, less, len(n.offers)/2, "at most half ask less")
	assert.LessOrEqual(t, more, len(n.offers)/2, "at most half ask more")
	_, code, _ := refused(t, n, "GET", "/prices/current?service_type=openvpn", "")
	assert.Equal(t, "err_proposals_service_type", code)
}

func TestSessionsAreSummedUpByDay(t *testing.T) {
	n, _ := open(t, t.TempDir())
	day := time.Date(2026, 11, 1, 23, 59, 59, 0, time.UTC)
	for i := range 4 {
		n.history = append(n.history, tequilapi.Session{
			ID: fmt.Sprint(i), ConsumerID: fmt.Sprint(i / 2), Status: "Completed", CreatedAt: day.AddDate(0, 0, i/2), Duration: time.Minute,
			BytesReceived: 10, BytesSent: 1, Tokens: tequilapi.Wei(1e18),
		})
	}
	var d tequilapi.DailyStats
	ask(t, n, "GET", "/sessions/stats-daily?date_from=2026-11-01&date_to=2026-11-03", "", &d)
	two := tequilapi.SessionsStats{Count: 2, Consumers: 1, BytesReceived: 20, BytesSent: 2, Duration: 2 * time.Minute, Tokens: tequilapi.Wei(2e18)}
	assert.Equal(t, map[string]tequilapi.SessionsStats{"2026-11-01": two, "2026-11-02": two, "2026-11-03": {}}, d.Days)
	assert.Equal(t, tequilapi.SessionsStats{Count: 4, Consumers: 2, BytesReceived: 40, BytesSent: 4, Duration: 4 * time.Minute, Tokens: tequilapi.Wei(4e18)}, d.Total)
	var sum struct{ Stats tequilapi.SessionsStats }
	ask(t, n, "GET", "/sessions/stats-aggregated?consumer_id=1", "", &sum)
	assert.Equal(t, two, sum.Stats)

	d = tequilapi.DailyStats{}
	ask(t, n, "GET", "/sessions/stats-daily?date_from=0001-01-01&date_to=9999-12-31", "", &d)
	assert.Len(t, d.Days, mostDays, "nobody can ask for a million days")
	for _, path := range []string{"stats-daily", "stats-aggregated"} {
		status, _, _ := refused(t, n, "GET", "/sessions/"+path+"?date_to=soon", "")
		assert.Equal(t, 400, status)
	}
}

func TestConfigIsTheDefaultsWithTheUsersOverThem(t *testing.T) {
	n, _ := open(t, t.TempDir())
	ask(t, n, "POST", "/config/user", `{"data":{"auto-reconnect":true,"ours":1}}`, nil)
	var all, defaults struct{ Data tequilapi.Config }
	ask(t, n, "GET", "/config", "", &all)
	ask(t, n, "GET", "/config/default", "", &defaults)
	assert.Equal(t, true, all.Data["auto-reconnect"])
	assert.Contains(t, all.Data, "ours")
	assert.Equal(t, false, all.Data["keep-connected-on-fail"])
	assert.Equal(t, false, defaults.Data["auto-reconnect"])
	require.NotContains(t, defaults.Data, "ours")
}
