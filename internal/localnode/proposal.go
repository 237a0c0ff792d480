package localnode

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/mysteriumvpn/desktop/tequilapi"
)

// preset is one of the node's named queries.
type preset struct {
	tequilapi.FilterPreset
	match func(*offer) bool
}

var presets = []preset{
	{tequilapi.FilterPreset{ID: 1, Name: "Media Streaming"}, func(o *offer) bool { return o.Location.IPType == "residential" && o.Quality.Quality >= 2 }},
	{tequilapi.FilterPreset{ID: 2, Name: "Browsing"}, func(o *offer) bool { return o.Quality.Quality >= 1 }},
	{tequilapi.FilterPreset{ID: 3, Name: "Download"}, func(o *offer) bool { return o.Quality.Bandwidth >= 40 }},
}

func (n *Node) proposalCalls(mux *http.ServeMux) {
	mux.HandleFunc("GET /proposals", func(w http.ResponseWriter, r *http.Request) {
		if found, ok := n.query(w, r); ok {
			answer(w, http.StatusOK, map[string]any{"proposals": found})
		}
	})
	mux.HandleFunc("GET /proposals/countries", func(w http.ResponseWriter, r *http.Request) {
		if found, ok := n.query(w, r); ok {
			count := map[string]int{}
			for _, p := range found {
				count[p.Location.Country]++
			}
			answer(w, http.StatusOK, count)
		}
	})
	mux.HandleFunc("GET /proposals/filter-presets", func(w http.ResponseWriter, _ *http.Request) {
		items := []tequilapi.FilterPreset{}
		for _, p := range presets {
			if n.o.Own != "" {
				break // nobody has measured own servers
			}
			items = append(items, p.FilterPreset)
		}
		answer(w, http.StatusOK, map[string]any{"items": items})
	})
}

// query lists the proposals that a request asks for, or answers what is wrong with it. Parameters that say nothing
// about the sandbox are not looked at: nat_compatibility, include_monitoring_failed.
func (n *Node) query(w http.ResponseWriter, r *http.Request) ([]tequilapi.Proposal, bool) {
	q := r.URL.Query()
	numbers := map[string]float64{}
	for _, k := range []string{"compatibility_min", "compatibility_max", "quality_min", "preset_id"} {
		s := q.Get(k)
		if s == "" {
			continue
		}
		v, err := strconv.ParseFloat(s, 64)
		if _, atoi := strconv.Atoi(s); err != nil || k != "quality_min" && atoi != nil {
			invalid(w, r, k, "invalid_value", "Cannot parse "+k)
			return nil, false
		}
		numbers[k] = v
	}
	var named *preset
	if id, ok := numbers["preset_id"]; ok && id != 0 {
		i := slices.IndexFunc(presets, func(p preset) bool { return p.ID == int(id) })
		if i < 0 {
			refuse(w, r, http.StatusInternalServerError, "err_proposals_query", "Proposal query failed: filter preset not found")
			return nil, false
		}
		named = &presets[i]
	}
	is := func(key, have string) bool { return q.Get(key) == "" || strings.EqualFold(q.Get(key), have) }
	highest, limited := numbers["compatibility_max"]
	out := []tequilapi.Proposal{}
	for _, o := range n.offered() {
		switch {
		case !is("provider_id", o.ProviderID), !is("service_type", o.ServiceType), !is("location_country", o.Location.Country), !is("ip_type", o.Location.IPType):
		case q.Get("access_policy") != "" && q.Get("access_policy") != "all": // none of ours has one
		case o.Quality.Quality < numbers["quality_min"]:
		case compatibility < numbers["compatibility_min"], limited && highest != 0 && compatibility > highest:
		case named != nil && !named.match(o):
		default:
			out = append(out, o.Proposal)
		}
	}
	return out, true
}

// choose finds the provider for a request to connect: the one it names, or the best that its filter lets through.
func (n *Node) choose(r *tequilapi.ConnectRequest) *offer {
	var best *offer
	for _, o := range n.offered() {
		f := &r.Filter
		switch {
		case r.ProviderID != "" && !strings.EqualFold(r.ProviderID, o.ProviderID):
		case r.ServiceType != "" && r.ServiceType != o.ServiceType:
		case f.CountryCode != "" && !strings.EqualFold(f.CountryCode, o.Location.Country):
		case f.IPType != "" && f.IPType != o.Location.IPType:
		case len(f.Providers) > 0 && !slices.ContainsFunc(f.Providers, func(id string) bool { return strings.EqualFold(id, o.ProviderID) }):
		case best == nil || o.Quality.Quality > best.Quality.Quality:
			best = o
		}
	}
	return best
}
