package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// newManual is `mysteriumvpn manual`, for those who make packages: the manual page, made from the same words as the
// help, so that it cannot say something else.
func newManual() *cobra.Command {
	return &cobra.Command{
		Use:    "manual",
		Short:  "Print the manual page, as roff",
		Hidden: true,
		Args:   noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(cmd.OutOrStdout(), manual(cmd.Root()))
			return err
		},
	}
}

// manual is the page mysteriumvpn(1). It has no date: the same program gives the same page.
func manual(root *cobra.Command) string {
	root.InitDefaultVersionFlag()
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %s 1 \"\" \"%s %s\" \"User Commands\"\n", strings.ToUpper(root.Name()), roff(root.Name()), roff(root.Version))
	b.WriteString(".SH NAME\n" + roff(root.Name()) + ` \- ` + roff(firstLower(root.Short)) + "\n")
	b.WriteString(".SH SYNOPSIS\n.B " + roff(root.Name()) + "\n[COMMAND] [OPTION]...\n")
	b.WriteString(".SH DESCRIPTION\n" + paragraphs(root.Long))
	b.WriteString(".SH OPTIONS\n" + options(root.LocalFlags().FlagUsages()))
	b.WriteString(".SH COMMANDS\n")
	for _, c := range root.Commands() {
		if !c.IsAvailableCommand() || c.Name() == "help" {
			continue
		}
		long := c.Long
		if long == "" {
			long = c.Short + "."
		}
		b.WriteString(".SS " + roff(strings.TrimSuffix(strings.TrimPrefix(c.UseLine(), root.Name()+" "), " [flags]")) + "\n" + paragraphs(long))
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() {
				b.WriteString(".TP\n.B " + roff(sub.Name()) + "\n" + roff(sub.Short) + "\n")
			}
		}
		b.WriteString(options(c.LocalNonPersistentFlags().FlagUsages()))
	}
	b.WriteString(".SH EXAMPLES\n.nf\n" + roff(root.Example) + "\n.fi\n")
	return b.String()
}

// options shows flags as the help does.
func options(usages string) string {
	var b strings.Builder
	for line := range strings.Lines(usages) {
		if !strings.HasPrefix(strings.TrimSpace(line), "-h, --help ") {
			b.WriteString(roff(line))
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return ".PP\n.nf\n" + b.String() + ".fi\n"
}

// paragraphs keeps the paragraphs of a help text, and the lines of those that are indented.
func paragraphs(s string) string {
	var b strings.Builder
	for i, p := range strings.Split(strings.TrimSpace(s), "\n\n") {
		if i > 0 {
			b.WriteString(".PP\n")
		}
		if strings.HasPrefix(p, " ") {
			b.WriteString(".nf\n" + roff(p) + "\n.fi\n")
		} else {
			b.WriteString(roff(p) + "\n")
		}
	}
	return b.String()
}

// roff escapes what would be an order to the typesetter: backslashes, hyphens that must stay hyphens, and a dot or a
// quote at the beginning of a line.
func roff(s string) string {
	lines := strings.Split(strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s), "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}

func firstLower(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
