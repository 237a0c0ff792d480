//go:build !linux

package desktop

import (
	"context"
	"errors"
)

// FindHelper is zero: there is no helper for this system.
func FindHelper() Helper { return Helper{} }

// EnableHelper is an error.
func EnableHelper(context.Context) error {
	return errors.New("carrying the whole device is for Linux only so far")
}
