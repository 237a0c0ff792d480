package tequilapi

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
)

// Proposal is a provider's offer. A provider that offers several service types has a proposal for each: only provider
// and service type together are a key.
type Proposal struct {
	Format         string           `json:"format"`
	Compatibility  int              `json:"compatibility"`
	ProviderID     string           `json:"provider_id"`
	ServiceType    string           `json:"service_type"`
	Location       ProposalLocation `json:"location"`
	Price          Price            `json:"price"`
	AccessPolicies []AccessPolicy   `json:"access_policies,omitzero"`
	Quality        Quality          `json:"quality"`
}

// ProposalLocation says where a provider's traffic comes out.
type ProposalLocation struct {
	Continent string `json:"continent,omitempty"`
	Country   string `json:"country,omitempty"` // ISO 3166-1 alpha-2
	City      string `json:"city,omitempty"`
	ASN       int    `json:"asn"`
	ISP       string `json:"isp,omitempty"`
	IPType    string `json:"ip_type,omitempty"` // residential, hosting, …
}

// AccessPolicy names a list of consumers that a provider serves.
type AccessPolicy struct {
	ID     string `json:"id"`
	Source string `json:"source"`
}

// Quality is what the network measured of a provider. Zeros mean that nothing was.
type Quality struct {
	Quality   float64 `json:"quality"`   // 0 to 3
	Latency   float64 `json:"latency"`   // milliseconds
	Bandwidth float64 `json:"bandwidth"` // Mbit/s
	Uptime    float64 `json:"uptime"`    // hours of the last day
}

// Price is what a provider asks: both parts are owed.
type Price struct {
	Currency string
	PerHour  Money
	PerGiB   Money
}

type priceJSON struct {
	Currency      string `json:"currency"`
	PerHour       Money  `json:"per_hour"`
	PerHourTokens Tokens `json:"per_hour_tokens"`
	PerGiB        Money  `json:"per_gib"`
	PerGiBTokens  Tokens `json:"per_gib_tokens"`
}

// MarshalJSON writes the node's spelling, with each amount twice.
func (p Price) MarshalJSON() ([]byte, error) {
	return json.Marshal(priceJSON{p.Currency, p.PerHour, Tokens{p.PerHour}, p.PerGiB, Tokens{p.PerGiB}})
}

// UnmarshalJSON reads the node's spelling.
func (p *Price) UnmarshalJSON(b []byte) error {
	var w priceJSON
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*p = Price{w.Currency, w.PerHour, w.PerGiB}
	return nil
}

// ProposalQuery narrows a list of proposals. Fields that are zero ask for nothing.
type ProposalQuery struct {
	ProviderID              string
	ServiceType             string
	LocationCountry         string // ISO 3166-1 alpha-2
	IPType                  string
	AccessPolicy            string // "all" = with any or none; otherwise the node lists only those without
	AccessPolicySource      string
	CompatibilityMin        int // the node itself asks for 2 if this is 0
	CompatibilityMax        int
	QualityMin              float64
	NATCompatibility        string // "auto" = the node finds out, which takes seconds
	IncludeMonitoringFailed bool
	PresetID                int
}

// Values is the query as it travels.
func (q ProposalQuery) Values() url.Values {
	v := url.Values{}
	text := func(k, s string) {
		if s != "" {
			v.Set(k, s)
		}
	}
	number := func(k string, n int) {
		if n != 0 {
			v.Set(k, strconv.Itoa(n))
		}
	}
	text("provider_id", q.ProviderID)
	text("service_type", q.ServiceType)
	text("location_country", q.LocationCountry)
	text("ip_type", q.IPType)
	text("access_policy", q.AccessPolicy)
	text("access_policy_source", q.AccessPolicySource)
	number("compatibility_min", q.CompatibilityMin)
	number("compatibility_max", q.CompatibilityMax)
	if q.QualityMin != 0 {
		v.Set("quality_min", strconv.FormatFloat(q.QualityMin, 'f', -1, 64))
	}
	text("nat_compatibility", q.NATCompatibility)
	if q.IncludeMonitoringFailed {
		v.Set("include_monitoring_failed", "true")
	}
	number("preset_id", q.PresetID)
	return v
}

// Service types known today. A provider for everybody mostly offers ServiceWireGuard and ServiceDVPN.
const (
	ServiceWireGuard    = "wireguard"
	ServiceDVPN         = "dvpn"
	ServiceDataTransfer = "data_transfer"
	ServiceScraping     = "scraping"
	ServiceQUICScraping = "quic_scraping"
	ServiceMonitoring   = "monitoring"
	ServiceOpenVPN      = "openvpn"
	ServiceNoop         = "noop" // for tests: carries nothing
)

// Proposals lists what is on offer, or fails with ErrProposalsQuery. The network narrows the list by country, quality
// and NAT, not the node, which costs no more than asking for everything.
func (c *Client) Proposals(ctx context.Context, q ProposalQuery) ([]Proposal, error) {
	var w struct {
		Proposals []Proposal `json:"proposals"`
	}
	err := c.do(ctx, call{method: http.MethodGet, path: "/proposals", query: q.Values(), out: &w})
	return w.Proposals, err
}

// ProposalCountries counts what is on offer by country code.
func (c *Client) ProposalCountries(ctx context.Context, q ProposalQuery) (map[string]int, error) {
	var w map[string]int
	err := c.do(ctx, call{method: http.MethodGet, path: "/proposals/countries", query: q.Values(), out: &w})
	return w, err
}

// FilterPreset is a named query that the node keeps; use its ID as ProposalQuery.PresetID.
type FilterPreset struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

// FilterPresets lists the node's named queries.
func (c *Client) FilterPresets(ctx context.Context) ([]FilterPreset, error) {
	var w struct {
		Items []FilterPreset `json:"items"`
	}
	err := c.do(ctx, call{method: http.MethodGet, path: "/proposals/filter-presets", out: &w})
	return w.Items, err
}

// AccessList is a list of consumers, by which a provider may choose whom it serves; see Proposal.AccessPolicies.
type AccessList struct {
	ID          string       `json:"id"`
	Title       string       `json:"title"`
	Description string       `json:"description"`
	Allow       []AccessRule `json:"allow"`
}

// AccessRule lets some consumers, or some traffic, in.
type AccessRule struct {
	Type  string `json:"type"` // "identity", "dns_hostname", …
	Value string `json:"value"`
}

// AccessLists gets the lists that the network knows.
func (c *Client) AccessLists(ctx context.Context) ([]AccessList, error) {
	var w struct {
		Entries []AccessList `json:"entries"`
	}
	err := c.do(ctx, call{method: http.MethodGet, path: "/access-policies", out: &w})
	return w.Entries, err
}
