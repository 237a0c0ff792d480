package proposals

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// Price is an amount of MYST, for those who only pass it on.
type Price = tequilapi.Money

// ParsePrice reads an amount of MYST that a user typed: a decimal number, with a point or a comma.
func ParsePrice(text string) (Price, error) {
	return tequilapi.ParseMYST(strings.ReplaceAll(strings.TrimSpace(text), ",", "."))
}

// Preset is a list that the node keeps by itself, likewise.
type Preset = tequilapi.FilterPreset

// Filter leaves out proposals that the user does not want to see. The zero Filter leaves out none. It is comparable.
type Filter struct {
	Quality Grade           `json:"quality,omitzero"`  // at least; UnknownGrade = any
	PerGiB  tequilapi.Money `json:"per_gib,omitzero"`  // at most; zero = any
	IPType  string          `json:"ip_type,omitempty"` // as the node names it; "" = any
	Preset  int             `json:"preset,omitempty"`  // one of the node's own lists, by its number; 0 = none
	NAT     bool            `json:"nat,omitempty"`     // only what can be reached through the NAT here; the node leaves out the others
}

// FilterOf is the filter that settings ask for. What they have that cannot be is left out of it.
func FilterOf(s vpn.Settings) Filter {
	f := Filter{IPType: s.FilterIPType, Preset: max(s.FilterPreset, 0), NAT: s.FilterNAT}
	_ = f.Quality.UnmarshalText([]byte(s.FilterQuality)) // leaves UnknownGrade: any
	if p, err := tequilapi.ParseWei(s.FilterPrice); err == nil && s.FilterPrice != "" {
		f.PerGiB = p
	}
	return f
}

// Into writes the filter into settings.
func (f Filter) Into(s *vpn.Settings) {
	s.FilterQuality, s.FilterPrice, s.FilterIPType, s.FilterPreset, s.FilterNAT = "", "", f.IPType, f.Preset, f.NAT
	if f.Quality != UnknownGrade {
		s.FilterQuality = f.Quality.String()
	}
	if !f.PerGiB.IsZero() {
		s.FilterPrice = f.PerGiB.Wei()
	}
}

// Parts are parts of a Filter, as a set.
type Parts uint8

// The parts.
const (
	QualityPart Parts = 1 << iota
	PricePart
	IPTypePart
	PresetPart
	NATPart // never misses: what it leaves out is not in the list
)

// Parts tells which parts of the filter ask for something.
func (f Filter) Parts() Parts {
	var p Parts
	if f.Quality != UnknownGrade {
		p |= QualityPart
	}
	if !f.PerGiB.IsZero() {
		p |= PricePart
	}
	if f.IPType != "" {
		p |= IPTypePart
	}
	if f.Preset != 0 {
		p |= PresetPart
	}
	if f.NAT {
		p |= NATPart
	}
	return p
}

// Misses tells which parts leave a proposal out; 0 = it stays. What is not known of a proposal does not meet a wish.
func (f Filter) Misses(p *Proposal) Parts {
	var m Parts
	if GradeOf(p.Quality) < f.Quality {
		m |= QualityPart
	}
	if !f.PerGiB.IsZero() && p.PerGiB.Cmp(f.PerGiB) > 0 {
		m |= PricePart
	}
	if f.IPType != "" && !strings.EqualFold(f.IPType, p.IPType) {
		m |= IPTypePart
	}
	if f.Preset != 0 && p.Preset != f.Preset {
		m |= PresetPart
	}
	return m
}

// Known is the filter without a preset whose members the node has not told yet: nobody knows what it would leave out.
func (s *Snapshot) Known(f Filter) Filter {
	if f.Preset != s.Preset {
		f.Preset = 0
	}
	return f
}

// Blame tells how many of the proposals behind hits, which were found without the filter, it leaves out, and which parts do.
// A part that leaves some out all by itself is named alone; else all that have a share.
func (f Filter) Blame(hits []Hit) (hidden int, parts Parts) {
	var alone, shared Parts
	look := func(p *Proposal) {
		m := f.Misses(p)
		if m == 0 {
			return
		}
		hidden++
		shared |= m
		if m&(m-1) == 0 {
			alone |= m
		}
	}
	for _, h := range hits {
		if h.Proposal != nil {
			look(h.Proposal)
			continue
		}
		for i := range h.Country.Proposals {
			look(&h.Country.Proposals[i])
		}
	}
	if alone != 0 {
		return hidden, alone
	}
	return hidden, shared
}

// PriceSteps are up to three round prices per GiB, rising, that split what is on offer: choices for a Filter.
func (s *Snapshot) PriceSteps() []tequilapi.Money {
	prices := make([]tequilapi.Money, len(s.Proposals))
	for i := range s.Proposals {
		prices[i] = s.Proposals[i].PerGiB
	}
	slices.SortFunc(prices, tequilapi.Money.Cmp)
	var steps []tequilapi.Money
	for part := 1; part <= 3 && len(prices) > 0; part++ {
		step := roundUp(prices[len(prices)*part/4])
		if step.IsZero() || step.Cmp(prices[len(prices)-1]) >= 0 || slices.Contains(steps, step) {
			continue // it would leave out nothing, or is there already
		}
		steps = append(steps, step)
	}
	return steps
}

// roundUp keeps two digits of an amount.
func roundUp(m tequilapi.Money) tequilapi.Money {
	s := m.Wei()
	if len(s) <= 2 {
		return m
	}
	first, _ := strconv.Atoi(s[:2]) // two digits: cannot fail
	if strings.Trim(s[2:], "0") != "" {
		first++
	}
	up, err := tequilapi.ParseWei(strconv.Itoa(first) + strings.Repeat("0", len(s)-2))
	if err != nil {
		return m
	}
	return up
}

// MarshalText gives the grade's name, for JSON.
func (g Grade) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// UnmarshalText reads a name that MarshalText gave. Any other text is an error and leaves UnknownGrade.
func (g *Grade) UnmarshalText(b []byte) error {
	i := slices.Index(gradeNames[:], string(b))
	if i < 0 {
		*g = UnknownGrade
		return fmt.Errorf("%q is no grade", b)
	}
	*g = Grade(i)
	return nil
}
