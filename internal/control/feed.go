package control

import (
	"cmp"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/mysteriumvpn/desktop/internal/account"
	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/usage"
	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// frame is one line of the feed: a value of one topic. The values are the program's own structs, which both sides have
// in the same version, or the feed is refused.
type frame struct {
	Status    *vpn.Status    `json:"status,omitempty"`
	Traffic   *vpn.Traffic   `json:"traffic,omitempty"`
	Settings  *vpn.Settings  `json:"settings,omitempty"`
	Proposals *listing       `json:"proposals,omitempty"`
	Account   *account.State `json:"account,omitempty"`
	Computer  *vpn.Computer  `json:"computer,omitempty"`
	History   *uint64        `json:"history,omitempty"`
	Counts    *usage.Counts  `json:"counts,omitempty"`
	Notice    *vpn.Notice    `json:"notice,omitempty"`
	Whole     bool           `json:"whole,omitempty"` // all that is true now has been said
}

// listing is a snapshot of what is on offer.
type listing struct {
	Version   uint64                   `json:"version"`
	At        time.Time                `json:"at"`
	Proposals []proposals.Proposal     `json:"proposals"`
	Presets   []tequilapi.FilterPreset `json:"presets,omitempty"`
	Preset    int                      `json:"preset,omitempty"`
}

// The topics of which the newest value is all that counts.
const (
	statusFrame = iota
	trafficFrame
	settingsFrame
	proposalsFrame
	accountFrame
	computerFrame
	historyFrame
	countsFrame
	frames
)

// mostNotices is how many notices wait for a reader that is slow.
const mostNotices = 32

// feed is the newest value of each topic, and the last notices. Receivers write it on their lane, requests read it.
type feed struct {
	told [frames]bool // somebody tells this topic; never changes once served

	mu      sync.Mutex // guards what follows
	now     [frames]frame
	seq     [frames]uint64 // by last, when that came; 0 = not yet
	notices []vpn.Notice   // the newest ones
	noticed uint64         // how many there have been
	last    uint64
	changed chan struct{} // closed and replaced with every change
}

// newFeed follows what d tells until scope is closed.
func newFeed(d Deps, scope *bus.Scope) *feed {
	f := &feed{changed: make(chan struct{})}
	hear(f, scope, statusFrame, d.Status, func(v vpn.Status) frame { return frame{Status: &v} })
	hear(f, scope, trafficFrame, d.Traffic, func(v vpn.Traffic) frame { return frame{Traffic: &v} })
	hear(f, scope, settingsFrame, d.Settings, func(v vpn.Settings) frame { return frame{Settings: &v} })
	hear(f, scope, proposalsFrame, d.Proposals, func(uint64) frame { return frame{Proposals: listingOf(d.Book.Load())} })
	hear(f, scope, accountFrame, d.Account, func(v account.State) frame { return frame{Account: &v} })
	hear(f, scope, computerFrame, d.Computer, func(v vpn.Computer) frame { return frame{Computer: &v} })
	hear(f, scope, historyFrame, d.History, func(v uint64) frame { return frame{History: &v} })
	hear(f, scope, countsFrame, d.Counts, func(v usage.Counts) frame { return frame{Counts: &v} })
	if d.Notices != nil {
		scope.Add(d.Notices.On(f.note))
	}
	return f
}

// hear puts what r delivers into the feed.
func hear[T any](f *feed, scope *bus.Scope, topic int, r bus.Receiver[T], pack func(T) frame) {
	if r == nil {
		return
	}
	f.told[topic] = true
	scope.Add(r.On(func(v T) { f.set(topic, pack(v)) }))
}

func listingOf(s *proposals.Snapshot) *listing {
	return &listing{Version: s.Version, At: s.At, Proposals: s.Proposals, Presets: s.Presets, Preset: s.Preset}
}

func (f *feed) set(topic int, v frame) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last++
	f.now[topic], f.seq[topic] = v, f.last
	f.wakeLocked()
}

