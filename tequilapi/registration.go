package tequilapi

import (
	"context"
	"net/http"
	"time"
)

// Registration is whether an identity may be used to connect.
type Registration struct {
	Status     RegistrationStatus `json:"status"`
	Registered bool               `json:"registered"`
}

// IdentityRegistration gets the registration of an identity. ErrRegistrationUnknown means that the node could not ask
// the chain: it says nothing about the identity.
func (c *Client) IdentityRegistration(ctx context.Context, id string) (Registration, error) {
	var r Registration
	path, err := within(id, "/registration")
	if err != nil {
		return r, err
	}
	err = c.do(ctx, call{method: http.MethodGet, path: path, out: &r, timeout: slowTimeout})
	return r, err
}

// RegisterRequest says how to register. The zero value is what most want: free if the identity may, otherwise for the
// fee of the day.
type RegisterRequest struct {
	ReferralToken string `json:"referral_token,omitempty"`
	Beneficiary   string `json:"beneficiary,omitempty"` // address that earnings go to
	Fee           Money  `json:"fee,omitzero"`          // zero = the fee of the day, see Fees
}

// Register asks for an unlocked identity to be registered on the chain. It returns when the node has heard it:
// afterwards the identity is RegistrationPending, for up to 20 minutes, then Registered or RegistrationFailed. An
// identity that is registered already is no error; one that is being registered is ErrRegistrationProgress, and a locked
// one ErrLocked.
func (c *Client) Register(ctx context.Context, id string, r RegisterRequest) error {
	path, err := within(id, "/register")
	if err != nil {
		return err
	}
	return c.do(ctx, call{method: http.MethodPost, path: path, in: r, timeout: slowTimeout})
}

// FreeRegistration asks whether an identity would be registered for nothing.
func (c *Client) FreeRegistration(ctx context.Context, id string) (bool, error) {
	var w struct {
		Eligible bool `json:"eligible"`
	}
	path, err := within(id, "/eligibility")
	if err != nil {
		return false, err
	}
	err = c.do(ctx, call{method: http.MethodGet, path: path, out: &w, timeout: slowTimeout})
	return w.Eligible, err
}

// Fees are what the chain costs: those that count now, and those before them, which are still taken for a while.
type Fees struct {
	Current       FeeSet    `json:"current"`
	Last          FeeSet    `json:"last"`
	ServerTime    time.Time `json:"server_time"`    // compare ValidUntil with this, not with the clock here
	HermesPercent string    `json:"hermes_percent"` // a fraction: "0.2000" is 20 %
}

// FeeSet is what each kind of transaction costs, in MYST.
type FeeSet struct {
	Registration  Tokens    `json:"registration"`
	Settlement    Tokens    `json:"settlement"`
	DecreaseStake Tokens    `json:"decrease_stake"`
	ValidUntil    time.Time `json:"valid_until"`
}

// Fees gets the transactor's fees, or ErrFees.
func (c *Client) Fees(ctx context.Context) (Fees, error) {
	var f Fees
	err := c.do(ctx, call{method: http.MethodGet, path: "/v2/transactor/fees", out: &f, timeout: slowTimeout})
	return f, err
}
