package store

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// The settings as they are and as they shall be, in the form in which they are kept.
var (
	oldSettings = vpn.Settings{Network: vpn.Sandbox, Proxy: "127.0.0.1:41871", LastCountry: "DE", Theme: "dark"}
	newSettings = vpn.Settings{
		Network: vpn.Mysterium, Proxy: "127.0.0.1:1080", DNS: "9.9.9.9,2620:fe::fe", LastExit: "0x1111111111111111111111111111111111111111",
		LastCountry: "NL", FilterQuality: "high", ConnectOnStart: true, Language: "uk", TextSize: "large", CountUsage: true, QuietLost: true,
	}
)

var errFull = errors.New("no space left on device")

func kept(t *testing.T, s vpn.Settings) []byte {
	t.Helper()
	b, err := json.MarshalIndent(s, "", "  ")
	require.NoError(t, err)
	return append(b, '\n')
}

// someBytes are 1,000 places in n bytes, both ends among them. They are other ones in each run, and the seed is said.
func someBytes(t *testing.T, n int) []int {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	out := []int{0, n}
	for len(out) < 1000 {
		out = append(out, r.IntN(n+1))
	}
	return out
}

// wholeSettings fails unless what is on a disk is the old settings or the new ones, down to the last byte.
func wholeSettings(t *testing.T, got []byte, where any) {
	t.Helper()
	var s vpn.Settings
	if !assert.NoError(t, json.Unmarshal(got, &s), "%v: %q", where, got) {
		return
	}
	assert.Contains(t, []vpn.Settings{oldSettings, newSettings}, s, "%v", where)
	assert.Contains(t, []string{string(kept(t, oldSettings)), string(kept(t, newSettings))}, string(got), "%v", where)
}

// TestSettingsCutAnywhereAreTheOldOrTheNew: the power goes off at every boundary between two steps, and at 1,000 random
// bytes of what is written. What is there when it is back is the old settings or the new, never half.
func TestSettingsCutAnywhereAreTheOldOrTheNew(t *testing.T) {
	old, fresh := kept(t, oldSettings), kept(t, newSettings)
	for cut := range len(wholeWrite) + 1 {
		d := newMemDisk(old)
		d.cut = cut
		err := writeFile(d, "dir/s", fresh)
		require.Equal(t, cut == len(wholeWrite), err == nil)
		for _, got := range d.afterPowerCut() {
			wholeSettings(t, got, wholeWrite[:cut])
		}
	}
	for _, n := range someBytes(t, len(fresh)) {
		d := newMemDisk(old)
		d.bytes, d.noBytes = n, errCut
		err := writeFile(d, "dir/s", fresh)
		require.Equal(t, n == len(fresh), err == nil, n)
		for _, got := range d.afterPowerCut() {
			wholeSettings(t, got, n)
		}
	}
}

// TestDiskFullAtAnyByteKeepsTheOldSettings: the disk is full after any number of bytes. The old settings stay, nothing
// is left beside them, the error says what is wrong, and once there is room the new ones are kept.
func TestDiskFullAtAnyByteKeepsTheOldSettings(t *testing.T) {
	old, fresh := kept(t, oldSettings), kept(t, newSettings)
	for _, n := range someBytes(t, len(fresh)-1) {
		d := newMemDisk(old)
		d.bytes, d.noBytes = n, errFull
		require.ErrorIs(t, writeFile(d, "dir/s", fresh), errFull)
		assert.Len(t, d.names, 1, n)
		assert.Equal(t, string(old), string(d.names["dir/s"].data), n)

		d.bytes = -1
		require.NoError(t, writeFile(d, "dir/s", fresh))
		assert.Equal(t, string(fresh), string(d.names["dir/s"].data), n)
	}
}
