package vpn

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestTheSandboxNeverCarriesTheDevice: its exits are this computer. A wish for it counts where it can be met.
func TestTheSandboxNeverCarriesTheDevice(t *testing.T) {
	for _, n := range []Network{"", Sandbox, "unheard of"} {
		assert.Equal(t, DeviceNotSandbox, NoDevice(n).Code, n)
		assert.Equal(t, ProxyMode, ModeOn(n, Settings{Mode: DeviceMode}), n)
	}
	assert.Zero(t, NoDevice(Own))
	assert.Zero(t, NoDevice(Mysterium))
	assert.Equal(t, DeviceMode, ModeOn(Own, Settings{Mode: DeviceMode}))
	assert.Equal(t, ProxyMode, ModeOn(Own, Settings{}))
	for _, n := range []Network{Sandbox, Mysterium, Own} {
		assert.Equal(t, NoDevice(n).Zero(), ModeOn(n, Settings{Mode: DeviceMode}) == DeviceMode, n)
	}
}
