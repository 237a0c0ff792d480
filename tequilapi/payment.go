package tequilapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// Gateway is a way to pay for MYST, such as a card or a coin.
type Gateway struct {
	Name       string       `json:"name"`
	Options    OrderOptions `json:"order_options"`
	Currencies []string     `json:"currencies"` // that one may pay with
}

// OrderOptions are the amounts that a gateway takes, in the currency that Gateways was asked about.
type OrderOptions struct {
	Minimum   json.Number   `json:"minimum"`
	Suggested []json.Number `json:"suggested"`
}

// Gateways lists the ways to pay, with amounts in a currency such as "USD"; "" is MYST. All errors of this file are
// ErrPayment.
func (c *Client) Gateways(ctx context.Context, currency string) ([]Gateway, error) {
	var q url.Values
	if currency != "" {
		q = url.Values{"options_currency": {currency}}
	}
	var g []Gateway
	err := c.do(ctx, call{method: http.MethodGet, path: "/v2/payment-order-gateways", query: q, out: &g, timeout: slowTimeout})
	return g, err
}

// OrderStatus is how far an order has got, in the gateway's word. Use Paid and Failed; gateways have more words than
// those below.
type OrderStatus string

// The words known today.
const (
	OrderInitial    OrderStatus = "initial"
	OrderNew        OrderStatus = "new"
	OrderPending    OrderStatus = "pending"
	OrderConfirming OrderStatus = "confirming" // the money is on its way
	OrderPaid       OrderStatus = "paid"
	OrderInvalid    OrderStatus = "invalid"
	OrderExpired    OrderStatus = "expired"
	OrderCanceled   OrderStatus = "canceled"
	OrderFailed     OrderStatus = "failed"
)

// Paid reports whether the money has been sent. The balance follows later, see RefreshBalance.
func (s OrderStatus) Paid() bool { return s == OrderConfirming || s == OrderPaid }

// Failed reports whether nothing will come of the order. One that is neither Paid nor Failed is still waited for.
func (s OrderStatus) Failed() bool {
	return s == OrderInvalid || s == OrderExpired || s == OrderCanceled || s == OrderFailed
}

// Order is an order of MYST. Amounts are decimal numbers in text, as the gateway wrote them.
type Order struct {
	ID             string      `json:"id"`
	Status         OrderStatus `json:"status"`
	Identity       string      `json:"identity"`
	ChainID        int64       `json:"chain_id"`
	ChannelAddress string      `json:"channel_address"`
	Gateway        string      `json:"gateway_name"`
	ReceiveMYST    string      `json:"receive_myst"` // see Receives
	PayAmount      string      `json:"pay_amount"`   // in PayCurrency
	PayCurrency    string      `json:"pay_currency"`
	Country        string      `json:"country"` // ISO 3166-1 alpha-2; decides the tax
	State          string      `json:"state"`
	Currency       string      `json:"currency"` // of what follows
	ItemsSubTotal  string      `json:"items_sub_total"`
	TaxRate        string      `json:"tax_rate"` // per cent
	TaxSubTotal    string      `json:"tax_sub_total"`
	OrderTotal     string      `json:"order_total"`

	GatewayData json.RawMessage `json:"public_gateway_data"` // see Payment
}

// Receives is how much MYST the order brings.
func (o Order) Receives() (Money, error) { return ParseMYST(o.ReceiveMYST) }

// Payment is what a gateway asks for. Which fields are set depends on the gateway.
type Payment struct {
	URL        string    `json:"payment_url"`     // a page to pay at
	Address    string    `json:"payment_address"` // a coin's address to pay to
	ExpiresAt  time.Time `json:"expire_at"`
	SecureForm string    `json:"secure_form"` // HTML of a form, for some cards
}

// Payment reads GatewayData.
func (o Order) Payment() (Payment, error) {
	var p Payment
	if len(o.GatewayData) == 0 {
		return p, errors.New("the order has no data of its gateway")
	}
	err := json.Unmarshal(o.GatewayData, &p)
	return p, err
}

