package netd

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/netd/wire"
)

func folders(t *testing.T) Paths {
	return Paths{Kept: filepath.Join(t.TempDir(), "kept"), Run: filepath.Join(t.TempDir(), "run")}
}

func TestSwitchesAndHoldAreRemembered(t *testing.T) {
	p := folders(t)
	m := newMemory(p)
	assert.Equal(t, State{}, m.load(), "nothing is remembered of nothing")
	require.NoError(t, m.storeSwitches(&State{LAN: true}))
	assert.Equal(t, State{LAN: true}, m.load())
	require.NoError(t, m.storeHeld(&State{Held: true, Owner: 1000}))
	s := m.load()
	assert.Equal(t, wire.Blocked, s.Phase(), "who was connected finds everything blocked")
	assert.Equal(t, uint32(1000), s.Owner)
	require.NoError(t, os.RemoveAll(p.Run)) // a reboot
	s = m.load()
	assert.Equal(t, wire.Open, s.Phase())
	require.NoError(t, m.storeSwitches(&State{Lockdown: true}))
	s = m.load()
	assert.Equal(t, wire.Blocked, s.Phase())
	require.NoError(t, errors.Join(removeIfThere(m.kept), removeIfThere(m.held)))
	assert.Equal(t, State{}, m.load())
}

// TestADamagedMemoryNeverOpens: what cannot be read counts as the stricter.
func TestADamagedMemoryNeverOpens(t *testing.T) {
	p := folders(t)
	m := newMemory(p)
	require.NoError(t, os.MkdirAll(p.Kept, 0o755))
	require.NoError(t, os.MkdirAll(p.Run, 0o755))
	for _, text := range []string{"", "lockdown", "lockdown off\n", "lockdown no\nlan off\n", "lockdown off\nlan maybe\n", "\x00\x00"} {
		require.NoError(t, os.WriteFile(m.kept, []byte(text), 0o600))
		s := m.load()
		assert.Equal(t, wire.Blocked, s.Phase(), "%q", text)
		assert.NotEmpty(t, s.Notice)
	}
	require.NoError(t, os.Remove(m.kept))
	for _, text := range []string{"", "held by nobody", "\x00"} {
		require.NoError(t, os.WriteFile(m.held, []byte(text), 0o600))
		s := m.load()
		assert.Equal(t, wire.Blocked, s.Phase(), "%q", text)
		assert.Zero(t, s.Owner, "then it is root's")
	}
}
