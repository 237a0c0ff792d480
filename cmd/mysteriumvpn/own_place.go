package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/spf13/cobra"

	"github.com/mysteriumvpn/desktop/internal/own"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/internal/wgconf"
)

// placeFlags are where a server is, as flags; what is not given is as otherwise says.
func placeFlags(cmd *cobra.Command, place *own.Place, otherwise string) {
	cmd.Flags().StringVar(&place.Country, "country", "", "it is in this country, `CC` being the code (default: "+otherwise+")")
	cmd.Flags().StringVar(&place.City, "city", "", "it is in this `CITY` (default: likewise)")
}

// checkPlace brings a place that flags gave into the form in which it is kept.
func checkPlace(cmd *cobra.Command, place own.Place) (own.Place, error) {
	country := wgconf.CountryCode(place.Country)
	if country == "" && place.Country != "" {
		return place, usagef(cmd, fmt.Sprintf("--country %s is no code of a country, for example CH", quoted(place.Country)))
	}
	place.Country = country
	return place, nil
}

func newOwnPlace(at func() folders) *cobra.Command {
	var place own.Place
	cmd := &cobra.Command{
		Use:   "place NAME",
		Short: "Say where an own server is",
		Long: `Say where the own server NAME is, for lists, the map and 'mysteriumvpn connect CC'. It is written into the server's file,
in place of what stood there; without flags nothing is said of it any more.`,
		Args: exactly("the server's name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			place, err := checkPlace(cmd, place)
			if err != nil {
				return err
			}
			f := at()
			err = f.own().Locate(args[0], place)
			if bad, ok := errors.AsType[*wgconf.Error](err); ok {
				return fmt.Errorf("the file of %s cannot be used: %s", args[0], bad.Problems[0].String())
			}
			if errors.Is(err, fs.ErrNotExist) {
				return noServer(args[0])
			}
			if err != nil {
				return err
			}
			all, err := f.own().List()
			if err != nil {
				return err
			}
			if i := slices.IndexFunc(all, func(s own.Server) bool { return s.Name == args[0] }); i >= 0 {
				relist(cmd.Context(), f, all[i].ID, true)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s.\n", args[0], proposals.Place(vpn.Exit{Country: place.Country, City: place.City}))
			return err
		},
	}
	placeFlags(cmd, &place, "unsaid")
	return cmd
}
