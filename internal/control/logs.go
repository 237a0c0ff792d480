package control

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/mysteriumvpn/desktop/internal/logs"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

const logBatch = 256 // lines read at once

func (s *server) logs(w http.ResponseWriter, r *http.Request) {
	want, bad := s.wanted(r)
	if bad != nil {
		refuse(w, http.StatusBadRequest, bad)
		return
	}
	if want.source == logs.Bus && r.FormValue("follow") == "true" && s.Tap != nil {
		defer s.Tap()()
	}
	cursor, resumed, ok := s.logCursor(w, r, want)
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
	gaps, missing := s.Ring.Gaps(max(cursor, 1))
	var hello []byte
	if resumed && missing > 0 { // what went before the first look is no loss
		hello = encode(LogDoc{Lost: missing})
	}
	out := newStream(w)
	if out.write(hello) != nil { // so that a follower knows that it is heard, though nothing is said yet
		return
	}
	for {
		var err error
		if cursor, err = s.sendLines(out, cursor, &gaps, want); err != nil || !follow {
			return
		}
		select {
		case <-more:
		case <-r.Context().Done():
			return
		}
	}
}

func (s *server) stories() []vpn.Story {
	if s.Stories == nil {
		return nil
	}
	return s.Stories()
}

// LastConnection names, in a LogQuery, the connection that was asked for last.
const LastConnection = "last"

// wanted are the lines that a client wants.
type wanted struct {
	source     logs.Source // SourceUnknown = of all
	connection string      // "" = of all and none
}

func (l wanted) has(x logs.Line) bool {
	return (l.source == logs.SourceUnknown || x.Source == l.source) && (l.connection == "" || x.Connection == l.connection)
}

func (s *server) wanted(r *http.Request) (want wanted, bad *Error) {
	if name := r.FormValue("source"); name != "" {
		if err := want.source.UnmarshalText([]byte(name)); err != nil || want.source == logs.SourceUnknown {
			return want, &Error{Code: "bad_source", Text: "There is no log source " + strconv.Quote(name) + ": app, node, tunnel and bus are."}
		}
	}
	switch id := r.FormValue("connection"); id {
	case "":
	case LastConnection:
		all := s.stories()
		if len(all) == 0 {
			return want, &Error{Code: CodeNoConnection, Text: "No connection was asked for since the program started."}
		}
		want.connection = all[len(all)-1].ID
	default:
		if !slices.ContainsFunc(s.stories(), func(c vpn.Story) bool { return c.ID == id }) {
			return want, &Error{Code: CodeNoConnection, Text: "There is no connection " + strconv.Quote(id) + ". See mysteriumvpn timeline for those that are remembered."}
		}
		want.connection = id
	}
	return want, nil
}

// logCursor reads where to begin. resumed: the client says where it was, so that lines lost since are a loss. On a bad
// number it answers itself and gives false for ok.
func (s *server) logCursor(w http.ResponseWriter, r *http.Request, want wanted) (cursor uint64, resumed, ok bool) {
	only := want.source
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
	if n, given := number("tail"); given && ok && want.connection != "" {
		return s.tailOf(want, int(min(n, 1<<30))), false, true
	} else if given && ok {
		cursor, resumed = s.Ring.Tail(int(min(n, 1<<30))), false
		if only != logs.SourceUnknown {
			cursor = s.Ring.TailOf(only, int(min(n, 1<<30)))
		}
	}
	return cursor, resumed, ok
}

// tailOf is the cursor from which there are at most n lines that are wanted.
func (s *server) tailOf(want wanted, n int) uint64 {
	var last []uint64 // before each of the newest n
	for cursor := uint64(0); ; {
		lines, next, _ := s.Ring.Read(cursor, logBatch)
		if cursor = next; len(lines) == 0 {
			break
		}
		for i := range lines {
			if want.has(lines[i]) {
				last = append(last, lines[i].Seq-1)
			}
		}
		last = last[max(len(last)-n, 0):]
	}
	if len(last) == 0 {
		return s.Ring.Last()
	}
	return last[0]
}

// sendLines sends what follows cursor and gives the cursor after it.
func (s *server) sendLines(out *stream, cursor uint64, gaps *logs.Gaps, want wanted) (uint64, error) {
	for until := s.Ring.Last(); cursor != until; {
		lines, next, _ := s.Ring.Read(cursor, logBatch)
		var b []byte
		cursor = next
		for _, l := range lines {
			if lost := gaps.Before(l); lost > 0 && (want.source == logs.SourceUnknown || want.source == l.Source) {
				b = append(b, encode(LogDoc{Lost: lost, Line: logs.Line{Source: l.Source}})...)
			}
			if want.has(l) {
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
