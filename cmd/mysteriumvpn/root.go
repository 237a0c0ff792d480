package main

import (
	"errors"
	"fmt"
	"strings"

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
'run', 'node' and 'exit', which run in the foreground, and 'own'.

On the sandbox network, which is the default, the exits run on this very computer: everything is real but geography.
Your address does not change. On the network mysterium they are real, and a Mysterium node must be installed. The
network own has the servers that you add: any WireGuard configuration, for example of your own 'mysteriumvpn exit'.

Exit codes: 0 done, 1 failed, 2 wrong usage.`,
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
			o.home = home
			return openWindow(cmd.Context(), foldersAt(home), o, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	root.PersistentFlags().StringVar(&home, "home", "", "keep everything, the control socket too, in this folder `DIR`")
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if home == "" && cmd.Flags().Changed("home") { // a variable that is not set, in a script: not the usual folders
			return usagef(cmd, "--home needs a folder")
		}
		return nil
	}
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{cmd.CommandPath(), plainFlagError(err)}
	})
	o.flags(root)
	root.Flags().BoolVar(&o.hidden, "hidden", false, "start in the tray, without a window; a desktop that has no tray gets the window")
	at := func() folders { return foldersAt(home) }
	root.AddCommand(
		newRun(at), newConnect(at), newDisconnect(at), newStatus(at),
		newCountries(at), newProposals(at), newLogs(at), newTimeline(at), newHistory(at), newUsage(at), newAccount(at), newQuit(at), newNode(at), newOwn(at), newExit(),
		newService(func() string { return home }), newManual(), newRetry(at), newReport(at), newFeedback(at), newMode(at), newProof(at),
		newGuardSwitch(at, "lockdown", "Block this computer whenever the whole of it is not connected, or stop that",
			"Block this computer whenever the whole of it is not connected, from before the network comes up. Needs the root helper\nmysteriumvpn-netd, which keeps it; it holds without this program, too."),
		newGuardSwitch(at, "lan", "Let the local network be reached while the whole device is carried, or stop that",
			"Let the local network be reached while the whole device is carried: printers, files, the router's page."), newIsolated(),
	)
	root.SetHelpCommand(newHelp())
	return root
}

// addCompletion adds cobra's completion command, which would take any word and print its help. It keeps the root's
// output, so that must be set before.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			c.Args = noArgs
			c.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		}
	}
}

// newHelp is `mysteriumvpn help`: cobra's own, but a command that is not there is wrong usage.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Show the help of a command",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || about == nil || len(rest) > 0 {
				return usagef(cmd, "there is no command "+quoted(strings.Join(args, " ")))
			}
			return about.Help()
		},
	}
}

// noArgs refuses arguments as wrong usage; on the root command they are unknown commands.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if !cmd.HasParent() {
		text := "there is no command " + quoted(args[0])
		if like := cmd.SuggestionsFor(args[0]); len(like) > 0 {
			text += "; did you mean " + quoted(strings.Join(like, "' or '")) + "?"
		}
		return usagef(cmd, text)
	}
	return usagef(cmd, "unexpected "+quoted(args[0]))
}

// oneWhere allows one argument.
func oneWhere(cmd *cobra.Command, args []string) error {
	if len(args) <= 1 {
		return nil
	}
	return usagef(cmd, fmt.Sprintf(`unexpected %s. A name of several words needs quotes: %s "%s"`, quoted(args[1]), cmd.CommandPath(), strings.Join(args, " ")))
}

func usagef(cmd *cobra.Command, text string) error {
	return &usageError{cmd.CommandPath(), errors.New(text)}
}

func quoted(s string) string { return "'" + s + "'" }
