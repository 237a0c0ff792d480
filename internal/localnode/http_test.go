package localnode

import (
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mysteriumvpn/desktop/tequilapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOnlyLocalProgramsMayAsk(t *testing.T) {
	n, _ := open(t, t.TempDir())
	for host, want := range map[string]int{
		"127.0.0.1:4050": 200, "127.0.0.1": 200, "localhost": 200, "localhost:4050": 200, "[::1]:4050": 200, "192.0.2.1:1": 200,
		"evil.com": 403, "evil.com:4050": 403, "localhost.evil.com": 403, "127.0.0.1.evil.com": 403, "": 403,
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "http://x/healthcheck", nil)
		r.Host = host
		w := httptest.NewRecorder()
		n.handler().ServeHTTP(w, r)
		assert.Equal(t, want, w.Code, host)
		if want == 403 {
			assert.Empty(t, w.Body.String())
		}
	}
}

func TestUnknownCallsArePlain404(t *testing.T) {
	n, _ := open(t, t.TempDir())
	for _, c := range [][2]string{{"GET", "/nope"}, {"POST", "/connection"}, {"DELETE", "/healthcheck"}, {"GET", "/"}, {"PUT", "/identities"}, {"OPTIONS", "/connection"}} {
		w := call(t, n, c[0], c[1], "")
		assert.Equal(t, 404, w.Code, c)
		assert.Equal(t, "404 page not found", w.Body.String())
	}
	status, code, _ := refused(t, n, "GET", "/identities/0x1", "")
	assert.Equal(t, 404, status)
	assert.Equal(t, "not_found", code)
}

func TestHugeRequestsAreRefused(t *testing.T) {
	n, _ := open(t, t.TempDir())
	status, code, _ := refused(t, n, "POST", "/config/user", `{"data":{"a":"`+strings.Repeat("x", maxRequest)+`"}}`)
	assert.Equal(t, 400, status)
	assert.Equal(t, "parse_failed", code)
}

func TestProposalsAreFiltered(t *testing.T) {
	n, _ := open(t, t.TempDir())
	all := len(n.offers)
	count := func(query string) int {
		var w struct {
			Proposals []tequilapi.Proposal `json:"proposals"`
		}
		ask(t, n, "GET", "/proposals?"+query, "", &w)
		require.NotNil(t, w.Proposals)
		var by map[string]int
		ask(t, n, "GET", "/proposals/countries?"+query, "", &by)
		sum := 0
		for _, c := range by {
			sum += c
		}
		assert.Equal(t, len(w.Proposals), sum, query)
		return sum
	}
	for query, want := range map[string]int{
		"": all, "service_type=wireguard": all, "service_type=openvpn": 0, "location_country=DE": 5, "location_country=de": 5, "location_country=XX": 0,
		"provider_id=" + n.offers[3].ProviderID: 1, "access_policy=all": all, "access_policy=mysterium": 0,
		"compatibility_min=2": all, "compatibility_min=3": 0, "compatibility_max=1": 0, "compatibility_max=0": all, "quality_min=3.1": 0,
		"nat_compatibility=auto&include_monitoring_failed=true": all,
	} {
		assert.Equal(t, want, count(query), query)
	}
	residential, hosting := count("ip_type=residential"), count("ip_type=hosting")
	assert.Equal(t, all, residential+hosting)
	assert.Positive(t, residential)
	assert.Positive(t, hosting)
	for _, preset := range []string{"1", "2", "3"} {
		some := count("preset_id=" + preset)
		assert.True(t, some > 0 && some < all, "preset %s: %d", preset, some)
	}
	good := count("quality_min=1")
	assert.True(t, good > all/2 && good < all, "%d", good)
	for _, bad := range []string{"quality_min=x", "compatibility_min=1.5", "compatibility_max=x", "preset_id=x"} {
		status, code, _ := refused(t, n, "GET", "/proposals?"+bad, "")
		assert.Equal(t, 400, status)
		assert.Equal(t, "validation_failed", code)
	}
	_, code, _ := refused(t, n, "GET", "/proposals?preset_id=9", "")
	assert.Equal(t, "err_proposals_query", code)
}

func TestSessionsArePaged(t *testing.T) {
	n, _ := open(t, t.TempDir())
	for i := range 7 {
		n.history = append(n.history, tequilapi.Session{ID: string(rune('a' + i)), Status: "Completed"})
	}
	for query, want := range map[string]string{
		"": "gfedcba", "page_size=3": "gfe", "page_size=3&page=2": "dcb", "page_size=3&page=-2": "gfe", "page_size=-1": "g", "page_size=3&page=3": "a", "page_size=3&page=4": "a", "page=9223372036854775807&page_size=9223372036854775807": "gfedcba", "status=New": "",
	} {
		var p tequilapi.SessionPage
		ask(t, n, "GET", "/sessions?"+query, "", &p)
		ids := ""
		for _, s := range p.Items {
			ids += s.ID
		}
		assert.Equal(t, want, ids, query)
	}
	for _, bad := range []string{"page=x", "page_size=1.5", "date_from=yesterday"} {
		assert.Equal(t, 400, call(t, n, "GET", "/sessions?"+bad, "").Code, bad)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	n, _ := open(t, t.TempDir())
	_, put := unlocked(t, n)
	n.history = make([]tequilapi.Session, keepSessions)
	ask(t, n, "PUT", "/connection", put, nil)
	assert.Len(t, n.history, keepSessions)
	assert.Equal(t, "New", n.history[keepSessions-1].Status)
}

// Whatever is asked, the answer is one that a node gives.
func FuzzRequest(f *testing.F) {
	for _, s := range [][3]string{
		{"PUT", "/connection", `{"consumer_id":"x","filter":{"country_code":"DE"},"connect_options":{"dns":"1.1.1.1","kill_switch":true,"proxy_port":1}}`},
		{"POST", "/config/user", `{"data":{"a":{"b":null}}}`},
		{"POST", "/terms", `{"agreed_consumer":true,"agreed_version":"1"}`},
		{"PUT", "/identities/current", `{"id":"0x1","passphrase":""}`},
		{"GET", "/proposals?quality_min=1e9&preset_id=2&compatibility_max=-1", ""},
		{"GET", "/sessions?page=2&page_size=9223372036854775807&date_from=2026-01-01", ""},
		{"DELETE", "/connection?id=-1", ""},
		{"GET", "/identities/%2e%2e/status", ""},
	} {
		f.Add(s[0], s[1], s[2])
	}
	n, err := New(Options{Home: f.TempDir()})
	require.NoError(f, err)
	n.exits = &far{}
	require.NoError(f, n.open())
	f.Cleanup(n.close)
	h := n.handler()
	f.Fuzz(func(t *testing.T, method, path, body string) {
		if !strings.HasPrefix(path, "/") || !validRequest(method, path) || strings.HasPrefix(path, "/events") || strings.HasPrefix(path, "/stop") {
			return
		}
		r := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1"+path, strings.NewReader(body))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Contains(t, []int{200, 201, 202, 301, 307, 400, 403, 404, 422, 500}, w.Code)
		require.True(t, utf8.Valid(w.Body.Bytes()))
	})
}

// validRequest reports whether net/http would let the request line through.
func validRequest(method, path string) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	httptest.NewRequest(method, "http://127.0.0.1"+path, nil)
	return true
}
