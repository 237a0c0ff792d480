// Package guard is the root helper mysteriumvpn-netd as a program uses it that carries the whole device: it connects when
// it is needed, keeps the heartbeat, and tells how things stand. There is a helper on Linux only; elsewhere a Guard can
// do nothing.
//
// cmd makes one and hands it to core, which says the user's word, and to the tunnel, which runs on what it gives.
//
// A Guard may be used from any goroutine; requests go one after the other.
package guard

// NodeError says why the helper does not run the node.
type NodeError struct{ Err error }

func (e *NodeError) Error() string { return e.Err.Error() }

// Unwrap gives Err.
func (e *NodeError) Unwrap() error { return e.Err }

// State is how things stand with the device's network.
type State struct {
	Held     bool   // taken over by this program, or left so by one of this user that ended without a goodbye
	Blocked  bool   // nothing passes: nobody is connected, or the tunnel is lost
	Lost     bool   // the helper does not answer any more
	Lockdown bool   // everything is blocked while nobody is connected
	LAN      bool   // the local network can be reached
	Exposed  bool   // rules could not be applied: traffic may NOT be protected
	Notice   string // what went wrong last; "" = nothing
}
