package history

import (
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// saveEvery is how much of a connection a crash may lose.
const saveEvery = 30 * time.Second

// Options are what a Recorder needs. All but Price, Say and Now must be there.
type Options struct {
	Path     string                   // of the file
	Lane     *bus.Lane                // on which everything is done, io too
	Moves    bus.Receiver[vpn.Status] // each change of phase or exit; none may be merged away, or a short connection is lost
	Traffic  bus.Receiver[vpn.Traffic]
	Commands bus.Receiver[vpn.Command] // to tell the end of the program from a disconnect
	Changed  bus.Sender[uint64]        // gets a higher number whenever Newest gives something new

	// Price tells what a provider asks now. It is called on Lane. nil or false = not known.
	Price func(providerID string) (perHour, perGiB tequilapi.Money, ok bool)
	Say   func(text string) // what went wrong, for the log; nil = nobody listens
	Now   func() time.Time  // nil = time.Now
}

// Recorder writes down the connections of a running program. Make one with New.
type Recorder struct {
	o    Options
	subs bus.Scope
	snap atomic.Pointer[snapshot]

	// On the lane.
	file    file
	entries []Entry // those that are over, oldest first; never changed in place, only appended to
	track   tracker
	saved   time.Time // when the open one was
	ended   bool
}

// snapshot is the history at one moment. It never changes.
type snapshot struct {
	version uint64
	entries []Entry
	open    Entry
	isOpen  bool
}

// New makes a Recorder, which reads the file and follows the topics from now on, on its lane. Close it before the lane.
func New(o Options) *Recorder {
	if o.Price == nil {
		o.Price = func(string) (a, b tequilapi.Money, ok bool) { return a, b, false }
	}
	if o.Say == nil {
		o.Say = func(string) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	r := &Recorder{o: o, file: file{path: o.Path}}
	r.snap.Store(&snapshot{})
	o.Lane.Post(r.start)
	r.subs.Add(o.Traffic.On(r.traffic))
	r.subs.Add(o.Moves.On(r.status))
	r.subs.Add(o.Commands.On(func(c vpn.Command) {
		if c.Verb == vpn.Quit {
			r.track.quit = true
		}
	}))
	return r
}

// Newest gives all connections, the newest first; the first one may be open. There are none until the file has been
// read. The caller owns the slice.
func (r *Recorder) Newest() []Entry {
	s := r.snap.Load()
	out := make([]Entry, 0, len(s.entries)+1)
	if s.isOpen {
		out = append(out, s.open)
	}
	for _, e := range slices.Backward(s.entries) {
		out = append(out, e)
	}
	return out
}

// Look has the file looked at soon, in case somebody else has changed it, and Newest brought up to date.
func (r *Recorder) Look() {
	r.o.Lane.Post(func() {
		changed := r.file.changed()
		if changed {
			r.read()
		}
		if changed || r.track.on {
			r.publish()
		}
	})
}

// Clear forgets all connections soon, but for the one that is up.
func (r *Recorder) Clear() {
	r.o.Lane.Post(func() {
		if err := Clear(r.o.Path); err != nil {
			r.o.Say(err.Error())
		}
		r.read()
		r.save(false)
		r.publish()
	})
}

// Ending tells that the program is about to end, so that what ends now was not the user's wish to disconnect.
func (r *Recorder) Ending() { r.o.Lane.Post(func() { r.track.quit = true }) }

// Close writes down what is open and stops. Call it from another goroutine than the lane's, before the lane closes;
// closing twice is fine.
func (r *Recorder) Close() {
	r.subs.Close()
	done := make(chan struct{})
	if r.o.Lane.Post(func() { defer close(done); r.end() }) {
		<-done
	}
}

func (r *Recorder) end() {
	if r.ended {
		return
	}
	r.ended = true
	if r.track.on {
		r.track.quit = true
		r.over(r.track.end(r.now(), Disconnected, vpn.Reason{}))
		r.publish()
	}
}

// start reads what earlier runs have left. A connection that is still open there was cut off by a crash.
func (r *Recorder) start() {
	if r.read() {
		r.rewrite()
	}
	r.publish()
}

// read takes the file as it is. stale means that writing it anew would make it better.
func (r *Recorder) read() (stale bool) {
	data, err := readTail(r.o.Path)
	if err != nil {
		r.o.Say("read the history: " + err.Error())
	}
	r.file.look()
	entries, skipped, old := parse(data)
	if skipped.Lines > 0 {
		r.o.Say("the history has lines that cannot be read; they are left out: " + strconv.Itoa(skipped.Lines))
	}
	stale = skipped.Lines > 0 || old > 0 || r.file.large()
	for i := range entries {
		if e := &entries[i]; e.Open {
			e.Open, e.Why, stale = false, Unknown, true
		}
	}
	if r.track.on { // our own, which is open rightly
		entries = slices.DeleteFunc(entries, func(e Entry) bool { return e.Start.Equal(r.track.entry.Start) })
	}
	r.entries = entries
	return stale && err == nil
}

func (r *Recorder) rewrite() {
	kept, err := r.file.replace(r.entries)
	if err != nil {
		r.o.Say("write the history: " + err.Error())
	}
	r.entries = kept
}

func (r *Recorder) status(s vpn.Status) {
	was, on := r.track.phase, r.track.on
	ended, opened := r.track.status(s, r.now())
	if ended != nil {
		r.over(ended)
	}
	if opened {
		e := &r.track.entry
		e.PerHour, e.PerGiB, e.Priced = r.o.Price(e.ProviderID)
	}
	if !opened && (!on || was == s.Phase) && ended == nil {
		return
	}
	r.save(ended != nil)
	r.publish()
}

func (r *Recorder) traffic(c vpn.Traffic) {
	now := r.now()
	r.track.traffic(c, now)
	if r.track.on && now.Sub(r.saved) >= saveEvery {
		r.save(false)
		r.publish()
	}
}

// save writes down the open connection as it is now.
func (r *Recorder) save(read bool) {
	if !r.track.on {
		return
	}
	r.saved = r.now()
	if !read && r.file.changed() {
		r.read()
	}
	if err := r.file.add(r.track.entry, false); err != nil {
		r.o.Say("write the history: " + err.Error())
	}
	if r.file.large() {
		r.rewrite()
		if err := r.file.add(r.track.entry, false); err != nil {
			r.o.Say("write the history: " + err.Error())
		}
	}
}

// over writes down a connection that has ended.
func (r *Recorder) over(e *Entry) {
	if r.file.changed() {
		r.read()
		r.entries = slices.DeleteFunc(r.entries, func(x Entry) bool { return x.Start.Equal(e.Start) })
	}
	if err := r.file.add(*e, true); err != nil {
		r.o.Say("write the history: " + err.Error())
	}
	r.entries = append(r.entries, *e)
	if n := len(r.entries); n > maxEntries {
		r.entries = slices.Clone(r.entries[n-maxEntries*9/10:])
		r.rewrite()
	}
}

func (r *Recorder) now() time.Time { return r.o.Now().UTC().Round(0) }

func (r *Recorder) publish() {
	s := &snapshot{version: r.snap.Load().version + 1, entries: r.entries, open: r.track.entry, isOpen: r.track.on}
	r.snap.Store(s)
	r.o.Changed.Send(s.version)
}
