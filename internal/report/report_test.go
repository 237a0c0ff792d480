package report

import (
	"archive/zip"
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/bus"
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
		}},
		Bus: []bus.TopicInfo{
			{Name: "status", State: true, Sent: 12, Same: 2, Receivers: []bus.ReceiverInfo{{
				Where: "ui/window.go:88", Lane: "ui", Max: 1, Seen: 9, Merged: 1, Busy: 3 * time.Millisecond, Running: 2 * time.Second,
			}}},
			{Name: "commands", Sent: 1},
		},
		Log: Log{From: "memory", Gone: 7, Text: strings.Join([]string{
			"2026-05-04T11:50:00.000Z info    app     dial provider=" + provider + " country=CH service=wireguard connection=k7q2mxab",
			`2026-05-04T11:50:00.100Z info    node    Registration status: registered identity=` + identity + ` location={"country":"CH","city":"Zürich"} connection=k7q2mxab`,
			"2026-05-04T11:50:01.000Z debug   tunnel  peer(" + wgKey + ") - Sending handshake initiation connection=k7q2mxab",
			"2026-05-04T11:50:01.500Z warn    node    dial tcp: lookup broker.example.org on 192.0.2.53:53: no such host caller=dialer.go:120 connection=k7q2mxab skew=3.5s",
			"2026-05-04T11:50:02.000Z warn    app     keep the settings error=\"open /home/alice/.config/mysteriumvpn/settings.json: no space left on device\"",
			"",
		}, "\n")},
		Crash: Crash{At: noon.Add(-2 * time.Hour), Text: "panic: runtime error: index out of range [3] with length 3\n\ngoroutine 1 [running]:\nmain.main()\n\t/home/alice/src/desktop/cmd/mysteriumvpn/main.go:12 +0x1d\n"},
		Known: redact.Known{Home: "/home/alice", User: "alice", Host: "alices-laptop"},
	}
}

// personal is what nobody else may read.
var personal = []string{provider, identity, wgKey, "alice", "Zürich", "broker.example.org", "192.0.2.53", `"CH"`, "=CH", "9.9.9.9"}

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
	s = Subject{Now: noon, System: []Fact{}}
	s.Offline(f)
	r = Make(s)
	assert.Equal(t, []string{"about.txt", "crash.txt", "log.txt"}, r.Names())
	assert.Contains(t, r.Parts[0].Text, "missing: the settings: ")
	assert.Contains(t, r.Parts[1].Text, "at the disco")
	assert.Contains(t, r.Parts[2].Text, "From mysteriumvpn.log, its last 2048 KB.\n\na line of the log\n", "from the beginning of a line")
	assert.LessOrEqual(t, len(r.Parts[2].Text), mostLog+100)

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

func TestWordsForWhatWasHidden(t *testing.T) {
	assert.Equal(t, "nothing had to be replaced", HiddenText(nil))
	assert.Equal(t, "host names (2), IP addresses (1)", HiddenText(map[string]int{"ip": 1, "host": 2}))
	for k := redact.Kind(1); k.String() != redact.Unknown.String(); k++ {
		assert.NotEmpty(t, kindWords[k.String()], k.String())
	}
}
