package core

import (
	"errors"
	"strings"

	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// reasonOf turns an error of the node into a Reason. provider is the one that was dialed, or "".
func reasonOf(err error, provider string) vpn.Reason {
	switch {
	case err == nil:
		return vpn.Reason{}
	case errors.Is(err, tequilapi.ErrLocked), errors.Is(err, tequilapi.ErrUnlock):
		return vpn.Reason{Code: vpn.NotUnlocked}
	case errors.Is(err, tequilapi.ErrInsufficientBalance):
		return vpn.Reason{Code: vpn.NoBalance}
	case errors.Is(err, tequilapi.ErrNotRegistered):
		return vpn.Reason{Code: vpn.NotRegistered, A: "of this node"}
	case errors.Is(err, tequilapi.ErrNoProposals) && provider != "":
		return vpn.Reason{Code: vpn.NoSuchProvider, A: provider}
	case errors.Is(err, tequilapi.ErrCancelled):
		return vpn.Reason{Code: vpn.Cancelled}
	case provider != "":
		return vpn.Reason{Code: vpn.ProviderFailed, A: provider, B: words(err)}
	default:
		return vpn.Reason{Code: vpn.NodeRefused, A: words(err)}
	}
}

// words is the part of an error that a person can use: what the node said, without method, path and codes.
func words(err error) string {
	if e, ok := errors.AsType[*tequilapi.Error](err); ok {
		said := e.Message
		if e.Detail != "" {
			said = e.Detail
		}
		return tidy(errors.New(strings.TrimPrefix(said, "Failed to connect: "))) // our sentence says that already
	}
	return tidy(err)
}
