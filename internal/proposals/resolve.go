package proposals

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// WhereError says that a text names no place to come out, and what may have been meant.
type WhereError struct {
	Where      string   // as typed, cleaned
	DidYouMean []string // "Germany (DE)", best first; may be empty
	Why        string   // a whole sentence in place of the usual one; may be ""
}

// Error is a sentence for the user: what was wrong and what to do.
func (e *WhereError) Error() string {
	s := e.Why
	if s == "" {
		s = fmt.Sprintf("%q is neither a country nor a provider id", e.Where)
	}
	if len(e.DidYouMean) > 0 {
		s += "; did you mean " + orList(e.DidYouMean) + "?"
	} else {
		s += "."
	}
	return s + ` "mysteriumvpn countries" lists what is on offer.`
}

func orList(list []string) string {
	if len(list) == 1 {
		return list[0]
	}
	return strings.Join(list[:len(list)-1], ", ") + " or " + list[len(list)-1]
}

// world is the table of countries folded, for Resolve, which must know countries that nobody offers.
var world = sync.OnceValue(func() [][]string {
	names := make([][]string, len(lands))
	for i := range lands {
		names[i] = namesOf(lands[i].code, lands[i].name)
	}
	return names
})

// Resolve reads where the user wants to come out: a country's code or name (or the beginning of one name only), a
// provider id (or, from 6 digits on, the beginning of one id only), the name of an own server that is in no country, or
// nothing for quick connect. It knows all countries, on offer or not: whether something is on offer is for Pick to say. A
// text that it does not understand is a *WhereError.
func (s *Snapshot) Resolve(where string) (vpn.Target, error) {
	if isBlank(where) {
		return vpn.Target{}, nil
	}
	where = clean(where, maxQuery)
	q := fold(where)
	switch {
	case where == "":
		return vpn.Target{}, &WhereError{Why: "what was given has no readable character"}
	case strings.HasPrefix(q, "0x"):
		return s.resolveID(where, q)
	}
	if p, ok := s.Provider(where); ok { // a network may name providers in another way
		return vpn.Target{ProviderID: p.ProviderID}, nil
	}
	if len(where) == 2 {
		if code := countryCode(where); landOf(code) != nil {
			return vpn.Target{Country: code}, nil
		}
	}
	var found [matches][]int
	if q != "" {
		for i, names := range world() {
			m := match(noMatch)
			for _, name := range names {
				m = min(m, compare(q, name))
			}
			if m < matches {
				found[m] = append(found[m], i)
			}
		}
	}
	for m := exactName; m <= wordPrefix; m++ {
		if len(found[m]) == 1 && (m == exactName || len(q) >= typoFrom) {
			return vpn.Target{Country: lands[found[m][0]].code}, nil
		}
		if len(found[m]) > 0 {
			break
		}
	}
	if cities := s.inCity(q); len(cities) > 0 {
		return vpn.Target{}, &WhereError{Where: where, DidYouMean: cities, Why: fmt.Sprintf("%q is a city; give its country or one provider's id", where)}
	}
	if own := s.named(q); len(own) == 1 { // after all that a stranger must not take the place of
		return vpn.Target{ProviderID: own[0]}, nil
	}
	bad := &WhereError{Where: where}
	for m := exactName; m < matches && len(bad.DidYouMean) == 0; m++ {
		if m == within && len(q) < typoFrom {
			continue
		}
		for _, i := range found[m][:min(len(found[m]), 4)] {
			bad.DidYouMean = append(bad.DidYouMean, fmt.Sprintf("%s (%s)", lands[i].name, lands[i].code))
		}
	}
	return vpn.Target{}, bad
}

const idDigits = 40 // of a provider id, after 0x

func (s *Snapshot) resolveID(where, q string) (vpn.Target, error) {
	digits := q[2:]
	for i := range len(digits) {
		if c := digits[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return vpn.Target{}, &WhereError{Where: where, Why: fmt.Sprintf("%q is no provider id: after 0x only the digits 0-9 and a-f may follow", where)}
		}
	}
	if len(digits) == idDigits {
		return vpn.Target{ProviderID: q}, nil
	}
	var found []string
	if len(digits) >= 6 && len(digits) < idDigits {
		for i := range s.Proposals {
			if strings.HasPrefix(s.Proposals[i].ProviderID, q) {
				found = append(found, s.Proposals[i].ProviderID)
			}
		}
	}
	if len(found) == 1 {
		return vpn.Target{ProviderID: found[0]}, nil
	}
	if len(found) > 1 {
		return vpn.Target{}, &WhereError{Where: where, DidYouMean: found[:min(len(found), 4)], Why: fmt.Sprintf("%q is the beginning of %d provider ids", where, len(found))}
	}
	return vpn.Target{}, &WhereError{Where: where, Why: fmt.Sprintf("%q is no provider id: one has 0x and %d digits, this has %d", where, idDigits, len(digits))}
}

// named are the providers that are in no country and have q for a city, as own servers have their name.
func (s *Snapshot) named(q string) (ids []string) {
	if c, ok := s.Country(""); ok {
		for i := range c.Proposals {
			if c.Proposals[i].City != "" && fold(c.Proposals[i].City) == q {
				ids = append(ids, c.Proposals[i].ProviderID)
			}
		}
	}
	return ids
}

// inCity names the countries with a city of that name.
func (s *Snapshot) inCity(q string) []string {
	var in []string
	for _, c := range s.index.cities {
		if c.text == q {
			name := fmt.Sprintf("%s (%s)", s.Countries[c.country].Name, s.Countries[c.country].Code)
			if !slices.Contains(in, name) && s.Countries[c.country].Code != "" {
				in = append(in, name)
			}
		}
	}
	return in
}
