package proposals

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// found writes hits as "DE" for a country and "3" for the third offer.
func found(hits []Hit) string {
	var out []string
	for _, h := range hits {
		if h.Proposal == nil {
			out = append(out, h.Country.Code)
			continue
		}
		var n int
		_, _ = fmt.Sscanf(h.Proposal.ProviderID[30:], "%x", &n)
		out = append(out, fmt.Sprint(n))
	}
	return strings.Join(out, " ")
}

func TestSearchRanksByKindOfMatch(t *testing.T) {
	s := book(
		offer(1, "DE", "Berlin", 1), offer(2, "DE", "Köln", 3), offer(3, "DK", "Copenhagen", 1), offer(4, "SE", "Stockholm", 1),
		offer(5, "US", "Denver", 2), offer(6, "US", "New York", 3), offer(7, "GB", "London", 3), offer(8, "CA", "London", 1),
		offer(9, "CI", "Abidjan", 1), offer(10, "CZ", "Prague", 1), offer(11, "NL", "Amsterdam", 2), offer(12, "TR", "İstanbul", 2),
		offer(13, "GW", "Bissau", 1), offer(14, "UA", "Київ", 1), offer(15, "", "", 1), offer(16, "CH", "Zürich", 2), offer(17, "US", "Berlin", 1),
	)
	for q, want := range map[string]string{
		"de":             "DE DK 5 SE", // code, then beginnings, then anywhere
		"DE":             "DE DK 5 SE",
		" De ":           "DE DK 5 SE",
		"germany":        "DE",
		"germny":         "DE",
		"gremany":        "DE",
		"germanyy":       "DE",
		"koln":           "2",
		"KÖLN":           "2",
		"Ko\u0308ln":     "2",
		"lond":           "7 8",
		"york":           "6",
		"uk":             "GB UA",
		"usa":            "US",
		"holland":        "NL",
		"holl":           "NL",
		"czech republic": "CZ",
		"cote d'iv":      "CI",
		"Côte d’Ivoire":  "CI",
		"guinea-bissau":  "GW 13",
		"bissau":         "13 GW",
		"istanbul":       "12",
		"zurich":         "16",
		"zrich":          "16",
		"київ":           "14",
		"unknown":        "", // see below: the unknown country has the code ""
		"berlin":         "1 17",
		"berlin usa":     "17",
		"de berlin":      "1",
		"berlin fr":      "",
		"0x":             "2 6 7 5 11 12 16 1 3 4 8 9 10 13 14 15 17",
		id(11):           "11",
		id(11)[2:]:       "11",
		"zzzz":           "",
		"!!!":            "",
	} {
		if q == "unknown" {
			assert.Len(t, s.Search(q), 1)
			continue
		}
		assert.Equal(t, want, found(s.Search(q)), "%q", q)
	}
	assert.Len(t, s.Search(""), len(s.Countries), "an empty query gives all countries")
	assert.Len(t, s.Search(" \t"), len(s.Countries))
	assert.Empty(t, s.Search(strings.Repeat("q", 1<<20)))
}

func TestAppendSearchKeepsWhatIsThere(t *testing.T) {
	s := book(offer(1, "DE", "Berlin", 1), offer(2, "NL", "", 3))
	hits := s.AppendSearch(nil, "nl")
	hits = s.AppendSearch(hits, "berlin")
	assert.Equal(t, "NL 1", found(hits))
	assert.Equal(t, "NL 1 DE NL", found(s.AppendSearch(hits, "")))
}

