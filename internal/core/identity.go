package core

import (
	"context"
	"errors"

	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// unlock makes the identity usable that pays, or the node's remembered one; a node that has none makes one. Unlocking
// lasts as long as the process. pending says that the identity's registration is under way: the node connects with it.
func (c *Core) unlock(ctx context.Context, api *tequilapi.Client) (id string, pending bool, why vpn.Reason) {
	pass := ""
	if c.Who != nil {
		id, pass = c.Who()
	}
	id, err := api.CurrentIdentity(ctx, id, pass)
	if errors.Is(err, tequilapi.ErrUseOrCreate) || errors.Is(err, tequilapi.ErrUnlock) {
		return "", false, vpn.Reason{Code: vpn.NotUnlocked}
	}
	if err != nil {
		return "", false, reasonOf(err, "")
	}
	r, err := api.IdentityRegistration(ctx, id)
	if err != nil {
		if why := reasonOf(err, ""); why.Code != vpn.NodeRefused {
			return "", false, why
		}
		return "", false, vpn.Reason{Code: vpn.RegistrationDark, A: id}
	}
	switch r.Status {
	case tequilapi.Registered:
		return id, false, vpn.Reason{}
	case tequilapi.RegistrationPending:
		return id, true, vpn.Reason{}
	case tequilapi.RegistrationFailed:
		return "", false, vpn.Reason{Code: vpn.NotRegisterable, A: id}
	case tequilapi.RegistrationUnknown, "":
		return "", false, vpn.Reason{Code: vpn.RegistrationDark, A: id}
	default:
		return "", false, vpn.Reason{Code: vpn.NotRegistered, A: id}
	}
}
