package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// feedback has the node that runs tell its developers. The node adds its own log files; we add nothing.
func (a *app) feedback(ctx context.Context, email, words string) (issue string, err error) {
	s := a.topics.Status.Load()
	if s.Network != vpn.Mysterium || s.Node.State != vpn.NodeRunning {
		return "", errors.New("the Mysterium node does not run, and only it can send this; start it, then send again")
	}
	api, err := tequilapi.New("http://" + s.Node.API)
	if err != nil {
		return "", err
	}
	defer api.Close()
	issue, err = api.ReportIssue(ctx, tequilapi.Report{Email: email, Description: words})
	switch {
	case errors.Is(err, tequilapi.ErrTooOften):
		return "", errors.New("the node takes one report a minute; try again then")
	case errors.Is(err, tequilapi.ErrValidation):
		return "", errors.New("the node wants a valid e-mail address and a description of 30 letters at least; nothing was sent")
	case errors.Is(err, tequilapi.ErrFeedback), errors.Is(err, tequilapi.ErrUnavailable):
		return "", errors.New("nothing was sent: the developers' service cannot be reached, or the node keeps no log files; try again later")
	case err != nil:
		return "", fmt.Errorf("nothing was sent, try again later: %w", err)
	}
	a.log.Info("the node has told its developers what the user wrote")
	return issue, nil
}

// newFeedback is `mysteriumvpn feedback`.
func newFeedback(at func() folders) *cobra.Command {
	var email string
	var send bool
	cmd := &cobra.Command{
		Use:   "feedback --email ADDRESS TEXT",
		Short: "Have the Mysterium node tell its developers what happened",
		Long: `Have the Mysterium node send your text, your e-mail address and its own log files, as they are, to the developers of
the Mysterium node. The log files name your identity, your address on the internet and the providers that you used.
A report of this program (mysteriumvpn report) is not part of it. Without --send nothing is sent.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			words := strings.Join(args, " ")
			switch {
			case !strings.Contains(email, "@"):
				return usagef(cmd, "--email needs your address: the developers answer by e-mail")
			case len([]rune(words)) < 30:
				return usagef(cmd, "say in 30 letters at least what happened")
			case !send:
				_, err := fmt.Fprintln(cmd.OutOrStdout(), "Nothing was sent. The node would send your text, your e-mail address, and its own log files as they are, which name\nyour identity, your address on the internet and the providers that you used. Add --send to have it sent.")
				return err
			}
			issue, err := clientAt(at()).Feedback(cmd.Context(), email, words)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "Sent. The developers' number for it is %s.\n", issue)
			return err
		},
	}
	cmd.Flags().StringVar(&email, "email", "", "where they can answer: an `ADDRESS`")
	cmd.Flags().BoolVar(&send, "send", false, "send it")
	return cmd
}
