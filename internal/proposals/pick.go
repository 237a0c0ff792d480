package proposals

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// rank orders proposals, the better one first: those that serve everybody, then by quality in steps of a tenth (the
// node's score wobbles by less), with what the provider's own record here adds or takes, then latency, bandwidth, price
// per GiB, price per hour. The provider id breaks ties, so that the same list gives the same choice everywhere.
func rank(a, b *Proposal) int {
	if a.Restricted != b.Restricted {
		if a.Restricted {
			return 1
		}
		return -1
	}
	return cmp.Or(
		cmp.Compare(math.Round(b.Quality*10)+float64(b.Record.Weight()), math.Round(a.Quality*10)+float64(a.Record.Weight())),
		cmp.Compare(known(a.Latency), known(b.Latency)),
		cmp.Compare(b.Bandwidth, a.Bandwidth),
		a.PerGiB.Cmp(b.PerGiB),
		a.PerHour.Cmp(b.PerHour),
		strings.Compare(a.ProviderID, b.ProviderID),
	)
}

// known puts an unknown latency behind all known ones.
func known(latency float64) float64 {
	if latency == 0 {
		return math.Inf(1)
	}
	return latency
}

// Pick chooses the proposal for a target: the best one that avoid does not want avoided. A nil avoid avoids none, and a
// provider that the user named is never avoided. The Reason is zero when something was found: otherwise it is
// NoSuchProvider, NoExitInCountry or NoProposals, also when proposals exist but all are to be avoided; the caller,
// who knows why they are, may have a better sentence.
func (s *Snapshot) Pick(target vpn.Target, avoid func(providerID string) bool) (Proposal, vpn.Reason) {
	switch {
	case len(s.Proposals) == 0:
		return Proposal{}, vpn.Reason{Code: vpn.NoProposals}
	case target.ProviderID != "":
		if p, ok := s.Provider(target.ProviderID); ok {
			return *p, vpn.Reason{}
		}
		return Proposal{}, vpn.Reason{Code: vpn.NoSuchProvider, A: clean(target.ProviderID, maxID)}
	case target.Country != "":
		if c, ok := s.Country(target.Country); ok {
			var best *Proposal // they may stand by price
			for i := range c.Proposals {
				p := &c.Proposals[i]
				if (avoid == nil || !avoid(p.ProviderID)) && (best == nil || rank(p, best) < 0) {
					best = p
				}
			}
			if best != nil {
				return *best, vpn.Reason{}
			}
		}
		return Proposal{}, vpn.Reason{Code: vpn.NoExitInCountry, A: CountryInSentence(target.Country)}
	}
	for _, i := range s.byRank {
		if avoid == nil || !avoid(s.Proposals[i].ProviderID) {
			return s.Proposals[i], vpn.Reason{}
		}
	}
	return Proposal{}, vpn.Reason{Code: vpn.NoProposals}
}

// Place is where an exit comes out, for a human: "Berlin, Germany", or what is known of it.
func Place(e vpn.Exit) string {
	switch {
	case e.City == "":
		return CountryName(e.Country)
	case e.Country == "":
		return e.City
	}
	return e.City + ", " + CountryName(e.Country)
}

// Explain says in one sentence what quick connect would choose now and why. It is "" while there is nothing to choose.
func (s *Snapshot) Explain(avoid func(providerID string) bool) string {
	p, why := s.Pick(vpn.Target{}, avoid)
	if !why.Zero() {
		return ""
	}
	if len(s.Proposals) == 1 {
		return fmt.Sprintf("%s: the only exit on offer.", Place(p.Exit))
	}
	if s.Unmeasured() {
		return fmt.Sprintf("%s: one of %d exits, none of them measured.", Place(p.Exit), len(s.Proposals))
	}
	price := "free of charge"
	if !p.PerGiB.IsZero() || !p.PerHour.IsZero() {
		price = fmt.Sprintf("at %s MYST per GiB", p.PerGiB.Human())
	}
	return fmt.Sprintf("%s: the best quality, %.1f of 3, among %d exits, %s.", Place(p.Exit), p.Quality, len(s.Proposals), price)
}

// Unmeasured reports whether the node has measured none of the providers.
func (s *Snapshot) Unmeasured() bool {
	return !slices.ContainsFunc(s.Proposals, func(p Proposal) bool { return p.Quality > 0 })
}

// Grade is a quality in words.
type Grade uint8

// The grades, by the node's score: below 1, from 1, from 2.
const (
	UnknownGrade Grade = iota
	Low
	Medium
	High
)

// GradeOf gives the grade of a score. A score of 0 says that the node has not measured this provider.
func GradeOf(quality float64) Grade {
	switch {
	case quality >= 2:
		return High
	case quality >= 1:
		return Medium
	case quality > 0:
		return Low
	}
	return UnknownGrade
}

var gradeNames = [...]string{"unknown", "low", "medium", "high"}

// String is the grade in words, lower case.
func (g Grade) String() string {
	if int(g) < len(gradeNames) {
		return gradeNames[g]
	}
	return gradeNames[UnknownGrade]
}
