//go:build unix && !linux

package e2e

import "testing"

func playGuarded() {}

// wholeDevice is Linux's alone.
func wholeDevice(t *testing.T, _ *realm) { t.Skip("the root helper is Linux's") }
