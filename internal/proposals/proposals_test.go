package proposals

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func id(n int) string { return fmt.Sprintf("0x%040x", n) }

func offer(n int, country, city string, quality float64) tequilapi.Proposal {
	return tequilapi.Proposal{
		ProviderID: id(n), ServiceType: "wireguard",
		Location: tequilapi.ProposalLocation{Country: country, City: city, IPType: "residential"},
		Quality:  tequilapi.Quality{Quality: quality, Latency: 50, Bandwidth: 10},
		Price:    tequilapi.Price{Currency: "MYST", PerHour: tequilapi.Wei(100), PerGiB: tequilapi.Wei(1000)},
	}
}

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func book(offers ...tequilapi.Proposal) *Snapshot { return new(Book).Replace(offers, noon) }

func TestAnEmptyBookClaimsNothing(t *testing.T) {
	var b Book
	s := b.Load()
	require.NotNil(t, s)
	assert.Zero(t, s.Version)
	assert.Empty(t, s.Search(""))
	assert.Empty(t, s.Search("germany"))
	assert.Empty(t, s.Explain(nil))
	_, why := s.Pick(vpn.Target{}, nil)
	assert.Equal(t, vpn.NoProposals, why.Code)
}

func TestCountriesTellTheirBest(t *testing.T) {
	cheap := offer(1, "DE", "Berlin", 1)
	cheap.Price.PerGiB = tequilapi.Wei(5)
	short := offer(2, "DE", "Hamburg", 2.5)
	short.Price.PerHour = tequilapi.Wei(3)
	s := book(cheap, short, offer(3, "", "", 3), offer(4, "NL", "", 2))
	require.Len(t, s.Countries, 3)
	de := s.Countries[0]
	assert.Equal(t, "Germany", de.Name)
	assert.Equal(t, Europe, de.Continent)
	assert.Equal(t, 2, de.Count)
	assert.Equal(t, 2.5, de.Quality)
	assert.Equal(t, tequilapi.Wei(5), de.PerGiB)
	assert.Equal(t, tequilapi.Wei(3), de.PerHour)
	assert.Equal(t, id(2), de.Proposals[0].ProviderID, "best first")
	assert.Equal(t, "Netherlands", s.Countries[1].Name)
	assert.Equal(t, UnknownCountry, s.Countries[2].Name, "the unknown country is last")
}

func TestVersionRisesOnlyWhenTheListDiffers(t *testing.T) {
	var b Book
	one := b.Replace([]tequilapi.Proposal{offer(1, "DE", "", 1), offer(2, "NL", "", 1)}, noon)
	same := b.Replace([]tequilapi.Proposal{offer(2, "NL", "", 1), offer(1, "DE", "", 1)}, noon.Add(time.Minute))
	assert.Equal(t, uint64(1), one.Version)
	assert.Equal(t, one.Version, same.Version)
	assert.Equal(t, noon.Add(time.Minute), same.At)
	assert.Equal(t, noon, one.At, "an old snapshot does not change")
	assert.Same(t, same, b.Load())
	none := b.Replace(nil, noon)
	assert.Equal(t, uint64(2), none.Version)
	assert.Equal(t, uint64(2), b.Replace(nil, noon).Version)
}

func TestOnlyWhatTheTunnelCarriesIsKept(t *testing.T) {
	var offers []tequilapi.Proposal
	for i, service := range []string{"wireguard", "dvpn", "data_transfer", "scraping", "openvpn", "noop", "monitoring", "quic_scraping", "", "WIREGUARD"} {
		o := offer(i, "DE", "", 1)
		o.ServiceType = service
		offers = append(offers, o)
	}
	assert.Len(t, book(offers...).Proposals, 4)
}

func TestOneProviderIsListedOnceByItsPreferredService(t *testing.T) {
	services := []string{"scraping", "data_transfer", "dvpn", "wireguard"}
	for n := 1; n <= len(services); n++ {
		var offers []tequilapi.Proposal
		for i, service := range services[:n] {
			o := offer(7, "DE", "", float64(len(services)-i)/2)
			o.ServiceType = service
			offers = append(offers, o)
		}
		for range 5 {
			rand.Shuffle(len(offers), func(i, j int) { offers[i], offers[j] = offers[j], offers[i] })
			s := book(offers...)
			require.Len(t, s.Proposals, 1)
			assert.Equal(t, services[n-1], s.Proposals[0].ServiceType)
		}
	}
}

func TestHostileOffersAreCleaned(t *testing.T) {
	o := offer(1, "de", "\x1b[31mBer\u202elin\x00\n\t "+strings.Repeat("x", 1<<20), math.NaN())
	o.Quality.Latency, o.Quality.Bandwidth = math.Inf(1), -4
	o.Location.ISP = "a\xff\xfeb\u200b"
	paid := offer(2, "D\n", "  New \u00a0 York ", 99)
	negative := offer(3, "DE", "", 1)
	negative.Price.PerGiB, _ = tequilapi.ParseWei("-5")
	noID, oddID, longID := offer(4, "DE", "", 1), offer(5, "DE", "", 1), offer(6, "DE", "", 1)
	noID.ProviderID, oddID.ProviderID, longID.ProviderID = "", "0x\nab", "0x"+strings.Repeat("a", 100)
	s := book(o, paid, negative, noID, oddID, longID)
	require.Len(t, s.Proposals, 2)
	p := s.Proposals[0]
	assert.Equal(t, "DE", p.Country)
	assert.True(t, strings.HasPrefix(p.City, "[31mBerlin x"), p.City)
	assert.Len(t, p.City, maxText)
	assert.Equal(t, "ab", p.ISP)
	assert.Zero(t, p.Quality)
	assert.Zero(t, p.Latency)
	assert.Zero(t, p.Bandwidth)
	p = s.Proposals[1]
	assert.Equal(t, "", p.Country)
	assert.Equal(t, "New York", p.City)
	assert.Equal(t, 3.0, p.Quality)
}

