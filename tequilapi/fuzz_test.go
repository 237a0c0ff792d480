package tequilapi

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// decoded are all types that are read from JSON; TestDecodedTypesAreAllHere watches over it.
var decoded = map[string]func() any{
	"AccessList":       func() any { return new(AccessList) },
	"AccessPolicy":     func() any { return new(AccessPolicy) },
	"AccessRule":       func() any { return new(AccessRule) },
	"BugReport":        func() any { return new(BugReport) },
	"Build":            func() any { return new(Build) },
	"Config":           func() any { return new(Config) },
	"ConnectFilter":    func() any { return new(ConnectFilter) },
	"ConnectRequest":   func() any { return new(ConnectRequest) },
	"Connection":       func() any { return new(Connection) },
	"Consumer":         func() any { return new(Consumer) },
	"CurrentPrice":     func() any { return new(CurrentPrice) },
	"DailyStats":       func() any { return new(DailyStats) },
	"Estimate":         func() any { return new(Estimate) },
	"Event":            func() any { return new(Event) },
	"ExchangeRate":     func() any { return new(ExchangeRate) },
	"FeeSet":           func() any { return new(FeeSet) },
	"Fees":             func() any { return new(Fees) },
	"FieldError":       func() any { return new(FieldError) },
	"FilterPreset":     func() any { return new(FilterPreset) },
	"Gateway":          func() any { return new(Gateway) },
	"Health":           func() any { return new(Health) },
	"HermesEarnings":   func() any { return new(HermesEarnings) },
	"Identity":         func() any { return new(Identity) },
	"ImportRequest":    func() any { return new(ImportRequest) },
	"LiveConnection":   func() any { return new(LiveConnection) },
	"Location":         func() any { return new(Location) },
	"Money":            func() any { return new(Money) },
	"NAT":              func() any { return new(NAT) },
	"Order":            func() any { return new(Order) },
	"OrderOptions":     func() any { return new(OrderOptions) },
	"OrderRequest":     func() any { return new(OrderRequest) },
	"Payment":          func() any { return new(Payment) },
	"Price":            func() any { return new(Price) },
	"Proposal":         func() any { return new(Proposal) },
	"ProposalLocation": func() any { return new(ProposalLocation) },
	"Quality":          func() any { return new(Quality) },
	"RegisterRequest":  func() any { return new(RegisterRequest) },
	"Registration":     func() any { return new(Registration) },
	"Report":           func() any { return new(Report) },
	"Session":          func() any { return new(Session) },
	"SessionPage":      func() any { return new(SessionPage) },
	"SessionsStats":    func() any { return new(SessionsStats) },
	"State":            func() any { return new(State) },
	"Statistics":       func() any { return new(Statistics) },
	"SupportReport":    func() any { return new(SupportReport) },
	"Terms":            func() any { return new(Terms) },
	"Token":            func() any { return new(Token) },
	"Tokens":           func() any { return new(Tokens) },
	"Traffic":          func() any { return new(Traffic) },
}

// An exported type is decoded if it has a method UnmarshalJSON, or is a struct with tags.
func TestDecodedTypesAreAllHere(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	found := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Name.Name == "UnmarshalJSON" {
					if star, ok := n.Recv.List[0].Type.(*ast.StarExpr); ok {
						found[star.X.(*ast.Ident).Name] = true
					}
				}
			case *ast.TypeSpec:
				if s, ok := n.Type.(*ast.StructType); ok {
					for _, field := range s.Fields.List {
						if field.Tag != nil {
							found[n.Name.Name] = true
						}
					}
				}
			}
			return true
		})
	}
	for name := range found {
		if ast.IsExported(name) {
			assert.Contains(t, decoded, name)
		}
	}
	for name := range decoded {
		assert.True(t, found[name], "%s is not decoded", name)
	}
}

