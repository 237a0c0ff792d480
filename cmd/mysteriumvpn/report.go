package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/mysteriumvpn/desktop/internal/control"
	"github.com/mysteriumvpn/desktop/internal/logs"
	"github.com/mysteriumvpn/desktop/internal/redact"
	"github.com/mysteriumvpn/desktop/internal/report"
)

// newReport is `mysteriumvpn report`.
func newReport(at func() folders) *cobra.Command {
	var out string
	var without []string
	var show, asJSON bool
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Make a problem report to give to others; nothing is sent",
		Long: `Make a problem report: a zip file with the log, the state, the settings and how the last run ended. What would
tell who you are or where you went is replaced; --show prints every byte of it. Nothing is sent: you give the file to
whom you like. It works when MysteriumVPN does not run, or does not start.`,
		Example: `  mysteriumvpn report --show | less
  mysteriumvpn report --without log.txt --out report.zip`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := makeReport(cmd.Context(), at())
			if err != nil {
				return err
			}
			if r, err = r.Without(without...); err != nil {
				return usagef(cmd, err.Error())
			}
			w := cmd.OutOrStdout()
			switch {
			case asJSON:
				return printLine(w, r)
			case show:
				return showReport(w, r)
			}
			if out == "" {
				out = r.FileName()
			}
			if err := saveReport(out, r); err != nil {
				return err
			}
			return sayReport(w, out, r)
		},
	}
	f := cmd.Flags()
	f.StringVar(&out, "out", "", "write it to this `FILE`, which must not be there yet (default: a name with the time)")
	f.StringArrayVar(&without, "without", nil, "leave this `PART` out; may be repeated")
	f.BoolVar(&show, "show", false, "print all that would be in it, and write nothing")
	f.BoolVar(&asJSON, "json", false, "print it as one JSON document, and write nothing")
	cmd.MarkFlagsMutuallyExclusive("show", "json", "out")
	return cmd
}

// makeReport asks the running program, or reads what one that does not run has left.
func makeReport(ctx context.Context, f folders) (report.Report, error) {
	r, err := clientAt(f).Report(ctx)
	switch {
	case err == nil:
		return r, nil
	case errors.Is(err, control.ErrNotRunning):
	case ctx.Err() != nil:
		return r, err
	}
	s := report.Subject{Version: version, Now: time.Now(), Known: knownHere()}
	if !errors.Is(err, control.ErrNotRunning) { // it hangs, or is of another version: then a report is wanted all the more
		s.Missing = append(s.Missing, "what the running program knows: "+err.Error())
	}
	s.Offline(report.Files{Settings: f.settings(), Log: f.logFile(), Crash: f.crashToRead()})
	return report.Make(s), nil
}

// knownHere is what a report must not tell of this computer and its user.
func knownHere() redact.Known {
	k := redact.Known{Home: userHome(), Keep: []string{"mysterium.network"}}
	if u, err := user.Current(); err == nil {
		k.User = u.Username
		if _, name, ok := strings.Cut(k.User, `\`); ok { // Windows puts the domain before it
			k.User = name
		}
	}
	k.Host, _ = os.Hostname()
	return k
}

// report is the running program's.
func (a *app) report() report.Report {
	set, status := a.topics.Settings.Load(), a.topics.Status.Load()
	s := report.Subject{
		Version: version, Now: time.Now(), Began: a.began, Known: knownHere(),
		Settings: &set, Status: &status, Stories: a.core.Stories(), Bus: a.bus.Inspect(), Log: ringText(a.ring),
	}
	s.ReadCrash(a.folders.lastCrash())
	return report.Make(s)
}

// ringText is all that the ring has.
func ringText(r *logs.Ring) report.Log {
	l := report.Log{From: "memory"}
	var b []byte
	for cursor := uint64(0); ; {
		lines, next, _ := r.Read(cursor, 512)
		if cursor = next; len(lines) == 0 {
			break
		}
		for i := range lines {
			b = append(lines[i].AppendTo(b), '\n')
		}
	}
	for _, s := range logs.Sources() {
		l.Gone += r.Gone(s)
	}
	l.Text = string(b)
	return l
}

func showReport(w io.Writer, r report.Report) error {
	for _, p := range r.Parts {
		if _, err := fmt.Fprintf(w, "==> %s: %s\n%s\n", p.Name, p.About, p.Text); err != nil {
			return err
		}
	}
	return nil
}

// saveReport writes a file that nobody else can read, and never over another.
func saveReport(path string, r report.Report) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already; choose another name with --out", path)
	}
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	err = r.Zip(file)
	if shut := file.Close(); err == nil {
		err = shut
	}
	if err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

func sayReport(w io.Writer, path string, r report.Report) error {
	fmt.Fprintf(w, "%s\n\n", path)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, p := range r.Parts {
		fmt.Fprintf(t, "  %s\t%d bytes\t%s\n", p.Name, len(p.Text), p.About)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nReplaced: %s.\nNothing was sent. Read it first: mysteriumvpn report --show. --without leaves a part out.\n", report.HiddenText(r.Hidden))
	return err
}
