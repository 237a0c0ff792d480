package control

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/mysteriumvpn/desktop/internal/account"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// AccountDoc is who pays and with what, as --json prints it.
type AccountDoc struct {
	Network      vpn.Network  `json:"network"`
	Identity     *string      `json:"identity"` // null = there is none yet
	Identities   []string     `json:"identities"`
	Locked       bool         `json:"locked"`
	BackedUp     bool         `json:"backed_up"`
	Registration string       `json:"registration"`     // unknown, unregistered, pending, registered, failed
	Fee          *PriceDoc    `json:"registration_fee"` // null = registered, free or not known
	Balance      *PriceDoc    `json:"balance"`          // null = not known
	BalanceAt    *time.Time   `json:"balance_at"`
	Spent        PriceDoc     `json:"spent"`       // by the connection that is up
	SpentToday   PriceDoc     `json:"spent_today"` // by all of today's
	Gateways     []GatewayDoc `json:"gateways,omitempty"`
	Order        *OrderDoc    `json:"order"`  // null = none
	Reason       *ReasonDoc   `json:"reason"` // what cannot be known, or why the last wish was not met
}

// GatewayDoc is a way to pay.
type GatewayDoc struct {
	Name       string   `json:"name"`
	Minimum    string   `json:"minimum_usd,omitempty"`
	Currencies []string `json:"currencies"`
}

// OrderDoc is an order of MYST.
type OrderDoc struct {
	ID       string `json:"id"`
	Stage    string `json:"stage"` // waiting, paid, expired, failed
	Receives string `json:"receives_myst"`
	Pays     string `json:"pays"`
	Currency string `json:"currency"`
	Address  string `json:"address,omitempty"`
	URL      string `json:"url,omitempty"`
}

func accountDoc(s account.State) AccountDoc {
	d := AccountDoc{
		Network: s.Network, Identities: s.Identities, Locked: s.Locked, BackedUp: s.BackedUp, Registration: s.Registration.String(),
		BalanceAt: timeOrNil(s.BalanceAt), Spent: priceDoc(s.Spent), SpentToday: priceDoc(s.Today), Reason: reasonDoc(s.Problem),
	}
	if d.Identities == nil {
		d.Identities = []string{}
	}
	if s.Identity != "" {
		d.Identity = &s.Identity
	}
	if !s.Fee.IsZero() && !s.Free && s.Registration != account.Registered {
		m := priceDoc(s.Fee)
		d.Fee = &m
	}
	if !s.BalanceAt.IsZero() {
		m := priceDoc(s.Balance)
		d.Balance = &m
	}
	for _, g := range s.Gateways {
		d.Gateways = append(d.Gateways, GatewayDoc{Name: g.Name, Minimum: g.Least, Currencies: g.Currencies})
	}
	if o := s.Order; o.Stage != account.NoOrder {
		d.Order = &OrderDoc{ID: o.ID, Stage: o.Stage.String(), Receives: o.Receives, Pays: o.Pays, Currency: o.Currency, Address: o.Address, URL: o.URL}
	}
	return d
}

// AccountWish is what a command wants done with the account.
type AccountWish struct {
	Verb     string `json:"verb"`
	Identity string `json:"identity,omitempty"`
	Old      string `json:"passphrase,omitempty"`
	New      string `json:"new_passphrase,omitempty"`
	Keep     bool   `json:"keep,omitempty"` // the passphrase, in the desktop's keyring
	File     []byte `json:"file,omitempty"`
	Path     string `json:"path,omitempty"`
	Gateway  string `json:"gateway,omitempty"`
	USD      string `json:"usd,omitempty"`
	MYST     string `json:"myst,omitempty"`
	Currency string `json:"currency,omitempty"`
	Country  string `json:"country,omitempty"`
	State    string `json:"state,omitempty"`
}

// purse is the newest state of the account, for those who wait for another.
type purse struct {
	mu      sync.Mutex // guards what follows
	state   account.State
	changed chan struct{} // closed when it is replaced
}

func newPurse() *purse { return &purse{changed: make(chan struct{})} }

