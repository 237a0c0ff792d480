package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/account"
	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

const someIdentity = "0x7a3c0a5d1e8b7a6f5e4d3c2b1a09f8e7d6c5b4a3"

// purse is a stage with the account's page open.
type purse struct{ *stage }

func inAccount(t *testing.T) *purse {
	p := &purse{newStage(t, nil)}
	p.o.Save = func(v vpn.Settings) {
		p.saved = append(p.saved, v)
		p.topics.Settings.Send(v)
	}
	p.offer(sandbox(61))
	s := inPhase(vpn.Down)
	s.Network = vpn.Mysterium
	p.status(s)
	p.topics.Settings.Send(vpn.Settings{Theme: "dark", Network: vpn.Mysterium})
	p.lane.Run()
	p.window.Resize(fyne.NewSize(1180, 740))
	p.toggleAccount()
	return p
}

func (p *purse) state(s account.State) {
	p.ends.State.Send(s)
	p.lane.Run()
}

// funded is somebody who has set everything up.
func funded() account.State {
	return account.State{
		Network: vpn.Mysterium, Ready: true, Identities: []string{someIdentity}, Identity: someIdentity, BackedUp: true,
		Registration: account.Registered, Balance: tequilapi.Wei(12_345_678_900_000_000_000), BalanceAt: noon.Add(-90 * time.Second),
		Today:    tequilapi.Wei(120_000_000_000_000_000),
		Gateways: []account.Gateway{{Name: "coingate", Least: "2.5", Currencies: []string{"BTC", "ETH", "MYST"}}, {Name: "paypal", Currencies: []string{"EUR", "USD"}}},
	}
}

// accounts are what an account can be in, by name.
func accounts() map[string]account.State {
	none := account.State{Network: vpn.Mysterium, Ready: true}
	fresh := account.State{Network: vpn.Mysterium, Ready: true, Identities: []string{someIdentity}, Identity: someIdentity, Registration: account.Unregistered, Fee: tequilapi.Wei(200_000_000_000_000_000), BalanceAt: noon}
	locked := account.State{Network: vpn.Mysterium, Ready: true, Identities: []string{someIdentity}, Identity: someIdentity, Locked: true, Problem: vpn.Reason{Code: vpn.WrongPassphrase}}
	ordered := funded()
	ordered.Order = account.Order{ID: "1", Stage: account.Waiting, Receives: "20", Pays: "0.00021", Currency: "BTC", Total: "11.90", Tax: "1.90", TotalIn: "USD", Address: "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh", URL: "https://pay.example/1", Expires: noon.Add(20 * time.Minute)}
	failed := funded()
	failed.Balance = tequilapi.Wei(1000)
	failed.Order = account.Order{ID: "1", Stage: account.Expired, Receives: "20"}
	failed.Problem = vpn.Reason{Code: vpn.AccountUnknown, A: "no RPC endpoint answers"}
	pending := fresh
	pending.Registration = account.Pending
	play := account.State{Network: vpn.Sandbox, Ready: true, Identities: []string{someIdentity}, Identity: someIdentity, Registration: account.Registered, Balance: tequilapi.Wei(5_000_000_000_000_000_000), BalanceAt: noon}
	return map[string]account.State{
		"unknown": {Network: vpn.Mysterium}, "none": none, "fresh": fresh, "locked": locked, "funded": funded(),
		"ordered": ordered, "failed": failed, "pending": pending, "sandbox": play,
	}
}

func TestAccountsLookAsTheyDid(t *testing.T) {
	for name, s := range accounts() {
		p := inAccount(t)
		p.state(s)
		test.AssertObjectRendersToMarkup(t, "account-"+name+".xml", container.NewWithoutLayout(p.pays.canvas))
		p.Close()
	}
}

