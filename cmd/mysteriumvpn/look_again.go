package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// newRetry is `mysteriumvpn retry`.
func newRetry(at func() folders) *cobra.Command {
	return &cobra.Command{
		Use:   "retry",
		Short: "Look for the node again and start it now, after it was not found, gave up or waits",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := clientAt(at()).Retry(cmd.Context()); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "Looking again. 'mysteriumvpn status' shows what is found.")
			return nil
		},
	}
}
