package tunnel

import (
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"
)

func upWith(t *testing.T, far *farEnd, change func(*farEnd)) (*Tunnel, Proxy) {
	t.Helper()
	if change != nil {
		far.mu.Lock()
		change(far)
		far.mu.Unlock()
	}
	tu, p := newTunnel(t, Options{})
	require.NoError(t, tu.Up(t.Context(), far.config()))
	return tu, p
}

func TestLookupAsksBothFamiliesOnceAndRemembers(t *testing.T) {
	far := newFarEnd(t)
	far.name("both.example", exitV4, exitV6)
	tu, _ := upWith(t, far, nil)
	r := tu.link().names
	_, known := r.cached("both.example")
	assert.False(t, known)
	for range 3 {
		a, err := r.lookup(within(t, 10*time.Second), "Both.Example.")
		require.NoError(t, err)
		assert.Equal(t, []netip.Addr{exitV6, exitV4}, a)
	}
	a, known := r.cached("both.example")
	assert.True(t, known)
	assert.Len(t, a, 2)
	assert.Equal(t, []string{"both.example", "both.example"}, far.questions())

	cfg := far.config()
	cfg.DNS = []netip.Addr{exitV6}
	require.NoError(t, tu.Up(t.Context(), cfg))
	_, known = tu.link().names.cached("both.example")
	assert.False(t, known, "a new tunnel starts with an empty cache")
	_, err := tu.link().names.lookup(within(t, 10*time.Second), "both.example")
	require.NoError(t, err)
	assert.Len(t, far.questions(), 4)
}

func TestLookupTakesTCPWhenTruncated(t *testing.T) {
	far := newFarEnd(t)
	far.name("long.example", exitV4)
	tu, _ := upWith(t, far, func(f *farEnd) { f.long = true })
	a, err := tu.link().names.lookup(within(t, 10*time.Second), "long.example")
	require.NoError(t, err)
	assert.Equal(t, []netip.Addr{exitV4}, a)
}

func TestLookupTriesAgainAndTheNextServer(t *testing.T) {
	far := newFarEnd(t)
	far.name("echo.example", exitV4)
	tu, _ := newTunnel(t, Options{})
	cfg := far.config()
	cfg.DNS = []netip.Addr{netip.MustParseAddr("10.99.0.77"), exitV4} // nobody is at the first
	require.NoError(t, tu.Up(t.Context(), cfg))
	a, err := tu.link().names.lookup(within(t, 10*time.Second), "echo.example")
	require.NoError(t, err)
	assert.Equal(t, []netip.Addr{exitV4}, a)
}

func TestLookupThatFailsSaysWhy(t *testing.T) {
	far := newFarEnd(t)
	far.name("empty.example")
	far.name("blocked.example", netip.IPv4Unspecified())
	tu, p := upWith(t, far, nil)
	for name, c := range map[string]struct {
		cause cause
		text  string
	}{
		"nowhere.example":                    {noHost, "there is no host named nowhere.example"},
		"empty.example":                      {noHost, "empty.example has no address"},
		"blocked.example":                    {noHost, "blocked.example has no address that the tunnel leads to"},
		"printer.local":                      {noHost, "printer.local is a name of the local network, which is not reached through the VPN"},
		"localhost":                          {notAllowed, "localhost is this computer, which is not reached through the VPN; leave it out of the proxy settings"},
		"a.localhost.":                       {notAllowed, "a.localhost. is this computer, which is not reached through the VPN; leave it out of the proxy settings"},
		"abc.onion":                          {noHost, "abc.onion can only be reached with Tor"},
		"127.1":                              {noHost, "127.1 is neither a host name nor an address"},
		"0x7f000001":                         {noHost, "0x7f000001 is neither a host name nor an address"},
		"a..b":                               {noHost, `"a..b" is not a host name`},
		"with space":                         {noHost, `"with space" is not a host name`},
		strings.Repeat("a", 64) + ".example": {noHost, `"` + strings.Repeat("a", 64) + `.example" is not a host name`},
		strings.Repeat("a.", 130):            {noHost, "that is not a host name"},
		"127.0.0.1":                          {notAllowed, "127.0.0.1 is this computer, which is not reached through the VPN; leave it out of the proxy settings"},
		"::ffff:127.0.0.1":                   {notAllowed, "127.0.0.1 is this computer, which is not reached through the VPN; leave it out of the proxy settings"},
		"224.0.0.251":                        {notAllowed, "224.0.0.251 belongs to the local network, which is not reached through the VPN"},
		"fe80::1%eth0":                       {notAllowed, "fe80::1 belongs to the local network, which is not reached through the VPN"},
	} {
		to, err := newTarget(name, 80)
		if err == nil {
			_, err = tu.link().dial(within(t, 20*time.Second), to)
		}
		var no *refusal
		require.ErrorAs(t, err, &no, name)
		assert.Equal(t, c.cause, no.cause, name)
		assert.Equal(t, c.text, no.text, name)
	}
	for _, q := range far.questions() {
		assert.True(t, strings.HasSuffix(q, ".example"), "%s left the computer", q)
	}
	_, err := dialSocks(t, p, "nowhere.example:80")
	require.ErrorContains(t, err, "host unreachable")
}

