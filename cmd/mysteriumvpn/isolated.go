package main

import (
	"runtime"

	"github.com/spf13/cobra"

	"github.com/mysteriumvpn/desktop/internal/mystnode"
)

// isolatedRole is the command by which this program starts itself inside of a namespace.
const isolatedRole = "in-namespace"

// selfProgram is this very program, also after its file was replaced by a newer one.
var selfProgram = self()

func self() string {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe"
	}
	return ownProgram()
}

// isolatedArgs is a command line of newIsolated.
func isolatedArgs(socket string, program ...string) []string {
	return append([]string{isolatedRole, "--socket", socket, "--"}, program...)
}

// newIsolated is what a node is started by that gets a namespace of its own. It is no command for people.
func newIsolated() *cobra.Command {
	var socket string
	cmd := &cobra.Command{
		Use:    isolatedRole + " --socket PATH -- [PROGRAM ARGS...]",
		Hidden: true,
		Short:  "Become the node's program in a namespace where our socket is its supervisor's",
		RunE:   func(_ *cobra.Command, args []string) error { return mystnode.Enter(socket, args) },
	}
	cmd.Flags().StringVar(&socket, "socket", "", "our supervisor socket `PATH`")
	return cmd
}
