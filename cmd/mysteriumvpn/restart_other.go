//go:build !headless && !unix

package main

import (
	"fmt"
	"os"
	"os/exec"
)

// replace starts the program beside this one, which ends now.
func replace(program string, args, env []string) error {
	c := exec.Command(program, args[1:]...)
	c.Env, c.Stdin, c.Stdout, c.Stderr = env, os.Stdin, os.Stdout, os.Stderr
	if err := c.Start(); err != nil {
		return fmt.Errorf("start %s again: %w", program, err)
	}
	return c.Process.Release()
}