func TestEveryCountryHasNamePointAndContinent(t *testing.T) {
	seen := map[string]string{}
	for i := range lands {
		l := &lands[i]
		assert.Same(t, l, landOf(l.code))
		assert.NotEmpty(t, l.name)
		assert.NotEqual(t, UnknownContinent, l.continent, l.code)
		lon, lat, ok := CountryPoint(l.code)
		assert.True(t, ok)
		assert.True(t, lon >= -180 && lon <= 180 && lat >= -90 && lat <= 90 && (lon != 0 || lat != 0), l.code)
		if i > 0 {
			assert.Less(t, lands[i-1].code, l.code)
		}
		for _, n := range namesOf(l.code, l.name) {
			assert.NotEmpty(t, n, l.code)
			assert.Empty(t, seen[n], "%s is %s and %s", n, seen[n], l.code)
			seen[n] = l.code
		}
	}
	assert.Equal(t, "QQ", CountryName("QQ"))
	assert.Equal(t, UnknownCountry, CountryName(""))
	assert.Equal(t, "the Netherlands", CountryInSentence("NL"))
	_, _, ok := CountryPoint("qq")
	assert.False(t, ok)
	lon, lat, _ := CountryPoint("DE")
	assert.InDelta(t, 13.4, lon, 0.1)
	assert.InDelta(t, 52.5, lat, 0.1)
}

func TestCountriesAreFoundByTheUsersNames(t *testing.T) {
	var b Book
	offers := []tequilapi.Proposal{offerIn("AT", 1), offerIn("CH", 2), offerIn("DE", 3)}
	was := b.Replace(offers, time.Now())
	require.Equal(t, "AT", was.Countries[0].Code)
	b.Call(map[string]string{"AT": "Österreich", "DE": "Deutschland", "CH": "Швейцарія"})
	s := b.Load()
	assert.Greater(t, s.Version, was.Version)
	codes := func(s *Snapshot) (out []string) {
		for i := range s.Countries {
			out = append(out, s.Countries[i].Code)
		}
		return out
	}
	assert.Equal(t, []string{"DE", "AT", "CH"}, codes(s))
	for query, want := range map[string]string{"osterr": "AT", "deutschland": "DE", "Швейц": "CH", "switzerland": "CH"} {
		hits := s.AppendSearch(nil, query)
		require.NotEmpty(t, hits, query)
		assert.Equal(t, want, hits[0].Country.Code, query)
	}
	again := b.Replace(offers, time.Now())
	assert.Equal(t, s.Version, again.Version, "the same list in the same order")
}

func offerIn(country string, n int) tequilapi.Proposal {
	p := tequilapi.Proposal{Format: "service-proposal/v3", Compatibility: 2, ProviderID: fmt.Sprintf("0x%040x", n), ServiceType: "wireguard"}
	p.Location.Country = country
	return p
}

// TestABookTakesTheListOfAnother: in this one's own order, and without a new version for what it has already.
func TestABookTakesTheListOfAnother(t *testing.T) {
	var there, here Book
	here.Call(map[string]string{"DE": "Deutschland", "CH": "Schweiz", "AT": "Österreich"})
	from := there.ReplaceListed(Listing{
		Offers: []tequilapi.Proposal{offer(1, "DE", "Berlin", 2), offer(2, "CH", "", 1), offer(3, "AT", "", 3)},
		At:     noon, Preset: 2, Presets: []tequilapi.FilterPreset{{ID: 2, Name: "x"}}, Members: []tequilapi.Proposal{offer(1, "DE", "Berlin", 2)},
	})
	assert.Equal(t, "AT", from.Proposals[0].Country)
	got := here.Take(from.Proposals, from.Presets, from.Preset, noon)
	assert.EqualValues(t, 1, got.Version)
	assert.Equal(t, "DE", got.Countries[0].Code)
	assert.Equal(t, "AT", from.Proposals[0].Country, "the other's list stays as it was")
	p, ok := got.Provider(id(1))
	require.True(t, ok)
	assert.Equal(t, 2, p.Preset)
	assert.Equal(t, from.Presets, got.Presets)
	require.NotEmpty(t, got.Search("osterreich"))
	again := here.Take(from.Proposals, from.Presets, from.Preset, noon.Add(time.Hour))
	assert.EqualValues(t, 1, again.Version)
	assert.Equal(t, noon.Add(time.Hour), again.At)
	assert.EqualValues(t, 2, here.Take(from.Proposals, from.Presets, 0, noon).Version)
}
