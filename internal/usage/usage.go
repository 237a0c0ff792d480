// Package usage counts how the program is used: that a connection was tried, how long it took, why it failed, how much
// passed. It counts only while the user has asked for it, keeps one small file on this computer, and has no code that
// could send it.
//
// Two kinds of data are kept apart by type. *Personal* is who somebody is and where they go: no type here can hold it,
// only counts under names from our own lists do, and a test walks all fields to prove it. *Usage* is the rest.
//
// cmd makes a Counter, which follows the topics and writes; control and the window show its Counts. The command line
// reads the file with Read where no program runs.
//
// A Counter lives on one lane, where its io is done too; Counts, Erase and EraseSoon may be called from any goroutine.
// Counts are plain values. All else is plain functions.
package usage

import "github.com/mysteriumvpn/desktop/internal/vpn"

// Counts are all that is counted: how often, never when. The zero Counts has counted nothing.
type Counts struct {
	Since     Day     `json:"since"`   // on which the first of it was counted, in UTC
	Version   Version `json:"version"` // of the program that counted last
	Sandbox   Tallies `json:"sandbox"`
	Mysterium Tallies `json:"mysterium"`
	Own       Tallies `json:"own"` // of all own servers together
}

// Tallies are the counts of one network.
type Tallies struct {
	Tries         Tally[Outcome] `json:"tries"`           // connections that were tried, by what became of it
	TimeToConnect Tally[Wait]    `json:"time_to_connect"` // of tries that came up
	Failures      Tally[Reason]  `json:"failures"`        // why tries failed
	TimeConnected Tally[Length]  `json:"time_connected"`  // of connections that are over
	Received      Tally[Size]    `json:"received"`        // in each of them
	Sent          Tally[Size]    `json:"sent"`            // likewise
	Reconnects    uint64         `json:"reconnects"`      // how often a connection was brought back
	Losses        Tally[Reason]  `json:"losses"`          // why connections ended by themselves
}

// Zero reports whether nothing has been counted.
func (c Counts) Zero() bool { return c == Counts{} }

// on gives the tallies of a network.
func (c *Counts) on(n vpn.Network) *Tallies {
	switch n {
	case vpn.Mysterium:
		return &c.Mysterium
	case vpn.Own:
		return &c.Own
	default:
		return &c.Sandbox
	}
}
