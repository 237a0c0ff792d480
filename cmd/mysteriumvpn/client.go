package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/mysteriumvpn/desktop/internal/control"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// clientAt makes a client of the running program.
func clientAt(f folders) *control.Client { return control.NewClient(f.control(), version) }

// newConnect is `mysteriumvpn connect`.
func newConnect(at func() folders) *cobra.Command {
	return &cobra.Command{
		Use:   "connect [WHERE]",
		Short: "Come out at WHERE, and return when connected",
		Long: `Come out at WHERE: a country's code or name, a provider's id, the name of an own server that is in no country, or
nothing to let the program choose the best exit.
Connected elsewhere, this switches. It returns when connected; Ctrl-C takes the wish back.`,
		Example: "  mysteriumvpn connect\n  mysteriumvpn connect DE\n  mysteriumvpn connect \"united kingdom\"",
		Args:    oneWhere,
		RunE: func(cmd *cobra.Command, args []string) error {
			where := ""
			if len(args) == 1 {
				where = args[0]
			}
			errs := cmd.ErrOrStderr()
			said := ""
			out, err := clientAt(at()).Connect(cmd.Context(), where, control.ConnectOptions{
				TakeBack: true,
				OnStatus: func(s control.StatusDoc) {
					if s.Phase == vpn.Up || s.Phase == vpn.Failed || s.Phase == vpn.Down || s.Phase == vpn.Unknown {
						return // the outcome says it
					}
					if line := progress(s); line != said {
						said = line
						fmt.Fprintln(errs, line)
					}
				},
			})
			if errors.Is(err, control.ErrNotTakenBack) {
				return control.ErrNotTakenBack
			}
			if errors.Is(err, context.Canceled) {
				fmt.Fprintln(errs, "Cancelled.")
				return errSaid
			}
			if err == nil {
				err = out.Err()
			}
			if err != nil {
				return err
			}
			s := out.Status
			fmt.Fprintf(cmd.OutOrStdout(), "Connected: %s, through provider %s.\nSOCKS5 and HTTP proxy: %s\n", place(s.Exit), s.Exit.ProviderID, s.Proxy.SOCKS5)
			return nil
		},
	}
}

// progress is one line on the way.
func progress(s control.StatusDoc) string {
	line := map[vpn.Phase]string{
		vpn.Finding: "Looking for an exit …", vpn.Dialing: "Connecting to " + place(s.Exit) + " …",
		vpn.Reconnecting: "Connecting again to " + place(s.Exit) + " …", vpn.Closing: "Closing the connection …",
		vpn.Blocked: "On hold.",
	}[s.Phase]
	if s.Reason != nil {
		line += " " + s.Reason.Text
	}
	return line
}

func place(e *control.ExitDoc) string {
	if e == nil {
		return ""
	}
	return proposals.Place(vpn.Exit{Country: e.Country, City: e.City})
}

// newDisconnect is `mysteriumvpn disconnect`.
func newDisconnect(at func() folders) *cobra.Command {
	return &cobra.Command{
		Use:   "disconnect",
		Short: "Disconnect, or cancel the connect under way",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			out, err := clientAt(at()).Disconnect(cmd.Context())
			if err == nil {
				err = out.Err()
			}
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "Disconnected.")
			return nil
		},
	}
}

// newQuit is `mysteriumvpn quit`.
func newQuit(at func() folders) *cobra.Command {
	return &cobra.Command{
		Use:   "quit",
		Short: "Disconnect and end the running program",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			late := fmt.Errorf("it has not ended within %d seconds. Try again, or end its process", quitLimit/time.Second)
			ctx, stop := context.WithTimeoutCause(cmd.Context(), quitLimit, late)
			defer stop()
			return clientAt(at()).Quit(ctx)
		},
	}
}

// newStatus is `mysteriumvpn status`.
func newStatus(at func() folders) *cobra.Command {
	var asJSON, watch bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what is connected",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, out := clientAt(at()), cmd.OutOrStdout()
			said := ""
			show := func(s control.StatusDoc) error {
				if asJSON {
					return printLine(out, s)
				}
				if watch {
					line := statusLine(s)
					if line == said {
						return nil // what has changed is not in the line
					}
					said = line
					_, err := fmt.Fprintln(out, time.Now().Format(time.TimeOnly), line)
					return err
				}
				return printStatus(out, s)
			}
			if watch {
				err := c.Watch(cmd.Context(), show)
				if errors.Is(err, context.Canceled) {
					return nil
				}
				return err
			}
			s, err := c.Status(cmd.Context())
			if err != nil {
				return err
			}
			return show(s)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON; with --watch one document a line")
	cmd.Flags().BoolVar(&watch, "watch", false, "go on, with a line for each change")
	return cmd
}

func printStatus(out io.Writer, s control.StatusDoc) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%s\t%s\n", name, value)
		}
	}
	row("Phase", s.Phase.String())
	if s.Exposed != nil {
		row("DANGER", s.Exposed.Text)
	}
	if s.Reason != nil {
		row("Reason", s.Reason.Text)
	}
	if s.Blocked != nil && s.Reason == nil {
		row("Blocked", s.Blocked.Text)
	}
	if s.Phase.Wanted() && s.Exit != nil {
		row("Exit", place(s.Exit))
		row("Provider", s.Exit.ProviderID)
	}
	if s.Phase == vpn.Up && s.Since != nil {
		row("Since", s.Since.Local().Format(time.DateTime))
		row("Received", bytesText(s.BytesReceived)+", "+bytesText(s.BytesReceivedPerSecond)+"/s")
		row("Sent", bytesText(s.BytesSent)+", "+bytesText(s.BytesSentPerSecond)+"/s")
	}
	row("Proxy", "socks5 "+s.Proxy.SOCKS5+", http "+s.Proxy.HTTP)
	row("Network", string(s.Network))
	node := s.Node.State.String()
	if s.Node.Version != "" {
		node += ", " + s.Node.Version
	}
	if s.Node.PID != 0 {
		node += fmt.Sprintf(", process %d, %s", s.Node.PID, s.Node.API)
	}
	row("Node", node)
	if s.Node.Lack != nil {
		row("Lacking", s.Node.Lack.Text)
	}
	return w.Flush()
}

// statusLine is a status in one line.
func statusLine(s control.StatusDoc) string {
	line := s.Phase.String()
	if s.Phase.Wanted() && s.Exit != nil {
		line += ": " + place(s.Exit)
	}
	if s.Phase == vpn.Up {
		line += fmt.Sprintf(", received %s, sent %s", bytesText(s.BytesReceived), bytesText(s.BytesSent))
	}
	if s.Reason != nil {
		line += " — " + s.Reason.Text
	}
	if s.Exposed != nil {
		line = "DANGER: " + s.Exposed.Text + " — " + line
	}
	return line
}

// bytesText is an amount of data in units of 1024.
func bytesText(n uint64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	v, unit := float64(n)/(1<<10), "KiB"
	for _, next := range []string{"MiB", "GiB", "TiB"} {
		if v < 1024 {
			break
		}
		v, unit = v/1024, next
	}
	return fmt.Sprintf("%.1f %s", v, unit)
}

// printLine prints a document as JSON on one line.
func printLine(out io.Writer, doc any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	return e.Encode(doc)
}
