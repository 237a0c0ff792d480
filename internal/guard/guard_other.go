//go:build !linux

package guard

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
)

// ErrNoHelper means that there is no helper for this system.
var ErrNoHelper = errors.New("carrying the whole device is for Linux only so far")

// Stranger is false: there is nobody who could refuse.
func Stranger(error) bool { return false }

// Guard is for Linux only: here everything it is asked is ErrNoHelper.
type Guard struct{}

// NewGuard makes one that can do nothing.
func NewGuard(string, func(State)) *Guard { return &Guard{} }

// Look is ErrNoHelper.
func (*Guard) Look(context.Context) (State, error) { return State{}, ErrNoHelper }

// Hold is ErrNoHelper.
func (*Guard) Hold(context.Context, []netip.AddrPort) error { return ErrNoHelper }

// Interface is ErrNoHelper.
func (*Guard) Interface(context.Context, []netip.Addr, int, []netip.Addr) (*os.File, error) {
	return nil, ErrNoHelper
}

// Socket is ErrNoHelper.
func (*Guard) Socket(uint16) (*net.UDPConn, error) { return nil, ErrNoHelper }

// MTU is ErrNoHelper.
func (*Guard) MTU(context.Context, int) error { return ErrNoHelper }

// Rules is ErrNoHelper.
func (*Guard) Rules(context.Context) (string, uint32, error) { return "", 0, ErrNoHelper }

// Release is ErrNoHelper.
func (*Guard) Release(context.Context) error { return ErrNoHelper }

// Lockdown is ErrNoHelper.
func (*Guard) Lockdown(context.Context, bool) error { return ErrNoHelper }

// LAN is ErrNoHelper.
func (*Guard) LAN(context.Context, bool) error { return ErrNoHelper }

// Close does nothing.
func (*Guard) Close() {}
