package vpn

import (
	"sync/atomic"

	"github.com/mysteriumvpn/desktop/internal/bus"
)

// Topics are all the topics of the program. cmd makes one set and hands out halves: a page takes
// bus.Receiver[Status] and bus.Sender[Command], never the whole.
type Topics struct {
	Status    *bus.State[Status]   // core → window, tray, command line
	Moves     *bus.Events[Status]  // core → history; each change of phase or exit, also one that is true for a moment only
	Traffic   *bus.State[Traffic]  // core → window, command line; about 1 Hz while up
	Settings  *bus.State[Settings] // core → window
	Proposals *bus.State[uint64]   // the version of the proposals snapshot; the list itself is read from its Book
	Logs      *bus.State[uint64]   // the sequence number of the newest log line; lines are read from the Ring by cursor
	Commands  *bus.Events[Command] // window, tray, command line → core
	Notices   *bus.Events[Notice]  // core → window
	Window    *bus.Events[Raise]   // control, tray → window: come to the front
	Computer  *bus.State[Computer] // the desktop's keeper → window
}

// Raise asks the window to come to the front.
type Raise struct{}

// NewTopics makes the topics of one program on bus b.
func NewTopics(b *bus.Bus, first Settings) *Topics {
	return &Topics{
		Status:    bus.NewState(b, "status", Status{}),
		Moves:     bus.NewEvents[Status](b, "moves"),
		Traffic:   bus.NewState(b, "traffic", Traffic{}),
		Settings:  bus.NewState(b, "settings", first),
		Proposals: bus.NewState(b, "proposals", uint64(0)),
		Logs:      bus.NewState(b, "logs", uint64(0)),
		Commands:  bus.NewEvents[Command](b, "commands"),
		Notices:   bus.NewEvents[Notice](b, "notices"),
		Window:    bus.NewEvents[Raise](b, "window"),
		Computer:  bus.NewState(b, "computer", Computer{}),
	}
}

var lastCommand atomic.Uint64

// NextCommand gives an ID for a Command, unique in this process and rising.
func NextCommand() uint64 { return lastCommand.Add(1) }
