package tequilatest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mysteriumvpn/desktop/tequilapi"
)

const needsUnlocking = "authentication needed: password or unlock"

// SetOrderStatus tells how an order goes on: paid, expired, or in whatever word. The balance is SetBalance's. It panics
// if there is no such order.
func (n *Node) SetOrderStatus(order string, s tequilapi.OrderStatus) {
	n.change(func() {
		i := slices.IndexFunc(n.orders, func(o tequilapi.Order) bool { return o.ID == order })
		if i < 0 {
			panic("tequilatest: no order " + order)
		}
		n.orders[i].Status = s
	})
}

// Orders lists all orders, oldest first. Their ids are order-1, order-2, …
func (n *Node) Orders() []tequilapi.Order {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.orders)
}

func (n *Node) register(w http.ResponseWriter, r *http.Request) {
	var in tequilapi.RegisterRequest
	if !read(w, r, &in) {
		return
	}
	id := r.PathValue("id")
	no := func(why string) {
		refuse(w, r, tequilapi.Error{Status: http.StatusInternalServerError, Code: "err_transactor_registration", Message: "Failed to register identity: " + why})
	}
	n.mu.Lock()
	i, f := n.identityLocked(id), n.onRegister
	var unlocked bool
	var status tequilapi.RegistrationStatus
	if i != nil {
		unlocked, status = i.unlocked, i.Registration
	}
	n.mu.Unlock()
	switch {
	case status == tequilapi.Registered:
		return // 200: nothing to do
	case status == tequilapi.RegistrationPending:
		refuse(w, r, tequilapi.Error{Status: http.StatusUnprocessableEntity, Code: "err_id_registration_in_progress", Message: "Identity registration in progress"})
		return
	case !unlocked:
		no("failed to fill in identity request: failed to sign identity registration request: failed to sign a registration request: " + needsUnlocking)
		return
	}
	if f != nil {
		if err := f(id); err != nil {
			if own, ok := errors.AsType[*tequilapi.Error](err); ok {
				refuse(w, r, *own)
			} else {
				no(err.Error())
			}
			return
		}
	}
	n.change(func() { i.Registration = tequilapi.RegistrationPending })
	w.WriteHeader(http.StatusAccepted)
}

func (n *Node) createOrder(w http.ResponseWriter, r *http.Request) {
	var in tequilapi.OrderRequest
	if !read(w, r, &in) {
		return
	}
	no := func(why string) {
		refuse(w, r, tequilapi.Error{Status: http.StatusInternalServerError, Code: "err_payment_create", Message: "Failed to create payment order: " + why})
	}
	gateway := r.PathValue("gateway")
	n.mu.Lock()
	defer n.mu.Unlock()
	i := n.identityLocked(r.PathValue("id"))
	if i == nil || !i.unlocked {
		no(needsUnlocking)
		return
	}
	if !slices.ContainsFunc(n.gateways, func(g tequilapi.Gateway) bool {
		return g.Name == gateway && slices.Contains(g.Currencies, in.PayCurrency)
	}) {
		no("no such gateway or currency")
		return
	}
	rate, ok := new(big.Rat).SetString(string(n.rates["USD"]))
	if !ok || rate.Sign() <= 0 {
		panic("tequilatest: payment needs an exchange rate of USD")
	}
	usd, myst := new(big.Rat), in.MYST
	if in.USD == "" {
		usd.SetFrac(myst.Big(), tequilapi.Wei(1e18).Big()).Mul(usd, rate)
	} else {
		if _, ok := usd.SetString(in.USD); !ok || usd.Sign() <= 0 {
			no("invalid amount")
			return
		}
		m, err := tequilapi.ParseMYST(new(big.Rat).Quo(usd, rate).FloatString(6))
		if err != nil {
			no("invalid amount")
			return
		}
		myst = m
	}
	total := usd.FloatString(2)
	data, err := json.Marshal(map[string]string{
		"payment_url": "https://pay.invalid/1", "payment_address": "fake", "expire_at": time.Now().UTC().Add(time.Hour).Format(time.RFC3339),
	})
	if err != nil {
		panic(err)
	}
	o := tequilapi.Order{
		ID: fmt.Sprintf("order-%d", len(n.orders)+1), Status: tequilapi.OrderNew, Identity: i.ID, ChainID: 137, Gateway: gateway,
		ReceiveMYST: myst.MYST(), PayAmount: total, PayCurrency: in.PayCurrency, Country: in.Country, State: in.State,
		Currency: "USD", ItemsSubTotal: total, TaxRate: "0", TaxSubTotal: "0", OrderTotal: total, GatewayData: data,
	}
	n.changeLocked(func() { n.orders = append(n.orders, o) })
	answer(w, http.StatusOK, o)
}