// stable checks that what was decoded can be encoded and decoded again, and is the same then.
func stable(t *testing.T, name string, body []byte) {
	t.Helper()
	first := decoded[name]()
	if json.Unmarshal(body, first) != nil {
		return
	}
	one, err := json.Marshal(first)
	require.NoError(t, err, "%s of %s", name, body)
	second := decoded[name]()
	require.NoError(t, json.Unmarshal(one, second), "%s of %s", name, one)
	two, err := json.Marshal(second)
	require.NoError(t, err)
	require.Equal(t, string(one), string(two), "%s of %s", name, body)
}

// FuzzDecoders gives each input to all decoders.
func FuzzDecoders(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(f, err)
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(f, err)
		var r recording
		require.NoError(f, json.Unmarshal(b, &r))
		f.Add([]byte(r.Body))
		var list []json.RawMessage
		if json.Unmarshal(r.Body, &list) == nil && len(list) > 0 {
			f.Add([]byte(list[0]))
		}
		if i := strings.Index(r.Curl, " -d "); i > 0 {
			f.Add([]byte(r.Curl[i+4:]))
		}
	}
	for _, line := range recordedEvents(f) {
		f.Add(line)
	}
	for _, s := range []string{
		`null`, `{}`, `[]`, `0`, `-0`, `"-0"`, `1e400`, `18446744073709551616`, `{"duration":9223372036854775807}`, `{"status":"new word","STATUS":"twice"}`,
		`{"wei":"340282366920938463463374607431768211455"}`, `{"created_at":"2026-11-01T00:00:00.123456789+14:00","duration":-1}`,
		`{"traffic_mb":18446744073709551615,"video_minutes":18446744073709551615,"price_gib":6e-05}`, `{"uptime":"-1h","process":1,"version":"1"}`,
		`{"gateway_caller_data":null,"myst_amount":"1.5"}`, `{"a":{"b":[1.0,null,"\ud800"]}}`, `{"filter":{"providers":[]}}`,
	} {
		f.Add([]byte(s))
	}
	names := slices.Sorted(maps.Keys(decoded)) // always in the same order, or each run looks new to the fuzzer
	f.Fuzz(func(t *testing.T, body []byte) {
		if !json.Valid(body) {
			return // json.Unmarshal looks first too
		}
		for _, name := range names {
			stable(t, name, body)
		}
	})
}

func recordedEvents(t testing.TB) [][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/*.jsonl")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var out [][]byte
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		lines := bytes.Split(bytes.TrimSpace(b), []byte("\n"))
		out = append(out, lines[:min(5, len(lines))]...)
	}
	return out
}

// FuzzEvents gives a stream to Events: whatever comes, it yields events with a type, then an error that says where, and
// does not care in what portions the bytes arrive.
func FuzzEvents(f *testing.F) {
	var all []byte
	for _, line := range recordedEvents(f) {
		one := append(append([]byte("data: "), line...), "\n\n"...)
		f.Add(one)
		all = append(all, one...)
	}
	f.Add(all)
	for _, s := range []string{
		"", "data", "data: {}\n\n", "data: {\"type\":\"later\",\"payload\":7}\n\n: silence\n\ndata: {\"type\":\"state-change\",\ndata: \"payload\":{}}\r\n\r\n",
		"event: x\ndata: null\n\n", "data: {\"type\":\"state-change\"}\n\n", "\xef\xbb\xbfdata: {\"type\":\"a\"}\r\r", "data: " + strings.Repeat("[", 9000) + "\n\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		read := func(wrap func(io.Reader) io.Reader) (events []Event, last error) {
			c, err := New("127.0.0.1:1", WithMaxBody(1<<16), WithTransport(transport(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: io.NopCloser(wrap(bytes.NewReader(in)))}, nil
			})))
			require.NoError(t, err)
			for e, err := range c.Events(t.Context()) {
				if err != nil {
					return events, err
				}
				require.NotEmpty(t, e.Type)
				events = append(events, e)
			}
			return events, nil
		}
		whole, err := read(func(r io.Reader) io.Reader { return r })
		require.ErrorContains(t, err, "GET /events/state: ")
		split, err2 := read(iotest.OneByteReader)
		require.EqualError(t, err2, err.Error())
		require.Equal(t, whole, split)
	})
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