// OrderRequest orders MYST, for an amount of MYST or for one of US dollars.
type OrderRequest struct {
	MYST        Money  // how much to get; or
	USD         string // how much to pay, a decimal number such as "10.00"
	PayCurrency string // one of the gateway's
	Country     string // ISO 3166-1 alpha-2, for the tax
	State       string // of the United States or Canada; else ""
	Project     string // what the money is for, such as "mysteriumvpn"
	Lightning   bool   // pay in bitcoin or litecoin over Lightning

	CallerData json.RawMessage // what else the gateway wants to know; replaces Lightning if not nil
}

type orderRequestJSON struct {
	MYST        string          `json:"myst_amount"`
	USD         string          `json:"amount_usd"`
	PayCurrency string          `json:"pay_currency"`
	Country     string          `json:"country"`
	State       string          `json:"state"`
	Project     string          `json:"project_id"`
	CallerData  json.RawMessage `json:"gateway_caller_data"`
}

type lightningJSON struct {
	Lightning bool `json:"lightning_network"`
}

// MarshalJSON writes the node's spelling.
func (r OrderRequest) MarshalJSON() ([]byte, error) {
	w := orderRequestJSON{"", r.USD, r.PayCurrency, r.Country, r.State, r.Project, r.CallerData}
	if !r.MYST.IsZero() {
		w.MYST = r.MYST.MYST()
	}
	if w.CallerData == nil {
		b, err := json.Marshal(lightningJSON{r.Lightning})
		if err != nil {
			return nil, err
		}
		w.CallerData = b
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads the node's spelling. CallerData is always set.
func (r *OrderRequest) UnmarshalJSON(b []byte) error {
	var w orderRequestJSON
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*r = OrderRequest{USD: w.USD, PayCurrency: w.PayCurrency, Country: w.Country, State: w.State, Project: w.Project, CallerData: w.CallerData}
	if w.MYST != "" {
		m, err := ParseMYST(w.MYST)
		if err != nil {
			return err
		}
		r.MYST = m
	}
	var l lightningJSON
	if json.Unmarshal(w.CallerData, &l) == nil {
		r.Lightning = l.Lightning
	}
	return nil
}

// CreateOrder orders MYST for an unlocked identity at a gateway, by its name. The order has to be paid then: see
// Order.Payment.
func (c *Client) CreateOrder(ctx context.Context, id, gateway string, r OrderRequest) (Order, error) {
	var o Order
	g, err := segment(gateway)
	if err != nil {
		return o, err
	}
	path, err := within(id, "/"+g+"/payment-order")
	if err != nil {
		return o, err
	}
	err = c.do(ctx, call{method: http.MethodPost, path: "/v2" + path, in: r, out: &o, timeout: slowTimeout})
	return o, err
}

// Orders lists an unlocked identity's orders.
func (c *Client) Orders(ctx context.Context, id string) ([]Order, error) {
	path, err := within(id, "/payment-order")
	if err != nil {
		return nil, err
	}
	var o []Order
	err = c.do(ctx, call{method: http.MethodGet, path: "/v2" + path, out: &o, timeout: slowTimeout})
	return o, err
}

// Order gets one order. The node tells nothing by itself: ask every few seconds until it is Paid or Failed.
func (c *Client) Order(ctx context.Context, id, order string) (Order, error) {
	var o Order
	s, err := segment(order)
	if err != nil {
		return o, err
	}
	path, err := within(id, "/payment-order/"+s)
	if err != nil {
		return o, err
	}
	err = c.do(ctx, call{method: http.MethodGet, path: "/v2" + path, out: &o, timeout: slowTimeout})
	return o, err
}

// RegistrationPaid asks whether an order has paid for the registration of an identity.
func (c *Client) RegistrationPaid(ctx context.Context, id string) (bool, error) {
	var w struct {
		Paid bool `json:"paid"`
	}
	path, err := within(id, "/registration-payment")
	if err != nil {
		return false, err
	}
	err = c.do(ctx, call{method: http.MethodGet, path: "/v2" + path, out: &w, timeout: slowTimeout})
	return w.Paid, err
}
