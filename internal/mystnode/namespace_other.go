//go:build !linux

package mystnode

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"syscall"
)

// SocketPath is where a node that runs without privileges looks for its supervisor.
const SocketPath = "/var/run/myst.sock"

// Isolate is Linux's alone.
func Isolate(*syscall.SysProcAttr) {}

// Enter is Linux's alone.
func Enter(string, []string) error { return unsupported() }

// TryIsolated is Linux's alone.
func TryIsolated(context.Context, []string) error { return unsupported() }

func unsupported() error {
	return fmt.Errorf("%w: %s has no namespaces", errors.ErrUnsupported, runtime.GOOS)
}
