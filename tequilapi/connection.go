package tequilapi

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
)

// ConnectionStatus is the node's word for how far a connection has got. The zero value says that nothing is known;
// words added by later nodes are kept as they are.
type ConnectionStatus string

// The words known today.
const (
	NotConnected  ConnectionStatus = "NotConnected"
	Connecting    ConnectionStatus = "Connecting"
	Connected     ConnectionStatus = "Connected"
	Disconnecting ConnectionStatus = "Disconnecting"
	Reconnecting  ConnectionStatus = "Reconnecting"
	OnHold        ConnectionStatus = "OnHold"   // the tunnel is kept, nothing passes, until Disconnect
	Canceled      ConnectionStatus = "Canceled" // for a moment only
	StatusUnknown ConnectionStatus = "Unknown"
)

// Connection is one connection. After it has ended the node goes on to name its proposal and session.
type Connection struct {
	Status     ConnectionStatus `json:"status"`
	ConsumerID string           `json:"consumer_id,omitempty"`
	HermesID   string           `json:"hermes_id,omitempty"`
	Proposal   *Proposal        `json:"proposal,omitempty"`
	SessionID  string           `json:"session_id,omitempty"`
}

// ConnectRequest says what to connect to: a provider and service type, or a Filter that leaves the choice to the node.
type ConnectRequest struct {
	ConsumerID  string // our identity; required
	ProviderID  string
	ServiceType string
	HermesID    string
	Filter      ConnectFilter

	DNS        string // DNSAuto, DNSProvider, DNSSystem, or addresses with commas between; "" = the node's default
	KillSwitch bool   // true = on. The node spells it the other way round; that is undone here
	ProxyPort  int    // 0 = the tunnel of the system; else the node, in proxy mode, listens there; see Connection
}

// Who answers for names while connected.
const (
	DNSAuto     = "auto"     // the provider's name servers if it has some, else public ones
	DNSProvider = "provider" // the provider's
	DNSSystem   = "system"   // those that the computer has anyway
)

// ConnectFilter leaves the choice of a provider to the node.
type ConnectFilter struct {
	Providers               []string `json:"providers,omitempty"`
	CountryCode             string   `json:"country_code,omitempty"`
	IPType                  string   `json:"ip_type,omitempty"`
	IncludeMonitoringFailed bool     `json:"include_monitoring_failed,omitempty"`
	SortBy                  string   `json:"sort_by,omitempty"` // nodes up to 1.38 sort wrongly
}

type connectJSON struct {
	ConsumerID  string             `json:"consumer_id"`
	ProviderID  string             `json:"provider_id,omitempty"`
	ServiceType string             `json:"service_type,omitempty"`
	HermesID    string             `json:"hermes_id,omitempty"`
	Filter      *ConnectFilter     `json:"filter,omitempty"`
	Options     connectOptionsJSON `json:"connect_options"`
}

type connectOptionsJSON struct {
	DNS               string `json:"dns,omitempty"`
	DisableKillSwitch bool   `json:"kill_switch"` // the node's field says the contrary of its name
	ProxyPort         int    `json:"proxy_port,omitempty"`
}

// MarshalJSON writes the node's spelling.
func (r ConnectRequest) MarshalJSON() ([]byte, error) {
	w := connectJSON{
		ConsumerID: r.ConsumerID, ProviderID: r.ProviderID, ServiceType: r.ServiceType, HermesID: r.HermesID,
		Options: connectOptionsJSON{r.DNS, !r.KillSwitch, r.ProxyPort},
	}
	if f := r.Filter; len(f.Providers) > 0 || f.CountryCode != "" || f.IPType != "" || f.IncludeMonitoringFailed || f.SortBy != "" {
		w.Filter = &f
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads the node's spelling.
func (r *ConnectRequest) UnmarshalJSON(b []byte) error {
	var w connectJSON
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*r = ConnectRequest{
		ConsumerID: w.ConsumerID, ProviderID: w.ProviderID, ServiceType: w.ServiceType, HermesID: w.HermesID,
		DNS: w.Options.DNS, KillSwitch: !w.Options.DisableKillSwitch, ProxyPort: w.Options.ProxyPort,
	}
	if w.Filter != nil {
		r.Filter = *w.Filter
	}
	return nil
}

// connectionID is how connections are told apart: by proxy port, 0 being the tunnel of the system.
func connectionID(id int) url.Values {
	if id == 0 {
		return nil
	}
	return url.Values{"id": {strconv.Itoa(id)}}
}

// Connection gets the state of a connection. The id is the ProxyPort it was made with; 0 is the usual one.
func (c *Client) Connection(ctx context.Context, id int) (Connection, error) {
	var k Connection
	err := c.do(ctx, call{method: http.MethodGet, path: "/connection", query: connectionID(id), out: &k})
	return k, err
}

// Connect makes a connection and returns when it stands or has failed, which may take a minute: run it where waiting
// does no harm. Ending the context ends the wait, not the attempt: call Disconnect for that.
//
// It fails with ErrValidation, ErrNotRegistered, ErrConnectionExists or ErrConnect; the last one is also, by the node's
// words, ErrLocked, ErrInsufficientBalance, ErrNoProposals, ErrProviderTimeout, ErrDNS or ErrCancelled. The node does
// not always say so when Disconnect ended the attempt: remember that you called it.
func (c *Client) Connect(ctx context.Context, r ConnectRequest) (Connection, error) {
	var k Connection
	err := c.do(ctx, call{method: http.MethodPut, path: "/connection", in: r, out: &k, timeout: connectTimeout})
	return k, err
}

// Disconnect ends a connection or an attempt at one, and returns when that is done. ErrNoConnection means that there
// was none. An id of -1 means all.
func (c *Client) Disconnect(ctx context.Context, id int) error {
	return c.do(ctx, call{method: http.MethodDelete, path: "/connection", query: connectionID(id), timeout: disconnectTimeout})
}
