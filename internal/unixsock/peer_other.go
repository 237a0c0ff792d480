//go:build !linux && !darwin && !windows

package unixsock

import "errors"

func peerUID(uintptr) (int, error) { return 0, errors.ErrUnsupported }

func peerPID(uintptr) (int, error) { return 0, errors.ErrUnsupported }