func TestAccountScreens(t *testing.T) {
	if *screens == "" {
		t.Skip("needs -screens DIR")
	}
	for _, look := range []string{"dark", "light"} {
		for name, s := range accounts() {
			p := inAccount(t)
			p.topics.Settings.Send(vpn.Settings{Theme: look, Network: vpn.Mysterium})
			p.state(s)
			p.shoot(look+"-account-"+name, 1180, 740)
			p.pays.scroll.ScrollToBottom()
			p.shoot(look+"-account-"+name+"-end", 1180, 740)
			p.shoot(look+"-account-"+name+"-small", 720, 520)
			p.Close()
		}
	}
}

// wants gives the one wish that was sent since the last time.
func (p *purse) oneWish() account.Wish {
	p.t.Helper()
	got := p.wished.Take()
	require.Len(p.t, got, 1)
	return got[0]
}

func TestTheBalanceSaysHowLongItLasts(t *testing.T) {
	p := inAccount(t)
	p.wished.Take()
	p.state(funded())
	assert.Equal(t, "12.345678 MYST", p.pays.balance.name.full)
	assert.Regexp(t, `^Enough for about \d+ h or \d+ GiB at .+ · asked 90 s ago$`, p.pays.balance.about.text)
	assert.Equal(t, "0 MYST on this connection · 0.12 MYST today", p.pays.spent.about.text)
	assert.False(t, p.pays.balance.note.Visible())
	assert.Equal(t, "Mysterium Network · 12.345 MYST", p.node.extra.full, "the foot of the sidebar has it too")
	p.pays.refresh.press()
	assert.Equal(t, account.Refresh, p.oneWish().Verb)
	s := funded()
	s.Balance = tequilapi.Wei(1)
	p.state(s)
	assert.True(t, p.pays.balance.note.Visible(), "that is low")
}

func TestOwnServersCostNothing(t *testing.T) {
	p := inAccount(t)
	s := funded()
	s.Network = vpn.Own
	p.state(s)
	assert.Contains(t, p.pays.balance.about.text, "Own servers cost nothing here")
	assert.NotContains(t, p.pays.balance.name.full, "MYST")
	assert.False(t, p.pays.ident.backup.canvas.Visible(), "there is nothing to lose")
}

func TestALimitIsTypedInMYST(t *testing.T) {
	p := inAccount(t)
	p.state(funded())
	l := p.pays.run
	for _, bad := range []string{"much", "-1", "0"} {
		l.field.SetText(bad)
		l.take()
		assert.Contains(t, l.row.note.text, bad)
		assert.Empty(t, p.saved)
	}
	l.field.SetText("0,5")
	require.False(t, l.apply.Hidden)
	l.apply.press()
	assert.Equal(t, "500000000000000000", p.saved[len(p.saved)-1].SpendLimit)
	assert.Empty(t, l.row.note.text)
	l.field.SetText("")
	l.take()
	assert.Empty(t, p.saved[len(p.saved)-1].SpendLimit)
}

func TestWhatIsMissingInAnOrderIsSaid(t *testing.T) {
	p := inAccount(t)
	p.state(funded())
	p.wished.Take()
	b := p.pays.buy
	b.amount.SetText("10,50")
	b.buy()
	assert.Contains(t, b.where.note.text, "no country")
	b.country.SetText("usa")
	b.buy()
	assert.Contains(t, b.where.note.text, "no country")
	b.country.SetText("united states")
	b.buy()
	assert.Contains(t, b.where.note.text, "state")
	b.country.SetText("de")
	b.way.set(1)
	b.draw(p.pays.now)
	b.coin.set(1)
	b.buy()
	w := p.oneWish()
	assert.Equal(t, account.OrderWish{Gateway: "paypal", USD: "10.50", Currency: "USD", Country: "DE"}, w.Order)
	s := funded()
	s.Problem = vpn.Reason{Code: vpn.PaymentRefused, A: "too little"}
	p.state(s)
	assert.Contains(t, b.row.note.text, "too little", "beside what it is about")
}

