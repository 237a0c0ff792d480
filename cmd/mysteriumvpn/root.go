package main

import (
	"errors"

	"github.com/spf13/cobra"
)

// newRoot makes the command tree. Each subcommand stands in a file of its own.
func newRoot() *cobra.Command {
	var home string
	o := &startOptions{}
	root := &cobra.Command{
		Use:   "mysteriumvpn",
		Short: "Leave the internet from another country, through a decentralised network",
		Long: `MysteriumVPN lets you pick a country and leave the internet from there, through a provider of a decentralised
network. Without a command it opens the window. The commands below talk to the program that runs already, except
'run' and 'node', which run in the foreground.

On the sandbox network, which is the default, the exits run on this very computer: everything is real but geography.
Your address does not change.`,
		Example: `  mysteriumvpn                      open the window
  mysteriumvpn run                  the same without a window; Ctrl-C ends it
  mysteriumvpn connect germany      come out in Germany
  curl --proxy socks5h://$(mysteriumvpn status --json | jq -r .proxy.socks5) https://example.org`,
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			return openWindow(cmd.Context(), foldersAt(home), o, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	root.PersistentFlags().StringVar(&home, "home", "", "keep everything, the control socket too, in this folder `DIR`")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{cmd.CommandPath(), err}
	})
	o.flags(root)
	at := func() folders { return foldersAt(home) }
	root.AddCommand(
		newRun(at), newConnect(at), newDisconnect(at), newStatus(at),
		newCountries(at), newProposals(at), newLogs(at), newQuit(at), newNode(at),
	)
	return root
}

// noArgs refuses arguments as wrong usage; on the root command they are unknown commands.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if !cmd.HasParent() {
		return usagef(cmd, "there is no command "+quoted(args[0]))
	}
	return usagef(cmd, "unexpected "+quoted(args[0]))
}

// maxArgs allows up to n arguments.
func maxArgs(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) <= n {
			return nil
		}
		return usagef(cmd, "unexpected "+quoted(args[n]))
	}
}

func usagef(cmd *cobra.Command, text string) error {
	return &usageError{cmd.CommandPath(), errors.New(text)}
}

func quoted(s string) string { return "'" + s + "'" }
