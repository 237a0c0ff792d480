package account_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mysteriumvpn/desktop/internal/account"
	"github.com/mysteriumvpn/desktop/internal/bus/bustest"
	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
	"github.com/mysteriumvpn/desktop/tequilapi/tequilatest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ring is a keyring; broken ones refuse.
type ring struct {
	kept map[string]string
	err  error

	asked int
}

func (r *ring) Get(name string) (string, error) { r.asked++; return r.kept[name], r.err }
func (r *ring) Set(name, secret string) error {
	if r.err == nil {
		r.kept[name] = secret
	}
	return r.err
}

// world is a keeper with a node, in a bubble where time is not real.
type world struct {
	t      *testing.T
	folder string
	node   *tequilatest.Node
	ring   *ring
	topics *vpn.Topics
	ends   *account.Topics
	keeper *account.Keeper
	sent   bustest.Sent[vpn.Command]
	told   bustest.Sent[vpn.Notice]
	status vpn.Status
	said   []string
	stop   func()
	lives  int
}

func story(t *testing.T, tell func(w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, folder: t.TempDir(), node: tequilatest.NewNode(t, tequilatest.InMemory()), ring: &ring{kept: map[string]string{}}}
		w.start()
		defer func() { w.stop() }()
		tell(w)
	})
}

// start starts the program, with a node that runs.
func (w *world) start() {
	b := bustest.Bus(w.t)
	lane := b.Go("account")
	w.topics, w.ends = vpn.NewTopics(b, vpn.Settings{}), account.NewTopics(b)
	transport := w.node.Transport()
	w.keeper = account.New(account.Options{
		Lane: lane, Status: w.topics.Status.Via(lane), Settings: w.topics.Settings.Via(lane), Wishes: w.ends.Wishes.Via(lane),
		State: w.ends.State, Commands: &w.sent, Notices: &w.told,
		API: func(string) (*tequilapi.Client, error) {
			return tequilapi.New(w.node.URL(), tequilapi.WithTransport(transport))
		},
		Path: filepath.Join(w.folder, "account.json"), Keyring: w.ring, Say: func(s string) { w.said = append(w.said, s) },
	})
	ctx, stop := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() { w.keeper.Serve(ctx); close(done) }()
	w.stop = func() { stop(); <-done; transport.CloseIdleConnections() }
	w.runs()
}

// runs says that a node runs now, another process than before.
func (w *world) runs() {
	w.lives++
	w.status = vpn.Status{Phase: vpn.Down, Network: vpn.Mysterium, Node: vpn.Node{State: vpn.NodeRunning, API: "127.0.0.1:4050", PID: w.lives}}
	w.topics.Status.Send(w.status)
	synctest.Wait()
}

func (w *world) phase(p vpn.Phase) {
	w.status.Phase, w.status.Since = p, time.Now()
	w.topics.Status.Send(w.status)
	synctest.Wait()
}

func (w *world) wish(v account.Wish) account.State {
	w.ends.Wishes.Send(v)
	synctest.Wait()
	return w.now()
}

func (w *world) after(d time.Duration) account.State {
	time.Sleep(d)
	synctest.Wait()
	return w.now()
}

func (w *world) now() account.State { return w.ends.State.Load() }

func myst(n uint64) account.Money { return tequilapi.Wei(n * 1e15) } // thousandths

func TestAnIdentityIsMadeRegisteredAndPaidFor(t *testing.T) {
	story(t, func(w *world) {
		s := w.now()
		assert.True(t, s.Ready)
		assert.Empty(t, s.Identity, "none is made unasked")
		w.node.SetRegistrationFee(myst(200))
		s = w.wish(account.Wish{Verb: account.Create})
		require.True(t, s.Problem.Zero(), s.Problem.Text())
		require.NotEmpty(t, s.Identity)
		assert.Equal(t, []string{s.Identity}, s.Identities)
		assert.False(t, s.Locked)
		assert.Equal(t, account.Unregistered, s.Registration)
		assert.Equal(t, myst(200), s.Fee)
		assert.False(t, s.Free)

		s = w.wish(account.Wish{Verb: account.Register})
		assert.Equal(t, account.Pending, s.Registration)
		s = w.wish(account.Wish{Verb: account.Register})
		assert.True(t, s.Problem.Zero(), "that it is under way is no failure")
		w.node.SetRegistration(s.Identity, tequilapi.Registered)
		w.node.SetBalance(s.Identity, myst(1500))
		s = w.after(6 * time.Second)
		assert.Equal(t, account.Registered, s.Registration, "noticed without being asked")
		assert.Equal(t, myst(1500), s.Balance)
		assert.WithinDuration(t, time.Now(), s.BalanceAt, 6*time.Second)
	})
}

