// Package history keeps the connections that were made: where, how long, how much passed, what it cost, and why each
// one ended. They stay in one file on this computer, and clearing it removes them.
//
// cmd makes a Recorder, which follows the topics and writes; the window reads its entries. The command line reads the
// file itself, with Read, so it needs no running program. The file is the truth: a recorder that finds it changed takes
// what is there.
//
// A Recorder lives on one lane, where its io is done too; Newest, Look, Clear and Ending may be called from any goroutine. All
// else is plain functions.
package history

import (
	"time"

	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// Entry is one connection: from when traffic first passed until it was over, reconnects to the same exit included. An
// attempt that never came up is none.
type Entry struct {
	Start         time.Time       `json:"start"`
	End           time.Time       `json:"end"`            // while Open: when it was last written down
	Open          bool            `json:"open,omitempty"` // it is not over yet, or the program died
	Network       vpn.Network     `json:"network,omitempty"`
	Country       string          `json:"country,omitempty"` // ISO 3166-1 alpha-2
	City          string          `json:"city,omitempty"`
	ProviderID    string          `json:"provider"`
	BytesSent     uint64          `json:"sent,omitempty"`     // as vpn.Traffic counts them
	BytesReceived uint64          `json:"received,omitempty"` // likewise
	Priced        bool            `json:"priced,omitempty"`   // the price was known at the start
	PerHour       tequilapi.Money `json:"per_hour,omitzero"`  // at the start
	PerGiB        tequilapi.Money `json:"per_gib,omitzero"`   // likewise
	Reconnects    int             `json:"reconnects,omitempty"`
	Why           Why             `json:"why,omitempty"` // it ended
	Code          vpn.Code        `json:"reason,omitempty"`
	A             string          `json:"reason_a,omitempty"`
	B             string          `json:"reason_b,omitempty"`
}

// Why says what ended a connection. Zero is "not known": the program died while it was up.
type Why string

// The ends.
const (
	Unknown      Why = ""
	Disconnected Why = "disconnected" // the user asked
	Switched     Why = "switched"     // the user chose another exit
	Failed       Why = "failed"       // it could not be kept; the Reason says why
	NodeDied     Why = "node_died"    // the node went and could not be brought back; the Reason says why
	Quit         Why = "quit"         // the program ended
)

// Reason is why a connection failed; zero for all other ends.
func (e Entry) Reason() vpn.Reason { return vpn.Reason{Code: e.Code, A: e.A, B: e.B} }

// Length is how long it was up, never negative: clocks are set back.
func (e Entry) Length() time.Duration { return max(e.End.Sub(e.Start), 0) }

// Bytes is what passed both ways.
func (e Entry) Bytes() uint64 { return e.BytesSent + e.BytesReceived }

// PlayMoney reports whether the cost is none that anybody pays.
func (e Entry) PlayMoney() bool { return e.Network == vpn.Sandbox }

// Cost is what the connection cost by the price at its start: for time and for what passed. It is rounded down to a
// wei. false = the price was not known.
func (e Entry) Cost() (tequilapi.Money, bool) {
	if !e.Priced {
		return tequilapi.Money{}, false
	}
	hours, err := e.PerHour.Part(uint64(e.Length()), uint64(time.Hour)) //nolint:gosec // never negative
	if err != nil {
		return tequilapi.Money{}, false
	}
	data, err := e.PerGiB.Part(e.Bytes(), 1<<30)
	if err != nil {
		return tequilapi.Money{}, false
	}
	sum, err := hours.Plus(data)
	return sum, err == nil
}
