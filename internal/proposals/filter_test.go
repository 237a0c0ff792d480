package proposals

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// mixed is a list with something for every part of a filter.
func mixed() *Snapshot {
	list := []tequilapi.Proposal{
		offer(1, "DE", "Berlin", 2.5), offer(2, "DE", "Bonn", 1.5), offer(3, "NL", "", 2.9), offer(4, "FR", "Paris", 0), offer(5, "", "", 3),
	}
	for i, wei := range []uint64{300, 100, 500, 200, 400} {
		list[i].Price.PerGiB = tequilapi.Wei(wei)
	}
	list[1].Location.IPType, list[2].Location.IPType = "hosting", ""
	return book(list...)
}

func TestNarrowLeavesOutWhatTheFilterDoesNotWant(t *testing.T) {
	s := mixed()
	assert.Same(t, s, s.Narrow(Filter{}, ByName))
	for name, c := range map[string]struct {
		f    Filter
		want string
	}{
		"nothing asked":   {Filter{}, "1 2 3 4 5"},
		"quality":         {Filter{Quality: High}, "1 3 5"},
		"price":           {Filter{PerGiB: tequilapi.Wei(300)}, "1 2 4"},
		"kind":            {Filter{IPType: "Hosting"}, "2"},
		"not known":       {Filter{IPType: "residential", Quality: Low}, "1 5"},
		"all":             {Filter{IPType: "residential", Quality: Medium, PerGiB: tequilapi.Wei(300)}, "1"},
		"nothing is left": {Filter{IPType: "mobile"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			n := s.Narrow(c.f, BestFirst)
			count := 0
			for _, c := range n.Countries {
				count += c.Count
			}
			assert.Len(t, n.Proposals, count, "countries count what is left")
			assert.Equal(t, s.Version, n.Version)
			var hits []Hit
			for i := range s.Proposals { // in the order of ids
				if p, ok := n.Provider(s.Proposals[i].ProviderID); ok {
					hits = append(hits, Hit{Proposal: p})
				}
			}
			assert.ElementsMatch(t, strings.Fields(c.want), strings.Fields(found(hits)))
		})
	}
	assert.Len(t, s.Proposals, 5, "the snapshot itself stays as it is")
}

func TestNarrowOrders(t *testing.T) {
	s := mixed()
	codes := func(n *Snapshot) (out []string) {
		for _, c := range n.Countries {
			out = append(out, c.Code)
		}
		return out
	}
	assert.Equal(t, []string{"FR", "DE", "NL", ""}, codes(s))
	assert.Equal(t, []string{"NL", "DE", "FR", ""}, codes(s.Narrow(Filter{}, BestFirst)))
	cheap := s.Narrow(Filter{}, CheapestFirst)
	assert.Equal(t, []string{"DE", "FR", "NL", ""}, codes(cheap))
	assert.Equal(t, id(2), cheap.Countries[0].Proposals[0].ProviderID, "offers of one country too")
	assert.Equal(t, "2 1", found(cheap.Search("b")), "and what a search finds")
	p, _ := cheap.Pick(vpn.Target{Country: "DE"}, nil)
	assert.Equal(t, id(1), p.ProviderID, "the choice among them stays the best")
	p, _ = s.Narrow(Filter{PerGiB: tequilapi.Wei(200)}, ByName).Pick(vpn.Target{}, nil)
	assert.Equal(t, id(2), p.ProviderID, "quick connect chooses among what is left")
}

func TestAFilterTellsWhatItHides(t *testing.T) {
	s := mixed()
	hidden, parts := Filter{Quality: High, IPType: "residential"}.Blame(s.Search("bonn"))
	assert.Equal(t, 1, hidden)
	assert.Equal(t, QualityPart|IPTypePart, parts, "either alone would not help")
	hidden, parts = Filter{Quality: High, PerGiB: tequilapi.Wei(300)}.Blame(s.Search("nl"))
	assert.Equal(t, 1, hidden)
	assert.Equal(t, PricePart, parts)
	hidden, parts = Filter{}.Blame(s.Search(""))
	assert.Zero(t, hidden)
	assert.Zero(t, parts)
}