func TestEveryRegistrationIsTold(t *testing.T) {
	story(t, func(w *world) {
		id := w.wish(account.Wish{Verb: account.Create}).Identity
		for status, want := range map[tequilapi.RegistrationStatus]account.Registration{
			tequilapi.Unregistered: account.Unregistered, tequilapi.RegistrationPending: account.Pending, tequilapi.Registered: account.Registered,
			tequilapi.RegistrationFailed: account.Failed, tequilapi.RegistrationUnknown: account.UnknownRegistration, "Brandnew": account.UnknownRegistration,
		} {
			w.node.SetRegistration(id, status)
			assert.Equal(t, want, w.wish(account.Wish{Verb: account.Refresh}).Registration, status)
		}
		w.node.SetRegistration(id, tequilapi.Unregistered)
		w.node.SetFreeRegistration(true)
		assert.True(t, w.after(11*time.Minute).Free, "fees are read again")
		w.node.OnRegister(func(string) error { return errors.New("the transactor is on holiday") })
		s := w.wish(account.Wish{Verb: account.Register})
		assert.Equal(t, vpn.RegisterRefused, s.Problem.Code)
		assert.Contains(t, s.Problem.Text(), "on holiday")
		assert.Equal(t, account.Unregistered, s.Registration)
	})
}

func TestWhatTheChainDoesNotTellIsAskedAgain(t *testing.T) {
	story(t, func(w *world) {
		id := w.wish(account.Wish{Verb: account.Create}).Identity
		w.node.FailAlways("GET", "/identities/"+id, tequilapi.Error{Status: 500, Code: "err_id_registration_status_check", Message: "no RPC"})
		s := w.after(time.Minute)
		assert.Equal(t, vpn.AccountUnknown, s.Problem.Code)
		assert.Equal(t, account.UnknownRegistration, s.Registration, "not registered, as the node's zero would have it")
		w.node.Heal("GET", "/identities/"+id)
		s = w.after(time.Minute)
		assert.True(t, s.Problem.Zero(), s.Problem.Text())
		assert.Equal(t, account.Unregistered, s.Registration)
	})
}

func TestAPassphraseUnlocksAndIsKeptInTheKeyringOnly(t *testing.T) {
	story(t, func(w *world) {
		const pass = "correct horse"
		s := w.wish(account.Wish{Verb: account.Create, New: account.NewSecret(pass), Keep: true})
		id := s.Identity
		assert.False(t, s.Locked)
		w.stop()
		w.node.Restart()
		w.start()
		s = w.now()
		assert.Equal(t, id, s.Identity)
		assert.False(t, s.Locked, "the keyring has unlocked it")
		who, got := w.keeper.Who()
		assert.Equal(t, []string{id, pass}, []string{who, got})

		w.ring.kept = map[string]string{}
		w.stop()
		w.node.Restart()
		w.start()
		s = w.now()
		assert.True(t, s.Locked)
		assert.Equal(t, id, s.Identity)
		assert.Zero(t, s.BalanceAt, "the node says nothing of its money")
		s = w.wish(account.Wish{Verb: account.Unlock, Old: account.NewSecret("wrong")})
		assert.Equal(t, vpn.WrongPassphrase, s.Problem.Code)
		assert.True(t, s.Locked)
		s = w.wish(account.Wish{Verb: account.Unlock, Old: account.NewSecret(pass)})
		assert.False(t, s.Locked)
		assert.True(t, s.Problem.Zero())
		assert.Empty(t, w.ring.kept, "nobody asked to keep it")
		_, got = w.keeper.Who()
		assert.Equal(t, pass, got, "core unlocks it with what was typed")

		w.ring.err = errors.New("no such service")
		s = w.wish(account.Wish{Verb: account.Unlock, Old: account.NewSecret(pass), Keep: true})
		assert.Equal(t, vpn.KeyringRefused, s.Problem.Code)
		assert.False(t, s.Locked, "it is unlocked all the same")
		for _, f := range files(t, w.folder) {
			assert.NotContains(t, f, pass)
		}
	})
}

