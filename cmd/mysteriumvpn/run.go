package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/mysteriumvpn/desktop/internal/desktop"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/unixsock"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// newRun is `mysteriumvpn run`: the core without a window.
func newRun(at func() folders) *cobra.Command {
	o := &startOptions{}
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run without a window, in the foreground; Ctrl-C disconnects and stops the node",
		Long: `Run the same core as the window's, in the foreground. Use 'mysteriumvpn connect' and the other commands from
another terminal. Ctrl-C disconnects, stops the node and ends it.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			o.home = cmd.Flag("home").Value.String()
			a, err := newApp(at(), o, false)
			if errors.Is(err, unixsock.ErrInUse) {
				return errors.New("it runs already. Use 'mysteriumvpn status' to see it, or 'mysteriumvpn quit' to end it")
			}
			if err != nil {
				return err
			}
			return a.serveInTerminal(cmd.Context(), cmd.OutOrStdout())
		},
	}
	o.flags(cmd)
	return cmd
}

// serveInTerminal prints each change of phase and what the user should know, and runs until ctx ends.
func (a *app) serveInTerminal(ctx context.Context, out io.Writer) error {
	lane := a.bus.Go("terminal")
	said := ""
	forget := a.topics.Status.Via(lane).On(func(s vpn.Status) {
		if line := phaseLine(s); line != said {
			said = line
			fmt.Fprintf(out, "%s  %s\n", time.Now().Format(time.TimeOnly), line)
		}
	})
	defer forget()
	defer a.topics.Notices.Via(lane).On(func(n vpn.Notice) {
		if n.Severity >= vpn.Warning {
			fmt.Fprintf(out, "%s  %s\n", time.Now().Format(time.TimeOnly), n.Reason.Text())
		}
	})()
	fmt.Fprintf(out, "SOCKS5 and HTTP proxy at %s, network %s\n", a.proxy.SOCKS5, a.topics.Settings.Load().Network)
	if a.topics.Settings.Load().Network == vpn.Sandbox {
		fmt.Fprintln(out, "Sandbox: the exits run on this computer. Your address does not change.")
	}
	for _, s := range a.said {
		fmt.Fprintln(out, s)
	}
	if err := desktop.Ready(); err != nil {
		a.log.Warn("tell systemd that the program is ready", zap.Error(err))
	}
	return a.serve(ctx)
}

// phaseLine is a status in one line, for a terminal.
func phaseLine(s vpn.Status) string {
	line := s.Phase.String()
	if s.Phase.Wanted() && s.Exit.ProviderID != "" {
		line += ": " + proposals.Place(s.Exit) + " by " + s.Exit.ProviderID
	}
	if s.Phase == vpn.Down && s.Node.State != vpn.NodeRunning {
		line += ", node " + s.Node.State.String()
	}
	if !s.Reason.Zero() {
		line += " — " + s.Reason.Text()
	}
	return line
}
