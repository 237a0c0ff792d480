package account

import (
	"context"

	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// lookUp asks for the ways to pay.
func (k *Keeper) lookUp(ctx context.Context) vpn.Reason {
	list, err := within(ctx, func(ctx context.Context) ([]tequilapi.Gateway, error) { return k.api.Gateways(ctx, "USD") })
	if err != nil {
		return vpn.Reason{Code: vpn.PaymentRefused, A: said(err)}
	}
	all := make([]Gateway, 0, len(list))
	for _, g := range list {
		x := Gateway{Name: g.Name, Least: g.Options.Minimum.String(), Currencies: g.Currencies}
		for _, s := range g.Options.Suggested {
			x.Suggested = append(x.Suggested, s.String())
		}
		all = append(all, x)
	}
	k.state.Gateways = all
	return vpn.Reason{}
}

// buy orders MYST. The order has to be paid then.
func (k *Keeper) buy(ctx context.Context, w OrderWish) vpn.Reason {
	r := tequilapi.OrderRequest{USD: w.USD, PayCurrency: w.Currency, Country: w.Country, State: w.State, Project: "mysteriumvpn"}
	if w.MYST != "" {
		m, err := tequilapi.ParseMYST(w.MYST)
		if err != nil || m.IsZero() {
			return vpn.Reason{Code: vpn.NoAmount, A: w.MYST}
		}
		r.MYST = m
	} else if m, err := tequilapi.ParseMYST(w.USD); err != nil || m.Cmp(Money{}) <= 0 { // a decimal number is one in any currency
		return vpn.Reason{Code: vpn.NoAmount, A: w.USD}
	}
	o, err := within(ctx, func(ctx context.Context) (tequilapi.Order, error) {
		return k.api.CreateOrder(ctx, k.state.Identity, w.Gateway, r)
	})
	if err != nil {
		return vpn.Reason{Code: vpn.PaymentRefused, A: said(err)}
	}
	k.state.Order = k.orderOf(o)
	return vpn.Reason{}
}

func (k *Keeper) orderOf(o tequilapi.Order) Order {
	x := Order{
		ID: o.ID, Gateway: o.Gateway, Receives: o.ReceiveMYST, Pays: o.PayAmount, Currency: o.PayCurrency,
		Total: o.OrderTotal, Tax: o.TaxSubTotal, TotalIn: o.Currency, Stage: Waiting,
	}
	if p, err := o.Payment(); err == nil {
		x.Address, x.URL, x.Expires = p.Address, p.URL, p.ExpiresAt
	}
	switch {
	case o.Status.Paid():
		x.Stage = Paid
	case o.Status == tequilapi.OrderExpired:
		x.Stage = Expired
	case o.Status.Failed():
		x.Stage = Refused
	case !x.Expires.IsZero() && k.o.Now().After(x.Expires):
		x.Stage = Expired
	}
	return x
}
