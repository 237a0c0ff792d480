//go:build !linux

package wgnet

import (
	"errors"
	"os"

	"golang.zx2c4.com/wireguard/conn"
)

// NewInterfaceDevice is for Linux only, where a helper makes interfaces.
func NewInterfaceDevice(file *os.File, bind conn.Bind, _ *Config, _ LogFunc) (*Device, error) {
	return nil, errors.Join(errors.ErrUnsupported, bind.Close(), file.Close())
}