func files(t *testing.T, folder string) (texts []string) {
	t.Helper()
	list, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.NotEmpty(t, list)
	for _, f := range list {
		b, err := os.ReadFile(filepath.Join(folder, f.Name()))
		require.NoError(t, err)
		texts = append(texts, string(b))
	}
	return texts
}

func TestABackupRestoresTheIdentityElsewhere(t *testing.T) {
	story(t, func(w *world) {
		id := w.wish(account.Wish{Verb: account.Create}).Identity
		assert.False(t, w.now().BackedUp)
		path := filepath.Join(w.folder, "saved.json")
		s := w.wish(account.Wish{Verb: account.Backup, New: account.NewSecret("paper"), Path: path})
		require.True(t, s.Problem.Zero(), s.Problem.Text())
		assert.True(t, s.BackedUp)
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		file, err := os.ReadFile(path)
		require.NoError(t, err)
		s = w.wish(account.Wish{Verb: account.Backup, New: account.NewSecret("paper"), Path: filepath.Join(path, "no", "folder")})
		assert.Equal(t, vpn.BackupFailed, s.Problem.Code)

		w.stop()
		w.node, w.folder = tequilatest.NewNode(w.t, tequilatest.InMemory()), w.t.TempDir()
		w.start()
		assert.Empty(t, w.now().Identity)
		for name, c := range map[string]struct {
			file []byte
			pass string
			want vpn.Code
		}{
			"not JSON":      {[]byte("hello"), "paper", vpn.NotAKey},
			"remember.json": {[]byte(`{"identity":{"address":"0x1"}}`), "paper", vpn.NotAKey},
			"old version":   {[]byte(`{"address":"1","crypto":{},"version":1}`), "paper", vpn.NotAKey},
			"no passphrase": {file, "", vpn.WrongPassphrase},
			"wrong one":     {file, "scissors", vpn.RestoreFailed},
		} {
			s = w.wish(account.Wish{Verb: account.Restore, File: c.file, Old: account.NewSecret(c.pass)})
			assert.Equal(t, c.want, s.Problem.Code, name)
			assert.Empty(t, s.Identity, name)
		}
		s = w.wish(account.Wish{Verb: account.Restore, File: file, Old: account.NewSecret("paper")})
		require.True(t, s.Problem.Zero(), s.Problem.Text())
		assert.Equal(t, id, s.Identity)
		assert.True(t, s.BackedUp, "there is the file")
		s = w.wish(account.Wish{Verb: account.Restore, File: file, Old: account.NewSecret("paper")})
		assert.True(t, s.Problem.Zero(), "a second time is no failure")

		w.wish(account.Wish{Verb: account.Create, New: account.NewSecret("x")})
		s = w.wish(account.Wish{Verb: account.Backup, New: account.NewSecret("paper"), Path: path})
		assert.Equal(t, vpn.BackupSealed, s.Problem.Code, "the node cannot")
		s = w.wish(account.Wish{Verb: account.Use, Identity: id})
		assert.Equal(t, id, s.Identity)
		assert.Len(t, s.Identities, 2)
	})
}

