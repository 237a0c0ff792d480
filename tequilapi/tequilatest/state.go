package tequilatest

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mysteriumvpn/desktop/tequilapi"
)

// AddIdentity puts a registered identity into the keystore, locked, with money that shows once it is unlocked.
func (n *Node) AddIdentity(id, passphrase string, balance tequilapi.Money) {
	n.change(func() {
		if n.identityLocked(id) != nil {
			panic("tequilatest: there is an identity " + id)
		}
		n.ids = append(n.ids, &identity{
			Identity:   tequilapi.Identity{ID: id, Registration: tequilapi.Registered, HermesID: HermesID},
			passphrase: passphrase, balance: balance,
		})
	})
}

// SetRegistration changes an identity's registration, and so tells how one goes on that Register began. It panics if
// there is no such identity.
func (n *Node) SetRegistration(id string, s tequilapi.RegistrationStatus) {
	n.change(func() { n.mustLocked(id).Registration = s })
}

// SetBalance changes an identity's money; the streams tell it. It panics if there is no such identity.
func (n *Node) SetBalance(id string, m tequilapi.Money) {
	n.change(func() { n.mustLocked(id).balance = m })
}

// OnRegister sets what happens when an identity is to be registered. If f returns nil, or is nil, the identity is
// RegistrationPending until SetRegistration. An error becomes the real node's 500 err_transactor_registration, unless it
// is a *tequilapi.Error, which is sent as it is.
func (n *Node) OnRegister(f func(id string) error) { n.change(func() { n.onRegister = f }) }

// SetFreeRegistration sets whether identities are registered for nothing.
func (n *Node) SetFreeRegistration(free bool) { n.change(func() { n.free = free }) }

// SetRegistrationFee sets what registration costs; the settlement's fee is the same.
func (n *Node) SetRegistrationFee(fee tequilapi.Money) {
	n.change(func() { n.fees = feesOf(fee, time.Now()) })
}

func feesOf(fee tequilapi.Money, now time.Time) tequilapi.Fees {
	t := tequilapi.Tokens{Money: fee}
	s := tequilapi.FeeSet{Registration: t, Settlement: t, ValidUntil: now.UTC().Add(time.Hour)}
	return tequilapi.Fees{Current: s, Last: s, HermesPercent: "0.2000"}
}

// SetProposals replaces what is on offer.
func (n *Node) SetProposals(p ...tequilapi.Proposal) {
	n.change(func() { n.proposals = slices.Clone(p) })
}

// SetHealth replaces what the healthcheck says, but for the uptime.
func (n *Node) SetHealth(h tequilapi.Health) { n.change(func() { n.health = h }) }

// SetLatestRelease replaces the newest release that the node knows of; "" = it cannot find out.
func (n *Node) SetLatestRelease(version string) { n.change(func() { n.latest = version }) }

// SetNAT replaces the type of NAT; the zero value = it cannot find out.
func (n *Node) SetNAT(t tequilapi.NAT) { n.change(func() { n.nat = t }) }

// SetLocation replaces where the world sees us.
func (n *Node) SetLocation(l tequilapi.Location) { n.change(func() { n.location = l }) }

// SetExchangeRate replaces the price of one MYST in a currency such as "USD"; "" = the node does not know it.
func (n *Node) SetExchangeRate(currency string, amount json.Number) {
	n.change(func() {
		n.rates[strings.ToUpper(currency)] = amount
		if amount == "" {
			delete(n.rates, strings.ToUpper(currency))
		}
	})
}

// SetGateways replaces the ways to pay.
func (n *Node) SetGateways(g ...tequilapi.Gateway) {
	n.change(func() { n.gateways = slices.Clone(g) })
}

// SetStatus changes the connection's state unasked, as a node does whose provider went away.
func (n *Node) SetStatus(s tequilapi.ConnectionStatus) { n.change(func() { n.statusLocked(s) }) }

// statusLocked changes the state; a session ends with its connection.
func (n *Node) statusLocked(s tequilapi.ConnectionStatus) {
	n.conn.Status = s
	if s == tequilapi.NotConnected {
		n.endSessionLocked()
		n.conn.Statistics = nil
	}
}

// SetStatistics changes the connection's counters.
func (n *Node) SetStatistics(s tequilapi.Statistics) { n.change(func() { n.conn.Statistics = &s }) }

// OnConnect sets what happens while the node is Connecting: it is connected when f returns nil. The context ends when
// the attempt is cancelled. An error becomes the real node's 500 err_connect, unless it is a *tequilapi.Error, which
// is sent as it is. nil means: connected at once.
func (n *Node) OnConnect(f func(context.Context, tequilapi.ConnectRequest) error) {
	n.change(func() { n.onConnect = f })
}

// ProviderGone takes a provider's proposals away. If the node is connected to it, it is OnHold then, if its user has
// set keep-connected-on-fail, and else NotConnected. The real node needs half a minute for that. It panics if there is no
// such provider.
func (n *Node) ProviderGone(provider string) {
	n.change(func() {
		n.offersOfLocked(provider)
		n.proposals = slices.DeleteFunc(n.proposals, func(p tequilapi.Proposal) bool { return p.ProviderID == provider })
		if !n.connectedLocked(provider) {
			return
		}
		if keep, _ := n.config["keep-connected-on-fail"].(bool); keep {
			n.statusLocked(tequilapi.OnHold)
		} else {
			n.statusLocked(tequilapi.NotConnected)
		}
	})
}

// SetPrice changes what a provider asks. If the node is connected to it and a part of the price has dropped by a tenth
// or more, it disconnects without a word, as the real node does within five minutes. It panics if there is no such
// provider.
func (n *Node) SetPrice(provider string, price tequilapi.Price) {
	n.change(func() {
		for _, p := range n.offersOfLocked(provider) {
			p.Price = price
		}
		if !n.connectedLocked(provider) {
			return
		}
		paid := n.conn.Proposal.Price
		if dropped(paid.PerHour, price.PerHour) || dropped(paid.PerGiB, price.PerGiB) {
			n.statusLocked(tequilapi.NotConnected)
		}
	})
}

func dropped(from, to tequilapi.Money) bool {
	a, b := from.Big(), to.Big()
	nine, ten := tequilapi.Wei(9).Big(), tequilapi.Wei(10).Big()
	return a.Sign() > 0 && b.Mul(b, ten).Cmp(a.Mul(a, nine)) <= 0
}

// offersOfLocked are a provider's proposals, or a panic.
func (n *Node) offersOfLocked(provider string) []*tequilapi.Proposal {
	var out []*tequilapi.Proposal
	for i := range n.proposals {
		if n.proposals[i].ProviderID == provider {
			out = append(out, &n.proposals[i])
		}
	}
	if out == nil {
		panic("tequilatest: no provider " + provider)
	}
	return out
}

func (n *Node) connectedLocked(provider string) bool {
	return n.conn.Status == tequilapi.Connected && n.conn.Proposal.ProviderID == provider
}

// Config is the user's configuration as the node has it.
func (n *Node) Config() map[string]any {
	n.mu.Lock()
	defer n.mu.Unlock()
	return maps.Clone(n.config)
}
