package proposals

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

func TestPickRanksByQualityLatencyBandwidthPrice(t *testing.T) {
	base := func(n int, change func(*tequilapi.Proposal)) tequilapi.Proposal {
		o := offer(n, "DE", "", 2)
		o.AccessPolicies = []tequilapi.AccessPolicy{}
		change(&o)
		return o
	}
	for name, better := range map[string]func(*tequilapi.Proposal){
		"quality":        func(o *tequilapi.Proposal) { o.Quality.Quality = 2.2; o.Quality.Latency = 900 },
		"latency":        func(o *tequilapi.Proposal) { o.Quality.Latency = 20; o.Quality.Bandwidth = 1 },
		"bandwidth":      func(o *tequilapi.Proposal) { o.Quality.Bandwidth = 90; o.Price.PerGiB = tequilapi.Wei(9999) },
		"price per GiB":  func(o *tequilapi.Proposal) { o.Price.PerGiB = tequilapi.Wei(1); o.Price.PerHour = tequilapi.Wei(9999) },
		"no list":        func(o *tequilapi.Proposal) { o.AccessPolicies = nil; o.Quality.Quality = 0.1 },
		"price per hour": func(o *tequilapi.Proposal) { o.Price.PerHour = tequilapi.Wei(1) },
	} {
		t.Run(name, func(t *testing.T) {
			worse := base(1, func(o *tequilapi.Proposal) {
				if name == "no list" {
					o.AccessPolicies = []tequilapi.AccessPolicy{{ID: "partners"}}
				}
			})
			p, why := book(worse, base(2, better)).Pick(vpn.Target{}, nil)
			assert.True(t, why.Zero())
			assert.Equal(t, id(2), p.ProviderID)
		})
	}
	t.Run("unknown latency is worst", func(t *testing.T) {
		p, _ := book(base(1, func(o *tequilapi.Proposal) { o.Quality.Latency = 0 }), base(2, func(o *tequilapi.Proposal) { o.Quality.Latency = 2000 })).Pick(vpn.Target{}, nil)
		assert.Equal(t, id(2), p.ProviderID)
	})
	t.Run("a tie goes to the lower id, in any order", func(t *testing.T) {
		a, b := offer(1, "DE", "", 2), offer(2, "NL", "", 2.01)
		one, _ := book(a, b).Pick(vpn.Target{}, nil)
		two, _ := book(b, a).Pick(vpn.Target{}, nil)
		assert.Equal(t, id(1), one.ProviderID)
		assert.Equal(t, one, two)
	})
}

func TestPickSaysWhyThereIsNothing(t *testing.T) {
	s := book(offer(1, "DE", "", 3), offer(2, "NL", "", 2), offer(3, "DE", "", 1))
	not := func(ids ...int) func(string) bool {
		return func(p string) bool {
			for _, n := range ids {
				if p == id(n) {
					return true
				}
			}
			return false
		}
	}
	for _, c := range []struct {
		name   string
		target vpn.Target
		avoid  func(string) bool
		want   int
		why    vpn.Reason
	}{
		{"quick", vpn.Target{}, nil, 1, vpn.Reason{}},
		{"quick, the best failed", vpn.Target{}, not(1), 2, vpn.Reason{}},
		{"quick, all failed", vpn.Target{}, not(1, 2, 3), 0, vpn.Reason{Code: vpn.NoProposals}},
		{"country", vpn.Target{Country: "DE"}, nil, 1, vpn.Reason{}},
		{"country, the best failed", vpn.Target{Country: "DE"}, not(1), 3, vpn.Reason{}},
		{"country, all failed", vpn.Target{Country: "DE"}, not(1, 3), 0, vpn.Reason{Code: vpn.NoExitInCountry, A: "Germany"}},
		{"country not on offer", vpn.Target{Country: "US"}, nil, 0, vpn.Reason{Code: vpn.NoExitInCountry, A: "the United States"}},
		{"provider wins over country", vpn.Target{Country: "DE", ProviderID: id(2)}, nil, 2, vpn.Reason{}},
		{"a named provider is not avoided", vpn.Target{ProviderID: id(2)}, not(2), 2, vpn.Reason{}},
		{"no such provider", vpn.Target{ProviderID: id(9)}, nil, 0, vpn.Reason{Code: vpn.NoSuchProvider, A: id(9)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, why := s.Pick(c.target, c.avoid)
			assert.Equal(t, c.why, why)
			if c.want == 0 {
				assert.Zero(t, p)
			} else {
				assert.Equal(t, id(c.want), p.ProviderID)
			}
		})
	}
}

func TestExplainSaysWhatQuickConnectWouldChoose(t *testing.T) {
	one := offer(1, "DE", "Berlin", 2.44)
	one.Price.PerGiB, _ = tequilapi.ParseWei("100000000000000000")
	assert.Equal(t, "Berlin, Germany: the only exit on offer.", book(one).Explain(nil))
	assert.Equal(t, "Berlin, Germany: the best quality, 2.4 of 3, among 2 exits, at 0.1 MYST per GiB.", book(one, offer(2, "NL", "", 1)).Explain(nil))
	one.Price = tequilapi.Price{}
	assert.Equal(t, "Berlin, Germany: the best quality, 2.4 of 3, among 2 exits, free of charge.", book(one, offer(2, "NL", "", 1)).Explain(nil))
	assert.Equal(t, "home: one of 2 exits, none of them measured.", book(offer(1, "", "home", 0), offer(2, "", "work", 0)).Explain(nil))
}

func TestGrades(t *testing.T) {
	assert.Equal(t, "unknown", GradeOf(0).String())
	assert.Equal(t, "low", GradeOf(0.9).String())
	assert.Equal(t, "medium", GradeOf(1).String())
	assert.Equal(t, "high", GradeOf(2).String())
}
