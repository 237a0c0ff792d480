package vpn_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

func TestAbsurdSettingsAreFaults(t *testing.T) {
	for _, c := range []struct {
		s    vpn.Settings
		code vpn.FaultCode
		key  string
	}{
		{vpn.Settings{}, "", ""},
		{vpn.Settings{Network: vpn.Sandbox, Theme: "dark", Language: "uk", TextSize: "larger", DNS: "9.9.9.9,2620:fe::fe", Proxy: "127.0.0.1:1080"}, "", ""},
		{vpn.Settings{DNS: "system", Proxy: "[::1]:1"}, "", ""},
		{vpn.Settings{Proxy: "0.0.0.0:1080", ProxyExpose: true}, "", ""},
		{vpn.Settings{Network: "tor"}, vpn.UnknownValue, "network"},
		{vpn.Settings{Network: vpn.Mysterium}, "", ""},
		{vpn.Settings{Network: vpn.Own}, "", ""},
		{vpn.Settings{NodeProgram: "myst"}, vpn.UnknownValue, "node_program"},
		{vpn.Settings{NodeProgram: "/opt/myst/myst"}, "", ""},
		{vpn.Settings{Theme: "pink"}, vpn.UnknownValue, "theme"},
		{vpn.Settings{Language: "tlh"}, vpn.UnknownValue, "language"},
		{vpn.Settings{TextSize: "200%"}, vpn.UnknownValue, "text_size"},
		{vpn.Settings{DNS: "one.one.one.one"}, vpn.NoAddress, "dns"},
		{vpn.Settings{DNS: ","}, vpn.NoAddress, "dns"},
		{vpn.Settings{DNS: "fe80::1%eth0"}, vpn.NoAddress, "dns"},
		{vpn.Settings{DNS: "127.0.0.53"}, vpn.UselessAddress, "dns"},
		{vpn.Settings{DNS: "0.0.0.0"}, vpn.UselessAddress, "dns"},
		{vpn.Settings{DNS: "ff02::fb"}, vpn.UselessAddress, "dns"},
		{vpn.Settings{DNS: "1.1.1.1,1.0.0.1,8.8.8.8,8.8.4.4,9.9.9.9"}, vpn.TooManyServers, "dns"},
		{vpn.Settings{Proxy: "1080"}, vpn.NoProxyHost, "proxy"},
		{vpn.Settings{Proxy: "example.org:1080"}, vpn.NoProxyHost, "proxy"},
		{vpn.Settings{Proxy: "224.0.0.1:1080", ProxyExpose: true}, vpn.NoProxyHost, "proxy"},
		{vpn.Settings{Proxy: "127.0.0.1:0"}, vpn.NoProxyPort, "proxy"},
		{vpn.Settings{Proxy: "127.0.0.1:65536"}, vpn.NoProxyPort, "proxy"},
		{vpn.Settings{Proxy: "127.0.0.1:socks"}, vpn.NoProxyPort, "proxy"},
		{vpn.Settings{Proxy: "192.0.2.1:1080"}, vpn.NotExposed, "proxy"},
	} {
		err := c.s.Check()
		if c.code == "" {
			assert.NoError(t, err, "%+v", c.s)
			continue
		}
		f := &vpn.Fault{}
		require.ErrorAs(t, err, &f, "%+v", c.s)
		assert.Equal(t, c.code, f.Code, "%+v", c.s)
		assert.Equal(t, c.key, f.Key)
		assert.NotContains(t, f.Error(), "%!")
	}
	for _, c := range vpn.Faults() {
		assert.NotContains(t, (&vpn.Fault{Code: c, Key: "k", Value: "v"}).Error(), "%!")
	}
}

func TestNameServersAreTidied(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "system": "system", " 9.9.9.9 ": "9.9.9.9", "9.9.9.9 , 1.1.1.1;9.9.9.9": "9.9.9.9,1.1.1.1",
		"::ffff:9.9.9.9": "9.9.9.9", "2620:FE::FE\n192.168.1.1": "2620:fe::fe,192.168.1.1",
	} {
		got, err := vpn.TidyDNS(in)
		require.NoError(t, err, in)
		assert.Equal(t, want, got)
	}
}

func TestWhichProxiesAreExposed(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:1": false, "localhost:1": false, "[::1]:1": false, "127.8.8.8:1": false, "[::ffff:127.0.0.1]:1": false,
		"0.0.0.0:1": true, "[::]:1": true, "192.168.1.2:1": true, "nonsense": true, "host:1": true,
	} {
		assert.Equal(t, want, vpn.Exposed(addr), addr)
	}
	addr, err := vpn.ProxyAddress(" [::1] ", " 01080 ")
	require.NoError(t, err)
	assert.Equal(t, "[::1]:1080", addr)
}