func TestPriceStepsAreRoundAndSplitTheList(t *testing.T) {
	assert.Equal(t, []tequilapi.Money{tequilapi.Wei(200), tequilapi.Wei(300), tequilapi.Wei(400)}, mixed().PriceSteps())
	assert.Empty(t, new(Snapshot).PriceSteps())
	assert.Empty(t, book(offer(1, "DE", "", 1), offer(2, "DE", "", 1)).PriceSteps(), "one price for all needs no filter")
	assert.Equal(t, tequilapi.Wei(1300), roundUp(tequilapi.Wei(1234)))
	assert.Equal(t, tequilapi.Wei(10000), roundUp(tequilapi.Wei(9901)))
	assert.Equal(t, tequilapi.Wei(1200), roundUp(tequilapi.Wei(1200)))
	assert.Equal(t, tequilapi.Wei(7), roundUp(tequilapi.Wei(7)))
}

func TestFiltersSurviveJSON(t *testing.T) {
	type kept struct {
		Filter Filter `json:"filter,omitzero"`
		Order  Order  `json:"order,omitzero"`
	}
	for _, k := range []kept{{}, {Filter{Quality: High, PerGiB: tequilapi.Wei(5), IPType: "hosting"}, CheapestFirst}} {
		b, err := json.Marshal(k)
		require.NoError(t, err)
		var back kept
		require.NoError(t, json.Unmarshal(b, &back))
		assert.Equal(t, k, back)
	}
	b, _ := json.Marshal(kept{})
	assert.JSONEq(t, "{}", string(b))
	o, g := BestFirst, High
	require.Error(t, o.UnmarshalText([]byte("random")))
	assert.Equal(t, ByName, o)
	require.Error(t, g.UnmarshalText([]byte("?")))
	assert.Equal(t, UnknownGrade, g)
	assert.Equal(t, "name", Order(99).String())
}

func BenchmarkNarrow10k(b *testing.B) {
	s := book(large(10_000)...)
	for _, o := range []Order{ByName, BestFirst, CheapestFirst} {
		b.Run(o.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Narrow(Filter{Quality: Medium}, o)
			}
		})
	}
}

func TestAPresetHoldsOnceItsMembersAreKnown(t *testing.T) {
	var b Book
	list := []tequilapi.Proposal{offer(1, "DE", "Berlin", 2.5), offer(2, "DE", "Bonn", 1.5), offer(3, "NL", "", 2.9)}
	presets := []Preset{{ID: 1, Name: "Media Streaming"}}
	f := Filter{Preset: 1}
	s := b.ReplaceListed(Listing{Offers: list, Presets: presets})
	assert.Equal(t, presets, s.Presets)
	assert.Len(t, s.Narrow(f, ByName).Proposals, 3, "nobody knows yet what it leaves out")
	assert.Zero(t, s.Known(f).Parts())

	members := []tequilapi.Proposal{offer(3, "NL", "", 2.9)}
	members[0].ProviderID = strings.ToUpper(members[0].ProviderID)
	s = b.ReplaceListed(Listing{Offers: list, Presets: presets, Preset: 1, Members: members})
	n := s.Narrow(f, BestFirst)
	require.Len(t, n.Proposals, 1)
	assert.Equal(t, "NL", n.Proposals[0].Country)
	assert.Equal(t, presets, n.Presets)
	assert.Equal(t, PresetPart, s.Known(f).Misses(&s.Countries[0].Proposals[0]))
	version := s.Version
	assert.Equal(t, version, b.ReplaceListed(Listing{Offers: list, Presets: presets, Preset: 1, Members: members}).Version, "nothing new")
	assert.Greater(t, b.ReplaceListed(Listing{Offers: list, Presets: presets}).Version, version)
}

func TestAFilterIsKeptInSettings(t *testing.T) {
	for _, f := range []Filter{{}, {Quality: High}, {PerGiB: tequilapi.Wei(12345)}, {IPType: "hosting", Preset: 2}} {
		s := vpn.Settings{Theme: "dark", FilterQuality: "low", FilterPrice: "1", FilterIPType: "x", FilterPreset: 9}
		f.Into(&s)
		assert.Equal(t, f, FilterOf(s))
		assert.NoError(t, s.Check())
		assert.Equal(t, "dark", s.Theme)
	}
	bad := vpn.Settings{FilterQuality: "superb", FilterPrice: "a lot", FilterPreset: -1}
	assert.Zero(t, FilterOf(bad), "what cannot be asks for nothing")
}
