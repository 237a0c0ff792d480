package report

import (
	"archive/zip"
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/logs"
	"github.com/mysteriumvpn/desktop/internal/redact"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

const (
	provider = "0x23b590b756b50b725680d9e0ac840e1c084a19dd"
	identity = "0xa11ce0b756b50b725680d9e0ac840e1c084a1111"
	wgKey    = "kLRcYIRBGlPFbVJiZ5xIFqSnUbkvZXTUDtDDAiFAFQk="
)

// subject is a program whose user has gone to Zürich and had trouble there.
func subject() Subject {
	exit := vpn.Exit{ProviderID: provider, ServiceType: "wireguard", Country: "CH", City: "Zürich", IPType: "residential"}
	silent := vpn.Reason{Code: vpn.ProviderSilent, A: "60"}
	return Subject{
		Version: "0.1.0", Now: noon, Began: noon.Add(-time.Hour),
		System: []Fact{{"system", "linux amd64"}, {"release", "Debian GNU/Linux 12 (bookworm)"}, {"desktop", "GNOME"}},
		Settings: &vpn.Settings{
			Network: vpn.Mysterium, Proxy: "127.0.0.1:41871", NodeProgram: "/home/alice/bin/myst", DNS: "9.9.9.9",
			LastExit: provider, LastCountry: "CH",
		},
		Status: &vpn.Status{
			Phase: vpn.Reconnecting, Since: noon.Add(-time.Minute), Attempt: 2, Connection: "k7q2mxab", Exit: exit, Network: vpn.Mysterium,
			Mode: vpn.ProxyMode, Reason: vpn.Reason{Code: vpn.TunnelStalled}, Proxy: vpn.Proxy{SOCKS5: "127.0.0.1:41871"},
			Node: vpn.Node{State: vpn.NodeRunning, Version: "1.38.3", API: "127.0.0.1:4050"},
		},
		Stories: []vpn.Story{{
			ID: "k7q2mxab", Target: vpn.Target{Country: "CH"}, Begun: noon.Add(-10 * time.Minute), Omitted: 3,
			Steps: []vpn.Step{
				{At: noon.Add(-10 * time.Minute), Took: 60 * time.Second, Phase: vpn.Dialing, Attempt: 1, Exit: exit},
				{At: noon.Add(-9 * time.Minute), Took: 8 * time.Minute, Phase: vpn.Up, Exit: exit},
				{At: noon.Add(-time.Minute), Phase: vpn.Reconnecting, Attempt: 2, Exit: exit, Reason: silent},
			},
		}, {
			ID: "zz2mxabc", Target: vpn.Target{Country: "CH"}, Begun: noon.Add(-time.Minute),
			Steps: []vpn.Step{{At: noon, Phase: vpn.Failed, Reason: vpn.Reason{Code: vpn.NoExitInCountry, A: "Switzerland"}}},
		}},
		Bus: []bus.TopicInfo{
			{Name: "status", State: true, Sent: 12, Same: 2, Receivers: []bus.ReceiverInfo{{
				Where: "ui/window.go:88", Lane: "ui", Max: 1, Seen: 9, Merged: 1, Busy: 3 * time.Millisecond, Running: 2 * time.Second,
			}}},
			{Name: "commands", Sent: 1},
		},
		Log: Log{From: "memory", Gone: 7, Text: logged([]string{
			`{"level":"info","identity":"` + identity + `","location":{"country":"CH","city":"Genf"},"message":"Registration status: registered"}`,
			`{"level":"info","message":"got {\"country_code\":\"CH\",\"city\":\"Genf\",\"isp\":\"Hinterland Telecom\"}"}`,
			"2026-05-04T11:50:00.200 DBG core/location/cache.go:120 > Location update succeeded: {IP:192.0.2.7 ASN:64500 ISP:Hinterland Telecom Continent:EU Country:LT Region: City:Vilnius IPType:residential}",
			"2026-05-04T11:50:00.300 DBG core/location/cache.go:130 > original location detected: LT (residential)",
			"2026-05-04T11:50:00.400 INF session.go:9 > exit {City:La Chaux-de-Fonds Region:Jura bernois Country:CH IPType:hosting}",
			"2026-05-04T11:50:01.500 WRN dialer.go:120 > dial tcp: lookup broker.example.org on 192.0.2.53:53: no such host",
		}, []zap.Field{
			zap.String("provider", provider), zap.String("country", "CH"),
			zap.String("reason", vpn.Reason{Code: vpn.NoExitInCountry, A: "Switzerland"}.Text()),
			zap.Error(errors.New("open /home/alice/.config/mysteriumvpn/settings.json: no space left on device")),
		}, "peer("+wgKey+") - Sending handshake initiation")},
		Crash: Crash{At: noon.Add(-2 * time.Hour), Text: "panic: no exit: country=CH city:\"Genf\": index out of range [3] with length 3\n\ngoroutine 1 [running]:\nmain.main()\n\t/home/alice/src/desktop/cmd/mysteriumvpn/main.go:12 +0x1d\n"},
		Known: redact.Known{Home: "/home/alice", User: "alice", Host: "alices-laptop"},
	}
}

// logged is a log as the ring makes it of what a node says, of a line of the app and of one of the tunnel.
func logged(node []string, app []zap.Field, tunnel string) string {
	r := logs.NewRing(300)
	w := logs.Writer(r, logs.Node)
	_, _ = io.WriteString(w, strings.Join(node, "\n"))
	_ = w.Close()
	logs.NewLogger(r).Warn("dial failed", app...)
	r.Append(logs.Line{Source: logs.Tunnel, Level: logs.Debug, Text: tunnel, Connection: "k7q2mxab"})
	lines, _, _ := r.Read(0, 100)
	var b strings.Builder
	for _, l := range lines {
		l.At, l.Said = noon, time.Time{}
		b.WriteString(l.String() + "\n")
	}
	return b.String()
}

// personal is what nobody else may read.
var personal = []string{
	provider, identity, wgKey, "alice", "broker.example.org", "192.0.2.53", "192.0.2.7", "9.9.9.9",
	"Zürich", "Genf", "Switzerland", "Vilnius", "Chaux", "Fonds", "Jura", "bernois", "Hinterland", "Telecom", "CH", ":LT", " LT ",
}

// TestAReportTellsNothingOfItsUser: not who, not where, in no part.
func TestAReportTellsNothingOfItsUser(t *testing.T) {
	r := Make(subject())
	assert.Equal(t, []string{"about.txt", "state.txt", "timeline.txt", "settings.json", "bus.txt", "crash.txt", "log.txt"}, r.Names())
	for _, p := range r.Parts {
		for _, secret := range personal {
			assert.NotContains(t, p.Text, secret, p.Name)
		}
	}
	assert.Positive(t, r.Hidden["identity"])
	assert.Positive(t, r.Hidden["host"])
}

// TestAReportKeepsWhatHelps: what went wrong, where in the program, and that it is the same provider everywhere.
func TestAReportKeepsWhatHelps(t *testing.T) {
	text := map[string]string{}
	for _, p := range Make(subject()).Parts {
		text[p.Name] = p.Text
	}
	assert.Contains(t, text["timeline.txt"], "provider_silent: The provider did not answer within 60 seconds.")
	assert.Contains(t, text["crash.txt"], "cmd/mysteriumvpn/main.go:12 +0x1d")
	assert.Contains(t, text["timeline.txt"], "no_exit_in_country: No exit in <place> is on offer")
	assert.Contains(t, text["log.txt"], "IPType:hosting")
	assert.Contains(t, text["log.txt"], "caller=dialer.go:120")
	assert.Contains(t, text["log.txt"], "7 older lines are not there any more")
	assert.Contains(t, text["about.txt"], "version  0.1.0")
	const same = "<identity-1>"
	for _, part := range []string{"state.txt", "timeline.txt", "log.txt"} {
		assert.Contains(t, text[part], same, part)
	}
}

func TestPartsAreStruckOut(t *testing.T) {
	all := Make(subject())
	r, err := all.Without("log.txt", "crash.txt")
	require.NoError(t, err)
	var b, again bytes.Buffer
	require.NoError(t, r.Zip(&b))
	require.NoError(t, r.Zip(&again))
	assert.Equal(t, b.Bytes(), again.Bytes())
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	require.NoError(t, err)
	require.Len(t, z.File, 5)
	for i, f := range z.File {
		in, err := f.Open()
		require.NoError(t, err)
		text, err := io.ReadAll(in)
		require.NoError(t, err)
		assert.Equal(t, r.Parts[i].Text, string(text), "what was shown is what is saved: %s", f.Name)
	}
	assert.Len(t, all.Parts, 7, "the report itself stays")
	_, err = all.Without("log")
	require.EqualError(t, err, `the report has no part "log"; there are: about.txt, state.txt, timeline.txt, settings.json, bus.txt, crash.txt, log.txt`)
}

// TestAReportNeedsNoRunningProgram reads what is on the disk, and says what is not.
func TestAReportNeedsNoRunningProgram(t *testing.T) {
	dir := t.TempDir()
	f := Files{Settings: filepath.Join(dir, "settings.json"), Log: filepath.Join(dir, "mysteriumvpn.log"), Crash: filepath.Join(dir, "crash.txt")}
	s := Subject{Now: noon, System: []Fact{}}
	s.Offline(f)
	r := Make(s)
	assert.Equal(t, []string{"about.txt"}, r.Names())
	assert.Contains(t, r.Parts[0].Text, "missing: the log: there is none")

	require.NoError(t, os.WriteFile(f.Settings, []byte("{"), 0o600))
	require.NoError(t, os.WriteFile(f.Log, []byte(strings.Repeat("a line of the log\n", mostLog/16)), 0o600))
	require.NoError(t, os.WriteFile(f.Crash, []byte("panic: at the disco\n"), 0o600))
	require.NoError(t, os.Chtimes(f.Crash, noon, noon.Add(-time.Hour)))
	s = Subject{Now: noon, System: []Fact{}}
	s.Offline(f)
	r = Make(s)
	assert.Equal(t, []string{"about.txt", "crash.txt", "log.txt"}, r.Names())
	assert.Contains(t, r.Parts[0].Text, "missing: the settings: ")
	assert.Contains(t, r.Parts[1].Text, "at the disco")
	assert.Contains(t, r.Parts[2].Text, "From mysteriumvpn.log, its last 2048 KB.\n\na line of the log\n", "from the beginning of a line")
	assert.LessOrEqual(t, len(r.Parts[2].Text), mostLog+100)

	require.NoError(t, os.Chtimes(f.Crash, noon, noon.Add(-40*24*time.Hour)))
	require.NoError(t, os.WriteFile(f.Log, []byte("the newest line\n"), 0o600))
	for _, name := range []string{"mysteriumvpn-2026-05-03T00-00-00.000.log", "mysteriumvpn-2026-05-04T00-00-00.000.log"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("of "+name+"\n"), 0o600))
	}
	s = Subject{Now: noon, System: []Fact{}}
	s.Offline(f)
	assert.Equal(t, "of mysteriumvpn-2026-05-04T00-00-00.000.log\nthe newest line\n", s.Log.Text, "a file that was just begun is not all there is")
	assert.Empty(t, s.Crash.Text, "an old crash tells of another program")

	require.NoError(t, os.WriteFile(f.Settings, []byte(`{"last_country": "CH", "theme": "dark"}`), 0o600))
	s = Subject{Now: noon}
	s.Offline(f)
	for _, p := range Make(s).Parts {
		assert.NotContains(t, p.Text, "CH\"")
	}
}

