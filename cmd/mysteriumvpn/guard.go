package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/mysteriumvpn/desktop/internal/guard"
	"github.com/mysteriumvpn/desktop/internal/probes"
	"github.com/mysteriumvpn/desktop/internal/proof"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// helperSocket is where mysteriumvpn-netd listens unless --netd says otherwise.
const helperSocket = "/run/mysteriumvpn/netd.sock"

// newGuard makes the client of the root helper, which tells core how things stand.
func (a *app) newGuard(path string) *guard.Guard {
	return guard.NewGuard(path, func(s guard.State) { a.core.GuardState(s) })
}

// carry says what the next connection is for.
func (a *app) carry(whole bool) {
	if whole {
		a.tunnel.Guarded(a.guard)
		return
	}
	a.tunnel.Guarded(nil)
}

// setMode keeps what the next connection shall carry.
func (a *app) setMode(m vpn.Mode) error {
	s := a.topics.Settings.Load()
	switch {
	case m != vpn.ProxyMode && m != vpn.DeviceMode:
		return fmt.Errorf("there is no mode %q; there are: proxy, device", m)
	case m == vpn.DeviceMode:
		if why := vpn.NoDevice(a.topics.Status.Load().Network); !why.Zero() { // that which runs, not that of the next start
			return why
		}
	}
	s.Mode = m
	a.topics.Settings.Send(s)
	return nil
}

// switchGuard switches lockdown or lan.
func (a *app) switchGuard(ctx context.Context, what string, on bool) error {
	switch what {
	case "lockdown":
		return absent(a.guard.Lockdown(ctx, on))
	case "lan":
		return absent(a.guard.LAN(ctx, on))
	}
	return fmt.Errorf("there is no switch %q", what)
}

// lookGuard asks the helper how things stand, which the status tells.
func (a *app) lookGuard(ctx context.Context) error {
	_, err := a.guard.Look(ctx)
	if guard.Stranger(err) {
		return vpn.Reason{Code: vpn.HelperDenied}
	}
	return absent(err)
}

// rules lists the firewall's rules as the kernel has them.
func (a *app) rules(ctx context.Context) (proof.Listing, error) {
	text, node, err := a.guard.Rules(ctx)
	if err != nil {
		return proof.Listing{}, absent(err)
	}
	return proof.Parse(text).Checked(node), nil
}

// probe runs the leak self-test: here, where what enters the tunnel can be seen.
func (a *app) probe(ctx context.Context) (probes.Result, error) {
	r, err := probes.Run(ctx, probes.Options{Rules: a.rules, Observe: a.tunnel.Observe})
	switch {
	case err != nil:
		a.log.Info("the leak self-test was not run", zap.Error(err))
	case len(r.Leaks()) > 0:
		a.log.Error("the leak self-test has found leaks", zap.Int("leaks", len(r.Leaks())), zap.Int("probes", len(r.Probes)))
	default:
		a.log.Info("the leak self-test has found no leak", zap.Int("probes", len(r.Probes)), zap.Int("untested", r.Untested()), zap.Int("interfaces_left_out", r.LeftOut), zap.Duration("took", r.Took))
	}
	return r, err
}

// absent gives an error that says that nobody answers the words of this program.
func absent(err error) error {
	switch {
	case !errors.Is(err, guard.ErrNoHelper):
		return err
	case runtime.GOOS != "linux":
		return vpn.Reason{Code: vpn.DeviceNotHere}
	}
	return vpn.Reason{Code: vpn.HelperAbsent}
}

// newMode is `mysteriumvpn mode`.
func newMode(at func() folders) *cobra.Command {
	return &cobra.Command{
		Use:   "mode [proxy|device]",
		Short: "Show or choose what goes through the tunnel: programs that use the proxy, or the whole device",
		Long: `Show or choose what goes through the tunnel.

proxy   programs that use the proxy; nothing else on this computer is touched
device  every packet of this computer, or none: while it is chosen nothing leaves beside the tunnel until you
        disconnect. Needs the root helper mysteriumvpn-netd, and Linux

It counts for the next connection.`,
		ValidArgs: []string{string(vpn.ProxyMode), string(vpn.DeviceMode)},
		Args:      cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			c := clientAt(at())
			switch {
			case len(args) == 0:
				s, err := c.Status(cmd.Context())
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), s.Mode)
				return err
			case len(args) > 1 || !slices.Contains(cmd.ValidArgs, args[0]):
				return usagef(cmd, "the mode is proxy or device")
			}
			return c.SetMode(cmd.Context(), vpn.Mode(args[0]))
		},
	}
}

// newGuardSwitch is `mysteriumvpn lockdown` or `lan`.
func newGuardSwitch(at func() folders, name, short, long string) *cobra.Command {
	return &cobra.Command{
		Use: name + " on|off", Short: short, Long: long,
		ValidArgs: []string{"on", "off"},
		Args:      cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] != "on" && args[0] != "off" {
				return usagef(cmd, "say on or off")
			}
			return clientAt(at()).SwitchGuard(cmd.Context(), name, args[0] == "on")
		},
	}
}