func TestAnOrderShowsWhereToPay(t *testing.T) {
	p := inAccount(t)
	p.state(accounts()["ordered"])
	b := p.pays.buy
	assert.Contains(t, b.pay.about.text, "0.00021 BTC")
	assert.NotNil(t, b.code.Image)
	b.copy.press()
	assert.Equal(t, "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh", p.app.Clipboard().Content())
	p.wished.Take()
	b.away.press()
	assert.Equal(t, account.Forget, p.oneWish().Verb)
	for link, want := range map[string]bool{"https://pay.example/1": true, "http://pay.example": false, "file:///etc/passwd": false, "javascript:alert(1)": false, "https://": false, "": false} {
		assert.Equal(t, want, webPage(link), link)
	}
}

func TestTheIdentityIsMadeUnlockedAndSaved(t *testing.T) {
	p := inAccount(t)
	p.wished.Take()
	p.state(accounts()["none"])
	r := p.pays.ident
	assert.Equal(t, "Make an identity", r.create.text)
	r.create.press()
	assert.Equal(t, account.Create, p.oneWish().Verb)
	p.state(accounts()["fresh"])
	assert.Contains(t, r.registered.about.text, "costs 0.2 MYST")
	r.register.press()
	assert.Equal(t, account.Register, p.oneWish().Verb)
	r.backupPass.SetText("short")
	r.askSave()
	assert.Contains(t, r.backup.note.text, "at least 8")
	assert.Nil(t, p.window.Canvas().Overlays().Top())
	p.state(accounts()["locked"])
	assert.False(t, r.locked.canvas.Hidden)
	assert.Contains(t, r.locked.note.text, "not the right one")
	r.pass.SetText("hunter2")
	r.open()
	w := p.oneWish()
	assert.Equal(t, account.Unlock, w.Verb)
	assert.Equal(t, "hunter2", w.Old.Reveal())
	assert.Empty(t, r.pass.Text, "it does not stay in the window")
	r.restorePass.SetText("secret")
	p.toggleAccount()
	assert.Empty(t, r.restorePass.Text)
}

func TestANoticeLeadsToTheAccount(t *testing.T) {
	p := inAccount(t)
	p.toggleAccount()
	s := inPhase(vpn.Failed)
	s.Reason = vpn.Reason{Code: vpn.NoBalance}
	p.status(s)
	require.True(t, p.notice.act.Visible())
	p.notice.act.press()
	assert.Equal(t, accountPageName, p.stack.at)
	s.Reason = vpn.Reason{Code: vpn.NoProposals}
	p.status(s)
	assert.False(t, p.notice.act.Visible())
}

func TestCountriesAreFoundByNameOrLetters(t *testing.T) {
	for text, want := range map[string]string{"Germany": "DE", " de ": "DE", "the moon": "", "": "", "zz": "", "united states": "US"} {
		got, ok := countryCodeOf(text)
		assert.Equal(t, want, got, text)
		assert.Equal(t, want != "", ok, text)
	}
}

func TestMoneyWithoutABackupIsARemindingNotice(t *testing.T) {
	p := inAccount(t)
	p.toggleAccount()
	s := funded()
	p.state(s)
	assert.False(t, p.notice.canvas.Visible())
	s.BackedUp = false
	p.state(s)
	require.True(t, p.notice.canvas.Visible())
	assert.Contains(t, p.notice.text.Text, "12.345678 MYST")
	require.True(t, p.notice.act.Visible())
	failed := inPhase(vpn.Failed)
	failed.Reason = vpn.Reason{Code: vpn.NoProposals}
	p.status(failed)
	assert.NotContains(t, p.notice.text.Text, "MYST", "what is new comes first")
	p.notice.dismiss()
	assert.Contains(t, p.notice.text.Text, "12.345678 MYST")
	p.notice.dismiss()
	assert.False(t, p.notice.canvas.Visible(), "read")
	p.state(funded())
	p.state(s)
	assert.False(t, p.notice.canvas.Visible(), "until the next start")
}

