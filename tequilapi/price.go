package tequilapi

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"time"
)

// CurrentPrice is what a service type costs by the network's list, in MYST: both parts are owed.
type CurrentPrice struct {
	ServiceType string
	PerHour     Money
	PerGiB      Money
}

type currentPriceJSON struct {
	ServiceType   string `json:"service_type"`
	PerHour       Money  `json:"price_per_hour"`
	PerHourTokens Tokens `json:"price_per_hour_tokens"`
	PerGiB        Money  `json:"price_per_gib"`
	PerGiBTokens  Tokens `json:"price_per_gib_tokens"`
}

// MarshalJSON writes the node's spelling, with each amount twice.
func (p CurrentPrice) MarshalJSON() ([]byte, error) {
	return json.Marshal(currentPriceJSON{p.ServiceType, p.PerHour, Tokens{p.PerHour}, p.PerGiB, Tokens{p.PerGiB}})
}

// UnmarshalJSON reads the node's spelling.
func (p *CurrentPrice) UnmarshalJSON(b []byte) error {
	var w currentPriceJSON
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*p = CurrentPrice{w.ServiceType, w.PerHour, w.PerGiB}
	return nil
}

// CurrentPrice gets the price of one service type; "" is that of wireguard. A type the node does not know, and a price
// list that it could not get, are ErrPrices.
func (c *Client) CurrentPrice(ctx context.Context, serviceType string) (CurrentPrice, error) {
	var q url.Values
	if serviceType != "" {
		q = url.Values{"service_type": {serviceType}}
	}
	var p CurrentPrice
	err := c.do(ctx, call{method: http.MethodGet, path: "/prices/current", query: q, out: &p})
	return p, err
}

// CurrentPrices gets the prices of all service types.
func (c *Client) CurrentPrices(ctx context.Context) ([]CurrentPrice, error) {
	var p []CurrentPrice
	err := c.do(ctx, call{method: http.MethodGet, path: "/v2/prices/current", out: &p})
	return p, err
}

// ExchangeRate is what one MYST costs in another currency.
type ExchangeRate struct {
	Amount   json.Number `json:"amount"` // as the node wrote it: a price, not money that anybody owns
	Currency string      `json:"currency"`
}

// ExchangeRate gets the price of one MYST in a currency such as "USD". One that the node does not know is ErrNotFound.
func (c *Client) ExchangeRate(ctx context.Context, currency string) (ExchangeRate, error) {
	s, err := segment(currency)
	if err != nil {
		return ExchangeRate{}, err
	}
	var r ExchangeRate
	err = c.do(ctx, call{method: http.MethodGet, path: "/exchange/myst/" + s, out: &r})
	return r, err
}

// Estimate is for how long an amount of MYST would last, for each use alone.
type Estimate struct {
	Video, Music, Browsing time.Duration
	Traffic                uint64      // bytes
	PricePerGiB            json.Number // in MYST, a decimal number
	PricePerMinute         json.Number // in MYST, a decimal number
}

type estimateJSON struct {
	Video    uint64      `json:"video_minutes"`
	Music    uint64      `json:"music_minutes"`
	Browsing uint64      `json:"browsing_minutes"`
	Traffic  uint64      `json:"traffic_mb"` // of a million bytes each
	GiB      json.Number `json:"price_gib"`
	Minute   json.Number `json:"price_min"`
}

// MarshalJSON writes the node's spelling.
func (e Estimate) MarshalJSON() ([]byte, error) {
	whole := func(d time.Duration) uint64 { return uint64(max(0, d) / time.Minute) }
	return json.Marshal(estimateJSON{whole(e.Video), whole(e.Music), whole(e.Browsing), e.Traffic / 1e6, e.PricePerGiB, e.PricePerMinute})
}

// UnmarshalJSON reads the node's spelling.
func (e *Estimate) UnmarshalJSON(b []byte) error {
	var w estimateJSON
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	minutes := func(n uint64) time.Duration {
		return time.Duration(min(n, uint64(math.MaxInt64/time.Minute))) * time.Minute
	}
	*e = Estimate{minutes(w.Video), minutes(w.Music), minutes(w.Browsing), min(w.Traffic, math.MaxUint64/uint64(1e6)) * 1e6, w.GiB, w.Minute}
	return nil
}

// Estimate asks the node for how long an amount would last at today's prices.
func (c *Client) Estimate(ctx context.Context, amount Money) (Estimate, error) {
	var e Estimate
	err := c.do(ctx, call{method: http.MethodGet, path: "/entertainment", query: url.Values{"amount": {amount.MYST()}}, out: &e})
	return e, err
}
