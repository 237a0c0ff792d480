package netd

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestGuests(t *testing.T) {
	p := testPaths(t)
	g := guests{group: p.Group, seat: p.Seat}
	stranger, member := peer{uid: 1000, groups: []uint32{1000, 27}}, peer{uid: 1001, groups: []uint32{1001, 990}}
	assert.True(t, g.admits(peer{uid: 0}), "root")
	assert.False(t, g.admits(stranger))
	assert.False(t, g.admits(member), "no such group yet")
	require.NoError(t, os.WriteFile(p.Group, []byte("root:x:0:\nmysteriumvpn2:x:1000:\nmysteriumvpn:x:990:somebody\n"), 0o644))
	assert.True(t, g.admits(member), "by the kernel's list of groups, not by names")
	assert.False(t, g.admits(stranger))
	require.NoError(t, os.WriteFile(p.Seat, []byte("# This is private data. Do not parse.\nIS_SEAT0=1\nACTIVE=2\nACTIVE_UID=1000\n"), 0o644))
	assert.True(t, g.admits(stranger), "who sits at the computer")
	require.NoError(t, os.WriteFile(p.Seat, []byte("ACTIVE_UID=1002\n"), 0o644))
	assert.False(t, g.admits(stranger), "another user has come to the front")
	assert.True(t, (&guests{allow: []uint32{1000}}).admits(stranger), "named at the start")
	require.NoError(t, os.WriteFile(p.Group, []byte("mysteriumvpn:x:0:\n"), 0o644))
	assert.False(t, g.admits(peer{uid: 7, groups: []uint32{0}}), "a group that is root's is a mistake")
}