func TestAnOrderIsFollowedUntilItIsPaid(t *testing.T) {
	story(t, func(w *world) {
		w.node.SetGateways(tequilapi.Gateway{Name: "coingate", Options: tequilapi.OrderOptions{Minimum: "2.5", Suggested: nil}, Currencies: []string{"BTC", "ETH"}})
		w.node.SetExchangeRate("USD", "0.5")
		id := w.wish(account.Wish{Verb: account.Create}).Identity
		s := w.wish(account.Wish{Verb: account.LookUp})
		require.Len(t, s.Gateways, 1)
		assert.Equal(t, account.Gateway{Name: "coingate", Least: "2.5", Currencies: []string{"BTC", "ETH"}}, s.Gateways[0])

		for _, usd := range []string{"", "ten", "-1", "0"} {
			s = w.wish(account.Wish{Verb: account.Buy, Order: account.OrderWish{Gateway: "coingate", USD: usd, Currency: "BTC"}})
			assert.Equal(t, vpn.NoAmount, s.Problem.Code, usd)
		}
		s = w.wish(account.Wish{Verb: account.Buy, Order: account.OrderWish{Gateway: "coingate", USD: "10", Currency: "DOGE"}})
		assert.Equal(t, vpn.PaymentRefused, s.Problem.Code)
		assert.Zero(t, s.Order)

		s = w.wish(account.Wish{Verb: account.Buy, Order: account.OrderWish{Gateway: "coingate", USD: "10", Currency: "BTC", Country: "DE"}})
		require.True(t, s.Problem.Zero(), s.Problem.Text())
		assert.Equal(t, account.Waiting, s.Order.Stage)
		assert.Equal(t, "20", s.Order.Receives)
		assert.NotEmpty(t, s.Order.Address)
		w.node.SetOrderStatus(s.Order.ID, tequilapi.OrderPaid)
		w.node.SetBalance(id, myst(20_000))
		s = w.after(6 * time.Second)
		assert.Equal(t, account.Paid, s.Order.Stage)
		assert.Equal(t, myst(20_000), s.Balance)
		assert.Zero(t, w.wish(account.Wish{Verb: account.Forget}).Order)

		s = w.wish(account.Wish{Verb: account.Buy, Order: account.OrderWish{Gateway: "coingate", MYST: "5", Currency: "BTC"}})
		assert.Equal(t, "5", s.Order.Receives)
		for status, want := range map[tequilapi.OrderStatus]account.Stage{
			tequilapi.OrderExpired: account.Expired, tequilapi.OrderFailed: account.Refused, tequilapi.OrderCanceled: account.Refused,
		} {
			s = w.wish(account.Wish{Verb: account.Buy, Order: account.OrderWish{Gateway: "coingate", MYST: "5", Currency: "BTC"}})
			w.node.SetOrderStatus(s.Order.ID, status)
			assert.Equal(t, want, w.after(6*time.Second).Order.Stage)
		}
		s = w.wish(account.Wish{Verb: account.Buy, Order: account.OrderWish{Gateway: "coingate", MYST: "5", Currency: "BTC"}})
		assert.Equal(t, account.Expired, w.after(2*time.Hour).Order.Stage, "by the clock, if the gateway says nothing")
	})
}

func TestASpendingLimitEndsTheConnectionOnce(t *testing.T) {
	for name, c := range map[string]struct {
		set  vpn.Settings
		code vpn.Code
	}{
		"one connection": {vpn.Settings{SpendLimit: myst(30).Wei()}, vpn.SpendLimitRun},
		"a day":          {vpn.Settings{SpendLimitDay: myst(30).Wei()}, vpn.SpendLimitDay},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				w.wish(account.Wish{Verb: account.Create})
				w.topics.Settings.Send(c.set)
				w.node.SetStatus(tequilapi.Connected)
				w.node.SetStatistics(tequilapi.Statistics{TokensSpent: myst(29)})
				w.phase(vpn.Up)
				assert.Equal(t, myst(29), w.now().Spent)
				assert.Empty(t, w.sent.Take())
				w.phase(vpn.Reconnecting)
				w.phase(vpn.Up)
				w.node.SetStatistics(tequilapi.Statistics{TokensSpent: myst(31)})
				w.after(6 * time.Second)
				got := w.sent.Take()
				require.Len(t, got, 1)
				assert.Equal(t, vpn.Disconnect, got[0].Verb)
				told := w.told.Take()
				require.Len(t, told, 1)
				assert.Equal(t, vpn.Reason{Code: c.code, A: "0.03"}, told[0].Reason)
				w.after(time.Minute)
				assert.Empty(t, w.sent.Take(), "said once")
				w.phase(vpn.Down)
				assert.Zero(t, w.now().Spent)
			})
		})
	}
}

func TestANodeThatGoesTakesWhatItSaidWithIt(t *testing.T) {
	story(t, func(w *world) {
		w.wish(account.Wish{Verb: account.Create})
		w.topics.Status.Send(vpn.Status{Network: vpn.Mysterium, Node: vpn.Node{State: vpn.NodeWaiting}})
		synctest.Wait()
		assert.False(t, w.now().Ready)
		assert.Zero(t, w.now().BalanceAt)
		s := w.wish(account.Wish{Verb: account.Refresh})
		assert.Equal(t, vpn.NodeIsStarting, s.Problem.Code, "it was not carried out, and why")
		w.node.Restart()
		w.runs()
		assert.True(t, w.now().Ready)
		assert.True(t, w.now().Problem.Zero())
		assert.False(t, w.now().Locked, "unlocked again: that is per process")
		assert.Zero(t, w.ring.asked, "there is nothing in it that could help")
	})
}

func TestSecretsNeverPrint(t *testing.T) {
	w := account.Wish{Verb: account.Unlock, Old: account.NewSecret("hunter2"), New: account.NewSecret("hunter3")}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		assert.NotContains(t, fmt.Sprintf(verb, w), "hunter", verb)
		assert.NotContains(t, fmt.Sprintf(verb, &w), "hunter", verb)
		assert.NotContains(t, fmt.Sprintf(verb, w.Old), "hunter", verb)
	}
}