func TestNoDNSServerIsSaid(t *testing.T) {
	far := newFarEnd(t)
	tu, p := newTunnel(t, Options{})
	cfg := far.config()
	cfg.DNS = nil
	require.NoError(t, tu.Up(t.Context(), cfg))
	_, r := dialConnect(t, p, "echo.example:7")
	require.NotNil(t, r)
	assert.Equal(t, "502 Bad Gateway", r.Status)
	b, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	assert.Equal(t, "The tunnel came without a DNS server, so echo.example cannot be looked up; use an IP address.\n", string(b))
	c, err := dialSocks(t, p, at(exitV4, 7))
	require.NoError(t, err)
	requireEcho(t, c)
}

func TestOnlyTheQuestionsOfTheTunnelsFamiliesAreAsked(t *testing.T) {
	far := newFarEnd(t)
	far.name("both.example", exitV4, exitV6)
	tu, _ := newTunnel(t, Options{})
	cfg := far.config()
	cfg.Addresses = cfg.Addresses[:1]
	require.NoError(t, tu.Up(t.Context(), cfg))
	a, err := tu.link().names.lookup(within(t, 10*time.Second), "both.example")
	require.NoError(t, err)
	assert.Equal(t, []netip.Addr{exitV4}, a)
	assert.Len(t, far.questions(), 1)
}

func TestAnswerFollowsItsAliasesOnly(t *testing.T) {
	name := func(s string) dnsmessage.Name { return dnsmessage.MustNewName(s) }
	q := question{"www.example", dnsmessage.TypeA}
	head := func(n string, ttl uint32) dnsmessage.ResourceHeader {
		return dnsmessage.ResourceHeader{Name: name(n), Class: dnsmessage.ClassINET, TTL: ttl}
	}
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: 7, Response: true},
		Questions: []dnsmessage.Question{{Name: name("WWW.example."), Type: q.kind, Class: dnsmessage.ClassINET}},
		Answers: []dnsmessage.Resource{
			{Header: head("other.example.", 1), Body: &dnsmessage.AResource{A: [4]byte{6, 6, 6, 6}}},
			{Header: head("CDN.example.", 300), Body: &dnsmessage.AResource{A: [4]byte{1, 2, 3, 4}}},
			{Header: head("www.example.", 20), Body: &dnsmessage.CNAMEResource{CNAME: name("cdn.example.")}},
		},
	}
	b, err := m.Pack()
	require.NoError(t, err)
	a, err := parseAnswer(b, 7, q)
	require.NoError(t, err)
	assert.Equal(t, []netip.Addr{netip.MustParseAddr("1.2.3.4")}, a.addrs)
	assert.Equal(t, 20*time.Second, a.ttl)
	_, err = parseAnswer(b, 8, q)
	require.ErrorIs(t, err, errOtherAnswer, "another id")
	_, err = parseAnswer(b, 7, question{"www.example", dnsmessage.TypeAAAA})
	require.ErrorIs(t, err, errOtherAnswer, "another type")
	_, err = parseAnswer(b, 7, question{"ww.example", dnsmessage.TypeA})
	require.ErrorIs(t, err, errOtherAnswer, "another name")

	// Aliases that go round in a circle end.
	m.Answers = []dnsmessage.Resource{
		{Header: head("www.example.", 20), Body: &dnsmessage.CNAMEResource{CNAME: name("cdn.example.")}},
		{Header: head("cdn.example.", 20), Body: &dnsmessage.CNAMEResource{CNAME: name("www.example.")}},
	}
	b, err = m.Pack()
	require.NoError(t, err)
	a, err = parseAnswer(b, 7, q)
	require.NoError(t, err)
	assert.Empty(t, a.addrs)
}

func FuzzParseAnswer(f *testing.F) {
	far := &farEnd{names: map[string][]netip.Addr{"www.example": {exitV4, exitV6}}}
	for _, k := range []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypeAAAA} {
		q, err := appendQuestion(nil, 7, question{"www.example", k})
		require.NoError(f, err)
		f.Add(far.answer(q, false))
		f.Add(far.answer(q, true))
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, k := range []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypeAAAA} {
			a, err := parseAnswer(b, 7, question{"www.example", k})
			if err != nil {
				require.Empty(t, a.addrs)
			}
			for _, x := range a.addrs {
				require.True(t, x.IsValid())
			}
			require.GreaterOrEqual(t, a.ttl, time.Duration(0))
		}
	})
}
