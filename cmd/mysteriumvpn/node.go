package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mysteriumvpn/desktop/internal/localnode"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// newNode is `mysteriumvpn node`: our node, which serves the sandbox. The app starts it; it can be run by hand.
func newNode(at func() folders) *cobra.Command {
	var (
		network, address, socket string
		port                     int
		exits                    exitOptions
	)
	cmd := &cobra.Command{
		Use:   "node",
		Short: "Run the node of the sandbox network in the foreground",
		Long: `Run the node of the sandbox network in the foreground: its API, and exits on this computer. The program starts one
by itself; this is for trying the API out, and for other programs that speak it.

It asks the supervisor socket to bring its tunnel up, as a Mysterium node does.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if n, err := networkNamed(network); err != nil || n != vpn.Sandbox {
				return usagef(cmd, fmt.Sprintf("--network %s: this node serves sandbox only", quoted(network)))
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
			if socket == "" {
				socket = f.supervisor()
			}
			out := cmd.OutOrStdout()
			n, err := localnode.New(localnode.Options{
				Home: home, Address: address, Port: port, SupervisorSocket: socket, Allow: allow, DNS: exits.dns,
				Version: version + sandboxMark,
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
	f.StringVar(&network, "network", string(vpn.Sandbox), "the network to serve, a `NAME`: sandbox")
	f.StringVar(&address, "tequilapi.address", "127.0.0.1", "the IP address `A` of the API; the exits listen on it too")
	f.IntVar(&port, "tequilapi.port", 4050, "its `PORT`; 0 = any free one")
	f.StringVar(&socket, "supervisor.socket", "", "the supervisor's socket `PATH` (default: the app's)")
	exits.flags(cmd)
	return cmd
}
