package main

import (
	"context"
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/history"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/unixsock"
	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// record begins to write down the connections that are made.
func (a *app) record() {
	lane := a.bus.Go("history")
	a.pastVersion = bus.NewState(a.bus, "history", uint64(0))
	a.past = history.New(history.Options{
		Path: a.folders.history(), Lane: lane,
		Moves: a.topics.Moves.Via(lane), Traffic: a.topics.Traffic.Via(lane), Commands: a.topics.Commands.Via(lane),
		Changed: a.pastVersion,
		Price: func(providerID string) (perHour, perGiB tequilapi.Money, ok bool) {
			p, ok := a.book.Load().Provider(providerID)
			if !ok {
				return perHour, perGiB, false
			}
			return p.PerHour, p.PerGiB, true
		},
		Say: func(text string) { a.log.Warn("history", zap.String("problem", text)) },
	})
}

// connectionDoc is one connection, as --json prints it.
type connectionDoc struct {
	Start         time.Time   `json:"start"`
	End           *time.Time  `json:"end"` // null = it is up
	Seconds       int64       `json:"seconds"`
	Network       vpn.Network `json:"network,omitempty"`
	Country       string      `json:"country,omitempty"`
	City          string      `json:"city,omitempty"`
	ProviderID    string      `json:"provider_id"`
	BytesReceived uint64      `json:"bytes_received"`
	BytesSent     uint64      `json:"bytes_sent"`
	Cost          *costDoc    `json:"cost"` // null = the price was not known
	Reconnects    int         `json:"reconnects"`
	Why           string      `json:"why"` // open, unknown, disconnected, switched, failed, node_died, quit
	Reason        *reasonDoc  `json:"reason,omitempty"`
}

// costDoc is an amount, as decimal texts: JSON's numbers are not exact.
type costDoc struct {
	Wei       string `json:"wei"`
	MYST      string `json:"myst"`
	PlayMoney bool   `json:"play_money"`
}

type reasonDoc struct {
	Code vpn.Code `json:"code"`
	Text string   `json:"text"`
}

func newConnectionDoc(e history.Entry) connectionDoc {
	d := connectionDoc{
		Start: e.Start, Seconds: int64(e.Length() / time.Second), Network: e.Network, Country: e.Country, City: e.City,
		ProviderID: e.ProviderID, BytesReceived: e.BytesReceived, BytesSent: e.BytesSent, Reconnects: e.Reconnects, Why: e.WhyWord(),
	}
	if !e.Open {
		d.End = &e.End
	}
	if m, ok := e.Cost(); ok {
		d.Cost = &costDoc{Wei: m.Wei(), MYST: m.MYST(), PlayMoney: e.PlayMoney()}
	}
	if why := e.Reason(); !why.Zero() {
		d.Reason = &reasonDoc{Code: why.Code, Text: why.Text()}
	}
	return d
}

// newHistory is `mysteriumvpn history`.
func newHistory(at func() folders) *cobra.Command {
	var asJSON, asCSV, clear bool
	cmd := &cobra.Command{
		Use:   "history",
		Short: "List the connections that were made, the newest first",
		Long: `List the connections that were made on this computer, the newest first. It reads the file they are kept in, so
nothing needs to run. While a connection is up, its figures are at most half a minute old.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if (asJSON && asCSV) || (clear && (asJSON || asCSV)) {
				return usagef(cmd, "--json, --csv and --clear exclude each other")
			}
			path, out := at().history(), cmd.OutOrStdout()
			if clear {
				if err := history.Clear(path); err != nil {
					return err
				}
				_, err := fmt.Fprintln(out, "Cleared. A connection that is up is kept.")
				return err
			}
			entries, skipped, err := history.Read(path)
			if err != nil {
				return err
			}
			if skipped.Lines > 0 {
				fmt.Fprintf(cmd.ErrOrStderr(), "Lines of %s that cannot be read and are left out: %d.\n", path, skipped.Lines)
			}
			slices.Reverse(entries)
			if !runsAt(cmd.Context(), at()) { // then nothing is up: it was cut off
				for i := range entries {
					entries[i].Open = false
				}
			}
			switch {
			case asJSON:
				docs := make([]connectionDoc, len(entries))
				for i, e := range entries {
					docs[i] = newConnectionDoc(e)
				}
				return printLine(out, docs)
			case asCSV:
				return history.WriteCSV(out, entries)
			}
			w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "START\tLENGTH\tPLACE\tPROVIDER\tRECEIVED\tSENT\tMYST\tENDED")
			for _, e := range entries {
				cost := "?"
				if m, ok := e.Cost(); ok {
					cost = m.Human()
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", e.Start.Local().Format(time.DateTime), e.Length().Round(time.Second),
					proposals.Place(vpn.Exit{Country: e.Country, City: e.City}), e.ProviderID, bytesText(e.BytesReceived), bytesText(e.BytesSent), cost, ending(e))
			}
			return w.Flush()
		},
	}
	f := cmd.Flags()
	f.BoolVar(&asJSON, "json", false, "print a JSON array")
	f.BoolVar(&asCSV, "csv", false, "print a table for spreadsheets, with commas, times in UTC")
	f.BoolVar(&clear, "clear", false, "forget all connections but the one that is up")
	return cmd
}

// ending says why a connection ended, in words for the terminal.
func ending(e history.Entry) string {
	if why := e.Reason(); !why.Zero() {
		return why.Text()
	}
	words, ok := map[string]string{
		"open": "up now", "unknown": "cut off", string(history.Disconnected): "disconnected", string(history.Switched): "switched",
		string(history.Failed): "lost", string(history.NodeDied): "node stopped", string(history.Quit): "program ended",
	}[e.WhyWord()]
	if !ok {
		return e.WhyWord()
	}
	return words
}

// runsAt reports whether somebody answers at the control socket.
func runsAt(ctx context.Context, f folders) bool {
	ctx, stop := context.WithTimeout(ctx, time.Second)
	defer stop()
	c, err := unixsock.Dial(ctx, f.control())
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}
