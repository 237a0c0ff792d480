package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/mysteriumvpn/desktop/internal/control"
	"github.com/mysteriumvpn/desktop/internal/proposals"
)

// newTimeline is `mysteriumvpn timeline`.
func newTimeline(at func() folders) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "timeline",
		Short: "Show what each of the last connections went through, phase by phase",
		Long: `Show what each of the last connections of this run went through: phases, how long each took, and why.

The id of each stands in the log, too: mysteriumvpn logs --connection ID tells the rest of its story.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := clientAt(at()).Timeline(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return printLine(cmd.OutOrStdout(), all)
			}
			return printTimeline(cmd.OutOrStdout(), all)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array")
	return cmd
}

func printTimeline(out io.Writer, all []control.StoryDoc) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(out, "No connection was asked for since MysteriumVPN started.")
		return err
	}
	for i, s := range all {
		if i > 0 {
			fmt.Fprintln(out)
		}
		to := "quick connect"
		switch {
		case s.Asked != "":
			to = "provider " + s.Asked
		case s.Country != "":
			to = proposals.CountryName(s.Country)
		}
		fmt.Fprintf(out, "%s  %s  to %s\n", s.ID, s.Begun.Local().Format("2006-01-02 15:04:05"), to)
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for n, step := range s.Steps {
			lasts := n == len(s.Steps)-1 && !s.Over
			fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", step.At.Local().Format("15:04:05.000"), stepPhase(step), stepTook(step, lasts), stepWords(step))
		}
		if err := w.Flush(); err != nil {
			return err
		}
		if s.Omitted > 0 {
			fmt.Fprintf(out, "  (%d steps in between are left out)\n", s.Omitted)
		}
	}
	return nil
}

func stepPhase(s control.StepDoc) string {
	if s.Attempt > 1 {
		return fmt.Sprintf("%s, attempt %d", s.Phase, s.Attempt)
	}
	return s.Phase.String()
}

func stepTook(s control.StepDoc, lasts bool) string {
	if lasts {
		return "until now"
	}
	return (time.Duration(s.Seconds*1000) * time.Millisecond).String()
}

func stepWords(s control.StepDoc) string {
	words := ""
	if s.Exit != nil {
		words = s.Exit.City
		if words != "" {
			words += ", "
		}
		words += s.Exit.CountryName + " (" + s.Exit.ProviderID + ")"
	}
	if s.Reason != nil {
		if words != "" {
			words += ": "
		}
		words += s.Reason.Text
	}
	return words
}
