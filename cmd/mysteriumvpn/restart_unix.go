//go:build !headless && unix

package main

import (
	"fmt"
	"syscall"
)

// replace does not come back, unless with an error.
func replace(program string, args, env []string) error {
	return fmt.Errorf("start %s again: %w", program, syscall.Exec(program, args, env))
}
