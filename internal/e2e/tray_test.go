//go:build unix

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// panel is what a desktop's panel is to a tray icon: the watcher that icons register with
// (https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem/), and the user who opens their menus.
type panel struct {
	t     *testing.T
	conn  *dbus.Conn
	items chan string
	item  dbus.BusObject
	menu  dbus.BusObject
}

// RegisterStatusNotifierItem is called by the program's tray.
func (p *panel) RegisterStatusNotifierItem(service string, from dbus.Sender) *dbus.Error {
	name := service
	if strings.HasPrefix(service, "/") {
		name = string(from)
	}
	select {
	case p.items <- name:
	default:
	}
	return nil
}

// RegisterStatusNotifierHost is part of the interface.
func (p *panel) RegisterStatusNotifierHost(string) *dbus.Error { return nil }

const watcher = "org.kde.StatusNotifierWatcher"

func newPanel(t *testing.T, address string) *panel {
	t.Helper()
	c, err := dbus.Connect(address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	p := &panel{t: t, conn: c, items: make(chan string, 4)}
	_, err = prop.Export(c, "/StatusNotifierWatcher", prop.Map{watcher: {
		"RegisteredStatusNotifierItems":  {Value: []string{}},
		"IsStatusNotifierHostRegistered": {Value: true},
		"ProtocolVersion":                {Value: int32(0)},
	}})
	require.NoError(t, err)
	require.NoError(t, c.Export(p, "/StatusNotifierWatcher", watcher))
	reply, err := c.RequestName(watcher, dbus.NameFlagDoNotQueue)
	require.NoError(t, err)
	require.Equal(t, dbus.RequestNameReplyPrimaryOwner, reply)
	return p
}

// found waits for the program's icon.
func (p *panel) found() {
	p.t.Helper()
	select {
	case name := <-p.items:
		p.item = p.conn.Object(name, "/StatusNotifierItem")
	case <-time.After(20 * time.Second):
		require.Fail(p.t, "no tray icon registered")
	}
	path, err := p.item.GetProperty("org.kde.StatusNotifierItem.Menu")
	require.NoError(p.t, err)
	p.menu = p.conn.Object(p.item.Destination(), path.Value().(dbus.ObjectPath))
}

// node is an item of a menu as com.canonical.dbusmenu has it.
type node struct {
	ID       int32
	Props    map[string]dbus.Variant
	Children []dbus.Variant
}

func (n node) label() string {
	s, _ := n.Props["label"].Value().(string)
	return s
}

// entries is the menu, flat; items of submenus stand behind their parent as "Parent/Item".
func (p *panel) entries() map[string]int32 {
	p.t.Helper()
	out, _ := p.layout()
	return out
}

func (p *panel) layout() (entries map[string]int32, revision uint32) {
	p.t.Helper()
	var top node
	require.NoError(p.t, p.menu.Call("com.canonical.dbusmenu.GetLayout", 0, int32(0), int32(-1), []string{}).Store(&revision, &top))
	out := map[string]int32{}
	var walk func(prefix string, n node)
	walk = func(prefix string, n node) {
		for _, v := range n.Children {
			var c node
			require.NoError(p.t, dbus.Store([]any{v.Value()}, &c))
			out[prefix+c.label()] = c.ID
			walk(prefix+c.label()+"/", c)
		}
	}
	walk("", top)
	return out, revision
}

func (p *panel) has(part string) bool {
	for label := range p.entries() {
		if strings.Contains(label, part) {
			return true
		}
	}
	return false
}

// press reads the menu and then presses an item, as a person does: a menu that still changes gets new numbers for all
// items, and a press on an old one is for nobody.
func (p *panel) press(label string) {
	p.t.Helper()
	var menu map[string]int32
	var revision uint32
	looks := 0
	waitFor(p.t, "a menu that stands still", 10*time.Second, func() bool {
		now, is := p.layout()
		if looks++; is != revision {
			looks = 0
		}
		menu, revision = now, is
		return looks == 3
	})
	id, ok := menu[label]
	require.True(p.t, ok, "%q is not in the menu: %v", label, menu)
	require.NoError(p.t, p.menu.Call("com.canonical.dbusmenu.Event", 0, id, "clicked", dbus.MakeVariant(""), uint32(0)).Err)
}

// icon is the first pixel data that the icon offers.
func (p *panel) icon() string {
	p.t.Helper()
	v, err := p.item.GetProperty("org.kde.StatusNotifierItem.IconPixmap")
	require.NoError(p.t, err)
	var maps []struct {
		W, H int32
		Data []byte
	}
	require.NoError(p.t, v.Store(&maps))
	require.NotEmpty(p.t, maps)
	return string(maps[0].Data)
}

// TestTray uses the program by its tray icon alone: status line, connect to a country, quick connect, disconnect,
// show, quit.
func TestTray(t *testing.T) {
	s := newScreen(t, "1280x800")
	p := newPanel(t, s.bus)
	app := s.open()
	p.found()
	s.await(30*time.Second, func(s status) bool { return s.Node.State == "running" })
	waitFor(t, "countries in the menu", 15*time.Second, func() bool { return p.has("Connect to/Germany") })
	down := p.icon()

	p.press("Connect to/Germany")
	s.await(30*time.Second, upIn("DE"))
	waitFor(t, "the status line", 10*time.Second, func() bool { return p.has("Germany") && p.has("Disconnect") })
	assert.NotEqual(t, down, p.icon(), "the icon tells the phase")

	p.press("Disconnect")
	s.await(15*time.Second, inPhase("down"))
	waitFor(t, "quick connect", 10*time.Second, func() bool { return p.has("Quick connect") })
	p.press("Quick connect")
	s.await(30*time.Second, inPhase("up"))

	// With a tray host the cross hides the window, and the connection stays.
	s.closeWindow()
	waitFor(t, "the window hides", 10*time.Second, func() bool { return s.visible() == 0 })
	assert.Equal(t, "up", s.status().Phase)
	p.press("Show window")
	waitFor(t, "the window shows", 10*time.Second, func() bool { return s.visible() == 1 })

	p.press("Quit")
	select {
	case <-app.done:
	case <-time.After(20 * time.Second):
		require.Fail(t, "Quit in the tray did not end the program")
	}
	assert.Zero(t, app.ProcessState.ExitCode())
}
