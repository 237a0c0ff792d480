package ui

import (
	"errors"
	"time"

	"github.com/mysteriumvpn/desktop/internal/probes"
	"github.com/mysteriumvpn/desktop/internal/proof"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// Device is the root helper of this computer, which has the whole of it carried, as the window uses it. What it tells of
// how things stand comes by the Status. Calls may take a moment, so they are made beside the lane; they may come from any
// goroutine. An error is a sentence for the user.
type Device interface {
	Look() error                       // ask how things stand; nil = the helper answers
	Switch(what string, on bool) error // "lockdown" or "lan"
	Rules() (proof.Listing, error)     // the firewall's rules
	Probe() (probes.Result, error)     // run the leak self-test; a *probes.Refusal says why there is no result
	Setup() Setup                      // what of the helper is here
	Enable() error                     // run Setup's Start; it may ask for a password
}

// The helper's switches.
const (
	lockdownSwitch = "lockdown"
	lanSwitch      = "lan"
)

// Setup says what of the helper is on this computer, and what makes it run.
type Setup struct {
	Installed bool   // its program is there
	Start     string // the command that Enable runs, word for word; "" = it cannot be run from here
	Terminal  string // the command for a terminal; "" = this system can have no helper
}

// noDevice is a system without helpers.
type noDevice struct{}

var errNoDevice = vpn.Reason{Code: vpn.DeviceNotHere}

func (noDevice) Look() error                   { return errNoDevice }
func (noDevice) Switch(string, bool) error     { return errNoDevice }
func (noDevice) Rules() (proof.Listing, error) { return proof.Listing{}, errNoDevice }
func (noDevice) Probe() (probes.Result, error) { return probes.Result{}, errNoDevice }
func (noDevice) Setup() Setup                  { return Setup{} }
func (noDevice) Enable() error                 { return errNoDevice }

// whyText is an error in the user's language, where it has a reason of ours in it.
func whyText(err error) string {
	if r, ok := errors.AsType[vpn.Reason](err); ok {
		return reasonText(r)
	}
	return sentenceOf(err)
}

// lookAgain is how often a page that is open looks whether the helper answers.
const lookAgain = 2 * time.Second

// helperWatch looks whether the helper answers, for as long as somebody wants to know.
type helperWatch struct {
	w     *Window
	told  func(err error, here Setup) // each time, on the lane; here only where nobody answers
	round int                         // an answer to an older question is dropped
	stop  func()
}

func newHelperWatch(w *Window, told func(error, Setup)) *helperWatch {
	return &helperWatch{w: w, told: told, stop: func() {}}
}

func (h *helperWatch) begin() {
	h.end()
	h.look()
}

func (h *helperWatch) end() {
	h.round++
	h.stop()
	h.stop = func() {}
}

func (h *helperWatch) look() {
	mine := h.round
	h.w.beside(func() func() {
		err := h.w.o.Device.Look()
		var here Setup
		if err != nil {
			here = h.w.o.Device.Setup()
		}
		return func() {
			if h.round != mine || h.w.closed {
				return
			}
			h.told(err, here)
			if h.round == mine {
				h.stop = h.w.o.After(lookAgain, func() {
					h.w.o.Lane.Post(func() {
						if h.round == mine && !h.w.closed {
							h.look()
						}
					})
				})
			}
		}
	})
}
