package netd

import (
	"fmt"
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