func (p *purse) set(s account.State) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state = s
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *purse) until(ctx context.Context, ok func(account.State) bool) (account.State, error) {
	for {
		p.mu.Lock()
		s, changed := p.state, p.changed
		p.mu.Unlock()
		if ok(s) {
			return s, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return s, context.Cause(ctx)
		}
	}
}

func (s *server) account(w http.ResponseWriter, r *http.Request) {
	if s.Account == nil {
		refuse(w, http.StatusNotFound, &Error{Code: "no_account", Text: "The running program keeps no account."})
		return
	}
	now, err := s.purse.until(r.Context(), func(account.State) bool { return true })
	if err == nil {
		answer(w, accountDoc(now))
	}
}

// wishTime bounds what is waited for on the account: a registration or an order is asked of services on the internet.
const wishTime = 2 * time.Minute

// wishOf reads a wish and gives it a number; false = nobody here could meet it.
func (s *server) wishOf(in AccountWish) (account.Wish, bool) {
	verb := account.VerbNamed(in.Verb)
	if s.Account == nil || s.Wishes == nil || verb == account.NoVerb {
		return account.Wish{}, false
	}
	return account.Wish{
		ID: vpn.NextCommand(), Verb: verb, Identity: in.Identity, Old: account.NewSecret(in.Old), New: account.NewSecret(in.New),
		Keep: in.Keep, File: in.File, Path: in.Path,
		Order: account.OrderWish{Gateway: in.Gateway, USD: in.USD, MYST: in.MYST, Currency: in.Currency, Country: in.Country, State: in.State},
	}, true
}

var unknownWish = &Error{Code: "bad_request", Text: "The running program does not know this wish."}

func (s *server) accountWish(w http.ResponseWriter, r *http.Request) {
	var in AccountWish
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		refuse(w, http.StatusBadRequest, &Error{Code: "bad_request", Text: "The wish cannot be read."})
		return
	}
	wish, ok := s.wishOf(in)
	if !ok {
		refuse(w, http.StatusBadRequest, unknownWish)
		return
	}
	s.Wishes.Send(wish)
	out := newStream(w)
	if out.out.Flush() != nil { // the headers: whoever waits knows that it was heard
		return
	}
	ctx, stop := context.WithTimeout(r.Context(), wishTime)
	defer stop()
	now, err := s.purse.until(ctx, func(s account.State) bool { return s.Done >= wish.ID })
	doc := accountDoc(now)
	switch {
	case r.Context().Err() != nil:
	case err != nil:
		_ = out.send(accountAnswer{Error: &Error{Code: "silent", Text: "The node has not answered yet. Look again with 'mysteriumvpn account'."}})
	case !now.Problem.Zero() && now.Problem.Code != vpn.AccountUnknown:
		_ = out.send(accountAnswer{Error: &Error{Code: string(now.Problem.Code), Text: now.Problem.Text()}})
	default:
		_ = out.send(accountAnswer{Account: &doc})
	}
}

// accountAnswer is one of the two.
type accountAnswer struct {
	Account *AccountDoc `json:"account,omitempty"`
	Error   *Error      `json:"error,omitempty"`
}

// ChangeAccount has a wish carried out, and gives what the account is then. An *Error says why it could not be.
func (c *Client) ChangeAccount(ctx context.Context, w AccountWish) (AccountDoc, error) {
	r, err := c.do(ctx, http.MethodPost, "/account", w)
	if err != nil {
		return AccountDoc{}, err
	}
	defer func() { _ = r.Close() }()
	var a accountAnswer
	if err := json.NewDecoder(r).Decode(&a); err != nil {
		return AccountDoc{}, ended(ctx, err)
	}
	switch {
	case a.Error != nil:
		return AccountDoc{}, a.Error
	case a.Account == nil:
		return AccountDoc{}, ErrEnded
	}
	return *a.Account, nil
}

// Account asks who pays and with what.
func (c *Client) Account(ctx context.Context) (AccountDoc, error) {
	var doc AccountDoc
	return doc, c.ask(ctx, "/account", &doc)
}