// ordersLocked are an identity's, or false if that is locked, in which case the request was refused.
func (n *Node) ordersLocked(w http.ResponseWriter, r *http.Request, code, text string) ([]tequilapi.Order, bool) {
	i := n.identityLocked(r.PathValue("id"))
	if i == nil || !i.unlocked {
		refuse(w, r, tequilapi.Error{Status: http.StatusInternalServerError, Code: code, Message: text + ": " + needsUnlocking})
		return nil, false
	}
	out := []tequilapi.Order{}
	for _, o := range n.orders {
		if o.Identity == i.ID {
			out = append(out, o)
		}
	}
	return out, true
}

func (n *Node) listOrders(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if all, ok := n.ordersLocked(w, r, "err_payment_list", "Failed to list orders"); ok {
		answer(w, http.StatusOK, all)
	}
}

func (n *Node) getOrder(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	all, ok := n.ordersLocked(w, r, "err_payment_get", "Failed to get payment order")
	if !ok {
		return
	}
	for _, o := range all {
		if o.ID == r.PathValue("order") {
			answer(w, http.StatusOK, o)
			return
		}
	}
	refuse(w, r, tequilapi.Error{Status: http.StatusInternalServerError, Code: "err_payment_get", Message: `Failed to get payment order: {"error":"not found"}`})
}

func (n *Node) registrationPaid(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	paid := slices.ContainsFunc(n.orders, func(o tequilapi.Order) bool { return o.Identity == r.PathValue("id") && o.Status.Paid() })
	answer(w, http.StatusOK, map[string]bool{"paid": paid}) // also while the identity is locked
}

// prices are the real network's of the day that the recordings were made.
func prices() []tequilapi.CurrentPrice {
	var out []tequilapi.CurrentPrice
	for _, s := range []string{
		tequilapi.ServiceWireGuard, tequilapi.ServiceScraping, tequilapi.ServiceQUICScraping,
		tequilapi.ServiceDataTransfer, tequilapi.ServiceDVPN, tequilapi.ServiceMonitoring,
	} {
		out = append(out, tequilapi.CurrentPrice{ServiceType: s, PerHour: tequilapi.Wei(6e13), PerGiB: tequilapi.Wei(1e17)})
	}
	return out
}

func (n *Node) currentPrice(w http.ResponseWriter, r *http.Request) {
	want := r.URL.Query().Get("service_type")
	if want == "" {
		want = tequilapi.ServiceWireGuard
	}
	for _, p := range prices() {
		if p.ServiceType == want {
			answer(w, http.StatusOK, p)
			return
		}
	}
	refuse(w, r, tequilapi.Error{Status: http.StatusBadRequest, Code: "err_proposals_service_type", Message: "Invalid service type"})
}

func (n *Node) exchange(w http.ResponseWriter, r *http.Request) {
	currency := strings.ToUpper(r.PathValue("currency"))
	n.mu.Lock()
	defer n.mu.Unlock()
	amount, ok := n.rates[currency]
	if !ok {
		refuse(w, r, tequilapi.Error{Status: http.StatusNotFound, Code: "not_found", Message: "Currency is not supported"})
		return
	}
	answer(w, http.StatusOK, tequilapi.ExchangeRate{Amount: amount, Currency: currency})
}

func (n *Node) estimate(w http.ResponseWriter, r *http.Request) {
	m, err := tequilapi.ParseMYST(r.URL.Query().Get("amount"))
	if err != nil {
		invalid(w, r, "amount", "Failed to parse amount (not a valid decimal)")
		return
	}
	gib := new(big.Int).Quo(m.Big(), tequilapi.Wei(1e17).Big()) // whole ones, at 0.1 MYST
	if !gib.IsInt64() || gib.Int64() > 1e9 {
		panic("tequilatest: an amount that nobody has")
	}
	hours := time.Duration(gib.Int64()) * time.Hour
	answer(w, http.StatusOK, tequilapi.Estimate{
		Video: min(hours, 1e6*time.Hour), Music: min(10*hours, 1e6*time.Hour), Browsing: min(12*hours, 1e6*time.Hour),
		Traffic: gib.Uint64() * 1074e6, PricePerGiB: "0.1", PricePerMinute: "0.000001",
	})
}
