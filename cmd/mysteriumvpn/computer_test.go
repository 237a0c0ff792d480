//go:build linux

package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/mysteriumvpn/desktop/internal/bus/bustest"
	"github.com/mysteriumvpn/desktop/internal/desktop"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

func TestWhenTheDesktopsProxyIsOurs(t *testing.T) {
	for _, x := range []struct {
		phase vpn.Phase
		fresh bool // wanted though it is not set yet
		kept  bool // wanted if it is set
	}{
		{vpn.Unknown, false, false},
		{vpn.Down, false, false},
		{vpn.Finding, false, true},
		{vpn.Dialing, false, true},
		{vpn.Up, true, true},
		{vpn.Reconnecting, false, true},
		{vpn.Blocked, false, true},
		{vpn.Closing, false, false},
		{vpn.Failed, false, false},
	} {
		assert.Equal(t, x.fresh, wantsComputer(x.phase, true, false), x.phase.String())
		assert.Equal(t, x.kept, wantsComputer(x.phase, true, true), x.phase.String())
		assert.False(t, wantsComputer(x.phase, false, true), x.phase.String())
	}
}

// keeper is a computer with a GNOME that keeps its settings in a folder of the test's.
type keeper struct {
	*computer
	t      *testing.T
	states chan vpn.Computer
	file   string
}

func newKeeper(t *testing.T, current string) *keeper {
	t.Helper()
	if _, err := exec.LookPath("gsettings"); err != nil {
		t.Skip("needs gsettings")
	}
	t.Setenv("GSETTINGS_BACKEND", "keyfile")
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	b := bustest.Bus(t)
	k := &keeper{t: t, states: make(chan vpn.Computer, 64), file: filepath.Join(t.TempDir(), "desktop-proxy.json")}
	k.computer = &computer{
		topics: vpn.NewTopics(b, vpn.Settings{}), log: zap.NewNop(), limit: time.Minute,
		proxy: desktop.NewProxy(desktop.ProxyOptions{File: k.file, Current: current}),
	}
	k.login = k.atLogin(&desktop.Autostart{Folder: t.TempDir(), ID: appID, Name: "MysteriumVPN", Program: "/usr/bin/mysteriumvpn"})
	if k.mode() == "" {
		t.Skip("needs the schema org.gnome.system.proxy")
	}
	k.topics.Computer.On(func(c vpn.Computer) { k.states <- c })
	return k
}

// atLogin keeps an entry.
func (k *keeper) atLogin(e *desktop.Autostart) *login {
	return &login{entry: e, now: k.topics.Settings.Load, save: k.topics.Settings.Send, notices: k.topics.Notices, log: zap.NewNop()}
}

func (k *keeper) mode() string {
	out, err := exec.CommandContext(k.t.Context(), "gsettings", "get", "org.gnome.system.proxy", "mode").Output()
	if err != nil {
		return ""
	}
	return strings.Trim(strings.TrimSpace(string(out)), "'")
}

// start serves until the returned function is called.
func (k *keeper) start() (stop func()) {
	ctx, cancel := context.WithCancel(k.t.Context())
	done := make(chan struct{})
	go func() { k.serve(ctx); close(done) }()
	return func() { cancel(); <-done }
}

// until waits for the keeper to say this.
func (k *keeper) until(want vpn.Use) vpn.Computer {
	k.t.Helper()
	for {
		select {
		case c := <-k.states:
			if c.Use == want {
				return c
			}
		case <-time.After(20 * time.Second):
			k.t.Fatalf("the keeper did not say %d", want)
		}
	}
}

var upNow = vpn.Status{Phase: vpn.Up, Proxy: vpn.Proxy{SOCKS5: "127.0.0.1:41871", HTTP: "127.0.0.1:41871"}}

func TestTheDesktopFollowsTheConnection(t *testing.T) {
	k := newKeeper(t, "GNOME")
	stop := k.start()
	k.until(vpn.UseOff)
	k.topics.Settings.Send(vpn.Settings{UseForComputer: true})
	k.topics.Status.Send(upNow)
	k.until(vpn.UseOn)
	assert.Equal(t, "manual", k.mode())
	k.topics.Status.Send(vpn.Status{Phase: vpn.Closing})
	k.until(vpn.UseOff)
	assert.Equal(t, "none", k.mode())
	k.topics.Status.Send(upNow)
	k.until(vpn.UseOn)
	stop()
	assert.Equal(t, "none", k.mode(), "put back at the end of the program")
	assert.NoFileExists(t, k.file)
}

func TestPuttingBackIsNotInterrupted(t *testing.T) {
	k := newKeeper(t, "GNOME")
	require.NoError(t, k.proxy.Set(t.Context(), "127.0.0.1:41871"))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	k.step(ended, vpn.Status{Phase: vpn.Closing}, vpn.Settings{UseForComputer: true})
	assert.Equal(t, "none", k.mode())
}

func TestTheNextStartPutsBackWhatACrashLeft(t *testing.T) {
	k := newKeeper(t, "GNOME")
	require.NoError(t, k.proxy.Set(t.Context(), "127.0.0.1:41871"))
	require.Equal(t, "manual", k.mode())
	stop := k.start()
	k.until(vpn.UseOff)
	assert.Equal(t, "none", k.mode())
	stop()
}

func TestAnUnknownDesktopIsSaid(t *testing.T) {
	k := newKeeper(t, "XFCE")
	defer k.start()()
	c := k.until(vpn.UseImpossible)
	assert.Equal(t, vpn.Reason{Code: vpn.DesktopUnknown, A: "XFCE"}, c.Reason)
}

func TestStartAtLoginFollowsBothWays(t *testing.T) {
	k := newKeeper(t, "GNOME")
	path := filepath.Join(k.login.entry.Folder, "autostart", appID+".desktop")
	want := vpn.Settings{StartAtLogin: true}
	k.topics.Settings.Send(want)
	late := *k.login // whose settings are kept in another process, and take a moment
	late.save = func(s vpn.Settings) { assert.False(t, s.StartAtLogin) }
	late.read()
	late.follow(want)
	assert.NoFileExists(t, path, "what the user took away does not come back")
	late.follow(vpn.Settings{})
	late.follow(want)
	assert.FileExists(t, path, "until it is asked for")
	late.follow(vpn.Settings{})
	k.login.read()
	assert.Zero(t, k.topics.Settings.Load(), "the entry was taken away in the desktop's settings: ours follow")
	k.login.follow(want)
	assert.FileExists(t, path)

	again := k.atLogin(k.login.entry)
	again.entry.Program = "/opt/moved/mysteriumvpn"
	k.topics.Settings.Send(want)
	again.read()
	assert.True(t, k.topics.Settings.Load().StartAtLogin)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Contains(t, string(text), "Exec=/opt/moved/mysteriumvpn", "the program has moved")
	again.follow(vpn.Settings{})
	assert.NoFileExists(t, path)

	again.entry.System = "windows"
	k.topics.Settings.Send(want)
	again.follow(want)
	assert.False(t, k.topics.Settings.Load().StartAtLogin, "what cannot be is not shown as done")
}
