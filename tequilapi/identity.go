package tequilapi

import (
	"context"
	"encoding/json"
	"net/http"
)

// RegistrationStatus says how far an identity's registration has got. It is the node's own word; the zero value says
// that nothing is known, and words added by later nodes are kept as they are.
type RegistrationStatus string

// The words known today.
const (
	RegistrationUnknown RegistrationStatus = "Unknown"
	Registered          RegistrationStatus = "Registered"
	Unregistered        RegistrationStatus = "Unregistered"
	RegistrationPending RegistrationStatus = "InProgress"
	RegistrationFailed  RegistrationStatus = "RegistrationError"
)

// Identity is one identity and its money. Balance is zero until the identity was unlocked in this life of the node.
type Identity struct {
	ID                string // 0x…
	Registration      RegistrationStatus
	ChannelAddress    string
	Balance           Money
	Earnings          Money
	EarningsTotal     Money
	Stake             Money
	HermesID          string
	EarningsPerHermes map[string]HermesEarnings
}

// HermesEarnings are an identity's earnings at one hermes.
type HermesEarnings struct {
	Earnings      Tokens `json:"earnings"`
	EarningsTotal Tokens `json:"earnings_total"`
}

type identityJSON struct {
	ID                  string                    `json:"id"`
	RegistrationStatus  RegistrationStatus        `json:"registration_status"`
	ChannelAddress      string                    `json:"channel_address"`
	Balance             Money                     `json:"balance"`
	Earnings            Money                     `json:"earnings"`
	EarningsTotal       Money                     `json:"earnings_total"`
	BalanceTokens       Tokens                    `json:"balance_tokens"`
	EarningsTokens      Tokens                    `json:"earnings_tokens"`
	EarningsTotalTokens Tokens                    `json:"earnings_total_tokens"`
	Stake               Money                     `json:"stake"`
	HermesID            string                    `json:"hermes_id"`
	EarningsPerHermes   map[string]HermesEarnings `json:"earnings_per_hermes"`
}

// MarshalJSON writes the node's spelling, with each amount twice.
func (i Identity) MarshalJSON() ([]byte, error) {
	per := i.EarningsPerHermes
	if per == nil {
		per = map[string]HermesEarnings{}
	}
	return json.Marshal(identityJSON{
		ID: i.ID, RegistrationStatus: i.Registration, ChannelAddress: i.ChannelAddress,
		Balance: i.Balance, Earnings: i.Earnings, EarningsTotal: i.EarningsTotal,
		BalanceTokens: Tokens{i.Balance}, EarningsTokens: Tokens{i.Earnings}, EarningsTotalTokens: Tokens{i.EarningsTotal},
		Stake: i.Stake, HermesID: i.HermesID, EarningsPerHermes: per,
	})
}

// UnmarshalJSON reads the node's spelling.
func (i *Identity) UnmarshalJSON(b []byte) error {
	var w identityJSON
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*i = Identity{
		ID: w.ID, Registration: w.RegistrationStatus, ChannelAddress: w.ChannelAddress,
		Balance: w.Balance, Earnings: w.Earnings, EarningsTotal: w.EarningsTotal,
		Stake: w.Stake, HermesID: w.HermesID, EarningsPerHermes: w.EarningsPerHermes,
	}
	return nil
}

type identityRef struct {
	ID string `json:"id"`
}

type passphraseJSON struct {
	ID         string `json:"id,omitempty"`
	Passphrase string `json:"passphrase"` // the node asks for the key even when it is empty
}

// Identities lists the identities in the node's keystore.
func (c *Client) Identities(ctx context.Context) ([]string, error) {
	var w struct {
		Identities []identityRef `json:"identities"`
	}
	if err := c.do(ctx, call{method: http.MethodGet, path: "/identities", out: &w}); err != nil {
		return nil, err
	}
	ids := make([]string, len(w.Identities))
	for i, r := range w.Identities {
		ids[i] = r.ID
	}
	return ids, nil
}

// CreateIdentity makes a new identity under a passphrase, which may be empty.
func (c *Client) CreateIdentity(ctx context.Context, passphrase string) (id string, err error) {
	var w identityRef
	err = c.do(ctx, call{method: http.MethodPost, path: "/identities", in: passphraseJSON{Passphrase: passphrase}, out: &w})
	return w.ID, err
}

// CurrentIdentity unlocks identity id and remembers it. With id empty the node uses the one it remembers, and makes
// one if there is none. A wrong passphrase is ErrUseOrCreate.
func (c *Client) CurrentIdentity(ctx context.Context, id, passphrase string) (string, error) {
	var w identityRef
	err := c.do(ctx, call{method: http.MethodPut, path: "/identities/current", in: passphraseJSON{id, passphrase}, out: &w})
	return w.ID, err
}

// UnlockIdentity unlocks an identity until the node ends. A wrong passphrase is ErrUnlock, an identity that is not there
// ErrNotFound.
func (c *Client) UnlockIdentity(ctx context.Context, id, passphrase string) error {
	path, err := within(id, "/unlock")
	if err != nil {
		return err
	}
	return c.do(ctx, call{method: http.MethodPut, path: path, in: passphraseJSON{Passphrase: passphrase}})
}

// Identity gets one identity, its registration and its balance. ErrRegistrationUnknown means that the node could not
// ask the chain.
func (c *Client) Identity(ctx context.Context, id string) (Identity, error) {
	var i Identity
	path, err := within(id, "")
	if err != nil {
		return i, err
	}
	err = c.do(ctx, call{method: http.MethodGet, path: path, out: &i})
	return i, err
}

// balanceJSON is how a balance travels.
type balanceJSON struct {
	Balance Money  `json:"balance"`
	Tokens  Tokens `json:"balance_tokens"`
}

// RefreshBalance asks the chain for an identity's balance and returns it. The node asks at most once a minute; in
// between it answers what it knows.
func (c *Client) RefreshBalance(ctx context.Context, id string) (Money, error) {
	var w balanceJSON
	path, err := within(id, "/balance/refresh")
	if err != nil {
		return Money{}, err
	}
	err = c.do(ctx, call{method: http.MethodPut, path: path, out: &w, timeout: slowTimeout})
	return w.Balance, err
}
