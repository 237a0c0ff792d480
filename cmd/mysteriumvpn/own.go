package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/mysteriumvpn/desktop/internal/control"
	"github.com/mysteriumvpn/desktop/internal/own"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/qrpicture"
	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/internal/wgconf"
)

// own is where own servers are kept.
func (f folders) own() own.Folder { return own.Folder{Path: filepath.Join(f.data, "own")} }

// newOwn is `mysteriumvpn own`. It works on files, so it does not matter whether the program runs.
func newOwn(at func() folders) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "own",
		Short: "Add, list and remove own servers, for the network own",
		Long: `Add, list and remove own servers: what the network own lets you connect to. A server is a WireGuard configuration
file, of any provider or of your own exit (see 'mysteriumvpn exit').`,
		Example: `  mysteriumvpn own add zurich.conf --country CH --city Zürich
  mysteriumvpn run --network own
  mysteriumvpn connect CH`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newOwnAdd(at), newOwnList(at), newOwnShow(at), newOwnPlace(at), newOwnRemove(at))
	return cmd
}

// relist has a program that runs on the network own look at the folder at once, and waits until what it lists is as it
// shall be: whoever says connect next means that. Without such a program there is nothing to do, and one that takes its
// time looks by itself later.
func relist(ctx context.Context, f folders, done func([]control.ProposalDoc) bool) {
	ctx, stop := context.WithTimeout(ctx, 3*time.Second)
	defer stop()
	c := clientAt(f)
	if s, err := c.Status(ctx); err != nil || s.Network != vpn.Own || s.Node.State != vpn.NodeRunning {
		return
	}
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for err := c.Command(ctx, vpn.Command{Verb: vpn.Relist}); err == nil; {
		var all []control.ProposalDoc
		all, err = c.Proposals(ctx, "")
		if err == nil && done(all) {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return
		}
	}
}

// lists reports whether a server is among all.
func lists(id string) func(all []control.ProposalDoc) bool {
	return func(all []control.ProposalDoc) bool {
		return slices.ContainsFunc(all, func(p control.ProposalDoc) bool { return p.ProviderID == id })
	}
}

// exactly asks for one argument.
func exactly(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch len(args) {
		case 0:
			return usagef(cmd, what+" is missing")
		case 1:
			return nil
		}
		return usagef(cmd, "unexpected "+quoted(args[1]))
	}
}

func newOwnAdd(at func() folders) *cobra.Command {
	var name string
	var place own.Place
	cmd := &cobra.Command{
		Use:   "add FILE",
		Short: "Add a server from its WireGuard configuration file",
		Long: `Add a server from its WireGuard configuration FILE, or from the standard input for -. The file is copied. It may also
be a picture of the configuration's QR code, PNG or JPEG.

Lines that are not known are left out and named. A file that would run commands (PostUp and its like) is refused:
delete these lines if the server works without them.`,
		Args: exactly("the file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			place, err := checkPlace(cmd, place)
			if err != nil {
				return err
			}
			from, text, err := readConf(cmd.InOrStdin(), args[0])
			if err != nil {
				return err
			}
			f := at()
			s, err := f.own().Add(cmp.Or(name, from), text, place)
			errs := cmd.ErrOrStderr()
			if bad, ok := errors.AsType[*wgconf.Error](err); ok {
				fmt.Fprintf(errs, "%s cannot be used:\n", args[0])
				for _, p := range bad.Problems {
					fmt.Fprintf(errs, "  %s\n", sentence(errors.New(p.String())))
				}
				return errSaid
			}
			if err != nil {
				return err
			}
			for _, p := range s.Problems {
				fmt.Fprintf(errs, "  %s\n", sentence(errors.New(p.String())))
			}
			relist(cmd.Context(), f, lists(s.ID))
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "Added %s (%s).\n", s.Name, s.Config.Peer.Endpoint)
			fmt.Fprintf(out, "Connect to it with 'mysteriumvpn connect %s' while the program runs on the network own.\n", s.ID)
			return nil
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "call it `NAME` (default: the file's name)")
	placeFlags(cmd, &place, "what a line\n\"# country: CC\" of the file says")
	return cmd
}

// readConf reads a file, which may be a picture of a QR code, or the standard input for "-", and says what it is called.
func readConf(in io.Reader, path string) (name string, text []byte, err error) {
	name = "server"
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return "", nil, fmt.Errorf("read the configuration: %w", err)
		}
		defer func() { _ = file.Close() }()
		in, name = file, strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	}
	from := bufio.NewReader(in)
	begin, err := from.Peek(16)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", nil, fmt.Errorf("read the configuration: %w", err)
	}
	if qrpicture.Is(begin) {
		code, err := qrpicture.Read(from)
		return name, []byte(code), err
	}
	if text, err = own.Read(from); err != nil {
		return "", nil, fmt.Errorf("read the configuration: %w", err)
	}
	return name, text, nil
}

