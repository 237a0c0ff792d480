package control

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// Result is how a wish ended.
type Result string

// The results.
const (
	Connected    Result = "connected"    // traffic passes where it was wished
	Disconnected Result = "disconnected" // nothing is connected
	Failed       Result = "failed"       // it could not be met; the reason says why
	Cancelled    Result = "cancelled"    // somebody disconnected: the window, the tray, another terminal
	Superseded   Result = "superseded"   // somebody asked for something else
)

// Outcome is how a wish ended, and what is true then.
type Outcome struct {
	Result Result     `json:"result"`
	Reason *ReasonDoc `json:"reason"` // null when the wish was met
	Status StatusDoc  `json:"status"`
}

// Err is nil when the wish was met; otherwise its text is the sentence for the user.
func (o Outcome) Err() error {
	if o.Result == Connected || o.Result == Disconnected {
		return nil
	}
	e := &Error{Code: string(o.Result), Text: "It could not be done. See the log."}
	if o.Reason != nil {
		e.Code, e.Text = o.Reason.Code, o.Reason.Text
	}
	return e
}

// event is a line of the answer to connect and disconnect: the command's number first, then what happens, then how it
// ended.
type event struct {
	Command uint64     `json:"command,omitempty"`
	Status  *StatusDoc `json:"status,omitempty"`
	Outcome *Outcome   `json:"outcome,omitempty"`
}

type connectBody struct {
	Where string `json:"where"`
}

type disconnectBody struct {
	IfCommand uint64 `json:"if_command,omitempty"` // only while no newer command than this was taken in
}

func (s *server) connect(w http.ResponseWriter, r *http.Request) {
	var body connectBody
	if !read(w, r, &body) {
		return
	}
	target, err := s.Book.Load().Resolve(body.Where)
	if err != nil {
		refuse(w, http.StatusBadRequest, badWhere(err))
		return
	}
	s.wish(w, r, vpn.Command{ID: vpn.NextCommand(), Verb: vpn.Connect, Target: target})
}

func (s *server) disconnect(w http.ResponseWriter, r *http.Request) {
	var body disconnectBody
	if !read(w, r, &body) {
		return
	}
	if body.IfCommand > 0 {
		now, err := s.present.wait(r.Context())
		if err != nil {
			return
		}
		if now.status.Command > body.IfCommand {
			_ = newStream(w).send(event{Outcome: outcome(Superseded, now)})
			return
		}
	}
	s.wish(w, r, vpn.Command{ID: vpn.NextCommand(), Verb: vpn.Disconnect})
}

// wish sends a command and tells what comes of it. A client that goes away takes nothing back: it would have to say so.
func (s *server) wish(w http.ResponseWriter, r *http.Request, c vpn.Command) {
	if r.Context().Err() != nil {
		return // gone before the wish was heard
	}
	s.Commands.Send(c)
	out := newStream(w)
	if out.send(event{Command: c.ID}) != nil {
		return
	}
	_ = s.present.watch(r.Context(), func(m moment) (bool, error) {
		if m.status.Command < c.ID {
			return false, nil // of the time before the wish
		}
		if result := judge(c, m.status); result != "" {
			return true, out.send(event{Outcome: outcome(result, m)})
		}
		doc := statusDoc(m)
		return false, out.send(event{Status: &doc})
	})
}

// judge says how command c ended, "" = not yet, from a status in which it has been taken in. That a newer command was
// taken in does not end it yet: the newer one may wish the same.
func judge(c vpn.Command, s vpn.Status) Result {
	newer := s.Command > c.ID
	if c.Verb == vpn.Disconnect {
		switch s.Phase {
		case vpn.Down, vpn.Unknown, vpn.Failed:
			return Disconnected
		case vpn.Finding, vpn.Dialing, vpn.Up, vpn.Reconnecting:
			if newer {
				return Superseded
			}
		case vpn.Blocked:
			if newer {
				return Superseded
			}
			return Failed // nothing is connected, but the helper has not opened the network
		case vpn.Closing:
		}
		return ""
	}
	if !newer && !s.Refused.Zero() {
		return Failed
	}
	switch s.Phase {
	case vpn.Up:
		if meets(s.Exit, c.Target) {
			return Connected
		}
		if newer {
			return Superseded
		}
	case vpn.Dialing, vpn.Reconnecting:
		if newer && !meets(s.Exit, c.Target) {
			return Superseded
		}
	case vpn.Failed, vpn.Blocked:
		return Failed
	case vpn.Down:
		return Cancelled
	case vpn.Unknown, vpn.Finding, vpn.Closing:
	}
	return ""
}

func meets(e vpn.Exit, t vpn.Target) bool {
	switch {
	case t.ProviderID != "":
		return strings.EqualFold(e.ProviderID, t.ProviderID)
	case t.Country != "":
		return e.Country == t.Country
	}
	return true
}

func outcome(r Result, m moment) *Outcome {
	o := &Outcome{Result: r, Status: statusDoc(m)}
	switch r {
	case Connected, Disconnected:
	case Failed:
		o.Reason = o.Status.Reason
		if !m.status.Refused.Zero() {
			o.Reason = reasonDoc(m.status.Refused)
		}
		if o.Reason == nil {
			o.Reason = &ReasonDoc{Code: string(Failed), Text: `The connection could not be made. "mysteriumvpn logs" may say why.`}
		}
	case Cancelled:
		o.Reason = &ReasonDoc{Code: string(vpn.Cancelled), Text: "The connection was cancelled from the window or another terminal."}
	case Superseded:
		o.Reason = &ReasonDoc{Code: string(Superseded), Text: "Something else was asked for meanwhile, from the window or another terminal."}
	}
	return o
}

// read decodes a request. On a bad one it answers itself and gives false.
func read(w http.ResponseWriter, r *http.Request, body any) bool {
	if err := json.NewDecoder(r.Body).Decode(body); err != nil {
		refuse(w, http.StatusBadRequest, &Error{Code: "bad_request", Text: "The request could not be read: " + err.Error() + "."})
		return false
	}
	return true
}

func (s *server) raise(w http.ResponseWriter, _ *http.Request) {
	if s.Window == nil {
		refuse(w, http.StatusConflict, &Error{Code: CodeNoWindow, Text: `MysteriumVPN runs already, without a window: "mysteriumvpn run" in a terminal. End that first.`})
		return
	}
	s.Window.Send(vpn.Raise{})
	answer(w, struct{}{})
}

// retry answers when the wish was taken in; what comes of it is in the status.
func (s *server) retry(w http.ResponseWriter, r *http.Request) {
	c := vpn.Command{ID: vpn.NextCommand(), Verb: vpn.RestartNode}
	s.Commands.Send(c)
	_ = s.present.watch(r.Context(), func(m moment) (bool, error) {
		if m.status.Command < c.ID {
			return false, nil
		}
		answer(w, struct{}{})
		return true, nil
	})
}

// quit answers at once, and ends its answer when the program does.
func (s *server) quit(w http.ResponseWriter, r *http.Request) {
	s.Commands.Send(vpn.Command{ID: vpn.NextCommand(), Verb: vpn.Quit})
	if newStream(w).write([]byte("{}\n")) == nil {
		<-r.Context().Done()
	}
}
