package account

import (
	"slices"
	"time"

	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// Money is an amount of MYST, for those who only show it.
type Money = tequilapi.Money

// State is all that is known of the account. The zero State claims nothing. It is frozen once sent.
type State struct {
	Network    vpn.Network
	Ready      bool     // a node runs and has answered; what follows is as it said last
	Identities []string // all that the node has
	Identity   string   // the one in use; "" = there is none yet
	Locked     bool     // it needs its passphrase
	BackedUp   bool     // a copy was saved with this program

	Registration Registration
	Free         bool  // registering costs nothing
	Fee          Money // what it costs else; zero = not known

	Balance   Money
	BalanceAt time.Time // when the node said so; zero = not known
	Spent     Money     // by the connection that is up
	Today     Money     // by all of today's
	LimitRun  Money     // how much one connection may cost; zero = any
	LimitDay  Money     // likewise, all of one day

	Gateways []Gateway // ways to pay; nil = not asked yet
	Order    Order     // the newest one; zero = none

	Doing   Verb       // what is being carried out; NoVerb = nothing
	Done    uint64     // ID of the newest wish that was carried out, or could not be
	Problem vpn.Reason // why the last wish was not met, or what cannot be known; zero = nothing to explain
}

// same compares states, so that repeats vanish on the bus.
func same(a, b State) bool {
	x, y := a, b
	x.Identities, x.Gateways, y.Identities, y.Gateways = nil, nil, nil, nil
	return x.plain() == y.plain() && slices.Equal(a.Identities, b.Identities) && slices.EqualFunc(a.Gateways, b.Gateways, sameGateway)
}

// plain is the part of a State that == compares.
type plain struct {
	network                     vpn.Network
	ready, locked, backed, free bool
	identity                    string
	registration                Registration
	fee, balance, spent, today  Money
	limitRun, limitDay          Money
	at                          time.Time
	order                       Order
	doing                       Verb
	done                        uint64
	problem                     vpn.Reason
}

func (s State) plain() plain {
	return plain{
		s.Network, s.Ready, s.Locked, s.BackedUp, s.Free, s.Identity, s.Registration,
		s.Fee, s.Balance, s.Spent, s.Today, s.LimitRun, s.LimitDay, s.BalanceAt, s.Order, s.Doing, s.Done, s.Problem,
	}
}

// Registration says whether an identity may be used to connect.
type Registration uint8

// The registrations. The node's own zero is Registered; here it is that nothing is known.
const (
	UnknownRegistration Registration = iota
	Unregistered
	Pending // under way, for up to 20 minutes; the node connects already
	Registered
	Failed
)

var registrationNames = [...]string{"unknown", "unregistered", "pending", "registered", "failed"}

// String is the registration in a word, lower case.
func (r Registration) String() string {
	if int(r) < len(registrationNames) {
		return registrationNames[r]
	}
	return registrationNames[UnknownRegistration]
}

var registrations = map[tequilapi.RegistrationStatus]Registration{
	tequilapi.Unregistered:        Unregistered,
	tequilapi.RegistrationPending: Pending,
	tequilapi.Registered:          Registered,
	tequilapi.RegistrationFailed:  Failed,
}

// Gateway is a way to pay for MYST.
type Gateway struct {
	Name       string
	Least      string   // the smallest amount in US dollars, a decimal number; "" = not said
	Suggested  []string // likewise
	Currencies []string // that one may pay with
}

func sameGateway(a, b Gateway) bool {
	return a.Name == b.Name && a.Least == b.Least && slices.Equal(a.Suggested, b.Suggested) && slices.Equal(a.Currencies, b.Currencies)
}

// Order is an order of MYST. Amounts are decimal numbers, as the gateway wrote them.
type Order struct {
	ID       string
	Gateway  string
	Stage    Stage
	Receives string // MYST
	Pays     string // in Currency
	Currency string
	Total    string // with tax, in TotalIn
	Tax      string
	TotalIn  string
	Address  string    // to pay to; "" = there is a page instead
	URL      string    // of a page to pay at; "" = there is an address instead
	Expires  time.Time // zero = not said
}

// Stage is how far an order has got.
type Stage uint8

// The stages.
const (
	NoOrder Stage = iota
	Waiting       // for the payment
	Paid          // the balance follows
	Expired
	Refused // by the gateway, or taken back
)

var stageNames = [...]string{"", "waiting", "paid", "expired", "failed"}

// String is the stage in a word, lower case.
func (s Stage) String() string {
	if int(s) < len(stageNames) {
		return stageNames[s]
	}
	return ""
}

func (o Order) waits() bool { return o.Stage == Waiting }

// Lasts is for how many whole hours, and for how many whole GiB, a balance is enough at a price. -1 = without end, or
// the price is not known.
func Lasts(balance, perHour, perGiB Money) (hours, gib int) {
	return times(balance, perHour), times(balance, perGiB)
}

func times(m, price Money) int {
	if price.IsZero() {
		return -1
	}
	n := m.Big()
	n.Quo(n, price.Big())
	const most = 1_000_000
	if !n.IsInt64() || n.Int64() > most {
		return most
	}
	return int(n.Int64())
}

// Low reports whether a balance is too small for an hour and a GiB at a price.
func Low(balance, perHour, perGiB Money) bool {
	sum, err := tequilapi.MoneyFromBig(perHour.Big().Add(perHour.Big(), perGiB.Big()))
	return err == nil && balance.Cmp(sum) < 0
}

// Amount reads what settings have as an amount in wei; zero = none, or not one.
func Amount(wei string) Money {
	m, err := tequilapi.ParseWei(wei)
	if wei == "" || err != nil {
		return Money{}
	}
	return m
}
