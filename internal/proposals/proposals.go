// Package proposals keeps what the network offers: a snapshot of all exits, by country, searched and ranked.
//
// core puts each new list into the Book and reads Pick and Resolve; the window, the tray and the command line read
// the newest Snapshot when the topic with its version tells them to.
//
// A Snapshot never changes once made and may be read from any goroutine; Book may be used from any goroutine.
package proposals

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// Proposal is one provider's offer, cleaned: what the user sees of it, and what it costs.
type Proposal struct {
	vpn.Exit
	ISP     string // who gives the provider its internet; "" = unknown
	PerHour tequilapi.Money
	PerGiB  tequilapi.Money
	Record  Record // how it has done here
	Preset  int    // Snapshot.Preset, if the node has it on that list; 0 = it has not

	Restricted bool // it serves only members of a list (an access policy); chosen for the user only where nothing else is left
}

// Country is one country with at least one proposal.
type Country struct {
	Code      string // ISO 3166-1 alpha-2; "" = the provider does not say
	Name      string // English
	Continent Continent
	Count     int             // of proposals
	Quality   float64         // the best on offer, 0 to 3
	PerHour   tequilapi.Money // the lowest on offer
	PerGiB    tequilapi.Money // the lowest on offer, perhaps of another provider than PerHour
	Proposals []Proposal      // best first, or as Narrow was asked; a part of Snapshot.Proposals
}

// Snapshot is one list of proposals, frozen. The zero Snapshot is empty and of version 0: nothing heard yet.
type Snapshot struct {
	Version   uint64                   // rises with every list that differs from the one before
	At        time.Time                // when the list was read
	Proposals []Proposal               // by country in the order of Countries, best first within one or as Narrow was asked
	Countries []Country                // by name, or in the order that Narrow was asked for; the unknown country last
	Presets   []tequilapi.FilterPreset // lists that the node keeps by itself; nil = not asked yet
	Preset    int                      // the one whose members were asked for; 0 = none

	called map[string]string // by code: what the user calls countries
	byRank []int32           // places in Proposals, best first
	found  []int32           // likewise, in the order in which Search gives them
	byID   map[string]int32  // provider id, lower case → place in Proposals
	index  index
}

// Book holds the newest snapshot. The zero Book is ready and empty.
type Book struct {
	newest  atomic.Pointer[Snapshot]
	write   sync.Mutex // held by Replace, so that versions rise in the order of lists
	called  map[string]string
	records map[string]Record // by provider id
}

// Call gives countries, by code, the names that the user knows them by: lists stand in their order from now on, and they
// are found by them, besides by the English ones. The Book keeps the map; do not change it.
func (b *Book) Call(names map[string]string) {
	b.write.Lock()
	defer b.write.Unlock()
	b.called = names
	was := b.Load()
	if was.Version == 0 {
		return
	}
	list := slices.Clone(was.Proposals)
	inOrder(list, names)
	s := newSnapshot(list, names)
	s.Version, s.At, s.Preset, s.Presets = was.Version+1, was.At, was.Preset, was.Presets
	b.newest.Store(s)
}

var empty = new(Snapshot)

// Load gives the newest snapshot, never nil.
func (b *Book) Load() *Snapshot {
	if s := b.newest.Load(); s != nil {
		return s
	}
	return empty
}

// Replace makes offers the newest list, read at the given time, and returns its snapshot. Offers that our tunnel cannot
// carry are left out. A list that says the same as the one before keeps its version, so that nobody draws it again.
func (b *Book) Replace(offers []tequilapi.Proposal, at time.Time) *Snapshot {
	return b.ReplaceListed(Listing{Offers: offers, At: at})
}

// Listing is what a node was asked for at a time.
type Listing struct {
	Offers  []tequilapi.Proposal
	Presets []tequilapi.FilterPreset // lists that the node keeps by itself
	Preset  int                      // the one whose members were asked for; 0 = none
	Members []tequilapi.Proposal     // those
	At      time.Time
}

// ReplaceListed is Replace with the node's own lists.
func (b *Book) ReplaceListed(l Listing) *Snapshot {
	b.write.Lock()
	defer b.write.Unlock()
	list := accept(l.Offers, b.called, b.records)
	if l.Preset != 0 {
		in := make(map[string]bool, len(l.Members))
		for i := range l.Members {
			in[strings.ToLower(l.Members[i].ProviderID)] = true
		}
		for i := range list {
			if in[list[i].ProviderID] {
				list[i].Preset = l.Preset
			}
		}
	}
	return b.putLocked(list, l.Presets, l.Preset, l.At)
}

// Take makes the list of another Book's snapshot the newest one here: a program that shows what another one knows. The
// names and the order are this Book's own. The Book keeps presets; list is the caller's.
func (b *Book) Take(list []Proposal, presets []tequilapi.FilterPreset, preset int, at time.Time) *Snapshot {
	b.write.Lock()
	defer b.write.Unlock()
	list = slices.Clone(list)
	inOrder(list, b.called)
	return b.putLocked(list, presets, preset, at)
}

// putLocked makes a list that is clean and in order the newest, unless it says the same as the one before.
func (b *Book) putLocked(list []Proposal, presets []tequilapi.FilterPreset, preset int, at time.Time) *Snapshot {
	was := b.Load()
	if was.Version != 0 && was.Preset == preset && slices.Equal(was.Presets, presets) && slices.Equal(was.Proposals, list) {
		same := *was
		same.At = at
		b.newest.Store(&same)
		return &same
	}
	s := newSnapshot(list, b.called)
	s.Version, s.At, s.Preset, s.Presets = was.Version+1, at, preset, presets
	b.newest.Store(s)
	return s
}

// newSnapshot takes over list, which accept has put in order.
func newSnapshot(list []Proposal, called map[string]string) *Snapshot {
	s := &Snapshot{Proposals: list, called: called, byID: make(map[string]int32, len(list)), byRank: make([]int32, len(list))}
	for i := range list {
		s.byRank[i] = int32(i)
		s.byID[list[i].ProviderID] = int32(i)
	}
	slices.SortFunc(s.byRank, func(a, b int32) int { return rank(&list[a], &list[b]) })
	s.found = s.byRank
	for lo := 0; lo < len(list); {
		hi := lo + 1
		for hi < len(list) && list[hi].Country == list[lo].Country {
			hi++
		}
		s.Countries = append(s.Countries, newCountry(list[lo:hi:hi]))
		lo = hi
	}
	s.index = newIndex(s, called)
	return s
}

func newCountry(list []Proposal) Country {
	c := Country{
		Code: list[0].Country, Name: CountryName(list[0].Country), Continent: CountryContinent(list[0].Country),
		Count: len(list), PerHour: list[0].PerHour, PerGiB: list[0].PerGiB, Proposals: list,
	}
	for i := range list {
		c.Quality = max(c.Quality, list[i].Quality)
		if list[i].PerHour.Cmp(c.PerHour) < 0 {
			c.PerHour = list[i].PerHour
		}
		if list[i].PerGiB.Cmp(c.PerGiB) < 0 {
			c.PerGiB = list[i].PerGiB
		}
	}
	return c
}

// Country gives the listed country with this code.
func (s *Snapshot) Country(code string) (*Country, bool) {
	for i := range s.Countries {
		if s.Countries[i].Code == code {
			return &s.Countries[i], true
		}
	}
	return nil, false
}

// Provider gives the proposal of this provider, whatever the case of its id.
func (s *Snapshot) Provider(id string) (*Proposal, bool) {
	i, ok := s.byID[strings.ToLower(id)]
	if !ok {
		return nil, false
	}
	return &s.Proposals[i], true
}
