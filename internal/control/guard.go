package control

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// guardWish is what a client wants of the device's network.
type guardWish struct {
	Mode vpn.Mode `json:"mode,omitempty"`
	What string   `json:"what,omitempty"` // lockdown or lan
	On   bool     `json:"on,omitempty"`
}

func (s *server) setMode(w http.ResponseWriter, r *http.Request) {
	s.guardWish(w, r, func(x guardWish) error {
		if s.Mode == nil {
			return errNoGuard
		}
		return s.Mode(x.Mode)
	})
}

func (s *server) setGuard(w http.ResponseWriter, r *http.Request) {
	s.guardWish(w, r, func(x guardWish) error {
		if s.Switch == nil {
			return errNoGuard
		}
		return s.Switch(r.Context(), x.What, x.On)
	})
}

// lookGuard has the helper asked; what it says is in the status.
func (s *server) lookGuard(w http.ResponseWriter, r *http.Request) {
	if s.Look == nil {
		refuse(w, http.StatusConflict, errNoGuard)
		return
	}
	if err := s.Look(r.Context()); err != nil {
		refuse(w, http.StatusConflict, guardError(err))
		return
	}
	answer(w, struct{}{})
}

// guardError has the code of a reason of ours, so that a window can say it in its own language.
func guardError(err error) *Error {
	if r, ok := errors.AsType[vpn.Reason](err); ok {
		return &Error{Code: string(r.Code), Text: r.Text()}
	}
	return &Error{Code: "guard_refused", Text: sentence(err.Error())}
}

var errNoGuard = &Error{Code: "no_guard", Text: "The running MysteriumVPN cannot carry the whole device."}

func (s *server) guardWish(w http.ResponseWriter, r *http.Request, do func(guardWish) error) {
	var x guardWish
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&x); err != nil {
		refuse(w, http.StatusBadRequest, &Error{Code: "bad_wish", Text: "That is no JSON."})
		return
	}
	if err := do(x); err != nil {
		refuse(w, http.StatusConflict, guardError(err))
		return
	}
	answer(w, struct{}{})
}

// SetMode has the running program's next connection carry so much.
func (c *Client) SetMode(ctx context.Context, m vpn.Mode) error {
	return c.tell(ctx, "/mode", guardWish{Mode: m})
}

// SwitchGuard switches the helper's lockdown or lan.
func (c *Client) SwitchGuard(ctx context.Context, what string, on bool) error {
	return c.tell(ctx, "/guard", guardWish{What: what, On: on})
}

// LookGuard has the running program ask the helper how things stand, and tells whether it answered. What it says is in
// the status.
func (c *Client) LookGuard(ctx context.Context) error {
	return c.tell(ctx, "/guard/look", struct{}{})
}
