package control

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/mysteriumvpn/desktop/internal/logs"
	"github.com/mysteriumvpn/desktop/internal/proposals"
)

func (s *server) status(w http.ResponseWriter, r *http.Request) {
	now, err := s.present.wait(r.Context())
	if err != nil {
		return // nobody is there to read an answer
	}
	answer(w, statusDoc(now))
}

func (s *server) watch(w http.ResponseWriter, r *http.Request) {
	out := newStream(w)
	_ = s.present.watch(r.Context(), func(m moment) (bool, error) { return false, out.send(statusDoc(m)) })
}

func (s *server) countries(w http.ResponseWriter, _ *http.Request) {
	answer(w, countryDocs(s.Book.Load()))
}

func (s *server) proposals(w http.ResponseWriter, r *http.Request) {
	all := s.Book.Load()
	where := r.FormValue("country")
	if where == "" {
		answer(w, proposalDocs(all.Proposals))
		return
	}
	target, err := all.Resolve(where)
	if err != nil {
		refuse(w, http.StatusBadRequest, badWhere(err))
		return
	}
	var list []proposals.Proposal
	if target.ProviderID != "" {
		if p, ok := all.Provider(target.ProviderID); ok {
			list = []proposals.Proposal{*p}
		}
	} else if c, ok := all.Country(target.Country); ok {
		list = c.Proposals
	}
	answer(w, proposalDocs(list))
}

// badWhere is the refusal of a WHERE.
func badWhere(err error) *Error {
	e := &Error{Code: CodeBadWhere, Text: sentence(err.Error())}
	if w, ok := errors.AsType[*proposals.WhereError](err); ok {
		e.DidYouMean = w.DidYouMean
	}
	return e
}

const logBatch = 256 // lines read at once

func (s *server) logs(w http.ResponseWriter, r *http.Request) {
	var only logs.Source
	if name := r.FormValue("source"); name != "" {
		if err := only.UnmarshalText([]byte(name)); err != nil || only == logs.SourceUnknown {
			refuse(w, http.StatusBadRequest, &Error{Code: "bad_source", Text: "There is no log source " + strconv.Quote(name) + ": app, node and tunnel are."})
			return
		}
	}
	cursor, resumed, ok := s.logCursor(w, r, only)
	if !ok {
		return
	}
	more := make(chan struct{}, 1)
	follow := r.FormValue("follow") == "true"
	if follow {
		defer s.Ring.OnAppend(func(uint64) {
			select {
			case more <- struct{}{}:
			default: // it has been told already
			}
		})()
	}
	out := newStream(w)
	if out.write(nil) != nil { // so that a follower knows that it is heard, though nothing is said yet
		return
	}
	for {
		var err error
		if cursor, err = s.sendLines(out, cursor, resumed, only); err != nil || !follow {
			return
		}
		resumed = true
		select {
		case <-more:
		case <-r.Context().Done():
			return
		}
	}
}

// logCursor reads where to begin. resumed: the client says where it was, so that lines lost since are a loss. On a bad
// number it answers itself and gives false for ok.
func (s *server) logCursor(w http.ResponseWriter, r *http.Request, only logs.Source) (cursor uint64, resumed, ok bool) {
	number := func(name string) (n uint64, given bool) {
		text := r.FormValue(name)
		if text == "" {
			return 0, false
		}
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			refuse(w, http.StatusBadRequest, &Error{Code: "bad_number", Text: "The " + name + " " + strconv.Quote(text) + " is no number."})
			ok = false
		}
		return n, true
	}
	ok = true
	cursor, resumed = number("cursor")
	if n, given := number("tail"); given && ok {
		cursor, resumed = s.Ring.Tail(int(min(n, 1<<30))), false
		if only != logs.SourceUnknown {
			cursor = s.Ring.TailOf(only, int(min(n, 1<<30)))
		}
	}
	return cursor, resumed, ok
}

// sendLines sends what follows cursor and gives the cursor after it. What went before the first look is no loss, unless
// the client resumes.
func (s *server) sendLines(out *stream, cursor uint64, resumed bool, only logs.Source) (uint64, error) {
	for until := s.Ring.Last(); cursor != until; {
		lines, next, lost := s.Ring.Read(cursor, logBatch)
		var b []byte
		if lost > 0 && resumed {
			b = append(b, encode(LogDoc{Lost: lost})...)
		}
		cursor, resumed = next, true
		for _, l := range lines {
			if only == logs.SourceUnknown || l.Source == only {
				b = append(b, encode(LogDoc{Line: l})...)
			}
		}
		if len(b) > 0 {
			if err := out.write(b); err != nil {
				return cursor, err
			}
		}
		if cursor >= until {
			break
		}
	}
	return cursor, nil
}