var update = flag.Bool("update", false, "write docs/sample-report.txt anew")

// TestTheSampleInTheDocsIsWhatReportsLookLike: docs/sample-report.txt is what --show prints.
func TestTheSampleInTheDocsIsWhatReportsLookLike(t *testing.T) {
	const path = "../../docs/sample-report.txt"
	var b strings.Builder
	for _, p := range Make(subject()).Parts {
		b.WriteString("==> " + p.Name + ": " + p.About + "\n" + p.Text + "\n")
	}
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o644)) //nolint:gosec // a document
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), b.String())
}

func TestTheSystemIsToldRoughly(t *testing.T) {
	t.Setenv("LANG", "de_CH.UTF-8")
	for _, f := range System() {
		switch f.Name {
		case "language":
			assert.Equal(t, "de", f.Value, "a country is none of its readers' business")
		case "memory":
			assert.Regexp(t, `^(\d+ GiB)?$`, f.Value)
		}
	}
	zurich := time.FixedZone("", 7200)
	assert.Equal(t, "2026-05-04 12:00:00.000 UTC", at(noon.In(zurich)))
}

func TestWordsForWhatWasHidden(t *testing.T) {
	assert.Equal(t, "nothing had to be replaced", HiddenText(nil))
	assert.Equal(t, "host names (2), IP addresses (1)", HiddenText(map[string]int{"ip": 1, "host": 2}))
	for k := redact.Kind(1); k.String() != redact.Unknown.String(); k++ {
		assert.NotEmpty(t, kindWords[k.String()], k.String())
	}
}
