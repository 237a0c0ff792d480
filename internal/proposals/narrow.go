package proposals

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Order is how countries, and the offers of one country, follow each other.
type Order uint8

// The orders.
const (
	ByName        Order = iota // countries by name; the offers of one best first
	BestFirst                  // countries by their best offer
	CheapestFirst              // countries by their lowest price per GiB, offers by theirs
)

var orderNames = [...]string{"name", "best", "cheapest"}

// String is the order's name.
func (o Order) String() string {
	if int(o) < len(orderNames) {
		return orderNames[o]
	}
	return orderNames[ByName]
}

// MarshalText gives the name, for JSON.
func (o Order) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads a name that MarshalText gave. Any other text is an error and leaves ByName.
func (o *Order) UnmarshalText(b []byte) error {
	i := slices.Index(orderNames[:], string(b))
	if i < 0 {
		*o = ByName
		return fmt.Errorf("%q is no order", b)
	}
	*o = Order(i)
	return nil
}

// Narrow is the snapshot without what the filter leaves out, in another order, with the same version: countries count and
// tell the best of what is left, and Search, Pick and Explain know nothing else. It copies the list, so callers keep the
// answer. The zero filter by name gives s itself.
func (s *Snapshot) Narrow(f Filter, o Order) *Snapshot {
	f = s.Known(f)
	if f.Parts()&^NATPart == 0 && o == ByName {
		return s
	}
	order := rank
	if o == CheapestFirst {
		order = cheaper
	}
	kept := make([]Proposal, 0, len(s.Proposals))
	groups := make([][]Proposal, 0, len(s.Countries))
	for i := range s.Countries {
		from := len(kept)
		for j := range s.Countries[i].Proposals {
			if p := &s.Countries[i].Proposals[j]; f.Misses(p) == 0 {
				kept = append(kept, *p)
			}
		}
		if g := kept[from:]; len(g) > 0 {
			if o == CheapestFirst {
				slices.SortFunc(g, func(a, b Proposal) int { return cheaper(&a, &b) })
			}
			groups = append(groups, g)
		}
	}
	list := kept
	if o != ByName {
		slices.SortFunc(groups, func(a, b []Proposal) int {
			return cmp.Or(unknownLast(&a[0], &b[0]), order(&a[0], &b[0]))
		})
		list = slices.Concat(groups...)
	}
	n := newSnapshot(list, s.called)
	if o == CheapestFirst {
		n.found = make([]int32, len(list))
		for i := range list {
			n.found[i] = int32(i)
		}
		slices.SortFunc(n.found, func(a, b int32) int { return cheaper(&list[a], &list[b]) })
	}
	n.Version, n.At, n.Preset, n.Presets = s.Version, s.At, s.Preset, s.Presets
	return n
}

// cheaper orders proposals by price, and by rank where that is the same.
func cheaper(a, b *Proposal) int {
	return cmp.Or(a.PerGiB.Cmp(b.PerGiB), a.PerHour.Cmp(b.PerHour), rank(a, b))
}

// unknownLast keeps what has no country behind everything else.
func unknownLast(a, b *Proposal) int {
	if (a.Country == "") != (b.Country == "") {
		return strings.Compare(b.Country, a.Country)
	}
	return 0
}
