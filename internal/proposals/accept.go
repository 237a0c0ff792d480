package proposals

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// Bounds on what is taken from the network: more than any honest list has.
const (
	maxOffers = 100_000
	maxText   = 64 // runes of a city or another name
	maxID     = 64 // bytes of a provider id; a real one has 42
)

var free tequilapi.Money

// carried are the service types that our tunnel can carry, WireGuard underneath all of them, the preferred one first.
// The node names its plans so; they differ in whom the provider lets in and in price.
var carried = []string{"wireguard", "dvpn", "data_transfer", "scraping"}

// accept cleans offers, leaves out what cannot be used, keeps one proposal per provider and puts them in the order of
// Snapshot.Proposals.
func accept(offers []tequilapi.Proposal, called map[string]string, records map[string]Record) []Proposal {
	offers = offers[:min(len(offers), maxOffers)]
	list := make([]Proposal, 0, len(offers))
	at := make(map[string]int, len(offers))
	for i := range offers {
		p, ok := cleaned(&offers[i])
		if !ok {
			continue
		}
		j, seen := at[p.ProviderID]
		switch {
		case !seen:
			at[p.ProviderID] = len(list)
			list = append(list, p)
		case better(&p, &list[j]):
			list[j] = p
		}
	}
	weigh(list, records)
	inOrder(list, called)
	return list
}

// inOrder puts a list in the order of a Snapshot: by country as it is called, then by rank.
func inOrder(list []Proposal, called map[string]string) {
	names := map[string]string{}
	for i := range list {
		code := list[i].Country
		if _, ok := names[code]; !ok {
			names[code] = fold(cmp.Or(called[code], CountryName(code)))
		}
	}
	slices.SortFunc(list, func(a, b Proposal) int {
		if a.Country != b.Country {
			if (a.Country == "") != (b.Country == "") {
				return strings.Compare(b.Country, a.Country) // "" last
			}
			return cmp.Or(strings.Compare(names[a.Country], names[b.Country]), strings.Compare(a.Country, b.Country))
		}
		return rank(&a, &b)
	})
}

// better chooses between two offers of one provider.
func better(a, b *Proposal) bool {
	return cmp.Or(cmp.Compare(slices.Index(carried, a.ServiceType), slices.Index(carried, b.ServiceType)), rank(a, b)) < 0
}

func cleaned(o *tequilapi.Proposal) (Proposal, bool) {
	service := slices.Index(carried, o.ServiceType)
	if service < 0 || !goodID(o.ProviderID) || o.Price.PerHour.Cmp(free) < 0 || o.Price.PerGiB.Cmp(free) < 0 {
		return Proposal{}, false
	}
	return Proposal{
		Exit: vpn.Exit{
			ProviderID:  strings.ToLower(o.ProviderID),
			ServiceType: carried[service],
			Country:     countryCode(o.Location.Country),
			City:        clean(o.Location.City, maxText),
			IPType:      clean(o.Location.IPType, maxText),
			Quality:     min(finite(o.Quality.Quality), 3),
			Latency:     finite(o.Quality.Latency),
			Bandwidth:   finite(o.Quality.Bandwidth),
		},
		ISP:     clean(o.Location.ISP, maxText),
		PerHour: o.Price.PerHour,
		PerGiB:  o.Price.PerGiB,

		Restricted: len(o.AccessPolicies) > 0,
	}, true
}

// finite makes a number that is none, or that makes no sense, the unknown value.
func finite(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) || f < 0 {
		return 0
	}
	return f
}

func goodID(id string) bool {
	if id == "" || len(id) > maxID {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// countryCode gives two upper-case letters, or "" for anything that is not two letters. Two codes that are in use but
// not in the standard are put right.
func countryCode(s string) string {
	if len(s) != 2 {
		return ""
	}
	s = strings.ToUpper(s)
	for i := range len(s) {
		if s[i] < 'A' || s[i] > 'Z' {
			return ""
		}
	}
	switch s {
	case "UK":
		return "GB"
	case "EL":
		return "GR"
	case "ZZ", "XX": // what locators say when they do not know
		return ""
	}
	return s
}
