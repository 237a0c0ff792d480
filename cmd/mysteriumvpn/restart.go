//go:build !headless

package main

import (
	"os"
	"strings"
)

// environment is what the program was started with. A language set for Fyne is not in it, so that another one can be
// chosen, or the desktop's again.
var environment = os.Environ()

// restarted marks, in its environment, a program that its own window started again: that window comes back, whatever
// the settings say of starting hidden.
const restarted = "MYSTERIUMVPN_RESTARTED"

// restart puts a fresh copy of the program, with the same arguments, in place of this one, which has cleaned up.
func restart() error {
	env := []string{restarted + "=1"}
	for _, v := range environment {
		if !strings.HasPrefix(v, restarted+"=") {
			env = append(env, v)
		}
	}
	return replace(ownProgram(), os.Args, env)
}
