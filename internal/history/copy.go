package history

import (
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/mysteriumvpn/desktop/internal/bus"
)

// CopyOptions are what a Copy needs. All but Say must be there.
type CopyOptions struct {
	Path    string               // of the file that the other program writes
	Lane    *bus.Lane            // on which the file is read
	Written bus.Receiver[uint64] // on Lane: a value whenever the other program has something new
	Changed bus.Sender[uint64]   // gets a higher number whenever Newest gives something new
	Say     func(text string)    // what went wrong, for the log; nil = nobody listens
}

// Copy is the history that a Recorder in another process writes, read from its file. Make one with NewCopy.
type Copy struct {
	o       CopyOptions
	entries atomic.Pointer[[]Entry] // the newest first; never changed
	forget  func()
	version uint64 // on the lane
}

// NewCopy makes a Copy, which reads the file from now on, on its lane. Close it before the lane.
func NewCopy(o CopyOptions) *Copy {
	if o.Say == nil {
		o.Say = func(string) {}
	}
	c := &Copy{o: o}
	c.entries.Store(&[]Entry{})
	c.forget = o.Written.On(func(uint64) { c.read() })
	return c
}

// Newest gives all connections, the newest first. There are none until the file has been read. The caller owns the slice.
func (c *Copy) Newest() []Entry { return slices.Clone(*c.entries.Load()) }

// Look has the file read soon.
func (c *Copy) Look() { c.o.Lane.Post(c.read) }

// Clear forgets all connections soon. The one that is up comes back with its next line, within half a minute.
func (c *Copy) Clear() {
	c.o.Lane.Post(func() {
		if err := Clear(c.o.Path); err != nil {
			c.o.Say(err.Error())
		}
		c.read()
	})
}

// Close stops reading. Closing twice is fine.
func (c *Copy) Close() { c.forget() }

func (c *Copy) read() {
	entries, skipped, err := Read(c.o.Path)
	if err != nil {
		c.o.Say(err.Error())
		return
	}
	if skipped.Lines > 0 && !skipped.Torn { // a torn one is being written
		c.o.Say("the history has lines that cannot be read; they are left out: " + strconv.Itoa(skipped.Lines))
	}
	slices.Reverse(entries)
	if slices.Equal(entries, *c.entries.Load()) && c.version > 0 {
		return
	}
	c.entries.Store(&entries)
	c.version++
	c.o.Changed.Send(c.version)
}