func TestWhatTheNodeLacksIsSaidInTheWindow(t *testing.T) {
	p := inAccount(t)
	p.toggleAccount()
	s := inPhase(vpn.Up)
	s.Node.Lack = vpn.Reason{Code: vpn.NodeCarries, A: "user namespaces are closed"}
	p.status(s)
	require.True(t, p.notice.canvas.Visible())
	assert.Contains(t, p.notice.text.Text, "user namespaces are closed")
	missing := inPhase(vpn.Failed)
	missing.Reason = vpn.Reason{Code: vpn.NodeMissing}
	p.status(missing)
	assert.Equal(t, "Look again", p.node.again.text)
	p.node.again.press()
	p.stage.wants(vpn.Command{Verb: vpn.RestartNode})
}

func TestAnotherIdentityIsUnlockedByItsPassphrase(t *testing.T) {
	p := inAccount(t)
	s := funded()
	other := "0x11110a5d1e8b7a6f5e4d3c2b1a09f8e7d6c5b4a3"
	s.Identities = append(s.Identities, other)
	p.state(s)
	p.wished.Take()
	r := p.pays.ident
	require.True(t, r.locked.canvas.Hidden)
	r.which.onPick(1)
	w := p.oneWish()
	assert.Equal(t, []any{account.Use, other}, []any{w.Verb, w.Identity})
	s.Problem = vpn.Reason{Code: vpn.WrongPassphrase}
	p.state(s)
	require.False(t, r.locked.canvas.Hidden, "it has one, and it is asked for")
	assert.Equal(t, "Locked: 0x1111…b4a3", r.locked.name.full)
	r.pass.SetText("hunter2")
	r.open()
	w = p.oneWish()
	assert.Equal(t, []any{account.Use, other, "hunter2"}, []any{w.Verb, w.Identity, w.Old.Reveal()})
	s.Problem, s.Identity = vpn.Reason{}, other
	p.state(s)
	assert.True(t, r.locked.canvas.Hidden)
}

// TestFailuresLookAsTheyDid: what can go wrong with the node and with who pays, as the window says it.
func TestFailuresLookAsTheyDid(t *testing.T) {
	p := inAccount(t)
	p.toggleAccount()
	for _, r := range []vpn.Reason{
		{Code: vpn.NodeMissing},
		{Code: vpn.NodeNotFound, A: "/opt/myst"},
		{Code: vpn.NodeNotOne, A: "/bin/true", B: "it does not tell its version"},
		{Code: vpn.NodeTooOld, A: "1.20.0", B: "1.29.2"},
		{Code: vpn.NodeNotUsed, A: "4050", B: "it belongs to another user"},
		{Code: vpn.NodePortTaken, A: "4050"},
		{Code: vpn.NodeDataLocked},
		{Code: vpn.WaitingForNetwork},
		{Code: vpn.NodeWentAway, A: "exit status 1"},
		{Code: vpn.NodeGaveUp, A: "exit status 1"},
		{Code: vpn.NotUnlocked},
		{Code: vpn.NotRegistered, A: someIdentity},
		{Code: vpn.Registering, A: someIdentity},
		{Code: vpn.NotRegisterable, A: someIdentity},
		{Code: vpn.RegistrationDark, A: someIdentity},
		{Code: vpn.NoBalance},
		{Code: vpn.OnHold},
		{Code: vpn.PriceChanged, A: someIdentity},
		{Code: vpn.ProviderFailed, A: someIdentity, B: "no answer"},
		{Code: vpn.ProviderSilent, A: "60"},
		{Code: vpn.TunnelStalled},
	} {
		s := inPhase(vpn.Failed)
		s.Network, s.Reason = vpn.Mysterium, r
		p.status(s)
		require.True(t, p.notice.canvas.Visible(), r.Code)
		test.AssertObjectRendersToMarkup(t, "failure-"+string(r.Code)+".xml", container.NewWithoutLayout(p.notice.canvas, p.node.canvas))
	}
}
