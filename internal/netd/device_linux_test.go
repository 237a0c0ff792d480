package netd

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/netd/wire"
)

// fragileDevice is one whose nft fails while the file exists that breaks makes.
func fragileDevice(t *testing.T) (d *device, broken string) {
	p := testPaths(t)
	broken = filepath.Join(t.TempDir(), "broken")
	nft := filepath.Join(t.TempDir(), "nft")
	script := fmt.Sprintf("#!/bin/sh\n[ -e %s ] && echo it is broken >&2 && exit 1\nexec %s \"$@\"\n", broken, p.Nft)
	require.NoError(t, os.WriteFile(nft, []byte(script), 0o700))
	p.Nft = nft
	d = newDevice(p, t.Logf)
	require.NoError(t, d.start())
	return d, broken
}

// TestWhatTheSystemRefusesBlocks: whatever cannot be had, what remains is blocked; and if not even that can be had it
// is said.
func TestWhatTheSystemRefusesBlocks(t *testing.T) {
	if !alone(t) {
		return
	}
	connecting, connected := situations()["connecting"], situations()["connected"]
	t.Run("the interface", func(t *testing.T) {
		d, _ := fragileDevice(t)
		_, err := d.do(connecting)
		require.NoError(t, err)
		d.paths.TunNode = "/dev/null"
		_, err = d.do(connected)
		require.ErrorContains(t, err, "make the interface")
		assert.Equal(t, wire.Blocked, d.state.Phase())
		assert.True(t, d.state.Held, "until the user disconnects")
		assert.True(t, d.firewall.stands())
		_, err = d.do(State{})
		require.NoError(t, err)
		assert.False(t, d.firewall.stands())
	})
	t.Run("DNS", func(t *testing.T) {
		d, _ := fragileDevice(t)
		s := connected
		tunnel := *s.Tunnel
		tunnel.Resolvers = tunnel.Addresses
		s.Tunnel = &tunnel
		require.NoError(t, os.Mkdir(d.paths.Resolv, 0o755)) // no file can be there
		_, err := d.do(s)
		require.ErrorContains(t, err, "resolv.conf")
		assert.Equal(t, wire.Blocked, d.state.Phase())
		index, err := linkIndex(Interface)
		require.NoError(t, err)
		assert.Zero(t, index, "the interface is gone")
		require.NoError(t, os.Remove(d.paths.Resolv))
		_, err = d.do(State{})
		require.NoError(t, err)
	})
	t.Run("DNS that is to be put back", func(t *testing.T) {
		d, _ := fragileDevice(t)
		withDNS := func() {
			s := connected
			tunnel := *s.Tunnel
			tunnel.Resolvers = tunnel.Addresses
			tunnel.Serial = 77
			s.Tunnel = &tunnel
			require.NoError(t, os.WriteFile(d.paths.Resolv, []byte("nameserver 192.0.2.1\n"), 0o644))
			require.NoError(t, removeIfThere(d.names.file.backup))
			_, err := d.do(s)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(d.names.file.backup, []byte("damaged"), 0o600))
		}
		withDNS()
		_, err := d.do(State{Lockdown: true})
		require.NoError(t, err, "it does not keep from blocking")
		assert.Equal(t, wire.Blocked, d.state.Phase())
		assert.Contains(t, d.state.Notice, d.names.file.backup)
		_, err = d.do(State{})
		require.NoError(t, err, "nor from opening")
		assert.Equal(t, wire.Open, d.state.Phase())
		assert.False(t, d.firewall.stands())
		assert.Contains(t, d.state.Notice, "put resolv.conf back", "but it is told")

		withDNS()
		phase, err := UnblockHere(d.paths, t.Logf)
		require.NoError(t, err)
		assert.Equal(t, wire.Open, phase)
		assert.False(t, d.firewall.stands())

		d = newDevice(d.paths, t.Logf)
		withDNS()
		require.ErrorContains(t, d.reset(), "put resolv.conf back")
		assert.Equal(t, wire.Open, d.state.Phase(), "it goes on to the end")
		assert.False(t, d.firewall.stands())
		assert.NoFileExists(t, d.memory.held)
		assert.FileExists(t, d.names.file.backup, "somebody may read it")
	})
	t.Run("switches", func(t *testing.T) {
		d, broken := fragileDevice(t)
		require.NoError(t, os.Symlink("nowhere", d.paths.Kept)) // nothing is written down, and nothing can be
		_, err := d.do(State{Lockdown: true})
		require.ErrorContains(t, err, "keep the switches")
		assert.Equal(t, wire.Open, d.state.Phase(), "nothing was begun, and no rule was set")
		assert.False(t, d.state.Exposed)
		lan := connecting
		lan.LAN = true
		_, err = d.do(connecting)
		require.NoError(t, err)
		_, err = d.do(lan)
		require.ErrorContains(t, err, "keep the switches")
		assert.False(t, d.state.LAN, "as in the rules")
		assert.Equal(t, ruleset(&d.state), ruleset(&State{Held: true}))
		assert.NotContains(t, listing(t, d), "10.0.0.0/8")
		_, err = d.do(State{})
		require.NoError(t, err)
		require.NoError(t, os.Remove(d.paths.Kept))

		_, err = d.do(State{Lockdown: true, LAN: true})
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(broken, nil, 0o600))
		_, err = d.do(State{LAN: true})
		require.Error(t, err, "the rules cannot be taken away")
		assert.True(t, d.memory.load().Lockdown, "so off is not written down")
		assert.True(t, d.state.Lockdown)
		_, err = d.do(State{Lockdown: true})
		require.Error(t, err)
		assert.True(t, d.state.LAN, "the rules that stand let neighbours in")
		assert.False(t, d.memory.load().LAN, "a new start is stricter")
		require.NoError(t, os.Remove(broken))
		assert.Contains(t, listing(t, d), "10.0.0.0/8")
		again := newDevice(d.paths, t.Logf)
		require.NoError(t, again.start())
		assert.NotContains(t, listing(t, again), "10.0.0.0/8")
		_, err = again.do(State{LAN: true})
		require.NoError(t, err)
		assert.False(t, again.memory.load().Lockdown)
		again = newDevice(d.paths, t.Logf)
		require.NoError(t, again.start())
		assert.True(t, again.state.LAN, "an open helper remembers, too")
		require.NoError(t, again.reset())
	})
	t.Run("rules that are to be changed", func(t *testing.T) {
		d, broken := fragileDevice(t)
		_, err := d.do(connecting)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(broken, nil, 0o600))
		_, err = d.do(connected)
		require.ErrorContains(t, err, "it is broken")
		require.NoError(t, os.Remove(broken))
		assert.True(t, d.firewall.stands(), "the old ones still stand")
		assert.Equal(t, wire.Blocked, d.state.Phase())

		require.NoError(t, os.WriteFile(broken, nil, 0o600))
		_, err = d.do(State{})
		require.Error(t, err, "it is to open and cannot")
		assert.NotEqual(t, wire.Open, d.state.Phase(), "so it does not say that it has")
		require.NoError(t, os.Remove(broken))
		_, err = d.do(State{})
		require.NoError(t, err)
		assert.Equal(t, wire.Open, d.state.Phase())
	})
	t.Run("every rule", func(t *testing.T) {
		d, broken := fragileDevice(t)
		require.NoError(t, os.WriteFile(broken, nil, 0o600))
		_, err := d.do(connecting)
		require.Error(t, err)
		assert.True(t, d.state.Exposed)
		assert.Contains(t, d.state.Notice, "IT IS NOT CERTAIN")
		require.NoError(t, os.Remove(broken))
		_, err = d.do(connecting)
		require.NoError(t, err)
		assert.False(t, d.state.Exposed)
		_, err = d.do(State{})
		require.NoError(t, err)
	})
	t.Run("rules at the start", func(t *testing.T) {
		d, broken := fragileDevice(t)
		require.NoError(t, d.memory.storeSwitches(&State{Lockdown: true}))
		require.NoError(t, os.WriteFile(broken, nil, 0o600))
		again := newDevice(d.paths, t.Logf)
		require.Error(t, again.start())
		assert.True(t, again.state.Exposed)
	})
}