func TestResolve(t *testing.T) {
	full := offer(0, "DE", "Berlin", 1)
	full.ProviderID = "0xABCDEF1111111111111111111111111111111111"
	twin := offer(0, "US", "Berlin", 1)
	twin.ProviderID = "0xabcdef2222222222222222222222222222222222"
	s := book(full, twin, offer(5, "", "My-Server", 0), offer(6, "", "Berlin", 0), offer(7, "", "Germany", 0), offer(8, "", "two", 0), offer(9, "", "two", 0))
	for where, want := range map[string]vpn.Target{
		"":                {},
		"  ":              {},
		"de":              {Country: "DE"},
		"DE":              {Country: "DE"},
		"uk":              {Country: "GB"},
		"USA":             {Country: "US"},
		"Germany":         {Country: "DE"},
		"germ":            {Country: "DE"},
		"holland":         {Country: "NL"},
		"the netherlands": {Country: "NL"},
		"Cote d'Ivoire":   {Country: "CI"},
		"niger":           {Country: "NE"},
		"fr":              {Country: "FR"}, // known though not on offer
		"United Kingdom":  {Country: "GB"},
		"south korea":     {Country: "KR"},
		"korea":           {Country: "KR"},
		"my-server":       {ProviderID: id(5)}, // an own one
		"0xABCDEF1111111111111111111111111111111111": {ProviderID: strings.ToLower(full.ProviderID)},
		"0x9999999999999999999999999999999999999999": {ProviderID: "0x9999999999999999999999999999999999999999"},
		"0xabcdef2": {ProviderID: twin.ProviderID},
	} {
		got, err := s.Resolve(where)
		require.NoError(t, err, where)
		assert.Equal(t, want, got, where)
	}
	for where, want := range map[string]string{
		"germny":   `"germny" is neither a country nor a provider id; did you mean Germany (DE)? "mysteriumvpn countries" lists what is on offer.`,
		"zz":       `"zz" is neither a country nor a provider id. "mysteriumvpn countries" lists what is on offer.`,
		"united":   `did you mean United Arab Emirates (AE), United Kingdom (GB) or United States (US)?`,
		"berlin":   `"berlin" is a city; give its country or one provider's id; did you mean Germany (DE) or United States (US)?`,
		"two":      `"two" is neither`,
		"0xabcdef": `"0xabcdef" is the beginning of 2 provider ids; did you mean 0xabcdef1111111111111111111111111111111111 or 0xabcdef2`,
		"0x12":     `"0x12" is no provider id: one has 0x and 40 digits, this has 2.`,
		"0xhello":  `"0xhello" is no provider id: after 0x only the digits 0-9 and a-f may follow.`,
		"\x1b[2J":  `"[2J" is neither`,
		"\x00\xff": "no readable character",
	} {
		got, err := s.Resolve(where)
		var bad *WhereError
		require.ErrorAs(t, err, &bad, where)
		assert.Contains(t, err.Error(), want)
		assert.Zero(t, got)
	}
	_, err := new(Book).Load().Resolve(strings.Repeat("x", 1<<20))
	require.Error(t, err)
	assert.Less(t, len(err.Error()), 300)
	got, err := new(Book).Load().Resolve("Germany")
	require.NoError(t, err, "works on an empty snapshot")
	assert.Equal(t, vpn.Target{Country: "DE"}, got)
}

func FuzzSearchAndResolve(f *testing.F) {
	for _, q := range []string{"", "de", "germny", "0xabc", "İ", "é\u0301", "new york us", "\xff\xfe", "a b c d e f g h i j", "Ƒ"} {
		f.Add(q)
	}
	s := book(offer(1, "DE", "Berlin", 1), offer(2, "US", "New York", 3), offer(3, "", "Київ", 3), offer(4, "CI", "", 3))
	f.Fuzz(func(t *testing.T, q string) {
		folded := fold(q)
		if fold(folded) != folded {
			t.Fatalf("fold is not stable: %q -> %q -> %q", q, folded, fold(folded))
		}
		if c := clean(q, maxText); clean(c, maxText) != c {
			t.Fatalf("clean is not stable: %q -> %q", q, c)
		}
		for _, h := range s.Search(q) {
			if h.Country == nil {
				t.Fatal("a hit without a country")
			}
		}
		_, _ = s.Resolve(q)
	})
}

func large(n int) []tequilapi.Proposal {
	r := rand.New(rand.NewPCG(1, 2))
	offers := make([]tequilapi.Proposal, n)
	for i := range offers {
		offers[i] = offer(i, lands[r.IntN(len(lands))].code, fmt.Sprintf("City of %c%c%c %d", 'a'+r.IntN(26), 'a'+r.IntN(26), 'a'+r.IntN(26), r.IntN(8)), r.Float64()*3)
		offers[i].ProviderID = fmt.Sprintf("0x%016x%016x%08x", r.Uint64(), r.Uint64(), r.Uint32())
		offers[i].Quality.Latency = r.Float64() * 300
	}
	return offers
}

func BenchmarkSearch10k(b *testing.B) {
	s := book(large(10_000)...)
	for _, q := range []string{"", "c", "ci", "city of abc", "germny", "zqxw", "0xab", "abcdef", "de city"} {
		b.Run(fmt.Sprintf("%q", q), func(b *testing.B) {
			b.ReportAllocs()
			var dst []Hit
			for b.Loop() {
				dst = s.AppendSearch(dst[:0], q)
			}
		})
	}
}

func BenchmarkReplace10k(b *testing.B) {
	offers := large(10_000)
	b.ReportAllocs()
	for b.Loop() {
		book(offers...)
	}
}

func BenchmarkPick(b *testing.B) {
	s := book(large(10_000)...)
	b.ReportAllocs()
	for b.Loop() {
		if _, why := s.Pick(vpn.Target{Country: "DE"}, nil); !why.Zero() {
			b.Fatal(why)
		}
	}
}
