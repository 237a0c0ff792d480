package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/control"
	"github.com/mysteriumvpn/desktop/internal/store"
	"github.com/mysteriumvpn/desktop/internal/usage"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

func (f folders) usage() string { return filepath.Join(f.state, "usage.json") }

// count begins to count how the program is used, if the settings ask for it now or later.
func (a *app) count() {
	lane := a.bus.Go("usage")
	a.counts = bus.NewState(a.bus, "usage", usage.Counts{})
	a.counter = usage.New(usage.Options{
		Path: a.folders.usage(), Version: version, Lane: lane,
		Moves: a.topics.Moves.Via(lane), Traffic: a.topics.Traffic.Via(lane), Settings: a.topics.Settings.Via(lane), Counts: a.counts,
		Say: func(text string) { a.log.Warn("usage", zap.String("problem", text)) },
	})
}

// counting is the app's counting as control sees it.
type counting struct {
	*usage.Counter
	topics *vpn.Topics
}

func (c counting) Counting() bool { return c.topics.Settings.Load().CountUsage }

// Count sends the settings with that one changed.
//
// Race: another change of the settings at this very moment, which takes microseconds, wins or loses as a whole. Whoever
// switched sees what holds with the next look.
func (c counting) Count(on bool) {
	s := c.topics.Settings.Load()
	s.CountUsage = on
	c.topics.Settings.Send(s)
}

// newUsage is `mysteriumvpn usage`.
func newUsage(at func() folders) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "usage",
		Short: "Show, export or erase what is counted of how the program is used, and switch counting",
		Long: `Counting is off until you switch it on. Then it is counted how often connecting works, how long it takes, why it
fails and how much passes, in rough figures: never who you are, where you go or when. The counts stay on this computer,
in one file, and nothing sends them. All of this works whether the program runs or not.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newUsageShow(at), newUsageExport(at), newUsageErase(at),
		newUsageSwitch(at, true, "on", "Begin to count"), newUsageSwitch(at, false, "off", "Stop counting; what was counted stays until it is erased"))
	return cmd
}

// counted asks the program that runs, or else the files.
func counted(ctx context.Context, f folders) (control.UsageDoc, error) {
	doc, err := clientAt(f).Usage(ctx)
	if !errors.Is(err, control.ErrNotRunning) {
		return doc, err
	}
	s, err := keptSettings(f)
	if err != nil {
		return doc, err
	}
	c, err := usage.Read(f.usage())
	if err != nil {
		return doc, fmt.Errorf("%w. 'mysteriumvpn usage erase' removes the file", err)
	}
	return control.NewUsageDoc(s.CountUsage, c), nil
}

// keptSettings reads the settings of a program that does not run. What cannot be read is left for its start to mend.
func keptSettings(f folders) (s vpn.Settings, err error) {
	b, err := os.ReadFile(f.settings())
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &s)
	}
	if err != nil {
		return vpn.Settings{}, fmt.Errorf("read the settings in %s: %w. Start the program once: it keeps them aside and begins with fresh ones", f.settings(), err)
	}
	return s, nil
}

func newUsageShow(at func() folders) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Print exactly what there is",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			doc, err := counted(cmd.Context(), at())
			if err != nil {
				return err
			}
			if asJSON {
				return printLine(cmd.OutOrStdout(), doc)
			}
			return printUsage(cmd.OutOrStdout(), doc)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printUsage(out io.Writer, doc control.UsageDoc) error {
	if doc.Counting {
		fmt.Fprintln(out, "Counting is on. The counts stay on this computer; nothing sends them.")
	} else {
		fmt.Fprintln(out, "Counting is off.")
	}
	if doc.Counts == nil {
		_, err := fmt.Fprintln(out, "Nothing has been counted.")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, l := range doc.Counts.Lines(nil) {
		if l.Value == "" {
			fmt.Fprintf(w, "\t\n%s:\t\n", l.Name)
			continue
		}
		fmt.Fprintf(w, "%s\t%s\n", l.Name, l.Value)
	}
	return w.Flush()
}

func newUsageExport(at func() folders) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Print the counts as the JSON document that they are kept in, or write it to a file",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" && cmd.Flags().Changed("out") {
				return usagef(cmd, "--out needs a file")
			}
			doc, err := counted(cmd.Context(), at())
			if err != nil {
				return err
			}
			if doc.Counts == nil {
				return errors.New("nothing has been counted, so there is nothing to export")
			}
			text := usage.Encode(*doc.Counts)
			if file == "" {
				_, err := io.Copy(cmd.OutOrStdout(), bytes.NewReader(text))
				return err
			}
			if err := store.WriteFile(file, text); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "Written to %s. Nobody else has it unless you hand it on.\n", file)
			return err
		},
	}
	cmd.Flags().StringVar(&file, "out", "", "write to this `FILE`")
	return cmd
}

func newUsageErase(at func() folders) *cobra.Command {
	return &cobra.Command{
		Use:   "erase",
		Short: "Forget all counts and remove their file",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f := at()
			err := clientAt(f).EraseUsage(cmd.Context())
			if errors.Is(err, control.ErrNotRunning) {
				err = usage.Remove(f.usage())
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "Erased. Nothing that was counted is left.")
			return err
		},
	}
}

func newUsageSwitch(at func() folders, on bool, name, about string) *cobra.Command {
	return &cobra.Command{
		Use:   name,
		Short: about,
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f := at()
			err := clientAt(f).CountUsage(cmd.Context(), on)
			if errors.Is(err, control.ErrNotRunning) {
				err = switchKept(f, on)
			}
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if on {
				_, err = fmt.Fprintln(out, "Counting is on. The counts stay on this computer; nothing sends them. 'mysteriumvpn usage show' prints them.")
				return err
			}
			fmt.Fprintln(out, "Counting is off.")
			if doc, err := counted(cmd.Context(), f); err != nil || doc.Counts != nil {
				fmt.Fprintln(out, "What was counted is still there: 'mysteriumvpn usage erase' removes it.")
			}
			return nil
		},
	}
}

// switchKept switches counting for the next start.
func switchKept(f folders, on bool) error {
	s, err := keptSettings(f)
	if err != nil || s.CountUsage == on {
		return err
	}
	s.CountUsage = on
	return store.WriteJSON(f.settings(), s)
}
