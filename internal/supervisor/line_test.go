package supervisor

import (
	"bufio"
	"encoding/base64"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var errNotThere = os.ErrNotExist

func TestFlagsMayStandInAnyOrderAndForm(t *testing.T) {
	want := command{name: "exclude-route", flags: map[string]string{"ip": "1.2.3.4", "gw": "5.6.7.8"}}
	for _, line := range []string{
		"exclude-route -ip 1.2.3.4 -gw 5.6.7.8", "exclude-route -gw 5.6.7.8 -ip 1.2.3.4",
		"exclude-route -ip=1.2.3.4 -gw 5.6.7.8", " exclude-route  --gw=5.6.7.8\t-ip 1.2.3.4 ",
	} {
		got, err := parseLine(line)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	got, err := parseLine("wg-up -config=QUJDRA==") // only the first '=' parts
	require.NoError(t, err)
	assert.Equal(t, "QUJDRA==", got.flags["config"])
}

func TestDefaultRouteWithTheLowestMetricIsTheGateway(t *testing.T) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("the sample was taken on a little-endian machine")
	}
	const text = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n" +
		"wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n" +
		"eth0\t00000000\t0109630A\t0003\t0\t0\t100\t00000000\t0\t0\t0\n" +
		"eth0\t0009630A\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n" +
		"ppp0\t00000000\t00000000\t0001\t0\t0\t50\t00000000\t0\t0\t0\n"
	a, ok := parseRoutes(text)
	assert.True(t, ok)
	assert.Equal(t, netip.MustParseAddr("10.99.9.1"), a)
	_, ok = parseRoutes("")
	assert.False(t, ok)
}

func FuzzLine(f *testing.F) {
	for name := range commands {
		f.Add(name)
	}
	for _, s := range []string{
		"", "wg-up -uid 1000 -config e30=", "wg-up -config=e30= -uid=1", "wg-stats -iface myst0", "ta-set-port 4050", "exclude-route -ip 1.2.3.4 -gw 1.2.3.1",
		"wg-up - -- -= -config", "\x00", "ping\xff", "wg-down --iface==",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := parseLine(s)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\r\n") || len(err.Error()) > 200 {
				t.Fatalf("error is not one short line: %q", err)
			}
			return
		}
		syn, known := commands[c.name]
		if !known || len(c.words) != syn.words {
			t.Fatalf("accepted %q as %v", s, c)
		}
		for _, n := range syn.need {
			if c.flags[n] == "" {
				t.Fatalf("accepted %q without %s", s, n)
			}
		}
		// what was understood, written plainly, is understood the same
		plain := c.name
		for n, v := range c.flags {
			plain += " -" + n + " " + v
		}
		for _, w := range c.words {
			plain += " " + w
		}
		if len(plain) <= MaxLine {
			again, err := parseLine(plain)
			require.NoError(t, err)
			assert.Equal(t, c, again)
		}
		// and a reader takes the line off the wire as it is
		if !strings.ContainsAny(s, "\r\n") && s != "" {
			got, err := readLine(bufio.NewReader(strings.NewReader(s + "\r\nping\n")))
			require.NoError(t, err)
			assert.Equal(t, s, got)
		}
	})
}

func FuzzConfig(f *testing.F) {
	c := goodConfig(f)
	good, err := base64.StdEncoding.DecodeString(encoded(f, c))
	require.NoError(f, err)
	f.Add(string(good))
	f.Add("{}")
	f.Add("null")
	f.Add(strings.Replace(string(good), "myst0", "", 1))
	f.Add(strings.Replace(string(good), "203.0.113.9", "[2001:db8::1]", 1))
	f.Add(strings.Replace(string(good), "40001", "-1", 1))
	f.Fuzz(func(t *testing.T, s string) {
		c, err := DecodeConfig(b64Of(s))
		if err != nil {
			if strings.ContainsAny(err.Error(), "\r\n") || len(err.Error()) > 200 {
				t.Fatalf("error is not one short line: %q", err)
			}
			return
		}
		w, err := c.WireGuard()
		require.NoError(t, err)
		for _, name := range []string{"private_key=", "listen_port=", "public_key=", "endpoint="} {
			if n := strings.Count("\n"+w.UAPI(), "\n"+name); n != 1 {
				t.Fatalf("a value has smuggled a line into the device's configuration: %s stands there %d times", name, n)
			}
		}
		again, err := DecodeConfig(encoded(t, c))
		require.NoError(t, err)
		assert.Equal(t, c.wire(), again.wire())
		assert.Equal(t, c.PrivateKey, again.PrivateKey)
	})
}

func FuzzAnswer(f *testing.F) {
	for _, s := range []string{"ok", "ok: x", "error: x", "error:", "ok:", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text, err := parseAnswer("ping", s)
		if err == nil && s != "ok" && s != "ok: "+text {
			t.Fatalf("%q was taken for success", s)
		}
	})
}

func FuzzRoutes(f *testing.F) {
	f.Add("eth0\t00000000\t0109630A\t0003\t0\t0\t100\t00000000\t0\t0\t0\n")
	f.Fuzz(func(t *testing.T, s string) {
		if a, ok := parseRoutes(s); ok && (!a.Is4() || a.IsUnspecified()) {
			t.Fatalf("%v is no gateway", a)
		}
	})
}
