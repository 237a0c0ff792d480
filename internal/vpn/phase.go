package vpn

import "fmt"

// Phase says how far we have got. docs/states.md has the same picture with its inputs and effects.
//
//	Unknown ──► Down ──► Finding ──► Dialing ──► Up ◄──► Reconnecting
//	              ▲         │           │         │           │
//	              │         └─────┬─────┴─────────┴─────┬─────┘
//	              │               ▼                     ▼
//	              ├────────── Closing               Blocked ──► Closing
//	              │               ▲
//	              └── Failed ◄────┘ (any of them, when there is nothing left to try)
type Phase uint8

// The phases.
const (
	Unknown      Phase = iota // nothing heard yet: a spinner, never "disconnected"
	Down                      // nothing is up and nobody asked for it
	Finding                   // waiting for the node, its proposals, or a choice among them
	Dialing                   // a provider is chosen; the node negotiates with it and the tunnel comes up
	Up                        // handshake done, traffic passes
	Reconnecting              // was Up; the tunnel or the node went away and we are bringing it back
	Blocked                   // was Up; nothing passes and nothing will until the user decides
	Closing                   // being taken down because the user asked
	Failed                    // the last wish could not be met; Reason says why
)

var phaseNames = [...]string{"unknown", "down", "finding", "dialing", "up", "reconnecting", "blocked", "closing", "failed"}

// String is the phase's name as the command line and docs print it.
func (p Phase) String() string {
	if int(p) < len(phaseNames) {
		return phaseNames[p]
	}
	return phaseNames[Unknown]
}

// MarshalText gives the name, for JSON.
func (p Phase) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads a name that MarshalText gave. Any other text is an error and leaves Unknown.
func (p *Phase) UnmarshalText(b []byte) error {
	for i, n := range phaseNames {
		if n == string(b) {
			*p = Phase(i)
			return nil
		}
	}
	*p = Unknown
	return fmt.Errorf("%q is no phase", b)
}

// Phases lists all phases in order, for tests and docs.
func Phases() []Phase {
	out := make([]Phase, len(phaseNames))
	for i := range out {
		out[i] = Phase(i)
	}
	return out
}

// Busy reports whether the program works on a wish of the user: a spinner belongs beside it, and a press on the
// connect button cancels.
func (p Phase) Busy() bool {
	return p == Finding || p == Dialing || p == Reconnecting || p == Closing
}

// Wanted reports whether the user has asked to be connected and has not taken it back.
func (p Phase) Wanted() bool {
	return p == Finding || p == Dialing || p == Up || p == Reconnecting || p == Blocked
}

// NodeState says what the node process does.
type NodeState uint8

// The states of a node.
const (
	NodeUnknown  NodeState = iota // not looked yet
	NodeStarting                  // started, does not answer yet
	NodeRunning                   // answers its healthcheck
	NodeWaiting                   // went away; will be started again after a pause
	NodeStopping                  // asked to go
	NodeStopped                   // gone, as asked
	NodeFailed                    // keeps going away, or cannot be started: we have given up
)

var nodeNames = [...]string{"unknown", "starting", "running", "waiting", "stopping", "stopped", "failed"}

// String is the state's name as the command line prints it.
func (s NodeState) String() string {
	if int(s) < len(nodeNames) {
		return nodeNames[s]
	}
	return nodeNames[NodeUnknown]
}

// MarshalText gives the name, for JSON.
func (s NodeState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a name that MarshalText gave.
func (s *NodeState) UnmarshalText(b []byte) error {
	for i, n := range nodeNames {
		if n == string(b) {
			*s = NodeState(i)
			return nil
		}
	}
	*s = NodeUnknown
	return fmt.Errorf("%q is no node state", b)
}
