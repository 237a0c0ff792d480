//go:build !linux

package wgnet

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"sync/atomic"

	"golang.zx2c4.com/wireguard/conn"
)

// hostInterface is an interface of the system, which only Linux has a helper for.
type hostInterface struct {
	name    string
	packets atomic.Uint64
	seen    atomic.Pointer[func(packet []byte)]
}

func (*hostInterface) echo(context.Context, netip.Addr, netip.Addr, int) error {
	return errors.ErrUnsupported
}

// NewInterfaceDevice is for Linux only, where a helper makes interfaces.
func NewInterfaceDevice(file *os.File, bind conn.Bind, _ *Config, _ LogFunc) (*Device, error) {
	return nil, errors.Join(errors.ErrUnsupported, bind.Close(), file.Close())
}
