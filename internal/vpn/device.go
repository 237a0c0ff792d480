package vpn

import "cmp"

// NoDevice says why the whole device cannot be carried through the exits of a network; zero = it can. It is the one
// place that knows: core, window and command line ask here. A network that was not told yet is the sandbox.
func NoDevice(n Network) Reason {
	switch cmp.Or(n, Sandbox) {
	case Own, Mysterium:
		return Reason{}
	default: // the exits run on this very computer: what they send would go into the tunnel again
		return Reason{Code: DeviceNotSandbox}
	}
}

// ModeOn is what the next connection carries on a network with these settings.
func ModeOn(n Network, s Settings) Mode {
	if s.Mode == DeviceMode && NoDevice(n).Zero() {
		return DeviceMode
	}
	return ProxyMode
}
