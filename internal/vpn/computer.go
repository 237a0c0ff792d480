package vpn

// Computer says whether this computer's own programs are sent to the tunnel: most of them follow the desktop's proxy.
// It is comparable, so that a bus.State can drop repeats.
type Computer struct {
	Use    Use
	Reason Reason // why it cannot be; zero = nothing to explain
}

// Use says what became of the wish in Settings.UseForComputer.
type Use uint8

// What can become of it.
const (
	UseUnknown    Use = iota // not looked yet
	UseImpossible            // this desktop's proxy cannot be set
	UseOff                   // the desktop's proxy is what the user has there
	UseOn                    // the desktop's proxy is ours
)