var everySetting = vpn.Settings{
	Network: vpn.Sandbox, Proxy: "0.0.0.0:1080", ProxyExpose: true, DNS: "9.9.9.9", LastExit: "0x1", LastCountry: "DE",
	ConnectOnStart: true, StartAtLogin: true, StartHidden: true, UseForComputer: true,
	Theme: "dark", Language: "de", TextSize: "large", ReducedMotion: true, QuietConnected: true, QuietLost: true, QuietGaveUp: true,
}

func TestSettingsSurviveAFile(t *testing.T) {
	for _, s := range []vpn.Settings{{}, everySetting, {Theme: "light", LastCountry: "FR"}} {
		file := vpn.EncodeSettings(s)
		assert.NotContains(t, string(file), "last_", "what the program noted by itself stays at home")
		got, err := vpn.ReadSettings(strings.NewReader(string(file)), vpn.Settings{LastExit: s.LastExit, LastCountry: s.LastCountry})
		require.NoError(t, err)
		assert.Equal(t, s, got)
	}
	got, err := vpn.DecodeSettings([]byte(`{"last_country":"KP","last_exit":"0xbad"}`), vpn.Settings{LastCountry: "DE", Theme: "dark"})
	require.NoError(t, err)
	assert.Equal(t, vpn.Settings{LastCountry: "DE"}, got)
}

func TestFilesAreRefusedAsAWhole(t *testing.T) {
	for file, code := range map[string]vpn.FaultCode{
		"":                                 vpn.NotSettings,
		"null":                             vpn.NotSettings,
		"[]":                               vpn.NotSettings,
		"{} {}":                            vpn.NotSettings,
		`{"theme":"dark"`:                  vpn.NotSettings,
		`{"theme":"dark","tehme":""}`:      vpn.UnknownSetting,
		`{"Theme":"dark"}`:                 vpn.UnknownSetting,
		`{"theme":7}`:                      vpn.WrongKind,
		`{"start_hidden":"yes"}`:           vpn.WrongKind,
		`{"theme":"pink"}`:                 vpn.UnknownValue,
		`{"proxy":"0.0.0.0:1080"}`:         vpn.NotExposed,
		`{"dns":"nowhere"}`:                vpn.NoAddress,
		strings.Repeat(" ", 65<<10) + "{}": vpn.SettingsTooBig,
	} {
		got, err := vpn.ReadSettings(strings.NewReader(file), everySetting)
		f := &vpn.Fault{}
		require.ErrorAs(t, err, &f, file)
		assert.Equal(t, code, f.Code, file)
		assert.Zero(t, got)
	}
}

// FuzzDecodeSettings: whatever a file has in it, what comes out of it passes the check and survives another file.
func FuzzDecodeSettings(f *testing.F) {
	f.Add(string(vpn.EncodeSettings(everySetting)))
	f.Add(`{"dns":"1.1.1.1, ::1","proxy":"[::1]:80"}`)
	f.Add(`{"proxy":"localhost:1","theme":null}`)
	f.Add(`{"theme":"dark","theme":"light"}`)
	f.Add("\xff")
	f.Fuzz(func(t *testing.T, file string) {
		s, err := vpn.DecodeSettings([]byte(file), vpn.Settings{})
		if err != nil {
			assert.ErrorAs(t, err, new(*vpn.Fault))
			assert.NotEmpty(t, err.Error())
			return
		}
		require.NoError(t, s.Check())
		again, err := vpn.DecodeSettings(vpn.EncodeSettings(s), vpn.Settings{})
		require.NoError(t, err)
		assert.Equal(t, s, again)
	})
}

// TestAFileCannotChooseTheNodesProgram: settings may come from somebody else, and what they name here is run.
func TestAFileCannotChooseTheNodesProgram(t *testing.T) {
	now := vpn.Settings{NodeProgram: "/usr/bin/myst"}
	s, err := vpn.DecodeSettings([]byte(`{"node_program":"/tmp/evil","theme":"dark"}`), now)
	require.NoError(t, err)
	assert.Equal(t, "/usr/bin/myst", s.NodeProgram)
	assert.NotContains(t, string(vpn.EncodeSettings(now)), "myst")
}

// TestAFileCannotSwitchCountingOn: whoever hands out a file of settings does not decide that usage is counted here.
func TestAFileCannotSwitchCountingOn(t *testing.T) {
	for _, now := range []bool{false, true} {
		for _, file := range []string{`{"count_usage":true}`, `{"count_usage":false}`, `{}`} {
			s, err := vpn.DecodeSettings([]byte(file), vpn.Settings{CountUsage: now})
			require.NoError(t, err)
			assert.Equal(t, now, s.CountUsage, file)
		}
	}
	assert.NotContains(t, string(vpn.EncodeSettings(vpn.Settings{CountUsage: true})), "count_usage")
}
