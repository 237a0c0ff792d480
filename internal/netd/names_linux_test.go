package netd

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/godbus/dbus/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var ourResolvers = []netip.Addr{netip.MustParseAddr("10.88.0.1"), netip.MustParseAddr("fd88::1")}

// newBus starts a D-Bus of the test's own, and has p use it.
func newBus(t *testing.T, p *Paths) {
	for _, tool := range []string{"dbus-daemon", p.Busctl} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("needs %s", tool)
		}
	}
	cmd := exec.Command("dbus-daemon", "--session", "--nofork", "--print-address=1", "--address=unix:tmpdir="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	_, err = fmt.Fscan(out, &p.Bus)
	require.NoError(t, err)
}

// offer puts objects on the bus under a name, until gone is called.
func offer(t *testing.T, p *Paths, name string, objects map[dbus.ObjectPath]map[string]any) (gone func()) {
	c, err := dbus.Connect(p.Bus)
	require.NoError(t, err)
	for path, interfaces := range objects {
		for i, o := range interfaces {
			require.NoError(t, c.Export(o, path, i))
		}
	}
	reply, err := c.RequestName(name, dbus.NameFlagDoNotQueue)
	require.NoError(t, err)
	require.Equal(t, dbus.RequestNameReplyPrimaryOwner, reply)
	var once sync.Once
	gone = func() {
		once.Do(func() {
			_, _ = c.ReleaseName(name) // which is answered: by the end of the connection it would be gone a moment later
			_ = c.Close()
		})
	}
	t.Cleanup(gone)
	return gone
}

// resolver stands in for systemd-resolved: the methods of org.freedesktop.resolve1(5) that set a link.
type resolver struct {
	folder string
	mu     sync.Mutex
	calls  []string
}

type (
	linkAddress struct {
		Family int32
		Bytes  []byte
	}
	linkDomain struct {
		Name  string
		Route bool
	}
)

func (r *resolver) note(format string, args ...any) *dbus.Error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, fmt.Sprintf(format, args...))
	return nil
}

func (r *resolver) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := strings.Join(r.calls, "\n")
	r.calls = nil
	return s
}

func (r *resolver) SetLinkDNS(link int32, list []linkAddress) *dbus.Error {
	text := ""
	for _, a := range list {
		ip, ok := netip.AddrFromSlice(a.Bytes)
		if !ok || ip.Is4() != (a.Family == syscall.AF_INET) {
			return dbus.MakeFailedError(fmt.Errorf("%v is no address", a))
		}
		text += fmt.Sprintf("nameserver %s\n", ip)
	}
	_ = os.WriteFile(filepath.Join(r.folder, "resolv.conf"), []byte(text), 0o644)
	return r.note("DNS of %d: %s", link, strings.ReplaceAll(strings.TrimSpace(text), "\n", ", "))
}

func (r *resolver) SetLinkDomains(link int32, list []linkDomain) *dbus.Error {
	return r.note("domains of %d: %v", link, list)
}

func (r *resolver) SetLinkDefaultRoute(link int32, on bool) *dbus.Error {
	return r.note("default route of %d: %v", link, on)
}

func (r *resolver) SetLinkLLMNR(link int32, mode string) *dbus.Error {
	return r.note("LLMNR of %d: %s", link, mode)
}

func (r *resolver) SetLinkMulticastDNS(link int32, mode string) *dbus.Error {
	return r.note("mDNS of %d: %s", link, mode)
}
func (r *resolver) FlushCaches() *dbus.Error { return r.note("flush") }

func (r *resolver) offer(t *testing.T, p *Paths) (gone func()) {
	require.NoError(t, os.MkdirAll(p.Resolved, 0o755))
	r.folder = p.Resolved
	require.NoError(t, os.WriteFile(filepath.Join(p.Resolved, "resolv.conf"), []byte("nameserver 192.0.2.1\n"), 0o644))
	return offer(t, p, resolved, map[dbus.ObjectPath]map[string]any{"/org/freedesktop/resolve1": {resolved + ".Manager": r}})
}

const toldResolved = `DNS of 7: nameserver 10.88.0.1, nameserver fd88::1
domains of 7: [{. true}]
default route of 7: true
LLMNR of 7: no
mDNS of 7: no
flush`

