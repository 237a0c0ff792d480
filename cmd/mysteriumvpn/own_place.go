package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mysteriumvpn/desktop/internal/control"
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
	place.Country, place.City = country, wgconf.CityName(place.City)
	return place, nil
}

func newOwnPlace(at func() folders) *cobra.Command {
	var place own.Place
	cmd := &cobra.Command{
		Use:   "place NAME",
		Short: "Say where an own server is",
		Long: `Say where the own server NAME is, for lists, the map and 'mysteriumvpn connect CC'. It is written into the server's file,
in place of what stood there. What is not given stays; --country "" takes it out.`,
		Example: "  mysteriumvpn own place zurich --country CH --city Zürich",
		Args:    exactly("the server's name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			given := cmd.Flags().Changed
			if !given("country") && !given("city") {
				return usagef(cmd, "--country or --city is missing")
			}
			place, err := checkPlace(cmd, place)
			if err != nil {
				return err
			}
			f := at()
			s, err := serverNamed(f.own(), args[0])
			if err != nil {
				return err
			}
			if s.Config == nil {
				return fmt.Errorf("the file of %s cannot be used: %s", s.Name, s.Problems[0].String())
			}
			if !given("country") {
				place.Country = s.Config.Country
			}
			if !given("city") {
				place.City = s.Config.City
			}
			if err := f.own().Locate(s.Name, place); err != nil {
				return err
			}
			relist(cmd.Context(), f, func(all []control.ProposalDoc) bool {
				return slices.ContainsFunc(all, func(p control.ProposalDoc) bool {
					return p.ProviderID == s.ID && p.Country == place.Country && (place.City == "" || strings.HasPrefix(p.City, place.City))
				})
			})
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s.\n", s.Name, proposals.Place(vpn.Exit{Country: place.Country, City: place.City}))
			return err
		},
	}
	placeFlags(cmd, &place, "as the file says")
	return cmd
}

// serverNamed is the own server of that name.
func serverNamed(f own.Folder, name string) (own.Server, error) {
	all, err := f.List()
	if err != nil {
		return own.Server{}, err
	}
	if i := slices.IndexFunc(all, func(s own.Server) bool { return s.Name == name }); i >= 0 {
		return all[i], nil
	}
	return own.Server{}, noServer(name)
}
