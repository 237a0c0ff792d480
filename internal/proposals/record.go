package proposals

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// Record is how a provider has done for this user, from this computer. The zero Record says nothing.
type Record struct {
	Tries int       `json:"tries"`           // how often it was dialed
	Came  int       `json:"came"`            // how often that came up
	Drops int       `json:"drops"`           // how often a connection to it then broke
	Speed uint64    `json:"speed,omitempty"` // bytes in one second, the most that was seen
	At    time.Time `json:"at"`              // when it was dialed last
}

// Event is something that a provider did.
type Event uint8

// The events.
const (
	NoEvent Event = iota
	CameUp        // a dial led to a connection
	DidNot        // a dial did not
	Dropped       // a connection broke
	Ended         // a connection was ended by the user; only its speed counts
)

// The bounds of records: what is older or more says little of today.
const (
	recordFor   = 60 * 24 * time.Hour
	mostRecords = 2000
	mostTries   = 20 // then all counts are halved, so that the newer ones weigh more
)

// next is the record after an event. speed is the fastest second of a connection that is over.
func (r Record) next(e Event, speed uint64, now time.Time) Record {
	switch e {
	case CameUp:
		r.Tries, r.Came, r.At = r.Tries+1, r.Came+1, now
	case DidNot:
		r.Tries, r.At = r.Tries+1, now
	case Dropped:
		r.Drops++
	case Ended, NoEvent:
	}
	r.Speed = max(r.Speed, speed)
	if r.Tries > mostTries {
		r.Tries, r.Came, r.Drops = r.Tries/2, r.Came/2, r.Drops/2
	}
	return r
}

// Weight is what the record adds to a provider's rank, in tenths of a point of quality, of which the network gives 30 at
// most: a provider that never answered loses half of that, one that held every time gains a little. One try alone says
// little.
func (r Record) Weight() int {
	if r.Tries == 0 {
		return 0
	}
	tries := float64(r.Tries)
	bad := min((tries-float64(r.Came)+float64(r.Drops))/tries, 1)
	sure := min(tries, 4) / 4
	if bad == 0 {
		w := 2 * sure
		if r.Speed > 2_000_000 { // 16 Mbit/s: films run
			w++
		}
		return int(math.Round(w))
	}
	return -int(math.Round(15 * bad * sure))
}

// Remember takes the records of earlier runs, by provider id, before the first list. Old ones are left out.
func (b *Book) Remember(kept map[string]Record, now time.Time) {
	b.write.Lock()
	defer b.write.Unlock()
	b.records = maps.Clone(kept)
	maps.DeleteFunc(b.records, func(id string, r Record) bool {
		return !goodID(id) || now.Sub(r.At) > recordFor || r.Tries < 0 || r.Came < 0 || r.Drops < 0 || r.Came > r.Tries
	})
}

// Note takes down what a provider did, for the next list and those after it. It returns all records, for the caller to
// keep; they are the caller's.
func (b *Book) Note(id string, e Event, speed uint64, now time.Time) map[string]Record {
	b.write.Lock()
	defer b.write.Unlock()
	if b.records == nil {
		b.records = map[string]Record{}
	}
	if goodID(id) {
		b.records[id] = b.records[id].next(e, speed, now)
	}
	b.reweigh(id)
	for len(b.records) > mostRecords {
		oldest := ""
		for k, r := range b.records {
			if oldest == "" || r.At.Before(b.records[oldest].At) {
				oldest = k
			}
		}
		delete(b.records, oldest)
	}
	return maps.Clone(b.records)
}

// reweigh brings the list in the order that a record now asks for, so that what is shown as the best is what would be
// taken.
func (b *Book) reweigh(id string) {
	was := b.Load()
	p, ok := was.Provider(id)
	if !ok || p.Record.Weight() == b.records[p.ProviderID].Weight() {
		return
	}
	list := slices.Clone(was.Proposals)
	weigh(list, b.records)
	inOrder(list, b.called)
	s := newSnapshot(list, b.called)
	s.Version, s.At, s.Preset, s.Presets = was.Version+1, was.At, was.Preset, was.Presets
	b.newest.Store(s)
}

// weigh gives offers their records.
func weigh(list []Proposal, records map[string]Record) {
	if len(records) == 0 {
		return
	}
	for i := range list {
		list[i].Record = records[list[i].ProviderID]
	}
}

// noted reports whether a phase that follows another says something of a provider, and what.
func noted(was, now vpn.Status) Event {
	switch {
	case now.Phase == vpn.Up && was.Phase != vpn.Up && was.Phase != vpn.Blocked:
		return CameUp
	case was.Phase == vpn.Up && now.Phase == vpn.Reconnecting && (now.Reason.Code == vpn.TunnelStalled || now.Reason.Code == vpn.ConnectionDropped):
		return Dropped
	case was.Phase == vpn.Up && now.Phase == vpn.Up && was.Exit != now.Exit:
		return CameUp
	case was.Phase == vpn.Up && now.Phase != vpn.Up && now.Phase != vpn.Blocked && now.Phase != vpn.Reconnecting:
		return Ended
	}
	return NoEvent
}

// Noted tells what a change of status says of a provider, and of which: NoEvent = nothing. A reconnection counts as a
// drop and then as a dial that came up.
func Noted(was, now vpn.Status) (id string, e Event) {
	e = noted(was, now)
	if e == CameUp {
		return now.Exit.ProviderID, e
	}
	return was.Exit.ProviderID, e
}
