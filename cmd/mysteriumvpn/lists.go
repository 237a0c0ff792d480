package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/mysteriumvpn/desktop/internal/control"
	"github.com/mysteriumvpn/desktop/internal/logs"
)

// nothingOnOffer is for people; --json prints an empty array.
const nothingOnOffer = "Nothing is on offer there at the moment."

// printOffers prints what is on offer as JSON, or as a table whose columns are parted by tabs.
func printOffers[T any](out io.Writer, asJSON bool, all []T, head string, row func(T) string) error {
	if asJSON {
		return printLine(out, all)
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(out, nothingOnOffer)
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, head)
	for _, v := range all {
		fmt.Fprintln(w, row(v))
	}
	return w.Flush()
}

// newCountries is `mysteriumvpn countries`.
func newCountries(at func() folders) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "countries",
		Short: "List the countries with exits on offer",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := clientAt(at()).Countries(cmd.Context())
			if err != nil {
				return err
			}
			return printOffers(cmd.OutOrStdout(), asJSON, all, "CODE\tCOUNTRY\tEXITS\tQUALITY\tMYST/HOUR\tMYST/GIB", func(c control.CountryDoc) string {
				return fmt.Sprintf("%s\t%s\t%d\t%s\t%s\t%s", c.Code, c.Name, c.Proposals, c.QualityGrade, c.LowestHour.MYST, c.LowestGiB.MYST)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array")
	return cmd
}

// newProposals is `mysteriumvpn proposals`.
func newProposals(at func() folders) *cobra.Command {
	var asJSON bool
	var country string
	cmd := &cobra.Command{
		Use:   "proposals",
		Short: "List the exits on offer",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := clientAt(at()).Proposals(cmd.Context(), country)
			if err != nil {
				return err
			}
			return printOffers(cmd.OutOrStdout(), asJSON, all, "COUNTRY\tCITY\tPROVIDER\tTYPE\tQUALITY\tMBIT/S\tMYST/HOUR\tMYST/GIB", func(p control.ProposalDoc) string {
				return fmt.Sprintf("%s\t%s\t%s\t%s\t%.1f\t%.0f\t%s\t%s", p.Country, p.City, p.ProviderID, p.IPType, p.Quality, p.Bandwidth, p.PerHour.MYST, p.PerGiB.MYST)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array")
	cmd.Flags().StringVar(&country, "country", "", "only those in this country, `CC` being its code or name")
	return cmd
}

func ofSource(s logs.Source) string {
	if s == logs.SourceUnknown {
		return ""
	}
	return " of " + s.String()
}

// newLogs is `mysteriumvpn logs`.
func newLogs(at func() folders) *cobra.Command {
	var asJSON, follow bool
	var source, connection string
	var tail int
	cmd := &cobra.Command{
		Use:   "logs",
		Short: "Print the log: the app's, the node's and the tunnel's lines in one",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			q := control.LogQuery{Follow: follow, Tail: tail, New: tail == 0 && cmd.Flags().Changed("tail")}
			if source != "" {
				if err := q.Source.UnmarshalText([]byte(source)); err != nil || q.Source == logs.SourceUnknown {
					return usagef(cmd, fmt.Sprintf("--source %s is not known; there are: app, node, tunnel, bus", quoted(source)))
				}
			}
			q.Connection = connection
			if tail < 0 {
				return usagef(cmd, "--tail must not be negative")
			}
			out := cmd.OutOrStdout()
			err := clientAt(at()).Logs(cmd.Context(), q, func(l control.LogDoc) error {
				switch {
				case asJSON:
					return printLine(out, l)
				case l.Lost > 0:
					_, err := fmt.Fprintf(out, "(%d lines%s came too fast and are lost)\n", l.Lost, ofSource(l.Source))
					return err
				default:
					_, err := fmt.Fprintln(out, l.String())
					return err
				}
			})
			if errors.Is(err, context.Canceled) {
				return nil
			}
			return err
		},
	}
	f := cmd.Flags()
	f.BoolVar(&follow, "follow", false, "go on with the lines that come")
	f.StringVar(&source, "source", "", "only lines of `app|node|tunnel|bus`; the bus speaks while it is followed")
	f.StringVar(&connection, "connection", "", "only lines of one connection: its `ID`, or last")
	f.IntVar(&tail, "tail", 0, "only the last `N` lines of those that are there")
	f.BoolVar(&asJSON, "json", false, "print one JSON document a line")
	return cmd
}
