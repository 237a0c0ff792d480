package nodeproc

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// Phase says what the node does.
//
//	Starting → Running → Stopping → Stopped;   Starting, Running → Waiting → Starting;   any → Failed → (Retry) Starting
type Phase uint8

// The phases.
const (
	Unknown  Phase = iota // Serve has not looked yet
	Starting              // the child runs and does not answer yet
	Running               // it answers its healthcheck
	Waiting               // it went away, or the port is taken: State.Err says why, State.Until when the next try is
	Stopping              // asked to go
	Stopped               // gone, as asked; or, if Adopted, left alone
	Failed                // it cannot be started, or keeps going away: nothing happens before Retry
)

var phaseNames = [...]string{"unknown", "starting", "running", "waiting", "stopping", "stopped", "failed"}

// String is the phase's name.
func (p Phase) String() string {
	if int(p) < len(phaseNames) {
		return phaseNames[p]
	}
	return phaseNames[Unknown]
}

// State is what is known of the node. A zero State claims nothing.
type State struct {
	Phase   Phase
	PID     int       // 0 = no process, or not known
	Version string    // as the node tells it; "" before its first healthcheck
	API     string    // host:port, as in Spec
	Adopted bool      // it ran before us; we do not stop it unless Options.StopAdopted
	Err     error     // for Waiting and Failed: one of the types below
	Until   time.Time // for Waiting: when the next try is; zero = being found out
}

// What a Spec.Cause tells apart. All pass by themselves, or by somebody's hand.
var (
	ErrNoNetwork  = errors.New("it does not start without network")
	ErrDataLocked = errors.New("another node has its data folder open")
	ErrPortTaken  = errors.New("its port was taken while it started")
)

// NotFoundError says that the program cannot be run at all. Waiting would not help.
type NotFoundError struct {
	Path string
	Err  error // why: it is not there, may not be run, or is no program for this computer
}

func (e *NotFoundError) Error() string { return fmt.Sprintf("run the node %s: %v", e.Path, e.Err) }

// Unwrap gives Err.
func (e *NotFoundError) Unwrap() error { return e.Err }

// WentAwayError says that the child left, or was put down as it did not answer.
type WentAwayError struct {
	How       string   // "exit status 1", "signal: killed", "no answer within 1m0s", "it stopped answering"
	LastLines []string // the last lines that this child printed, at most 20
	Cause     error    // what Spec.Cause made of them; nil = nothing
}

// Unwrap gives Cause.
func (e *WentAwayError) Unwrap() error { return e.Cause }

func (e *WentAwayError) Error() string {
	text := "the node went away (" + e.How + ")"
	if n := len(e.LastLines); n > 0 {
		text += ": " + e.LastLines[n-1]
	}
	return text
}

// GaveUpError says that the node was restarted too often.
type GaveUpError struct {
	LastLines []string // the last lines that the last child printed, at most 20
	Err       error    // why the last child left
}

func (e *GaveUpError) Error() string { return fmt.Sprintf("the node keeps stopping: %v", e.Err) }

// Unwrap gives Err.
func (e *GaveUpError) Unwrap() error { return e.Err }

// PortTakenError says that something listens on the node's port which is no node that we may use.
type PortTakenError struct {
	API     string // host:port
	PID     int    // 0 = not known
	Program string // its name; "" = not known
	Err     error  // why it is not used: it is another user's, or a build that Spec.Accept refused, or it says nothing
}

// Port is the port alone.
func (e *PortTakenError) Port() string { return portOf(e.API) }

func (e *PortTakenError) Error() string {
	return fmt.Sprintf("port %s is taken by %s: %v", e.Port(), who(e.PID, e.Program), e.Err)
}

// Unwrap gives Err.
func (e *PortTakenError) Unwrap() error { return e.Err }

// NotUsedError is a node on the port that Spec.Accept refused, or that is another user's. It comes within a
// PortTakenError.
type NotUsedError struct {
	API string // host:port
	Err error  // why
}

// Port is the port alone.
func (e *NotUsedError) Port() string { return portOf(e.API) }

func (e *NotUsedError) Error() string { return e.Err.Error() }

// Unwrap gives Err.
func (e *NotUsedError) Unwrap() error { return e.Err }

// WrongProgramError says that something on the node's port speaks HTTP but is no node.
type WrongProgramError struct {
	API     string // host:port
	PID     int    // 0 = not known
	Program string // its name; "" = not known
	Said    string // how its answer was not a healthcheck's
}

// Port is the port alone.
func (e *WrongProgramError) Port() string { return portOf(e.API) }

func (e *WrongProgramError) Error() string {
	return fmt.Sprintf("port %s is taken by %s, which is no node: %s", e.Port(), who(e.PID, e.Program), e.Said)
}

func portOf(api string) string {
	_, port, err := net.SplitHostPort(api)
	if err != nil {
		return api
	}
	return port
}

func who(pid int, program string) string {
	var known []string
	if program != "" {
		known = append(known, program)
	}
	if pid > 0 {
		known = append(known, fmt.Sprintf("process %d", pid))
	}
	if len(known) == 0 {
		return "another program"
	}
	return strings.Join(known, ", ")
}