// TestResolvedIsTold: every name is asked of ours, over our link; its own stub may stand in resolv.conf meanwhile. When it
// has started anew it is told again.
func TestResolvedIsTold(t *testing.T) {
	p := testPaths(t)
	newBus(t, &p)
	var r resolver
	gone := r.offer(t, &p)
	stub := filepath.Join(p.Resolved, "stub-resolv.conf")
	require.NoError(t, os.WriteFile(stub, []byte("nameserver 127.0.0.53\noptions edns0\n"), 0o644))
	require.NoError(t, os.Symlink(stub, p.Resolv))

	n := newNames(p)
	left, err := n.set(7, ourResolvers)
	require.NoError(t, err)
	require.NoError(t, left)
	assert.Equal(t, toldResolved, r.said())
	to, err := os.Readlink(p.Resolv)
	require.NoError(t, err)
	assert.Equal(t, stub, to, "the stub asks resolved, which asks ours")

	require.NoError(t, n.hold())
	assert.Empty(t, r.said(), "it still knows")
	gone()
	gone = r.offer(t, &p)
	require.NoError(t, n.hold())
	assert.Equal(t, toldResolved, r.said(), "it has started again")
	gone()
	require.NoError(t, n.hold())
	assert.Equal(t, resolvHead+"nameserver 10.88.0.1\nnameserver fd88::1\n", text(t, p.Resolv), "without it, its stub answers nobody")
	r.offer(t, &p)
	require.NoError(t, n.hold())
	assert.Equal(t, toldResolved, r.said())

	require.NoError(t, n.restore())
	assert.Empty(t, r.said(), "it forgets with the interface")
	to, err = os.Readlink(p.Resolv)
	require.NoError(t, err)
	assert.Equal(t, stub, to)
	assert.NoFileExists(t, n.file.backup)
	require.NoError(t, n.hold())
	assert.Empty(t, r.said())
}

// TestResolvConfIsHeldBesideResolved: a file that names others is asked by programs that do not go through resolved.
func TestResolvConfIsHeldBesideResolved(t *testing.T) {
	p := testPaths(t)
	newBus(t, &p)
	var r resolver
	r.offer(t, &p)
	require.NoError(t, os.WriteFile(p.Resolv, []byte("nameserver 192.0.2.1\n"), 0o644))
	n := newNames(p)
	left, err := n.set(7, ourResolvers)
	require.NoError(t, err)
	require.NoError(t, left)
	assert.Equal(t, toldResolved, r.said())
	assert.Equal(t, resolvHead+"nameserver 10.88.0.1\nnameserver fd88::1\n", text(t, p.Resolv))
	require.NoError(t, n.restore())
	assert.Equal(t, "nameserver 192.0.2.1\n", text(t, p.Resolv))
}

// manager stands in for NetworkManager: its property GlobalDnsConfiguration, and what it does with it.
type manager struct {
	resolv string // the file it writes; empty = it writes none
	mu     sync.Mutex
	global map[string]dbus.Variant
	refuse bool
}

func (m *manager) Get(_, _ string) (dbus.Variant, *dbus.Error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return dbus.MakeVariant(m.global), nil
}

func (m *manager) Set(_, name string, v dbus.Variant) *dbus.Error {
	m.mu.Lock()
	defer m.mu.Unlock()
	global, ok := v.Value().(map[string]dbus.Variant)
	if m.refuse || name != "GlobalDnsConfiguration" || !ok {
		return dbus.MakeFailedError(fmt.Errorf("no %s", name))
	}
	m.global = global
	if m.resolv != "" {
		text := "# Generated by NetworkManager\n"
		for _, s := range m.serversLocked() {
			text += "nameserver " + s + "\n"
		}
		_ = os.WriteFile(m.resolv, []byte(text), 0o644)
	}
	return nil
}

// serversLocked are those that it would ask.
func (m *manager) serversLocked() []string {
	domains, ok := m.global["domains"].Value().(map[string]dbus.Variant)
	if !ok {
		return []string{"192.0.2.1"}
	}
	all, _ := domains["*"].Value().(map[string]dbus.Variant)
	list, _ := all["servers"].Value().([]string)
	return list
}

// locked is for the test, while the bus may be asking.
func (m *manager) locked(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
}

func (m *manager) servers() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.serversLocked()
}

func (m *manager) offer(t *testing.T, p *Paths) {
	m.global = map[string]dbus.Variant{}
	require.NoError(t, os.WriteFile(p.Resolv, []byte("# Generated by NetworkManager\nnameserver 192.0.2.1\n"), 0o644))
	properties := map[string]any{"org.freedesktop.DBus.Properties": m}
	offer(t, p, networkManager, map[dbus.ObjectPath]map[string]any{
		"/org/freedesktop/NetworkManager": properties,
	})
}

// TestNetworkManagerIsTold: it writes the file itself then; after a crash, too, it is told that ours are not wanted any more.
func TestNetworkManagerIsTold(t *testing.T) {
	p := testPaths(t)
	newBus(t, &p)
	m := manager{resolv: p.Resolv}
	m.offer(t, &p)
	for range 2 {
		n := newNames(p)
		left, err := n.set(7, ourResolvers)
		require.NoError(t, err)
		require.NoError(t, left)
		assert.Equal(t, []string{"10.88.0.1", "fd88::1"}, m.servers())
		assert.Equal(t, "# Generated by NetworkManager\nnameserver 10.88.0.1\nnameserver fd88::1\n", text(t, p.Resolv))
		left, err = n.set(7, ourResolvers[:1])
		require.NoError(t, err)
		require.NoError(t, left)
		assert.Equal(t, []string{"10.88.0.1", "fd88::1"}[:1], m.servers())

		require.NoError(t, newNames(p).restore(), "another one does it, as after a crash")
		assert.Equal(t, []string{"192.0.2.1"}, m.servers())
		assert.Equal(t, "# Generated by NetworkManager\nnameserver 192.0.2.1\n", text(t, p.Resolv))
		assert.NoFileExists(t, n.told)
	}
}