func TestHowLongABalanceLasts(t *testing.T) {
	for _, c := range []struct {
		balance, hour, gib uint64
		hours, gibs        int
		low                bool
	}{
		{0, 1, 1, 0, 0, true},
		{100, 0, 0, -1, -1, false},
		{1000, 10, 300, 100, 3, false},
		{309, 10, 300, 30, 1, true},
		{310, 10, 300, 31, 1, false},
		{1 << 62, 1, 1, 1_000_000, 1_000_000, false},
	} {
		h, g := account.Lasts(tequilapi.Wei(c.balance), tequilapi.Wei(c.hour), tequilapi.Wei(c.gib))
		assert.Equal(t, []int{c.hours, c.gibs}, []int{h, g}, "%+v", c)
		assert.Equal(t, c.low, account.Low(tequilapi.Wei(c.balance), tequilapi.Wei(c.hour), tequilapi.Wei(c.gib)), "%+v", c)
	}
}

// TestAConnectionIsCountedOnce: our node counts one while it runs, the real one may not.
func TestAConnectionIsCountedOnce(t *testing.T) {
	for name, running := range map[string]bool{"counted while it runs": true, "counted at its end": false} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				w.wish(account.Wish{Verb: account.Create})
				earlier := tequilapi.Session{ID: "1", Direction: "Consumed", CreatedAt: time.Now(), Status: "Completed", Tokens: myst(100)}
				w.node.AddSessions(earlier)
				w.node.SetStatus(tequilapi.Connected)
				w.phase(vpn.Up)
				assert.Equal(t, myst(100), w.now().Today)
				w.node.SetStatistics(tequilapi.Statistics{TokensSpent: myst(30)})
				if running {
					w.node.AddSessions(tequilapi.Session{ID: "2", Direction: "Consumed", CreatedAt: time.Now(), Status: "New", Tokens: myst(30)})
				}
				s := w.after(6 * time.Second)
				assert.Equal(t, myst(30), s.Spent)
				assert.Equal(t, myst(130), s.Today)
			})
		})
	}
}

func TestAnOrderBelongsToItsIdentity(t *testing.T) {
	story(t, func(w *world) {
		w.node.SetGateways(tequilapi.Gateway{Name: "coingate", Currencies: []string{"BTC"}})
		w.node.SetExchangeRate("USD", "0.5")
		one := w.wish(account.Wish{Verb: account.Create}).Identity
		order := account.Wish{Verb: account.Buy, Order: account.OrderWish{Gateway: "coingate", USD: "10", Currency: "BTC", Country: "DE"}}
		waiting := w.wish(order).Order
		require.Equal(t, account.Waiting, waiting.Stage)

		s := w.wish(account.Wish{Verb: account.Create})
		require.NotEqual(t, one, s.Identity)
		assert.Zero(t, s.Order)
		assert.Zero(t, w.after(10*time.Second).Problem, "it is not asked of the other one")
		s = w.wish(account.Wish{Verb: account.Use, Identity: one})
		assert.Equal(t, waiting, s.Order)
	})
}

func TestAnOrderIsFoundAgainAfterTheProgramStartsAnew(t *testing.T) {
	story(t, func(w *world) {
		w.node.SetGateways(tequilapi.Gateway{Name: "coingate", Currencies: []string{"BTC"}})
		w.node.SetExchangeRate("USD", "0.5")
		w.wish(account.Wish{Verb: account.Create})
		order := account.Wish{Verb: account.Buy, Order: account.OrderWish{Gateway: "coingate", USD: "10", Currency: "BTC", Country: "DE"}}
		first := w.wish(order).Order
		w.node.SetOrderStatus(first.ID, tequilapi.OrderExpired)
		w.wish(account.Wish{Verb: account.Forget})
		second := w.wish(order).Order
		require.NotEqual(t, first.ID, second.ID)
		w.stop()
		w.start()
		s := w.now()
		assert.Equal(t, second, s.Order)
		w.node.SetOrderStatus(second.ID, tequilapi.OrderPaid)
		assert.Equal(t, account.Paid, w.after(6*time.Second).Order.Stage)
		w.stop()
		w.start()
		assert.Zero(t, w.now().Order, "what is over is not shown again")
	})
}
