package main

import (
	"cmp"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/mysteriumvpn/desktop/internal/control"
	"github.com/mysteriumvpn/desktop/internal/probes"
	"github.com/mysteriumvpn/desktop/internal/proof"
)

// newProof is `mysteriumvpn proof`.
func newProof(at func() folders) *cobra.Command {
	var test, asJSON, raw bool
	cmd := &cobra.Command{
		Use:   "proof",
		Short: "Show what may leave this computer and what was refused, and test it",
		Long: `Show the firewall's rules of the whole-device mode as the kernel has them now: what may leave this computer, what
is refused and how often it was so far, and what may come in.

--test sends marked packets of every kind, as programs do and past the tunnel by each network interface, and says where
each one went. They go to addresses of documentation, which nobody has. While the network is open it sends nothing,
since everything would leave. It ends with 1 if anything has left.`,
		Example: "  mysteriumvpn proof\n  mysteriumvpn proof --test",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if raw && (asJSON || test) {
				return usagef(cmd, "--raw prints the rules as they are and goes with no other flag")
			}
			c, out := clientAt(at()), cmd.OutOrStdout()
			var result *probes.Result
			if test {
				r, err := c.Probe(cmd.Context())
				if err != nil {
					return err
				}
				result = &r
			}
			l, err := c.Rules(cmd.Context())
			if err != nil {
				return err
			}
			if raw {
				_, err := io.WriteString(out, l.Text)
				return err
			}
			if asJSON {
				doc := control.NewProofDoc(l)
				doc.Test = result
				err = printLine(out, doc)
			} else {
				err = printProof(out, l, result)
			}
			if err == nil && result != nil {
				return leaked(*result)
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&test, "test", false, "run the leak self-test, too")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&raw, "raw", false, "print the rules as nft lists them")
	return cmd
}

// leaked makes a leak a failure.
func leaked(r probes.Result) error {
	if n := len(r.Leaks()); n > 0 {
		return fmt.Errorf("%d of %d probes LEFT this computer beside the tunnel. Take it off the network", n, len(r.Probes))
	}
	return nil
}

// proofTitles are what the groups are called, in their order.
var proofTitles = []struct {
	group proof.Group
	title string
}{
	{proof.Leaves, "May leave"},
	{proof.Refused, "Is refused, and how often so far"},
	{proof.Enters, "May come in"},
	{proof.Other, "Besides"},
}

func printProof(out io.Writer, l proof.Listing, r *probes.Result) error {
	switch {
	case l.Phase == proof.Open && len(l.Rules) > 0:
		fmt.Fprintln(out, "The network is OPEN: the rules of MysteriumVPN are there and hold nothing back. Somebody has changed them.")
	case l.Phase == proof.Open:
		fmt.Fprintln(out, "The network is open: there is no rule of MysteriumVPN.")
	default:
		fmt.Fprintf(out, "The rules say: %s.\n", l.Phase)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, g := range proofTitles {
		rules := l.Of(g.group)
		if len(rules) == 0 {
			continue
		}
		fmt.Fprintf(out, "\n%s\n", g.title)
		for _, x := range rules {
			count := ""
			if x.Counted {
				count = fmt.Sprint(x.Packets)
			}
			fmt.Fprintf(w, "%s\t  %s\n", count, x.Words())
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	if r == nil {
		return nil
	}
	fmt.Fprintf(out, "\nLeak self-test, %d probes: %s\n", len(r.Probes), testWords(*r))
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, p := range r.Probes {
		ip := "IPv4"
		if p.IPv6 {
			ip = "IPv6"
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", probeName(p.Kind), ip, cmp.Or(p.Interface, "as programs do"), outcomeWords(p))
	}
	return t.Flush()
}

// testWords are what a test has shown, in short.
func testWords(r probes.Result) string {
	left, not := len(r.Leaks()), r.Untested()
	kept := len(r.Probes) - left - not
	text := fmt.Sprintf("%d went through the tunnel or nowhere, %d could not be tested, %d left.", kept, not, left)
	if kept == 0 && left == 0 {
		text = "none could be sent, so nothing was tested."
	}
	if r.LeftOut > 0 {
		text += fmt.Sprintf(" Network interfaces that were not tried, because there are too many: %d.", r.LeftOut)
	}
	return text
}

func probeName(k probes.Kind) string {
	return map[probes.Kind]string{
		probes.TCP: "TCP", probes.UDP: "UDP", probes.QUIC: "QUIC", probes.DNS: "DNS", probes.DNSTCP: "DNS over TCP",
		probes.DoT: "DNS over TLS", probes.MDNS: "multicast DNS", probes.Ping: "ping",
	}[k]
}

func outcomeWords(p probes.Probe) string {
	switch p.Outcome {
	case probes.Tunnel:
		return "through the tunnel"
	case probes.Blocked:
		return "blocked"
	case probes.Left:
		return "LEFT"
	case probes.Untested:
	}
	switch p.Why {
	case probes.NoRoute:
		return "could not be tested: there is no way there"
	case probes.NoAddress:
		return "could not be tested: the interface has no such address"
	case probes.NotYours:
		return "could not be tested: this system lets no ordinary program do that"
	case probes.Other:
	}
	return "could not be tested: " + p.Said
}
