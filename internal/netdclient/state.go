package netdclient

// State is how things stand with the device's network.
type State struct {
	Held     bool   // a program has taken it over and the user has not said that they want out
	Blocked  bool   // nothing passes: nobody is connected, or the tunnel is lost
	Lost     bool   // the helper does not answer any more
	Lockdown bool   // everything is blocked while nobody is connected
	LAN      bool   // the local network can be reached
	Exposed  bool   // rules could not be applied: traffic may NOT be protected
	Notice   string // what went wrong last; "" = nothing
}
