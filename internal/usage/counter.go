package usage

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// Options are what a Counter needs. All but Say and Now must be there.
type Options struct {
	Path     string                   // of the file
	Version  string                   // of this program
	Lane     *bus.Lane                // on which everything is done, io too
	Moves    bus.Receiver[vpn.Status] // each change of phase; none may be merged away, or a short try is lost
	Traffic  bus.Receiver[vpn.Traffic]
	Settings bus.Receiver[vpn.Settings] // which say whether the user has asked for counts
	Counts   bus.Sender[Counts]         // gets the counts whenever they change

	Say func(text string) // what went wrong, for the log; nil = nobody listens
	Now func() time.Time  // nil = time.Now
}

// Counter counts while the settings ask for it. Make one with New.
type Counter struct {
	o    Options
	subs bus.Scope
	snap atomic.Pointer[Counts]

	// On the lane.
	on     bool
	counts Counts
	track  tracker
}

// New makes a Counter, which reads the file and follows the topics from now on, on its lane. Close it before the lane.
func New(o Options) *Counter {
	if o.Say == nil {
		o.Say = func(string) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	c := &Counter{o: o}
	c.snap.Store(&Counts{})
	o.Lane.Post(c.start)
	c.subs.Add(o.Settings.On(c.settings))
	c.subs.Add(o.Traffic.On(func(v vpn.Traffic) {
		if c.on {
			c.track.traffic(v)
		}
	}))
	c.subs.Add(o.Moves.On(c.status))
	return c
}

// Counts gives what has been counted so far; nothing until the file has been read.
func (c *Counter) Counts() Counts { return *c.snap.Load() }

// ErrEnded says that the program is about to end and erases nothing any more.
var ErrEnded = errors.New("the program is about to end; try again when it has")

// Erase forgets all counts and removes the file. Do not call it on the lane, for which it waits.
func (c *Counter) Erase() error {
	done := make(chan error, 1)
	if !c.o.Lane.Post(func() { done <- c.erase() }) {
		return ErrEnded
	}
	return <-done
}

// EraseSoon is Erase for those who must not wait; what goes wrong is said in the log.
func (c *Counter) EraseSoon() {
	c.o.Lane.Post(func() {
		if err := c.erase(); err != nil {
			c.o.Say(err.Error())
		}
	})
}

// Close stops counting. A connection that is up counts as over now. Call it from another goroutine than the lane's,
// before the lane closes; closing twice is fine.
func (c *Counter) Close() {
	c.subs.Close()
	done := make(chan struct{})
	if c.o.Lane.Post(func() { defer close(done); c.end() }) {
		<-done
	}
}

// end counts what the program's end ends.
func (c *Counter) end() {
	c.status(vpn.Status{Phase: vpn.Down, Network: c.track.network})
	c.on = false
}

// start reads what earlier runs have counted. What cannot be read is worth nothing, and the next count replaces it.
func (c *Counter) start() {
	counts, err := Read(c.o.Path)
	if err != nil {
		c.o.Say(err.Error() + "; counting begins anew")
	}
	c.counts = counts
	c.publish()
}

// settings switches counting. What began before it was switched is not counted.
func (c *Counter) settings(s vpn.Settings) {
	if c.on != s.CountUsage {
		c.on, c.track = s.CountUsage, tracker{}
	}
}

func (c *Counter) status(s vpn.Status) {
	if !c.on || !c.track.status(&c.counts, s, c.o.Now()) {
		return
	}
	if c.counts.Since == 0 {
		c.counts.Since = DayOf(c.o.Now())
	}
	c.counts.Version = VersionOf(c.o.Version)
	if err := write(c.o.Path, c.counts); err != nil {
		c.o.Say(err.Error()) // the next count writes all of them
	}
	c.publish()
}

func (c *Counter) erase() error {
	if err := Remove(c.o.Path); err != nil {
		return err
	}
	c.counts = Counts{}
	c.publish()
	return nil
}

func (c *Counter) publish() {
	counts := c.counts
	c.snap.Store(&counts)
	c.o.Counts.Send(counts)
}
