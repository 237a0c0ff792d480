package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mysteriumvpn/desktop/internal/localnode"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// newNode is `mysteriumvpn node`: our node, which serves the sandbox or own servers. The app starts it; it can be run by hand.
func newNode(at func() folders) *cobra.Command {
	var (
		network, address, socket string
		ownDir                   string
		port                     int
		exits                    exitOptions
	)
	cmd := &cobra.Command{
		Use:   "node",
		Short: "Run the node of the network sandbox or own in the foreground",
		Long: `Run the node of the sandbox network in the foreground: its API, and exits on this computer; or that of the network
own, whose proposals are the own servers. The program starts one by itself; this is for trying the API out, and for
other programs that speak it.

It asks the supervisor socket to bring its tunnel up, as a Mysterium node does.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			mark := sandboxMark
			switch n, err := networkNamed(network); {
			case err == nil && n == vpn.Own:
				mark = ownMark
			case err != nil || n != vpn.Sandbox:
				return usagef(cmd, fmt.Sprintf("--network %s: this node serves sandbox and own only", quoted(network)))
			case ownDir != "":
				return usagef(cmd, "--own.dir is for --network own")
			}
			allow, err := exits.prefixes()
			if err == nil {
				err = exits.checkDNS()
			}
			if err != nil {
				return usagef(cmd, err.Error())
			}
			f := at()
			home := f.data
			if !cmd.Flags().Changed("home") {
				home = f.node(network)
			}
			if network == string(vpn.Own) && ownDir == "" {
				ownDir = f.own().Path
			}
			if socket == "" {
				socket = f.supervisor()
			}
			out := cmd.OutOrStdout()
			n, err := localnode.New(localnode.Options{
				Home: home, Address: address, Port: port, SupervisorSocket: socket, Allow: allow, DNS: exits.dns, Own: ownDir,
				Version: version + mark,
				Log:     func(line string) { fmt.Fprintln(out, line) },
			})
			if err != nil {
				return usagef(cmd, err.Error())
			}
			if err := n.Serve(cmd.Context()); err != nil && !errors.Is(err, context.Canceled) {
				return err
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&network, "network", string(vpn.Sandbox), "the network to serve, a `NAME`: sandbox or own")
	f.StringVar(&ownDir, "own.dir", "", "own: the folder `DIR` of the servers (default: the app's)")
	f.StringVar(&address, "tequilapi.address", "127.0.0.1", "the IP address `A` of the API; the exits listen on it too")
	f.IntVar(&port, "tequilapi.port", 4050, "its `PORT`; 0 = any free one")
	f.StringVar(&socket, "supervisor.socket", "", "the supervisor's socket `PATH` (default: the app's)")
	exits.flags(cmd)
	return cmd
}
