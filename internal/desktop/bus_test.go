//go:build unix

package desktop

import (
	"bufio"
	"context"
	"os/exec"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// startBus starts a session bus of the test's own.
func startBus(t *testing.T) {
	t.Helper()
	program, err := exec.LookPath("dbus-daemon")
	if err != nil {
		t.Skip("needs dbus-daemon")
	}
	cmd := exec.Command(program, "--session", "--nofork", "--nopidfile", "--print-address=1")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", strings.TrimSpace(address))
}

// peer is another program on the bus.
func peer(t *testing.T) *dbus.Conn {
	t.Helper()
	c, err := dbus.ConnectSessionBus()
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// listen gives a function that waits for the next signal of this name; the bus sends some of its own.
func listen(t *testing.T, iface, member string) func() *dbus.Signal {
	t.Helper()
	c := peer(t)
	ch := make(chan *dbus.Signal, 8)
	c.Signal(ch)
	require.NoError(t, c.AddMatchSignal(dbus.WithMatchInterface(iface)))
	return func() *dbus.Signal {
		for s := range ch {
			if s.Name == iface+"."+member {
				return s
			}
		}
		t.Fatal("the bus has gone")
		return nil
	}
}

func own(t *testing.T, c *dbus.Conn, name string) {
	t.Helper()
	r, err := c.RequestName(name, dbus.NameFlagDoNotQueue)
	require.NoError(t, err)
	require.Equal(t, dbus.RequestNameReplyPrimaryOwner, r)
}

func TestTheTrayHostIsSeenWhenItComes(t *testing.T) {
	startBus(t)
	assert.False(t, TrayHost(t.Context()))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	assert.False(t, WaitTrayHost(ended))
	seen := make(chan bool)
	go func() { seen <- WaitTrayHost(t.Context()) }()
	host := peer(t)
	own(t, host, watcherName)
	assert.True(t, <-seen)
	assert.True(t, HasBus(t.Context()))
	assert.True(t, TrayHost(t.Context()))
	assert.True(t, WaitTrayHost(t.Context()), "it is there already")
}

func TestWithoutABusThereIsNoTrayHost(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+t.TempDir()+"/none")
	assert.False(t, HasBus(t.Context()))
	assert.False(t, TrayHost(t.Context()))
	assert.False(t, WaitTrayHost(t.Context()))
	require.Error(t, WatchPanel(t.Context(), "KDE", func(bool) { t.Error("nothing is known") }))
}

// portal answers as the desktop's portal does: a variant within a variant.
type portal struct{ scheme uint32 }

func (p *portal) Read(group, key string) (dbus.Variant, *dbus.Error) {
	if group != lookGroup || key != lookKey {
		return dbus.Variant{}, prop.ErrPropNotFound
	}
	return dbus.MakeVariant(dbus.MakeVariant(p.scheme)), nil
}

func TestThePanelFollowsTheColourScheme(t *testing.T) {
	startBus(t)
	desktop := peer(t)
	require.NoError(t, desktop.Export(&portal{2}, portalPath, portalSetting))
	own(t, desktop, portalName)
	told := make(chan bool, 4)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- WatchPanel(ctx, "KDE", func(light bool) { told <- light }) }()
	assert.True(t, <-told)
	emit := func(key string, v uint32) {
		require.NoError(t, desktop.Emit(portalPath, portalSetting+".SettingChanged", lookGroup, key, dbus.MakeVariant(v)))
	}
	emit("contrast", 2)
	emit(lookKey, 1)
	assert.False(t, <-told)
	emit(lookKey, 2)
	assert.True(t, <-told)
	emit(lookKey, 0)
	assert.False(t, <-told, "no preference: most panels are dark")
	cancel()
	require.NoError(t, <-done)
}

func TestWithoutAPortalGSettingsIsAsked(t *testing.T) {
	startBus(t)
	fakeDesktop(t, "gnome", "org.gnome.desktop.interface color-scheme 'prefer-light'\n")
	ctx, cancel := context.WithCancel(t.Context())
	var told []bool
	require.NoError(t, WatchPanel(ctx, "sway", func(light bool) { told = append(told, light); cancel() }))
	assert.Equal(t, []bool{true}, told)
}

func TestGNOMEsBarIsDarkWhateverTheScheme(t *testing.T) {
	require.NoError(t, WatchPanel(t.Context(), "ubuntu:GNOME", func(bool) { t.Error("nothing to tell") }))
}