// TestTheInterfaceTakesAnotherMTU: without being made anew, and what it is too small for is refused.
func TestTheInterfaceTakesAnotherMTU(t *testing.T) {
	if !alone(t) {
		return
	}
	d, _ := fragileDevice(t)
	f, err := d.do(situations()["connected"])
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	before, err := net.InterfaceByName(Interface)
	require.NoError(t, err)
	me := caller{Conn: d.state.Conn, UID: d.state.Owner}
	_, err = next(d.state, me, wire.Request{Verb: wire.MTU, MTU: wire.MinMTU})
	require.Error(t, err, "it has an address of IPv6")
	s, err := next(d.state, me, wire.Request{Verb: wire.MTU, MTU: 1290})
	require.NoError(t, err)
	none, err := d.do(s)
	require.NoError(t, err)
	assert.Nil(t, none)
	after, err := net.InterfaceByName(Interface)
	require.NoError(t, err)
	assert.Equal(t, before.Index, after.Index)
	assert.Equal(t, 1290, after.MTU)
	_, err = d.do(State{})
	require.NoError(t, err)
}

// TestTheRulesCanBeSeen: as the kernel has them, with what was refused so far; none while it is open.
func TestTheRulesCanBeSeen(t *testing.T) {
	if !alone(t) {
		return
	}
	d, _ := fragileDevice(t)
	_, err := d.do(situations()["connecting"])
	require.NoError(t, err)
	rules, err := d.firewall.rules("--numeric")
	require.NoError(t, err)
	for _, what := range []string{"hook output priority 0; policy drop;", "counter packets 0 bytes 0", testEntry4.Addr().String()} {
		assert.Contains(t, rules, what)
	}
	_, err = d.do(State{})
	require.NoError(t, err)
	rules, err = d.firewall.rules("--numeric")
	require.NoError(t, err)
	assert.Empty(t, rules)
}

func listing(t *testing.T, d *device) string {
	out, err := output(d.firewall.nft, "", "list", "table", "inet", tableName)
	require.NoError(t, err)
	return out
}