func (f *feed) note(n vpn.Notice) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.noticed++
	f.notices = append(f.notices, n)
	if over := len(f.notices) - mostNotices; over > 0 {
		f.notices = slices.Delete(f.notices, 0, over)
	}
	f.wakeLocked()
}

func (f *feed) wakeLocked() {
	close(f.changed)
	f.changed = make(chan struct{})
}

// reader is how far a client has read. The zero reader has read nothing and hears of no notice of the past.
type reader struct {
	seq, noticed uint64
	begun        bool
}

// news gives what r has not read yet, in the order in which it became true, and a channel that is closed when there is
// more. A slow reader misses values between, never the last; of notices it misses the oldest. There are none before
// every topic has been heard once.
func (f *feed) news(r *reader) (out []frame, changed <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for t := range frames {
		if f.told[t] && f.seq[t] == 0 {
			return nil, f.changed
		}
	}
	var topics []int
	for t := range frames {
		if f.seq[t] > r.seq {
			topics = append(topics, t)
		}
	}
	slices.SortFunc(topics, func(a, b int) int { return cmp.Compare(f.seq[a], f.seq[b]) })
	for _, t := range topics {
		out = append(out, f.now[t])
	}
	if !r.begun {
		r.begun, r.noticed = true, f.noticed
		out = append(out, frame{Whole: true})
	}
	for _, n := range f.notices[len(f.notices)-int(min(f.noticed-r.noticed, uint64(len(f.notices)))):] {
		out = append(out, frame{Notice: &n})
	}
	r.seq, r.noticed = f.last, f.noticed
	return out, f.changed
}

// exact lets only programs of this very version through: what passes there is no stable protocol.
func (s *server) exact(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if v := r.Header.Get(headerVersion); v != s.Version {
			refuse(w, http.StatusUpgradeRequired, versionError(s.Version, v))
			return
		}
		next(w, r)
	}
}

// stream of all that a window draws, from the present values on.
func (s *server) follow(w http.ResponseWriter, r *http.Request) {
	out := newStream(w)
	if out.write(nil) != nil { // so that the client knows that it is heard, though nothing is known yet
		return
	}
	var at reader
	for {
		news, changed := s.feed.news(&at)
		if len(news) == 0 {
			select {
			case <-changed:
				continue
			case <-r.Context().Done():
				return
			}
		}
		var b []byte
		for _, f := range news {
			b = append(b, encode(f)...)
		}
		if out.write(b) != nil {
			return
		}
	}
}

// command passes on what a window in another process asks of the core, under a number of ours.
func (s *server) command(w http.ResponseWriter, r *http.Request) {
	var c vpn.Command
	if !read(w, r, &c) {
		return
	}
	if c.Verb == vpn.NoVerb || c.Verb > vpn.Quit {
		refuse(w, http.StatusBadRequest, &Error{Code: "bad_request", Text: "The running program does not know this command."})
		return
	}
	c.ID = vpn.NextCommand()
	s.Commands.Send(c)
	answer(w, struct{}{})
}

// save keeps settings that a window in another process wants.
func (s *server) save(w http.ResponseWriter, r *http.Request) {
	var v vpn.Settings
	if !read(w, r, &v) {
		return
	}
	if s.Save == nil {
		refuse(w, http.StatusBadRequest, &Error{Code: "bad_request", Text: "The running program keeps no settings."})
		return
	}
	if err := v.Check(); err != nil {
		refuse(w, http.StatusBadRequest, &Error{Code: "bad_setting", Text: sentence(err.Error())})
		return
	}
	s.Save.Send(v)
	answer(w, struct{}{})
}

// wishOnly passes a wish on; its answer is the account's next state.
func (s *server) wishOnly(w http.ResponseWriter, r *http.Request) {
	var in AccountWish
	if !read(w, r, &in) {
		return
	}
	wish, ok := s.wishOf(in)
	if !ok {
		refuse(w, http.StatusBadRequest, unknownWish)
		return
	}
	s.Wishes.Send(wish)
	answer(w, struct{}{})
}
