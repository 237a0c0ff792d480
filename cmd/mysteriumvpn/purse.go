package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/mysteriumvpn/desktop/internal/control"
)

// newAccount is `mysteriumvpn account`.
func newAccount(at func() folders) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "account",
		Short: "Show who pays and with what: identity, registration, balance",
		Long: `Show the identity that pays, whether it is registered, and its balance.
A passphrase is read from the file that --passphrase-file names, '-' being the standard input; without it there is none.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			doc, err := clientAt(at()).Account(cmd.Context())
			if err != nil {
				return err
			}
			return printAccount(cmd.OutOrStdout(), asJSON, doc)
		},
	}
	cmd.PersistentFlags().BoolVar(&asJSON, "json", false, "print a JSON document")
	w := &accountCommands{at: at, json: &asJSON}
	cmd.AddCommand(
		w.plain("refresh", "Ask for the balance now"),
		w.plain("register", "Have the identity registered; free, or for the fee that 'account' shows"),
		w.create(), w.use(), w.unlock(), w.backup(), w.restore(),
		w.plain("gateways", "List the ways to pay for more MYST"),
		w.order(),
		w.plain("forget", "Put the order away"),
	)
	return cmd
}

// accountCommands share what all of them need.
type accountCommands struct {
	at   func() folders
	json *bool
}

// wish carries one out and prints what the account is then.
func (a *accountCommands) wish(cmd *cobra.Command, w control.AccountWish) error {
	doc, err := clientAt(a.at()).ChangeAccount(cmd.Context(), w)
	if err != nil {
		return err
	}
	return printAccount(cmd.OutOrStdout(), *a.json, doc)
}

func (a *accountCommands) plain(verb, short string) *cobra.Command {
	return &cobra.Command{Use: verb, Short: short, Args: noArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return a.wish(cmd, control.AccountWish{Verb: verb})
	}}
}

// secret adds the flag for a passphrase.
func secret(cmd *cobra.Command, about string) *string {
	return cmd.Flags().String("passphrase-file", "", about+", from the first line of this `FILE`; '-' = standard input")
}

// passphrase is the first line of a file; "" = none is named.
func passphrase(cmd *cobra.Command, file string) (string, error) {
	var r io.Reader = cmd.InOrStdin()
	switch file {
	case "":
		return "", nil
	case "-":
	default:
		f, err := os.Open(file)
		if err != nil {
			return "", fmt.Errorf("read the passphrase: %w", err)
		}
		defer f.Close()
		r = f
	}
	line, err := bufio.NewReader(io.LimitReader(r, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the passphrase: %w", err)
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", errors.New("read the passphrase: the first line is empty")
	}
	return line, nil
}

func (a *accountCommands) create() *cobra.Command {
	cmd := &cobra.Command{Use: "create", Short: "Make an identity and use it", Args: noArgs}
	file := secret(cmd, "lock it by a passphrase")
	keep := cmd.Flags().Bool("keep", false, "keep the passphrase in this desktop's keyring")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		pass, err := passphrase(cmd, *file)
		if err != nil {
			return err
		}
		return a.wish(cmd, control.AccountWish{Verb: "create", New: pass, Keep: *keep})
	}
	return cmd
}

func (a *accountCommands) use() *cobra.Command {
	cmd := &cobra.Command{Use: "use IDENTITY", Short: "Use another identity of the node's", Args: one("the identity")}
	file := secret(cmd, "the identity's passphrase")
	keep := cmd.Flags().Bool("keep", false, "keep the passphrase in this desktop's keyring")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		pass, err := passphrase(cmd, *file)
		if err != nil {
			return err
		}
		return a.wish(cmd, control.AccountWish{Verb: "use", Identity: args[0], Old: pass, Keep: *keep})
	}
	return cmd
}

func (a *accountCommands) unlock() *cobra.Command {
	cmd := &cobra.Command{Use: "unlock", Short: "Unlock the identity in use until the node ends", Args: noArgs}
	file := secret(cmd, "its passphrase")
	keep := cmd.Flags().Bool("keep", false, "keep the passphrase in this desktop's keyring")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		pass, err := passphrase(cmd, *file)
		if err != nil {
			return err
		}
		return a.wish(cmd, control.AccountWish{Verb: "unlock", Old: pass, Keep: *keep})
	}
	return cmd
}

func (a *accountCommands) backup() *cobra.Command {
	cmd := &cobra.Command{Use: "backup FILE", Short: "Save the identity as a file that its passphrase opens", Args: one("the file to write")}
	file := secret(cmd, "the passphrase for the file")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		pass, err := passphrase(cmd, *file)
		if err != nil {
			return err
		}
		if pass == "" {
			return usagef(cmd, "a backup needs a passphrase: --passphrase-file")
		}
		path, err := filepath.Abs(args[0])
		if err != nil {
			return err
		}
		return a.wish(cmd, control.AccountWish{Verb: "backup", New: pass, Path: path})
	}
	return cmd
}

func (a *accountCommands) restore() *cobra.Command {
	cmd := &cobra.Command{Use: "restore FILE", Short: "Take an identity from a backup and use it", Args: one("the file")}
	file := secret(cmd, "the file's passphrase")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		pass, err := passphrase(cmd, *file)
		if err != nil {
			return err
		}
		if pass == "" {
			return usagef(cmd, "a backup is opened by its passphrase: --passphrase-file")
		}
		f, err := os.Open(args[0])
		if err != nil {
			return fmt.Errorf("read the backup: %w", err)
		}
		defer f.Close()
		const most = 8 << 10 // a real one has 500 bytes
		b, err := io.ReadAll(io.LimitReader(f, most+1))
		switch {
		case err != nil:
			return fmt.Errorf("read the backup: %w", err)
		case len(b) > most:
			return fmt.Errorf("%s is too large to be a backup", args[0])
		}
		return a.wish(cmd, control.AccountWish{Verb: "restore", File: b, Old: pass})
	}
	return cmd
}

func (a *accountCommands) order() *cobra.Command {
	w := control.AccountWish{Verb: "order"}
	cmd := &cobra.Command{Use: "order", Short: "Order MYST; prints where to pay", Args: noArgs}
	f := cmd.Flags()
	f.StringVar(&w.Gateway, "gateway", "", "the `NAME` of a way to pay, as 'account gateways' lists them")
	f.StringVar(&w.USD, "usd", "", "how much to pay, an `AMOUNT` of US dollars")
	f.StringVar(&w.MYST, "myst", "", "or how much to get, an `AMOUNT` of MYST")
	f.StringVar(&w.Currency, "currency", "", "pay in this `CURRENCY`, one of the gateway's")
	f.StringVar(&w.Country, "country", "", "where you pay taxes, by its two letters `CC`")
	f.StringVar(&w.State, "state", "", "and there the `STATE`, if it is the United States or Canada")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		switch {
		case w.Gateway == "" || w.Currency == "" || len(w.Country) != 2:
			return usagef(cmd, "an order needs --gateway, --currency and --country with two letters")
		case (w.USD == "") == (w.MYST == ""):
			return usagef(cmd, "an order needs --usd or --myst, one of them")
		}
		w.Country, w.State = strings.ToUpper(w.Country), strings.ToUpper(w.State)
		return a.wish(cmd, w)
	}
	return cmd
}

// one asks for one argument.
func one(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return usagef(cmd, "say "+what)
		case len(args) > 1:
			return usagef(cmd, "unexpected "+quoted(args[1]))
		}
		return nil
	}
}

func printAccount(out io.Writer, asJSON bool, d control.AccountDoc) error {
	if asJSON {
		return printLine(out, d)
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name, value string) { fmt.Fprintf(t, "%s\t%s\n", name, value) }
	if d.Identity == nil {
		row("identity", "none yet; make one with 'mysteriumvpn account create'")
	} else {
		row("identity", *d.Identity)
		state := d.Registration
		if d.Fee != nil {
			state += ", registering costs " + d.Fee.MYST + " MYST"
		}
		row("registration", state)
		switch {
		case d.Locked:
			row("balance", "not shown while the identity is locked")
		case d.Balance == nil:
			row("balance", "not known")
		default:
			row("balance", fmt.Sprintf("%s MYST, asked %s", d.Balance.MYST, d.BalanceAt.Local().Format(time.TimeOnly)))
		}
		row("spent", fmt.Sprintf("%s MYST on this connection, %s today", d.Spent.MYST, d.SpentToday.MYST))
		if d.Network == "mysterium" && !d.BackedUp {
			row("backup", "none yet; make one with 'mysteriumvpn account backup FILE'")
		}
	}
	for _, g := range d.Gateways {
		row("gateway", fmt.Sprintf("%s, at least %s USD, by %s", g.Name, g.Minimum, strings.Join(g.Currencies, " ")))
	}
	if o := d.Order; o != nil {
		row("order", fmt.Sprintf("%s MYST for %s %s, %s", o.Receives, o.Pays, o.Currency, o.Stage))
		if o.Stage == "waiting" && o.Address != "" {
			row("pay to", o.Address)
		}
		if o.Stage == "waiting" && o.URL != "" {
			row("pay at", o.URL)
		}
	}
	if d.Reason != nil {
		row("note", d.Reason.Text)
	}
	return t.Flush()
}
