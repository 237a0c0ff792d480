package core

import (
	"errors"
	"io"
	"net"
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
	case errors.Is(err, tequilapi.ErrProviderTimeout) && provider != "":
		return vpn.Reason{Code: vpn.ProviderFailed, A: provider, B: "it did not answer in time"}
	case unanswered(err):
		return vpn.Reason{Code: vpn.NodeWentAway, A: "it does not answer"}
	case provider != "":
		return vpn.Reason{Code: vpn.ProviderFailed, A: provider, B: words(err)}
	default:
		return vpn.Reason{Code: vpn.NodeRefused, A: words(err)}
	}
}

// unanswered reports that the node gave no answer at all: it has ended or hangs. What it was asked about is not to blame,
// and nodeproc starts it again.
func unanswered(err error) bool {
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
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