// TestNetworkManagerThatDoesNotDoIt: it refuses, or somebody else has told it servers for everything, or the file
// is not its own: then the file is held, and what others told it stays.
func TestNetworkManagerThatDoesNotDoIt(t *testing.T) {
	for name, change := range map[string]func(*manager){
		"refuses": func(m *manager) { m.refuse = true },
		"others":  func(m *manager) { m.global = map[string]dbus.Variant{"searches": dbus.MakeVariant([]string{"lan"})} },
		"not its": nil,
	} {
		p := testPaths(t)
		newBus(t, &p)
		m := manager{}
		m.offer(t, &p)
		if change == nil {
			require.NoError(t, os.WriteFile(p.Resolv, []byte("nameserver 192.0.2.1\n"), 0o644))
		} else {
			m.locked(func() { change(&m) })
		}
		var was, is map[string]dbus.Variant
		m.locked(func() { was = m.global })
		n := newNames(p)
		left, err := n.set(7, ourResolvers)
		require.NoError(t, err, name)
		if name == "refuses" {
			require.ErrorContains(t, left, "tell "+networkManager)
		} else {
			require.NoError(t, left, name)
		}
		m.locked(func() { is = m.global })
		assert.Equal(t, was, is, name)
		assert.Equal(t, resolvHead+"nameserver 10.88.0.1\nnameserver fd88::1\n", text(t, p.Resolv), name)
		m.locked(func() { m.refuse = false })
		require.NoError(t, n.restore(), name)
		assert.Contains(t, text(t, p.Resolv), "192.0.2.1", name)
	}
}

// TestResolvconfIsTold: as wg-quick does. One that adds ours to those of others has the file held above it.
func TestResolvconfIsTold(t *testing.T) {
	for name, others := range map[string]string{"alone": "", "beside others": "nameserver 192.0.2.1\n"} {
		p := testPaths(t)
		p.Bus = "unix:path=/nowhere"
		const head = "# Generated by resolvconf\n"
		record := filepath.Join(t.TempDir(), "record")
		p.Resolvconf = filepath.Join(t.TempDir(), "resolvconf")
		script := fmt.Sprintf("#!/bin/sh\necho $* >>%s\ncase $1 in\n-a) (echo '%s'; cat; printf '%s') ;;\n-d) printf '%snameserver 192.0.2.1\\n' ;;\nesac >%s.new\nmv %[5]s.new %[5]s\n",
			record, strings.TrimSpace(head), others, head, p.Resolv)
		require.NoError(t, os.WriteFile(p.Resolvconf, []byte(script), 0o700))
		require.NoError(t, os.WriteFile(p.Resolv, []byte(head+"nameserver 192.0.2.1\n"), 0o644))

		left, err := newNames(p).set(7, ourResolvers)
		require.NoError(t, err)
		require.NoError(t, left)
		want := head
		if others != "" {
			want = resolvHead
		}
		assert.Equal(t, want+"nameserver 10.88.0.1\nnameserver fd88::1\n", text(t, p.Resolv), name)
		require.NoError(t, newNames(p).restore())
		assert.Equal(t, head+"nameserver 192.0.2.1\n", text(t, p.Resolv), name)
		assert.Equal(t, "-a tun.mysterium0 -m 0 -x\n-d tun.mysterium0 -f\n", text(t, record))
	}
}

// TestWithoutAManagerTheFileDoes: no bus, or nobody of them on it. Who comes later is found the next time.
func TestWithoutAManagerTheFileDoes(t *testing.T) {
	p := testPaths(t)
	newBus(t, &p)
	require.NoError(t, os.WriteFile(p.Resolv, []byte("nameserver 192.0.2.1\n"), 0o644))
	n := newNames(p)
	left, err := n.set(7, ourResolvers)
	require.NoError(t, err)
	require.NoError(t, left)
	assert.Contains(t, text(t, p.Resolv), resolvHead)
	assert.NoFileExists(t, n.told)
	var r resolver
	r.offer(t, &p)
	left, err = n.set(7, ourResolvers)
	require.NoError(t, err)
	require.NoError(t, left)
	assert.Equal(t, toldResolved, r.said())
	require.NoError(t, n.restore())
}

func text(t *testing.T, path string) string {
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(b)
}