// serverDoc is a server as `own list --json` and `own show --json` tell of it: without keys.
type serverDoc struct {
	Name       string   `json:"name"`
	ID         string   `json:"id"` // provider id; "" = it cannot be used
	Endpoint   string   `json:"endpoint"`
	Country    string   `json:"country"`
	City       string   `json:"city"`
	Addresses  []string `json:"addresses"`
	DNS        []string `json:"dns"`
	AllowedIPs []string `json:"allowed_ips"`
	Problems   []string `json:"problems"` // with their lines
}

func documentOf(s own.Server) serverDoc {
	d := serverDoc{Name: s.Name, ID: s.ID, Addresses: []string{}, DNS: []string{}, AllowedIPs: []string{}, Problems: []string{}}
	for _, p := range s.Problems {
		d.Problems = append(d.Problems, p.String())
	}
	c := s.Config
	if c == nil {
		return d
	}
	d.Endpoint, d.Country, d.City = c.Peer.Endpoint.String(), c.Country, c.City
	for _, a := range c.Addresses {
		d.Addresses = append(d.Addresses, a.String())
	}
	for _, a := range c.DNS {
		d.DNS = append(d.DNS, a.String())
	}
	for _, a := range c.Peer.AllowedIPs {
		d.AllowedIPs = append(d.AllowedIPs, a.String())
	}
	return d
}

func newOwnList(at func() folders) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the own servers",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := at().own().List()
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			docs := make([]serverDoc, 0, len(all))
			for _, s := range all {
				docs = append(docs, documentOf(s))
			}
			if asJSON {
				return printLine(out, docs)
			}
			if len(all) == 0 {
				_, err := fmt.Fprintln(out, "There are no own servers yet. 'mysteriumvpn own add FILE' adds one.")
				return err
			}
			w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "NAME\tCOUNTRY\tCITY\tENDPOINT\tPROVIDER")
			for _, d := range docs {
				if d.ID == "" {
					fmt.Fprintf(w, "%s\t\t\tcannot be used\t\n", d.Name)
					continue
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", d.Name, d.Country, d.City, d.Endpoint, d.ID)
			}
			if err := w.Flush(); err != nil {
				return err
			}
			for _, d := range docs {
				for _, p := range d.Problems {
					fmt.Fprintf(out, "%s, %s\n", d.Name, sentence(errors.New(p)))
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array")
	return cmd
}

func newOwnShow(at func() folders) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "Show one own server, without its keys",
		Args:  exactly("the server's name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := serverNamed(at().own(), args[0])
			if err != nil {
				return err
			}
			d := documentOf(s)
			if asJSON {
				return printLine(cmd.OutOrStdout(), d)
			}
			return showServer(cmd.OutOrStdout(), d)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON document")
	return cmd
}

func showServer(out io.Writer, d serverDoc) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	place := proposals.Place(vpn.Exit{Country: d.Country, City: d.City})
	for _, line := range [][2]string{
		{"Name", d.Name},
		{"Provider", d.ID},
		{"Endpoint", d.Endpoint},
		{"Place", place},
		{"Addresses", strings.Join(d.Addresses, ", ")},
		{"DNS", strings.Join(d.DNS, ", ")},
		{"Allowed IPs", strings.Join(d.AllowedIPs, ", ")},
	} {
		if line[1] != "" && (d.ID != "" || line[0] == "Name") {
			fmt.Fprintf(w, "%s:\t%s\n", line[0], line[1])
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, p := range d.Problems {
		fmt.Fprintln(out, sentence(errors.New(p)))
	}
	return nil
}

func noServer(name string) error {
	return fmt.Errorf("there is no own server %s; 'mysteriumvpn own list' lists those that are there", quoted(name))
}

func newOwnRemove(at func() folders) *cobra.Command {
	return &cobra.Command{
		Use:   "remove NAME",
		Short: "Remove an own server; its keys are deleted",
		Args:  exactly("the server's name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			f := at()
			all, err := f.own().List()
			if err != nil {
				return err
			}
			err = f.own().Remove(args[0])
			if errors.Is(err, fs.ErrNotExist) {
				return noServer(args[0])
			}
			if err == nil {
				if i := slices.IndexFunc(all, func(s own.Server) bool { return s.Name == args[0] }); i >= 0 {
					there := lists(all[i].ID)
					relist(cmd.Context(), f, func(all []control.ProposalDoc) bool { return !there(all) })
				}
				fmt.Fprintf(cmd.OutOrStdout(), "Removed %s.\n", args[0])
			}
			return err
		},
	}
}
